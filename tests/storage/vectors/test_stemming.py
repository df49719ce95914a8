"""Each locale's words by its own stemmer; nothing that anybody may write as a locale fails."""

from itertools import product
from string import ascii_lowercase

import Stemmer

from storage.vectors.bm25 import encode_documents, encode_queries, stemmers_of, tokens
from tests.tables import each_row

TEXTS = (
    "Robots are walking, and `rclpy.spin_once()` is called with a QoSProfile; ROS2 in C++, Peter's.",
    "İSTANBUL Iğdır ıssız I İ i̇ ﬁ ß ŉ Ŀ ʼn Ǆ \u0307 \u0345 ᾳ",
    "l'articulation d’une main, qu'il s'agit; l'articolazione",
    "суглоб зглобови робот 机器人 ロボット 로봇 روبوٹ کے سینسر مفصل रोबोटहरू ρομπότ",
    "\u0000 \ufffd 🤖 ___ ''' ’ -- //",
)


@each_row(
    ("locale", "asked", "written"),
    [
        ("de", "Gelenke", "Gelenk"),
        ("de", "Regelungen", "Regelung"),
        ("de-AT", "der Füße", "Fuß"),
        ("de", "FÜSSE", "Füßen"),
        ("fr", "les articulations", "L’articulation du genou"),
        ("fr-CA", "l'index", "s’indexer"),
        ("it", "articolazioni", "dell'articolazione"),
        ("ca", "articulacions", "l'articulació"),
        ("es", "articulaciones", "articulación"),
        ("pt_BR", "articulações", "articulação"),
        ("nb", "roboter", "roboten"),
        ("nn", "roboter", "roboten"),
        ("pl", "robotów", "roboty"),
        ("tr", "robotlar", "Robotların"),
        ("tr", "istanbul", "İSTANBUL"),
        ("tr", "ışık", "IŞIK"),
        ("tr", "kırmızı", "KIRMIZI"),
        ("tr", "api", "API"),
        ("sr", "зглоб", "zglob"),
        ("sr-Latn", "roboti", "робот"),
        ("fa", "کتاب", "کتاب‌ها"),
        ("ne", "रोबोट", "रोबोटहरू"),
    ],
)
def test_a_form_of_a_word_finds_another(locale: str, asked: str, written: str) -> None:
    assert set(tokens(asked, locale)) & set(tokens(written, locale))


def test_a_german_plural_is_not_an_english_one() -> None:
    assert not set(tokens("Regelungen", "en")) & set(tokens("Regelung", "en"))


@each_row("locale", ["en", "en-GB", "zh-Hans", "ja", "ko", "hi", "uk", "xx", "", None, "Klingon", "-", "_"])
@each_row("text", TEXTS)
def test_latin_words_without_a_stemmer_of_their_own_are_english(locale: str | None, text: str) -> None:
    assert tokens(text, locale) == tokens(text)


def test_the_technical_terms_of_a_text_in_another_script_are_english() -> None:
    assert tokens("روبوٹ کے sensors", "ur") == ["روبوٹ", "کے", "sensor"]
    assert tokens("机器人 sensors", "zh-Hant") == ["机器", "器人", "sensor"]


def test_arabic_script_is_stemmed_as_its_locale_says() -> None:
    # Without a letter that Arabic has not, the text alone does not tell that it is Urdu.
    assert tokens("المفاصل", "ur") == ["المفاصل"]
    assert tokens("المفاصل", "ar") == tokens("المفاصل") != ["المفاصل"]


@each_row(
    "locale",
    [
        "ckb",
        "x-klingon",
        "İ",
        "ß-ẞ",
        "de_",
        "../etc",
        "\ud800",
        "é" * 999,
    ],
)
def test_no_locale_fails(locale: str) -> None:
    _encodes_alike(locale)


def test_no_language_of_two_letters_fails() -> None:
    for letters in product(ascii_lowercase, repeat=2):
        _encodes_alike("".join(letters))


def _encodes_alike(locale: str) -> None:
    for text in TEXTS:
        (ids,), (weights,) = encode_documents([text], locale)
        assert len(set(ids)) == len(ids) == len(weights)
        assert set(encode_queries([text], locale)[0][0]) == set(ids)


def test_every_stemmer_is_there() -> None:
    named = {stemmer for letters in product(ascii_lowercase, repeat=2) for _, stemmer in stemmers_of("".join(letters))}
    assert named <= set(Stemmer.algorithms())
    assert len(named) > 30
