"""Translations, quizzes and questions about the conversation, over HTTP, without a model and with one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.test_tasks import PAGE, ask
from tests.gemini_server import GeminiServer, Reply
from tests.serving import Served, copied, serving


@pytest.fixture(scope="module")
def gemini() -> Iterator[GeminiServer]:
    with GeminiServer(Reply(chunks=("Yeh safha tawazun par hai ", "[source 1]."))) as server:
        yield server


@pytest.fixture(scope="module")
def with_model(small_index: Path, tmp_path_factory: pytest.TempPathFactory, gemini: GeminiServer) -> Iterator[Served]:
    with serving(copied(small_index, tmp_path_factory.mktemp("model")), gemini_url=gemini.url) as served:
        yield served


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("translate this page to urdu", "No language model is configured, so nothing can be translated here."),
        ("Übersetze diese Seite ins Englische", "Es ist kein Sprachmodell eingerichtet"),
        ("traduce esta página al inglés", "No hay ningún modelo de lenguaje"),
        ("اس صفحے کا ترجمہ کریں", "کوئی لسانی ماڈل ترتیب نہیں دیا گیا"),
    ],
)
def test_without_a_model_a_translation_is_said_to_need_one(server_url: str, message: str, said: str) -> None:
    answer = ask(server_url, message, page_url=PAGE)
    assert answer["answer"].startswith(said)
    assert (answer["grounded"], answer["sources"], answer["complete"]) == (True, [], True)


SAID = [
    {"role": "user", "content": "What is the zero moment point?"},
    {"role": "assistant", "content": "A point on the ground."},
    {"role": "user", "content": "And the capture point?"},
    {"role": "assistant", "content": "A place to step to."},
]


def test_without_a_model_a_translation_of_the_answer_is_said_to_need_one(server_url: str) -> None:
    answer = ask(server_url, "translate the answer to urdu", history=SAID)
    assert answer["answer"] == "No language model is configured, so nothing can be translated here."


@pytest.mark.parametrize("message", ["quiz me on this page", "make flashcards of this page"])
def test_without_a_model_it_is_said_that_no_quiz_can_be_made(server_url: str, message: str) -> None:
    answer = ask(server_url, message, page_url=PAGE)
    assert answer["answer"].startswith("No language model is configured, so no questions or cards can be made here.")
    assert "The ground only pushes and never pulls" in answer["answer"]


def test_the_model_translates_the_page(with_model: Served, gemini: GeminiServer) -> None:
    before = len(gemini.requests)
    answer = ask(with_model.url, "translate this page to urdu", page_url=PAGE)
    (request,) = gemini.requests[before:]
    assert "The ground only pushes" in request.texts[-1][1]
    assert answer["verdict"] == "covered"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("what did I ask you first?", "“What is the zero moment point?”"),
        ("what did I just ask?", "“And the capture point?”"),
        ("what questions did I ask so far?", "\n- What is the zero moment point?\n- And the capture point?"),
        ("wie lautete meine erste Frage?", "„What is the zero moment point?“"),
    ],
)
def test_what_was_asked_is_told_from_the_conversation(server_url: str, message: str, said: str) -> None:
    answer = ask(server_url, message, history=SAID)
    assert said in answer["answer"]
    assert (answer["grounded"], answer["sources"]) == (True, [])


def test_nothing_was_asked_before_the_first_question(server_url: str) -> None:
    assert "not asked anything" in ask(server_url, "what did I ask you first?")["answer"]


@pytest.mark.parametrize(
    "wish", ["translate the answer to urdu", "in Urdu please", "auf Deutsch bitte", "urdu mein batao"]
)
def test_the_model_translates_its_answer_from_the_passages_of_the_last_question(
    with_model: Served, gemini: GeminiServer, wish: str
) -> None:
    before = len(gemini.requests)
    answer = ask(with_model.url, wish, history=SAID[:2])
    (request,) = gemini.requests[before:]  # nothing is condensed: what is searched is known
    assert ("model", "A point on the ground.") in request.texts
    last = request.texts[-1][1]
    assert "asks for your last answer in another language" in last
    assert "The zero moment point is the point on the ground" in last
    assert wish in last
    assert answer["verdict"] == "covered"
    assert answer["sources"][0]["url"].startswith(PAGE)


def test_a_second_translation_is_of_the_same_question(with_model: Served, gemini: GeminiServer) -> None:
    before = len(gemini.requests)
    said = [*SAID[:2], {"role": "user", "content": "in urdu please"}, {"role": "assistant", "content": "زمین پر"}]
    ask(with_model.url, "now in german", history=said)
    (request,) = gemini.requests[before:]
    assert "The zero moment point is the point on the ground" in request.texts[-1][1]
