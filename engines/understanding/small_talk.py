"""Whether a message is nothing but small talk, and of which kind; called by `engines.understanding.intents`.

A message is small talk where phrases of the lists cover all of its words: "hi, what is a node?" is a question. Words
may be stretched ("hiii") or misspelt ("tahnks").
"""

import re

from engines.understanding.normalising import corrected, plain_words
from engines.understanding.small_talk_phrases import FILLERS, PHRASES, SmallTalk

_CHAT = {"u": "you", "r": "are", "ur": "your"}  # as they are typed in chats
_MOST_WORDS = 30

_INTRODUCTION = re.compile(
    r"\b(?:my name is|my names|call me|mera naam|mera nam|ich heiße|ich heisse|mein name ist|je m['’]?appelle|me llamo|"
    r"mi nombre es|میرا نام)\s+[^\W\d_]+(?:\s+(?:hai|he|ہے))?",
    re.IGNORECASE,
)
_ASKED_OF_THE_TUTOR = re.compile(
    r"^(?:and |so |but |hey |hi )*(?:(?:which|what)\b.{0,40}\bdo you (?:like|love|enjoy|hate)\b|"
    r"do you (?:like|love|enjoy|hate|have (?:a )?(?:favou?rite|hobb|famil|friend|feeling|girlfriend|boyfriend))|"
    r"(?:what|which|who)(?: is|['’]?s| are) your (?:own )?(?:favou?rite|hobb|age|birthday|job)|"
    r"are you (?:a |an )?(?:boy|girl|man|woman|male|female|happy|sad|tired|married|single|smarter)|"
    r"was (?:ist|sind) dein\w* liebling|magst du|quel(?:le)? est (?:ta|ton) \w+ préféré|aimes[- ]tu|"
    r"cu[aá]l es tu \w+ favorit|te gusta)",
    re.IGNORECASE,
)
_MOST_LETTERS_OF_CHAT = 70
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")


def _table() -> dict[str, list[tuple[tuple[str, ...], SmallTalk]]]:
    """Phrases by their first word, the longest first."""
    table: dict[str, list[tuple[tuple[str, ...], SmallTalk]]] = {}
    for kind, phrases in PHRASES.items():
        for phrase in phrases.split("|"):
            words = tuple(_CHAT.get(word, word) for word in plain_words(phrase))
            table.setdefault(words[0], []).append((words, kind))
    for found in table.values():
        found.sort(key=lambda item: -len(item[0]))
    return table


_BY_FIRST_WORD = _table()
_FILLER_WORDS = frozenset(plain_words(FILLERS))
_ORDER = tuple(PHRASES)
_VOCABULARY = (
    frozenset(word for found in _BY_FIRST_WORD.values() for words, _ in found for word in words) | _FILLER_WORDS
)


def small_talk(text: str) -> SmallTalk | None:
    """The kind of small talk that a message is, None for one that asks something of the book."""
    words = plain_words(_INTRODUCTION.sub(" hello ", text[:400]))
    if len(text) > 400 or len(words) > _MOST_WORDS:
        return None
    if not words:
        return "agreement" if _EMOJI.search(text) else None
    if len(text) <= _MOST_LETTERS_OF_CHAT and _ASKED_OF_THE_TUTOR.search(text.strip()):
        return "chat"
    found = _kinds(_known(words))
    return min(found, key=_ORDER.index) if found else None


def _known(words: list[str]) -> list[str]:
    """The words as the lists spell them; none at all where one is in no list."""
    known: list[str] = []
    for word in words:
        known.append(corrected(_CHAT.get(word, word), _VOCABULARY))
        if known[-1] not in _VOCABULARY:
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
