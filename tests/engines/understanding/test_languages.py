"""Which language a question is in, as far as that decides how it is searched."""

import pytest

from engines.understanding.words import detected_language, is_of_language, reads, reads_locale

MINILM = "sentence-transformers/all-MiniLM-L6-v2"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the zero moment point?", None),
        ("quaternion", None),
        ("زیرو مومنٹ پوائنٹ کیا ہے؟", "ur"),
        ("digital twin سے ٹیسٹنگ میں کیا فائدہ ہوگا؟", "ur"),
        ("zero moment point kya hai aur kyun zaroori hai", "ur-Latn"),
        ("Was ist der Nullmomentpunkt und warum ist er wichtig?", "de"),
        ("¿Qué es el punto de momento cero y para qué sirve?", "es"),
        ("Pourquoi le robot ne tombe pas dans les escaliers ?", "fr"),
        ("零力矩点是什么？", "zh"),
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


@pytest.mark.parametrize(
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
