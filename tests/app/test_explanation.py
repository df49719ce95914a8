"""How a question was understood and why it was decided so: in an answer, in a search and on the command line."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.cli.main import main
from engines.coverage.verdict import shipped_model
from tests.gemini_server import GeminiServer, Reply
from tests.serving import ask, copied, serving

MISSPELT = "waht is the zreo momnet point?"


def explained(url: str, query: str, **more: str) -> dict[str, Any]:
    response = httpx.get(f"{url}/api/search", params={"q": query, **more}, timeout=60)
    assert response.status_code == 200, response.text
    explanation: dict[str, Any] = response.json()["explanation"]
    return explanation


def test_an_answer_says_what_was_searched_for_instead_of_misspelt_words(server_url: str) -> None:
    understood = ask(server_url, MISSPELT)["understood"]
    assert understood["searched_for"] == "what is the zero moment point"
    assert {(each["typed"], each["searched"]) for each in understood["corrections"]} == {
        ("waht", "what"),
        ("zreo", "zero"),
        ("momnet", "moment"),
    }


@pytest.mark.parametrize(
    "message",
    [
        "What is the zero moment point?",
        "thanks!",
        "what does this book cover?",
        "Was ist das Getriebe?",
        "Wie funktioniert die inverse Kinematik eines Roboters?",
        "¿Qué es la cinemática inversa y para qué sirve?",
        "روبوٹ کیا ہے؟",
        "robot kya hai aur kaise chalta hai",
    ],
)
def test_an_answer_without_corrections_has_none(server_url: str, message: str) -> None:
    assert ask(server_url, message)["understood"] is None


def test_a_stream_tells_of_corrections_before_its_text(server_url: str) -> None:
    streamed = httpx.post(f"{server_url}/api/chat", json={"message": MISSPELT}, timeout=60).text
    parts = [json.loads(line[6:]) for line in streamed.splitlines() if line.startswith("data: {")]
    types = [part["type"] for part in parts]
    assert types.count("data-understood") == 1
    assert types.index("data-understood") < types.index("data-grounding") < types.index("text-start")
    (understood,) = (part["data"] for part in parts if part["type"] == "data-understood")
    assert understood["searched_for"] == "what is the zero moment point"


def test_a_stored_answer_keeps_what_was_searched_for(server_url: str) -> None:
    with httpx.Client(base_url=server_url, timeout=60) as http:
        guest = http.post("/api/auth/guest").json()["session"]
        http.headers["authorization"] = f"Bearer {guest['access_token']}"
        json_only = {"accept": "application/json"}
        body = {"message": MISSPELT, "conversation_id": "mine", "idempotency_key": "once"}
        told = http.post("/api/chat", json=body, headers=json_only).json()
        body_of_next = {"message": "What is the zero moment point?", "conversation_id": "mine"}
        assert http.post("/api/chat", json=body_of_next, headers=json_only).json()["understood"] is None
        messages = http.get("/api/conversations/mine").json()["messages"]
        kept = [message["understood"] for message in messages if message["role"] == "assistant"]
        assert kept == [told["understood"], None]
        exported = http.get("/api/conversations/export").json()["conversations"][0]["messages"]
        assert [message["understood"] for message in exported if message["role"] == "assistant"] == kept


def test_a_model_s_answer_tells_of_corrections_too(small_index: Path, tmp_path: Path) -> None:
    reply = Reply(chunks=("It is a point on the ground [source 1].",))
    with (
        GeminiServer(reply) as gemini,
        serving(copied(small_index, tmp_path), gemini_url=gemini.url) as served,
    ):
        assert ask(served.url, MISSPELT)["understood"]["searched_for"] == "what is the zero moment point"


def test_a_follow_up_tells_of_its_own_corrections_alone(server_url: str) -> None:
    history = [{"role": "user", "content": MISSPELT}, {"role": "assistant", "content": "A point."}]
    answer = ask(server_url, "and why does it stay insde?", history=history)
    assert answer["understood"]["corrections"] == [{"typed": "insde", "searched": "inside"}]
    assert ask(server_url, "and why?", history=history)["understood"] is None


def test_a_long_message_tells_of_its_corrected_words_alone(server_url: str) -> None:
    message = f"{MISSPELT[:-1]} and how does it {'really ' * 40}matter?"
    assert ask(server_url, message)["understood"]["searched_for"] == "what, zero, moment"


def test_a_search_says_how_the_question_was_understood(server_url: str) -> None:
    told = explained(
        server_url,
        "Hi! I am Sara. My robot is called R2. waht is the zero moment point, and why does it stay inside? thanks",
    )
    assert (told["kind"], told["task"], told["language"]) == ("question", None, "en")
    assert told["searched_for"].endswith("what is the zero moment point, and why does it stay inside")
    assert told["asks"] == "what is the zero moment point, and why does it stay inside"
    assert told["scene"] == ["I am Sara.", "My robot is called R2."]
    assert told["clauses"] == ["what is the zero moment point", "and why does it stay inside"]
    assert told["corrections"] == [{"typed": "waht", "searched": "what"}]
    assert told["searched"] == {"part": "book", "edition": None}


def test_a_search_tells_pasted_text_from_the_question(server_url: str) -> None:
    told = explained(server_url, "Traceback (most recent call last):\nKeyError: 'zmp'\n\nwhy does the zmp leave?")
    assert told["pasted"] == "Traceback (most recent call last):\nKeyError: 'zmp'"
    assert told["asks"].startswith("why does the zmp leave")


@pytest.mark.parametrize(
    ("query", "kind", "task"),
    [
        ("hello!", "small_talk", "greeting"),
        ("what does this book cover?", "book_task", "contents"),
        ("summarize this page", "page_task", "summary"),
    ],
)
def test_a_search_says_what_a_chat_would_take_a_message_for(server_url: str, query: str, kind: str, task: str) -> None:
    told = explained(server_url, query, page_url="/docs/balance/zmp")
    assert (told["kind"], told["task"]) == (kind, task)


def test_a_search_says_why_it_was_decided_so_signal_by_signal(server_url: str) -> None:
    told = explained(server_url, "What is the zero moment point?")
    model = shipped_model()
    assert told["thresholds"] == {"covered": model.covered_from, "not_covered": model.not_covered_below}
    assert (told["verdict"], None) == model.verdict(told["score"])
    assert told["reason"] == "score"
    values = {each["name"]: each["value"] for each in told["signals"]}
    assert model.score(values) == pytest.approx(told["score"])
    effects = [abs(each["effect"]) for each in told["signals"]]
    assert effects == sorted(effects, reverse=True)
    assert all(each["meaning"] for each in told["signals"])


def test_a_search_says_that_another_language_spared_a_question(server_url: str) -> None:
    told = explained(server_url, "Wie backt man einen guten Kuchen für die Kinder?")
    assert (told["verdict"], told["reason"]) == ("uncertain", "language")
    assert told["score"] < told["thresholds"]["not_covered"]


def test_a_plural_is_shown_as_it_was_typed_beside_the_name_that_is_searched_for(server_url: str) -> None:
    assert ask(server_url, "What are ZMMPs?")["understood"]["searched_for"] == "What are ZMMPs (zmp)"


def test_an_abbreviation_that_the_book_has_nearly_so_is_never_refused(server_url: str) -> None:
    told = explained(server_url, "What does the ZP of the feet cost in the shop of the town?")
    assert told["terms"] == [{"typed": "ZP", "searched": "zmp"}]
    assert told["searched_for"].endswith("(zmp)")
    assert (told["verdict"], told["reason"]) in {
        ("uncertain", "related_term"),
        ("uncertain", "score"),
        ("covered", "score"),
    }
    answer = ask(server_url, "What does the ZP of the feet cost in the shop of the town?")
    assert answer["understood"]["searched_for"].endswith("town (zmp)")


def test_the_command_line_says_the_same_in_one_table(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # where no `.env` is
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(sys, "argv", ["bookrag", "ask", "--sources", f"I am Sara. {MISSPELT}"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    table = capsys.readouterr().out
    for row in (
        ("understood as", "question"),
        ("searched for", "what is the zero moment point"),
        ("corrected", "waht → what, zreo → zero, momnet → moment"),
        ("sets the scene", "I am Sara."),
        ("similarity", "how near the nearest passage is in meaning"),
    ):
        assert any(line.startswith(row[0]) and row[1] in line for line in table.splitlines()), row
    for name in shipped_model().weights:
        assert name.replace("_", " ") in table
    assert "score" in table.splitlines()[-1]


@pytest.mark.parametrize(
    "question",
    [
        "what is the zero moment point",
        "why can the zero moment point not leave the support polygon",
        "where must the robot step after a push",
        "how do i publish in ros 2",
        "what does create_publisher need",
    ],
)
def test_a_book_of_a_few_pages_covers_what_it_says(server_url: str, question: str) -> None:
    assert explained(server_url, question)["verdict"] == "covered"


@pytest.mark.parametrize(
    "question",
    [
        "how heavy is the robot",
        "which motor does the robot have",
        "how fast does the robot walk",
        "what does the robot cost",
        "how do i subscribe to a camera topic",
        "how is the support polygon computed for running",
    ],
)
def test_a_book_of_a_few_pages_does_not_cover_what_only_sounds_like_it(server_url: str, question: str) -> None:
    assert explained(server_url, question)["verdict"] != "covered"


@pytest.mark.parametrize(
    "question",
    ["how do i bake bread", "what is the capital of france", "best pizza in naples", "how do i cook rice"],
)
def test_a_book_of_a_few_pages_refuses_other_subjects(server_url: str, question: str) -> None:
    assert explained(server_url, question)["verdict"] == "not_covered"


@pytest.mark.parametrize(
    "question",
    [
        "In my class of 40 people in Karachi we build an arduino gripper with SG90 and mqtt. what is the capture point",
        "My uncle in Multan repairs tractors and wants an arduino with mqtt and SG90 motors. define capture point",
    ],
)
def test_a_scene_of_words_that_the_book_lacks_hides_no_definition(server_url: str, question: str) -> None:
    assert explained(server_url, question)["verdict"] == "covered"
    assert ask(server_url, question)["sources"][0]["url"].endswith("capture-point#definition")


def test_a_definition_that_the_book_has_covers_a_question_for_it(server_url: str) -> None:
    question = "define capture point in arduino mqtt"
    told = explained(server_url, question)
    assert told["score"] < told["thresholds"]["covered"]
    assert (told["verdict"], told["reason"]) == ("covered", "definition")
    assert ask(server_url, question)["sources"][0]["url"].endswith("capture-point#definition")


@pytest.mark.parametrize(
    "question", ["qué es el capture point", "c'est quoi le capture point", "capture point kya hota hai"]
)
def test_a_definition_is_found_among_words_of_another_language(server_url: str, question: str) -> None:
    told = explained(server_url, question)
    assert told["verdict"] == "covered"
    assert told["score"] >= told["thresholds"]["covered"]
    assert ask(server_url, question)["sources"][0]["url"].endswith("capture-point#definition")


def test_a_term_that_the_book_only_mentions_is_not_covered_by_that(server_url: str) -> None:
    told = explained(server_url, "what is a QoSProfile in the middleware of the kubernetes cluster of my team")
    assert told["reason"] != "definition"
