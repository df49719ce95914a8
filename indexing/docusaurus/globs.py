"""Which files `include` and `exclude` globs mean, as globby (fast-glob, micromatch) reads them."""

import os
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import bracex
from wcmatch import glob

_FLAGS = glob.GLOBSTAR | glob.BRACE | glob.EXTGLOB | glob.FORCEUNIX | glob.CASE
_MAGIC = re.compile(r"[*?{}()\[\]!+@]")
MAX_DEPTH = 64  # folders below the docs folder


class FileSet:
    """The files of one folder that `include` takes and `exclude` leaves."""

    def __init__(self, include: Sequence[str], exclude: Sequence[str], root: Path | None = None) -> None:
        left = [_positive(pattern) for pattern in exclude]
        # A negative pattern takes away from what stands before it, and from nothing that stands after it.
        self._include = [
            (
                _compile(_with_content(pattern, root), dot=False),
                [_compile(other[1:], dot=True) for other in include[place:] if other.startswith("!")],
            )
            for place, pattern in enumerate(include)
            if not pattern.startswith("!")
        ]
        self._exclude = [_compile(pattern, dot=True) for pattern in left]
        # A pattern that can only mean a whole folder keeps the walk out of it.
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
        """Whether files of the set may stand below `folder`."""
        if posixpath.basename(folder).startswith(".") and not self._hidden:
            return False
        return not any(match(folder) for match in self._closed)


def _positive(pattern: str) -> str:
    return pattern[1:] if pattern.startswith("!") and not pattern.startswith("!(") else pattern


def _with_content(pattern: str, root: Path | None) -> str:
    """A pattern that names a folder means all that is in it."""
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


def walk(root: Path, enters: Callable[[str], bool], problem: Callable[[str, str], None]) -> Iterator[str]:
    """Every file below `root`, relative to it, in order; links are followed, but not in circles.

    `problem(path, message)` is told what could not be entered.
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
            elif enters(path):
                real = os.path.realpath(entry.path)
                if real in above or len(above) > MAX_DEPTH:
                    problem(path, "the link leads back to a folder above it")
                else:
                    stack.append((path, (*above, real)))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere, or to itself
        return False
