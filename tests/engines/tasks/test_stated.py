"""What the book itself says of the time that a text takes, and of what it needs."""

from engines.events import Source
from engines.tasks.stated import needed, stated_time
from tests.tables import each_row

SECTIONS = {
    "Estimated Reading Time": "It is made to be read in **1.5-2.5 hours**.",
    "Lesezeit": "Etwa 20 Minuten.",
    "Temps de lecture": "Environ 20 minutes.",
    "Tiempo estimado": "Unas 2 horas.",
    "مطالعے کا وقت": "تقریباً 20 منٹ",
    "About": "A first line.\n\n- **Reading Time**: ~150 minutes for all\n- **Level**: easy",
}
NO_TIMES = {
    "Time stamps": "A time stamp of 5 minutes is old.",
    "Timeout": "Duration of 5 seconds: none.",
    "Code": "```py\nduration: 5\n```",
    "Duration": "It depends on you.",
}


def section(heading: str, text: str, title: str = "Gaits", number: int = 1) -> Source:
    return Source(number, f"id-{heading}", "/docs/gait", title, tuple(heading.split(" > ")), text, 1.0)


@each_row(("heading", "text"), list(SECTIONS.items()))
def test_the_book_says_how_long_a_text_takes(heading: str, text: str) -> None:
    told = stated_time([section("Intro", "Words."), section(heading, text)], "Gaits")
    assert told is not None
    assert told.text == ("- **Reading Time**: ~150 minutes for all" if heading == "About" else text)


@each_row(("heading", "text"), list(NO_TIMES.items()))
def test_other_times_are_no_reading_time(heading: str, text: str) -> None:
    assert stated_time([section(heading, text)], "Gaits") is None


NEEDS = [
    section("Prerequisites", "Read chapter 1."),
    section("Balance requirements", "The foot stays flat."),
    section("Hardware Requirements > Minimum Configuration", "8 GB of memory"),
    section("Hardware Requirements > Recommended", "32 GB of memory"),
]


@each_row(
    ("question", "texts"),
    [
        ("what do I need for this", ["Read chapter 1.", "8 GB of memory"]),
        ("min specs chapter 3", ["8 GB of memory"]),
        ("Mindestanforderungen von Kapitel 3", ["8 GB of memory"]),
        ("hardware requirements of chapter 3", ["8 GB of memory", "32 GB of memory"]),
    ],
)
def test_what_a_text_needs_is_what_its_sections_on_that_say(question: str, texts: list[str]) -> None:
    assert [each.text for each in needed(NEEDS, question, "Gaits")] == texts
