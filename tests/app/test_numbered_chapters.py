"""Tasks over HTTP on a book whose pages are its chapters: "Chapter 2" of "Part 1", with exercises and prerequisites."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import AppSettings
from tests.serving import Served, ask, indexed, serving

pytestmark = pytest.mark.usefixtures("kept_model")

FIRST, SECOND, THIRD = "/docs/part-1/chapter-1-legs", "/docs/part-1/chapter-2-walking", "/docs/part-2/chapter-3-arms"

PAGES = {
    "intro.md": "---\nslug: /\n---\n# Welcome\n\nThis book is about a robot that walks and takes things.\n\n"
    "## Who this book is for\n\nReaders who have written a program before.\n",
    "part-1/chapter-1-legs.md": "# Chapter 1: Legs\n\n## Joints of a leg\n\nA leg has six joints, three in the hip.\n",
    "part-1/chapter-2-walking.md": """# Chapter 2: Walking

## Before you begin

Read how a leg is built, and bring a laptop with Python.

## Learning objectives

- Plan a footstep

## Test of a gait

A test lets the robot walk ten steps.

## Test on gravel

The robot walks on stones.

## Gait

A gait repeats the single and the double support phase.

```mermaid
graph LR; stance --> swing
```

## A step planner in Python

A plan of steps has these parts:

- **Part 1** of the plan says where the foot is put, how high it is lifted and for how long the robot stands
  on the other foot while it is in the air.
- **Part 2** of the plan says where the foot is put, how high it is lifted and for how long the robot stands
  on the other foot while it is in the air.
- **Part 3** of the plan says where the foot is put, how high it is lifted and for how long the robot stands
  on the other foot while it is in the air.
- **Part 4** of the plan says where the foot is put, how high it is lifted and for how long the robot stands
  on the other foot while it is in the air.
- **Part 5** of the plan says where the foot is put, how high it is lifted and for how long the robot stands
  on the other foot while it is in the air.
- **Part 6** of the plan says where the foot is put, how high it is lifted and for how long the robot stands
  on the other foot while it is in the air.
- **Part 7** of the plan says where the foot is put, how high it is lifted and for how long the robot stands
  on the other foot while it is in the air.

```python
def next_step(stance):
    return stance + 0.3
```

## Common misunderstanding

A gait is no animation: the robot falls when it only plays one back.

## Exercises

### Exercise 1

Double the step length and watch the robot.

### Exercise 2

Let the robot walk on ice.
""",
    "part-2/chapter-3-arms.md": "# Chapter 3: Arms\n\n## Reaching\n\n"
    "An arm reaches for a cup with seven joints that drvctl moves by VSLAM.\n\n"
    "## Training\n\nIt is shown each movement twenty times.\n",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("numbered")
    for name, text in PAGES.items():
        path = folder / "site" / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    served: Served
    limits = AppSettings(questions_per_reader="off", questions_per_address="off")  # the file asks more in a minute
    with serving(indexed(folder, docs=folder / "site" / "docs"), app=limits) as served:
        yield served.url


@pytest.mark.parametrize(
    "message",
    [
        "summarize this chapter",
        "was sind die wichtigsten Punkte dieses Kapitels?",
        "resume este capítulo",
        "اس باب کا خلاصہ بتائیں",
    ],
)
def test_this_chapter_is_the_page_that_is_a_chapter_of_its_own(url: str, message: str) -> None:
    answer = ask(url, message, page_url=SECOND)
    assert answer["verdict"] == "covered"
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {SECOND}


def test_this_part_is_the_part_with_all_its_chapters(url: str) -> None:
    answer = ask(url, "summarize this part", page_url=SECOND)
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {FIRST, SECOND}


@pytest.mark.parametrize(
    ("message", "quoted", "other"),
    [
        ("give me the exercises of this chapter", "walk on ice", "double support"),
        ("solution of exercise 2 pls", "walk on ice", "Double the step length"),
        ("zeig mir die Übung 1 auf dieser Seite", "Double the step length", "walk on ice"),
        ("what are the learning objectives?", "Plan a footstep", "walk on ice"),
        ("what are common mistakes in this chapter?", "no animation", "walk on ice"),
        ("explain the code on this page", "def next_step", "walk on ice"),
        ("zeig mir die Übungen dieser Seite", "walk on ice", "double support"),
        ("los ejercicios de este capítulo, por favor", "walk on ice", "double support"),
        ("اس باب کی مشقیں دکھائیں", "walk on ice", "double support"),
        ("the exercises of chapter 2", "walk on ice", "double support"),
    ],
)
def test_a_piece_of_the_page_is_quoted_and_nothing_else(url: str, message: str, quoted: str, other: str) -> None:
    answer = ask(url, message, page_url=SECOND)
    assert quoted in answer["answer"]
    assert other not in answer["answer"]


@pytest.mark.parametrize(
    "message",
    [
        "what is this book about and who is it for",
        "who is this book for?",
        "Für wen ist dieses Buch?",
        "is this book for beginners?",
    ],
)
def test_whom_the_book_is_for_comes_from_its_first_page_and_its_contents(url: str, message: str) -> None:
    answer = ask(url, message)
    assert "Readers who have written a program before." in answer["answer"]
    assert "Chapter 2: Walking" in answer["answer"]


def test_what_a_page_itself_requires_comes_before_the_pages_before_it(url: str) -> None:
    answer = ask(url, "what should I have read before this chapter?", page_url=SECOND)
    text = answer["answer"]
    assert text.index("bring a laptop with Python") < text.index("Chapter 1: Legs")
    assert [source["number"] for source in answer["sources"]] == [1, 2, 3]
    assert FIRST in {source["url"] for source in answer["sources"]}


@pytest.mark.parametrize(
    ("message", "page", "about"),
    [
        ("what did we learn in the last chapter? this one builds on it", SECOND, FIRST),
        ("summarize the previous chapter", SECOND, FIRST),
        ("Was haben wir im letzten Kapitel gelernt?", SECOND, FIRST),
        ("resume el capítulo anterior", SECOND, FIRST),
        ("what is the next chapter about?", SECOND, THIRD),
        ("de quoi parle le chapitre suivant ?", SECOND, THIRD),
        ("pichle chapter ka khulasa do", THIRD, SECOND),
    ],
)
def test_a_task_on_the_chapter_before_or_after(url: str, message: str, page: str, about: str) -> None:
    answer = ask(url, message, page_url=page)
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {about}


def test_there_is_no_chapter_after_the_last_one(url: str) -> None:
    answer = ask(url, "summarize the next chapter", page_url=THIRD)
    assert "nothing comes after" in answer["answer"]
    assert answer["sources"] == []


@pytest.mark.parametrize("message", ["make me a study plan for 2 weeks", "Mach mir einen Lernplan für zwei Wochen"])
def test_a_plan_has_all_pages_in_their_order_in_as_many_parts_as_are_wanted(url: str, message: str) -> None:
    answer = ask(url, message)
    lines = [line for line in answer["answer"].splitlines() if line.startswith("- ")]
    assert lines == ["- **1/2**: Welcome; Chapter 1: Legs [1]", "- **2/2**: Chapter 2: Walking; Chapter 3: Arms [2]"]


def test_a_part_is_named_by_its_roman_numeral(url: str) -> None:
    answer = ask(url, "summarize Part II in one paragraph")
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {THIRD}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("how long does it take to read this page?", "about 10 words, which take about 1 min to read"),
        ("how long is this chapter", "about 10 words"),
        ("Wie lange dauert es, diese Seite zu lesen?", "etwa 10 Wörter"),
        ("is page ko parhne mein kitna time lagega?", "about 10 words"),
    ],
)
def test_how_long_a_page_is_told_as_an_estimate(url: str, message: str, said: str) -> None:
    answer = ask(url, message, page_url=FIRST)
    assert said in answer["answer"]
    assert answer["answer"].endswith(("this is an estimate.", "das ist eine Schätzung."))


def test_how_long_the_book_is_told_by_its_table_of_contents(url: str) -> None:
    assert "Chapter 3: Arms" in ask(url, "how long is this book?")["answer"]
    assert "table of contents" not in ask(url, "how long is the arm in this book?")["answer"]


def test_a_word_that_no_language_has_is_searched_for_where_the_book_has_it(url: str) -> None:
    assert ask(url, "drvctl")["sources"][0]["url"].startswith(THIRD)
    assert ask(url, "VSLAM")["sources"][0]["url"].startswith(THIRD)  # no "salam" that is misspelt
    assert ask(url, "salm")["sources"] == []
    assert ask(url, "training")["sources"][0]["url"].startswith(THIRD)  # a remark, if no heading had it
    unclear = ask(url, "drfgkt")
    assert (unclear["verdict"], unclear["grounded"], unclear["sources"]) == (None, True, [])
    assert "could not make out a question" in unclear["answer"]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("this answer is wrong", "I am sorry"),
        ("Das stimmt so nicht!", "Es tut mir leid"),
        ("یہ جواب غلط ہے", "معذرت"),
        ("no entiendo nada", "Le pasa a todo"),
        ("are you there?", "I am here"),
        ("???", "could not make out a question"),
    ],
)
def test_complaints_and_messages_without_a_question_get_a_kind_sentence_and_no_search(
    url: str, message: str, said: str
) -> None:
    answer = ask(url, message)
    assert said in answer["answer"]
    assert (answer["verdict"], answer["sources"]) == (None, [])


@pytest.mark.parametrize(
    "message",
    [
        "compare chapter 1 and 3 for me",
        "what is the difference between chapter 1 and chapter 3?",
        "summarize chapters 1 and 3",
        "Vergleiche Kapitel 1 und 3",
        "compara los capítulos 1 y 3",
        "باب 1 اور 3 کا موازنہ کریں",
    ],
)
def test_a_task_on_two_chapters_is_on_both(url: str, message: str) -> None:
    answer = ask(url, message)
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {FIRST, THIRD}
    assert answer["verdict"] == "covered"


def test_one_word_of_small_talk_is_searched_for_where_it_is_a_term_of_the_book(url: str) -> None:
    assert ask(url, "test")["sources"][0]["url"].startswith(f"{SECOND}#test-")
    assert ask(url, "testing, are you there?")["verdict"] is None


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("how many chapters are there?", "The book has 3 chapters:"),
        ("Wie viele Kapitel gibt es?", "Das Buch hat 3 Kapitel:"),
        ("how many parts does this book have?", "The book has 2 parts:"),
        ("How many chapters and parts are there in total?", "The book has 3 chapters, 2 parts:"),
        ("how many pages does part 1 have?", "“Part 1” has 2 pages:"),
        ("chapter 30", "The book has no “chapter 30”; it has 3 of them:"),
        ("what comes after chapter 30?", "The book has no “chapter 30”"),
        ("summarize chapters 2 to 4", "The book has no “chapter 4”; it has 3 of them:"),
        ("Is chapter 30 about drones?", "The book has no “chapter 30”; it has 3 of them:"),
        ("which sensor is best according to chapter 30?", "The book has no “chapter 30”; it has 3 of them:"),
        ("summarize module 9", "The book has no “module 9”; it has"),
        ("Geht es in Kapitel 30 um Drohnen?", "„Kapitel 30“ gibt es in dem Buch nicht; es hat 3 davon:"),
        ("¿de qué trata el capítulo 30?", "«capítulo 30» no existe en el libro; tiene 3:"),
    ],
)
def test_the_chapters_are_counted_as_the_reader_calls_them(url: str, message: str, said: str) -> None:
    answer = ask(url, message)
    assert answer["answer"].startswith(said)
    assert answer["sources"]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("What do I need to know before I start chapter 2?", "bring a laptop with Python"),
        ("चैप्टर 2 शुरू करने से पहले मुझे क्या-क्या पूरा करना होगा?", "bring a laptop with Python"),
        ("What will I be able to do after chapter 2?", "Plan a footstep"),
        ("which chapter is about walking, and what comes after it?", "After “Chapter 2: Walking” comes"),
        ("give me the key points of the page 'Chapter 2: Walking'", "**Gait**"),
        ("summarise the page on walking in five sentences", "**Gait**"),
    ],
)
def test_what_is_asked_of_a_place_by_number_title_or_subject(url: str, message: str, said: str) -> None:
    assert said in ask(url, message)["answer"]


@pytest.mark.parametrize("message", ["summarize chapters 1 to 3", "summarize chapters 1, 2 and 3", "Kapitel 1 bis 3"])
def test_a_task_on_a_range_or_a_list_is_on_all_its_chapters(url: str, message: str) -> None:
    answer = ask(url, message)
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {FIRST, SECOND, THIRD}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("who is the author?", "Neither the book nor its site says who wrote it"),
        ("under what licence?", "Neither the book nor its site names a licence"),
        ("Wer hat das Buch geschrieben?", "Soweit hier bekannt"),
    ],
)
def test_who_wrote_a_book_that_does_not_say_so_is_not_known(url: str, message: str, said: str) -> None:
    answer = ask(url, message)
    assert answer["answer"].startswith(said)
    assert (answer["verdict"], answer["sources"]) == (None, [])


@pytest.mark.parametrize(
    ("message", "listed"),
    [
        ("list all the chapters of part 1", ["- Chapter 1: Legs [1]", "- Chapter 2: Walking [2]"]),
        ("پہلے حصے میں کون کون سے صفحات ہیں؟", ["- Chapter 1: Legs [1]", "- Chapter 2: Walking [2]"]),
        ("which page comes after Legs", ["- **Chapter 2: Walking** [1]"]),
        ("which chapter should I read right before the Arms one?", ["- **Chapter 2: Walking** [1]"]),
    ],
)
def test_the_pages_of_a_part_and_those_beside_a_title_are_in_the_book_s_order(
    url: str, message: str, listed: list[str]
) -> None:
    lines = [line for line in ask(url, message)["answer"].splitlines() if line.startswith("- ")]
    assert lines == listed


@pytest.mark.parametrize("message", ["summarize the last chapter", "resume el último capítulo", "آخری باب کا خلاصہ"])
def test_the_last_chapter_is_the_one_with_the_highest_number(url: str, message: str) -> None:
    answer = ask(url, message)
    assert {source["url"].partition("#")[0] for source in answer["sources"]} == {THIRD}
    assert "Chapter 3: Arms" in answer["answer"]


def test_a_unit_that_the_book_does_not_number_by_is_searched_for(url: str) -> None:
    answer = ask(url, "what do I do in week 9")
    assert "has no" not in answer["answer"]


def test_who_wrote_a_book_is_told_by_its_footer(tmp_path: Path) -> None:
    docs = tmp_path / "site" / "docs"
    docs.mkdir(parents=True)
    (docs / "intro.md").write_text("# Welcome\n\nThis book is about a robot that walks.\n", encoding="utf-8")
    footer = {"copyright": "Copyright &copy; 2026 <a href='/us'>The Walkers</a>, CC BY 4.0."}
    settings = {"url": "https://walkers.example", "baseUrl": "/", "themeConfig": {"footer": footer}}
    (docs.parent / "bookrag.site.json").write_text(json.dumps(settings), encoding="utf-8")
    with serving(indexed(tmp_path, docs=docs)) as served:
        answer = ask(served.url, "under what licence is it?")
    assert answer["answer"] == "The book's site says: “Copyright © 2026 The Walkers, CC BY 4.0.”"
