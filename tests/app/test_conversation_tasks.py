"""Translations, quizzes and questions about the conversation, over HTTP, without a model and with one."""

from pathlib import Path
from typing import Any

import pytest

from engines.understanding.intent_recognition import intent_of
from tests.app.test_tasks import PAGE
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.serving import Served, ask, indexed, serving

OTHER_PAGE = "/docs/balance/capture-point"


gemini = gemini_fixture(Reply(chunks=("Yeh safha tawazun par hai ", "[source 1].")))


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


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("auf Deutsch bitte", "Es ist kein Sprachmodell eingerichtet"),
        ("kannst du das auf Deutsch sagen?", "Es ist kein Sprachmodell eingerichtet"),
        ("en français s'il te plaît", "Aucun modèle de langage"),
        ("en español por favor", "No hay ningún modelo de lenguaje"),
        ("اردو میں بتائیں", "کوئی لسانی ماڈل ترتیب نہیں دیا گیا"),
        ("in German please", "No language model is configured"),
    ],
)
def test_a_wish_for_another_language_is_answered_in_the_language_it_is_written_in(
    server_url: str, message: str, said: str
) -> None:
    assert ask(server_url, message, history=SAID)["answer"].startswith(said)


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


def talked(url: str, *messages: str, **more: Any) -> list[dict[str, str]]:
    """A conversation of these messages, with the answers that the book gives."""
    history: list[dict[str, str]] = []
    for message in messages:
        answer = ask(url, message, history=history, **more)["answer"]
        history += [{"role": "user", "content": message}, {"role": "assistant", "content": answer}]
    return history


@pytest.mark.parametrize(
    "wish", ["shorter", "in one sentence please", "as a list", "kürzer bitte", "آسان الفاظ میں سمجھائیں"]
)
def test_without_a_model_another_form_of_the_answer_is_its_sections_again(server_url: str, wish: str) -> None:
    history = talked(server_url, "What is the zero moment point?", "thanks!")
    quoted = ask(server_url, "What is the zero moment point?")["sources"][0]["url"]
    answer = ask(server_url, wish, history=history)
    assert "The zero moment point is the point on the ground" in answer["answer"]
    assert answer["sources"][0]["url"] == quoted
    assert answer["answer"].startswith(("No language model", "Es ist kein Sprachmodell", "کوئی لسانی ماڈل"))


def test_another_form_of_what_was_told_from_the_open_page_is_told_from_it_too(server_url: str) -> None:
    task = "half as long and without the jargon, it is for my boss"  # in words that no list has
    history = talked(server_url, task, page_url=OTHER_PAGE)
    told = ask(server_url, task, page_url=OTHER_PAGE)["sources"]
    again = ask(server_url, "shorter please", history=history, page_url=OTHER_PAGE)["sources"]
    assert {source["url"].partition("#")[0] for source in told} == {OTHER_PAGE}
    assert [source["url"] for source in again] == [source["url"] for source in told]


def test_the_model_writes_its_answer_in_another_form(with_model: Served, gemini: GeminiServer) -> None:
    before = len(gemini.requests)
    ask(with_model.url, "in one sentence", history=SAID[:2])
    (request,) = gemini.requests[before:]
    assert "asks for your last answer in another form" in request.texts[-1][1]
    assert "The zero moment point is the point on the ground" in request.texts[-1][1]


def test_the_answer_to_a_task_is_translated_from_the_passages_of_the_task(
    with_model: Served, gemini: GeminiServer
) -> None:
    history = [
        *SAID[:2],
        {"role": "user", "content": "summarize this page"},
        {"role": "assistant", "content": "It is."},
    ]
    before = len(gemini.requests)
    answer = ask(with_model.url, "translate the answer to urdu", history=history, page_url=OTHER_PAGE)
    (request,) = gemini.requests[before:]
    assert "The zero moment point is the point on the ground" not in request.texts[-1][1]
    assert all(source["url"].startswith(OTHER_PAGE) for source in answer["sources"])


def test_the_answers_to_a_quiz_come_from_its_page(with_model: Served, server_url: str, gemini: GeminiServer) -> None:
    history = [{"role": "user", "content": "quiz me on this page"}, {"role": "assistant", "content": "1. What pushes?"}]
    before = len(gemini.requests)
    ask(with_model.url, "what are the answers?", history=history, page_url=PAGE)
    (request,) = gemini.requests[before:]
    assert "asks for the answers to the questions of your last answer" in request.texts[-1][1]
    assert "The ground only pushes" in request.texts[-1][1]
    without = ask(
        server_url, "what are the answers?", history=talked(server_url, "quiz me", page_url=PAGE), page_url=PAGE
    )
    assert without["answer"].startswith("No language model is configured, so no questions were made here")


def test_answers_where_there_was_no_quiz_are_searched_for(server_url: str) -> None:
    answer = ask(server_url, "what are the answers?", history=SAID[:2])
    assert "no questions were made" not in answer["answer"]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("are you sure?", "The last answer is from these sections"),
        ("source?", "The last answer is from these sections"),
        ("where did you get that?", "The last answer is from these sections"),
        ("Woher hast du das?", "Die letzte Antwort stammt aus diesen Abschnitten"),
        ("d'où vient ça ?", "La dernière réponse vient de ces sections"),
        ("¿de dónde sacas eso?", "La última respuesta viene de estas secciones"),
        ("یہ کہاں سے ہے؟", "پچھلا جواب کتاب کے ان حصوں سے ہے"),
        ("yeh kahan likha hai?", "The last answer is from these sections"),
    ],
)
def test_where_an_answer_is_from_is_told_by_the_sections_that_it_quotes(
    server_url: str, message: str, said: str
) -> None:
    history = talked(server_url, "What is the zero moment point?")
    answer = ask(server_url, message, history=history)
    assert answer["answer"].startswith(said)
    assert answer["sources"][0]["url"].startswith(PAGE)
    assert all(f"> — {source['title']}" in history[-1]["content"] for source in answer["sources"])


@pytest.mark.parametrize(
    "message", ["tell me more", "go on", "mehr Details", "thora aur detail mein batao", "再详细一点"]
)
def test_more_of_an_answer_is_what_its_page_has_beside_what_was_quoted(server_url: str, message: str) -> None:
    history = talked(server_url, "What is the zero moment point?")
    answer = ask(server_url, message, history=history)
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {PAGE}
    assert "The zero moment point is the point on the ground" not in answer["answer"]
    assert answer["verdict"] == "covered"


@pytest.mark.parametrize("message", ["give me an example", "and the code?", "Beispiel?", "code dikhao"])
def test_an_example_is_looked_for_beside_the_answer_and_not_elsewhere(server_url: str, message: str) -> None:
    answer = ask(server_url, message, history=talked(server_url, "What is the zero moment point?"))
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {PAGE}


def test_the_model_is_told_that_its_answer_is_doubted(with_model: Served, gemini: GeminiServer) -> None:
    before = len(gemini.requests)
    ask(with_model.url, "are you sure?", history=SAID[:2])
    (request,) = gemini.requests[before:]
    assert "asks where your last answer is from" in request.texts[-1][1]
    assert "The zero moment point is the point on the ground" in request.texts[-1][1]


def test_a_wish_with_a_leading_and_is_a_rewording(server_url: str) -> None:
    answer = ask(server_url, "اور آسان الفاظ میں", history=talked(server_url, "What is the zero moment point?"))
    assert answer["answer"].startswith("کوئی لسانی ماڈل")
    assert answer["sources"][0]["url"].startswith(PAGE)


def test_more_of_a_page_is_no_more_than_a_prompt_holds(tmp_path: Path, gemini: GeminiServer) -> None:
    docs = tmp_path / "site" / "docs"
    docs.mkdir(parents=True)
    sections = "".join(f"\n## Part {number}\n\nFact {number}. {'A leg swings. ' * 40}\n" for number in range(20))
    (docs / "gait.md").write_text(f"# Gait\n\nA gait is the order in which the feet step.\n{sections}", "utf-8")
    said = [{"role": "user", "content": "What is a gait?"}, {"role": "assistant", "content": "An order of steps."}]
    before = len(gemini.requests)
    with serving(indexed(tmp_path, docs=docs), gemini_url=gemini.url, passage_tokens=1_000) as served:
        ask(served.url, "tell me more", history=said)
    (request,) = gemini.requests[before:]
    assert request.texts[-1][1].count("A leg swings.") < 300  # of 800; four tokens each


def test_a_word_after_a_question_is_answered_in_the_language_of_the_question(server_url: str) -> None:
    history = talked(server_url, "Was ist der Zero Moment Point und warum ist er wichtig?")
    assert ask(server_url, "Quelle?", history=history)["answer"].startswith("Die letzte Antwort stammt")


def test_a_numbered_section_is_of_the_open_page(server_url: str) -> None:
    answer = ask(server_url, "explain the second section", page_url=PAGE)
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {PAGE}


def test_test_me_is_a_quiz_on_the_open_page(server_url: str) -> None:
    answer = ask(server_url, "test me", page_url=PAGE)
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {PAGE}


@pytest.mark.parametrize("message", ["great, now publishing", "ok, publishers"])
def test_a_word_of_a_heading_is_searched_and_no_small_talk(server_url: str, message: str) -> None:
    assert intent_of(message, has_history=True).likely  # by its letters it is small talk
    answer = ask(server_url, message, history=talked(server_url, "what is the capture point?"))
    assert answer["sources"]
