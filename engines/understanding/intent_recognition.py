"""What a message wants: an answer from the book, a task on a page or on the book, or nothing but small talk.

Pure functions without I/O, called by the chat before anything is searched. A task is recognised by its verb or noun
("summarize", "key points") together with what it is about: the page that the reader has open ("this page", "here", or
nothing else), a chapter by number or name, or the book. A task with a subject of its own ("summarize inverse
kinematics") is a question. The phrases are those of the interface's languages (English, Urdu, German, French, Spanish),
Roman Urdu among them.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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
from engines.understanding.later_turns import NAMES_A_PART, point_asked
from engines.understanding.likely_intents import likely_intent
from engines.understanding.mentions import mention_asked
from engines.understanding.page_intents import (
    NEXT_STEP,
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
from engines.understanding.places import NAMES_A_PLACE, QUOTED, naming_the_page
from engines.understanding.small_talk import SmallTalk, small_talk, without_orders
from engines.understanding.spelling import form_word, is_european
from engines.understanding.task_parts import (
    ON_A_TITLE,
    PLACE_WORDS,
    PLACES_OR_COUNTS,
    SAYS,
    task_of_parts,
    task_on_a_title,
)
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
    IS_MENTIONED,
    LAST,
    LICENCE,
    META,
    MY_PLACE,
    NAMED_PIECE,
    NEXT_ONE,
    NUMBERED,
    OF_THE_LIST,
    PAGE_TASKS,
    PIECES,
    PLAN,
    PREVIOUS,
    PREVIOUS_ONE,
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
from engines.understanding.titled_tasks import ACTS, task_on_words_of_a_title
from engines.understanding.words import corrected, detected_language, in_plain_signs, plain_words, readable

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
_OF_A_QUESTION = lexicon.words("first_of_a_question")


@dataclass(frozen=True, slots=True)
class _Message:
    """A message as the recognisers of tasks read it."""

    written: tuple[str, ...]  # with numbers of chapters in figures, and the same in Latin letters where it differs
    text: str  # in Latin letters, with a word for the open page where it only points at it
    spelt: str  # the same with misspelt words of tasks put right
    has_page: bool
    has_history: bool


@dataclass(frozen=True, slots=True)
class _Recogniser:
    """One kind of tasks: what recognises it, and what every first message that it recognises has."""

    name: str
    recognise: Callable[[_Message], Intent | None]
    signs: tuple[re.Pattern[str], ...]  # one of them is in each such message
    why: str  # it stands at this place: the first recogniser that knows a message decides
    needs_page: bool = False


# In this order. A recogniser for a narrow form stands before those that take its words for a wider one.
RECOGNISERS = (
    _Recogniser(
        "where the open page stands",
        lambda asked: _first(where_it_stands(text) for text in asked.written),
        (WHERE_IT_STANDS,),
        "all of a message; 'what page is this?' names a page as the tasks on it do",
    ),
    _Recogniser(
        "what was said before, and translations",
        lambda asked: _first(
            conversation_task(text, has_page=asked.has_page, has_history=asked.has_history) for text in asked.written
        ),
        (ASKED_BEFORE, TRANSLATE, ANSWERS),
        "'translate the summary of this page' is no summary, and after an answer 'in Urdu' is about that answer",
    ),
    _Recogniser(
        "the contents of the open chapter",
        lambda asked: contents_of_this_chapter(asked.spelt),
        (THIS_CHAPTER,),
        "'what topics does this chapter cover?' has the words of a summary",
    ),
    _Recogniser(
        "advice on what to read",
        lambda asked: advice(asked.text),
        (ADVICE, READY),
        "'which chapters can I skip before chapter 5?' names a chapter that is no task's",
    ),
    _Recogniser(
        "where to begin with a subject",
        lambda asked: start_with(asked.text),
        (START_WITH,),
        "'I am new to sensors. Which page first?' names a page",
    ),
    _Recogniser(
        "whether the book has something",
        lambda asked: parts_asked(asked.text, is_open=asked.has_page or asked.has_history),
        (HAS_PARTS,),
        "'are there exercises with solutions?' has the word for a piece of a page",
    ),
    _Recogniser(
        "a piece or a list of the open page",
        lambda asked: named_piece(asked.text, has_history=asked.has_history),
        (OF_THE_LIST, NAMED_PIECE),
        "'explain the nginx block' would be a simpler page",
        needs_page=True,
    ),
    _Recogniser(
        "whether a page speaks of something",
        lambda asked: mention_asked(asked.text, has_page=asked.has_page),
        (IS_MENTIONED, THIS_CHAPTER, THIS_PAGE, NUMBERED, PLACE_WORDS, HERE),
        "'is an example of QoS on this page?' would be an example",
    ),
    _Recogniser(
        "a section, a step or a point of the open page",
        lambda asked: part_of_the_page(asked.text, has_page=asked.has_page, has_history=asked.has_history),
        (NEXT_STEP, NAMES_A_PART),
        "'the second point' has the word of key points",
        needs_page=True,
    ),
    _Recogniser(
        "several chapters by number",
        lambda asked: several_chapters(asked.spelt),
        (SEVERAL_CHAPTERS, FEW_CHAPTERS),
        "those for one chapter would take the first of them",
    ),
    _Recogniser(
        "the page before or after the open one",
        lambda asked: task_beside_the_page(asked.spelt, has_page=asked.has_page),
        (FOLLOWING, PREVIOUS, LAST),
        "'summarize the next chapter' would be the summary of the open one",
        needs_page=True,
    ),
    _Recogniser(
        "the open page compared with another one",
        lambda asked: beside_the_open_page(asked.text, has_page=asked.has_page),
        (THIS_CHAPTER, THIS_PAGE, NEXT_ONE, PREVIOUS_ONE),
        "the other one alone would be taken for the place that is meant",
        needs_page=True,
    ),
    _Recogniser(
        "two named places compared",
        lambda asked: two_named_places(asked.text),
        (NAMES_A_PLACE, QUOTED, NUMBERED),
        "one of both would be taken for the place that is meant",
    ),
    _Recogniser(
        "acts, places and counts in any order",
        lambda asked: task_of_parts(asked.text),
        (SAYS, *PLACES_OR_COUNTS),
        "it wants every word of a message to be of a part; those below leave the words beside a name unread",
    ),
    _Recogniser(
        "what to know before the book",
        lambda asked: before_the_book(asked.text),
        (THIS_BOOK,),
        "'what do I need before I start this book?' has the words of where to begin",
    ),
    _Recogniser(
        "which chapter treats a subject",
        lambda asked: which_chapter(asked.text),
        (WHICH_CHAPTER,),
        "'which chapter is about X?' would be a chapter that is called so",
    ),
    _Recogniser(
        "what comes beside a named place",
        lambda asked: beside_a_named_place(asked.text),
        (AFTER, BEFORE),
        "'what comes after the page on X?' would be a task on that page",
    ),
    _Recogniser(
        "a page of a group by number",
        lambda asked: part_of_a_group(asked.text),
        (NUMBERED,),
        "'part 7 of the angular tutorial' is no part 7 of the book",
    ),
    _Recogniser(
        "a place by number, title or subject",
        lambda asked: task_on_a_place(asked.text),
        (NUMBERED, QUOTED, NAMES_A_PLACE),
        "what names a place is not about the open page",
    ),
    _Recogniser(
        "the open page or chapter",
        lambda asked: page_task(asked.spelt, has_page=asked.has_page, has_history=asked.has_history),
        (THIS_CHAPTER, THIS_PAGE, HERE, *PAGE_TASKS.values(), *PIECES.values()),
        "an act without a name is on the open page, and only what is left may be on a title",
    ),
    _Recogniser(
        "a title in capitals",
        lambda asked: task_on_a_title(asked.text),
        ON_A_TITLE,
        "capitals tell a title more surely than the form of a sentence does",
    ),
    _Recogniser(
        "words of a title",
        lambda asked: task_on_words_of_a_title(asked.text),
        tuple(pattern for _, pattern in ACTS),
        "the widest form of a name: any words behind an act",
    ),
    _Recogniser(
        "the whole book",
        lambda asked: book_task(asked.spelt),
        (PLAN, START, THIS_BOOK, MY_PLACE, CONTENTS, HERE, AUTHOR, LICENCE),
        "what names any place in the book is about that place",
    ),
)
# Three messages of four have none of these signs, and are told to be questions before they are read in detail.
_SIGNS = {
    has_page: tuple(
        dict.fromkeys(sign for each in RECOGNISERS if has_page or not each.needs_page for sign in each.signs)
    )
    for has_page in (False, True)
}


def intent_of(text: str, *, has_page: bool = False, has_history: bool = False) -> Intent:
    """What a message wants; `has_page` says that the reader's page is known, `has_history` that something was said.

    A message that is no task as it is typed may be one with its words of form put right: "compair chpater 2 wiht 3".
    """
    written = readable(text)
    plain = CUT_SHORT.sub(r"\1 ", without_orders(in_plain_signs(written)))
    intent = _of_plain_text(plain, has_page=has_page, has_history=has_history)
    return _as_written(intent, written) if written.isupper() else intent


def _of_plain_text(text: str, *, has_page: bool, has_history: bool) -> Intent:
    intent = _as_typed(text, has_page=has_page, has_history=has_history)
    told_surely = intent.kind != "question" and not intent.likely
    if len(text) > _MOST_CHARACTERS or (told_surely and not intent.name):
        return intent
    spelt = _WORD.sub(lambda match: form_word(match[0], _OF_FORM) or match[0], text)
    told_surely = told_surely and intent.name in spelt  # "teh frist two chapters" is no name
    if told_surely or spelt == text or detected_language(text):
        return intent
    told = _as_typed(spelt, has_page=has_page, has_history=has_history)
    return told if told.kind in ("page_task", "book_task") or told.task == "translation" else intent


def _as_written(intent: Intent, written: str) -> Intent:
    """An intent of a message in capitals with its names as the message has them."""
    return replace(intent, name=_found_in(written, intent.name), subject=_found_in(written, intent.subject))


def _found_in(written: str, name: str) -> str:
    found = re.search(re.escape(name), written, re.IGNORECASE)
    return found[0] if found else name


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
    if has_history or _has_a_sign(text, has_page=has_page):
        asked = _message(text, has_page=has_page, has_history=has_history)
        task = _first(each.recognise(asked) for each in RECOGNISERS if has_page or not each.needs_page)
    else:
        task = None
    return task or likely_intent(text, has_history=has_history) or QUESTION


def _message(text: str, *, has_page: bool, has_history: bool) -> _Message:
    written = _OPENING.sub("", in_figures(text)) or text
    in_latin = in_latin_letters(written)
    meant = naming_the_page(in_latin) if has_page and not has_history else in_latin
    return _Message(tuple(dict.fromkeys((written, in_latin))), meant, _spelt_as_tasks(meant), has_page, has_history)


def _first(found: Iterable[Intent | None]) -> Intent | None:
    return next((each for each in found if each is not None), None)


def _has_a_sign(text: str, *, has_page: bool) -> bool:
    """Whether any recogniser may know a first message."""
    spellings = dict.fromkeys((text, _spelt_as_tasks(text)))
    if has_page:
        spellings[naming_the_page(text)] = None
    if not text.isascii():  # another script, or accents, which some tables do not have
        asked = _message(text, has_page=has_page, has_history=False)
        spellings |= dict.fromkeys((*asked.written, asked.text, asked.spelt, " ".join(plain_words(text))))
    return any(sign.search(spelling) for sign in _SIGNS[has_page] for spelling in spellings)


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
    talk = _small_talk(in_plain_signs(readable(text)))
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
