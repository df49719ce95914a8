"""What the index commands share: the book as it stands, cut for the model of the settings, and the store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from app.cli.output import counted, error_console
from app.cli.progress import shown_progress
from engines.embedding.model import EmbeddingModel, describe_model, index_spec, load_embedding
from engines.settings import EngineSettings
from indexing.book import read_whole_book
from indexing.build_metadata import book_metadata, is_another_book
from indexing.checks import Check, addresses_exist, chunks_are_found, count_agrees
from indexing.chunked_book import ChunkedBook, TokenCounter, chunk_book
from indexing.docusaurus.site import Site
from indexing.evaluation_gate import answers_as_well, find_eval_set
from indexing.pages import Book
from indexing.progress import Progress
from indexing.rebuild import BuildOptions, BuildOutcome, build_index
from indexing.settings import BookSettings
from storage.errors import InputError
from storage.settings import StorageSettings, read_settings
from storage.vectors.index_store import IndexStore, open_store
from storage.vectors.page_cache import open_page_cache
from storage.vectors.vector_cache import open_vector_cache

if TYPE_CHECKING:
    from engines.embedding.sentence_embedding import SentenceEmbedding

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Prepared:
    """A book that was read and cut."""

    cut: ChunkedBook
    model: EmbeddingModel
    site: Site

    @property
    def base_url(self) -> str:
        """Where the root of the site's build folder is published."""
        return base_url_of(self.site)


@dataclass(slots=True)
class Known:
    """What a process that prepares the book again and again need not find out again."""

    model: EmbeddingModel
    count: TokenCounter
    site: Site | None = None  # None: read it


def prepare(progress: Progress, known: Known | None = None) -> Prepared:
    """Read and cut the book of the settings; says what was assumed and what was wrong."""
    model = known.model if known else describe_model(read_settings(EngineSettings))
    progress.stage("Reading the book")
    settings = read_settings(BookSettings)
    with open_page_cache(read_settings(StorageSettings)) as cache:
        reading = read_whole_book(settings, cache, known.site if known else None)
        say_problems(reading.book)
        require_pages(reading.book, settings)
        count = known.count if known else None
        cut = chunk_book(reading.book, model, progress, folder=settings.book_dir, count=count, cache=cache)
    return Prepared(cut, model, reading.site)


def require_pages(book: Book, settings: BookSettings) -> None:
    """Raise InputError for a book without a page."""
    if not book.pages:
        raise InputError(f"The book is empty: there is no page that is published in BOOK_DIR {settings.book_dir}.")


def base_url_of(site: Site) -> str:
    """Where the root of the site's build folder is published."""
    return next(locale.base_url for locale in site.locales if locale.name == site.default_locale)


def run_build(options: BuildOptions, *, site: str | None = None, quiet: bool) -> BuildOutcome:
    """Build the index of the settings' book; with `site`, its addresses must all be on that built site."""
    settings = read_settings(StorageSettings)
    read_settings(BookSettings)  # a wrong one is told before a server is asked for the lock
    # The lock comes first: a book that was read before another build could be published over a newer one.
    with shown_progress(quiet=quiet) as progress, open_store(settings) as store, store.lock():
        prepared = prepare(progress)
        spec = index_spec(prepared.model)
        checks: tuple[Check, ...] = (count_agrees, chunks_are_found)
        if site is not None:
            checks += (addresses_exist(site, prepared.base_url),)
        with open_vector_cache(settings, spec) as cache:
            say_other_book(store, prepared.cut)
            load = lru_cache(load_embedding)  # chunks and questions are embedded by one model
            checks += _questions(store, lambda: load(prepared.model))
            return build_index(prepared.cut, prepared.model, store, cache, progress, options, checks, load)


def say_other_book(store: IndexStore, cut: ChunkedBook) -> None:
    """Where the live build is of another book, which a build would replace, say so on standard error."""
    live, facts = store.live(), book_metadata(cut)
    if live is None or not is_another_book(facts, live.book):
        return
    named = [
        ", ".join(book[name] for name in ("title", "site_url", "folder") if book.get(name))
        for book in (live.book, facts)
    ]
    error_console().print(
        f"warning: another book is live in this index ({named[0]}); a build of this one ({named[1]}) takes its place. "
        "To keep both, give each its own DATA_DIR, or its own COLLECTION.",
        markup=False,
        highlight=False,
        style="bold yellow",
    )


def _questions(store: IndexStore, load: "Callable[[], SentenceEmbedding]") -> tuple[Check, ...]:
    """The check by the book's own questions, where it has any."""
    settings = read_settings(BookSettings)
    chosen = find_eval_set(settings)
    if chosen is None:
        return ()

    def embed(questions: Sequence[str]) -> list[list[float]]:
        return load().get_query_embeddings(questions)

    engines = read_settings(EngineSettings)
    return (answers_as_well(chosen, store, embed, engines, tolerance=settings.eval_tolerance),)


@lru_cache(maxsize=1)  # a rebuild on every save would say them every time
def _say_once(assumptions: tuple[str, ...]) -> None:
    for assumption in assumptions:
        error_console().print(f"assumed: {assumption}", markup=False, highlight=False, style="dim")


def say_assumptions(book: Book) -> None:
    """What was assumed about the site, on standard error; nothing where the same was said just before."""
    _say_once(book.assumptions)


def say_problems(book: Book) -> None:
    """What was assumed about the site and what was wrong with its pages, on standard error."""
    out = error_console()
    say_assumptions(book)
    if book.site_url is None:
        out.print(
            "warning: where the book is published is not known, so citations have no origin; set SITE_URL, and "
            "BASE_URL and TRAILING_SLASH where the site has them",
            markup=False,
            highlight=False,
            style="yellow",
        )
    fatal = [problem for problem in book.problems if problem.fatal]
    for problem in [*fatal, *(p for p in book.problems if not p.fatal)][:MOST_SHOWN]:
        place = f"{problem.source}:{problem.line}" if problem.line else problem.source
        label = "left out" if problem.fatal else "warning"
        out.print(f"{label}: {place}: {problem.message}", markup=False, highlight=False, style="yellow")
    if len(book.problems) > MOST_SHOWN:
        out.print(f"… and {len(book.problems) - MOST_SHOWN} more; `bookrag index pages` lists them all", style="yellow")
    if fatal:
        out.print(f"left out, as it could not be read: {counted(len(fatal), 'page')}", style="bold yellow")
