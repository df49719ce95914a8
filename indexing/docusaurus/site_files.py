"""The files of a site: which exist, their content, and the title in their text.

Every file is read once, however many pages it becomes. A title is searched as Docusaurus does: in a line at the very
start of the text, which is not parsed as Markdown for this. `include` and `exclude` have the syntax of globby
(fast-glob, micromatch).
"""

import os
import posixpath
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bracex
from wcmatch import glob

from indexing.docusaurus.frontmatter import (
    FrontMatter,
    FrontMatterError,
    cut_body,
    cut_settings,
    line_of_setting,
    validate,
)
from indexing.docusaurus.javascript_text import DOT, SPACE, trim, trim_end
from indexing.docusaurus.site import ChangedPage, Docs, Site
from indexing.pages import Problem

_IMPORTS = re.compile(rf"(?:import[{SPACE}](?:{DOT}|\r?\n(?!\r?\n))*(?:\r?\n){{2,}})*")
_ATX = re.compile(rf"#[ \t]+([^ \t]{DOT}*)(?:\r?\n|\Z)")
_SETEXT = re.compile(rf"({DOT}*)\r?\n=+(?:\r?\n|\Z)")
_ID = re.compile(r"\{#*[A-Za-z0-9_-]+\}")
_CODE = re.compile(r"`([^`]*)`")
MAX_BYTES = 32_000_000  # of one file; longer files are not pages, and are reported
_FLAGS = glob.GLOBSTAR | glob.BRACE | glob.EXTGLOB | glob.FORCEUNIX | glob.CASE
_MAGIC = re.compile(r"[*?{}()\[\]!+@]")
MAX_DEPTH = 64  # folders below the docs folder


def content_title(content: str) -> str | None:
    """The title in `content`, which begins after the front matter; None if it does not begin with one."""
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
    """`title` without a trailing `{#id}` or a run of closing `#`."""
    if title.endswith("#"):
        return trim_end(title.rstrip("#"))
    start = title.rfind("{")
    return trim_end(title[:start]) if start >= 0 and _ID.fullmatch(title, start) else title


def _plain(title: str) -> str:
    return trim(_CODE.sub(r"\1", title))


@dataclass(frozen=True, slots=True)
class DocFile:
    """One Markdown file."""

    source: str  # relative to the site's folder
    body: str  # what is rendered
    first_line: int  # of the body, from 1
    front: FrontMatter
    content_title: str | None
    problem: Problem | None = None  # fatal: the file is not a page

    @property
    def is_markdown_extension(self) -> bool:
        """Whether `detect` reads the file as Markdown and not as MDX."""
        return not self.source.endswith(".mdx")


class SiteFiles:
    """Lists and reads the files of one site; their errors are collected in `problems`."""

    def __init__(self, site: Site) -> None:
        self.problems: list[Problem] = []
        self._folder = site.folder
        self._boundary = _boundary(site)
        self._changed = site.changed_pages or {}
        self._files: dict[Path, DocFile | None] = {}
        self._lists: dict[tuple[Path, tuple[str, ...], tuple[str, ...]], tuple[list[str], list[str]]] = {}

    def report(self, source: str, message: str, *, fatal: bool = False, hidden: bool = False) -> None:
        """Add a problem, once. `fatal`: the page cannot be read; `hidden`: another page is shown at its address."""
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

        # Excluded folders are walked as well, so that their files can be listed.
        for path in walk(folder, problem=problem):
            if files.takes(path) and _entered(files, path):
                taken.append(path)
            elif path.endswith((".md", ".mdx")):
                left.append(path)
        return taken, left

    def read(self, path: Path) -> DocFile | None:
        """The file; None if it cannot be read, which is added to the problems."""
        if path not in self._files:
            self._files[path] = self._read(path)
        return self._files[path]

    def text(self, path: Path) -> str | None:
        """The file's text; None if it cannot be read, which is added to the problems."""
        source = self.source(path)
        try:
            real = Path(os.path.realpath(path))
            if not real.is_relative_to(self._boundary):
                self.report(source, "it is a link to a file outside the site, which is not read", fatal=True)
                return None
            if not real.is_file():
                self.report(source, "it is not a file, or a broken link", fatal=True)
                return None
            if real.stat().st_size > MAX_BYTES:
                self.report(source, f"it is longer than {MAX_BYTES} bytes", fatal=True)
                return None
            content = real.read_bytes()
        except (OSError, ValueError) as exc:
            self.report(source, f"it cannot be read: {getattr(exc, 'strerror', None) or exc}", fatal=True)
            return None
        if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            message = "it is in UTF-16, which Docusaurus shows as an unreadable page: save it as UTF-8"
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
        changed = self._changed.get(os.path.realpath(path)) if self._changed else None
        body, first_line = cut_body(changed.text if changed else text)
        try:
            values, content = _settings(text, changed)
            front = validate(values)
        except FrontMatterError as exc:
            problem = Problem(source, line_of_setting(text, exc), str(exc), fatal=True, error=True)
            self.problems.append(problem)
            return DocFile(source, body, first_line, FrontMatter(), None, problem)
        return DocFile(source, body, first_line, front, content_title(content))


def _settings(text: str, changed: ChangedPage | None) -> tuple[dict[str, Any], str]:
    """The front matter of a file, and the text in which its title is searched; raises FrontMatterError."""
    if changed is not None and changed.error:
        raise FrontMatterError(changed.error)
    if changed is None or changed.front_matter is None or changed.content is None:
        return cut_settings(text)
    return changed.front_matter, changed.content


def _entered(files: "FileSet", path: str) -> bool:
    parts = path.split("/")[:-1]
    return all(files.enters("/".join(parts[:count])) for count in range(1, len(parts) + 1))


def _boundary(site: Site) -> Path:
    """The folder that symbolic links must stay in: the work tree, or the common parent of the site and its docs."""
    folder = Path(os.path.realpath(site.folder))
    for above in (folder, *folder.parents):
        if (above / ".git").exists():
            return above
    paths = [os.path.realpath(folder / docs.path) for instances in site.docs.values() for docs in instances]
    return Path(os.path.commonpath([folder, *paths]))


class FileSet:
    """The files of one folder that match `include` and not `exclude`."""

    def __init__(self, include: Sequence[str], exclude: Sequence[str], root: Path | None = None) -> None:
        left = [_positive(pattern) for pattern in exclude]
        # A negative pattern removes from the patterns before it, not from those after it.
        self._include = [
            (
                _compile(_with_content(pattern, root), dot=False),
                [_compile(other[1:], dot=True) for other in include[place:] if other.startswith("!")],
            )
            for place, pattern in enumerate(include)
            if not pattern.startswith("!")
        ]
        self._exclude = [_compile(pattern, dot=True) for pattern in left]
        # A pattern that can only mean a whole folder excludes it from the walk.
        self._closed = [
            _compile(part, dot=True)
            for pattern in left
            for part in bracex.iexpand(pattern, keep_escapes=True)
            if part.endswith("/**") or not _MAGIC.search(posixpath.basename(part))
        ]
        self._hidden = any(re.search(r"(?:^|/)\.\w", pattern) for pattern in include)

    def takes(self, path: str) -> bool:
        """Whether the file `path`, relative to the folder and with `/`, is one of the set."""
        taken = any(match(path) and not any(other(path) for other in less) for match, less in self._include)
        return taken and not any(match(path) for match in self._exclude)

    def enters(self, folder: str) -> bool:
        """Whether `folder` may contain files of the set."""
        if posixpath.basename(folder).startswith(".") and not self._hidden:
            return False
        return not any(match(folder) for match in self._closed)


def _positive(pattern: str) -> str:
    return pattern[1:] if pattern.startswith("!") and not pattern.startswith("!(") else pattern


def _with_content(pattern: str, root: Path | None) -> str:
    """The pattern; one that names a folder is made to match everything in it."""
    if root is not None and not _MAGIC.search(pattern) and (root / pattern).is_dir():
        return pattern.rstrip("/") + "/**"
    return pattern


def _compile(pattern: str, *, dot: bool) -> Callable[[str], bool]:
    """A function that tells whether a path matches; `x/**` matches `x` too, as in micromatch."""
    flags = _FLAGS | (glob.DOTGLOB if dot else 0)
    patterns = [re.sub(r"^\*\*(?=[^/*])", "**/*", pattern.removeprefix("./"))]
    if patterns[0].endswith("/**"):
        patterns.append(patterns[0].removesuffix("/**"))
    try:
        regexes = [re.compile(part) for part in glob.translate(patterns, flags=flags)[0]]
    except (ValueError, re.error):  # a pattern that micromatch would take as plain text
        return lambda path: path == pattern
    return lambda path: any(regex.match(path) for regex in regexes)


def walk(
    root: Path,
    *,
    skipped: Collection[str] = (".git",),
    problem: Callable[[str, str], None] = lambda path, message: None,
) -> Iterator[str]:
    """Every file below `root`, relative to it, in order; links are followed, but not in circles.

    Folders with a name in `skipped` are not entered. `problem` is called for others that could not be entered.
    """
    stack: list[tuple[str, tuple[str, ...]]] = [("", (os.path.realpath(root),))]
    while stack:
        folder, above = stack.pop()
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError as exc:
            problem(folder, f"the folder cannot be read: {exc.strerror}")
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not _is_folder(entry):
                yield path
            elif entry.name not in skipped:
                real = os.path.realpath(entry.path)
                if real in above or len(above) > MAX_DEPTH:
                    problem(path, "the link leads back to a folder above it")
                else:
                    stack.append((path, (*above, real)))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a broken link, or one to itself
        return False
