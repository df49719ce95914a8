"""The input and result of reading one Markdown file; the seam between `indexing.markdown` and `indexing.read_book`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from indexing.docusaurus.site import DEFAULT_ADMONITIONS
from indexing.pages import Heading, Problem, Section

MAGIC_COMMENTS = ("highlight-next-line", "highlight-start", "highlight-end")
"""The comments in code that Docusaurus hides by default."""


@dataclass(frozen=True, slots=True)
class MarkdownOptions:
    """The settings of a site, or of one page, that change how its text is read."""

    format: Literal["mdx", "md"] = "mdx"  # `markdown.format` or the page's own `mdx.format`, with `detect` resolved
    admonitions: tuple[str, ...] = DEFAULT_ADMONITIONS  # all keywords; empty where admonitions are off
    comments: bool = True  # `markdown.mdx1Compat.comments`: `<!-- -->` is a comment
    heading_ids: bool = True  # `markdown.mdx1Compat.headingIds`: `{#id}` need not be escaped
    admonition_titles: bool = True  # `markdown.mdx1Compat.admonitions`: `:::note Title`
    maintain_case: bool = False  # `markdown.anchors.maintainCase`
    magic_comments: tuple[str, ...] = MAGIC_COMMENTS  # of `themeConfig.prism.magicComments`, start and end included
    emoji: bool = True  # `markdown.emoji`
    components_known: bool = False  # whether no theme or plugin can add components to pages beyond Docusaurus' own
    math: bool | None = None  # whether remark-math is used; None: if the page looks like it


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file of the site that a page imports: Markdown, JavaScript, data, or text."""

    text: str  # of Markdown: after the front matter
    source: str  # names the file in problems, and tells cycles; its ending tells what it is
    first_line: int = 1  # of `text`, in the file
    front_matter: Mapping[str, Any] = field(default_factory=dict)


LoadFile = Callable[[str, str], ImportedFile | None]
"""(what the import names: `./_note.mdx`, `@site/…` or a package, the importing file's source) → the file, or None."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page, as written: neither resolved nor decoded."""

    target: str
    line: int  # in `source`, from 1
    source: str  # the file that contains it: the page's own, or a partial's


@dataclass(frozen=True, slots=True)
class MarkdownPage:
    """What readers see of one file, with its partials."""

    headings: tuple[Heading, ...]
    sections: tuple[Section, ...]
    links: tuple[Link, ...] = ()
    problems: tuple[Problem, ...] = ()
    h1: str | None = None  # the heading that the page shows as its title; None if Docusaurus shows the title instead
