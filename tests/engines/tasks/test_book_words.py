"""Words for a book's own parts that are terms of its subject as well: which of the two a message means."""

import pytest

from engines.tasks.book_words import asks_for_a_thing, is_of_a_heading, is_term
from tests.tables import each_row

ROS = (
    "Topics & Messages",
    "List Active Topics",
    "Key topics",
    "Chapter 1: Basics",
    "Chapter 2: Nodes",
    "Chapter Summary",
    "Learning objectives of the chapter",
)
ROS_CHAPTERS = ("Introduction", "Chapter 1: Basics", "Chapter 2: Nodes")
PYTHON = ("Importing Modules", "Writing a Module", "Module Search Path", "Built-in functions")
JEST = ("Manual Mocks", "Testing Web Frameworks", "Module Mocks", "Mocking Node modules", "ES6 Class Mocks")
IONIC = ("Page Life Cycle", "Building a Page", "Component Playground", "UI Components", "Key topics")
PLAIN = ("Topics covered", "Related topics", "Module 1: Statics", "Module 2: Walking", "In this module", "Balance")
PLAIN_CHAPTERS = ("Module 1: Statics", "Module 2: Walking")


@each_row(
    "message",
    [
        "list topics",
        "list all topics",
        "how do I list the topics",
        "which topics are there",
        "show me all topics",
        "give me an overview of topics",
        "give me 5 quiz questions about topics",
        "Wie liste ich alle Topics auf?",
        "lista los topics",
        "topics ki list do",
    ],
)
def test_a_word_that_the_book_uses_as_a_term_asks_for_the_thing(message: str) -> None:
    assert asks_for_a_thing(message, ROS, ROS_CHAPTERS)
    assert not asks_for_a_thing(message, PLAIN, PLAIN_CHAPTERS)


@each_row(
    ("message", "headings"),
    [
        ("list all modules", PYTHON),
        ("which modules are there?", JEST),
        ("welche Module gibt es?", PYTHON),
        ("show me all pages", IONIC),
        ("list the components", IONIC),
    ],
)
def test_other_books_have_other_terms(message: str, headings: tuple[str, ...]) -> None:
    assert asks_for_a_thing(message, headings, ("Guides", "Reference"))


@each_row(
    "message",
    [
        "list all chapters",
        "what topics does this book cover?",
        "which topics are covered?",
        "list the topics of the book",
        "which topics are there in these docs?",
        "table of contents",
        "welche Themen behandelt das Buch?",
        "qué temas trata el libro",
    ],
)
def test_a_question_about_the_book_is_one_whatever_its_headings_are(message: str) -> None:
    assert not asks_for_a_thing(message, ROS, ROS_CHAPTERS)


@pytest.mark.parametrize("message", ["list all chapters", "welche Kapitel gibt es?", "qué capítulos hay"])
def test_chapters_are_always_the_books_own(message: str) -> None:
    assert not asks_for_a_thing(message, ("How chapters hang together", "A chapter a week", *ROS), ("Start", "Walking"))


@pytest.mark.parametrize("message", ["which modules are there?", "list all modules", "welche Module gibt es?"])
def test_a_word_that_numbers_the_chapters_is_the_books_own(message: str) -> None:
    assert not asks_for_a_thing(message, (*PYTHON, *PLAIN), PLAIN_CHAPTERS)


def test_a_word_of_several_headings_is_a_term_of_the_book() -> None:
    assert is_term("test", ["test(name, fn)", "Test environment", "Mocks"])
    assert not is_term("test", ["Test your knowledge", "Nodes"])


HEADINGS = ("Helper & Error Text", "Page Transitions", "Key Points", "Summary", "Chapter 2", "ion-content", "Test me")


@each_row(
    ("text", "whole", "expected"),
    [
        ("helper text", False, True),
        ("Helper texts?", False, True),
        ("page transitions", False, True),
        ("page transitions", True, True),
        ("helper text", True, False),
        ("test me", True, True),
        ("key points", False, False),
        ("key points", True, False),
        ("summary", False, False),
        ("chapter 2", False, False),
        ("content", False, False),
        ("which page has the helper text of an input", False, False),
        ("this page", False, False),
    ],
)
def test_bare_words_of_a_heading_name_it(text: str, expected: bool, *, whole: bool) -> None:
    assert is_of_a_heading(text, HEADINGS, whole=whole) is expected
