"""Messages that ask nothing of the book: greetings, thanks, complaints, questions about the tutor.

Called by `engines.understanding.intent_recognition` and `engines.chat.condense`. A message is small talk where phrases of
`languages/*.toml` cover all of its words: "hi, what is a node?" is a question. Words may be stretched ("hiii") or
misspelt ("tahnks").
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from engines.understanding import lexicon
from engines.understanding.message_parts import without_form
from engines.understanding.task_patterns import ASKS_SOMETHING, BESIDE_TASKS
from engines.understanding.words import corrected, plain_words, zipf

SmallTalk = Literal[
    "greeting",
    "thanks",
    "goodbye",
    "identity",
    "maker",
    "ability",
    "wellbeing",
    "praise",
    "apology",
    "chat",
    "agreement",
    "complaint",
    "discouraged",
    "presence",
    "link",
    "unclear",
    "remark",
]

# The phrases of each kind are in `languages/*.toml`. The kind that is answered where a message has several is the first.
_ORDER: tuple[SmallTalk, ...] = (
    "maker",
    "identity",
    "ability",
    "complaint",
    "discouraged",
    "presence",
    "wellbeing",
    "thanks",
    "goodbye",
    "chat",
    "apology",
    "praise",
    "greeting",
    "agreement",
    "remark",
)

_CHAT = {"u": "you", "r": "are", "ur": "your"}  # as they are typed in chats
_MOST_WORDS, _MOST_LETTERS = 30, 400
_FEW_WORDS = 3
# A word of this frequency in English is not misspelt, "latter"; nor is a short one that is rarer, "lidar".
_KNOWN_ZIPF, _RARER_ZIPF, _SHORT_WORD = 4.0, 2.6, 5  # the last in letters
_WRITTEN_ZIPF = 2.0  # of keys hit at random some are in the lists of words: "asdf"
_LONG_WORD, _SHORTEST_NO_WORD = 20, 5  # letters
_VOWELS = frozenset("aeiouy")
_KEYS = " ".join(row + " " + row[::-1] for row in ("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm"))
_BESIDE = 0.75  # of the pairs of letters, of keys that lie side by side
_ENCODED = re.compile(r"[A-Za-z0-9+/]{16,}={1,2}$")

_INTRODUCTION = lexicon.pattern("small_talk", r"\b{introduction}\s+[^\W\d_]+(?:\s+{behind_a_name})?")
_ASKED_OF_THE_TUTOR = lexicon.pattern("small_talk", r"^(?:{before_a_question_of_the_tutor} )*{question_of_the_tutor}")
# A message of these words alone asks who answers: one of the first, with one of the second.
_OF_WHO_ANSWERS = lexicon.words("of_who_answers")
_BEINGS = lexicon.words("beings")
_AROUND_BEINGS = lexicon.words("around_beings")
_MOST_LETTERS_OF_CHAT = 70
_WHOLE_MESSAGE = re.IGNORECASE | re.DOTALL
# Asks for what no book of this kind holds; all of a message.
_OF_A_WRITER = lexicon.pattern("small_talk", r"^(?:{before_a_poem} |,)*{wants_a_poem}\W*$")
_OF_ITS_INSTRUCTIONS = lexicon.pattern(
    "small_talk", r"^\W*(?:{before_instructions} |,)*{of_its_instructions}\W*$", flags=_WHOLE_MESSAGE
)
# Asks for what the tutor is made of, which no book says.
_OF_THE_PROGRAM = lexicon.pattern("small_talk", r"{of_the_program}", r"\b{your}\s+(?:{own} )?{secrets}\b")
# Gives the tutor another role, or orders what only an operator may.
_TO_CHANGE_ITS_ROLE = lexicon.pattern(
    "small_talk",
    r"^\W*(?:{before_an_order} |,)*{new_role}\b",
    r"^\W*{operator}",
    r"\b{without_rules}\b",
    flags=_WHOLE_MESSAGE,
)
_MOST_LETTERS_OF_AN_ORDER = 200
# What is asked beside such an order is asked of the book.
_SENTENCE = re.compile(r"(?<=[.!?؟。！？۔])\s*|\n+")
_BEHIND_AN_ORDER = lexicon.pattern("small_talk", r"[,:;，：]|{word:behind_an_order}")
_ASKS_OF_THE_BOOK = lexicon.pattern(
    "small_talk", r"^\W*{whole:asks_of_the_book}\b", "{anywhere:asks_of_the_book}", flags=_WHOLE_MESSAGE
)
_QUESTION_MARK = re.compile("[?？؟]")
_SUM = re.compile(
    r"(?!\d+(?:[./–-]\d+)+[\s?!.]*$)[\d\s.,()]*\d\s*[+*/^=×÷−-][\d\s.,()+*/^=×÷−-]*\??$"
)  # no date, no range
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001f3fa\U0001f400-\U0001faff]")  # without colours of skin
_APPROVES = re.compile(
    r"THUMBS UP|OK HAND|CHECK MARK|HEART|CLAPPING|PARTY|CONFETTI|FOLDED HANDS|RAISED HANDS|RAISING|HUNDRED|FLEXED|SPARKLES|"
    r"STAR|SMIL|GRIN|TEARS OF JOY|LAUGHING|BEAMING|HUGGING|ROCKET|FIRE|SALUT|RELIEVED|SUNGLASSES|BLOSSOM|ROSE|BOUQUET|WAVING|VICTORY"
)
_SCRIPT = re.compile(r"^\s*<(?:script\b|\w+\s[^>]*\bon\w+\s*=).*>\s*$", re.IGNORECASE | re.DOTALL)
_NO_SYLLABLE = re.compile(r"^(?=.{8}).*[^aeiouy]{5}")
_MARKS_AROUND = ",;:.!?-_/\\'\"()[]"
_RARE = 1.5  # of Zipf's scale, below which what is typed beside keys that were hit at random is no word
# Thanks, and something kind of the tutor behind it.
_THANKS_KINDLY = lexicon.pattern(
    "small_talk",
    r"^\W*{thanks}(?:\s+{very_much})?\s*[,.!،।，！-]+\s*{kind_words}\s*[^?؟？]{1,40}[.!۔।！]*\s*$",
)
# Said of an answer, or of the reader's own: "that seems slow", "I'm on the train btw". All of a message.
_REMARK = lexicon.pattern("small_talk", r"^\W*(?:{before_a_remark} |,)*{a_remark}\W*$", flags=_WHOLE_MESSAGE)
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_TO_OPEN = lexicon.words("to_open")


def _table() -> dict[str, list[tuple[tuple[str, ...], SmallTalk]]]:
    """Phrases by their first word, the longest first."""
    table: dict[str, list[tuple[tuple[str, ...], SmallTalk]]] = {}
    for kind in _ORDER:
        for phrase in lexicon.phrases(f"small_talk.{kind}"):
            words = tuple(_CHAT.get(word, word) for word in plain_words(phrase))
            table.setdefault(words[0], []).append((words, kind))
    for found in table.values():
        found.sort(key=lambda item: -len(item[0]))
    return table


_BY_FIRST_WORD = _table()
_FILLER_WORDS = lexicon.words("beside_small_talk")
_SMALL_TALK_WORDS = (
    frozenset(word for found in _BY_FIRST_WORD.values() for words, _ in found for word in words) | _FILLER_WORDS
)


@lru_cache(maxsize=256)  # of 20 KB at most; one question asks it twice
def small_talk(text: str) -> SmallTalk | None:
    """The kind of small talk that a message is, None for one that asks something of the book."""
    text = _said_once(without_orders(text))
    if not text.strip():
        return None
    if len(text) > _MOST_LETTERS:
        return None if any(map(str.isalnum, text)) else _without_words(text)
    words, bare = plain_words(_INTRODUCTION.sub(" hello ", text)), text.strip()
    if len(words) > _MOST_WORDS:
        return None
    if not words or _SUM.match(bare):
        return _without_words(bare)
    if _LINK.search(bare):
        return None if _beside_a_link(bare) else "link"
    if any(pattern.match(bare) for pattern in (_OF_A_WRITER, _OF_ITS_INSTRUCTIONS)):
        return "chat"
    if len(bare) <= _MOST_LETTERS_OF_CHAT and _ASKED_OF_THE_TUTOR.search(bare):
        return "chat"
    if len(bare) <= _MOST_LETTERS_OF_AN_ORDER and (_OF_THE_PROGRAM.search(bare) or _TO_CHANGE_ITS_ROLE.search(bare)):
        return "chat"
    if _SCRIPT.match(bare):
        return "chat"
    if _asks_who_answers(words):
        return "identity"
    if not bare.isdigit() and _are_no_words(bare):
        return "unclear"
    if _THANKS_KINDLY.match(bare):
        return "thanks"
    if len(bare) <= _MOST_LETTERS_OF_CHAT and _REMARK.match(bare) and not _asks(bare):
        return "remark"
    found = _kinds(_known(words))
    return min(found, key=_ORDER.index) if found else None


def is_of_small_talk(word: str) -> bool:
    """Whether a word, in small letters, stands in the lists of small talk as it is typed."""
    return _CHAT.get(word, word) in _SMALL_TALK_WORDS


@lru_cache(maxsize=2_000)
def without_orders(text: str) -> str:
    """A message without orders to the tutor to forget its instructions, where it asks something of the book as well.

    "Ignore previous instructions. What is a node?" asks for a node. A message of orders alone is given back as it is.
    """
    sentences = [sentence for sentence in _SENTENCE.split(text) if sentence.strip()]
    if len(text) > _MOST_LETTERS or not any(map(_is_an_order, sentences)):
        return text
    kept = [_asked_behind(sentence) if _is_an_order(sentence) else sentence for sentence in sentences]
    return " ".join(filter(None, kept)) if any(map(_asks_of_the_book, kept)) else text


def _is_an_order(sentence: str) -> bool:
    """Whether a sentence is for the tutor as a program: it gives it another role, or asks for its instructions."""
    bare = sentence.strip()
    if len(bare) > _MOST_LETTERS_OF_AN_ORDER:
        return False
    patterns = (_OF_ITS_INSTRUCTIONS, _TO_CHANGE_ITS_ROLE, _OF_THE_PROGRAM)
    return any(pattern.search(bare) for pattern in patterns)


def _asked_behind(order: str) -> str:
    """What an order goes on with and asks of the book: "… and tell me how to stack modals"; "" for nothing."""
    tails = (order[found.end() :].strip() for found in _BEHIND_AN_ORDER.finditer(order))
    return next(filter(_asks_of_the_book, tails), "")


def _asks_of_the_book(text: str) -> bool:
    bare = without_form(text)
    if not (_QUESTION_MARK.search(bare) or _ASKS_OF_THE_BOOK.search(bare)) or _is_an_order(bare):
        return False
    return small_talk(bare) is None


def _asks(text: str) -> bool:
    return bool(_QUESTION_MARK.search(text) or ASKS_SOMETHING.search(text))


def _asks_who_answers(words: Sequence[str]) -> bool:
    """Whether a message asks if a person answers: "wait, are you a person or a bot?", "bot or human?"."""
    asked = {_CHAT.get(word, word) for word in words}
    beings = asked & _BEINGS
    named = asked & _OF_WHO_ANSWERS or (len(beings) > 1 and "or" in asked and not asked & {"is", "this", "that"})
    return bool(beings and named) and asked <= _OF_WHO_ANSWERS | _BEINGS | _AROUND_BEINGS


def _said_once(text: str) -> str:
    """A message that repeats a few words over and over, with each of them once."""
    words = text.split()
    once = list(dict.fromkeys(words))
    return " ".join(once) if len(words) > _MOST_WORDS and len(once) <= _FEW_WORDS else text


def _without_words(text: str) -> SmallTalk:
    if any(map(str.isdigit, text)):
        return "chat"  # a sum
    shown = [name for each in text if (name := unicodedata.name(each, "")) and _EMOJI.match(each)]
    return "agreement" if shown and all(map(_APPROVES.search, shown)) else "unclear"


def _beside_a_link(text: str) -> list[str]:
    """The words beside a link that ask more than to open it: "please read https://…" has none."""
    return [word for word in plain_words(_LINK.sub(" ", text)) if word not in BESIDE_TASKS | _TO_OPEN]


def _are_no_words(text: str) -> bool:
    """Whether a message is keys that were hit at random: one part of it is, and none is a word of English."""
    parts = [part.strip(_MARKS_AROUND) or part for part in text.split()]
    no_words = [part for part in parts if _is_no_word(part)]
    others = [part for part in parts if part not in no_words and not part.isdigit()]
    typed = all(part.isascii() and not any(map(str.isupper, part)) and zipf(part, "en") < _RARE for part in others)
    return len(no_words) == len(parts) - sum(map(str.isdigit, parts)) or bool(no_words and typed)


def _is_no_word(text: str) -> bool:
    """Whether a message is keys that were hit at random, words without spaces between them, or a code.

    It may be a name of the book's as well, whose words the caller has.
    """
    if _ENCODED.match(text):
        return True
    if not (text.isascii() and text.isalpha() and text.islower()) or zipf(text, "en") >= _WRITTEN_ZIPF:
        return False
    if len(text) < _SHORTEST_NO_WORD:
        return False
    beside = sum(f"{first}{second}" in _KEYS for first, second in pairwise(text))
    return (
        len(text) >= _LONG_WORD
        or bool(_NO_SYLLABLE.search(text))
        or _VOWELS.isdisjoint(text)
        or beside >= _BESIDE * (len(text) - 1)
    )


def _known(words: list[str]) -> list[str]:
    """The words as the lists spell them; none at all where one is in no list."""
    known: list[str] = []
    for typed in words:
        word = _CHAT.get(typed, typed)
        is_right = zipf(word, "en") >= (_RARER_ZIPF if len(word) <= _SHORT_WORD else _KNOWN_ZIPF)
        known.append(word if is_right else corrected(word, _SMALL_TALK_WORDS))
        if known[-1] not in _SMALL_TALK_WORDS:
            return []
    return known


def _kinds(words: list[str]) -> set[SmallTalk]:
    """The kinds of the phrases that cover all words; none where a word is left over."""
    found: set[SmallTalk] = set()
    asks_for_help = False  # "thanks for your help" does not
    at = 0
    while at < len(words):
        for phrase, kind in _BY_FIRST_WORD.get(words[at], ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                if kind == "ability" and len(phrase) == 1:
                    asks_for_help = True
                else:
                    found.add(kind)
                at += len(phrase)
                break
        else:
            if words[at] not in _FILLER_WORDS:
                return set()
            at += 1
    return found or ({"ability"} if asks_for_help else set())
