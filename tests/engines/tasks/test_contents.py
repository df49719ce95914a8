"""Chapters are found by their number and their name, pages by their place."""

import time

from engines.tasks.contents import Contents, number_of
from tests.tables import each_row


def row(title: str, *pages: str, locale: str = "en", latest: bool = True) -> dict[str, object]:
    entries = [{"title": page.title(), "url": f"/docs/{title.lower().replace(' ', '-')}/{page}"} for page in pages]
    return {"locale": locale, "version": "current", "latest": latest, "title": title, "pages": entries}


BOOK = Contents.of(
    [
        row("Welcome", "intro"),
        row("Foundations", "frames", "anatomy"),
        row("ROS 2", "nodes", "topics"),
        row("Simulation and Gazebo", "physics", "gazebo"),
        row("چلنا", "gait", locale="ur"),
        row("Old", "old", latest=False),
    ],
    locale="en",
    version=None,
)
NUMBERED = Contents.of(
    [row("Module 1 Basics", "a", "b"), row("Module 2 Twins", "c"), row("Glossary", "g")], locale="en", version=None
)


def test_the_pages_of_a_folder_are_those_beside_a_page_or_below_its_own_page() -> None:
    entries = [{"title": each, "url": f"/docs/{each}"} for each in ("app", "app/one", "app/two", "other/three")]
    chapter = {"locale": "en", "version": "current", "latest": True, "title": "App", "pages": entries}
    contents = Contents.of([chapter], locale="en", version=None)
    for url in ("/docs/app", "/docs/app/", "/docs/app/two"):
        assert [page.title for page in contents.beside_in_folder(url)] == ["app/one", "app/two"]


@each_row(
    ("text", "title"),
    [
        ("What are the topics of a robot?", "Topics"),
        ("how does Gazebo treat contacts", "Gazebo"),
        ("what is the anatomy", "Anatomy"),
        ("und die Frames?", "Frames"),
        ("What is a subtopic?", None),
    ],
)
def test_a_page_is_found_by_its_title_in_a_question(text: str, title: str | None) -> None:
    found = BOOK.page_in(text)
    assert (found.title if found else None) == title


@each_row(
    ("name", "title"),
    [
        ("2", "ROS 2"),
        ("two", "ROS 2"),
        ("first", "Foundations"),
        ("1st", "Foundations"),
        ("zweite", "ROS 2"),
        ("deuxième", "ROS 2"),
        ("teesra", "Simulation and Gazebo"),
        ("last", "Simulation and Gazebo"),
        ("ros 2", "ROS 2"),
        ("simulation", "Simulation and Gazebo"),
        ("simualtion", "Simulation and Gazebo"),
        ("foundatons", "Foundations"),
        ("Gazebo", "Gazebo"),
        ("physics", "Physics"),
    ],
)
def test_a_chapter_is_found_by_number_or_name(name: str, title: str) -> None:
    found = BOOK.named(name)
    assert found is not None
    assert found.title == title


@each_row("name", ["9", "0", "quantum gravity", "warehouse", "", "previous"])
def test_what_the_book_does_not_have_is_not_found(name: str) -> None:
    assert BOOK.named(name) is None


def test_a_book_that_numbers_its_chapters_is_asked_by_its_own_numbers() -> None:
    found = NUMBERED.named("2")
    assert found is not None
    assert found.title == "Module 2 Twins"
    assert NUMBERED.named("3") is None


def test_a_page_has_a_chapter_and_pages_around_it() -> None:
    url = "/docs/ros-2/nodes/"
    chapter = BOOK.chapter_of(url)
    assert chapter is not None
    assert chapter.title == "ROS 2"
    before, after = BOOK.around(url)
    assert [page.title for page in before] == ["Intro", "Frames", "Anatomy"]
    assert after[0].title == "Topics"
    assert BOOK.around("/elsewhere") == ((), ())


TWO_WORDS = Contents.of(
    [
        row("Chapter 1: Basics", "a", "b"),
        row("Chapter 3: The Brain", "c", "d"),
        row("Chapter 4: Language", "e"),
        row("Module 2: Twins", "f", "g"),
    ],
    locale="en",
    version=None,
)
PAGES = Contents.of(
    [row("Module 1", "chapter 1 nodes", "chapter 2 topics", "chapter 3 services"), row("Module 2", "end")],
    locale="en",
    version=None,
)


@each_row(
    ("contents", "word", "name", "title"),
    [
        (TWO_WORDS, "chapter", "3", "Chapter 3: The Brain"),
        (TWO_WORDS, "chapter", "2", "Module 2: Twins"),
        (TWO_WORDS, "Kapitel", "3", "Chapter 3: The Brain"),
        (PAGES, "chapter", "2", "Chapter 2 Topics"),
        (PAGES, "ch", "two", "Chapter 2 Topics"),
        (PAGES, "module", "2", "Module 2"),
        (PAGES, "", "2", "Module 2"),
    ],
)
def test_the_word_before_the_number_tells_which_title_is_meant(
    contents: Contents, word: str, name: str, title: str
) -> None:
    found = contents.named(name, word)
    assert found is not None
    assert found.title == title


@each_row(
    ("contents", "word", "name", "step", "title"),
    [
        (TWO_WORDS, "chapter", "2", 1, "Chapter 3: The Brain"),
        (TWO_WORDS, "chapter", "1", 1, "Module 2: Twins"),
        (TWO_WORDS, "chapter", "3", 1, "Chapter 4: Language"),
        (TWO_WORDS, "chapter", "3", -1, "Module 2: Twins"),
        (TWO_WORDS, "module", "2", -1, "Chapter 1: Basics"),
        (PAGES, "chapter", "2", 1, "Chapter 3 Services"),
        (PAGES, "module", "1", 1, "Module 2"),
        (BOOK, "chapter", "2", 1, "Simulation and Gazebo"),
        (NUMBERED, "module", "2", 1, "Glossary"),
    ],
)
def test_what_comes_beside_a_chapter_is_told_by_the_numbers_in_titles(
    contents: Contents, word: str, name: str, step: int, title: str
) -> None:
    chapter = contents.named(name, word)
    assert chapter is not None
    beside = contents.beside(chapter, step)
    assert beside is not None
    assert beside.title == title


def test_nothing_comes_after_is_said_of_the_last_one_by_list_and_numbers_alone() -> None:
    last = TWO_WORDS.chapters[-1]
    assert not TWO_WORDS.is_at_the_end(last, 1)
    highest = TWO_WORDS.chapters[2]
    assert TWO_WORDS.beside(highest, 1) is None
    assert not TWO_WORDS.is_at_the_end(highest, 1)
    assert BOOK.is_at_the_end(BOOK.chapters[-1], 1)
    assert BOOK.is_at_the_end(BOOK.chapters[0], -1)


def chapters(*titles: str) -> Contents:
    """A book of one part with these pages."""
    pages = [{"title": title, "url": f"/docs/part-1/{number}"} for number, title in enumerate(titles)]
    return Contents.of([row("Part 1", "x") | {"pages": pages}], locale="en", version=None)


def test_chapters_are_read_in_the_order_of_their_numbers_wherever_the_sidebar_has_them() -> None:
    book = chapters("Welcome", "Chapter 3: Arms", "Notes", "Chapter 1: Legs", "Chapter 2: Walking")
    titles = [page.title for page in book.pages]
    assert titles == ["Welcome", "Chapter 1: Legs", "Notes", "Chapter 2: Walking", "Chapter 3: Arms"]
    before, after = book.around("/docs/part-1/4")
    assert (before[-1].title, after[0].title) == ("Notes", "Chapter 3: Arms")


def test_chapters_that_begin_anew_in_each_module_stay_where_they_are() -> None:
    titles = ["Chapter 1: Nodes", "Chapter 2: Topics", "Chapter 1: Worlds", "Chapter 2: Sensors"]
    assert [page.title for page in chapters(*titles).pages] == titles


@each_row(
    ("title", "url", "word", "is_one"),
    [
        ("Chapter 2: Walking", "/docs/part-1/2", "", True),
        ("Chapter 2: Walking", "/docs/part-1/2", "chapter", True),
        ("Chapter 2: Walking", "/docs/part-1/2", "kapitel", True),
        ("باب 2: چلنا", "/ur/docs/part-1/2", "باب", True),
        ("Walking", "/docs/part-1/chapter-2-walking", "chapter", True),
        ("Chapter 2: Walking", "/docs/part-1/2", "part", False),
        ("Walking", "/docs/part-1/walking", "chapter", False),
        ("Part 1: Overview", "/docs/part-1/overview", "part", False),
    ],
)
def test_a_page_is_a_chapter_of_its_own_where_it_is_numbered_as_one(
    title: str, url: str, word: str, *, is_one: bool
) -> None:
    pages = [{"title": title, "url": url}, {"title": "Other", "url": "/docs/part-1/other"}]
    book = Contents.of([row("Part 1", "x") | {"pages": pages}], locale="en", version=None)
    assert book.is_chapter(url, word) is is_one


MIXED = Contents.of(
    [
        row("Welcome", "intro"),
        row("Chapter 1 Nodes", "a", "b"),
        row("Module 2 Twins", "c", "d"),
        row("Chapter 3 Arms", "e"),
    ],
    locale="en",
    version=None,
)
PAGES_ARE_CHAPTERS = Contents.of(
    [row("Part 1", "chapter 1 legs", "chapter 2 walking"), row("Part 2", "chapter 3 arms", "glossary")],
    locale="en",
    version=None,
)


BESIDE_A_BOOK = Contents.of(
    [
        row("Legs", "hip", "knee"),
        row("Arms", "4.2 elbow", "4.3 wrist"),
        row("Appendix", "symbols", "glossary"),
        {
            "locale": "en",
            "version": "current",
            "latest": True,
            "title": "Labs",
            "pages": [{"title": "Lab", "url": "/labs"}, {"title": "Push", "url": "/labs/push"}],
        },
    ],
    locale="en",
    version=None,
)


def test_a_section_is_found_by_its_number() -> None:
    section = BESIDE_A_BOOK.named("4.3")
    assert section is not None
    assert section.title == "4.3 Wrist"
    assert BESIDE_A_BOOK.named("4.4") is None


@each_row(
    ("book", "word", "count"),
    [
        (BOOK, "chapters", 3),  # the welcome is none
        (BESIDE_A_BOOK, "chapters", 2),  # nor are the appendix and the labs
        (NUMBERED, "modules", 2),
        (MIXED, "chapters", 3),  # "Module 2" stands between them
        (PAGES_ARE_CHAPTERS, "chapters", 3),
        (PAGES_ARE_CHAPTERS, "parts", 2),
        (PAGES_ARE_CHAPTERS, "pages", 4),
        (PAGES_ARE_CHAPTERS, "Seiten", 4),
    ],
)
def test_chapters_are_those_that_a_reader_calls_so(book: Contents, word: str, count: int) -> None:
    assert len(book.called(word)) == count


TITLES = Contents.of(
    [
        row("Guides", "timer mocks", "manual mocks", "the capture point"),
        row("The Brain (NVIDIA Isaac™)", "sim", "vslam"),
        row("Chapter 22", "grasping and manipulation", "end"),
    ],
    locale="en",
    version=None,
)


def test_a_place_is_found_by_its_subject_in_whatever_form() -> None:
    found = TITLES.find("grasps")
    assert found is not None
    assert found.title == "Grasping And Manipulation"
    brain = TITLES.find("NVIDIA Isaac")
    assert brain is not None
    assert len(brain.pages) == 2
    assert TITLES.find("mocking") is None  # which one is not said
    assert [chapter.title for chapter in TITLES.about("mocking")] == ["Timer Mocks", "Manual Mocks"]


def test_words_in_quotation_marks_alone_name_a_place_by_its_whole_title() -> None:
    assert TITLES.find("Capture Point") is not None
    assert TITLES.find("Capture Point", titled=True) is None
    assert TITLES.find("Timer mocks", titled=True) is not None


@each_row(("text", "number"), [("7", 7), ("3rd", 3), ("1000", 1000), ("12345678901234567890", 12345678901234567890)])
def test_a_number_is_not_cut_off(text: str, number: int) -> None:
    assert number_of(text) == number


def test_whole_titles_among_names_are_counted() -> None:
    assert BOOK.has_titles(["Nodes"])
    assert BOOK.has_titles(["ros 2", "no title", "Gazebo"], least=2)
    assert not BOOK.has_titles(["Nodes", "Nodes of a graph", "chapter 1"], least=2)


LONG_LISTS = {
    "one long name": ["lorem ipsum dolor " * 500],
    "one word again and again": ["robot"] * 1_000,
    "a thousand names": [f"robot number {at}" for at in range(1_000)],
}


@each_row("names", list(LONG_LISTS))
def test_long_names_and_many_of_them_are_compared_with_titles_at_once(names: str) -> None:
    contents = Contents.of([row("All", *(f"the robot of part {at}" for at in range(300)))], locale="en", version=None)
    started = time.thread_time()
    assert not contents.has_titles(LONG_LISTS[names])
    contents.find(" ".join(LONG_LISTS[names])[:8_000])
    assert time.thread_time() - started < 0.5
