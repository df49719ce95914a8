"""Text that is no citation is never touched, marks are found in the forms that models write, wherever the text is cut.

The cases go through the chat and a server with Gemini's wire format, one letter a piece.
"""

import re
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.citations.processor import CitationProcessor
from engines.events import CitationsResolved, Cited, Retrieved, Source, TextDelta, utf16_length
from tests.engines.chat.chat_world import COVERED, World, a_world, resolved_of, text_of
from tests.gemini_server import Reply
from tests.tables import each_row

PASSAGES = tuple(
    Source(number, f"id-{number}", f"https://book.example/docs/p#s{number}", "Page", (f"S{number}",), "Words.", 0.5)
    for number in range(1, 13)
)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(Retrieved(PASSAGES, COVERED)) as made:
        yield made


# Each ends with one real mark or has none; nothing else in it is one.
NO_MARKS = {
    "resolution": "The camera delivers [640, 480] pixels.",
    "small resolution": "The depth sensor delivers [8, 6] cells.",
    "a number with a zero in front": "The joint stays inside [01], and [02, 03] too.",
    "an address in brackets": "Open http://[::1]:8080/docs there.",
    "a scheme": "The address begins with https:// there.",
    "interval": "The value is clipped to [0, 1] before use.",
    "interval of known numbers": "Speeds lie in [1, 3], torques in [2, 5].",
    "closed and open": "The phase is in [0, 1) or in (1, 2].",
    "subscript": "Joint q[0] moves first, then q[1] and q[2].",
    "torques": "The torque tau[3] is larger than tau[2].",
    "greek": "The angle θ[1] equals θ[2].",
    "vector": "The axis is [1, 0, 0].",
    "vectors": "The axes are [1, 2, 3], [2, 3, 1] and [3, 1, 2].",
    "gain": "The gain is K = [10, 2] here.",
    "gain assigned": "With K := [3, 2] the loop is stable.",
    "dice": "A die gives one of [1-6].",
    "joints": "The arm has joints [1-6].",
    "joints listed": "Commands go to the joints [1, 2, 3].",
    "python in prose": "Call print(arr[0], arr[12]) to see both.",
    "python list": "Run x = [1, 2, 3] and then x[1:2].",
    "python loop": "Write for i in [1, 2, 3]: print(i) instead.",
    "python one element": "Use np.array([1]) or np.zeros([3]).",
    "nested": "The matrix [[1, 2], [3, 4]] is invertible.",
    "chained index": "The entry R[1][2] of the rotation is zero.",
    "dictionary": 'Read config["gains"][1] at start.',
    "call result": "The first is get_joints()[1] of the arm.",
    "braces": "In C++ write std::array<int, 1> a{[1]} never.",
    "templates": "A std::vector<double> q(6) holds q[1] to q[6].",
    "comparison": "If x<y and y[1]>2, stop; a<b, c > d.",
    "shell array": "The shell prints ${names[1]} then.",
    "regular expression": "The class [^1]+ matches all but one digit, [1-9] a digit.",
    "topic": "Remap /robot[1]/cmd_vel to /cmd_vel.",
    "ros parameter": "Set rate: [10] in the file.",
    "indented code": "Write this:\n\n    q = [1, 2]\n    print(q[0], [1])\n\nThen run it.",
    "indented code in a list": "- First:\n\n      x[1] = [2]\n\n- Second.",
    "fence": "```python\nq[1] = [2]\n```\nDone.",
    "fence in a quotation": "> ```\n> q [1]\n> ```\n> Done.",
    "formula": "With $x[1] = [2]$ and $$y [1]$$ it holds.",
    "display formula": "$$\na [1]\n+ b [2]\n$$",
    "brackets as formula": "Thus \\(a [1]\\) and \\[b [2]\\] hold.",
    "code span": "The slice `a [1]` and ``b ` [2]`` are code.",
    "code span over lines": "The span `a\nb [1]` is code.",
    "table of vectors": "| q | value |\n|---|---|\n| a | [1] |\n| b | [1, 2] |",
    "task list": "- [ ] calibrate\n- [x] home\n- [1] move",
    "numbered heading": "【1】概述\n\n内容。",
    "chinese interval": "取值区间[1, 2]。",
    "japanese array": "配列[1, 2]を使う。",
    "scale": "Rate the comfort on the scale [1, 5].",
    "equation": "It follows from equation [2] above.",
    "figure": "See Figure [3].",
    "return value": "The function returns [2].",
    "is a list": "The shape is [3].",
    "assignment after": "Then state [1] = 5 holds.",
    "product": "The sum 2 * [1] + [3] is wrong.",
    "arrow": "The map goes to → [1].",
    "unknown": "It is written there [42].",
    "partly unknown": "It is written there [1, 42].",
    "year": "It was published then [2024].",
    "markdown link": "Read [the page](/docs/walking#zmp).",
    "line breaks": "One  \ntwo\\\nthree\r\nfour\r\n\r\nfive",
    "open bracket": "A half-open interval [0, 1",
    "footnote definition": "Text.\n\n[^7]: A note.",
    "listing output": "It prints:\n[1]\n",
    "emphasis": "The **state** x[1], _always_ 2*[1].",
    "safe tags": "| a | b |\n|---|---|\n| x<sub>1</sub><br>y | <kbd>Ctrl</kbd> |",
    "dollar signs": "Set $HOME/$USER and pay $5 or $6.",
    "index of what code names": "`a`[1] is the second of `a`.",
    "abbreviated equation and figure": "See Eq. [2] and Fig. [3].",
    "round": "In round [2] the robot loses, in episode [3] it wins.",
    "value of a joint": "The torque of joint [1] is large.",
    "pixel": "The pixel (u, v) maps to [u, v, 1].",
    "set of vectors": "Let S = {[1], [2]} be the set.",
    "pairs in a list": "- [1, 2]: the first pair\n- [2, 3]: the second",
    "slices": "Use ranges[1:3], ranges[-1] and [1..3] for it.",
    "assignments": "x := [1]; y := [2]",
    "function of vectors": "f([1]) = [2]",
    "wrapped without marks": "```python\nx[1]\n```",
}
MARKED = {
    "plain": ("The ZMP stays inside ⟨1⟩.", "[1]"),
    "after the full stop": ("The ZMP stays inside. ⟨1⟩", "[1]"),
    "at once after the full stop": ("The ZMP stays inside.⟨1⟩ Then it tips.", "[1]"),
    "subscript before": ("The torque tau[3] is larger than tau[2] ⟨1⟩.", "[1]"),
    "the camera": (
        "The camera delivers [640, 480] pixels, clipped to [0, 1], and joint q[0] moves. It lies in the polygon ⟨1⟩.",
        "[1]",
    ),
    "ones after another": ("It stays ⟨1⟩⟨2⟩, or tips ⟨3⟩ ⟨4⟩.", "[{}]"),
    "in parentheses": ("It stays inside (see ⟨1⟩) or tips (⟨2⟩).", "[{}]"),
    "behind code": ("Run `ros2 topic list` ⟨1⟩ and `ls`⟨2⟩.", "[{}]"),
    "behind a formula": ("With $x[1]$ ⟨1⟩ it holds.", "[1]"),
    "behind bold": ("**The ZMP stays inside**⟨1⟩ and *always* ⟨2⟩.", "[{}]"),
    "inside bold": ("**The ZMP stays inside ⟨1⟩**", "[1]"),
    "in a list": ("- One ⟨1⟩\n- Two ⟨2⟩\n\n1. Three ⟨3⟩", "[{}]"),
    "in a table": ("| a | b |\n|---|---|\n| x is one ⟨1⟩ | y<br>z ⟨2⟩ |", "[{}]"),
    "in a quotation": ("> It stays ⟨1⟩\n> inside ⟨2⟩", "[{}]"),
    "in a heading": ("## The ZMP ⟨1⟩\n\nText", "[1]"),
    "a noun with an article": ("It limits the ankle joint ⟨1⟩ and every safety level ⟨2⟩.", "[{}]"),
    "alone in bold": ("The ZMP stays inside **⟨1⟩**.", "[1]"),
    "between dashes": ("It walks — the ZMP stays inside ⟨1⟩ — and tips ⟨2⟩.", "[{}]"),
    "in quotation marks": ("“The ZMP stays inside” ⟨1⟩.", "[1]"),
    "behind a unit": ("It stays below 2 m/s ⟨1⟩ ⟨2⟩.", "[{}]"),
    "full width twice": ("它在里面⟨1⟩⟨2⟩。", "［{}］"),
    "on its own line": ("It stays inside.\n⟨1⟩", "[1]"),
    "chinese": ("零力矩点在支撑多边形内⟨1⟩。零力矩点⟨2⟩是", "[{}]"),
    "urdu": ("صفر لمحے کا نقطہ اندر رہتا ہے ⟨1⟩۔", "[1]"),
    "korean": ("영 모멘트 점은 안에 있다⟨1⟩.", "[1]"),
    "lenticular": ("It stays inside ⟨1⟩.", "【1】"),
    "lenticular with a source": ("It stays inside ⟨1⟩.", "【1†source】"),
    "full width": ("它在里面⟨1⟩。", "［1］"),
    "footnote": ("It stays inside⟨1⟩ and moves ⟨2⟩.", "[^{}]"),
    "named": ("It stays inside⟨1⟩, x[1] too ⟨2⟩.", "[source {}]"),
    "named passage": ("It stays inside ⟨1⟩.", "[Passage 1]"),
    "named with a capital": ("It stays inside ⟨1⟩.", "[Source: 1]"),
    "comma at the end": ("It stays inside ⟨1⟩.", "[1,]"),
    "escaped": ("It stays inside ⟨1⟩.", "\\[1\\]"),
    "linked": ("It stays inside ⟨1⟩.", "[1](https://evil.example)"),
    "with a word in parentheses": ("It stays inside ⟨1⟩(approximately) always.", "[1]"),
    "open double dollar": ("It costs $$ and more ⟨1⟩.\n\nThen ⟨2⟩.", "[{}]"),
    "open display formula": ("$$\nx = 1\n\nIt stays ⟨1⟩.", "[1]"),
    "code span of three ticks": ("```ros2 topic list``` shows them ⟨1⟩.\n\nIt stays ⟨2⟩.", "[{}]"),
    "carriage returns": ("```python\r\nx[1]\r\n```\r\n\r\nIt stays ⟨1⟩.\r\n\r\nAnd ⟨2⟩.\r\n", "[{}]"),
    "indented code before": ("Do:\n\n    x = [1]\n\nIt stays ⟨1⟩.", "[1]"),
    "fence in a list": ("- Do:\n  ```\n  x [1]\n  ```\n  then ⟨1⟩\n- Next ⟨2⟩", "[{}]"),
    "fence that the item's end closes": ("- ```\n  x [1]\n\nIt stays ⟨1⟩.", "[1]"),
    "open accent": ("A lone ` here ⟨1⟩\n\nand more ⟨2⟩.", "[{}]"),
    "shown in": ("As shown in ⟨1⟩, it stays; according to ⟨2⟩, it tips.", "[{}]"),
}
SEVERAL = {
    "comma": "[1, 2]",
    "no space": "[1,2]",
    "semicolon": "[1; 2]",
    "range": "[1-2]",
    "space": "[1 2]",
    "named": "[Passage 1, passage 2]",
    "named together": "[sources 1 and 2]",
    "lenticular": "【1、2】",
}


async def ask(world: World, text: str) -> tuple[str, CitationsResolved, list[Cited]]:
    """The streamed text, the end and the citations of an answer that comes letter by letter."""
    world.server.script(Reply(chunks=tuple(text)))
    events = await world.ask("What is it?")
    return text_of(events), resolved_of(events), [event for event in events if isinstance(event, Cited)]


def process(*pieces: str, sources: Sequence[Source] = PASSAGES) -> tuple[str, CitationsResolved, list[Cited]]:
    processor = CitationProcessor(sources)
    events = [event for text in pieces for event in processor.feed(text)] + list(processor.end())
    shown = "".join(event.text for event in events if isinstance(event, TextDelta))
    return shown, processor.resolved(), [event for event in events if isinstance(event, Cited)]


@pytest.mark.parametrize("name", NO_MARKS)
async def test_text_that_is_no_citation_is_never_touched(world: World, name: str) -> None:
    text = NO_MARKS[name]
    shown, resolved, cited = await ask(world, text)
    assert shown == text
    assert resolved.text == text.rstrip()
    assert (cited, resolved.marks) == ([], ())
    for cut in range(1, len(text)):
        assert process(text[:cut], text[cut:])[0] == text


@pytest.mark.parametrize("name", MARKED)
async def test_marks_are_found_and_the_rest_stays_to_the_letter(world: World, name: str) -> None:
    pattern, form = MARKED[name]
    written = re.sub("⟨(.)⟩", lambda found: form.replace("{}", found[1]).replace("1", found[1], 1), pattern)
    expected = re.sub("⟨(.)⟩", r"[\1]", pattern)
    numbers = [int(number) for number in re.findall("⟨(.)⟩", pattern)]
    shown, resolved, cited = await ask(world, written)
    assert shown == expected
    assert resolved.text == expected.rstrip()
    assert [event.number for event in cited] == numbers
    assert [shown[event.at : event.at + 3] for event in cited] == [f"[{number}]" for number in numbers]
    assert [mark.number for mark in resolved.marks] == numbers
    for cut in range(1, len(written)):
        assert process(written[:cut], written[cut:])[0] == expected


@pytest.mark.parametrize("name", SEVERAL)
async def test_marks_of_several_numbers_stand_for_each(world: World, name: str) -> None:
    shown, _, cited = await ask(world, f"The ZMP stays inside {SEVERAL[name]}. It tips {SEVERAL[name]} and falls.")
    assert shown == "The ZMP stays inside [1][2]. It tips [1][2] and falls."
    assert [event.number for event in cited] == [1, 2, 1, 2]


async def test_a_list_of_sources_at_the_end_keeps_to_the_final_numbers(world: World) -> None:
    _, resolved, cited = await ask(
        world, "It tips [5]. It stays [3].\n\nSources:\n[3] Walking\n[5] Balance\n[7] ROS 2\n"
    )
    assert resolved.text == "It tips [1]. It stays [2].\n\nSources:\n[2] Walking\n[1] Balance\n[7] ROS 2"
    assert len(cited) == 2 + 2


async def test_an_answer_inside_a_fence_of_markdown_is_read_and_stored_without_it(world: World) -> None:
    inside = "The ZMP stays [1].\n\n```python\nx [1]\n```\n\nIt tips [2]."
    written = f"```markdown\n{inside}\n```\n"
    shown, resolved, cited = await ask(world, written)
    assert shown.rstrip() == inside
    assert [event.number for event in cited] == [1, 2]
    assert [shown[event.at : event.at + 3] for event in cited] == ["[1]", "[2]"]
    assert resolved.text == inside
    assert [resolved.text[mark.at : mark.at + 3] for mark in resolved.marks] == ["[1]", "[2]"]


# What is shown of an answer that begins with a fence of Markdown; None: it is an example, and stays as it came.
WRAPPED: dict[str, tuple[str, str | None]] = {
    "cites": ("```markdown\nIt stays [1].\n```", "It stays [1].\n"),
    "cites in the form that is asked for": ("```md\nIt stays [source 1].\n```\n", "It stays [1].\n"),
    "tildes": ("~~~markdown\nIt stays [1].\n~~~", "It stays [1].\n"),
    "around another fence": (
        "````markdown\nIt stays [1].\n\n```py\nx[1]\n```\n````",
        "It stays [1].\n\n```py\nx[1]\n```\n",
    ),
    "blank lines before": ("\n\n```markdown\nIt stays [1].\n```", "It stays [1].\n"),
    "without a citation": ("```markdown\nThe passages do not say.\n```\n\n", "The passages do not say.\n\n"),
    "never closed": ("```markdown\nIt stays [1].\n\nAnd tips", "It stays [1].\n\nAnd tips"),
    "a remark behind it": ("```markdown\nIt stays [1].\n```\n\nAsk me more.", "It stays [1].\n\nAsk me more."),
    "a list inside": ("```markdown\n- It stays [1]\n- It tips [2]\n```", "- It stays [1]\n- It tips [2]\n"),
    "carriage returns": ("```markdown\r\nIt stays [1].\r\n```\r\n", "It stays [1].\r\n"),
    "an example with text behind it": ("```markdown\n| a |\n|---|\n```\n\nThis is a table [1].", None),
    "a long example": ("```markdown\n" + "A line of a README.\n" * 40 + "```\n", None),
    "an example with a link": ("```markdown\n[1](/docs)\n```\n\nThis is a link [1].", None),
    "an example with a subscript": ("```markdown\nThe x[1] of it.\n```\n\nSo it is written.", None),
    "another language": ("```python\nx[1]\n```", None),
    "text before it": ("So:\n\n```markdown\nIt stays [1].\n```", None),
    "in a list": ("- ```markdown\n  It stays [1].\n  ```", None),
}


@pytest.mark.parametrize("name", WRAPPED)
async def test_the_stream_and_the_final_text_agree_on_a_fence_of_markdown(world: World, name: str) -> None:
    text, expected = WRAPPED[name]
    shown, resolved, _ = await ask(world, text)
    assert shown == (text if expected is None else expected)
    assert resolved.text == shown.rstrip()
    for cut in range(1, len(text)):
        assert process(text[:cut], text[cut:])[0].lstrip("\n") == shown


BOOK = (
    "The planner emits waypoints for each footstep, and the controller follows them with the torque limits.",
    "The zero moment point stays inside the support polygon of the stance foot while the robot walks.",
    "A gripper stores the force profile [2, 3] in its memory, and the calibration writes register [3] at the end.",
)
SAYING = tuple(
    Source(number, f"id-{number}", f"https://book.example/docs/p#s{number}", "Walking", (f"Part {number}",), text, 0.5)
    for number, text in enumerate(BOOK, start=1)
)
# Brackets that by their place may be a mark or a value, and whether the passages speak for a mark.
DOUBTFUL = {
    "a value that a verb without an object gives": ("The planner emits [1, 2].", False),
    "the same at the end of a clause": ("The encoder then reports [1, 2], and the loop goes on.", False),
    "another verb": ("Every call of the solver yields [2, 3].", False),
    "one number": ("The counter shows [3].", False),
    "one number that is not of the passage": ("The queue keeps [1].", False),
    "a clause without a word of the passages": (
        "The colour of the housing of the drive follows the norm [1, 3].",
        False,
    ),
    "quoted from the book": ("The gripper stores the force profile [2, 3].", False),
    "one number quoted from the book": ("It writes register [3].", False),
    "a product": ("The mass is 2 m[1].", False),
    "a statement of both passages": (
        "The planner emits waypoints while the zero moment point stays inside the support polygon [1, 2].",
        True,
    ),
    "a statement of one passage": ("The zero moment point stays inside the support polygon [2].", True),
    "a short statement of its passage": ("The planner emits waypoints [1].", True),
    "behind the full stop": ("The zero moment point stays inside. [1, 2]", True),
    "a range of passages": (
        "The controller follows the waypoints with its torque limits while the robot walks on its stance foot [1-2].",
        True,
    ),
    "another language": ("Der Nullmomentpunkt bleibt innerhalb der Fläche, auf der der Roboter steht [1, 2].", True),
    "a unit": ("The planner emits waypoints every 20 ms[1][2].", True),
    "a unit at the end": ("The controller follows the waypoints within 10–100 ms[1], and walks.", True),
}


@each_row("name", DOUBTFUL)
def test_the_passages_decide_where_a_bracket_may_be_a_value(name: str) -> None:
    text, cites = DOUBTFUL[name]
    for pieces in ((text,), tuple(text)):
        shown, resolved, cited = process(*pieces, sources=SAYING)
        assert bool(cited) is cites
        if not cites:
            assert shown == resolved.text == text


def test_beside_marks_as_the_prompt_asks_for_them_a_doubtful_bracket_is_a_value() -> None:
    text = "The zero moment point stays inside the support polygon [source 2]. The planner emits waypoints [1, 2]."
    shown, _, cited = process(*text, sources=SAYING)
    assert shown == text.replace("source ", "")
    assert [event.number for event in cited] == [2]


FOOTNOTES = {
    "beside a mark": ("It stays inside[^1] [2].\n\n[^1]: With the command `x`.", [2]),
    "beside a mark in the form that is asked for": ("It tips [source 2]. It stays inside[^1].\n\n[^1]: Mostly.", [2]),
    "defined at the end": ("It stays inside[^1]. It tips[^2].\n\n[^1]: Mostly.\n[^2]: On ice.", []),
    "one of them defined": ("It stays inside[^1]. It tips[^2].\n\n[^1]: Mostly.", [2]),
    "defined as passages": ("It stays inside[^1].\n\n[^1]: Passage 1, Walking.", [1]),
    "never defined": ("It stays inside[^1] and tips [^2].", [1, 2]),
}


@each_row("name", FOOTNOTES)
def test_a_footnote_that_the_answer_defines_is_no_citation(name: str) -> None:
    text, numbers = FOOTNOTES[name]
    for pieces in ((text,), tuple(text)):
        shown, resolved, cited = process(*pieces, sources=SAYING)
        assert [event.number for event in cited] == numbers
        assert all(shown[event.at : event.at + 3] == f"[{event.number}]" for event in cited)
        assert [citation.source.number for citation in resolved.cited] == numbers
        assert len(resolved.marks) == len(numbers)
        assert all(resolved.text[mark.at : mark.at + 3] == f"[{mark.number}]" for mark in resolved.marks)
        if not numbers:
            assert shown == resolved.text == text
        assert list(re.findall(r"\[\^\d\]", shown)) == re.findall(r"\[\^\d\]", resolved.text)


async def test_a_footnote_leaves_in_the_stream_as_it_came(world: World) -> None:
    text = "It stays inside[^2], and moves.\n\nThe gait is slow.\n\n[^2]: Mostly, on even ground.\n"
    shown, resolved, cited = await ask(world, text)
    assert shown == text
    assert resolved.text == text.rstrip()
    assert cited == []


LINKED = {
    "a link called by a number": ("See [the page](/docs) and [2](/docs/two) for how to install it.", []),
    "a link of the model's own behind a statement": (
        "The zero moment point stays inside the support polygon [2](/docs/two) of the foot.",
        [],
    ),
    "the same with the whole address": (
        "The zero moment point stays inside the support polygon [2](https://book.example/docs/two).",
        [],
    ),
    "a link that leads on": ("See [1](/docs/two).", []),
    "a mark that is linked": ("The zero moment point stays inside the support polygon [2](https://x.example/a).", [2]),
}


@each_row("name", LINKED)
def test_a_linked_number_is_a_mark_where_the_passages_say_so(name: str) -> None:
    text, numbers = LINKED[name]
    shown, _, cited = process(*text, sources=SAYING)
    assert [event.number for event in cited] == numbers
    assert shown == (text if not numbers else text.replace("(https://x.example/a)", ""))


@pytest.mark.parametrize("address", ["/docs/p", "/docs/p#s2", "https://book.example/docs/p#s2", "/docs/p/"])
def test_a_number_that_is_linked_to_the_page_of_its_passage_is_a_mark(address: str) -> None:
    said = "The zero moment point stays inside the support polygon "
    shown, _, cited = process(*f"{said}[2]({address}).", sources=SAYING)
    assert [event.number for event in cited] == [2]
    assert shown == f"{said}[2]."


async def test_places_of_marks_are_counted_as_javascript_counts(world: World) -> None:
    shown, resolved, cited = await ask(world, "A 🤖 stays [2]. A 🦾 moves [1].")
    units = shown.encode("utf-16-le")
    assert [units[2 * event.at : 2 * event.at + 6].decode("utf-16-le") for event in cited] == ["[2]", "[1]"]
    assert [(mark.at, mark.number) for mark in resolved.marks] == [(cited[0].at, 1), (cited[1].at, 2)]
    assert utf16_length("🤖") == 2


WORDS = [
    "The arm",
    "q",
    "tau",
    "is",
    "in",
    "moves",
    "K =",
    "(see",
    ")",
    "x<y",
    "std::vector<int>",
    "零力矩点",
    "ہے",
    "3.5 m",
]
SIGNS = [
    " ",
    "\n",
    "\n\n",
    "- ",
    "> ",
    "    ",
    ". ",
    ", ",
    ": ",
    "|",
    "*",
    "**",
    "`",
    "```",
    "$",
    "$$",
    "\\",
    "#",
    "\r\n",
    "~~~",
]
BRACKETS = [
    "[0]",
    "[0, 1]",
    "[640, 480]",
    "[",
    "]",
    "[x]",
    "[i+1]",
    "[a, b]",
    "[13]",
    "[0-6]",
    "(",
    "【0】",
    "[^0]",
    "[1, 42]",
]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(WORDS + SIGNS + BRACKETS), max_size=20), st.integers(1, 7))
def test_an_answer_without_marks_leaves_exactly_as_it_came(parts: list[str], size: int) -> None:
    text = "".join(parts)
    shown, resolved, cited = process(*(text[start : start + size] for start in range(0, len(text), size)))
    assert cited == []
    assert shown == text
    assert resolved.text == text.rstrip()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([*WORDS, *SIGNS, *BRACKETS, " [1]", " [2]", "[source 3]", "[1]"]), max_size=20),
    st.integers(1, 7),
)
def test_deleting_the_marks_of_an_answer_leaves_the_rest_to_the_letter(parts: list[str], size: int) -> None:
    text = "".join(parts)
    shown, resolved, cited = process(*(text[start : start + size] for start in range(0, len(text), size)))
    rest, end = "", 0
    for event in cited:
        assert shown[event.at : event.at + 3] == f"[{event.number}]"
        rest, end = rest + shown[end : event.at], event.at + 3
    rest += shown[end:]
    assert without_marks(text) == without_marks(rest)
    assert without_marks(resolved.text) == without_marks(shown.rstrip())


def without_marks(text: str) -> str:
    """The text without anything that may be one of the marks above."""
    return re.sub(r"\[(?:source )?[1-3]\]", "", text)
