"""Which section, step or point of a page a message names by its number, and how many lines of an outline it wants."""

from engines.events import Source
from engines.tasks.page_parts import counted_section, lines_asked, part_asked
from engines.understanding.intent import QUESTION, Intent
from engines.understanding.intent_recognition import intent_of
from tests.tables import each_row

TEXT = "First install it:\n\n1. Open a terminal\n2. Run the installer\n\n   It asks for a folder.\n3. Restart\n\nGo on."


def _source(number: int, *path: str, text: str = "A text.") -> Source:
    return Source(number, f"{number}", f"/page#{number}", "Page", path, text, 1.0)


SOURCES = [
    _source(1),
    _source(2, "Why", text="Because."),
    _source(3, "How", text=TEXT),
    _source(4, "How", "Step 2: Train"),
    _source(5, "How", "2. Keep it"),
    _source(6, "First steps"),
    _source(7, "Next"),
]


@each_row(
    ("message", "numbers"),
    [
        ("what does the second section say?", [3, 4, 5]),
        ("explain section 1", [2]),
        ("erkläre den letzten Abschnitt", [7]),
        ("explain section 40", []),
        ("explain step 2", [4]),
        ("étape 2 ?", [4]),
        ("explain point 3", [3]),
        ("what are the first steps?", []),
        ("explain section 4.2", []),
        ("explain it", []),
    ],
)
def test_a_part_is_found_by_its_number(message: str, numbers: list[int]) -> None:
    assert [each.number for each in part_asked(message, SOURCES)] == numbers


def test_a_step_of_a_list_is_its_item_alone() -> None:
    assert [each.text for each in part_asked("explain step 3", SOURCES)] == ["3. Restart"]
    without_headings = [each for each in SOURCES if each.number != 4 and each.number != 5]
    assert [each.text for each in part_asked("step 2?", without_headings)] == [
        "2. Run the installer\n\n   It asks for a folder."
    ]


def test_items_that_are_all_written_as_the_first_one_are_counted() -> None:
    section = _source(1, text="1. Open it\n1. Run it\n\n   Twice.\n1. Close it\n\nThen:\n\n1. Rest")
    assert [each.text for each in part_asked("step 2", [section])] == ["1. Run it\n\n   Twice."]


@each_row(
    ("message", "count"),
    [
        ("give me the 3 most important things", 3),
        ("summarize this page in five bullets", 5),
        ("a quiz with 2 questions", 2),
        ("fasse das in zwei Sätzen zusammen", 2),
        ("résume en trois phrases", 3),
        ("3 preguntas", 3),
        ("what are the key points?", 0),
        ("do questions come with it?", 0),
        ("explain it like I'm 5", 0),
    ],
)
def test_a_number_of_lines_that_is_asked_for(message: str, count: int) -> None:
    assert lines_asked(message) == count


@each_row(
    ("message", "task"),
    [
        ("what is step 1?", "ask"),
        ("explain the last section please", "simpler"),
        ("Explain the code in the last section", "simpler"),
        ("which pages come next?", "next"),
        ("what pages follow?", "next"),
        ("next pages please", "next"),
    ],
)
def test_a_part_of_the_open_page_is_a_task_on_it(message: str, task: str) -> None:
    intent = intent_of(message, has_page=True)
    assert (intent.kind, intent.task) == ("page_task", task)


@each_row(
    "message", ["At what point does step 2 of the installer need a key?", "what comes after step 3 of the build?"]
)
def test_a_question_with_a_number_of_its_own_is_none(message: str) -> None:
    assert intent_of(message, has_page=True) == QUESTION


def test_a_step_after_an_answer_is_of_the_answer() -> None:
    intent = intent_of("explain step 3", has_page=True, has_history=True)
    assert intent == Intent("conversation_task", "point", subject="3")


_COUNTED = [
    _source(1, "Modes", "The 3 ways to drive", "By hand"),
    _source(2, "Modes", "The 3 ways to drive", "By wire"),
    _source(3, "Modes", "The 3 ways to drive", "By wire", "Wires"),
    _source(4, "Modes", "The 3 ways to drive", "By plan"),
    _source(5, "Flow", text="It has stages."),
    _source(6, "Flow", "Stage 1: Design"),
    _source(7, "Flow", "Stage 2: Test"),
    _source(8, "Rules", "1. Be short"),
    _source(9, "Rules", "2. Be clear"),
    _source(10, "Étapes", "Étape 1 : Ouvrir"),
    _source(11, "Regeln", "Regel 2: Prüfen"),
]


@each_row(
    ("number", "noun", "shown", "by_number", "numbers"),
    [
        (2, "way", ("Modes",), False, [2, 3]),
        (-1, "ways", ("Modes",), False, [4]),
        (4, "way", ("Modes",), False, []),
        (2, "stage", ("Flow",), False, [7]),
        (2, "stage", ("Rules",), False, []),
        (2, "", ("Rules", "1. Be short"), True, [9]),
        (2, "", ("Rules",), False, []),
        (1, "etape", ("Étapes",), False, [10]),
        (2, "regel", ("Regeln",), False, [11]),
    ],
)
def test_a_section_that_the_book_counts_near_what_was_shown(
    number: int, noun: str, shown: tuple[str, ...], by_number: bool, numbers: list[int]
) -> None:
    found = counted_section(number, noun, _COUNTED, [shown], by_number=by_number)
    assert [each.number for each in found] == numbers
