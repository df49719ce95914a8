"""What the index commands print on standard error about the book: assumptions, problems and warnings."""

from collections.abc import Mapping, Sequence

from app.cli.output import counted, error_console
from app.cli.problems import problem_lines
from indexing.docusaurus.config import unpublished_origin
from indexing.pages import Book, Problem


class PrintedNotices:
    """The notices of a rebuild, printed."""

    def __init__(self, *, all_problems: bool = False, only_new: bool = False) -> None:
        """With `all_problems`, each problem has its own line; otherwise problems of one kind are grouped.

        With `only_new`, what was already printed for the book is not printed again.
        """
        self._all_problems = all_problems
        self._only_new = only_new
        self._suggested_model = False
        self._assumed: tuple[str, ...] = ()
        self._printed: frozenset[Problem] | None = None

    def book_read(self, book: Book) -> None:
        """Print what was assumed about the site, what is unknown, and the problems of its pages."""
        self._print_assumptions(book)
        out = error_console()
        for reason in book.unsure:
            out.print(f"not known: {reason}", style="bold yellow")
        known = self._printed if self._only_new else None
        self._printed = frozenset(book.problems)
        if known is None:
            self._warn_of_origins(book)
        problems = [problem for problem in book.problems if known is None or problem not in known]
        for line in problem_lines(problems, everything=self._all_problems):
            out.print(line, style="yellow")
        lost = {problem.source for problem in problems if problem.is_lost_page}
        if lost:
            out.print(f"left out, because it could not be read: {counted(len(lost), 'file')}", style="bold yellow")

    def _print_assumptions(self, book: Book) -> None:
        """Print what was assumed about the site, unless it was printed before: --watch reads the book at every save."""
        assumed = tuple(note for note in book.assumptions if note not in book.unsure)
        if assumed != self._assumed:
            self._assumed = assumed
            for assumption in assumed:
                error_console().print(f"assumed: {assumption}", style="dim")

    def _warn_of_origins(self, book: Book) -> None:
        out = error_console()
        for url in dict.fromkeys((*filter(None, [book.site_url]), *book.locale_urls.values())):
            if unpublished_origin(url):
                out.print(
                    f"warning: the site's url is {url}, which no reader can open: every citation would be dead; set "
                    "`url` in the site's config, or SITE_URL",
                    style="bold yellow",
                )
        if book.locale_urls:
            origins = ",".join(dict.fromkeys(filter(None, [book.site_url, *book.locale_urls.values()])))
            out.print(
                f"languages of this site have origins of their own; a chat on their pages needs all of them in the "
                f"server's settings: CORS_ORIGINS={origins}",
            )
        if book.site_url is None:
            out.print(
                "warning: the address at which the book is published is not known, so citations have no origin; set "
                "SITE_URL, and BASE_URL and TRAILING_SLASH if the site has them",
                style="yellow",
            )

    def editions_not_read(self, locales: Sequence[str], model: str) -> None:
        """Suggest a multilingual model, once."""
        if self._suggested_model:
            return
        self._suggested_model = True
        error_console().print(
            f"note: {model} reads English alone, and the book has editions in other languages ({', '.join(locales)}): "
            "they are found by their words and through the English text. A multilingual model finds them by their "
            "meaning, EMBED_MODEL=intfloat/multilingual-e5-small for one (docs/models.md).",
            style="yellow",
        )

    def another_book_is_live(self, live: Mapping[str, str], new: Mapping[str, str]) -> None:
        """Warn that a build replaces the index of another book."""
        named = [
            ", ".join(book[name] for name in ("title", "site_url", "folder") if book.get(name)) for book in (live, new)
        ]
        error_console().print(
            f"warning: another book is live in this index ({named[0]}); a build of this one ({named[1]}) replaces it. "
            "To keep both, give each its own DATA_DIR, or its own COLLECTION.",
            style="bold yellow",
        )

    def model_not_exported(self, problem: str) -> None:
        """Warn that a model runs on torch."""
        error_console().print(f"warning: {problem}", style="bold yellow")
