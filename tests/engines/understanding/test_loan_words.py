import pytest

from engines.understanding.loan_words import LoanWords, latin_words
from engines.understanding.understanding import understand
from tests.tables import each_row

WORDS = (
    "robot sensor workspace simulation testing project install service topic node camera package navigation publisher "
    "subscriber action launch computer digital twin between create class doors planning module"
)
BOOK = dict.fromkeys(WORDS.split(), 10)


@pytest.fixture
def loan_words() -> LoanWords:
    return LoanWords(BOOK, "ur")


@each_row(
    ("written", "known"),
    [
        ("روبوٹ", "robot"),
        ("سینسر", "sensor"),
        ("ورک سپیس", "workspace"),
        ("ورک\u200cسپیس", "workspace"),
        ("سمیولیشن", "simulation"),
        ("ٹیسٹنگ", "testing"),
        ("پراجیکٹ", "project"),
        ("انسٹال", "install"),
        ("سروس", "service"),
        ("ٹاپک", "topic"),
        ("نوڈ", "node"),
        ("کیمرہ", "camera"),
        ("پیکیج", "package"),
        ("نیویگیشن", "navigation"),
        ("ایکشن", "action"),
        ("کمپیوٹر", "computer"),
    ],
)
def test_english_words_are_known_in_urdus_letters(loan_words: LoanWords, written: str, known: str) -> None:
    assert [found for _, found in loan_words.find(f"{written} کیا ہے؟")] == [known]


@each_row(
    "native",
    ["کیا", "کتاب", "خلاصہ", "کرتی", "بہت", "سوال", "جواب", "راستے", "کمرے", "پرانا", "ضروری", "شکریہ", "", "؟!"],
)
def test_urdus_own_words_are_none(loan_words: LoanWords, native: str) -> None:
    assert loan_words.find(native) == ()


LIKE_WORDS = (
    "into unity then twin srvs service zeros module model modal middle time theme team many menu test toast need "
    "node leg lag log fill file fall top type usr user from frame screen horizon version does device state "
    "request header windows error code data publisher physics torque vision fusion software message engine build "
    "design drawer driver coord card want event int moves mouse"
)
BOOK_WITH_LIKE_WORDS = dict.fromkeys(LIKE_WORDS.split(), 10)


@each_row(
    ("written", "known"),
    [
        ("یونٹی", "unity"),
        ("ٹوئن", "twin"),
        ("سروس", "service"),
        ("ماڈل", "model"),
        ("ماڈیول", "module"),
        ("تھیم", "theme"),
        ("مینو", "menu"),
        ("ٹوسٹ", "toast"),
        ("ٹیسٹ", "test"),
        ("نوڈ", "node"),
        ("لاگ", "log"),
        ("فائل", "file"),
        ("ٹائپ", "type"),
        ("یوزر", "user"),
        ("فریم", "frame"),
        ("اسکرین", "screen"),
        ("ورژن", "version"),
        ("ڈیوائس", "device"),
        ("اسٹیٹ", "state"),
        ("ریکویسٹ", "request"),
        ("ہیڈر", "header"),
        ("ایرر", "error"),
        ("کوڈ", "code"),
        ("ڈیٹا", "data"),
        ("پبلشر", "publisher"),
        ("فزکس", "physics"),
        ("ٹارک", "torque"),
        ("وژن", "vision"),
        ("فیوژن", "fusion"),
        ("سافٹ ویئر", "software"),
        ("میسج", "message"),
        ("انجن", "engine"),
        ("ڈیزائن", "design"),
        ("ڈرائیور", "driver"),
        ("کارڈ", "card"),
        ("ماؤس", "mouse"),
    ],
)
def test_the_vowels_tell_words_with_the_same_consonants_apart(written: str, known: str) -> None:
    assert [found for _, found in LoanWords(BOOK_WITH_LIKE_WORDS, "ur").find(f"{written} کیا ہے؟")] == [known]


@each_row("native", ["کمرہ", "میں۔", "ساتھ۔", "فہرست", "کاموں", "چاہیئیں", "آہنگ"])
def test_urdus_own_words_are_no_words_that_sound_nearly_so(native: str) -> None:
    words = dict.fromkeys(("camera", "main", "min", "set", "forest", "common", "chain", "ing"), 50)
    assert LoanWords(words, "ur").find(f"{native} ") == ()


def test_words_that_name_nothing_are_no_loan_words() -> None:
    assert LoanWords({"into": 900, "then": 900, "than": 900, "from": 900}, "ur").find("یونٹی ٹوئن دین فریم") == ()


def test_a_term_of_several_loan_words_is_looked_for_as_the_book_writes_it(loan_words: LoanWords) -> None:
    assert understand("ڈیجیٹل ٹوئن کیا ہے؟", locale="en", loan_words=loan_words).term_names[-1] == "digital twin"


def test_a_word_that_the_book_lacks_or_writes_once_is_not_found() -> None:
    assert LoanWords({"robot": 1, "روبوٹ": 50}, "ur").find("روبوٹ") == ()
    assert LoanWords({}, "ur").find("روبوٹ") == ()


def test_a_question_is_searched_by_the_books_words_too(loan_words: LoanWords) -> None:
    asked = understand("ROS 2 کی ورک سپیس میں سینسر کیسے لگائیں؟", locale="ur", loan_words=loan_words)
    assert asked.terms == (("ورک سپیس", "workspace"), ("سینسر", "sensor"))
    assert asked.source_text.split() == ["ROS", "workspace", "sensor"]
    assert "workspace" in asked.search_text
    assert asked.source_share == pytest.approx(3 / 6)  # "کیسے" does not count


def test_the_share_of_english_words_is_between_none_and_all(loan_words: LoanWords) -> None:
    shares = [
        understand(text, locale="ur", loan_words=loan_words).source_share for text in ("", "کتاب", "روبوٹ", "ROS")
    ]
    assert shares == [0, 0, 1, 1]


def test_latin_words_keep_identifiers_whole() -> None:
    assert latin_words("کیا rclpy.spin_once اور C++ ٹھیک ہے؟") == ["rclpy.spin_once", "C++"]
