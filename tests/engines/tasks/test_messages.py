"""Short messages are answered in their own language."""

import pytest

from engines.synthesis.fallback_messages import language_of
from engines.tasks.messages import ENGLISH, FRENCH, GERMAN, SPANISH, URDU, Messages, messages_for
from tests.tables import each_row


@each_row(
    ("messages", "titles"),
    [
        (ENGLISH, "“Gait”, “Nav2”"),
        (GERMAN, "„Gait“, „Nav2“"),
        (FRENCH, "« Gait », « Nav2 »"),
        (SPANISH, "«Gait», «Nav2»"),
        (URDU, "“Gait”, “Nav2”"),
    ],
)
def test_each_of_several_titles_stands_in_the_quotation_marks_of_the_language(messages: Messages, titles: str) -> None:
    told = messages.no_model.format(title=messages.titles(["Gait", "Nav2"]))
    assert titles in told.replace("\u00a0", " ").replace("\u202f", " ")


@each_row(
    ("message", "expected"),
    [
        ("welche Themen gibt es", GERMAN),
        ("welche Kapitel gibt es?", GERMAN),
        ("worum geht es", GERMAN),
        ("Inhaltsverzeichnis", GERMAN),
        ("wo fange ich an", GERMAN),
        ("was steht hier drin", GERMAN),
        ("Wie liste ich alle Topics auf?", GERMAN),
        ("qué temas hay", SPANISH),
        ("de qué trata", SPANISH),
        ("índice", SPANISH),
        ("por dónde empiezo", SPANISH),
        ("resumen por favor", SPANISH),
        ("quels sujets y a-t-il", FRENCH),
        ("de quoi ça parle", FRENCH),
        ("par où commencer", FRENCH),
        ("sommaire", FRENCH),
        ("tu es qui", FRENCH),
        ("کون سے موضوعات ہیں", URDU),
        ("فہرست دکھائیں", URDU),
        ("list topics", ENGLISH),
        ("which topics are there", ENGLISH),
        ("is page ka khulasa do", ENGLISH),
        ("kaun se topics hain", ENGLISH),
        ("有哪些主题", ENGLISH),
        ("yo", ENGLISH),
    ],
)
def test_a_short_message_is_answered_in_its_language(message: str, expected: Messages) -> None:
    assert messages_for(message) is expected


@pytest.mark.parametrize("message", ["ros2 topics", "inverse kinematics", "PID", "有哪些主题"])
def test_technical_words_alone_leave_the_language_to_the_locale(message: str) -> None:
    assert [language_of(message, locale) for locale in ("de", "fr", "ur", "en")] == ["de", "fr", "ur", "en"]


@each_row(
    "message",
    [
        "o que você pode fazer?",
        "como adiciono um emblema a uma aba?",
        "em que capítulo estou?",
        "di cosa parla il libro?",
        "come aggiungo un badge a una scheda?",
        "quali sono i prerequisiti?",
        "wat is een modal?",
    ],
)
def test_what_is_like_a_language_of_the_interface_and_is_none_leaves_it_to_the_locale(message: str) -> None:
    assert [language_of(message, locale) for locale in (None, "ur", "de")] == ["en", "ur", "de"]
    assert messages_for(message, "fr") is FRENCH


@pytest.mark.parametrize("message", ["what is a node?", "how does the robot walk", "why is it so"])
def test_an_english_question_stays_english_on_a_page_of_another_language(message: str) -> None:
    assert language_of(message, "de") == "en"


@pytest.mark.parametrize(
    "message", ["كيف أخسر خمسة كيلو من وزني في شهر؟", "क्या यह सही है?", "这本书的作者是谁?", "ما هي العقدة وكيف تعمل؟"]
)
def test_a_language_that_the_interface_does_not_have_gets_that_of_the_page_or_english(message: str) -> None:
    assert [language_of(message, locale) for locale in (None, "ur", "de", "hi")] == ["en", "ur", "de", "en"]
