"""Numbers of chapters in words, in the digits of other scripts and as ordinals are read as figures."""

from engines.understanding.intent_recognition import intent_of
from engines.understanding.task_words import in_figures, number_in_words
from tests.tables import each_row


@each_row(
    ("message", "figures"),
    [
        ("summarize chapter twelve", "summarize chapter 12"),
        ("summarize the twenty-first chapter, please", "summarize the chapter 21, please"),
        ("chapter twenty one", "chapter 21"),
        ("the first chapter's exercises", "the chapter 1 exercises"),
        ("compare chapters two and five", "compare chapters 2 and 5"),
        ("im 3. Kapitel", "im Kapitel 3"),
        ("Kapitel drei zusammenfassen", "Kapitel 3 zusammenfassen"),
        ("worum geht es im dritten Kapitel?", "worum geht es im Kapitel 3?"),
        ("Kapitel einundzwanzig", "Kapitel 21"),
        ("chapitre vingt et un", "chapitre 21"),
        ("le dix-septième chapitre", "le chapitre 17"),
        ("¿de qué trata el capítulo tres?", "¿de qué trata el capítulo 3?"),
        ("capítulo once", "capítulo 11"),
        ("resume el tercer capítulo", "resume el capítulo 3"),
        ("teesre chapter ka khulasa", "chapter 3 ka khulasa"),
        ("باب ۳ کا خلاصہ", "باب 3 کا خلاصہ"),
        ("باب نمبر تین", "باب 3"),
        ("آٹھواں باب", "باب 8"),
        ("باب سوم", "باب 3"),
        ("तीसरा अध्याय", "अध्याय 3"),
        ("अध्याय ३ का सारांश", "अध्याय 3 का सारांश"),
        ("आठवें अध्याय", "अध्याय 8"),
        ("第3章讲什么", " chapter 3 讲什么"),
        ("第二十一章", " chapter 21 "),
        ("最后一章", " last chapter "),
    ],
)
def test_numbers_of_chapters_stand_in_figures_behind_the_word(message: str, figures: str) -> None:
    assert in_figures(message) == figures


@each_row(
    "message",
    [
        "read this chapter once",  # eleven in Spanish alone
        "which of the two nodes is first?",
        "chapters 2 to 5",
        "what is a module",
        "总结这一章",
        "the last chapter",
        "In this chapter. Two robots meet.",
        "",
    ],
)
def test_other_words_stay(message: str) -> None:
    assert in_figures(message) == message


@each_row(
    ("message", "task", "name"),
    [
        ("第三章讲什么?", "summary", "3"),
        ("第12章有哪些页", "chapter_contents", "12"),
        ("第3章之后是哪一章?", "next_chapter", "3"),
        ("तीसरा अध्याय किस बारे में है", "summary", "3"),
        ("तीसरे अध्याय के बाद क्या आता है", "next_chapter", "3"),
        ("باب ۳ کا خلاصہ دیں", "summary", "3"),
        ("Was kommt nach dem zwölften Kapitel?", "next_chapter", "12"),
        ("第二章和第五章有什么区别", "compare", "2"),
    ],
)
def test_tasks_on_such_chapters_are_told(message: str, task: str, name: str) -> None:
    intent = intent_of(message)
    assert (intent.task, intent.name) == (task, name)


def test_a_number_of_weeks_is_told_in_each_language() -> None:
    assert [number_in_words(word) for word in ("four", "vier", "quatre", "چار", "Node")] == [4, 4, 4, 4, None]
