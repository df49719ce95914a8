"""The chat's small parts, each alone: breaker, events of a stream, follow-ups, memory, tokens, quotations, settings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from llama_index.core.schema import NodeWithScore, TextNode

from engines.chat.condense import in_context
from engines.chat.engine import TurnMemory
from engines.chat.standalone_question import usable
from engines.citations.answer_blocks import sentences
from engines.events import Question, Retrieved, Searched, Turn
from engines.gemini.llm import CircuitBreaker
from engines.gemini.transport import EventReader, error_for_status
from engines.prompts import TokenBudget, TokenGauge, estimate_tokens, turns_about, turns_that_fit
from engines.settings import EngineSettings
from engines.synthesis.extractive import not_covered, quote_passages
from engines.synthesis.fallback_messages import ENGLISH, FRENCH, GERMAN, SPANISH, URDU, Notices, notices_for
from storage.environment import read_settings
from storage.errors import ConfigurationError
from tests.engines.chat.chat_world import NOT_COVERED, SOURCES, ZMP
from tests.tables import each_row

PAST = (Turn("user", "How does impedance control work?"), Turn("assistant", "Like a spring [1]."))


class Clock:
    """Time that stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_try_after_its_rest() -> None:
    clock = Clock()
    breaker = CircuitBreaker(3, 30, clock)
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(3):
        assert breaker.try_acquire()
        breaker.failed()
    assert not breaker.try_acquire()
    assert breaker.retry_after_seconds == 30
    clock.now += 31
    assert breaker.try_acquire()
    assert not breaker.try_acquire(), "while one tries, the others are spared"
    assert breaker.retry_after_seconds == 30
    breaker.succeeded()
    assert breaker.try_acquire()
    assert breaker.retry_after_seconds == 0


@each_row("size", [1, 2, 3, 7, 100])
def test_events_are_read_however_their_bytes_are_cut(size: int) -> None:
    stream = (
        'data: {"a": "é"}\r\n\r\n: comment\n\ndata: 1\ndata: 2\n\nevent: x\ndata:3\n\n[{\n"error": 1\n}]\n\ndata: last'
    )
    reader = EventReader()
    content = stream.encode()
    found = [data for start in range(0, len(content), size) for data in reader.feed(content[start : start + size])]
    expected = ['{"a": "é"}', "1\n2", "3", '[{\n"error": 1\n}]', "last"]
    assert [data.decode() for data in found + reader.end()] == expected


def test_a_line_without_an_end_is_given_up() -> None:
    reader = EventReader()
    with pytest.raises(ValueError, match="a line of more than"):
        reader.feed(b"data: " + b"x" * 9_000_000)


@pytest.mark.parametrize("question", ["and why?", "in Python?", "the second one", "What about its limits in practice?"])
def test_a_follow_up_that_leans_on_the_question_before_it_is_joined_to_it(question: str) -> None:
    asked = in_context(question, PAST)
    assert asked.query_str == f"How does impedance control work?\n{question}"
    by_itself = [] if question in ("and why?", "the second one") else [question]  # whose words say nothing alone
    assert asked.embedding_strs == [asked.query_str, *by_itself]


@pytest.mark.parametrize("question", ["How do ROS 2 nodes find each other?", "Which sensors measure joint torque?"])
def test_a_new_topic_is_not_bent_to_the_old_one(question: str) -> None:
    assert in_context(question, PAST).query_str == question
    assert in_context(question, ()).custom_embedding_strs is None


def test_a_condensed_question_is_one_line_or_none() -> None:
    assert usable(' "Why is\nthat?" ', "why?", PAST) == "Why is that?"
    assert usable("  ", "why?", PAST) is None
    assert usable("word " * 200, "why?", PAST) is None


def test_the_newest_turns_are_kept_from_a_question_on() -> None:
    turns = tuple(Turn("user" if n % 2 == 0 else "assistant", f"{n} " + "x" * 38) for n in range(10))
    kept = turns_that_fit(turns, 55, lambda text: len(text) // 4)
    assert [turn.content[0] for turn in kept] == ["6", "7", "8", "9"]
    assert turns_that_fit(turns, 0, len) == ()


def test_a_turn_that_is_too_long_is_cut_in_its_middle() -> None:
    (kept,) = turns_that_fit((Turn("user", "begin" + "x" * 1000 + "end"),), 100, len)
    assert kept.content.startswith("begin")
    assert kept.content.endswith("end")
    assert len(kept.content) < 100


def test_without_a_selection_every_turn_counts() -> None:
    history = (*PAST, Turn("user", "This?", selected_text="text"), Turn("assistant", "  "))
    assert turns_about(Question("and why?", history)) == history[:3]


def test_at_least_one_passage_fits() -> None:
    nodes = [NodeWithScore(node=TextNode(text=source.text)) for source in SOURCES]
    assert TokenBudget(budget=1, count=len).postprocess_nodes(nodes) == nodes[:1]
    both = len(nodes[0].text) + len(nodes[1].text)
    assert TokenBudget(budget=both, count=len).postprocess_nodes(nodes) == nodes[:2]
    assert TokenBudget(budget=1, count=len).postprocess_nodes([]) == []


async def test_the_memory_of_one_request_is_its_own() -> None:
    memory, other = TurnMemory.from_turns(PAST), TurnMemory.from_defaults()
    assert [message.content for message in await memory.aget()] == [turn.content for turn in PAST]
    assert other.get_all() == []
    memory.put(memory.get()[0])
    assert len(memory.get_all()) == 3
    memory.reset()
    assert memory.get() == []


def test_tokens_are_estimated_by_script_and_corrected_by_what_is_reported() -> None:
    assert 20 <= estimate_tokens("word " * 20) <= 30
    assert estimate_tokens("حرکت " * 20) > estimate_tokens("word " * 20)
    gauge = TokenGauge()
    for _ in range(30):
        gauge.learn(1000, 1500)
    assert gauge.ratio == pytest.approx(1.5, abs=0.01)
    gauge.learn(1000, None)
    gauge.learn(10, 1000)
    gauge.learn(1000, 1_000_000)
    assert gauge.ratio < 2


def test_a_quotation_keeps_code_whole_and_drops_links() -> None:
    code = "```python\nx = [1]\n\n\ny = 2\n```"
    source = replace(ZMP, text=f"See [here](./other.md).\n\n{code}\n\n" + "more " * 300)
    text = "".join(quote_passages(ENGLISH.no_model, [source]).pieces())
    assert "> See here." in text
    assert "> ```python\n> x = [1]\n>\n>\n> y = 2\n> ```" in text
    assert "…" in text
    assert "other.md" not in text


LEAD_INS = [
    "Beyond the core framework, ROS 2 includes:",
    "This chapter has five parts\uff1a",
    "**Follow the complete installation:**",
    "On every robot there are, as\nthe picture shows:",
]


@pytest.mark.parametrize("lead_in", LEAD_INS)
def test_a_lead_in_is_not_quoted_alone(lead_in: str) -> None:
    alone = replace(ZMP, text=lead_in)
    told = [replace(ZMP, number=number, text=f"Fact {number}.") for number in (2, 3, 4)]
    text = "".join(quote_passages(ENGLISH.no_model, [alone, *told]).pieces())
    assert lead_in.splitlines()[0] not in text
    assert all(f"> Fact {number}." in text for number in (2, 3, 4))
    assert f"> {lead_in.splitlines()[0]}" in "".join(quote_passages(ENGLISH.no_model, [alone]).pieces())


@pytest.mark.parametrize("lead_in", LEAD_INS)
def test_a_lead_in_is_quoted_with_the_block_behind_it_however_long(lead_in: str) -> None:
    code = "```bash\n" + "ros2 run demo talker\n" * 60 + "```"
    text = "".join(quote_passages(ENGLISH.no_model, [replace(ZMP, text=f"{lead_in}\n\n{code}\n\nMore.")]).pieces())
    assert text.count("> ros2 run demo talker") == 60
    assert "More." not in text


def test_a_line_that_is_no_sentence_stands_out_in_a_quotation() -> None:
    lone = "Why it cannot leave\n\nIt is an average.\n\nTwo footprints as seen from above and a band around them"
    text = "".join(quote_passages(ENGLISH.no_model, [replace(ZMP, text=lone)]).pieces())
    assert "> **Why it cannot leave**\n" in text
    assert "> It is an average.\n" in text
    assert "> *Two footprints as seen from above and a band around them*\n" in text


@pytest.mark.parametrize(
    "text",
    [
        "$$\na = 1\n$$\n\nwhere a is the mass\n\n$$\nb = 2\n$$",
        "The torque is given by\n\n$$\na = 1\n$$",
        "$$\na = 1\n$$\n\nso that nothing moves",
        "$$a = 1$$\n\nand the force is\n\n$$b = 2$$",
    ],
)
def test_a_sentence_that_a_formula_interrupts_does_not_stand_out(text: str) -> None:
    quoted = "".join(quote_passages(ENGLISH.no_model, [replace(ZMP, text=text)]).pieces())
    assert "*" not in quoted.removeprefix(ENGLISH.no_model)


def test_a_section_that_nothing_speaks_for_is_not_offered() -> None:
    far = replace(ZMP, number=2, url="/docs/far", title="Far away", related=False)
    assert "Far away" not in "".join(not_covered(ENGLISH, Retrieved((ZMP, far), NOT_COVERED)).pieces())


def test_the_nearest_sections_are_named_once_each() -> None:
    twice = (ZMP, replace(ZMP, number=2, chunk_id="id-zmp-2"))
    text = "".join(not_covered(ENGLISH, Retrieved(twice, NOT_COVERED)).pieces())
    assert text.count("Zero moment point") == 1
    assert (
        "".join(not_covered(ENGLISH, Retrieved((), NOT_COVERED)).pieces())
        == "The book does not seem to cover this question, so there is no answer from it."
    )


@pytest.mark.parametrize(
    ("searched", "begins", "ends"),
    [
        (Searched("page"), "This page does not seem to cover", "The rest of the book was not searched."),
        (Searched("chapter"), "This chapter does not seem to cover", "The rest of the book was not searched."),
        (Searched("edition", "ur, 1.0"), "This edition of the book (ur, 1.0) does not", "editions were not searched."),
    ],
)
def test_a_refusal_speaks_of_what_was_searched_alone(searched: Searched, begins: str, ends: str) -> None:
    said = not_covered(ENGLISH, Retrieved((ZMP,), NOT_COVERED, searched)).opening.split("\n")[0]
    assert said.startswith(begins)
    assert said.endswith(ends)


@each_row("notices", [ENGLISH, FRENCH, GERMAN, SPANISH, URDU])
def test_every_language_tells_the_parts_of_a_book_apart(notices: Notices) -> None:
    parts = (Searched(), Searched("page"), Searched("chapter"), Searched("edition", "v1"))
    said = [notices.not_covered_in(part) for part in parts]
    assert len(set(said)) == len(parts)
    assert "(v1)" in said[-1]


def test_sentences_end_where_a_reader_sees_them_end() -> None:
    text = "The gains, e.g. K = 2.5, matter. See Fig. 3! یہ ایک جملہ ہے۔ دوسرا؟\n\n- one item\n- another"
    assert sentences(text) == [
        "The gains, e.g. K = 2.5, matter.",
        "See Fig. 3!",
        "یہ ایک جملہ ہے۔",
        "دوسرا؟",
        "- one item",
        "- another",
    ]


def test_numbers_of_list_items_and_headings_are_no_sentences_of_their_own() -> None:
    text = "## What it is\nThe arm is 3 m. Then:\n1. Lift it. Slowly.\n2. Lower it.\n\n### Step 3. Rest\nWait."
    assert sentences(text) == [
        "## What it is",
        "The arm is 3 m.",
        "Then:",
        "1. Lift it.",
        "Slowly.",
        "2. Lower it.",
        "### Step 3. Rest",
        "Wait.",
    ]


def test_the_header_says_when_to_come_back_where_the_body_does_not() -> None:
    assert error_for_status(429, None, "12").retry_after_seconds == 12
    assert error_for_status(503, "<html>", "Wed, 21 Oct 2015 07:28:00 GMT").retry_after_seconds is None
    soon = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    assert 7_100 < (error_for_status(429, None, soon).retry_after_seconds or 0) <= 7_200


@each_row("delay", ["-1s", "1e999s", "9" * 400 + "s", "NaN", "", None, {"seconds": 2}])
def test_a_delay_that_is_none_is_left_aside(delay: object) -> None:
    body = {"error": {"code": 429, "details": [{"@type": "RetryInfo", "retryDelay": delay}]}}
    assert error_for_status(429, body, "3").retry_after_seconds == 3


@each_row(
    ("status", "code"),
    [(408, "model_unavailable"), (400, "model_request_rejected"), (404, "model_request_rejected")]
    + [(status, "model_unavailable") for status in (500, 501, 502, 503, 504, 520, 522, 524, 529, 530)],
)
def test_a_failure_of_the_server_or_of_a_proxy_before_it_is_one_that_passes(status: int, code: str) -> None:
    assert error_for_status(status, "<html>").code == code


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GEMINI_BASE_URL", "localhost:9"),
        ("TOP_K", "0"),
        ("GEMINI_MAX_TOKENS", "many"),
        ("GEMINI_STALL_TIMEOUT_SECONDS", "-1"),
    ],
)
def test_a_wrong_setting_fails_and_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name):
        read_settings(EngineSettings)


def test_link_hosts_are_read_as_a_list() -> None:
    assert EngineSettings(answer_link_hosts=" Docs.ROS.org, ,github.com ").link_hosts == {"docs.ros.org", "github.com"}


@each_row(
    ("question", "locale", "expected"),
    [
        ("What is the ZMP?", None, ENGLISH),
        ("What is the ZMP?", "de", ENGLISH),
        ("ZMP کیا ہے اور یہ کیوں اہم ہے؟", "en", URDU),
        ("Warum muss der ZMP innen bleiben?", "en", GERMAN),
        ("Pourquoi le ZMP est-il important ?", None, FRENCH),
        ("¿Qué es el ZMP?", None, SPANISH),
        ("ZMP", "de-CH", GERMAN),
        ("when was ROS 2 released?", None, ENGLISH),
        ("who was Honda ASIMO", None, ENGLISH),
        ("was it hard", "en", ENGLISH),
        ("Was ist ROS 2?", "en", GERMAN),
        ("was kostet das", "en", GERMAN),
        ("Was bedeutet ZMP", "en", GERMAN),
        ("mera test lo is page se", None, ENGLISH),
        ("¿y en Vue?", None, SPANISH),
        ("asaan lafzon mein samjhao", "ur", URDU),
        ("零力矩点", "zh", ENGLISH),
        ("", None, ENGLISH),
    ],
)
def test_the_service_speaks_the_language_of_the_question(question: str, locale: str | None, expected: Notices) -> None:
    assert notices_for(question, locale) is expected
