"""Tells the questions of a message apart: "How do I stop after a failing suite, and how can I split the tests?".

Each is then searched for by itself, as the blend of both finds the sections on neither. Only whole questions are told
apart: of "nodes and topics", of a comparison and of a scene with one question nothing is. Called by
`engines.understanding.understanding` for messages that `MAY_ASK_MORE` finds a sign in. Pure functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from engines.understanding import lexicon
from engines.understanding.book_terms import has_a_pronoun
from engines.understanding.comparisons import things_compared
from engines.understanding.definitions import term_asked
from engines.understanding.message_parts import points, telling_words
from engines.understanding.words import detected_language, is_function_word

MOST_QUESTIONS = 3
MOST_CHARACTERS = 600  # of a message whose questions are told apart; a longer one is about one problem
_FEWEST_WORDS = 3  # of a question
_FEWEST_IN_PLACE = 2  # of one in a language that says in one word what others say in several
_FEWEST_LETTERS = 4  # of one in a script without spaces
_OF_ONE_SUBJECT = 2  # telling words
_MOST_OF_SUBJECT = 6  # words
_REPEATED = 2  # words that begin both of two questions
_pattern = lexicon.rich_pattern
_QUESTION_MARK = regex.compile("[?？؟]")
# In some languages a question begins with the word that asks; in others that word stands within both clauses.
_SECOND = r"(?:\s*[,;،…–—-]+\s*|\s+){second_question}"
_BEHIND_A_COMMA = r"\s*[,;]\s+(?={question_behind_a_comma}(?!\w))"
_BETWEEN_CLAUSES = (r"(?:\s*[,;]\s*|\s+){whole:joins_clauses}\s+", r"{anywhere:joins_clauses}")
_OF_EACH = r"(?<!\w)(?P<before>{before_each})\s+"
_COMPARES = lexicon.word_pattern("tasks.compare")
_BEFORE_A_QUESTION = _pattern("questions", _SECOND, _BEHIND_A_COMMA)
_BETWEEN = _pattern("questions", *_BETWEEN_CLAUSES)
_ASKS_BEFORE = _pattern("questions", r"(?<!\w){asks_before}(?!\w)")
_ASKS_IN_PLACE = _pattern("questions", r"(?<!\w){whole:asks_in_place}(?!\w)|{anywhere:asks_in_place}")
_OF_THE_SAME = _pattern(
    "questions",
    rf"^(?P<asks>\W*{{asks_before}}(?!\w).*{_OF_EACH})(?P<first>[^,;]+?),?\s+{{joins_a_pair}}\s+(?P=before)\s+"
    r"(?P<second>[^,;?!.]+?)(?P<end>\W*)$",
)
_ONLY_GOES_ON = _pattern("questions", r"^\W*{only_goes_on}(?!\w)")
_SPEAKS_OF_THE_SAME = _pattern(
    "questions", r"(?<!\w){whole:speaks_of_the_same}(?!\w)|(?<!\w){anywhere:speaks_of_the_same}"
)
_TELLS = regex.compile(r"[^.]\.\s*$")  # "When I do that, it is slow."
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}_.'’+#-]*")
MAY_ASK_MORE = _pattern("questions", _SECOND, _BEHIND_A_COMMA, *_BETWEEN_CLAUSES, rf"{_OF_EACH}.*\s(?P=before)\s")
"""The signs of which a sentence that asks more than one thing has one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a message that asks more than one."""

    typed: str
    searched: str  # with the subject of the question before it, where it names none


def questions_in(asking: Sequence[str], scene: Sequence[str]) -> tuple[Asked, ...]:
    """The questions of the sentences that ask, two or three; none where they ask one thing.

    `scene` is what is searched beside each of them.
    """
    if any(map(_TELLS.search, asking)):
        return ()
    found: list[str] = []
    for clause in (clause for sentence in asking for clause in _questions_of(sentence)):
        if found and (not _is_whole(clause) or len(found) == MOST_QUESTIONS):
            found[-1] = f"{found[-1]} {clause}"
        else:
            found.append(clause)
    if len(found) < 2 or not _is_on_a_subject(found[0]):
        return ()
    around = " ".join(scene)
    asked: list[Asked] = []
    subject = ""
    for typed in found:
        goes_on = bool(asked) and _leans(typed, asked[-1].typed)
        own = f"{subject} {typed}".strip() if goes_on else typed
        asked.append(Asked(typed, f"{around} {own}".strip()))
        subject = subject if own != typed else _subject_of(typed)
    return tuple(asked)


def _questions_of(sentence: str) -> list[str]:
    """The clauses of a sentence that each ask something; the sentence itself where no two do."""
    same = _OF_THE_SAME.match(sentence)
    if same:
        parts = [f"{same['asks']}{same[part]}{same['end']}" for part in ("first", "second")]
    else:
        parts = _begun_by_a_question(sentence) or _asking_in_place(sentence)
    compares = parts and _COMPARES.search(parts[0]) and not _compares(parts[0])  # its two sides are the clauses
    if len(parts) < 2 or compares or any(_lacks_its_verb(second, first) for first, second in pairwise(parts)):
        return [sentence]
    return parts if all(map(_is_whole, parts)) else [sentence]


def _begun_by_a_question(sentence: str) -> list[str]:
    """The clauses, all but the first of which begin with the word that asks; none where the first asks nothing."""
    places = [0, *(found.end() for found in _BEFORE_A_QUESTION.finditer(sentence))]
    ends = [*(found.start() for found in _BEFORE_A_QUESTION.finditer(sentence)), len(sentence)]
    parts = [sentence[start:end].strip() for start, end in zip(places, ends, strict=True)]
    return parts if len(parts) > 1 and _asks(parts[0]) else []


def _asking_in_place(sentence: str) -> list[str]:
    """The clauses that each have a word that asks; one without it belongs to the next."""
    places = [0, *(found.end() for found in _BETWEEN.finditer(sentence))]
    ends = [*(found.start() for found in _BETWEEN.finditer(sentence)), len(sentence)]
    parts: list[str] = []
    begun = 0
    for start, end in zip(places, ends, strict=True):
        if _ASKS_IN_PLACE.search(sentence[begun:end]):
            parts.append(sentence[begun:end].strip())
            begun = places[places.index(start) + 1] if end < len(sentence) else end
    return parts if begun == len(sentence) else []


def _compares(text: str) -> bool:
    return bool(things_compared(text, detected_language(text) or "en"))


def _asks(clause: str) -> bool:
    return bool(_ASKS_BEFORE.search(clause) or _ASKS_IN_PLACE.search(clause))


def _is_whole(clause: str) -> bool:
    """Whether a clause asks something by itself: not "why?", "or not?" and "is that possible?"."""
    if _ONLY_GOES_ON.match(clause) or not (_asks(clause) or _QUESTION_MARK.search(clause)):
        return False
    words = _WORD.findall(clause)
    if _UNSPACED.search(clause):
        return len("".join(words)) >= _FEWEST_LETTERS
    fewest = _FEWEST_IN_PLACE if _ASKS_IN_PLACE.search(clause) else _FEWEST_WORDS
    only_points = len(words) <= _FEWEST_WORDS and points(clause)  # "is that possible?"
    return len(words) >= fewest and not only_points and bool(telling_words(clause))


def _is_on_a_subject(clause: str) -> bool:
    return bool(_UNSPACED.search(clause)) or len(telling_words(clause)) >= _OF_ONE_SUBJECT or bool(term_asked(clause))


def _leans(clause: str, before: str) -> bool:
    """Whether a question speaks of what the one before it names."""
    if _UNSPACED.search(clause):
        return has_a_pronoun(clause) or bool(_SPEAKS_OF_THE_SAME.search(clause))
    few = len(telling_words(clause)) < _OF_ONE_SUBJECT and not _repeats(clause, before)
    return few or has_a_pronoun(clause) or bool(_SPEAKS_OF_THE_SAME.search(clause))


def _repeats(clause: str, before: str) -> bool:
    """Whether two questions begin with the same words: "the default of … and of …"."""
    return _WORD.findall(clause.casefold())[:_REPEATED] == _WORD.findall(before.casefold())[:_REPEATED]


def _lacks_its_verb(clause: str, before: str) -> bool:
    """Whether a clause only says of what else the same is asked: "what part does it play in A, and what part in B?"."""
    words, others = _WORD.findall(clause.casefold()), _WORD.findall(before.casefold())
    is_shorter = len(words) + _REPEATED < len(others)
    return is_shorter and _repeats(clause, before) and not is_function_word(words[1], "en")


def _subject_of(clause: str) -> str:
    """What a question is about: the term that it asks for, else its words that say something."""
    language = detected_language(clause) or "en"
    words = [word for word in _WORD.findall(clause) if not is_function_word(word.casefold(), language)]
    return term_asked(clause) or " ".join(words[-_MOST_OF_SUBJECT:])
