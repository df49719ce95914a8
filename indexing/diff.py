"""What a build would change in the live one: compares chunk by chunk, without a model and without writing.

Pages and sections are identified by the addresses that readers have: an address that a new version or another page
takes over does not disappear. Content is compared by hash, so that a page or a section with the same content elsewhere
in its version and language counts as moved.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from indexing.chunking import Chunk, ChunkedBook
from indexing.pages import Book, Problem

TEXTS_A_SECOND = 23.0  # of 256 tokens, all-MiniLM-L6-v2 on two cores; a live build's own figure is preferred
TOKENS_A_TEXT = 256


@dataclass(frozen=True, slots=True)
class ChunkHead:
    """A stored chunk without its text."""

    url: str
    anchor: str
    locale: str
    version: str
    content_hash: str
    source: str = ""


Place = tuple[str, str]  # the origin of a language that has its own, or ""; the address


@dataclass(frozen=True, slots=True)
class Held:
    """The content of one address."""

    address: str
    locale: str
    version: str
    source: str
    hashes: tuple[str, ...]  # of the contents, sorted, since a store returns chunks in no order

    @property
    def name(self) -> str:
        """Its name in a plan."""
        return f"{self.address} ({self.locale}, {self.version})"


Contents = Mapping[Place, Held]


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of pages or sections, each named by address, language and version."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()  # from, to
    removed: tuple[str, ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class LeftOutPage:
    """A live page that disappears because its file cannot be read or shown, not because it was deleted."""

    page: str
    source: str
    line: int  # from 1; 0 if unknown
    reason: str


@dataclass(frozen=True, slots=True)
class Retargeted:
    """An address that shows a different page than before: of another file or version, with other content."""

    address: str
    before: str  # file, language and version
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The live build's contents beside the book's."""

    pages: Changes
    sections: Changes
    lost_addresses: tuple[str, ...]
    retargeted: tuple[Retargeted, ...]
    left_out: tuple[LeftOutPage, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What `bookrag index build` would do."""

    live: str | None  # the live build's name
    pages: Changes
    sections: Changes
    lost_addresses: tuple[str, ...]  # that readers may have saved, or answers cited
    chunks: int
    to_embed: int  # texts, each once
    reused: int  # chunks whose embedding is cached, or whose text equals that of an embedded one
    seconds: float  # estimate of the embedding
    different_settings: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    current: bool = False  # the live build is exactly this book, so that `build` would do nothing
    citations: Mapping[str, int] | None = None  # lost address → stored citations of it; None: no history is available
    measured: bool = False  # whether `seconds` is based on a build's own speed
    retargeted: tuple[Retargeted, ...] = ()
    left_out: tuple[LeftOutPage, ...] = ()
    problems: tuple[Problem, ...] = ()  # all of the book's

    @property
    def unreadable(self) -> tuple[Problem, ...]:
        """Why files that are not live pages will not become any.

        Pages that another one hides at its address are left out: a published book may have such pages.
        """
        live = {page.source for page in self.left_out}
        return tuple(p for p in self.problems if p.is_lost_page and p.source not in live)


def head_of(chunk: Chunk) -> ChunkHead:
    """A new chunk as it will be stored."""
    return ChunkHead(chunk.url, chunk.anchor, chunk.locale, chunk.version, chunk.content_hash, chunk.source)


def compare(stored: Iterable[ChunkHead], cut: ChunkedBook) -> Comparison:
    """The comparison of the stored chunks with the book's."""
    before, after = list(stored), [head_of(chunk) for chunk in cut.chunks]
    origins = cut.book.locale_urls
    old_pages, new_pages = (_contents(heads, origins, by_section=False) for heads in (before, after))
    old_sections, new_sections = (_contents(heads, origins, by_section=True) for heads in (before, after))
    published = {
        (origins.get(page.locale, ""), address)
        for page, _ in cut.pages
        for address in (page.url, *(f"{page.url}#{heading.id}" for heading in page.headings if heading.id))
    }
    return Comparison(
        pages=_changes(old_pages, new_pages),
        sections=_changes(old_sections, new_sections),
        lost_addresses=tuple(sorted({origin + address for origin, address in old_sections.keys() - published})),
        retargeted=_retargeted(old_pages, new_pages),
        left_out=_left_out(old_pages, new_pages, cut.book),
    )


def _retargeted(before: Contents, after: Contents) -> tuple[Retargeted, ...]:
    both = [(before[place], after[place]) for place in sorted(before.keys() & after.keys())]
    return tuple(
        Retargeted(old.address, _described(old), _described(new))
        for old, new in both
        if old.hashes != new.hashes and (old.source, old.version, old.locale) != (new.source, new.version, new.locale)
    )


def _described(held: Held) -> str:
    return f"{held.source} ({held.locale}, {held.version})"


def _left_out(before: Contents, after: Contents, book: Book) -> tuple[LeftOutPage, ...]:
    problems = {problem.source: problem for problem in book.problems if problem.fatal}
    gone = (before[place] for place in sorted(before.keys() - after.keys()))
    return tuple(
        LeftOutPage(held.name, held.source, problems[held.source].line, problems[held.source].message)
        for held in gone
        if held.source in problems
    )


def estimate_seconds(chunks: Iterable[Chunk], known: Set[str], tokens_a_second: float | None) -> float:
    """How long it will take to embed the chunks whose content is not cached."""
    tokens = sum({chunk.content_hash: chunk.tokens for chunk in chunks if chunk.content_hash not in known}.values())
    return tokens / (tokens_a_second or TEXTS_A_SECOND * TOKENS_A_TEXT)


def _contents(heads: Iterable[ChunkHead], origins: Mapping[str, str], *, by_section: bool) -> Contents:
    at: dict[Place, list[ChunkHead]] = defaultdict(list)
    for head in heads:
        address = f"{head.url}#{head.anchor}" if by_section and head.anchor else head.url
        at[origins.get(head.locale, ""), address].append(head)
    return {
        (origin, address): Held(
            origin + address,
            chunks[0].locale,
            chunks[0].version,
            chunks[0].source,
            tuple(sorted(chunk.content_hash for chunk in chunks)),
        )
        for (origin, address), chunks in at.items()
    }


def _changes(before: Contents, after: Contents) -> Changes:
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    origins: dict[object, list[Place]] = defaultdict(list)
    for place in sorted(gone, reverse=True):
        origins[_movable(before[place])].append(place)
    moved = [(origins[key].pop(), place) for place in sorted(new) if origins.get(key := _movable(after[place]))]
    gone -= {origin for origin, _ in moved}
    new -= {place for _, place in moved}
    kept = before.keys() & after.keys()
    changed = {place for place in kept if before[place].hashes != after[place].hashes}
    return Changes(
        added=_named(after, new),
        changed=_named(after, changed),
        moved=tuple((before[origin].name, after[place].name) for origin, place in moved),
        removed=_named(before, gone),
        unchanged=len(kept) - len(changed),
    )


def _movable(held: Held) -> object:
    """What identifies a page or section in a move; nothing moves between languages or versions."""
    return held.locale, held.version, held.hashes


def _named(contents: Contents, places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(contents[place].name for place in sorted(places))
