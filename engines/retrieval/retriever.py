"""Retrieval as a LlamaIndex retriever: returns the book's best chunks for a question, with how they were found.

Called by the chat engine, `/api/search`, the evaluation and notebooks; the node postprocessors come after it.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol, TypeVar
from urllib.parse import quote
from weakref import WeakKeyDictionary

from cachetools import LRUCache
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index.core.vector_stores.types import VectorStoreQueryMode

from engines.embedding.onnx_runtime import MOST_BEGUN, BatchedEmbedding
from engines.events import Scope
from engines.retrieval.rerank import CrossEncoderRerank
from engines.retrieval.scope import SourceEdition, find_place, searched, source_of, translated
from engines.understanding.book_terms import load_book_terms, names_no_subject
from engines.understanding.definitions import definition_in, field_in
from engines.understanding.loan_words import ARABIC_SCRIPT, load_loan_words
from engines.understanding.spelling import load_corrector
from engines.understanding.translated_words import load_meanings
from engines.understanding.understanding import Understanding, understand
from engines.understanding.words import detected_language, reads, zipf
from storage.vectors import payload
from storage.vectors.bm25 import encode_queries, tokens
from storage.vectors.build_record import BuildRecord
from storage.vectors.hybrid_search import ChunkFilter, Side, SparseQuery, rank
from storage.vectors.qdrant_vector_store import DEPTH, ChunkNode, ChunkQuery, PinnedBuild

ADDRESS, SEARCHED = "address", "searched"
"""Metadata of every node: its address for readers; how much of the book was searched."""
UNDERSTOOD = "understanding"
"""Metadata of every node: how the question was understood (`engines.understanding.understanding.Understanding`)."""
GROUNDING, RELATED, UNMENTIONED = "grounding", "related", "unmentioned"
"""Metadata that the coverage postprocessor adds: its decision; whether a passage may be offered beside a refusal."""

OWN_CANDIDATES = 2  # chunks fetched for each requested passage: some share a section, some say the same
NAMED_CHUNKS = 40  # fetched if a definition or a comparison is asked for: a section on what is named may rank far down
MOST_FOUND = 40  # chunks of the source language whose translations are looked up
READ_WEIGHT = 12.0
"""The weight, in the rank fusion of a search in a translated edition, of the results in the source edition.

The edition's own rankings weigh 6 together. For a question in a language that the embedding model reads the originals
weigh twice that: the model reads them, and not the translation. For any other question only the edition's words are
searched, and the originals weigh `Understanding.source_share`, the share of the question's words that are English."""

_FIELD_ZIPF = 3.9  # words of this frequency are no names of products
_WHOLE_BOOK = 0.3  # of the chunks, that have the name of what it is about
_ASKED_IN_EACH_SCRIPT = ("What is a robot?", "روبوٹ کیا ہے؟")  # words in Arabic script have a table of their own
_UNQUOTED = "/:@!$&'()*+,;=~-._%"  # characters that an address keeps as they are
T = TypeVar("T")

Blocking = Callable[[Callable[[Any], Awaitable[Any]]], Any]
"""Runs a coroutine with another opening of the same book on a separate loop, for callers that cannot await."""


_begun: WeakKeyDictionary[PinnedBuild, LRUCache[tuple[str, str | None], Understanding]] = WeakKeyDictionary()
"""The questions that were begun and not yet searched for, of each build, by their text and locale."""


class Index(Protocol):
    """What retrieval needs of an index: an `IndexStore`, which follows the live build, or one `PinnedBuild`."""

    async def read(self, work: Callable[[PinnedBuild], Awaitable[T]], build: PinnedBuild | None = None) -> T:
        """The result of `work` on `build`; on the live one if `build` is None or no longer exists."""


class BookRetriever(BaseRetriever):
    """Returns the `top_k` best chunks for a question as `ChunkNode`s, best first; ids are the same in every build.

    Without `build` each question is answered from the build that is live at that time. A query with an `embedding` is
    not embedded again, and only that vector is compared. Raises InputError for a scope that the book does not have,
    IndexMissingError, IndexMismatchError or StorageUnavailableError.
    """

    def __init__(
        self,
        index: Index,
        embedding: BaseEmbedding | None,
        scope: Scope | None = None,
        build: PinnedBuild | None = None,
        *,
        top_k: int = 16,
        depth: int = DEPTH,
        side: Side = "hybrid",
        blocking: Blocking | None = None,
        home: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__()
        self._index = index
        self._embedding = embedding
        self._scope = scope or Scope()
        self._build = build
        self._top_k = top_k
        self._depth = max(depth, DEPTH)
        self._side = side
        self._blocking = blocking
        self._home = home  # the loop of the index's connections, where it has one

    async def begin(self, question: str) -> None:
        """Understand a question and begin to embed it, so that retrieving it soon waits less; never necessary."""
        if isinstance(embedding := self._embedding, BatchedEmbedding):
            await self._index.read(lambda build: self._begin(question, build, embedding), self._build)

    async def _begin(self, question: str, build: PinnedBuild, embedding: BatchedEmbedding) -> None:
        place = await find_place(self._scope, question, build)
        understood = understand_for(question, place.filters.locale, build.record)
        _begun.setdefault(build, LRUCache(MOST_BEGUN))[question, place.filters.locale] = understood
        embedding.begin(texts_to_embed(understood, build.record))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        # LlamaIndex runs the coroutines of its synchronous calls on short-lived loops, as of `evaluator.evaluate`.
        if self._home and asyncio.get_running_loop() is not self._home:
            return await asyncio.to_thread(self._retrieve, query_bundle)
        return await self._index.read(lambda build: self._search(query_bundle, build), self._build)

    async def _search(self, asked: QueryBundle, build: PinnedBuild) -> list[NodeWithScore]:
        place = await find_place(self._scope, asked.query_str, build)
        begun = _begun[build].pop((asked.query_str, place.filters.locale), None) if build in _begun else None
        is_alone = not asked.custom_embedding_strs
        understood = begun if begun and is_alone else understood_for(asked, place.filters.locale, build.record)
        readable = reads(build.record.spec.embed_model, understood.question)
        source = source_of(build.record, place.filters) if self._side == "hybrid" else None
        # For a model that does not read the language a text is noise, so only words are searched.
        side: Side = "sparse" if source is not None and not readable else self._side
        vector, readings = await self._vectors(asked, understood, build.record)
        query = ChunkQuery(
            query_embedding=vector,
            query_str=understood.sparse_text,
            light_words=understood.light_words,
            mode=VectorStoreQueryMode.HYBRID,
            similarity_top_k=chunks_to_find(self._top_k, understood),
            place=place,
            depth=self._depth,
            side=side,
            readings=readings,
        )
        if source is not None:
            text = understood.sparse_text if readable else understood.source_text
            query.also = await self._in_source(text, vector, source, place.filters, build) if text else []
            query.also_weight = READ_WEIGHT if readable else understood.source_share
        result = await build.vector_store.aquery(query)
        how_much, book = searched(self._scope, place, build.record), build.record.book
        found = []
        for node, score in zip(result.nodes or (), result.similarities or (), strict=True):
            node.metadata[ADDRESS] = address(node.metadata, origin_of(node.metadata.get(payload.LOCALE), book))
            node.metadata[SEARCHED] = how_much
            node.metadata[UNDERSTOOD] = understood
            found.append(NodeWithScore(node=node, score=score))
        return found

    async def _in_source(
        self, text: str, vector: list[float], source: SourceEdition, own: ChunkFilter, build: PinnedBuild
    ) -> list[str]:
        """The chunks of the edition whose originals a search in the source language finds, best first."""
        indices, values = encode_queries([text], source.filters.locale)
        sparse = SparseQuery(indices[0], values[0])
        found = await build.search(vector, sparse, limit=self._depth, filters=source.filters)
        return await translated(rank(found, None, limit=MOST_FOUND), source, own, build)

    async def _vectors(
        self, asked: QueryBundle, understood: Understanding, record: BuildRecord
    ) -> tuple[list[float], list[list[float]]]:
        """The vector by which chunks are ranked, and those of the other readings; none if there is only one."""
        if asked.embedding:
            return asked.embedding, []
        texts = texts_to_embed(understood, record)
        vectors = dict(zip(texts, await self._embed(texts), strict=True))
        if len(texts) == 1:
            return vectors[texts[0]], []
        if not reads(record.spec.embed_model, understood.question):
            return mean_vector(list(vectors.values())), []
        return mean_vector([vectors[text] for text in understood.ranked_by]), [
            vectors[text] for text in understood.readings
        ]

    async def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of texts; texts awaited together are one batch."""
        if self._embedding is None:
            raise TypeError("a question comes with its embedding where there is no model")
        if len(texts) == 1:  # nine questions in ten: without a task, the model starts earlier
            return [await self._embedding.aget_query_embedding(texts[0])]
        return list(await asyncio.gather(*map(self._embedding.aget_query_embedding, texts)))

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if self._blocking is None:
            raise NotImplementedError("this retriever has no loop of its own: use aretrieve")
        options = {"scope": self._scope, "top_k": self._top_k, "side": self._side}
        build = self._build.name if self._build else None
        nodes: list[NodeWithScore] = self._blocking(
            lambda book: book.as_retriever(**options, build=build).aretrieve(query_bundle)
        )
        return nodes


class GivenRetriever(BaseRetriever):
    """Returns nodes that were read before, without a search."""

    def __init__(self, nodes: Sequence[NodeWithScore]) -> None:
        super().__init__()
        self._nodes = list(nodes)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes


async def postprocessed(
    nodes: list[NodeWithScore], query: QueryBundle, postprocessors: Sequence[BaseNodePostprocessor]
) -> list[NodeWithScore]:
    """The nodes after all postprocessors, applied in order."""
    for postprocessor in postprocessors:
        nodes = await postprocessor.apostprocess_nodes(nodes, query)
    return nodes


def chunks_for(passages: int, reranker: CrossEncoderRerank | None = None) -> int:
    """How many chunks to retrieve for so many passages."""
    return max(OWN_CANDIDATES * passages + 4, reranker.depth if reranker else 0)


def chunks_of_an_answer(
    chunks: list[NodeWithScore], passages: int, reranker: CrossEncoderRerank | None = None
) -> list[NodeWithScore]:
    """The part of a search's chunks, best first, that is needed for so many passages."""
    if not chunks:
        return chunks
    return chunks[: chunks_to_find(chunks_for(passages, reranker), chunks[0].node.metadata[UNDERSTOOD])]


def chunks_to_find(top_k: int, understood: Understanding) -> int:
    """How many chunks a search returns for `top_k`."""
    return max(top_k, NAMED_CHUNKS) if understood.term or understood.compared else top_k


def origin_of(locale: str | None, book: Mapping[str, str]) -> str | None:
    """The origin at which a language of the book is published; None if unknown."""
    return book.get(f"site_url:{locale}") or book.get("site_url")


def texts_to_embed(understood: Understanding, record: BuildRecord) -> tuple[str, ...]:
    """The texts of a question for the embedding model; those by which chunks are ranked come first."""
    if reads(record.spec.embed_model, understood.question):
        return tuple(dict.fromkeys((*understood.ranked_by, *understood.readings)))
    return understood.read_in_english


def mean_vector(vectors: Sequence[Sequence[float]]) -> list[float]:
    """The normalised mean of normalised vectors."""
    if len(vectors) == 1:
        return list(vectors[0])
    total = [sum(values) for values in zip(*vectors, strict=True)]
    length = math.hypot(*total) or 1.0
    return [value / length for value in total]


def understood_for(asked: QueryBundle, locale: str | None, record: BuildRecord) -> Understanding:
    """What a question asks; of a follow-up, with the readings that its texts to embed are."""
    understood = understand_for(asked.query_str, locale, record)
    if not asked.custom_embedding_strs:
        return understood
    others = [understand_for(text, locale, record) for text in asked.custom_embedding_strs]
    newest = min(others, key=lambda each: len(each.text))
    # One reading alone is the question in full, or the question after another that says what it is about.
    by_itself = newest.text == understood.text or (
        len(others) > 1 and all(each.text.endswith(newest.text) for each in others)
    )
    # "What is SLAM?" asks for a definition, and "is there an app for it?" after it does not: there the name that the
    # book has for the abbreviation would find what SLAM is again.
    term = newest.term if by_itself else ""
    searched = [each.search_text if term else each.in_own_words(each.search_text) for each in (understood, *others)]
    return replace(
        understood,
        search_text=searched[0],
        term=term,
        in_context=tuple(dict.fromkeys(searched[1:])),
        terms=tuple(dict.fromkeys(chain.from_iterable(each.terms for each in (understood, *others)))),
        written_out=tuple(dict.fromkeys(chain.from_iterable(each.written_out for each in (understood, *others)))),
        meanings=tuple(dict.fromkeys(chain.from_iterable(each.meanings for each in (understood, *others)))),
        gloss=_gloss_of([understood, *others]),
    )


def _gloss_of(readings: Sequence[Understanding]) -> str:
    """The readings of a follow-up in English: what was said before may be in English already."""
    if not any(each.gloss for each in readings):
        return ""
    words = (word for each in readings for word in (each.gloss or each.source_text).split())
    return " ".join(dict.fromkeys(words))


def understand_for(text: str, locale: str | None, record: BuildRecord) -> Understanding:
    """What a question to a locale asks (None: the book's own), its words matched to those of a build."""
    locale = locale or record.book.get("default_locale")
    language = (locale or "").partition("-")[0].lower()
    arabic = language if language in ARABIC_SCRIPT else "ur" if detected_language(text) == "ur" else None
    terms = load_book_terms(record.spelling, record.phrases, record.abbreviations, record.vocabulary, locale)
    text = terms.with_numbers_as_written(text) if terms else text
    english = (record.book.get("default_locale") or "en").partition("-")[0].lower() == "en"
    understood = understand(
        text,
        locale=locale,
        corrector=load_corrector(record.spelling, locale),
        book_terms=terms,
        loan_words=load_loan_words(record.spelling, arabic) if arabic else None,
        meanings=load_meanings(record.spelling) if english else None,
    )
    field = field_in(understood.question, lambda name, share: _is_field(name, share, record))
    return replace(understood, field=field) if field else understood


def _is_field(name: str, least: float, record: BuildRecord) -> bool:
    """Whether so many chunks have a name that it says little about where in the book to look: "Ionic", "ROS 2".

    A name without a number is taken for one only if the whole book is about it. That of one of several parts which
    treat the same things says where to look ("React"), as does a version in "what is new in Ionic 8?".
    """
    word = name.rstrip("0123456789 ")
    found = tokens(word, record.book.get("default_locale"))
    if len(found) != 1 or zipf(word, "en") >= _FIELD_ZIPF:
        return False
    share = record.words.get(found[0], 0) / max(1, record.counts.get("chunks", 0))
    if word == name:
        return share >= _WHOLE_BOOK
    return share >= least and not _is_parallel(word.casefold(), record)


def _is_parallel(folder: str, record: BuildRecord) -> bool:
    """Whether pages below a folder have others of the same name in a folder beside it: "/react/tabs", "/vue/tabs"."""
    urls = {page["url"].strip("/") for chapter in record.contents for page in chapter["pages"]}
    beside = [each.split("/") for each in urls]
    own = {(tuple(url[:at]), tuple(url[at + 1 :])) for url in beside for at in range(len(url) - 1) if url[at] == folder}
    return any(
        url[at] != folder and (tuple(url[:at]), tuple(url[at + 1 :])) in own
        for url in beside
        for at in range(len(url) - 1)
    )


def load_words(record: BuildRecord) -> None:
    """Load what the first questions to a build would wait for: the words to which they are matched, and patterns."""
    for text in _ASKED_IN_EACH_SCRIPT:
        understand_for(text, None, record)
    definition_in(["A robot is a machine."], ("robot",), "Robots", "Robots")
    names_no_subject("Robots")


def address(metadata: dict[str, Any], site_url: str | None) -> str:
    """A chunk's address for readers, with its anchor; absolute if the site's origin is known."""
    path = _quoted(str(metadata.get(payload.URL, "")))
    anchor = str(metadata.get(payload.ANCHOR) or "")
    link = f"{path}#{_quoted(anchor)}" if anchor else path
    return f"{site_url.rstrip('/')}{link}" if site_url else link


@lru_cache(maxsize=5_000)  # a question makes forty addresses
def _quoted(text: str) -> str:
    return quote(text, safe=_UNQUOTED)


def chunk_nodes(nodes: Sequence[NodeWithScore]) -> list[ChunkNode]:
    """The nodes that a search of the index found, in their order; those of other retrievers are left out."""
    return [found.node for found in nodes if isinstance(found.node, ChunkNode)]
