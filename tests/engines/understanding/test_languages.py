"""Which language a question is in, as far as that decides how it is searched."""

import pytest

from engines.understanding.spelling import SpellingCorrector
from engines.understanding.understanding import words_of_subject
from engines.understanding.words import (
    detected_language,
    is_foreign,
    is_of_language,
    language_of,
    reads,
    reads_locale,
    reads_nothing,
)
from tests.tables import each_row

MINILM = "sentence-transformers/all-MiniLM-L6-v2"


@each_row(
    ("text", "language"),
    [
        ("What is the zero moment point?", None),
        ("quaternion", None),
        ("زیرو مومنٹ پوائنٹ کیا ہے؟", "ur"),
        ("digital twin سے ٹیسٹنگ میں کیا فائدہ ہوگا؟", "ur"),
        ("كيف أخسر خمسة كيلو من وزني في شهر؟", "ar"),
        ("كيا آپ بتا سکتے ہیں", "ur"),  # typed with an Arabic letter
        ("zero moment point kya hai aur kyun zaroori hai", "ur-Latn"),
        ("Was ist der Nullmomentpunkt und warum ist er wichtig?", "de"),
        ("¿Qué es el punto de momento cero y para qué sirve?", "es"),
        ("Pourquoi le robot ne tombe pas dans les escaliers ?", "fr"),
        ("零力矩点是什么？", "zh"),
        ("Visual SLAM pipeline是什么", "zh"),
        ("ROS 2 navigation stack architecture کیا ہے", "ur"),
        ("What does 你好 mean?", None),
        ("kya robot chal sakta", "ur-Latn"),
        ("Comment fonctionne la cinématique inverse ?", "fr"),
        ("Qu'est-ce que l'apprentissage par renforcement ?", "fr"),
        ("Quels capteurs possède un robot humanoïde ?", "fr"),
        ("Wie funktioniert die Simulation in Gazebo?", "de"),
        ("Welche Sensoren hat ein humanoider Roboter?", "de"),
        ("¿Cómo se calibra una cámara?", "es"),
        ("Como funciona o sensor do robô e a sua cinemática?", "pt"),
        ("Come funziona la cinematica inversa?", "it"),
        ("sensor fusion with a Kalman filter", None),
        ("ROS 2 QoS durability transient local", None),
        ("zmp gait", None),
        ("How do I use the la la land dataset with y axis?", None),
        ("", None),
    ],
)
def test_a_language_is_told_by_its_script_or_its_small_words(text: str, language: str | None) -> None:
    assert detected_language(text) == language


def test_a_question_is_of_the_language_of_an_edition_or_not() -> None:
    assert is_of_language("What is a node?", "en")
    assert is_of_language("نوڈ کیا ہے؟", "ur")
    assert not is_of_language("نوڈ کیا ہے؟", "en")
    assert not is_of_language("What is a node?", "ur")
    assert not is_of_language("Wie ist das mit dem Knoten und der Kante?", "en-GB")


def test_what_a_model_reads() -> None:
    assert reads(MINILM, "What is a node?")
    assert not reads(MINILM, "نوڈ کیا ہے؟")
    assert reads("intfloat/multilingual-e5-small", "نوڈ کیا ہے؟")
    assert reads("BAAI/bge-m3", "零力矩点是什么？")


@each_row(
    ("model", "locale", "expected"),
    [
        (MINILM, "en", True),
        (MINILM, "en-GB", True),
        (MINILM, "ur", False),
        (MINILM, "de", False),
        ("intfloat/multilingual-e5-small", "ur", True),
    ],
)
def test_an_edition_is_read_or_not(model: str, locale: str, *, expected: bool) -> None:
    assert reads_locale(model, locale) is expected


@each_row(
    ("model", "text", "locale", "expected"),
    [
        (MINILM, "彼女へのプレゼントは何がいいですか?", "en", True),
        (MINILM, "Почему кошки мурлычут?", "en", True),
        (MINILM, "Wie ist das mit dem Knoten und der Kante?", "en", False),
        (MINILM, "Wie ist das mit dem Knoten und der Kante?", "ur", True),
        (MINILM, "What is a node?", "ur", False),
        ("intfloat/multilingual-e5-small", "彼女へのプレゼントは何がいいですか?", "en", False),
    ],
)
def test_of_a_question_nothing_is_read_or_something(model: str, text: str, locale: str, *, expected: bool) -> None:
    assert reads_nothing(model, text, locale) is expected


@each_row(
    ("word", "language", "foreign"),
    [
        ("是什么", "en", True),
        ("پیزا", "en", True),
        ("什么", "zh", False),
        ("که", "ps", False),  # a language without frequency data
        ("π", "en", False),
        ("node", "en", False),
        ("naïve", "en", False),
    ],
)
def test_a_word_in_a_script_that_the_language_does_not_use_is_foreign(
    word: str, language: str, *, foreign: bool
) -> None:
    assert is_foreign(word, language_of(language)) is foreign


def test_a_term_among_words_without_spaces_is_a_word_of_its_own() -> None:
    assert words_of_subject("SLAM是什么", "en") == ("SLAM", "是什么")
    assert words_of_subject("ROS 2のノードとは", "en") == ("ROS", "のノードとは")


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("SLAM aur VSLAM mein kya farq hai?", ()),
        ("node ka istemaal kaise karte hain", ()),
        ("kinematcs kya hai", (("kinematcs", "kinematics"),)),
        ("how far is a farq?", (("farq", "far"),)),
    ],
)
def test_a_word_among_words_of_roman_urdu_is_no_misspelt_english_one(
    text: str, corrected: tuple[tuple[str, str], ...]
) -> None:
    corrector = SpellingCorrector({"far": 30, "kinematics": 9, "node": 9}, "en")
    assert corrector.correct(text)[1] == corrected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("simulation se asli robot par policy kaise le jate hain?", "ur-Latn"),
        ("node se topic par message kaise bhejte hain", "ur-Latn"),
        ("quel est le robot par défaut", "fr"),
        ("le robot se déplace par petits pas", "fr"),
    ],
)
def test_small_words_of_one_language_tell_more_than_those_of_several(text: str, language: str) -> None:
    assert detected_language(text) == language
