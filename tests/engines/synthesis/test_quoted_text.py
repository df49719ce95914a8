"""Where the quotation of a passage begins: at the code that a how-to question is after, where it would be cut off."""

import time

import pytest

from engines.events import Source
from engines.synthesis.block_layout import QUOTED_CHARS, fitting
from engines.synthesis.passage_choice import choose
from engines.synthesis.quoted_text import LATER_CHARS, from_within, part_asked_for, quoted_text
from tests.tables import each_row

INTRODUCTION = "Timers run a function of a node at fixed times."
LIST = "\n".join(
    f"- **Point {number}**: what a timer is good for, and for whom, told at length." for number in range(16)
)
LEAD_IN = "A node makes a timer like this:"
CODE = "```python\nself.timer = self.create_timer(0.1, self.timer_callback)\n```"
OTHER_CODE = "```python\nself.publisher = self.create_publisher(String, 'chatter', 10)\n```"
TIMERS = f"{INTRODUCTION}\n\n{LIST}\n\n{OTHER_CODE}\n\n{LEAD_IN}\n\n{CODE}\n\nIt ends with the node."


def quoted(text: str, question: str) -> str:
    source = Source(1, "id-1", "https://book.example/docs/timers", "Timers", ("Timers and callbacks",), text, 1.0)
    return quoted_text(source, question, ())


@each_row(
    "question",
    [
        "how do i run a timer in my node every 0.1 sec",
        "How can I make a timer?",
        "how to create a timer",
        "the command for a timer please",
        "code for a timer callback",
        "how is a timer created in python",
        "timer kaise banaye node mein",
        "Wie kann ich einen Timer erstellen?",
        "Comment puis-je créer un timer ?",
        "¿Cómo puedo crear un timer?",
    ],
)
def test_a_how_to_question_gets_the_code_behind_a_long_list(question: str) -> None:
    text = quoted(TIMERS, question)
    assert CODE in text
    assert LEAD_IN in text
    assert text.startswith(INTRODUCTION)
    assert LIST not in text


@each_row(
    "question",
    [
        "What is a timer good for?",
        "Explain how to use a timer",
        "how do timers work",
        "Why does a timer fire late?",
        "what are the steps, how do i plan a timer",
        "how do i choose between a timer and a thread",
    ],
)
def test_other_questions_get_the_passage_from_its_beginning(question: str) -> None:
    assert quoted(TIMERS, question) == f"{INTRODUCTION}\n\n…"


def test_code_that_has_no_word_of_the_question_is_not_put_first() -> None:
    text = f"{INTRODUCTION}\n\n{LIST}\n\nUnrelated lines:\n\n```sh\nls -la\n```"
    assert "ls -la" not in quoted(text, "how do i stop a callback")


def test_a_passage_that_shows_code_in_its_beginning_stays_as_it_is() -> None:
    text = f"{INTRODUCTION}\n\n{OTHER_CODE}\n\n{LIST}\n\n{LEAD_IN}\n\n{CODE}"
    assert quoted(text, "how do i make a timer").startswith(f"{INTRODUCTION}\n\n{OTHER_CODE}")


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_numbered_steps_are_what_a_how_to_question_is_after(between: str) -> None:
    steps = between.join(["1. Open the file.", "2. Write the timer.", "3. Save it."])
    text = f"{INTRODUCTION}\n\n{steps}\n\n{LIST}\n\n{LEAD_IN}\n\n{CODE}"
    assert "2. Write the timer." in quoted(text, "how do i make a timer")


def test_code_that_is_longer_than_a_quotation_comes_alone_with_its_lead_in() -> None:
    code = "```python\n" + "self.create_timer(0.1, callback)\n" * 40 + "```"
    text = f"{INTRODUCTION}\n\n{LIST}\n\n{LEAD_IN}\n\n{code}"
    assert quoted(text, "how do i make a timer") == f"{LEAD_IN}\n\n{code}"


def test_a_diagram_is_no_code() -> None:
    text = f"{INTRODUCTION}\n\n{LIST}\n\n```mermaid\ngraph TD; timer --> node\n```"
    assert "mermaid" not in quoted(text, "how do i make a timer")


def test_a_lead_in_brings_what_it_introduces() -> None:
    assert fitting([LEAD_IN, "x" * 2 * QUOTED_CHARS, "Later."]) == 2
    assert fitting(["A paragraph.", "x" * 2 * QUOTED_CHARS]) == 1


DIAGRAM = "```\ngraph TB\n    A[Timer] --> B[Node]\n```"


@pytest.mark.parametrize("language", ["", "mermaid"])
def test_the_source_of_a_diagram_is_left_out_whatever_is_asked(language: str) -> None:
    text = f"{INTRODUCTION}\n\n{DIAGRAM.replace('```', f'```{language}', 1)}\n\nIt ends with the node."
    for question in ("What is a timer?", "how do i make a timer", "why does a timer end"):
        assert quoted(text, question) == f"{INTRODUCTION}\n\nIt ends with the node."


def test_a_diagram_in_front_does_not_hide_the_code_that_is_asked_for() -> None:
    text = f"{INTRODUCTION}\n\n{DIAGRAM}\n\n{LIST}\n\n{LEAD_IN}\n\n{CODE}"
    assert CODE in quoted(text, "how do i make a timer")


def test_a_passage_that_is_a_diagram_alone_has_no_text() -> None:
    assert quoted(DIAGRAM, "What is a timer?") == ""


BEGINS_WITH_CODE = f"{OTHER_CODE}\n\n{LEAD_IN}\n\n{CODE}\n\nThe timer ends with its node."


@pytest.mark.parametrize(
    "question", ["Why does the timer end?", "Explain timers", "timer ending", "What does a timer return at its end?"]
)
def test_a_quotation_begins_with_the_paragraph_that_tells_where_no_code_is_asked_for(question: str) -> None:
    assert quoted(BEGINS_WITH_CODE, question) == "The timer ends with its node."


def test_a_passage_from_which_nothing_is_asked_is_quoted_in_its_order() -> None:
    assert quoted(BEGINS_WITH_CODE, "") == BEGINS_WITH_CODE


def test_code_stays_first_where_the_paragraph_behind_it_has_no_word_of_the_question() -> None:
    text = "```sh\ncolcon build\nsource install/setup.bash\n```\n\nThe server waits now."
    assert quoted(text, "colcon workspace") == text
    assert quoted(text, "colcon build source") == text


def test_a_how_to_question_begins_with_the_code_of_the_passage() -> None:
    assert quoted(BEGINS_WITH_CODE, "how do i make a publisher").startswith(OTHER_CODE)


LONG_CODE = "```cpp\n" + "\n".join(f"double limit_{number} = clamp(command);" for number in range(23)) + "\n```"
FILTER = "A small program behind the policy passes on only what is permitted."
AFTER = "A network that divides by zero puts out NaN, and NaN passes every comparison."
LAST = "Keep the program short."
SAFETY = f"{FILTER}\n\n{LONG_CODE}\n\n{AFTER}\n\n{LAST}"


@each_row(
    "question", ["what happens to NaN in my filter", "why are comparisons with NaN dangerous", "nan divides by zero?"]
)
def test_a_paragraph_behind_the_end_of_a_quotation_is_shown_if_it_has_rare_words_of_the_question(question: str) -> None:
    text = quoted(SAFETY, question)
    assert text.startswith(FILTER)
    assert AFTER in text
    assert LONG_CODE not in text
    assert "\n\n…\n\n" in text


@each_row(
    "question",
    ["what does the small program do", "why does the policy need a program", "what is permitted?"],
)
def test_longer_code_is_left_out_beside_what_tells_unless_it_is_asked_for(question: str) -> None:
    assert quoted(SAFETY, question) == f"{FILTER}\n\n…\n\n{AFTER}\n\n{LAST}"


@each_row("question", ["how do i write the program", "limit_7", "an example of the program", ""])
def test_code_that_is_asked_for_follows_the_first_paragraph(question: str) -> None:
    text = quoted(SAFETY, question)
    assert text.startswith(FILTER)
    assert "```cpp\n" in text


@each_row("question", ["what does the small program do", "why does the policy need a program", "what is permitted?"])
def test_everyday_words_and_those_that_the_quotation_has_keep_the_beginning(question: str) -> None:
    assert quoted(f"{FILTER}\n\n{LIST}\n\n{AFTER}", question) == f"{FILTER}\n\n…"


def test_a_paragraph_with_more_of_the_question_than_the_quotation_is_shown() -> None:
    others = "\n\n".join(f"Buildings are made for human bodies, point {number} of many." * 5 for number in range(6))
    text = f"Three arguments are made for legs.\n\n{others}\n\nCars that drive are physical AI as well."
    assert "Cars that drive" in quoted(text, "is a car physical AI")
    assert "Cars that drive" not in quoted(text, "why legs")


def test_a_paragraph_that_does_not_fit_beside_the_first_one_stands_alone() -> None:
    first, told = "The first paragraph. " * 40, f"Gimbal lock is the loss of a degree of freedom. {'It is long. ' * 20}"
    assert quoted(f"{first}\n\n{told}", "what is gimbal lock").startswith("Gimbal lock")


@each_row(
    ("first", "last", "question"),
    [
        (
            "روبوٹ اپنا توازن رکھتا ہے۔",
            "یہ کیا ہے اور کیوں ہے؟ اس میں لکھا ہے۔",
            "روبوٹ کا توازن کیا ہے اور یہ کیوں ہے",
        ),
        (
            "Der Roboter hält sein Gleichgewicht.",
            "Warum ist das und wie geht das.",
            "Wie hält der Roboter das Gleichgewicht und warum?",
        ),
        ("The robot keeps its balance.", "It is up to me to do so.", "robot ka balance kaise hai, to me kya karun"),
    ],
)
def test_everyday_words_of_another_language_bring_no_later_paragraph(first: str, last: str, question: str) -> None:
    assert quoted(f"{first}\n\n{LIST}\n\n{f'{last} ' * 8}", question) == f"{first}\n\n…"


STEP = "word " * 40


@each_row(
    ("blocks", "shown"),
    [
        (["A text. " * 100, "Here is the script:", "```\n" + "x\n" * 60 + "```", "Later. " * 100], 3),
        (["A text. " * 100, "Here is the script:", "```\n" + "x\n" * 600 + "```", "Later."], 1),
        (["A text. " * 100, "Run the following command", "```\n" + "x\n" * 600 + "```", "Later."], 1),
        (["A text. " * 100, "**The whole script**", "```\n" + "x\n" * 600 + "```", "Later."], 1),
        (["A text. " * 100, "It tells a lot. Here is how:", "```\n" + "x\n" * 600 + "```", "Later."], 2),
        ([f"1. {STEP}", f"2. {STEP}", f"3. {STEP}", f"4. {STEP}", f"5. {STEP}", "Later. " * 60], 5),
        ([f"1. {STEP}", f"2. {STEP}", f"3. {STEP}", f"4. {STEP}", "Later. " * 60], 4),
        (["A text. " * 90, "$$\nE = mc^2\n$$", "where $m$ is the mass. " + "It is large. " * 20, "Later. " * 60], 3),
    ],
)
def test_a_quotation_ends_neither_before_what_it_announces_nor_amid_steps(blocks: list[str], shown: int) -> None:
    assert fitting(blocks) == shown


def test_a_paragraph_that_goes_on_from_the_code_stays_behind_it() -> None:
    text = f"{OTHER_CODE}\n\nBoth also raise an event that names the policy."
    assert quoted(text, "why does it raise an event") == text


def test_a_later_paragraph_on_the_code_above_comes_with_it() -> None:
    text = f"{INTRODUCTION}\n\n{LIST}\n\n{CODE}\n\nThe command above registers a callback with the executor."
    found = quoted(text, "when is the callback registered with the executor")
    assert f"{CODE}\n\nThe command above" in found
    assert found.startswith(INTRODUCTION)


def test_a_first_paragraph_keeps_the_formula_that_it_introduces() -> None:
    formula = "$$\nT = 1 / f\n$$"
    text = f"The period of a timer is:\n\n{formula}\n\n{LIST}\n\n{LEAD_IN}\n\n{CODE}"
    found = quoted(text, "how do i create a timer callback")
    assert found.startswith(f"The period of a timer is:\n\n{formula}")
    assert found.endswith(f"{LEAD_IN}\n\n{CODE}")


def test_a_quotation_does_not_begin_with_the_end_of_a_sentence_that_has_a_formula() -> None:
    assert quoted("where $f$ is its frequency.\n\nA timer fires late.", "why is it late") == "A timer fires late."
    assert quoted("where $f$ is its frequency.", "why is it late") == "where $f$ is its frequency."
    text = (
        f"{INTRODUCTION}\n\n{LIST}\n\nIts jitter is:\n\n$$\nJ = s / f\n$$\n\nwhere $s$ is the slack of the scheduler."
    )
    found = quoted(text, "what is the slack of the scheduler called")
    assert "Its jitter is:\n\n$$\nJ = s / f\n$$\n\nwhere $s$" in found


def test_nothing_comes_behind_code_that_is_longer_than_a_quotation() -> None:
    code = "\n".join(["```python", *(f"retry_{line} = policy({line})" for line in range(90)), "```"])
    found = quoted(f"{INTRODUCTION}\n\n{code}\n\nIt is logged.", "how do i retry")
    assert found.endswith("```\n\n…")
    assert "It is logged." not in found


def test_long_code_without_blank_lines_is_cut_where_a_statement_ends() -> None:
    code = "\n".join(
        ["```python", *(f"retry(\n    policy={line},\n    times=3,\n    name='a')" for line in range(60)), "```"]
    )
    for more in range(0, 40, 5):
        found = quoted(f"{INTRODUCTION}{'.' * more}\n\n{code}", "how do i retry")
        assert found.endswith("    name='a')\n```\n\n…")


def test_a_line_beside_a_formula_is_no_title() -> None:
    text = "The period of a timer is\n\n$$\nT = 1 / f\n$$\n\nin seconds of the clock"
    assert quoted(text, "what is the period") == text


def test_a_lead_in_is_shown_if_a_passage_has_nothing_else() -> None:
    assert quoted("The kinds of a timer are these:", "kinds of a timer") == "The kinds of a timer are these:"


@each_row(
    ("told", "leads"),
    [
        (f"{INTRODUCTION}\n\n" + "- A timer has a clock.\n" * 35, "- It is made like this:"),
        ("A timer has a clock. " * 40, "The following command starts it."),
    ],
)
def test_a_block_is_shown_without_its_end_that_introduces_what_has_no_room(told: str, leads: str) -> None:
    code = "\n".join(["```python", *(f"retry_{line} = policy({line})" for line in range(90)), "```"])
    found = quoted(f"{told}{leads}\n\n{code}", "clock")
    assert found == f"{told.strip()}\n\n…"


JOINTS = "\n".join(
    [
        "| Joint | Torque (N m) | Remark |",
        "| --- | --- | --- |",
        *(f"| joint {number} | {number * 10} | a joint of which nothing is to be said here |" for number in range(16)),
        "| knee | 180 | carries most |",
        *(f"| finger {number} | {number} | small |" for number in range(9)),
    ]
)


def test_of_a_long_table_the_rows_that_are_asked_for_are_shown_with_the_header() -> None:
    lines = quoted(f"Each joint has its motor.\n\n{JOINTS}", "what torque has the knee?").splitlines()
    assert lines[2:5] == [
        "| Joint | Torque (N m) | Remark |",
        "| --- | --- | --- |",
        "| joint 0 | 0 | a joint of which nothing is to be said here |",
    ]
    assert "| knee | 180 | carries most |" in lines
    assert "| … | | |" in lines
    assert len("\n".join(lines)) <= QUOTED_CHARS


RATES = (
    f"{LIST}\n\n{INTRODUCTION} A controller is one of many that use timers.\n\nThe balance controller runs at 500 Hz."
)


@each_row(
    ("question", "begins"),
    [
        ("at what rate does the balance controller run", "The balance controller runs at 500 Hz."),
        ("How fast is the balance controller?", "The balance controller runs at 500 Hz."),
        ("Wie oft läuft der balance controller?", "The balance controller runs at 500 Hz."),
        ("what is a timer good for, and for whom", LIST),
    ],
)
def test_the_number_that_is_asked_for_is_not_cut_off(question: str, begins: str) -> None:
    assert quoted(RATES, question).startswith(begins)


def test_code_alone_is_cut_to_the_lines_that_have_what_is_asked_for() -> None:
    lines = [f"offset_{number} = {number}" for number in range(80)]
    code = "\n".join(["```yaml", *lines[:60], "# Largest stride of the planner", "stride: 0.4", *lines[60:], "```"])
    found = quoted(code, "largest stride of the planner?")
    assert found.startswith("…\n\n```yaml\n")
    assert "stride: 0.4" in found
    assert len(found) < QUOTED_CHARS


REASON = "The caller waits because the timer shares its thread."
KINDS = "The kinds of a timer:\n\n- wall timers\n- simulated timers"


@each_row(
    ("question", "told"),
    [
        ("why does the timer wait", REASON),
        ("warum wartet der timer", REASON),
        ("what are the kinds of timer", KINDS),
        ("list the timer kinds", KINDS),
    ],
)
def test_the_reason_or_the_list_that_is_asked_for_is_shown_with_its_lead_in(question: str, told: str) -> None:
    others = "\n\n".join(
        f"A timer has a clock, and point {number} is about a wait of the timer." for number in range(16)
    )
    assert told in quoted(f"{INTRODUCTION}\n\n{others}\n\n{REASON}\n\n{KINDS}\n\n{others}", question)


def test_the_parts_of_a_table_that_was_divided_are_one_table() -> None:
    header = "| Name | Width |\n| --- | --- |\n"
    text = f"{header}| xs | 0 |\n\n{header}| md | 768px |"
    assert quoted(text, "which breakpoints are there") == f"{header}| xs | 0 |\n| md | 768px |"


COMMANDS = "```sh\nkubectl exec --stdin --tty pod -- /bin/sh\n```"
PROMPT = "The script asks for a new password."
LONG_CODE = (
    "```python\n" + "\n".join(f"transform_{number} = look_up(buffer, 'base_link')" for number in range(10)) + "\n```"
)
STORE = "A transform is a function of time. The library `tf2` keeps the last ten seconds of every transform:"


@each_row(
    ("text", "question", "told"),
    [
        (f"{COMMANDS}\n\n{PROMPT}", "my server runs in kubernetes", COMMANDS),
        (f"{STORE}\n\n{LONG_CODE}\n\nA late look-up errs by 10 cm.", "tf2 whats that for", STORE),
        (f"{STORE}\n\n{LONG_CODE}\n\nA late look-up errs by 10 cm.", "what is base_link in the transform", LONG_CODE),
        (f"1. Start it.\n2. Stop it.\n\n{LIST}\n\n{CODE}", "python code for a timer", CODE),
        (f"{LIST}\n\n{CODE}", "定时器 timer 怎么写？给我代码", CODE),
        (f"{LIST}\n\n{CODE}", "timer ka code do", CODE),
        (f"**Nodes**\n\n{OTHER_CODE}\n\n{LIST}\n\n**Timers**\n\n{CODE}", "timer callback snippet", CODE),
    ],
)
def test_the_code_or_the_sentence_that_is_asked_for_is_not_cut_out(text: str, question: str, told: str) -> None:
    assert told in quoted(text, question)


def test_code_that_is_asked_for_is_in_a_shorter_quotation_as_well() -> None:
    told = "\n\n".join(f"Point {number} of a timer, {'told at length, ' * 12}to its end." for number in range(3))
    source = Source(1, "id-1", "https://book.example/docs/timers", "Timers", (), f"{told}\n\n{CODE}", 1.0)
    assert CODE in quoted_text(source, "code for a timer", (), LATER_CHARS)


def test_code_alone_is_cut_behind_the_line_with_what_is_asked_for() -> None:
    before = "\n".join(f"echo checking_part_{number}_of_this_machine" for number in range(11))
    code = f"```bash\n{before}\n\ncheck_gpu_memory_of 8GB\n{before}\n```"
    assert "8GB" in quoted(code, "which gpu is needed")


@each_row("sign", ["十", "٣", "x"])
def test_a_long_word_in_a_question_is_read_at_once(sign: str) -> None:
    started = time.thread_time()
    quoted(TIMERS, sign * 8_000)
    assert time.thread_time() - started < 0.2


CAMERA = (
    "A point in the optical frame falls on the pixel",
    "$$\nu = f_x X / Z + c_x\n$$",
    "The focal lengths $f_x, f_y$ are in pixels.",
    "Read them here:",
    "```python\nfx = msg.k[0]\n```",
    "With a known depth it can be turned round.",
)


def test_a_symbol_asked_for_gets_its_formula_and_the_sentence_that_explains_it() -> None:
    source = Source(1, "id-1", "/docs/camera", "Cameras", ("The pinhole camera",), "\n\n".join(CAMERA), 1.0)
    part = part_asked_for("what is f_x in that?", source, 0.3)
    assert CAMERA[1] in part
    assert CAMERA[2] in part
    assert CAMERA[5] not in part


@each_row(
    ("begins", "text"),
    [
        (0, "\n\n".join(CAMERA)),
        (1, "\n\n".join(CAMERA)),
        (2, "\n\n".join(("…", *CAMERA[2:]))),
        (4, "\n\n".join(("…", *CAMERA[3:]))),
        (5, f"…\n\n{CAMERA[5]}"),
    ],
)
def test_a_quotation_from_within_a_section_begins_with_a_lead_in_or_says_that_more_is_before_it(
    begins: int, text: str
) -> None:
    assert from_within(CAMERA, begins) == text


GEARS = "Gears differ.\n\n| Gear | Used in |\n| --- | --- |\n| harmonic | arms |\n| roller screw | knees and ankles |"


@each_row(
    ("question", "at", "is_quoted"),
    [
        ("so what about the knee?", 0, True),
        ("so what about the knee?", 1, True),
        ("and what about the heat of the knee?", 1, False),
        ("so what about the elbow?", 1, False),
    ],
)
def test_a_part_of_a_section_that_was_quoted_is_quoted_again_where_a_follow_up_points_at_it(
    question: str, at: int, is_quoted: bool
) -> None:
    gears = Source(1, "id-1", "/docs/gears", "Gears", ("Which one",), GEARS, 1.0)
    other = Source(2, "id-2", "/docs/legs", "Legs", ("Joints",), "The knee and its heat: it carries the load.", 1.0)
    sources = [gears, other] if not at else [other, gears]
    earlier = [f"> {GEARS}\n>\n> — Gears › Which one [1]"]
    chosen = choose(sources, question, earlier=earlier, follows_up=True)
    assert any("knees and ankles" in text for _, text in chosen.quoted) == is_quoted
