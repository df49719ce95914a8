"""An answer to a message that asks two things quotes each of them, and says which one the book may not answer."""

from dataclasses import replace

from engines.events import COVERED, AskedPart, Retrieved, Source
from engines.synthesis.extractive import AnswerQuery, quote_found, uncertain_opening
from engines.synthesis.fallback_messages import ENGLISH, GERMAN
from engines.understanding.understanding import understand

UNCERTAIN = replace(COVERED, verdict="uncertain")
MESSAGE = "How do I stop after a failing suite, and how do I split the tests over machines?"
SOURCES = tuple(
    Source(number, chunk, f"/cli#{chunk}", "Options", (chunk,), text, 1.0)
    for number, (chunk, text) in enumerate(
        {
            "workers": "The number of machines may be set. The workers run the tests of a suite at once.",
            "shard": "The option shard splits the tests over several machines.",
            "bail": "The option bail makes it stop after so many failing suites.",
        }.items(),
        start=1,
    )
)


def found(second: str = "covered") -> Retrieved:
    """Both questions with their own passages, best first; the search of the message as a whole found another one."""
    first, last = understand(MESSAGE).questions
    verdict = COVERED if second == "covered" else UNCERTAIN
    parts = (
        AskedPart(first.typed, understand(first.searched), COVERED, ("bail", "workers")),
        AskedPart(last.typed, understand(last.searched), verdict, ("shard", "workers")),
    )
    return Retrieved(SOURCES, verdict, understanding=understand(MESSAGE), parts=parts)


def test_the_best_passage_of_each_question_is_quoted_first_in_their_order() -> None:
    quoted = quote_found("", AnswerQuery(MESSAGE), found(), ENGLISH).parts
    assert [source.chunk_id for _, source in quoted] == ["bail", "shard", "workers"]


def test_the_best_passage_of_the_message_is_quoted_first_where_a_question_leans_on_its_rest() -> None:
    both = found()
    leaning = replace(both, parts=(both.parts[0], replace(both.parts[1], leans=True)))
    quoted = quote_found("", AnswerQuery(MESSAGE), leaning, ENGLISH).parts
    assert [source.chunk_id for _, source in quoted] == ["workers", "bail", "shard"]


def test_the_question_that_the_book_may_not_answer_is_named() -> None:
    opening = uncertain_opening(ENGLISH, found("uncertain"))
    assert "“how do I split the tests over machines?”" in opening
    assert "failing suite" not in opening


def test_a_message_of_which_nothing_is_sure_is_uncertain_as_a_whole() -> None:
    both = found("uncertain")
    parts = tuple(replace(part, grounding=UNCERTAIN) for part in both.parts)
    assert uncertain_opening(GERMAN, replace(both, parts=parts)) == GERMAN.uncertain
