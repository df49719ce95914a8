"""Signs, emoji, capitals and what nobody sees make no difference to what a message wants."""

from collections.abc import Callable, Iterable, Iterator

import pytest

from engines.understanding.intent import Intent
from engines.understanding.intent_recognition import RECOGNISERS, intent_of
from engines.understanding.words import in_plain_signs
from tests.engines.understanding import test_intent_recognition as tables
from tests.tables import each_row

TABLES: tuple[object, ...] = (
    tables.SMALL_TALK,
    tables.ORDERS_AND_QUESTIONS,
    tables.PAGE_TASKS,
    tables.CHAPTER_TASKS,
    tables.BOOK_TASKS,
    tables.WHICH_CHAPTER,
    tables.ADVICE,
    tables.TWO_PLACES,
    tables.NAMED,
    tables.NAMED_PLACES,
    tables.PLACES,
    tables.FOLLOW_UPS,
    tables.QUESTIONS,
    tables.NO_TASKS,
    tables.CONTENT,
)
TYPED: dict[str, Callable[[str], str]] = {
    "an ellipsis": lambda text: f"{text}…",
    "dots": lambda text: f"{text}...",
    "an emoji": lambda text: f"{text} 🙏",
    "an emoji before it": lambda text: f"🙂 {text}",
    "emphasis": lambda text: f"{text}!!",
    "capitals": str.upper,
    "typographic quotes": lambda text: text.replace("'", "’"),
    "a zero-width space": lambda text: f"{text[: len(text) // 2]}\u200b{text[len(text) // 2 :]}",
    "letters of double width": lambda text: "".join(
        chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text
    ),
}
# Keys that were hit at random are told by their small letters, as names in capitals look alike. A title of one word
# behind the word for a chapter is told by its capital.
BY_THEIR_LETTERS = frozenset(
    (
        *tables.SMALL_TALK["unclear"].split("|"),
        "Fais-moi une fiche sur le chapitre Simulation",
        "Was steht im Kapitel Simulation?",
        "Montre-moi la table des matières du chapitre ROS 2",
    )
)


def messages_of(table: object) -> Iterator[str]:
    """The messages of a table, whose names stand in other columns."""
    match table:
        case str():
            yield from table.replace("\n", "").split("|")
        case dict():
            for texts in table.values():
                yield from texts.split("|")
        case list() | tuple():
            yield from (
                row if isinstance(row, str) else next(each for each in row if isinstance(each, str)) for row in table
            )
        case _:
            raise TypeError(table)


MESSAGES = tuple(dict.fromkeys(text for table in TABLES for text in messages_of(table) if any(map(str.isalnum, text))))


def wanted(intent: Intent) -> tuple[object, ...]:
    """What an intent is, whatever its names are written in."""
    return intent.kind, intent.task, intent.part, intent.name.casefold(), len(intent.others), intent.step, intent.likely


def differ(text: str, ways: Iterable[Callable[[str], str]], *, has_page: bool) -> bool:
    """Whether a message typed in one of these ways wants something else."""
    plain = wanted(intent_of(text, has_page=has_page))
    typed = (way(text) for way in ways if way is not str.upper or text not in BY_THEIR_LETTERS)
    return any(wanted(intent_of(each, has_page=has_page)) != plain for each in typed)


def test_how_a_message_is_typed_makes_no_difference() -> None:
    at_once = [lambda text: f"🙂 {TYPED['a zero-width space'](text)} 🙏…", TYPED["emphasis"], TYPED["capitals"]]
    assert not [text for text in MESSAGES if differ(text, at_once, has_page=True)]


@pytest.mark.exhaustive
@pytest.mark.parametrize("has_page", [False, True])
@pytest.mark.parametrize("way", TYPED)
def test_no_way_to_type_a_message_makes_a_difference(way: str, *, has_page: bool) -> None:
    assert not [text for text in MESSAGES if differ(text, [TYPED[way]], has_page=has_page)]


@each_row("text", ["compair chpater 2 wiht 3", "sumarise chpater 3 plz", "SUMARISE THE CHPATER ON GRASPING"])
def test_a_misspelt_task_with_a_sign_behind_it_is_one(text: str) -> None:
    plain = intent_of(text)
    assert plain.kind == "page_task"
    assert {intent_of(typed(text)).task for typed in TYPED.values()} == {plain.task}


def test_a_name_in_a_message_in_capitals_is_given_as_it_is_written() -> None:
    assert intent_of("WHICH CHAPTER IS ABOUT THE ZMP OF NAO?").subject == "ZMP OF NAO"


@each_row(
    ("text", "plain"),
    [
        ("what is „Gait“ — in short…", 'what is "Gait" - in short'),
        ("well... what is a node?!?", "well. what is a node?"),
        ("thanks!!! 👍🏽", "thanks"),
        ("nice 🎉. and now 🤔?", "nice. and now?"),
        ("what does 🤖 mean here", "what does 🤖 mean here"),
        ("COMPARE CHAPTER II WITH THE NEXT", "compare chapter II with the next"),
        ("ZMP LIPM MPC", "ZMP LIPM MPC"),
        ("run ../build ...args", "run ../build ...args"),
        ("🙏", "🙏"),
        ("?!...", "?!..."),
        ("می‌خواهم", "می‌خواهم"),
    ],
)
def test_signs_have_one_form(text: str, plain: str) -> None:
    assert in_plain_signs(text) == plain


def test_each_recogniser_has_a_name_signs_and_a_reason_for_its_place() -> None:
    assert len({each.name for each in RECOGNISERS}) == len(RECOGNISERS)
    assert all(each.signs and each.why for each in RECOGNISERS)
