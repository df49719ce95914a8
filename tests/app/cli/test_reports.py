"""What the index commands print of a book: problems in groups, warnings of origins, names inside code spans."""

import pytest

from app.cli.index_plan import code_span
from app.cli.notices import PrintedNotices
from app.cli.problems import MOST_GROUPS, problem_lines
from indexing.pages import Book, Problem
from tests.tables import each_row

MISSING = [
    Problem(f"docs/{n % 105}.md", n, f"@site/static/usage/v9/x{n}/index.md is imported, and there is no such file")
    for n in range(1, 559)
]


def test_problems_of_one_kind_are_one_group_with_its_count() -> None:
    lines = list(problem_lines([*MISSING, Problem("docs/a.md", 3, "`title` must be a string", True)]))
    assert lines[0] == "left out: docs/a.md:3: `title` must be a string"
    assert len(lines) == 5
    assert lines[-1] == "… and 555 more like it: 558 in 105 files; `bookrag index pages --problems` lists each"


def test_a_few_problems_have_a_line_each_and_all_have_one_where_asked_for() -> None:
    assert len(list(problem_lines(MISSING[:4]))) == 4
    assert len(list(problem_lines(MISSING, everything=True))) == 558


def test_many_kinds_are_counted() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    lines = list(problem_lines([Problem("docs/a.md", 1, f"kind {letter}") for letter in letters]))
    assert len(lines) == MOST_GROUPS + 1
    assert f"{len(letters) - MOST_GROUPS} problems of {len(letters) - MOST_GROUPS} other kinds" in lines[-1]


@pytest.mark.parametrize(
    "url",
    [
        *("https://your-docusaurus-site.example.com", "http://localhost:3000", "http://127.0.0.1", "https://[::1]:8"),
        *("http://127.0.1.1:3000", "https://example.com", "https://www.example.org", "https://your-username.github.io"),
        *("https://USERNAME.github.io", "https://yourdomain.com", "http://book.local", "http://0.0.0.0:3000"),
    ],
)
def test_an_origin_that_no_reader_can_open_is_warned_of(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    PrintedNotices().book_read(Book((), site_url=url))
    assert "every citation would be dead" in " ".join(capsys.readouterr().err.split())
    PrintedNotices().book_read(Book((), site_url="https://book.example", locale_urls={"ur": url}))
    assert "every citation would be dead" in " ".join(capsys.readouterr().err.split())
    for published in ("https://localhost.example.org", "https://book.example", "https://ada.github.io"):
        PrintedNotices().book_read(Book((), site_url=published))
    assert capsys.readouterr().err == ""


def test_while_watching_a_problem_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    notices = PrintedNotices(only_new=True)
    old, new = Problem("docs/a.md", 100, "old"), Problem("docs/b.md", 2, "new")
    notices.book_read(Book((), problems=(old,)))
    first = capsys.readouterr().err
    notices.book_read(Book((), problems=(old, new)))
    second = capsys.readouterr().err
    assert "docs/a.md:100: old" in first
    assert "SITE_URL" in first
    assert second == "warning: docs/b.md:2: new\n"


@each_row(
    ("text", "span"),
    [
        ("/docs/a", "`/docs/a`"),
        ("/docs/a`b", "``/docs/a`b``"),
        ("`a` @everyone", "`` `a` @everyone ``"),
        ("a\n\n<img src=x>", "`a  <img src=x>`"),
        ("a``b", "```a``b```"),
        ("", "(nothing)"),
    ],
)
def test_what_the_book_calls_its_pages_cannot_leave_a_code_span(text: str, span: str) -> None:
    assert code_span(text) == span
