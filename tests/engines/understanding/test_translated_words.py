"""Questions in other languages get English words of an English book."""

from pathlib import Path

import pytest

import engines.understanding
from engines.understanding.translated_words import Meanings, Table, load_table
from engines.understanding.understanding import Understanding, understand
from tests.tables import each_row

TERMS = Path(engines.understanding.__file__).parent / "meanings" / "terms.tsv"
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
        ("تصویروں سے فاصلہ کیسے معلوم کریں؟", {"image", "distance"}),
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
    words = load_table("de").computed["ausgeschlossen"].split()
    assert len(words) == 4
    found = Meanings(dict.fromkeys(words, 10)).find("Ausgeschlossen und ausgeschlossen", "de")
    assert found == (("ausgeschlossen", words[0]), ("ausgeschlossen", words[1]))


@each_row(
    "question",
    ["How far can the robot see?", "robot speed", "what is the distnace of teh sensor", "", "🤖", "ROS 2"],
)
def test_an_english_question_stays_as_it_is(question: str, meanings: Meanings) -> None:
    assert ask(question, meanings) == understand(question, locale="en")


def test_a_language_without_a_table_has_no_meanings(meanings: Meanings) -> None:
    assert load_table("xx") == Table({}, {}, {})
    assert load_table("../secrets") == Table({}, {}, {})
    assert meanings.find("abc", "xx") == ()


def test_small_words_of_another_language_are_not_given_to_a_model_for_english(meanings: Meanings) -> None:
    asked = ask("Wie funktioniert die Kamera und was ist ein Node?", meanings)
    assert asked.source_text.split() == ["Node", "camera"]


def test_words_that_are_only_spelt_alike_do_not_mean_each_other() -> None:
    wrong = {("strom", "de"): "storm", ("messen", "de"): "mess", ("bein", "de"): "bean", ("pierna", "es"): "pioneer"}
    means = {asked: load_table(asked[1]).of(*asked).split() for asked in wrong}
    assert all(means.values())
    assert [asked for asked, english in wrong.items() if english in means[asked]] == []


def test_words_of_roman_urdu_are_searched_as_they_are(meanings: Meanings) -> None:
    asked = ask("robot kya hota hai aur sensor kaise kaam karta hai", meanings)
    assert asked.meanings == ()
    assert asked.source_text == asked.search_text


@pytest.mark.parametrize("language", ["ur", "de", "es", "zh"])
def test_a_table_has_words_of_both_languages(language: str) -> None:
    table = load_table(language).computed
    assert len(table) > 3_000
    assert all(word and english.isascii() for word, english in table.items())


@each_row(
    ("question", "expected"),
    [
        ("Quelle est la vitesse du robot et comment mesure-t-on l'énergie ?", {"speed", "measure", "energy"}),
        ("Les capteurs et les caméras, comment fonctionnent-ils ?", {"sensor", "camera"}),
        ("Como se mede a velocidade e a temperatura das baterias?", {"speed", "temperature", "battery"}),
        ("Come si misurano le distanze con le telecamere?", {"distance", "camera"}),
        ("Hoe meet je de afstand en de snelheid van een robot?", {"distance", "speed"}),
        ("Robotun hızı ve pillerin sıcaklığı nasıl ölçülür?", {"speed", "battery", "temperature"}),
        ("Как измерить скорость робота с помощью камеры?", {"measure", "speed", "camera"}),
        ("Сколько энергии в батареях?", {"energy", "battery"}),
        ("रोबोट की गति और दूरी कैसे मापते हैं?", {"robot", "distance", "measure"}),
        ("कैमरों की भाषा क्या है?", {"camera", "language"}),
        ("ما هي سرعة الروبوت والمسافة بالكاميرا؟", {"speed", "robot", "distance", "camera"}),
        ("ロボットの速度と距離を測る方法は?", {"robot", "speed", "distance", "measure"}),
        ("重力とは何ですか?", {"gravity"}),
        ("로봇의 속도를 카메라로 측정하는 방법은?", {"robot", "speed", "camera", "measure"}),
        ("robot ki raftaar aur fasla kaise napte hain?", {"speed", "distance"}),
        ("tasweeron se zuban kaise seekhte hain?", {"image", "language", "learn"}),
    ],
)
def test_inflected_words_of_more_languages_get_the_books_words(question: str, expected: set[str]) -> None:
    asked = ask(question, Meanings({**BOOK, "image": 99, "learning": 99}))
    assert expected <= {english for _, english in asked.meanings} | {"robot" if "robot" in question.casefold() else ""}


@each_row(
    ("question", "gloss"),
    [
        ("Wie schnell ist der Roboter?", "how speed robot"),
        ("Pourquoi la caméra ne mesure-t-elle pas la distance ?", "why camera measure not distance"),
        ("Perché l'immagine di URDF non arriva?", "why image URDF not"),
        ("ROS'ta hız nasıl ölçülür?", "ROS speed how measure"),
        ("Почему ros2_control не измеряет скорость?", "why ros2_control not measure speed"),
        ("在ROS里怎么测量距离?", "ROS how measure distance"),
        ("robot ki battery kyun nahi chalti?", "robot battery why not"),
        ("Warum der Roboter?", "why robot"),
        ("Wie viele Stunden pro Woche?", "how many hour week"),
        ("har hafte kitne ghante dene honge", "all week many hour"),
        ("हर हफ्ते कितने घंटे लगेंगे", "week many hour take"),
        ("每周需要多少小时", "week many hour"),
        ("اس کتاب کو ہفتے میں کتنے گھنٹے دیں", "book week many hour"),
        ("Kannst du mir URDF erklären?", "URDF"),
        ("explique-moi URDF", "URDF"),
        ("URDF समझाओ", "URDF"),
        ("机器人怎么知道自己碰到了水", "robot how know touch water"),
        ("Welche Kamerabatterie ist das?", "which camera battery"),
    ],
)
def test_a_question_is_put_word_by_word_into_english(question: str, gloss: str, meanings: Meanings) -> None:
    asked = ask(question, meanings)
    assert [word for word in asked.gloss.split() if word in gloss.split()] == gloss.split()
    assert len(asked.gloss.split()) <= len(gloss.split()) + 1


@each_row(
    "question", ["How far can the robot see?", "robot speed", "what is a sensor", "ROS 2", "ionic vs. react native"]
)
def test_an_english_question_has_no_gloss(question: str, meanings: Meanings) -> None:
    assert ask(question, meanings).gloss == ""


@each_row("language", ["ur-Latn", "de", "fr", "es", "pt", "it", "nl", "tr", "ru", "hi", "ar", "ja", "ko", "zh", "ur"])
def test_the_terms_have_a_column_for_each_language(language: str) -> None:
    table = load_table(language)
    assert len(table.terms) > 300
    assert all(word and english.isascii() for word, english in {**table.terms, **table.computed}.items())


def test_the_terms_have_a_word_in_each_cell_of_a_row() -> None:
    header, *rows = (line.split("\t") for line in TERMS.read_text(encoding="utf-8").splitlines())
    assert [row[0] for row in rows if len(row) != len(header) or not all(map(str.strip, row))] == []
    assert len({row[0] for row in rows}) == len(rows)


@each_row("small", ["का", "se", "ki", "nahi", "in", "de", "ce", "ve", "на", "من"])
def test_a_small_word_is_no_form_of_another_one(small: str) -> None:
    language = {"का": "hi", "in": "de", "de": "fr", "ce": "fr", "ve": "tr", "на": "ru", "من": "ar"}.get(
        small, "ur-Latn"
    )
    assert load_table(language).sure_of(small, language) in ("", "not without")
