"""A whole book cut into chunks for one embedding model, with a digest that tells whether two are equal."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from engines.embedding.model import EmbeddingModel
from indexing.chunking import Chunk, Chunker
from indexing.pages import Book, Page
from indexing.parse_cache import Memory
from indexing.progress import Progress
from storage.vectors.caches import PageCache

WARMED_PAGES = 32  # whose texts are counted in one call, which uses all cores

_CODE = "chunking.py chunked_book.py pages.py"


@dataclass(frozen=True)
class ChunkedBook:
    """The chunks of every page, in the book's order."""

    book: Book
    pages: tuple[tuple[Page, tuple[Chunk, ...]], ...]
    folder: Path | None = None  # where the book was read from

    @cached_property
    def chunks(self) -> list[Chunk]:
        """All chunks."""
        return [chunk for _, chunks in self.pages for chunk in chunks]

    @property
    def sections(self) -> int:
        """How many addresses the chunks have, in all versions and locales: what the plan calls sections."""
        return len({(chunk.locale, chunk.version, chunk.address) for chunk in self.chunks})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that a build would store; equal digests make equal indexes."""
        digest = hashlib.sha256(f"{self.book.site_facts}{self.book.contents}".encode("utf-8", "surrogatepass"))
        for chunk in self.chunks:
            # The id covers address and text; the rest is added.
            rest = (chunk.title, chunk.heading_path, chunk.source, chunk.latest, chunk.position, chunk.section)
            digest.update(f"{chunk.id}{rest}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def chunk_book(
    book: Book,
    model: EmbeddingModel,
    progress: Progress,
    *,
    folder: Path | None = None,
    count: "Callable[[], TokenCounter] | None" = None,
    cache: PageCache | None = None,
) -> ChunkedBook:
    """Chunk all pages; only the model's tokeniser is loaded.

    `count` gives a token counter that is kept between calls; `cache` holds the chunks of pages that did not change.
    """
    progress.stage("Chunking pages", len(book.pages))
    memory: Memory[tuple[Chunk, ...]] = Memory(cache, tuple[Chunk, ...], _CODE)
    keys = [memory.key((model.tokenizer_digest, model.max_tokens, model.passage_prefix, page)) for page in book.pages]
    cut = [memory.recall(key) for key in keys]
    missing = [number for number, chunks in enumerate(cut) if chunks is None]
    progress.advance(len(cut) - len(missing))
    if missing:
        tokens = count() if count else TokenCounter(model)
        chunker = Chunker(tokens, limit=model.max_tokens, reserved=reserved_tokens(model), additive=tokens.additive)
        for start in range(0, len(missing), WARMED_PAGES):
            numbers = missing[start : start + WARMED_PAGES]
            tokens([text for number in numbers for text in _texts(book.pages[number])])
            for number in numbers:
                chunks = cut[number] = tuple(chunker.chunk(book.pages[number]))
                memory.keep(keys[number], chunks)
                progress.advance()
        memory.save()
    return ChunkedBook(book, tuple((page, chunks or ()) for page, chunks in zip(book.pages, cut, strict=True)), folder)


def _texts(page: Page) -> Iterator[str]:
    """The texts of a page that the chunker will count."""
    yield page.title
    for section in page.sections:
        yield from section.heading_path
        yield from (block.text for block in section.blocks if block.text.strip())


class TokenCounter:
    """Counts the tokens of texts as the model does, without special tokens; counts are kept for repeated texts."""

    def __init__(self, model: EmbeddingModel) -> None:
        self._tokenizer = model.tokenizer()
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._known: dict[str, int] = {}

    @property
    def additive(self) -> bool:
        """Whether texts joined by white space have as many tokens as they have apart."""
        # WordPiece splits at white space; SentencePiece and byte-level models tokenise the white space as well.
        return type(self._tokenizer.model).__name__ == "WordPiece"

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text."""
        new = list({text: None for text in texts if text not in self._known})
        if new:
            encodings = self._tokenizer.encode_batch_fast(new, add_special_tokens=False)
            self._known.update(zip(new, map(len, encodings), strict=True))
        return [self._known[text] for text in texts]


def reserved_tokens(model: EmbeddingModel) -> int:
    """How many tokens of the model's limit the special tokens and the passage prefix take."""
    tokenizer = model.tokenizer()
    prefix = len(tokenizer.encode(model.passage_prefix, add_special_tokens=False)) if model.passage_prefix else 0
    return int(tokenizer.num_special_tokens_to_add(is_pair=False)) + prefix
