"""What short messages want that no list of phrases knows. None of these messages was in the training."""

import json
from pathlib import Path

import numpy as np
import pytest

from engines.evaluation.train_likely_intents import fit, matrix, read_messages
from engines.understanding.intent_recognition import intent_of
from engines.understanding.likely_intents import (
    FEATURES,
    MODEL_FILE,
    IntentModel,
    features,
    likely_intent,
    likely_task,
    shipped_model,
)
from engines.understanding.small_talk import small_talk
from tests.tables import each_row

TALK = {
    "goodbye": "gotta run, the oven beeps|brb, kettle is boiling|bon ben je file, à plus|chalo phir milte hain",
    "thanks": "cheers mate, all sorted",
    "discouraged": "i think my head is going to explode",
    "remark": "oh wow, did not see that coming|happy easter y'all|lol my cat just sat on the laptop|"
    "my flatmate owes me a beer now|should have asked you on monday",
    "agreement": "jaja vale, ya lo pillé",
}
REQUESTS = {
    "rewording": "too wordy, trim it down|come again? lost you halfway|mucho texto, hazlo corto|"
    "thora chota kar k batao",
    "sources": "where'd you read that",
    "more": "you stopped halfway, what is the rest",
    "example": "got a real life analogy for that?",
}
QUESTIONS = (
    "and what about the ankle joint?|why does it drift then|node graph|say hello node in rclpy|what then|"
    "shorter stride or longer stride?|und warum kippt er dann|aur agar battery khatam ho jaye|y si se cae?|"
    "how does the robot thank the user|goodbye callback|tired servo|is it ok to skip calibration"
)


@each_row(("kind", "message"), [(kind, text) for kind, texts in TALK.items() for text in texts.split("|")])
@each_row("has_history", [False, True])
def test_small_talk_in_other_words(kind: str, message: str, *, has_history: bool) -> None:
    told = intent_of(message, has_history=has_history)
    assert (told.kind, told.task, told.likely) == ("small_talk", kind, True)


@each_row(("task", "message"), [(task, text) for task, texts in REQUESTS.items() for text in texts.split("|")])
def test_what_is_wanted_of_the_answer_before_in_other_words(task: str, message: str) -> None:
    told = intent_of(message, has_history=True)
    assert (told.kind, told.task, told.likely) == ("conversation_task", task, True)
    assert likely_intent(message, has_history=False) is None  # before anything was said, it is searched for


@each_row("message", QUESTIONS.split("|"))
@each_row("has_history", [False, True])
def test_a_question_is_left_alone(message: str, *, has_history: bool) -> None:
    assert likely_intent(message, has_history=has_history) is None


@each_row(
    "message",
    [
        "are you able to swap them?",
        "can you nest three of those?",
        "could you feed it backwards?",
        "are you allowed to skip it on a tablet?",
        "kann man die drehen?",
        "on peut les inverser ?",
        "¿se pueden girar?",
        "kya unko ghuma sakte hain?",
    ],
)
def test_a_general_you_asks_about_what_was_said(message: str) -> None:
    assert intent_of(message, has_history=True).kind == "question"


@each_row("message", ["are you able to paint a picture?", "are you able to speak Dutch?"])
@each_row("has_history", [False, True])
def test_what_the_tutor_itself_can_do_is_no_question_of_the_book(message: str, *, has_history: bool) -> None:
    told = intent_of(message, has_history=has_history)
    assert (told.kind, told.task) == ("small_talk", "ability")


@each_row("message", ["lidar", "and the latter?"])
def test_a_word_of_english_is_no_misspelt_small_talk(message: str) -> None:
    assert small_talk(message) is None


@each_row("message", ["", "?", "12/05/2024", "a" * 8000, "haha " * 2000, "\x00\ud800", "🤖" * 500])
def test_odd_messages_are_read(message: str) -> None:
    told = shipped_model(MODEL_FILE).probabilities(message)
    assert sum(told.values()) == pytest.approx(1, abs=1e-5)


def test_letters_and_words_are_of_length_one_and_in_the_range() -> None:
    places, values = features("Soooo it's GOOD, so good")
    assert places.min() >= 0
    assert places.max() < FEATURES
    assert float(np.sum(values**2)) == pytest.approx(2, rel=1e-5)  # the letters' part and the words' part
    assert features("soo its good, so good")[0].tolist() == places.tolist()


def test_a_model_is_trained_saved_and_loaded(tmp_path: Path) -> None:
    rows = [
        {"message": text, "kind": kind, "sub": sub, "lang": "en", "writer": "a"}
        for kind, sub, texts in (
            ("talk", "thanks", "thanks a bunch|many thanks|thank you all"),
            ("answer", "more", "go on|tell the rest|continue please"),
            ("question", "", "what is a node?|why does it fall?|how do I start it?"),
        )
        for text in texts.split("|")
    ]
    turns = {"turns": [{"question": "what is a topic?"}, {"question": "cool!", "kind": "small-talk"}]}
    test_half = {"question": "what is a service?", "tags": ["half:test"]}
    of_page = [
        {"message": "sum this page up", "task": True, "wanted": "summary", "of": "page"},
        {"message": "nice weather", "task": False},
    ]
    file = tmp_path / "messages.jsonl"
    file.write_text("\n".join(map(json.dumps, [*rows, turns, test_half, *of_page])), encoding="utf-8")
    messages = read_messages([file])
    assert len(messages) == len(rows) + 2  # the first turn and the task
    assert matrix(messages).shape == (len(messages), FEATURES)
    fit(messages).save(tmp_path / "model.npz")
    model = IntentModel.load(tmp_path / "model.npz")
    assert set(model.classes) == {"question", "task", "talk:thanks", "answer:more"}
    told = model.probabilities("thanks, all")
    assert max(told, key=told.__getitem__) == "talk:thanks"


@each_row(
    ("message", "part", "task"),
    [
        ("give me the skeleton of the whole course", "book", "contents"),
        ("haz un esquema del libro entero", "book", "contents"),
        ("combien de temps pour lire ça ?", "page", "length"),
        ("what should i have under my belt before this", "page", "before"),
        ("my boss gives me one minute for this", "page", "summary"),
    ],
)
def test_what_a_task_is_made_from(message: str, part: str, task: str) -> None:
    told = likely_task(message)
    assert told is not None
    assert (told.part, told.task) == (part, task)


def test_what_looks_for_a_place_of_the_book_is_searched() -> None:
    assert likely_task("which bit talks about quaternions") is None
