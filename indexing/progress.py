"""The progress and notices that long work reports; the command line shows both."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from indexing.pages import Book


class Progress(Protocol):
    """Receives the progress of long work, stage by stage; the next stage ends the one before it."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a new stage; `total` is its number of steps, if known."""

    def advance(self, steps: int = 1) -> None:
        """Report steps of the stage as done."""


class Notices(Protocol):
    """Receives what a maintainer should know about a rebuild while it runs; the command line prints it."""

    def book_read(self, book: Book) -> None:
        """The book was read; it has the assumptions about its site and the problems of its pages."""

    def editions_not_read(self, locales: Sequence[str], model: str) -> None:
        """The book has editions in languages that the embedding model does not read."""

    def another_book_is_live(self, live: Mapping[str, str], new: Mapping[str, str]) -> None:
        """The live build is of another book, which this one replaces; both are the metadata of a build record."""

    def model_not_exported(self, problem: str) -> None:
        """A model has no ONNX export and runs on torch; `problem` says why."""


class Silent:
    """Progress and notices that show nothing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing."""

    def book_read(self, book: Book) -> None:
        """Say nothing."""

    def editions_not_read(self, locales: Sequence[str], model: str) -> None:
        """Say nothing."""

    def another_book_is_live(self, live: Mapping[str, str], new: Mapping[str, str]) -> None:
        """Say nothing."""

    def model_not_exported(self, problem: str) -> None:
        """Say nothing."""
