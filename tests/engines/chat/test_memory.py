"""Which earlier turns a prompt holds, over lengths of turns and budgets."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engines.events import Turn
from engines.prompts import TokenGauge, estimate_tokens, shortened, turns_that_fit

WORDS = {"latin": "word ", "urdu": "توازن کا نقطہ ", "emoji": "🤖", "code": "x=1;"}
LENGTHS = st.one_of(st.integers(1, 200), st.integers(200, 9_000), st.just(7_500))
TEXTS = st.builds(
    lambda start, kind, length: (start + kind * length)[: max(length, 1)],
    st.sampled_from(["", "Why? ", "میں ", "1. "]),
    st.sampled_from(list(WORDS.values())),
    LENGTHS,
)
BUDGETS = st.one_of(st.integers(500, 800), st.integers(500, 20_000))


def conversation(texts: list[str]) -> list[Turn]:
    """Questions and answers in turn, each marked at both ends."""
    return [Turn("user" if n % 2 == 0 else "assistant", f"<{n}>{text}</{n}>") for n, text in enumerate(texts)]


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, min_size=2, max_size=12).filter(lambda texts: len(texts) % 2 == 0), BUDGETS, st.floats(0.5, 3.0))
def test_both_newest_turns_are_kept_within_every_budget(texts: list[str], budget: int, ratio: float) -> None:
    turns = conversation(texts)

    def count(text: str) -> int:
        return round(estimate_tokens(text) * ratio)

    kept = turns_that_fit(turns, budget, count)
    assert sum(count(turn.content) for turn in kept) <= budget
    assert kept[0].role == "user"
    assert [turn.role for turn in kept] == [turn.role for turn in turns[-len(kept) :]]
    for kept_turn, turn in zip(kept[-2:], turns[-2:], strict=True):
        number = turns.index(turn)
        assert kept_turn.content.startswith(f"<{number}>")
        assert kept_turn.content.endswith(f"</{number}>")
    if sum(count(turn.content) for turn in turns[-2:]) <= budget:
        assert kept[-2:] == tuple(turns[-2:])  # nothing is cut that fits


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(0, 3_000))
def test_a_shortened_text_is_within_its_limit(text: str, limit: int) -> None:
    short = shortened(text, limit, estimate_tokens)
    assert short == text or "[…]" in short or short == ""
    assert short == "" or estimate_tokens(short) <= limit


def test_a_question_and_an_answer_of_7500_characters_do_not_empty_the_memory() -> None:
    turns = [Turn("user", "What is the ZMP? " + "q" * 7_500), Turn("assistant", "a" * 7_500 + " It is a point.")]
    kept = turns_that_fit(turns, 500, TokenGauge().count)
    assert [turn.role for turn in kept] == ["user", "assistant"]
    assert kept[0].content.startswith("What is the ZMP?")
    assert kept[1].content.endswith("It is a point.")


def test_a_short_turn_leaves_its_share_to_the_long_one() -> None:
    turns = [Turn("user", "Why?"), Turn("assistant", "a" * 20_000)]
    question, answer = turns_that_fit(turns, 1000, estimate_tokens)
    assert question == turns[0]
    assert estimate_tokens(answer.content) > 950


def test_a_question_without_an_answer_keeps_the_exchange_before_it() -> None:
    turns = [Turn("user", "One? " * 900), Turn("assistant", "Yes. " * 900), Turn("user", "Two? " * 900)]
    kept = turns_that_fit(turns, 600, estimate_tokens)
    assert [turn.content[:3] for turn in kept] == ["One", "Yes", "Two"]


def test_no_budget_keeps_nothing() -> None:
    assert turns_that_fit(conversation(["a", "b"]), 0, estimate_tokens) == ()
