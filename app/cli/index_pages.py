"""`bookrag index pages` and `bookrag index check-links`: the book's addresses, and whether they exist."""

from collections import Counter
from dataclasses import asdict

from rich.table import Table

from app.cli.notices import PrintedNotices
from app.cli.output import console, counted, error_console, print_json
from app.cli.problems import problem_json
from indexing.link_check import DeadLink, dead_internal_links
from indexing.pages import Book, Page
from indexing.read_book import Reading, read_book, require_pages
from indexing.settings import BookSettings
from indexing.site_check import SiteCheck, check_site
from storage.environment import read_settings


def print_pages(*, as_json: bool, all_problems: bool) -> bool:
    """Print every published page, with `as_json` one JSON object a line.

    Returns whether their addresses are known and Docusaurus can build every page.
    """
    notices = PrintedNotices(all_problems=all_problems)
    book = _read_published(notices).book
    if as_json:
        for page in book.pages:
            print_json(_page_json(page, book.locale_urls.get(page.locale, book.site_url)))
    else:
        _print_table(book)
    notices.book_read(book)
    return not book.unsure and not any(problem.error for problem in book.problems)


def print_link_check(site: str | None, *, as_json: bool, all_problems: bool) -> bool:
    """Check the book's own links, and its addresses against `site` if given; returns whether none is dead."""
    notices = PrintedNotices(all_problems=all_problems)
    reading = _read_published(notices)
    links = dead_internal_links(reading)
    check = None
    if site is not None:
        book, base_url = reading.book, reading.site.base_url
        check = check_site(book.pages, site, base_url=base_url, site_url=book.site_url, locale_urls=book.locale_urls)
    if as_json:
        print_json(_check_json(reading.book, links, check))
    else:
        _print_check(reading.book, links, check)
    notices.book_read(reading.book)
    return not links and not (check and check.dead) and not reading.book.unsure


def _read_published(notices: PrintedNotices) -> Reading:
    """Read the book and print its problems; raises InputError if it has no page."""
    settings = read_settings(BookSettings)
    reading = read_book(settings)
    if not reading.book.pages:
        notices.book_read(reading.book)
        require_pages(reading.book, settings)
    return reading


def _page_json(page: Page, origin: str | None) -> dict[str, object]:
    return {
        "source": page.source,
        "url": page.url,
        "title": page.title,
        "locale": page.locale,
        "version": page.version,
        "origin": origin,
        "headings": [
            {"level": h.level, "text": h.text, "id": h.id} | ({} if h.rendered else {"rendered": False})
            for h in page.headings
        ],
    }


def _print_table(book: Book) -> None:
    table = Table("address", "title", "language", "version", "headings", box=None)
    for page in book.pages:
        address = book.locale_urls.get(page.locale, "") + page.url
        table.add_row(address, page.title, page.locale, page.version, str(len(page.headings)))
    console().print(table)
    count = Counter((page.locale, page.version) for page in book.pages)
    parts = ", ".join(f"{number} in {locale}/{version}" for (locale, version), number in count.items())
    error_console().print(
        f"{counted(len(book.pages), 'page')}: {parts}; {counted(len(book.drafts), 'draft')}, "
        f"{len(book.excluded)} excluded"
    )


def _check_json(book: Book, links: list[DeadLink], check: SiteCheck | None) -> dict[str, object]:
    answer: dict[str, object] = {
        "dead_links": [asdict(link) for link in links],
        "problems": [problem_json(problem) for problem in book.problems],
    }
    if check:
        answer |= {
            "pages": check.pages,
            "headings": check.headings,
            "dead": [asdict(dead) for dead in check.dead],
        }
    return answer


def _print_check(book: Book, links: list[DeadLink], check: SiteCheck | None) -> None:
    out = console()
    for link in links:
        out.print(f"{link.source}:{link.line}: {link.target}: {link.reason}")
    for dead in check.dead if check else ():
        out.print(f"{dead.url}: {dead.reason} ({dead.source})")
    summary = f"{counted(len(book.pages), 'page')}, {counted(len(links), 'dead link')} between them"
    if check:
        compared = f"{counted(check.pages, 'page')} and {counted(check.headings, 'heading')}"
        summary += f"; {compared} compared, {len(check.dead)} dead"
    error_console().print(summary)
