"""What a build's record says of its book; called by the build and by the plan."""

import subprocess
from pathlib import Path

from indexing.cutting import CutBook
from indexing.pages import Book
from storage.index.records import BuildRecord


def book_facts(cut: CutBook) -> dict[str, str]:
    """What a server must know of the book beside its chunks."""
    facts = {
        "digest": cut.digest,
        "versions": ",".join(sorted({chunk.version for chunk in cut.chunks})),
        **cut.book.site_facts,
    }
    return {name: value for name, value in facts.items() if value}


def different_site(live: BuildRecord, book: Book) -> dict[str, tuple[object, object]]:
    """Setting of the site → (the live build's value, the book's), for those that differ."""
    return {
        name: (live.book.get(name, ""), value)
        for name, value in book.site_facts.items()
        if live.book.get(name, "") != value
    }


def git_commit(folder: Path | None) -> str | None:
    """The commit that the book's folder is at, None where it is no checkout."""
    if folder is None:
        return None
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
