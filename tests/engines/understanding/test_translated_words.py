"""Questions in other languages get English words of an English book."""

import pytest

from engines.understanding.translated_words import Meanings, load_table
from engines.understanding.understanding import Understanding, understand
from tests.tables import each_row

WORDS = (
    "robot sensor image images distance service wait waiting battery speed hand map light machine language languages "
    "learn learning water measure balance camera temperature computer reading path gravity energy"
)
BOOK = dict.fromkeys(WORDS.split(), 10)


@pytest.fixture
def meanings() -> Meanings:
    return Meanings(BOOK)


def ask(text: str, meanings: Meanings) -> Understanding:
    return understand(text, locale="en", meanings=meanings)


@each_row(
    ("question", "expected"),
    [
        ("تصویروں سے فاصلہ کیسے معلوم کریں؟", {"images", "distance"}),
        ("ہاتھ کی رفتار کیا ہے؟", {"hand", "speed"}),
        ("مشین روشنی میں نقشہ کیسے بناتی ہے؟", {"machine", "light", "map"}),
        ("Wie misst der Roboter die Geschwindigkeit mit einer Kamera?", {"speed", "camera"}),
        ("Was sagt das Buch über Sprache und Energie?", {"language", "energy"}),
        ("¿Cómo se mide la distancia con una imagen?", {"distance", "image"}),
        ("¿Qué es la velocidad y cómo funciona el agua?", {"speed", "water"}),
        ("机器人如何测量距离和温度？", {"distance", "temperature"}),
        ("语言和速度是什么？", {"language", "speed"}),
    ],
)
def test_words_of_another_language_get_the_books_words(question: str, expected: set[str], meanings: Meanings) -> None:
    asked = ask(question, meanings)
    assert expected <= {english for _, english in asked.meanings}
    assert expected <= set(asked.source_text.split())
    assert all(word in asked.search_text for word in expected)


COMPOUNDS = "graphics cards system requirements steps planning service server speed camera language model sensor path"


@each_row(
    ("compound", "expected"),
    [
        ("Grafikkarte", ("graphics", "cards")),
        ("Systemanforderungen", ("system", "requirements")),
        ("Schrittplanung", ("steps", "planning")),
        ("Dienstserver", ("service", "server")),
        ("Servergeschwindigkeit", ("server", "speed")),
        ("Sensorplanung", ("sensor", "planning")),
        ("Kamerasystem", ("camera", "system")),
        ("Sprachenmodell", ("language", "model")),
        ("Sprachemodell", ("language", "model")),
        ("Sensorenplanung", ("sensor", "planning")),
        ("Modellplanung", ("model", "planning")),
    ],
)
def test_a_compound_has_the_meanings_of_its_parts(compound: str, expected: tuple[str, ...]) -> None:
    found = Meanings(dict.fromkeys(COMPOUNDS.split(), 10)).find(compound, "de")
    assert tuple(english for _, english in found) == expected


@each_row("word", ["bekommen", "eigentlich", "verschieden", "Fehlermeldung", "Kameragrusel", "Zeitserver"])
def test_a_word_of_which_the_book_has_one_part_at_most_is_no_compound(word: str) -> None:
    assert Meanings(dict.fromkeys(("camera", "come", "message", "service"), 10)).find(word, "de") == ()


def test_only_words_of_the_book_are_taken() -> None:
    asked = ask("تصویروں سے فاصلہ کیسے معلوم کریں؟", Meanings({"gravity": 10}))
    assert asked.meanings == ()
    assert ask("تصویروں سے فاصلہ کیسے معلوم کریں؟", Meanings({})).meanings == ()


def test_a_word_has_two_meanings_at_most_and_none_twice() -> None:
    words = load_table("de")["änderungen"].split()
    assert len(words) == 4
    found = Meanings(dict.fromkeys(words, 10)).find("Änderungen über Änderungen", "de")
    assert found == (("änderungen", words[0]), ("änderungen", words[1]))


@each_row(
    "question",
    ["How far can the robot see?", "robot speed", "what is the distnace of teh sensor", "", "🤖", "ROS 2"],
)
def test_an_english_question_stays_as_it_is(question: str, meanings: Meanings) -> None:
    assert ask(question, meanings) == understand(question, locale="en")


def test_a_language_without_a_table_has_no_meanings(meanings: Meanings) -> None:
    assert load_table("xx") == {}
    assert load_table("../secrets") == {}
    assert meanings.find("abc", "xx") == ()


def test_small_words_of_another_language_are_not_given_to_a_model_for_english(meanings: Meanings) -> None:
    asked = ask("Wie funktioniert die Kamera und was ist ein Node?", meanings)
    assert asked.source_text.split() == ["Node", "camera"]


def test_words_that_are_only_spelt_alike_do_not_mean_each_other() -> None:
    wrong = {"strom": "storm", "messen": "mess", "bein": "bean", "pierna": "pioneer"}
    tables = {**load_table("de"), **load_table("es")}
    assert [word for word, english in wrong.items() if english in tables.get(word, "").split()] == []


def test_words_of_roman_urdu_are_searched_as_they_are(meanings: Meanings) -> None:
    asked = ask("robot kya hota hai aur sensor kaise kaam karta hai", meanings)
    assert asked.meanings == ()
    assert asked.source_text == asked.search_text


@pytest.mark.parametrize("language", ["ur", "de", "es", "zh"])
def test_a_table_has_words_of_both_languages(language: str) -> None:
    table = load_table(language)
    assert len(table) > 3_000
    assert all(word and english.isascii() for word, english in table.items())
