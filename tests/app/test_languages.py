"""Questions in another language than the book: put into its language by the condense step, and only then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.serving import Served, ask, copied, serving

QUESTION = "Why can the zero moment point not leave the support polygon?"
IN_OTHER_LANGUAGES = [
    "زیرو مومنٹ پوائنٹ سپورٹ پولیگون سے باہر کیوں نہیں جا سکتا؟",
    "zero moment point support polygon se bahar kyun nahi ja sakta hai?",
    "Warum kann der Nullmomentpunkt die Stützfläche nicht verlassen, und was ist das?",
    "¿Por qué el punto de momento cero no puede salir de la base y cómo se explica?",
    "为什么零力矩点不能离开支撑多边形？",
]


gemini = gemini_fixture(Reply(chunks=("The ground only pushes [source 1].",)), condense=QUESTION, scope="function")


@pytest.fixture
def served(small_index: Path, tmp_path: Path, gemini: GeminiServer) -> Iterator[Served]:
    with serving(copied(small_index, tmp_path), gemini_url=gemini.url) as running:
        yield running


def test_a_question_in_another_language_is_searched_in_the_books(served: Served, gemini: GeminiServer) -> None:
    for number, question in enumerate(IN_OTHER_LANGUAGES, 1):
        answer = ask(served.url, question)
        assert answer["verdict"] in ("covered", "uncertain")
        assert answer["sources"][0]["url"].endswith("/docs/balance/zmp#inside")
        assert len(gemini.condensations) == number
        assert "in English" in gemini.condensations[-1].everything
        assert question in gemini.streams[-1].texts[-1][1]  # the answer is to the reader's own words


def test_a_first_question_in_the_books_language_costs_no_call(served: Served, gemini: GeminiServer) -> None:
    assert ask(served.url, QUESTION)["grounded"] is True
    assert gemini.condensations == []


def test_a_translation_that_fails_leaves_the_question_uncertain(served: Served, gemini: GeminiServer) -> None:
    gemini.condense = Reply(status=503)
    answer = ask(served.url, "Warum fällt der Roboter nicht um, und wie ist das mit dem Gleichgewicht?")
    assert answer["verdict"] in ("covered", "uncertain")


@pytest.mark.parametrize("question", IN_OTHER_LANGUAGES)
def test_without_a_model_it_is_never_refused_for_its_words(server_url: str, question: str) -> None:
    assert ask(server_url, question)["verdict"] in ("covered", "uncertain")
