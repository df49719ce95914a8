import pytest

from engines.understanding.loan_words import LoanWords, latin_words
from engines.understanding.understanding import understand

WORDS = (
    "robot sensor workspace simulation testing project install service topic node camera package navigation publisher "
    "subscriber action launch computer digital twin between create class doors planning module"
)
BOOK = dict.fromkeys(WORDS.split(), 10)


@pytest.fixture
def loan_words() -> LoanWords:
    return LoanWords(BOOK, "ur")


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
    "native",
    ["کیا", "کتاب", "خلاصہ", "کرتی", "بہت", "سوال", "جواب", "راستے", "کمرے", "پرانا", "ضروری", "شکریہ", "", "؟!"],
)
def test_urdus_own_words_are_none(loan_words: LoanWords, native: str) -> None:
    assert loan_words.find(native) == ()


def test_a_word_that_the_book_lacks_or_writes_once_is_not_found() -> None:
    assert LoanWords({"robot": 1, "روبوٹ": 50}, "ur").find("روبوٹ") == ()
    assert LoanWords({}, "ur").find("روبوٹ") == ()


def test_a_question_is_searched_by_the_books_words_too(loan_words: LoanWords) -> None:
    asked = understand("ROS 2 کی ورک سپیس میں سینسر کیسے لگائیں؟", locale="ur", loan_words=loan_words)
    assert asked.terms == (("ورک سپیس", "workspace"), ("سینسر", "sensor"))
    assert asked.source_text.split() == ["ROS", "workspace", "sensor"]
    assert "workspace" in asked.search_text
    assert asked.source_share == pytest.approx(3 / 7)


def test_the_share_of_english_words_is_between_none_and_all(loan_words: LoanWords) -> None:
    shares = [
        understand(text, locale="ur", loan_words=loan_words).source_share for text in ("", "کتاب", "روبوٹ", "ROS")
    ]
    assert shares == [0, 0, 1, 1]


def test_latin_words_keep_identifiers_whole() -> None:
    assert latin_words("کیا rclpy.spin_once اور C++ ٹھیک ہے؟") == ["rclpy.spin_once", "C++"]
