"""What a build would change against the live one: compared chunk by chunk, without a model and without writing.

Pages are told apart by locale, version and permalink, sections by their address as well. Content is compared by hash,
so that a page or a section that turns up elsewhere with the same content counts as moved.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from indexing.chunked_book import ChunkedBook
from indexing.chunking import Chunk

TEXTS_A_SECOND = 23.0  # of 256 tokens, all-MiniLM-L6-v2 on two cores; a live build's own figure is better
TOKENS_A_TEXT = 256


@dataclass(frozen=True, slots=True)
class ChunkHead:
    """A stored chunk without its text."""

    url: str
    anchor: str
    locale: str
    version: str
    content_hash: str


Place = tuple[str, str, str]  # locale, version, address
Contents = Mapping[Place, tuple[str, ...]]  # the content hashes at a place, in order


@dataclass(frozen=True, slots=True)
class Changes:
    """What happens to one kind of thing; places are `locale version address`."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()  # from, to
    removed: tuple[str, ...] = ()
    unchanged: int = 0

    @property
    def any(self) -> bool:
        """Whether anything happens."""
        return bool(self.added or self.changed or self.moved or self.removed)


@dataclass(frozen=True, slots=True)
class Plan:
    """What `bookrag index build` would do."""

    live: str | None  # the live build's name
    pages: Changes
    sections: Changes
    lost_addresses: tuple[str, ...]  # that readers may have kept, or an answer may have cited
    chunks: int
    to_embed: int
    reused: int
    seconds: float  # estimate of the embedding
    different_settings: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    current: bool = False  # the live build is of this very book, so that `build` would do nothing
    citations: Mapping[str, int] | None = None  # lost address → stored citations of it; None: no history at hand


def head_of(chunk: Chunk) -> ChunkHead:
    """A new chunk as it will be stored."""
    return ChunkHead(chunk.url, chunk.anchor, chunk.locale, chunk.version, chunk.content_hash)


def compare(stored: Iterable[ChunkHead], cut: ChunkedBook) -> tuple[Changes, Changes, tuple[str, ...]]:
    """Changes of pages, changes of sections, and the addresses that disappear."""
    before, after = list(stored), [head_of(chunk) for chunk in cut.chunks]
    pages = _changes(_contents(before, by_section=False), _contents(after, by_section=False))
    old_sections, new_sections = _contents(before, by_section=True), _contents(after, by_section=True)
    sections = _changes(old_sections, new_sections)
    published = {
        (page.locale, page.version, f"{page.url}#{heading.id}" if heading.id else page.url)
        for page, _ in cut.pages
        for heading in page.headings
    } | {(page.locale, page.version, page.url) for page, _ in cut.pages}
    lost = sorted({address for place in old_sections.keys() - published for address in place[2:]})
    return pages, sections, tuple(lost)


def estimate_seconds(chunks: Iterable[Chunk], known: Set[str], tokens_a_second: float | None) -> float:
    """How long the chunks whose content is not known will take to embed."""
    tokens = sum({chunk.content_hash: chunk.tokens for chunk in chunks if chunk.content_hash not in known}.values())
    return tokens / (tokens_a_second or TEXTS_A_SECOND * TOKENS_A_TEXT)


def _contents(heads: Iterable[ChunkHead], *, by_section: bool) -> Contents:
    contents: dict[Place, list[str]] = defaultdict(list)
    for head in heads:
        address = f"{head.url}#{head.anchor}" if by_section and head.anchor else head.url
        contents[head.locale, head.version, address].append(head.content_hash)
    # Sorted: a store gives its chunks in no order.
    return {place: tuple(sorted(hashes)) for place, hashes in contents.items()}


def _changes(before: Contents, after: Contents) -> Changes:
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    by_content = {before[place]: place for place in sorted(gone)}
    moved: list[tuple[Place, Place]] = []
    for place in sorted(new):
        origin = by_content.pop(after[place], None)
        if origin:
            moved.append((origin, place))
    gone -= {origin for origin, _ in moved}
    new -= {place for _, place in moved}
    kept = before.keys() & after.keys()
    changed = {place for place in kept if before[place] != after[place]}
    return Changes(
        added=_named(new),
        changed=_named(changed),
        moved=tuple((_name(origin), _name(place)) for origin, place in moved),
        removed=_named(gone),
        unchanged=len(kept) - len(changed),
    )


def _named(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(_name(place) for place in sorted(places))


def _name(place: Place) -> str:
    locale, version, address = place
    return f"{address} ({locale}, {version})"
