import pytest

from storage.vectors.bm25 import encode_documents, encode_queries, token_id, tokens
from tests.tables import each_row


@pytest.mark.parametrize("question", ["/cmd_vel", "cmd_vel", "vel"])
def test_a_topic_name_is_found_whole_and_by_its_parts(question: str) -> None:
    assert set(tokens(question)) <= set(tokens("Publish to /cmd_vel."))


@each_row("question", ["rclpy.spin_once", "spin_once", "spin", "QoSProfile", "qosprofile", "QoS profile"])
def test_code_identifiers_are_found_whole_and_by_their_words(question: str) -> None:
    assert set(tokens(question)) <= set(tokens("Call rclpy.spin_once() with a QoSProfile."))


def test_english_words_are_stemmed_and_urdu_ones_are_not() -> None:
    assert tokens("robots walking") == ["robot", "walk"]
    assert tokens("روبوٹ کے سینسر") == ["روبوٹ", "کے", "سینسر"]


def test_text_without_spaces_becomes_bigrams() -> None:
    assert tokens("机器人") == ["机器", "器人"]


@each_row("text", ["", "   ", "???", "\u0000", "🤖", "___", "'"])
def test_text_without_words_gives_an_empty_vector(text: str) -> None:
    assert encode_documents([text]) == ([[]], [[]])
    assert encode_queries([text]) == ([[]], [[]])


def test_token_ids_are_the_same_on_every_machine() -> None:
    assert token_id("robot") == 623398188


def test_a_word_that_comes_again_weighs_more_and_a_longer_text_less() -> None:
    (_, _, _), (once, twice, long) = encode_documents(["robot", "robot robot", "robot " + "filler " * 200])
    assert once[0] < twice[0]
    assert long[0] < once[0]
