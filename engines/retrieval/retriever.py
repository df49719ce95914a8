"""Retrieval as a LlamaIndex retriever: returns the book's best chunks for a question, with how they were found.

Called by the chat engine, `/api/search`, the evaluation and notebooks; the node postprocessors come after it.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, zip_longest
from operator import attrgetter
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
from engines.events import AskedPart, GroundingDecided, Scope
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
from storage.vectors.hybrid_search import ChunkFilter, Place, Side, SparseQuery, rank
from storage.vectors.qdrant_vector_store import DEPTH, ChunkNode, ChunkQuery, PinnedBuild

ADDRESS, SEARCHED = "address", "searched"
"""Metadata of every node: its address for readers; how much of the book was searched."""
UNDERSTOOD = "understanding"
"""Metadata of every node: how the question was understood (`engines.understanding.understanding.Understanding`)."""
MESSAGE, PARTS = "message", "parts"
"""Metadata of every node of a message that asks more than one thing: how it was understood, and what is found of it."""
GROUNDING, RELATED, UNMENTIONED = "grounding", "related", "unmentioned"
"""Metadata that the coverage postprocessor adds: its decision; whether a passage may be offered beside a refusal."""

OWN_CANDIDATES = 2  # chunks fetched for each requested passage: some share a section, some say the same
NAMED_CHUNKS = 40  # fetched if a definition or a comparison is asked for: a section on what is named may rank far down
_AHEAD = 2  # passages of each question of a message, before the others of the message as a whole
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


class OneQuery(QueryBundle):
    """A text that is searched for as a whole, whatever it asks: with a selection behind it."""


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
        whole = replace(understood, questions=(), parts=()) if understood.parts else understood
        if whole is understood or asked.embedding or isinstance(asked, OneQuery):
            return await self._found(asked, whole, place, build)
        # Awaited together, their texts are one batch of the embedding model.
        each_asked = (whole, *understood.parts)
        found = await asyncio.gather(*(self._found(asked, each, place, build) for each in each_asked))
        for each in chain.from_iterable(found):
            each.node.metadata[MESSAGE] = understood
        return [each for row in zip_longest(*found) for each in row if each is not None]

    async def _found(
        self, asked: QueryBundle, understood: Understanding, place: Place, build: PinnedBuild
    ) -> list[NodeWithScore]:
        """The chunks for one question, best first."""
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
    """The nodes after all postprocessors, applied in order; those of each question of a message by themselves."""
    message: Understanding | None = nodes[0].node.metadata.get(MESSAGE) if nodes else None
    if message is None or PARTS in nodes[0].node.metadata:
        return await _after(nodes, query, postprocessors)
    of_each: list[list[NodeWithScore]] = [[] for _ in (message, *message.parts)]
    numbers = {id(part): number for number, part in enumerate(message.parts, 1)}
    for found in nodes:
        of_each[numbers.get(id(found.node.metadata[UNDERSTOOD]), 0)].append(found)
    queries = (query, *(replace(query, query_str=part.text) for part in message.parts))
    whole, *own = [await _after(*each, postprocessors) for each in zip(of_each, queries, strict=True)]
    return _interleaved(whole, own, message)


async def _after(
    nodes: list[NodeWithScore], query: QueryBundle, postprocessors: Sequence[BaseNodePostprocessor]
) -> list[NodeWithScore]:
    for postprocessor in postprocessors:
        nodes = await postprocessor.apostprocess_nodes(nodes, query)
    return nodes


def _interleaved(
    whole: Sequence[NodeWithScore], of_each: Sequence[Sequence[NodeWithScore]], message: Understanding
) -> list[NodeWithScore]:
    """The passages of a message and of each of its questions in turn, each section once, with one decision.

    There are as many as of one question. The message as a whole is searched as well, and comes first: what is told
    apart by its words may still be one thing. Each question has its two best passages among the first seven.
    """
    kept: dict[object, NodeWithScore] = {}
    ids: list[list[str]] = [[] for _ in of_each]
    order = [(whole[:1], 0, 1), (whole[1:3], 1, _AHEAD), (whole[3:], _AHEAD, None)]
    for of_whole, begin, end in order:
        for found in of_whole:
            kept.setdefault(_section(found), found)
        for own, of_one in zip(ids, of_each, strict=True):
            own += [kept.setdefault(_section(found), found).node.node_id for found in of_one[begin:end]]
    nodes = list(kept.values())[: max(map(len, (whole, *of_each)))]
    decided = [_decided_on(found, whole) for found in of_each]
    if None in decided:
        return nodes
    parts = tuple(
        AskedPart(asked.typed, part, verdict, tuple(own), leans=asked.searched != asked.typed)
        for asked, part, verdict, own in zip(message.questions, message.parts, decided, ids, strict=True)
        if verdict is not None
    )
    grounding = _of_all([part.grounding for part in parts])
    lacking = [found[0].node.metadata.get(UNMENTIONED, "") for found in of_each]
    unmentioned = next(filter(None, lacking), "") if grounding.verdict == "uncertain" else ""
    about = {UNDERSTOOD: message, PARTS: parts, GROUNDING: grounding, UNMENTIONED: unmentioned}
    return [_with(about, each) for each in nodes]


def _section(found: NodeWithScore) -> object:
    return found.node.chunks[0].section if isinstance(found.node, ChunkNode) else found.node.node_id


def _decided_on(found: Sequence[NodeWithScore], whole: Sequence[NodeWithScore]) -> GroundingDecided | None:
    """The decision on a question; an uncertain one is covered with the message, unless the book lacks a name of it.

    A clause may say too little by itself: "…, and what does it return?".
    """
    metadata = found[0].node.metadata if found else {}
    decided: GroundingDecided | None = metadata.get(GROUNDING)
    of_whole = whole[0].node.metadata.get(GROUNDING) if whole else None
    if decided is None or decided.verdict != "uncertain" or metadata.get(UNMENTIONED):
        return decided
    return of_whole if of_whole is not None and of_whole.verdict == "covered" else decided


def _with(metadata: dict[str, Any], found: NodeWithScore) -> NodeWithScore:
    """A node with further metadata, apart from the one that was found, which may answer for another purpose."""
    if not isinstance(found.node, ChunkNode):
        return found
    node = found.node.merged(found.node.chunks, found.node.get_content())
    node.metadata = found.node.metadata | metadata
    return NodeWithScore(node=node, score=found.score)


def _of_all(decided: Sequence[GroundingDecided]) -> GroundingDecided:
    """The decision on a message: covered if all of its questions are, refused if all are, else uncertain."""
    lowest = min(decided, key=attrgetter("score"))
    verdicts = {each.verdict for each in decided}
    return replace(lowest, verdict=verdicts.pop() if len(verdicts) == 1 else "uncertain")


def chunks_for(passages: int, reranker: CrossEncoderRerank | None = None) -> int:
    """How many chunks to retrieve for so many passages."""
    return max(OWN_CANDIDATES * passages + 4, reranker.depth if reranker else 0)


def chunks_of_an_answer(
    chunks: list[NodeWithScore], passages: int, reranker: CrossEncoderRerank | None = None
) -> list[NodeWithScore]:
    """The part of a search's chunks, best first, that is needed for so many passages."""
    if not chunks:
        return chunks
    metadata = chunks[0].node.metadata
    asked: Understanding = metadata.get(MESSAGE) or metadata[UNDERSTOOD]
    found = [chunks_to_find(chunks_for(passages, reranker), each) for each in (asked, *asked.parts)]
    return chunks[: max(found) * len(found)]


def chunks_to_find(top_k: int, understood: Understanding) -> int:
    """How many chunks a search returns for `top_k`."""
    return max(top_k, NAMED_CHUNKS) if understood.term or understood.compared else top_k


def origin_of(locale: str | None, book: Mapping[str, str]) -> str | None:
    """The origin at which a language of the book is published; None if unknown."""
    return book.get(f"site_url:{locale}") or book.get("site_url")


def texts_to_embed(understood: Understanding, record: BuildRecord) -> tuple[str, ...]:
    """The texts of a question for the embedding model; those by which chunks are ranked come first."""
    if understood.parts:
        each_asked = (replace(understood, parts=()), *understood.parts)
        return tuple(dict.fromkeys(chain.from_iterable(texts_to_embed(each, record) for each in each_asked)))
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
        questions=(),
        parts=(),
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
    """What a message to a locale asks (None: the book's own), its words matched to those of a build."""
    understood = _understand_for(text, locale, record)
    if not understood.questions:
        return understood
    of_each = (_understand_for(each.searched, locale, record, understood.asked_in) for each in understood.questions)
    return replace(understood, parts=tuple(of_each))


def _understand_for(text: str, locale: str | None, record: BuildRecord, asked_in: str = "") -> Understanding:
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
        asked_in=asked_in,
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
