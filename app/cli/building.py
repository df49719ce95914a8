"""What the index commands share: the book as it stands, cut for the model of the settings, and the store."""

from dataclasses import dataclass

from app.cli.output import error_console
from app.cli.progress import shown_progress
from engines.embedding import EmbeddingModel, describe_model, index_spec
from engines.settings import EngineSettings
from indexing.book import read_book
from indexing.build import BuildOptions, BuildOutcome, build_index
from indexing.cutting import CutBook, TokenCounter, cut_book
from indexing.pages import Book
from indexing.progress import Progress
from indexing.settings import BookSettings
from storage.index.store import open_store
from storage.index.vector_cache import open_vector_cache
from storage.settings import StorageSettings, read_settings

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Prepared:
    """A book that was read and cut."""

    cut: CutBook
    model: EmbeddingModel


def prepare(progress: Progress, *, count: TokenCounter | None = None) -> Prepared:
    """Read and cut the book of the settings; says what was assumed and what was wrong."""
    model = describe_model(read_settings(EngineSettings))
    progress.stage("Reading the book")
    settings = read_settings(BookSettings)
    book = read_book(settings)
    say_problems(book)
    return Prepared(cut_book(book, model, progress, folder=settings.book_dir, count=count), model)


def run_build(options: BuildOptions, *, quiet: bool) -> BuildOutcome:
    """Build the index of the settings' book."""
    settings = read_settings(StorageSettings)
    with shown_progress(quiet=quiet) as progress:
        prepared = prepare(progress)
        spec = index_spec(prepared.model)
        with open_store(settings) as store, open_vector_cache(settings, spec) as cache:
            return build_index(prepared.cut, prepared.model, store, cache, progress, options)


def say_problems(book: Book) -> None:
    """What was assumed about the site and what was wrong with its pages, on standard error."""
    out = error_console()
    for assumption in book.assumptions:
        out.print(f"assumed: {assumption}", markup=False, highlight=False, style="dim")
    fatal = [problem for problem in book.problems if problem.fatal]
    for problem in [*fatal, *(p for p in book.problems if not p.fatal)][:MOST_SHOWN]:
        place = f"{problem.source}:{problem.line}" if problem.line else problem.source
        label = "left out" if problem.fatal else "warning"
        out.print(f"{label}: {place}: {problem.message}", markup=False, highlight=False, style="yellow")
    if len(book.problems) > MOST_SHOWN:
        out.print(f"… and {len(book.problems) - MOST_SHOWN} more; `bookrag index pages` lists them all", style="yellow")
    if fatal:
        out.print(f"{len(fatal)} pages could not be read and are left out", style="bold yellow")
