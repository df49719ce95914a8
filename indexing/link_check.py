"""Links between the book's own pages, and which of them lead nowhere; called by `bookrag index check-links`."""

import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin

from indexing.docusaurus.docs import Doc
from indexing.docusaurus.site_files import SiteFiles
from indexing.docusaurus.urls import normalize_url, without_slash
from indexing.markdown.page import Link, MarkdownPage
from indexing.read_book import Reading
from indexing.sidebars import generated_indexes
from indexing.site_check import nearest_id

_OUTSIDE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|\{")
_MARKDOWN = re.compile(r"\.mdx?$")
_TAGS = "tags"  # below a version: the pages of tags, which have no source file


@dataclass(frozen=True, slots=True)
class DeadLink:
    """A link that leads nowhere."""

    source: str  # the file that contains it
    line: int
    target: str  # as it is written
    reason: str


def dead_internal_links(reading: Reading) -> list[DeadLink]:
    """Every link from a page to a page or heading of the book that does not exist, each once."""
    map_ = _LinkMap(reading)
    found = (dead for doc, text in zip(reading.docs, reading.texts, strict=True) for dead in map_.dead(doc, text))
    return sorted(dict.fromkeys(found), key=lambda dead: (dead.source, dead.line, dead.target))


class _LinkMap:
    """The targets of links: docs by address and by file."""

    def __init__(self, reading: Reading) -> None:
        self._folder = reading.site.folder
        self._base_urls = {locale.name: locale.base_url for locale in reading.site.locales}
        texts = list(zip(reading.docs, reading.texts, strict=True))
        self._by_url = {(doc.locale.url, without_slash(doc.url)): (doc, text) for doc, text in texts}
        # A file link must name the file that is used in its language: `./page.md` is dead if it names the source of a
        # translated page, or, in a translation, a page that is not translated. Docusaurus does the same.
        self._by_file = {
            (doc.locale.name, os.path.normpath(self._folder / doc.file.source)): (doc, text) for doc, text in texts
        }
        self._roots = {without_slash(doc.version.path) for doc in reading.docs}
        self._generated = generated_indexes(reading.site, SiteFiles(reading.site), reading.docs)
        self._ids: dict[int, frozenset[str]] = {}

    def dead(self, doc: Doc, text: MarkdownPage) -> Iterator[DeadLink]:
        """The links of one page that lead nowhere."""
        for link in text.links:
            target = link.target.strip()
            if not target or _OUTSIDE.match(target):
                continue
            reason = self._reason(doc, text, link, target)
            if reason:
                yield DeadLink(link.source, link.line, link.target, reason)

    def _reason(self, doc: Doc, text: MarkdownPage, link: Link, target: str) -> str | None:
        address, _, fragment = target.partition("#")
        path = unquote(address.partition("?")[0])
        goal: tuple[Doc, MarkdownPage] | None = (doc, text)
        if path and _MARKDOWN.search(path):
            goal = self._by_path(doc, link, path)
            if goal is None:
                return None if self._is_file(doc, link, path) else "there is no such file among the published docs"
        elif path:
            url = self._url(doc, path)
            goal = self._by_url.get((doc.locale.url, without_slash(url)))
            if goal is None:
                return "there is no page with this address" if self._must_be_doc(url) else None
        if goal and fragment and not self._has_id(goal, unquote(fragment)):
            return "the page has no such heading" + nearest_id(
                unquote(fragment), (heading.id for heading in goal[1].headings if heading.id)
            )
        return None

    def _by_path(self, doc: Doc, link: Link, path: str) -> tuple[Doc, MarkdownPage] | None:
        for candidate in self._candidates(doc, link, path):
            goal = self._by_file.get((doc.locale.name, candidate))
            if goal:
                return goal
        return None

    def _candidates(self, doc: Doc, link: Link, path: str) -> list[str]:
        """The files that Docusaurus looks for, in its order."""
        if path.startswith("@site/"):
            return [os.path.normpath(self._folder / path.removeprefix("@site/"))]
        beside = (self._folder / link.source).parent
        folders: list[Path] = [beside]
        if not path.startswith(("./", "../")):
            contents = [folder for folder in (doc.version.localized_folder, doc.version.folder) if folder]
            folders = [*([] if path.startswith("/") else [beside]), *contents, self._folder]
        return [os.path.normpath(folder / path.lstrip("/")) for folder in folders]

    def _is_file(self, doc: Doc, link: Link, path: str) -> bool:
        """Whether the link may mean a file of another plugin, such as a blog post."""
        inside = os.path.normpath(doc.version.folder) + os.sep
        return any(
            os.path.isfile(candidate) and not candidate.startswith(inside)  # noqa: PTH113
            for candidate in self._candidates(doc, link, path)
        )

    def _url(self, doc: Doc, path: str) -> str:
        base_url = self._base_urls[doc.locale.name]
        if path.startswith("/"):
            return path if path.startswith(base_url) else normalize_url([base_url, path])
        return urljoin(doc.url, path)

    def _must_be_doc(self, url: str) -> bool:
        """Whether only a doc can have this address; pages of other plugins and static files are unknown."""
        bare = without_slash(url)
        if bare in (self._generated or ()):
            return False
        if posixpath.splitext(bare)[1] or self._is_static(bare):
            return False
        for root in self._roots:
            if root != "/" and (bare == root or bare.startswith(root + "/")):
                rest = bare.removeprefix(root).strip("/").split("/")
                may_be_generated = self._generated is None and rest[0] == "category"
                return rest[0] != _TAGS and not may_be_generated and bare != root
        return False

    def _is_static(self, bare: str) -> bool:
        return any(
            (self._folder / "static" / bare.removeprefix(base.rstrip("/")).lstrip("/")).exists()
            for base in self._base_urls.values()
        )

    def _has_id(self, goal: tuple[Doc, MarkdownPage], fragment: str) -> bool:
        doc, text = goal
        ids = self._ids.setdefault(id(text), frozenset(heading.id for heading in text.headings if heading.id))
        # An id that is written in HTML, in JSX or after an admonition's name is searched in the text.
        name = re.escape(fragment)
        written = rf"""\b(?:id|name)=(?:\{{\s*)?["']?{name}\b|^\s*:::+[^\n]*\{{[^{{}}\n]*\#{name}(?=[\s.}}])"""
        return fragment in ids or fragment == "__docusaurus" or bool(re.search(written, doc.file.body, re.M))
