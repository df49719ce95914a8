"""What a reader asks, as one typed result: what is searched, what was pasted, what was corrected.

Called at the start of retrieval, before anything is embedded. Pure functions of the message and of the book's words.
"""

from dataclasses import dataclass
from functools import lru_cache

import regex

from engines.understanding.clauses import clauses_of, subject, take_apart
from engines.understanding.pasted import part, telling
from engines.understanding.spelling import SpellingCorrector
from engines.understanding.word_rarity import is_foreign, is_stop_word, language_of

MOST_CHARS = 1_500  # of what is searched: the embedding model reads about as much
MOST_CLAUSES = 4
_READ_CHARS = 20_000  # of a message that are looked at
_AROUND = ".,;:!?()[]\"'*`"
_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}_]+(?:[.'’/+#-]+[\p{L}\p{M}\p{N}_]+)*[+#]*")


@dataclass(frozen=True, slots=True)
class Understanding:
    """One message taken apart."""

    text: str  # as the reader typed it
    search_text: str  # what is searched: without words of form, typing errors corrected, with what a paste tells
    asked: str  # of it what asks; all of it where no part does
    clauses: tuple[str, ...] = ()  # the clauses that ask, where there are several
    scene: tuple[str, ...] = ()  # the sentences that only set the scene
    pasted: str | None = None  # logs, code, errors
    corrections: tuple[tuple[str, str], ...] = ()  # (as typed, as searched)
    language: str = "en"  # of the texts that are searched
    foreign: float = 0.0  # share of the words that are of another language, 0 to 1

    @property
    def light_words(self) -> frozenset[str]:
        """The words of `search_text`, in lower case, that say little about its subject."""
        return frozenset(
            word for word in map(_bare, self.search_text.casefold().split()) if is_stop_word(word, self.language)
        )

    @property
    def search_words(self) -> str:
        """The words of `search_text` that say something about a subject, for the sparse side."""
        words = words_of_subject(self.search_text, self.language)
        return " ".join(words) if words else self.search_text


def understand(text: str, *, locale: str | None = None, corrector: SpellingCorrector | None = None) -> Understanding:
    """Take a message apart; `locale` is that of the texts it is to find, `corrector` knows the book's words.

    Never raises, whatever the message is; time is linear in its length up to 20,000 characters, of which the beginning
    and the end are read.
    """
    message = text if len(text) <= _READ_CHARS else f"{text[: _READ_CHARS // 2]}\n{text[-_READ_CHARS // 2 :]}"
    language = language_of(locale)
    parted = part(message)
    parts = take_apart(parted.prose)
    asking = [subject(sentence) for sentence in parts.asking]
    scene = list(parts.scene)
    corrections: dict[str, str] = {}
    if corrector is not None:
        for sentences in (asking, scene):
            for place, sentence in enumerate(sentences):
                sentences[place], found = corrector.correct(sentence)
                corrections.update(found)
    told = telling(parted.pasted) if parted.pasted else ""
    asked = " ".join(asking) or " ".join(scene)
    whole = " ".join([*scene, *asking])
    search_text = "\n".join(piece for piece in (whole, told) if piece)[:MOST_CHARS].strip() or text.strip()[:MOST_CHARS]
    clauses = [clause for sentence in asking for clause in clauses_of(sentence)] or (asking if len(asking) > 1 else [])
    return Understanding(
        text=text,
        search_text=search_text,
        asked="\n".join(piece for piece in (asked, told) if piece)[:MOST_CHARS] or search_text,
        clauses=tuple(clauses[:MOST_CLAUSES]),
        scene=tuple(scene) if asking else (),
        pasted=parted.pasted or None,
        corrections=tuple(corrections.items()),
        language=language,
        foreign=_foreign_share(search_text, language),
    )


@lru_cache(maxsize=256)
def words_of_subject(text: str, language: str) -> tuple[str, ...]:
    """The words of a text in its order, without those that are too frequent in its language to say anything."""
    return tuple(word for word in _WORDS.findall(text) if not is_stop_word(word, language))


def _bare(word: str) -> str:
    return word.strip(_AROUND)


def _foreign_share(text: str, language: str) -> float:
    words = _WORDS.findall(text.casefold())[:200]
    return sum(is_foreign(word, language) for word in words) / len(words) if words else 0.0
