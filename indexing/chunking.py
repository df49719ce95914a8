"""Cuts the sections of a page into chunks that fit the embedding model; called by the plan and by the build.

A chunk never crosses a heading, so that it has one address. Whole blocks are packed together while they fit. A block
that is larger than a chunk is split: code and maths between lines, tables between rows, prose between sentences, and
each part keeps its fence or its table header. A line or sentence that is too long is split between words, and a word
that is too long (a base64 image, a minified line) between characters. Sizes are in the embedding model's tokens.
"""

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from engines.embedding.embedding_model import EmbeddingModel
from indexing.pages import Block, Book, Page, Section
from indexing.progress import Progress
from storage.vectors import payload
from storage.vectors.caches import PageCache, PageResults, code_digest

ADDRESS_NAMESPACE = uuid.UUID("6f0f9a1e-6a44-5c0b-9b5e-2f6a6f6f6b73")
BREADCRUMB_SEPARATOR = " > "
MINIMUM_TEXT_TOKENS = 96  # a breadcrumb is shortened before it leaves less than this to the text
MAX_CHARACTERS_PER_TOKEN = 8
"""A text counts as at least one token for so many characters.

Some tokenisers make one unknown token of a run that they cannot split: a page of hexadecimal digits, or of Thai, which
has no spaces. Blocks of prose and code in five textbooks have 3 to 5 characters a token, and none more than 8.0.
"""

CountTokens = Callable[[Sequence[str]], list[int]]

_SENTENCE_END = re.compile(r"(?<=[.!?…۔؟])\s+|(?<=[。！？])\s*|\n+")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,}|\$\$)")
_WIDEST_WORD = 200  # characters; a longer run without white space is cut before it is counted
WARMED_PAGES = 32  # whose texts are counted in one call, to use all cores
_CODE, _PACKAGES = "chunking.py pages.py", ("tokenizers",)  # pages are cut again when these change


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage with its address: what is embedded is `breadcrumb`, a blank line, `text`; what is quoted is `text`."""

    id: str  # a UUID made of address and content, so that it survives a rebuild
    url: str
    anchor: str
    title: str
    heading_path: tuple[str, ...]
    anchors_above: tuple[str, ...]  # of the headings above its own, outermost first
    breadcrumb: str
    text: str
    source: str
    locale: str
    version: str
    latest: bool
    position: int
    section: int
    tokens: int  # of what is embedded, or an eighth of its characters where that is more
    content_hash: str  # SHA-256 of what is embedded

    @property
    def embedded_text(self) -> str:
        """What the embedding model reads."""
        return f"{self.breadcrumb}\n\n{self.text}"

    @property
    def address(self) -> str:
        """The permalink with its anchor, `/docs/intro#setup`."""
        return f"{self.url}#{self.anchor}" if self.anchor else self.url

    @property
    def metadata(self) -> dict[str, Any]:
        """What is stored beside the text, by the names of `storage.vectors.payload`."""
        return {
            payload.URL: self.url,
            payload.ANCHOR: self.anchor,
            payload.TITLE: self.title,
            payload.HEADING_PATH: list(self.heading_path),
            payload.ANCHORS_ABOVE: list(self.anchors_above),
            payload.SOURCE: self.source,
            payload.LOCALE: self.locale,
            payload.VERSION: self.version,
            payload.LATEST: self.latest,
            payload.POSITION: self.position,
            payload.SECTION: self.section,
            payload.BREADCRUMB: self.breadcrumb,
            payload.CONTENT_HASH: self.content_hash,
        }


class Chunker:
    """Cuts pages for one embedding model.

    `count` gives the number of tokens of each text, without the special ones; `limit` is what the model reads,
    special tokens and the passage prefix included; `reserved` is what those two take. Where the tokeniser is not
    `additive`, a joined text may have more tokens than its parts, and every chunk is counted once more.
    """

    def __init__(self, count: CountTokens, *, limit: int, reserved: int, additive: bool = False) -> None:
        self._count = _bounded(count)
        self._additive = additive
        self._room = limit - reserved

    def chunk(self, page: Page) -> list[Chunk]:
        """The chunks of a page in reading order."""
        pieces = [piece for number, section in enumerate(page.sections) for piece in self._cut(page, number, section)]
        if self._additive:
            fitting = [(piece, piece.tokens) for piece in pieces]
        else:
            sizes = self._count([f"{piece.breadcrumb}\n\n{piece.text}" for piece in pieces])
            fitting = [fit for piece, size in zip(pieces, sizes, strict=True) for fit in self._shrink(piece, size)]
        seen: Counter[tuple[str, str]] = Counter()
        above = _anchors_above(page)
        return [_chunk(page, position, fit, above, seen) for position, fit in enumerate(fitting)]

    def _cut(self, page: Page, number: int, section: Section) -> Iterator["_Piece"]:
        blocks = section.blocks
        if not any(block.text.strip() for block in blocks):
            if _has_subsections(page, number):
                # Found by the breadcrumbs of the sections below it. A passage of their titles pushes them down: in a
                # textbook where every fifth heading has no text of its own, nDCG@10 of 80 questions fell from 0.785
                # to 0.766, and nDCG@1 from 0.688 to 0.650.
                return
            # A heading over an image, or over nothing, is found and quoted by its own words.
            blocks = (Block("text", (page.title, *section.heading_path)[-1]),)
        breadcrumb, room = self._breadcrumb(page, section)
        for text, tokens in _fill(self._pieces(blocks, room), room, "\n\n"):
            yield _Piece(number, breadcrumb, text, self._room - room + tokens)

    def _shrink(self, piece: "_Piece", size: int) -> Iterator[tuple["_Piece", int]]:
        """The piece with its size, or its parts if it turns out to be too large."""
        if size <= self._room:
            yield piece, size
            return
        breadcrumb_size = self._count([piece.breadcrumb])[0]
        room = max(1, (size - breadcrumb_size) // 2 - (size - self._room))
        for text, _ in split_block(Block("text", piece.text), room, self._count):
            part = piece._replace(text=text)
            yield part, self._count([f"{part.breadcrumb}\n\n{text}"])[0]

    def _breadcrumb(self, page: Page, section: Section) -> tuple[str, int]:
        """Title and heading path in one line, with outer parts dropped if it is too long, and the room it leaves."""
        parts = [page.title, *section.heading_path]
        if len(parts) > 1 and parts[0] == parts[1]:
            parts = parts[1:]
        counts = self._count(parts)
        separator = self._count([BREADCRUMB_SEPARATOR])[0]
        budget = self._room - MINIMUM_TEXT_TOKENS
        while len(parts) > 1 and sum(counts) + separator * (len(parts) - 1) > budget:
            # The heading itself says most, then the page's title.
            drop = 1 if len(parts) > 2 else 0
            parts, counts = parts[:drop] + parts[drop + 1 :], counts[:drop] + counts[drop + 1 :]
        if counts[0] > budget:
            first, tokens = next(iter(split_block(Block("text", parts[0]), budget, self._count)), ("", 0))
            return first, self._room - tokens
        return BREADCRUMB_SEPARATOR.join(parts), self._room - sum(counts) - separator * (len(parts) - 1)

    def _pieces(self, blocks: Sequence[Block], room: int) -> Iterator[tuple[str, int]]:
        """Whole blocks with their sizes; blocks that do not fit are split."""
        present = [block for block in blocks if block.text.strip()]
        for block, tokens in zip(present, self._count([block.text for block in present]), strict=True):
            if tokens <= room:
                yield block.text, tokens
            else:
                yield from split_block(block, room, self._count)


def _bounded(count: CountTokens) -> CountTokens:
    """`count`, with no fewer tokens than the number of characters allows."""

    def bounded(texts: Sequence[str]) -> list[int]:
        sizes = count(texts)
        return [max(size, -(-len(text) // MAX_CHARACTERS_PER_TOKEN)) for size, text in zip(sizes, texts, strict=True)]

    return bounded


def _has_subsections(page: Page, number: int) -> bool:
    """Whether the next section is a subsection of this one."""
    path = page.sections[number].heading_path
    below = page.sections[number + 1 : number + 2]
    return bool(below) and _is_above(path, below[0].heading_path)


def _anchors_above(page: Page) -> list[tuple[str, ...]]:
    """For each section, the anchors of the headings above its own."""
    open_sections: list[Section] = []  # from the outermost to the last one
    found: list[tuple[str, ...]] = []
    for section in page.sections:
        path = section.heading_path
        while open_sections and not _is_above(open_sections[-1].heading_path, path):
            open_sections.pop()
        found.append(tuple(each.anchor for each in open_sections if each.anchor))
        open_sections.append(section)
    return found


def _is_above(path: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return len(path) < len(other) and other[: len(path)] == path


class _Piece(NamedTuple):
    """A text that is to become a chunk."""

    section: int
    breadcrumb: str
    text: str
    tokens: int  # of breadcrumb and text, as the sum of their parts


def _chunk(
    page: Page,
    position: int,
    fit: tuple[_Piece, int],
    above: Sequence[tuple[str, ...]],
    seen: Counter[tuple[str, str]],
) -> Chunk:
    piece, tokens = fit
    section = page.sections[piece.section]
    anchor = section.anchor or ""
    embedded = f"{piece.breadcrumb}\n\n{piece.text}"
    content_hash = hashlib.sha256(embedded.encode("utf-8", "surrogatepass")).hexdigest()
    seen[anchor, content_hash] += 1
    # The same words twice under one heading are two chunks; the count tells them apart.
    name = "\n".join((page.locale, page.version, page.url, anchor, content_hash, str(seen[anchor, content_hash])))
    return Chunk(
        id=str(uuid.uuid5(ADDRESS_NAMESPACE, name)),
        url=page.url,
        anchor=anchor,
        title=page.title,
        heading_path=section.heading_path,
        anchors_above=above[piece.section],
        breadcrumb=piece.breadcrumb,
        text=piece.text,
        source=page.source,
        locale=page.locale,
        version=page.version,
        latest=page.latest,
        position=position,
        section=piece.section,
        tokens=tokens,
        content_hash=content_hash,
    )


def split_block(block: Block, room: int, count: CountTokens) -> Iterator[tuple[str, int]]:
    """The parts of a block with their sizes in tokens, each at most `room`, in order."""
    head, units, tail, joint = _joints(block)
    frame = sum(count([head, tail]))
    if frame > room // 2:  # a header this large would be most of each part
        head, tail, frame = "", "", 0
    for text, tokens in _fill(_small_enough(units, room - frame, count), room - frame, joint):
        parts = [part for part in (head, text.strip() if block.kind == "text" else text, tail) if part]
        yield "\n".join(parts), tokens + frame


def _joints(block: Block) -> tuple[str, list[str], str, str]:
    """A block's head, units and tail, and the separator of its units."""
    lines = block.text.splitlines()
    fence = _FENCE.match(lines[0]) if lines else None
    if block.kind != "text" and block.kind != "table" and fence:
        closed = len(lines) > 1 and lines[-1].strip().startswith(fence[1])
        return lines[0], lines[1 : -1 if closed else None], fence[1], "\n"
    if block.kind == "table" and len(lines) > 2:
        return "\n".join(lines[:2]), lines[2:], "", "\n"
    if block.kind == "text":
        return "", _sentences(block.text), "", ""
    return "", lines, "", "\n"


def _sentences(text: str) -> list[str]:
    """Sentences with their trailing white space, so that joining them gives the text again."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    parts = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    return [part for part in parts if part.strip()]


def _small_enough(units: Sequence[str], room: int, count: CountTokens) -> Iterator[tuple[str, int]]:
    """The units with their sizes; those larger than `room` cut between words, then between characters."""
    for unit, tokens in zip(units, count(units), strict=True):
        if tokens <= room:
            yield unit, tokens
        else:
            words = [piece for word in _words(unit) for piece in _narrow(word)]
            yield from _fill(_fitting(words, room, count), room, "")


def _words(unit: str) -> list[str]:
    """Words with their trailing white space, so that joining them gives the unit again."""
    return re.findall(r"\S+\s*|\s+", unit)


def _narrow(word: str) -> list[str]:
    return [word[start : start + _WIDEST_WORD] for start in range(0, len(word), _WIDEST_WORD)]


def _fitting(words: Sequence[str], room: int, count: CountTokens) -> Iterator[tuple[str, int]]:
    """Words with their sizes, halved until each fits; a single character counts as `room` at most."""
    for word, tokens in zip(words, count(words), strict=True):
        if tokens <= room or len(word) == 1:
            yield word, min(tokens, room)
        else:
            middle = len(word) // 2
            yield from _fitting([word[:middle], word[middle:]], room, count)


def _fill(units: Iterator[tuple[str, int]], room: int, joint: str) -> Iterator[tuple[str, int]]:
    """Units joined as long as they fit."""
    filled: list[str] = []
    size = 0
    for unit, tokens in units:
        if filled and size + tokens > room:
            yield joint.join(filled), size
            filled, size = [], 0
        filled.append(unit)
        size += tokens
    if filled:
        yield joint.join(filled), size


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
        """How many addresses the chunks have, in all versions and locales; the plan calls these sections."""
        return len({(chunk.locale, chunk.version, chunk.address) for chunk in self.chunks})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that a build would store; equal digests mean equal indexes."""
        digest = hashlib.sha256(f"{self.book.site_facts}{self.book.contents}".encode("utf-8", "surrogatepass"))
        for chunk in self.chunks:
            # The id covers address and text; the rest is added.
            where = (chunk.title, chunk.heading_path, chunk.anchors_above, chunk.source, chunk.latest)
            rest = (*where, chunk.position, chunk.section)
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
    known: PageResults[tuple[Chunk, ...]] = PageResults(
        cache, tuple[Chunk, ...], code_digest(Path(__file__).parent, _CODE, _PACKAGES)
    )
    keys = [known.key((model.tokenizer_digest, model.max_tokens, model.passage_prefix, page)) for page in book.pages]
    cut = [known.get(key) for key in keys]
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
                known.keep(keys[number], chunks)
                progress.advance()
        known.save()
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
        self._known: dict[str, int] = {}

    @property
    def additive(self) -> bool:
        """Whether texts joined by white space have as many tokens as separately."""
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
