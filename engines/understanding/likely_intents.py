"""The likely intent of a short message that no list has: small talk, a request about the last answer, a task.

"brb, dinner", "nickel, merci à toi", "my brain left at line two": readers say such things in more ways than lists have.
A linear model over the letters and words of a message distinguishes them from questions, in all languages of the
interface; it does not depend on the book or the embedding model. `python -m engines.evaluation.train_likely_intents`
writes it, and docs/quality.md has its figures on messages of writers who had no part in the training. Called by
`intent_recognition` where nothing else has recognised a message. Pure functions.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from engines.understanding.intent import Intent
from engines.understanding.lexicon import pattern
from engines.understanding.small_talk import SmallTalk
from engines.understanding.words import in_plain_signs

MODEL_FILE = Path(__file__).with_name("likely_intents.npz")
TASKS_FILE = Path(__file__).with_name("likely_task_kinds.npz")
QUESTION = "question"
LENGTHS = range(2, 6)  # of the sequences of letters, the spaces around a word among them
FEATURES = 2**15  # places that sequences and words are hashed to
# A first message needs a higher score to count as small talk.
_TALK_FROM = {False: 0.6, True: 0.54}  # by whether something was said before
_REQUEST_FROM = 0.52
_SURE = 0.6  # as below, of a task that is not answered from the text of the page
_OF_ITS_KIND = 0.5  # share of a kind's probability from which one class of it is told
_MOST_WORDS = 14
_TALK: dict[str, SmallTalk] = {
    "talk:greeting": "greeting",
    "talk:thanks": "thanks",
    "talk:praise": "praise",
    "talk:goodbye": "goodbye",
    "talk:agreement": "agreement",
    "talk:complaint": "complaint",
    "talk:discouraged": "discouraged",
    "talk:assistant": "ability",
    "talk:apology": "apology",
}
_REQUESTS = {f"answer:{task}": task for task in ("rewording", "translation", "sources", "more", "example", "code")}
_ON_A_PAGE = {f"page:{task}": task for task in ("before", "next", "length")}
_OF_A_PART = "answer:part"  # "what do you mean by the last part?", and by anything else that has a name
_MAY_HAVE_A_SUBJECT = frozenset({"answer:code", "answer:example"})
# "An example with a modal", "in vs code?".
_OF_A_THING = pattern("likely_intents", r"\b{before_a_thing}\b(?! {no_other_thing}\b)")
_ACRONYM = re.compile(r"\b[A-Z]{2,}\b")
_APOSTROPHES = re.compile(r"['’`´]")
_REPEATED = re.compile(r"(.)\1{2,}")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"\w+|[^\w\s]")


@lru_cache(maxsize=2_000)
def likely_intent(text: str, *, has_history: bool) -> Intent | None:
    """Small talk, or a request about the last answer; None for what may be a question."""
    if len(text.split()) > _MOST_WORDS or not any(map(str.isalpha, text)):
        return None
    told = shipped_model(MODEL_FILE).probabilities(text)
    if of_kind(told, "talk") >= _TALK_FROM[has_history]:
        return Intent("small_talk", _TALK.get(_within(told, "talk"), "remark"), likely=True)
    if has_history and of_kind(told, "answer") >= _REQUEST_FROM:
        return _request(text, _within(told, "answer"))
    return None


def _request(text: str, wanted: str) -> Intent | None:
    """The request about the last answer; None if the message names something that it may be about."""
    names_it = _ACRONYM.search(text) and not text.isupper()  # "are you sure that the ZMP leaves the foot?"
    of_a_thing = wanted in _MAY_HAVE_A_SUBJECT and _OF_A_THING.search(text)
    if names_it or of_a_thing or wanted == _OF_A_PART:
        return None
    return Intent("conversation_task", _REQUESTS.get(wanted, "rewording"), likely=True)


@lru_cache(maxsize=2_000)
def likely_task(text: str) -> Intent | None:
    """What a message that is known to be a task wants: of the page, unless the book is likelier; None: to be searched.

    What comes before or after the page and how long it is are told where that is fairly sure; any other task on it is
    one on its text.
    """
    told = likely_class(shipped_model(TASKS_FILE).probabilities(in_plain_signs(text)))
    if told.startswith("book"):
        return None if told == "book:place" else Intent("book_task", "contents", "book", likely=True)
    return Intent("page_task", _ON_A_PAGE.get(told, "summary"), likely=True)


def is_told_as_task(text: str, *, least: float) -> bool:
    """Whether a message is a task on a page or on the book, by its letters and words."""
    return of_kind(shipped_model(MODEL_FILE).probabilities(in_plain_signs(text)), "task") >= least


def likely_class(told: dict[str, float]) -> str:
    """The class of a task; one of the page that is not fairly sure is a task on its text."""
    kind = "book" if of_kind(told, "book") > of_kind(told, "page") else "page"
    return _within(told, kind, least=_SURE if kind == "page" else 0.0) or "page:text"


def of_kind(told: dict[str, float], kind: str) -> float:
    """The probability of a kind of message: "talk", "answer", "page", "book" or "question"."""
    return sum(value for name, value in told.items() if name.startswith(kind))


def _within(told: dict[str, float], kind: str, *, least: float = _OF_ITS_KIND) -> str:
    """The class of a kind that has so much of its probability; "" where none has."""
    best = max((name for name in told if name.startswith(kind)), key=told.__getitem__)
    return best if told[best] >= least * of_kind(told, kind) else ""


@dataclass(frozen=True, slots=True)
class IntentModel:
    """A multinomial logistic regression over the letters and words of a message."""

    classes: tuple[str, ...]
    weights: NDArray[np.float32]  # (features, classes)
    intercepts: NDArray[np.float32]  # (classes,)

    def probabilities(self, text: str) -> dict[str, float]:
        """The probability of each class for a message; they add up to 1."""
        places, values = features(text)
        scores = values @ self.weights[places] + self.intercepts
        raised = np.exp(scores - scores.max())
        return dict(zip(self.classes, (raised / raised.sum()).tolist(), strict=True))

    def save(self, path: Path) -> None:
        """Write a file that `load` reads."""
        np.savez_compressed(
            path,
            classes=np.array(self.classes),
            weights=self.weights.astype(np.float16),
            intercepts=self.intercepts.astype(np.float32),
        )

    @classmethod
    def load(cls, path: Path) -> "IntentModel":
        """The model of a file."""
        with np.load(path) as stored:
            return cls(tuple(stored["classes"].tolist()), stored["weights"].astype(np.float32), stored["intercepts"])


def features(text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The places of a message's features and their values, for sequences of letters and for words each of length 1."""
    words = _words(text)
    letters = [
        f" {word} "[at : at + length]
        for word in words
        for length in LENGTHS
        for at in range(max(1, len(word) + 3 - length))
    ]
    phrases = [f"w {word}" for word in words] + [f"w {first} {second}" for first, second in pairwise(words)]
    counted = [_counted(letters), _counted(phrases)]
    return np.concatenate([places for places, _ in counted]), np.concatenate([values for _, values in counted])


def _words(text: str) -> list[str]:
    """The words and marks of a message as it is compared: "it's sooo GOOD!!" is "its soo good !!"."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _DIGITS.sub("0", _REPEATED.sub(r"\1\1", _APOSTROPHES.sub("", plain)))
    return _WORD.findall(plain)


def _counted(found: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    hashed = np.array([crc32(each.encode(errors="replace")) % FEATURES for each in found], dtype=np.intp)
    places, counts = np.unique(hashed, return_counts=True)
    return places, (counts / max(1.0, float(np.linalg.norm(counts)))).astype(np.float32)


@lru_cache(maxsize=2)
def shipped_model(file: Path) -> IntentModel:
    """A model of the package."""
    return IntentModel.load(file)
