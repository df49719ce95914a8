"""The settings of a site that decide what is published where; created by `indexing.docusaurus.read_site`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_INCLUDE = ("**/*.{md,mdx}",)
DEFAULT_EXCLUDE = ("**/_*.{js,jsx,ts,tsx,md,mdx}", "**/_*/**", "**/*.test.{js,jsx,ts,tsx}", "**/__tests__/**")
DEFAULT_ADMONITIONS = ("secondary", "info", "success", "danger", "note", "tip", "warning", "important", "caution")
"""Docusaurus' default keywords."""
CURRENT = "current"
DEFAULT_INSTANCE = "default"


@dataclass(frozen=True, slots=True)
class Docs:
    """One instance of the docs plugin."""

    id: str = DEFAULT_INSTANCE
    path: str = "docs"  # of the current version, relative to the site's folder
    route_base_path: str = "docs"
    include: tuple[str, ...] = DEFAULT_INCLUDE
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    strips_numbers: bool = True
    parser_path: tuple[str | int, ...] | None = None  # if the config has its own numberPrefixParser
    stripped_names: dict[str, str] | None = None  # the result of the site's own numberPrefixParser for each name
    include_current: bool = True
    disable_versioning: bool = False
    only_versions: tuple[str, ...] | None = None
    last_version: str | None = None
    version_paths: dict[str, str] = field(default_factory=dict)
    admonitions: tuple[str, ...] = DEFAULT_ADMONITIONS
    math: bool | None = None
    sidebar_path: str | None = None  # of the file with sidebars written by hand; None: they are generated

    def prefixed(self, name: str) -> str:
        """A file or folder of this instance: `versions.json`, or `community_versions.json`."""
        return name if self.id == DEFAULT_INSTANCE else f"{self.id}_{name}"


@dataclass(frozen=True, slots=True)
class Locale:
    """One language of the site."""

    name: str
    base_url: str  # with both slashes
    folder: Path | None  # of its translations; None where they are not used
    url: str | None = None  # the origin that its pages are published at
    facts: str = "{}"  # the config's site data that pages may show, as JSON


@dataclass(frozen=True, slots=True)
class MarkdownSettings:
    """The site-wide `markdown` part of the config."""

    format: str = "mdx"
    comments: bool = True
    admonitions: bool = True
    heading_ids: bool = True
    maintain_case: bool = False
    emoji: bool = True
    magic_comments: tuple[str, ...] | None = None  # of `themeConfig.prism`; None: Docusaurus' own
    components_known: bool = False  # whether no theme or plugin can add components to pages beyond Docusaurus' own
    page_functions: tuple[str, ...] = ()  # of the config, which every page goes through


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """The results of the config's own functions for a file."""

    text: str  # that is rendered, with its front matter
    front_matter: dict[str, Any] | None = None  # None if the config has no `parseFrontMatter`
    content: str | None = None  # in which the title is searched; None likewise
    error: str | None = None  # why a function fails on the file, which stops Docusaurus


@dataclass(frozen=True, slots=True)
class Site:
    """A whole site in all its languages."""

    folder: Path
    url: str | None
    trailing_slash: bool | None
    default_locale: str
    locales: tuple[Locale, ...]
    docs: dict[str, tuple[Docs, ...]]  # by locale, since a config may differ between them
    markdown: MarkdownSettings
    assumptions: tuple[str, ...] = ()
    title: str | None = None  # as in its config
    copyright: str | None = None  # its footer's copyright line
    changed_pages: dict[str, ChangedPage] | None = None  # by real path; None if no function changes pages
    unsure: tuple[str, ...] = ()  # why its addresses may be wrong; if not empty, nothing is published

    @property
    def base_url(self) -> str:
        """Where the root of the site's build folder is published, with both slashes."""
        return next(locale.base_url for locale in self.locales if locale.name == self.default_locale)

    @property
    def depends_on_texts(self) -> bool:
        """Whether a changed file must be given to functions of the site's config."""
        return bool(self.markdown.page_functions)

    @property
    def depends_on_names(self) -> bool:
        """Whether a new file's name must be given to the site's own numberPrefixParser."""
        return any(docs.parser_path for of_locale in self.docs.values() for docs in of_locale)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one docs instance in one locale."""

    name: str
    latest: bool
    path: str  # of its pages: base URL, route and version
    folder: Path
    localized_folder: Path | None
