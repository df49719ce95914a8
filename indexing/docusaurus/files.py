"""The files of a site: which there are, what each says, and the title in its text.

Every file is read once, however many pages it becomes. A title is looked for as Docusaurus does: in a line at the very
start of the text, which is not parsed as Markdown for it.
"""

import os
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from pathlib import Path

from indexing.docusaurus.frontmatter import (
    FrontMatter,
    FrontMatterError,
    cut_body,
    cut_settings,
    line_of_setting,
    validate,
)
from indexing.docusaurus.globs import FileSet, walk
from indexing.docusaurus.javascript import DOT, SPACE, trim, trim_end
from indexing.docusaurus.site import Docs, Site
from indexing.pages import Problem

_IMPORTS = re.compile(rf"(?:import[{SPACE}](?:{DOT}|\r?\n(?!\r?\n))*(?:\r?\n){{2,}})*")
_ATX = re.compile(rf"#[ \t]+([^ \t]{DOT}*)(?:\r?\n|\Z)")
_SETEXT = re.compile(rf"({DOT}*)\r?\n=+(?:\r?\n|\Z)")
_ID = re.compile(r"\{#*[A-Za-z0-9_-]+\}")
_CODE = re.compile(r"`([^`]*)`")


def content_title(content: str) -> str | None:
    """The title in `content`, which begins after the front matter; None where it does not begin with one."""
    text = trim(content)
    imports = _IMPORTS.match(text)
    text = trim(text[imports.end() :] if imports else text)
    atx = _ATX.match(text)
    if atx:
        return _plain(_without_id(trim(atx[1])))
    setext = _SETEXT.match(text)
    if setext:
        title = trim(setext[1])
        return _plain(trim_end(title.rstrip("=")) if title.endswith("=") else title)
    return None


def _without_id(title: str) -> str:
    """`title` without one `{#id}` or one run of closing signs at its end."""
    if title.endswith("#"):
        return trim_end(title.rstrip("#"))
    start = title.rfind("{")
    return trim_end(title[:start]) if start >= 0 and _ID.fullmatch(title, start) else title


def _plain(title: str) -> str:
    return trim(_CODE.sub(r"\1", title))


MAX_BYTES = 32_000_000  # of one file; longer ones are no pages, and are named


@dataclass(frozen=True, slots=True)
class DocFile:
    """One Markdown file."""

    source: str  # relative to the site's folder
    body: str  # what is rendered
    first_line: int  # of the body, from 1
    front: FrontMatter
    content_title: str | None
    problem: Problem | None = None  # fatal: the file is no page

    @property
    def is_markdown_extension(self) -> bool:
        """Whether `detect` reads it as Markdown and not as MDX."""
        return not self.source.endswith(".mdx")


class SiteFiles:
    """Lists and reads the files of one site; what is wrong with them is collected in `problems`."""

    def __init__(self, site: Site) -> None:
        self.problems: list[Problem] = []
        self._folder = site.folder
        self._boundary = _boundary(site)
        self._files: dict[Path, DocFile | None] = {}
        self._lists: dict[tuple[Path, tuple[str, ...], tuple[str, ...]], tuple[list[str], list[str]]] = {}

    def report(self, source: str, message: str, *, fatal: bool = False, hidden: bool = False) -> None:
        """Adds a problem, once: with `fatal` a page cannot be read, with `hidden` another is shown at its address."""
        problem = Problem(source, 0, message, fatal or hidden, error=fatal)
        if problem not in self.problems:
            self.problems.append(problem)

    def source(self, path: Path) -> str:
        """`path` relative to the site's folder, with `/`."""
        return Path(os.path.relpath(path, self._folder)).as_posix()

    def below(self, folder: Path, docs: Docs) -> tuple[list[str], list[str]]:
        """The paths below `folder` that are published, and the Markdown files that are not."""
        key = (folder, docs.include, docs.exclude)
        if key not in self._lists:
            self._lists[key] = self._list(folder, docs)
        return self._lists[key]

    def _list(self, folder: Path, docs: Docs) -> tuple[list[str], list[str]]:
        files = FileSet(docs.include, docs.exclude, folder)
        taken: list[str] = []
        left: list[str] = []

        def problem(path: str, message: str) -> None:
            self.report(self.source(folder / path), message)

        for path in walk(folder, lambda path: _enters_any(path), problem):
            if files.takes(path) and _entered(files, path):
                taken.append(path)
            elif path.endswith((".md", ".mdx")):
                left.append(path)
        return taken, left

    def read(self, path: Path) -> DocFile | None:
        """The file; None where it cannot be read at all, which is then among the problems."""
        if path not in self._files:
            self._files[path] = self._read(path)
        return self._files[path]

    def text(self, path: Path) -> str | None:
        """The file's text; None where it cannot be read, which is then among the problems."""
        source = self.source(path)
        try:
            real = Path(os.path.realpath(path))
            if not real.is_relative_to(self._boundary):
                self.report(source, "it is a link to a file outside the site, which is not read", fatal=True)
                return None
            if not real.is_file():
                self.report(source, "it is no file, or a link that leads nowhere", fatal=True)
                return None
            if real.stat().st_size > MAX_BYTES:
                self.report(source, f"it is longer than {MAX_BYTES} bytes", fatal=True)
                return None
            content = real.read_bytes()
        except (OSError, ValueError) as exc:
            self.report(source, f"it cannot be read: {getattr(exc, 'strerror', None) or exc}", fatal=True)
            return None
        if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            message = "it is in UTF-16, of which Docusaurus makes an unreadable page: save it in UTF-8"
            self.report(source, message, fatal=True)
            return None
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("utf-8", errors="replace")
            self.report(source, "it is not UTF-8: what cannot be read is shown as \N{REPLACEMENT CHARACTER}")
        return text.removeprefix("\ufeff")

    def _read(self, path: Path) -> DocFile | None:
        text = self.text(path)
        if text is None:
            return None
        source = self.source(path)
        body, first_line = cut_body(text)
        try:
            values, content = cut_settings(text)
            front = validate(values)
        except FrontMatterError as exc:
            problem = Problem(source, line_of_setting(text, exc), str(exc), fatal=True, error=True)
            self.problems.append(problem)
            return DocFile(source, body, first_line, FrontMatter(), None, problem)
        return DocFile(source, body, first_line, front, content_title(content))


def _enters_any(path: str) -> bool:
    """Excluded folders are entered too, to name what is left out; that of git is not."""
    return path.rpartition("/")[2] != ".git"


def _entered(files: FileSet, path: str) -> bool:
    parts = path.split("/")[:-1]
    return all(files.enters("/".join(parts[:count])) for count in range(1, len(parts) + 1))


def _boundary(site: Site) -> Path:
    """The folder that links must not lead out of: the work tree, or what holds the site and its docs."""
    folder = Path(os.path.realpath(site.folder))
    for above in (folder, *folder.parents):
        if (above / ".git").exists():
            return above
    paths = [os.path.realpath(folder / docs.path) for instances in site.docs.values() for docs in instances]
    return Path(os.path.commonpath([folder, *paths]))
