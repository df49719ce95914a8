"""What a message wants: an answer from the book, a task on a page or on the book, or nothing but small talk.

Pure functions without I/O, called by the chat before anything is searched. A task is recognised by its verb or noun
("summarize", "key points") together with what it is about: the page that the reader has open ("this page", "here", or
nothing else), a chapter by number or name, or the book. A task with a subject of its own ("summarize inverse
kinematics") is a question. The phrases are those of the interface's languages (English, Urdu, German, French, Spanish),
Roman Urdu among them.
"""

import re
from functools import lru_cache

from engines.understanding import lexicon
from engines.understanding.book_intents import (
    advice,
    before_the_book,
    book_task,
    contents_of_this_chapter,
    parts_asked,
    start_with,
    which_chapter,
)
from engines.understanding.conversation_intents import conversation_task, follow_up
from engines.understanding.intent import QUESTION, Intent
from engines.understanding.later_turns import NAMES_A_POINT, point_asked
from engines.understanding.likely_intents import likely_intent
from engines.understanding.mentions import mention_asked
from engines.understanding.page_intents import (
    WHERE_IT_STANDS,
    beside_a_named_place,
    beside_the_open_page,
    named_piece,
    page_task,
    part_of_a_group,
    part_of_the_page,
    several_chapters,
    task_beside_the_page,
    task_on_a_place,
    two_named_places,
    where_it_stands,
)
from engines.understanding.places import QUOTED, naming_the_page, points_at_the_page
from engines.understanding.small_talk import SmallTalk, small_talk, without_orders
from engines.understanding.spelling import form_word, is_european
from engines.understanding.task_parts import PLACES_OR_COUNTS, SAYS, task_of_parts, task_on_a_title
from engines.understanding.task_patterns import (
    ADVICE,
    AFTER,
    ANSWERS,
    ASKED_BEFORE,
    AUTHOR,
    BEFORE,
    BESIDE_TASKS,
    COMPARE,
    CONTENTS,
    CUT_SHORT,
    FEW_CHAPTERS,
    FOLLOWING,
    HAS_PARTS,
    HERE,
    IN_SO_MANY_POINTS,
    IS_MENTIONED,
    LAST,
    LENGTH,
    LICENCE,
    META,
    MY_PLACE,
    NAMED_PIECE,
    NUMBERED,
    OF_THE_LIST,
    PAGE_TASKS,
    PIECES,
    PLAN,
    PREVIOUS,
    READY,
    SEVERAL_CHAPTERS,
    START,
    START_WITH,
    THIS_BOOK,
    THIS_CHAPTER,
    THIS_PAGE,
    TRANSLATE,
    VOCABULARY,
    WHICH_CHAPTER,
)
from engines.understanding.task_words import in_figures, in_latin_letters
from engines.understanding.titled_tasks import task_on_words_of_a_title
from engines.understanding.words import corrected, detected_language, plain_words, readable

_MOST_CHARACTERS = 300  # of a task; longer messages are questions
_IT = lexicon.words("what_is_meant")
_THE_TUTOR = lexicon.words("the_tutor")
_STEMS = tuple(VOCABULARY)
_SHORTEST_MISSPELT = 3  # letters; shorter words are taken as they are
_OF_A_LANGUAGE = 3.0  # of Zipf's scale
_OF_FORM = VOCABULARY | lexicon.words("around_tasks")
_WORD = re.compile(r"[^\W\d_]+")
# "ok then what does this book cover", "hmm and what comes after chapter 2"
_OPENING = lexicon.pattern("tasks", r"^(?:{opening}[\s,.!…-]+)+")
# Every task matches one of these. Three questions of four do not, and are told so before a message is read in detail.
_OF_A_TASK = (
    *PLACES_OR_COUNTS,
    *PAGE_TASKS.values(),
    *PIECES.values(),
    THIS_BOOK,
    THIS_PAGE,
    THIS_CHAPTER,
    SEVERAL_CHAPTERS,
    FEW_CHAPTERS,
    FOLLOWING,
    PREVIOUS,
    LAST,
    AFTER,
    BEFORE,
    HERE,
    MY_PLACE,
    WHICH_CHAPTER,
    CONTENTS,
    START,
    START_WITH,
    HAS_PARTS,
    PLAN,
    ADVICE,
    READY,
    LENGTH,
    AUTHOR,
    LICENCE,
    TRANSLATE,
    ANSWERS,
    ASKED_BEFORE,
    QUOTED,
    SAYS,
    WHERE_IT_STANDS,
    NAMES_A_POINT,
    IN_SO_MANY_POINTS,
)
_OF_A_QUESTION = lexicon.words("first_of_a_question")


def intent_of(text: str, *, has_page: bool = False, has_history: bool = False) -> Intent:
    """What a message wants; `has_page` says that the reader's page is known, `has_history` that something was said.

    A message that is no task as it is typed may be one with its words of form put right: "compair chpater 2 wiht 3".
    """
    text = CUT_SHORT.sub(r"\1 ", without_orders(readable(text)))
    intent = _as_typed(text, has_page=has_page, has_history=has_history)
    told_surely = intent.kind != "question" and not intent.likely
    if len(text) > _MOST_CHARACTERS or not text.isascii() or (told_surely and not intent.name):
        return intent
    spelt = _WORD.sub(lambda match: form_word(match[0], _OF_FORM) or match[0], text)
    told_surely = told_surely and intent.name in spelt  # "teh frist two chapters" is no name
    if told_surely or spelt == text or detected_language(text):
        return intent
    told = _as_typed(spelt, has_page=has_page, has_history=has_history)
    return told if told.kind in ("page_task", "book_task") or told.task == "translation" else intent


def _as_typed(text: str, *, has_page: bool, has_history: bool) -> Intent:
    point = point_asked(text) if has_history else None
    if point is not None:
        return point
    wanted = follow_up(text) if has_history else None
    if wanted is not None:
        return Intent("conversation_task", wanted)
    talk = _small_talk(text)
    if talk == "presence" and has_page and PAGE_TASKS["quiz"].search(text):  # "test me"
        talk = None
    goes_on = has_history and talk is not None and _goes_on(text, talk)
    if talk is not None and not goes_on:
        return _of_talk(talk)
    if len(text) > _MOST_CHARACTERS or "\n\n" in text.strip():
        return QUESTION
    if not has_history and text.isascii() and not _may_be_a_task(text, has_page=has_page):
        return likely_intent(text, has_history=False) or QUESTION
    return (
        _task(text, has_page=has_page, has_history=has_history)
        or likely_intent(text, has_history=has_history)
        or QUESTION
    )


def _task(text: str, *, has_page: bool, has_history: bool) -> Intent | None:
    """The task that a message has words for."""
    text = _OPENING.sub("", in_figures(text)) or text
    in_latin = in_latin_letters(text)
    for written in dict.fromkeys((text, in_latin)):
        told = where_it_stands(written) or conversation_task(written, has_page=has_page, has_history=has_history)
        if told is not None:
            return told
    text = in_latin
    if has_page and not has_history:
        text = naming_the_page(text)
    spelt = _spelt_as_tasks(text)
    return (
        contents_of_this_chapter(spelt)
        or advice(text)
        or start_with(text)
        or parts_asked(text, is_open=has_page or has_history)
        or (named_piece(text, has_history=has_history) if has_page else None)
        or mention_asked(text, has_page=has_page)
        or part_of_the_page(text, has_page=has_page, has_history=has_history)
        or several_chapters(spelt)
        or task_beside_the_page(spelt, has_page=has_page)
        or beside_the_open_page(text, has_page=has_page)
        or two_named_places(text)
        or task_of_parts(text)
        or before_the_book(text)
        or which_chapter(text)
        or beside_a_named_place(text)
        or part_of_a_group(text)
        or task_on_a_place(text)
        or page_task(spelt, has_page=has_page, has_history=has_history)
        or task_on_a_title(text)
        or task_on_words_of_a_title(text)
        or book_task(spelt)
    )


def _may_be_a_task(text: str, *, has_page: bool) -> bool:
    """Whether a first message has any word of a task, or points at the open page."""
    spellings = {text, _spelt_as_tasks(text)}
    has_word = any(each.search(spelling) for each in _OF_A_TASK for spelling in spellings)
    return has_word or (has_page and (points_at_the_page(text) or _may_name_a_piece(text)))


def _may_name_a_piece(text: str) -> bool:
    """Whether a message may speak of what the open page has: "which of these work offline?", "is QoS mentioned?"."""
    return any(each.search(text) for each in (OF_THE_LIST, NAMED_PIECE, IS_MENTIONED))


def beside_the_one_before(text: str, before: str) -> Intent | None:
    """To compare a chapter with the one that the message before was about: "compare it with chapter 4"."""
    numbered = NUMBERED.search(text)
    if not numbered or not COMPARE.search(text):
        return None
    rest = plain_words(COMPARE.sub(" ", NUMBERED.sub(" ", text)))
    asked = intent_of(before)
    is_named = asked.kind in ("page_task", "book_task") and asked.name.isdecimal() and not asked.others
    if not is_named or not BESIDE_TASKS.issuperset(rest):
        return None
    other, word = numbered["number"] or numbered["ordinal"], numbered["word"] or numbered["word2"]
    return Intent("page_task", "compare", "chapter", asked.name, others=(other,), word=word)


def small_talk_of(text: str) -> Intent:
    """What a message beside a selected text wants: its tasks are questions about the selection."""
    talk = _small_talk(readable(text))
    return QUESTION if talk is None else _of_talk(talk)


def _small_talk(text: str) -> SmallTalk | None:
    talk = small_talk(text)
    of_the_book = talk == "identity" and META.search(text) and THIS_BOOK.search(text)  # "who is this book for?"
    return None if of_the_book else talk


def _of_talk(talk: SmallTalk) -> Intent:
    return Intent("small_talk", talk)


def _goes_on(text: str, talk: SmallTalk) -> bool:
    """Whether what would be small talk at the beginning may go on from what was said before."""
    match talk:
        case "agreement":
            return _is_yes(text)
        case "ability":
            return _is_about_it(text)
        case "complaint":  # "is that wrong?"
            return plain_words(text)[0] in _OF_A_QUESTION
        case _:
            return False


def _is_yes(text: str) -> bool:
    return plain_words(text)[:1] in (["sure"], ["ok"], ["okay"]) and len(plain_words(text)) > 1


def _is_about_it(text: str) -> bool:
    """Whether "what is this for?" may ask about what was said, and not about the tutor."""
    words = set(plain_words(text))
    return bool(words & _IT) and not words & _THE_TUTOR


def _spelt_as_tasks(text: str) -> str:
    return _WORD.sub(lambda match: _spelt(match[0]), text)


@lru_cache(maxsize=20_000)
def _spelt(word: str) -> str:
    """A word that is nearly one of the tasks' own, as those have it; other words and their endings stay."""
    plain = word.casefold()
    if len(plain) <= _SHORTEST_MISSPELT or not plain.isascii() or plain.startswith(_STEMS):
        return word
    if is_european(plain, least=_OF_A_LANGUAGE):
        return word
    known = corrected(plain, VOCABULARY)
    return known if known != plain else word
