"""Chapters are found by their number and their name, pages by their place."""

import pytest

from engines.tasks.contents import Contents


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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("name", ["9", "0", "quantum gravity", "warehouse", "", "previous"])
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
