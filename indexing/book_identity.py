"""Identifies the book of a build's record, and tells whether two builds are of one book; for build and plan."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from indexing.chunking import ChunkedBook
from indexing.pages import Book
from storage.vectors.build_record import BuildRecord

COMMIT_UNKNOWN = "commit_unknown"
"""In a build's record of its book: why the book's commit is not known."""


def book_metadata(cut: ChunkedBook) -> dict[str, str]:
    """What a server needs besides the chunks, and what distinguishes one book from another."""
    facts = {
        "title": cut.book.title or "",
        "copyright": cut.book.copyright or "",
        "folder": _folder_name(cut.folder),
        "digest": cut.digest,
        "versions": ",".join(sorted({chunk.version for chunk in cut.chunks})),
        COMMIT_UNKNOWN: git_commit(cut.folder)[1],
        **cut.book.site_facts,
    }
    return {name: value for name, value in facts.items() if value}


def different_site(live: BuildRecord, book: Book) -> dict[str, tuple[object, object]]:
    """The site's settings that differ: name → (the live build's value, the book's value)."""
    return {
        name: (live.book.get(name, ""), value)
        for name, value in book.site_facts.items()
        if live.book.get(name, "") != value
    }


def book_name(facts: Mapping[str, str]) -> str:
    """The book's name for people: its title, folder or address, the first that the record has; "" if it has none."""
    return facts.get("title") or facts.get("folder") or facts.get("site_url") or ""


def is_another_book(mine: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two builds are of different books, as far as is known: a book may move or change its title.

    Builds of the same folder are of the same book. Otherwise title and address decide, and without these the folders.
    """
    if mine.get("folder") and mine.get("folder") == other.get("folder"):
        return False
    known = {name for name in ("title", "site_url", "folder") if mine.get(name) and other.get(name)}
    telling = known - {"folder"} if "title" in known else known
    return any(mine[name] != other[name] for name in telling)


def _folder_name(folder: Path | None) -> str:
    """The book's folder, relative to its checkout if it is in one, so that every checkout gives the same name."""
    if folder is None:
        return ""
    path = Path(os.path.realpath(folder))
    checkout = next((above for above in (path, *path.parents) if (above / ".git").exists()), None)
    return str(path if checkout is None else path.relative_to(checkout.parent))


def git_commit(folder: Path | None) -> tuple[str | None, str]:
    """The commit of the book's folder and ""; or None, and why it is unknown."""
    if folder is None:
        return None, "the book has no folder"
    command = ["git", "-C", str(folder), "rev-parse", "--verify", "HEAD"]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            env={**os.environ, "LC_ALL": "C"},  # its messages are compared below
        )
    except FileNotFoundError:
        return None, "git is not installed"
    except (OSError, subprocess.TimeoutExpired) as exc:
        return None, f"git cannot be run ({type(exc).__name__})"
    if done.returncode == 0 and done.stdout.strip():
        return done.stdout.strip(), ""
    said = done.stderr.lower()
    if "dubious ownership" in said:
        return None, "git does not trust the folder, because another user owns it (git config --global safe.directory)"
    if "not a git repository" in said:
        return None, "the book is not in a git checkout"
    return None, "the repository has no commit"
