"""Whether, where and how often a page or a chapter speaks of something: "is QoS explained on this page?".

Called by `engines.understanding.intent_recognition`. A message is read by its parts: the page or the chapter, a word
for speaking of something, how it asks, and the subject, which is all that is left. Pure functions.
"""

import re

from engines.understanding import lexicon
from engines.understanding.intent import Intent, Part
from engines.understanding.page_intents import word_for_chapter
from engines.understanding.places import QUOTED
from engines.understanding.task_patterns import (
    BESIDE_TASKS,
    COMPARE,
    HERE,
    IS_MENTIONED,
    NUMBERED,
    PAGE_TASKS,
    PIECES,
    THE_CHAPTER,
    THIS_BOOK,
    THIS_CHAPTER,
    THIS_PAGE,
)
from engines.understanding.words import plain_words

_MOST_CHARACTERS = 200
_MOST_WORDS = 9  # of a subject
_WHETHER = lexicon.pattern("mentions", r"^\W*(?:{before_it}\W+)*{whether}(?!\w)")
_WHERE = lexicon.pattern("mentions", r"(?<!\w){where}(?!\w)")
_HOW_OFTEN = lexicon.pattern("mentions", r"(?<!\w){how_often}(?!\w)")
_FIND = lexicon.pattern("mentions", r"^\W*(?:{before_it}\W+)*{find}(?!\w)", r"(?<!\w){find_behind}\W*$")
_SPEAKS_OF = lexicon.pattern("mentions", r"(?<!\w){speaks_of}(?!\w)")
_HAS_IT = lexicon.pattern("mentions", r"(?<!\w)(?:{speaks_of}|{has_it})(?!\w)")
_STANDS = lexicon.pattern("mentions", r"(?<!\w){stands}(?!\w)")
_OTHERWISE = lexicon.pattern("mentions", r"^\W*(?:{before_it}\W+)*{asks_otherwise}(?!\w)")
# A page as such: of a subject, something may be used in "this module", and in "the topic".
_PAGE_AS_SUCH = lexicon.pattern("neighbours", r"(?<!\w)(?:{this}|{the})(?:{page_as_such}|{chapter_as_such})s?(?!\w)")
_BEFORE_A_PLACE = lexicon.pattern("mentions", r"(?<!\w)(?:{on}\s+)?(?:{article}\s+)?$")
_FILLERS = lexicon.words("beside_mentions")
_ASKS_MORE = lexicon.words("no_mention")
_SIGNS = " ,.;:!?¿¡؟۔\"'“”„«»‘’()"
_QUESTION_MARK = re.compile(r"[?؟？]\W*$")


def mention_asked(text: str, *, has_page: bool) -> Intent | None:
    """Whether or where the open page, its chapter or one that is named by its number speaks of a subject."""
    of_the_page = IS_MENTIONED.match(text) if has_page else None
    if of_the_page and _place_in(text, has_page=False) is None and not THIS_BOOK.search(text):
        subject = of_the_page["subject"].strip(_SIGNS)
        return Intent("page_task", "mentions", "page", subject=subject) if _names_something(subject) else None
    place = _place_in(text, has_page=has_page) if len(text) <= _MOST_CHARACTERS else None
    if place is None or COMPARE.search(text):
        return None
    speaks_of = (_HAS_IT if _PAGE_AS_SUCH.search(text) else _SPEAKS_OF).search(text)
    if not _asks(text, speaks_of=speaks_of is not None):
        return None
    subject = _subject(text, place)
    if not subject:
        return None
    numbered = NUMBERED.search(place[0]) if THIS_PAGE.search(place[0]) is None else None
    if numbered and not THIS_CHAPTER.search(place[0]):
        name, word = numbered["number"] or numbered["ordinal"], numbered["word"] or numbered["word2"]
        return Intent("page_task", "mentions", "chapter", name, subject=subject, word=word)
    part: Part = "chapter" if THIS_CHAPTER.search(place[0]) or THE_CHAPTER.search(place[0]) else "page"
    return Intent("page_task", "mentions", part, subject=subject, word=word_for_chapter(place[0]))


def _place_in(text: str, *, has_page: bool) -> re.Match[str] | None:
    """The page or the chapter that a message speaks of, the open one first; none where it speaks of the book."""
    if THIS_BOOK.search(THIS_CHAPTER.sub(" ", THIS_PAGE.sub(" ", text))):
        return None
    numbered, here = NUMBERED.search(text), THIS_CHAPTER.search(text)
    if numbered and here and here.start() <= numbered.start() < here.end():
        return numbered  # "is chapter 3 about gait?": "is" means "this" in Roman Urdu alone
    patterns = (THIS_CHAPTER, THIS_PAGE, NUMBERED, *((_PAGE_AS_SUCH, HERE) if has_page else ()))
    return next((found for pattern in patterns if (found := pattern.search(text))), None)


def _asks(text: str, *, speaks_of: bool) -> bool:
    """Whether a message asks if, where or how often something is spoken of."""
    if _FIND.search(text) or (_HOW_OFTEN.search(text) and speaks_of):
        return True
    if _WHERE.search(text) and (speaks_of or (_STANDS.search(text) and _PAGE_AS_SUCH.search(text))):
        return True
    is_open = _SPEAKS_OF.search(text) and _QUESTION_MARK.search(text) and not _OTHERWISE.search(text)
    is_question = _WHETHER.search(text) or is_open  # "¿esta página menciona QoS?"
    return speaks_of and bool(is_question)


def _subject(text: str, place: re.Match[str]) -> str:
    """What is left of a message without its place and its words of asking; "" where that names nothing of its own."""
    quoted = QUOTED.search(text)
    if quoted and not quoted.start() <= place.start() < quoted.end():
        return (quoted["name"] or quoted["name2"]).strip()
    around = f"{_BEFORE_A_PLACE.sub(' ', text[: place.start()])} {text[place.end() :]}"
    for pattern in (_WHETHER, _FIND, _WHERE, _HOW_OFTEN, _HAS_IT):
        around = pattern.sub(" ", around, count=1)
    words = around.split()
    while words and _fills(words[0]):
        words = words[1:]
    while words and _fills(words[-1]):
        words = words[:-1]
    subject = " ".join(words).strip(_SIGNS)
    return subject if _names_something(subject) else ""


def _fills(word: str) -> bool:
    """Whether a word names nothing; one in capitals is an abbreviation: "ES" is no German pronoun."""
    if len(word) > 1 and word.isupper() and word.isascii():
        return False
    return all(each in _FILLERS for each in plain_words(word))


def _names_something(subject: str) -> bool:
    """Whether a subject is one of the book's, and no part or task of a page: "does this page have exercises?"."""
    rest = subject
    for pattern in (*PIECES.values(), *PAGE_TASKS.values()):
        rest = pattern.sub(" ", rest)
    own, words = plain_words(subject), plain_words(rest)
    asks_more = any(sign in subject for sign in ",;?؟") or not _ASKS_MORE.isdisjoint(own[1:])
    return bool(words) and len(own) <= _MOST_WORDS and not asks_more and not BESIDE_TASKS.issuperset(words)
