"""The types between reading a book and chunking it: pages, their sections, their blocks."""

from dataclasses import dataclass, field
from typing import Literal

BlockKind = Literal["text", "code", "table", "math", "mermaid"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a published page, in document order."""

    level: int
    text: str
    id: str | None  # None if the published page has no anchor for it, as for every h1
    imported: bool = False  # from a partial
    rendered: bool = True  # False if the page's HTML does not contain it


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a section that should stay whole if it fits."""

    kind: BlockKind
    text: str  # what is quoted: prose as Markdown, code with its fence, a table with its header, maths with its signs
    line: int = 0  # in the source file, from 1; 0 if unknown


@dataclass(frozen=True, slots=True)
class Section:
    """The content between one heading and the next."""

    heading_path: tuple[str, ...]  # outermost first, without the page's title; () before the first heading
    anchor: str | None  # of its own heading, or of the nearest one above with a certain anchor; None is the page's top
    level: int  # of its own heading; 1 before the first heading
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One published page in one version and one locale."""

    source: str  # the file, relative to the site's folder, with `/`
    url: str  # the permalink as a path, not encoded: `/docs/intro`
    title: str
    locale: str
    version: str  # `current` if the book has no versions
    latest: bool  # whether readers get this version by default
    localized: bool  # whether the text is in `locale`, or falls back to the default one
    unlisted: bool
    headings: tuple[Heading, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """A page in the table of contents."""

    title: str
    url: str  # the page's permalink


@dataclass(frozen=True, slots=True)
class ContentsChapter:
    """A chapter of one version in one locale, with its pages in the sidebar's order."""

    locale: str
    version: str
    latest: bool
    title: str
    pages: tuple[ContentsEntry, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the book that could not be read as written."""

    source: str
    line: int  # from 1; 0 if unknown
    message: str
    fatal: bool = False  # its page was left out
    error: bool = False  # it must be fixed: Docusaurus' own build stops at it, or a page that it publishes is not read

    @property
    def place(self) -> str:
        """The file and, if known, the line."""
        return f"{self.source}:{self.line}" if self.line else self.source

    @property
    def is_lost_page(self) -> bool:
        """Whether a page is missing until this is fixed; one that another page hides at its address is not."""
        return self.fatal and self.error


@dataclass(frozen=True, slots=True)
class Book:
    """All published pages of a site, with the assumptions made about it and its problems."""

    pages: tuple[Page, ...]
    problems: tuple[Problem, ...] = ()
    assumptions: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    default_locale: str = "en"
    locales: tuple[str, ...] = field(default=("en",))
    site_url: str | None = None  # the published origin, `https://example.org`
    title: str | None = None  # of the site; None if no config has it
    copyright: str | None = None  # its footer's copyright line
    locale_urls: dict[str, str] = field(default_factory=dict)  # locale → its origin, if that is not `site_url`
    unsure: tuple[str, ...] = ()  # why its addresses may be wrong; if not empty, it is not published
    contents: tuple[ContentsChapter, ...] = ()

    @property
    def lost_pages(self) -> tuple[Problem, ...]:
        """The problems because of which pages are missing."""
        return tuple(problem for problem in self.problems if problem.is_lost_page)

    @property
    def site_facts(self) -> dict[str, str]:
        """Site-wide settings that answers depend on; only the origin may be empty."""
        return {
            "site_url": self.site_url or "",
            "default_locale": self.default_locale,
            "locales": ",".join(self.locales),
            **{f"site_url:{locale}": url for locale, url in self.locale_urls.items()},
        }

    @property
    def addresses(self) -> frozenset[str]:
        """The address of each page, with its language's origin if known."""
        return frozenset((self.locale_urls.get(page.locale) or self.site_url or "") + page.url for page in self.pages)
