"""A quotation keeps its document's order, whatever is asked; quizzes and headings alone are no quotation."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from engines.events import Source
from engines.synthesis.passage_choice import choose
from engines.synthesis.quoted_text import quoted_text
from engines.understanding.definitions import is_code, text_blocks
from tests.tables import each_row

QUESTIONS = (
    "how do i make a timer",
    "What is a timer?",
    "timer kinds in lines",
    "why does the gimbal lock",
    "list the files of a package",
    "",
)


@st.composite
def documents(draw: st.DrawFn) -> list[str]:
    """Blocks that can be told apart, some of them long, in any order."""
    kinds = draw(st.lists(st.sampled_from(["text", "lead-in", "both", "list", "code", "title", "formula"]), max_size=9))
    return [_block(kind, number, draw(st.integers(1, 60))) for number, kind in enumerate(["text", *kinds])]


def _block(kind: str, number: int, size: int) -> str:
    told = f"Part {number} tells of a timer, a gimbal and a file."
    match kind:
        case "lead-in":
            return f"Part {number} is made like this:"
        case "both":
            return f"{told} Part {number} is made like this:"
        case "list":
            return "\n".join(f"- **Line {number}-{line}**: kept by the timer" for line in range(size // 3 + 1))
        case "code":
            lines = [f"timer_{number}_{line}()" if line % 7 else "" for line in range(1, 2 * size + 1)]
            return "\n".join([f"```python title={number}", *lines, "```"])
        case "title":
            return f"**Kinds of part {number}**"
        case "formula":
            return f"$$\nT = {number}\n$$"
    return f"{told} {'It is told at length. ' * size}".strip()


def quoted(blocks: list[str], question: str, names: tuple[str, ...]) -> list[str]:
    text = "\n\n".join(blocks)
    source = Source(1, "id-1", "https://book.example/docs/timers", "Timers", ("Timers",), text, 1.0)
    return text_blocks(quoted_text(source, question, names))


def place_of(shown: str, blocks: list[str]) -> int:
    """The place of the block of which this is shown, as a whole or up to a line's or a sentence's end."""
    body = shown.strip("*").removesuffix("\n```")
    return next(at for at, block in enumerate(blocks) if block == shown or block.strip("*").startswith(body))


@settings(max_examples=300, deadline=None)
@given(documents(), st.sampled_from(QUESTIONS), st.sampled_from([(), ("timer",)]))
def test_blocks_stay_in_order_with_what_introduces_them(
    blocks: list[str], question: str, names: tuple[str, ...]
) -> None:
    shown = quoted(blocks, question, names)
    places = [None if each == "…" else place_of(each, blocks) for each in shown]
    known = [place for place in places if place is not None]
    assert known == sorted(set(known))
    for at, (place, text) in enumerate(zip(places, shown, strict=True)):
        if place is None:
            continue
        follows = places[at + 1] if at + 1 < len(places) else None
        if text.endswith(":") and len(known) > 1:
            assert follows == place + 1
        if text != blocks[place] and text.startswith("```"):
            assert text.endswith("\n```")
            assert shown[at + 1] == "…"
        introduced = place and blocks[place - 1].endswith("like this:")
        if introduced and is_code(blocks[place]):
            assert blocks[place - 1] in shown


QUIZ = (
    "When should you use a service?\nWhen you send sensor data\nWhen you need a result\nWhen you have many nodes\n1\n"
    "Services are for requests."
)


def _passage(number: int, heading: str, text: str) -> Source:
    return Source(number, f"id-{number}", "https://book.example/docs/services", "Services", (heading,), text, 1.0)


def test_a_quiz_is_not_quoted_beside_text() -> None:
    source = _passage(1, "Kinds", f"A service is a call.\n\n{QUIZ}\n\nIt returns a result.")
    assert quoted_text(source, "when should i use a service", ()) == "A service is a call.\n\nIt returns a result."


def test_a_quiz_alone_comes_last_with_the_right_option() -> None:
    quiz, text = _passage(1, "Quiz", QUIZ), _passage(2, "Kinds", "A service is a call that returns a result.")
    chosen = choose([quiz, text], "when should i use a service").quoted
    assert [source.number for source, _ in chosen] == [2, 1]
    assert chosen[1][1] == (
        "When should you use a service?\n\n**When you need a result**\n\nServices are for requests."
    )


def test_a_heading_without_text_is_not_quoted() -> None:
    alone, text = _passage(1, "Events", "**Events**"), _passage(2, "Usage", "It calls a function.")
    assert [source.number for source, _ in choose([alone, text], "which events").quoted] == [2]
    assert [source.number for source, _ in choose([alone], "which events").quoted] == [1]


def test_parts_of_divided_code_are_one_block_that_is_cut_at_a_blank_line() -> None:
    parts = ["\n".join(f"step_{part}_{line} = {line}" for line in range(60)) + "\n\ntry:" for part in range(3)]
    text = "\n\n".join(f"```python\n{part}\n```" for part in parts)
    shown = quoted_text(_passage(1, "Code", text), "how do i make a step", ())
    assert shown.count("```") == 2
    assert shown.endswith("= 59\n```\n\n…")


def test_a_list_on_the_lines_of_code_comes_with_the_code() -> None:
    code = "\n".join(["```python", *(f"Node(package='p{line}')" for line in range(50)), "```"])
    text = f"A launch file is Python.\n\n{code}\n\n**Breakdown**:\n\n- **Lines 7-13**: Start a kangaroo"
    found = quoted_text(_passage(1, "Launch", text), "which lines are for a kangaroo", ())
    assert found.index("Node(") < found.index("**Breakdown**:") < found.index("kangaroo")


def test_a_lead_in_of_subsections_is_left_out() -> None:
    text = "There are a few ways to store data.\n\nHere are some common use cases:"
    assert quoted_text(_passage(1, "Storage", text), "store data", ()) == "There are a few ways to store data.\n\n…"


SCRIPT = "```python\n" + "\n".join(f"nvblox.layer_{line} = mapping('{line}')" for line in range(30)) + "\n```"
MODULE = "The nvblox module makes maps from stereo cameras while the robot walks."
BUILDS = "```bash\ncolcon build --packages-select my_package\n```"
INSTALLS = "```bash\nsudo apt install python3-colcon-common-extensions  # to build\n```"
SLOW = "The rate of the controller is a matter of the delay that the loop can bear."
FAST = "The balance controller runs at a rate of 500 Hz."
OPTIONS = "What does nvblox do?\nIt draws faces\nIt makes maps of the mapping layer\nSee the chapter on nvblox mapping"


@each_row(
    ("question", "passages", "order"),
    [
        ("pls tell me what nvblox does", [("Launch", SCRIPT), ("Mapping", MODULE)], [2, 1]),
        ("nvblox mapping", [("Launch", SCRIPT), ("Robots", "A robot has a name.")], [1, 2]),
        ("how do i launch nvblox mapping", [("Launch", SCRIPT), ("Mapping", MODULE)], [1, 2]),
        ("how do i build with colcon", [("Install the tools", INSTALLS), ("Build the package", BUILDS)], [2, 1]),
        (
            "which rate supports nvblox",
            [("Rates", "The list of rates is:\n\n| nvblox | 5 Hz |"), ("Mapping", MODULE)],
            [1, 2],
        ),
        ("explain impedance control", [("Admittance control", FAST), ("Impedance control", SLOW)], [2, 1]),
        ("what rate has the balance controller", [("Loops", SLOW), ("Balance", FAST)], [2, 1]),
        ("why has the balance controller a rate", [("Loops", SLOW), ("Balance", FAST)], [1, 2]),
        ("what does nvblox mapping do", [("Part 3 Quiz", OPTIONS), ("Mapping", MODULE)], [2]),
        ("nvblox mapping quiz", [("Part 3 Quiz", OPTIONS), ("Mapping", MODULE)], [1, 2]),
        ("which module makes maps", [("Mapping", MODULE), ("More mapping", f"*{MODULE}*")], [1]),
    ],
)
def test_what_is_asked_for_comes_first_and_is_said_once(
    question: str, passages: list[tuple[str, str]], order: list[int]
) -> None:
    sources = [_passage(number, heading, text) for number, (heading, text) in enumerate(passages, 1)]
    assert [source.number for source, _ in choose(sources, question).quoted] == order


MACHINES = "The suite is split over several machines by this option."
PARTS = "```bash\nrun --shard=1/3\n```"


@each_row(
    ("question", "passages", "order"),
    [
        ("explain impedance control", [("Admittance", FAST, 0.5), ("Impedance control", SLOW, 0.45)], [2, 1]),
        ("explain impedance control", [("Admittance", FAST, 0.5), ("Impedance control", SLOW, 0.4)], [1, 2]),
        ("impedance of the gimbal", [("Kinds", f"{FAST} Impedance of gimbals.", 0.5), ("Gimbal", SLOW, 0.5)], [1, 2]),
        ("explain control types", [("Types", FAST, 0.5), ("Types of control", SLOW, 0.5)], [1, 2]),
        ("how do i build with colcon", [("Tools", INSTALLS, 0.5), ("Build it", BUILDS, 0.4)], [1, 2]),
        ("how do i split the suite", [("--shard", f"{MACHINES}\n\n{PARTS}", 0.5), ("A suite", SLOW, 0.5)], [1, 2]),
    ],
)
def test_a_heading_brings_ahead_what_it_names_if_the_search_found_it_nearly_as_good(
    question: str, passages: list[tuple[str, str, float]], order: list[int]
) -> None:
    sources = [
        replace(_passage(number, heading, text), score=score)
        for number, (heading, text, score) in enumerate(passages, 1)
    ]
    assert [source.number for source, _ in choose(sources, question).quoted] == order


@each_row(
    ("heading", "text", "order"),
    [
        ("Kinds", "A controller has gimbals made of steel.", [2, 1]),
        ("Kinds", "A controller has 6 gimbals.", [1, 2]),
        ("Controllers", "A controller has gimbals made of steel.", [1, 2]),
    ],
)
def test_a_sentence_with_a_number_comes_ahead_if_the_first_passage_is_less_on_what_is_asked(
    heading: str, text: str, order: list[int]
) -> None:
    sources = [_passage(1, heading, text), _passage(2, "Timers", "The timer of a controller has 2 gimbals.")]
    chosen = choose(sources, "how many gimbals has the timer of a controller").quoted
    assert [source.number for source, _ in chosen] == order


def test_the_quotations_behind_the_first_one_are_shorter() -> None:
    text = "\n\n".join(f"Point {number} of many tells what a timer is good for, and for whom." for number in range(40))
    first, second = (
        shown for _, shown in choose([_passage(1, "One", text), _passage(2, "Two", text[::-1])], "timers").quoted
    )
    assert len(second) < len(first) <= 1_000


def test_options_with_letters_are_a_quiz() -> None:
    quiz = "What is a service?\nA) A call with a result\nB) A stream of messages\nC) A file"
    source = _passage(1, "Kinds", f"A service is a call.\n\n{quiz}")
    assert quoted_text(source, "what is a service for", ()) == "A service is a call."
    kinds = "A service has two kinds of calls:\nA) with a result\nB) without one"
    assert quoted_text(_passage(1, "Kinds", kinds), "which kinds has a service", ()) == kinds
