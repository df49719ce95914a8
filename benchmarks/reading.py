"""Reading a book, beside plain CommonMark parsing of the same files: CPU seconds of this process.

`python -m benchmarks.reading [DOCS_FOLDER …]` measures the folders given, else the book that BOOK_DIR names, else the
sample book. Nothing is taken from a cache. Node, which runs the site's config, is another process and is not counted.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from markdown_it import MarkdownIt

from benchmarks.table import Row, print_table
from indexing.read_book import read_book
from indexing.settings import BookSettings
from storage.environment import read_settings

RUNS = 5


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds that `work` takes in this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def parse_plainly(settings: BookSettings) -> None:
    """Parse every Markdown file below the docs folder as CommonMark with tables, and nothing else."""
    parser = MarkdownIt("commonmark").enable("table")
    for pattern in ("*.md", "*.mdx"):
        for path in settings.book_dir.rglob(pattern):
            parser.parse(path.read_text("utf-8", "replace"))


def measure(settings: BookSettings) -> list[Row]:
    """One book's figures; reading and floor in turn, so that a machine that slows down slows both."""
    pages = len(read_book(settings).book.pages)  # the first reading imports what pages need
    readings, floors = [], []
    for _ in range(RUNS):
        readings.append(cpu_seconds(lambda: read_book(settings).book))
        floors.append(cpu_seconds(lambda: parse_plainly(settings)))
    reading, floor = sorted(readings)[RUNS // 2], sorted(floors)[RUNS // 2]
    name = settings.book_dir.absolute().relative_to(settings.book_dir.absolute().parents[1])
    return [
        Row(f"{name}, {pages} pages", f"{reading:.2f} s", f"{floor:.2f} s", "–"),
        Row("  the same as a ratio", f"{reading / floor:.2f}", "1", "no more than before"),
    ]


def main() -> None:
    """Measure each book; print medians."""
    given = read_settings(BookSettings)
    folders = [Path(name) for name in sys.argv[1:]]
    books = [BookSettings(_env_file=None, book_dir=folder) for folder in folders] or [given]
    print_table("Reading a book, CPU seconds", [row for book in books for row in measure(book)])


if __name__ == "__main__":
    main()
