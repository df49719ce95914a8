"""What a reader asks, as one typed result: what is searched, what was pasted, what was corrected.

Called at the start of retrieval, before anything is embedded. Pure functions of the message and of the book's words.
Pasted logs, errors and code are separated from prose line by line. They are kept for the answer; of them only what
identifies a problem is searched, without paths, addresses, times and numbers. Sentences of the prose are divided into
those that ask, those that set the scene, and courtesies.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import regex

from engines.understanding.book_terms import BookTerms
from engines.understanding.comparisons import MAY_COMPARE, things_compared
from engines.understanding.definitions import asks_how_it_works, in_english, term_asked, without_field, without_name
from engines.understanding.framed_text import framed
from engines.understanding.language_files import words_of
from engines.understanding.loan_words import LoanWords, latin_words
from engines.understanding.message_parts import (
    Parts,
    clauses_of,
    names_its_subject,
    part,
    points,
    subject,
    take_apart,
    telling,
    with_subject_asked,
)
from engines.understanding.several_questions import MAY_ASK_MORE, MOST_CHARACTERS, Asked, questions_in
from engines.understanding.small_talk import without_orders
from engines.understanding.spelling import SpellingCorrector
from engines.understanding.translated_words import Meanings
from engines.understanding.words import (
    IN_LATIN_LETTERS,
    detected_language,
    has_small_english_words,
    is_foreign,
    is_stop_word,
    language_of,
    leans_elsewhere,
    readable,
    without_text_speak,
    zipf,
)

SCENE_CHARS = 300  # of the sentences that only set the scene, of which more would drown what asks
_FOREIGN_CLAUSE = "111"  # words in a row
_PARTS = regex.compile(r"[^\W\d_]+")
MOST_CHARS = 1_500  # of what is searched: the embedding model reads about as much
MOST_CLAUSES = 4
_ENGLISH_LEAD = 1.0  # of Zipf's scale, of a small English word over one of the language that a question is in
MEANING_SHARE = 0.5  # of an English word, as what a word may mean is less sure
_READ_CHARS = 20_000  # of a message that are looked at
_OF_WORKING = words_of("of_working")
_AROUND = ".,;:!?()[]\"'*`"
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー"
_LETTER = rf"(?:(?![{_UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}_])"
_WORDS = regex.compile(  # "SLAM是什么" is a term and what is asked of it
    rf"[{_UNSPACED}]+|{_LETTER}+(?:[.'’/+#-]+{_LETTER}+)*[+#]*"
)
_SPELT = regex.compile(r"[\p{L}\p{M}]+")
_MAY_BE_FRAMED = regex.compile(r"\n|[:：][^:：]*[:：]|^\W*[\p{L}\p{N}]{1,20}[ .)][^?!]{0,30}[:：)\]]")
_PAUSES = regex.compile(r"[,:;–—-]\s")
_BESIDE_ITS_NAME = regex.compile(r"([^()]*[^()\s]) ?\(([^()]+)\)?")


@dataclass(frozen=True, slots=True)
class Understanding:
    """One message taken apart."""

    text: str  # as the reader sees it
    search_text: str  # what is searched: without words of form, typing errors corrected, with what a paste tells
    asked: str  # of it what asks; all of it where no part does
    clauses: tuple[str, ...] = ()  # the clauses that ask, where there are several
    scene: tuple[str, ...] = ()  # the sentences that only set the scene
    pasted: str | None = None  # logs, code, errors
    corrections: tuple[tuple[str, str], ...] = ()  # (as typed, as searched)
    terms: tuple[tuple[str, str], ...] = ()  # (abbreviation, what of the book was searched for beside it)
    written_out: tuple[str, ...] = ()  # what was typed of those terms whose abbreviation the book has as well
    meanings: tuple[tuple[str, str], ...] = ()  # (word of another language, English word of the book)
    gloss: str = ""  # of a question in another language: what is searched word by word in English
    language: str = "en"  # of the texts that are searched
    asked_in: str = ""  # the language of the message, where it is not English: `words.detected_language`
    foreign: float = 0.0  # share of the words that are of another language, 0 to 1
    term: str = ""  # whose definition is asked for; "" where none is
    has_long_scene: bool = False  # what asks leads the search then, as most words are of the scene
    asks_by_itself: bool = False  # beside a pasted text, of which it says nothing: "how do I polyfill X for jsdom?"
    in_context: tuple[str, ...] = ()  # of a follow-up: its readings with what was said before, which rank chunks
    compared: tuple[tuple[str, ...], ...] = ()  # the names of each thing that the question compares, as typed first
    field: str = ""  # what the whole book is about, where the question names it beside its subject: "ROS 2"
    own_text: str = ""  # the question as it was typed, where text stands around it that is not searched
    questions: tuple[Asked, ...] = ()  # of a message that asks more than one thing
    parts: tuple["Understanding", ...] = ()  # what each of these asks; each is searched by itself

    @property
    def question(self) -> str:
        """The question as it was typed: without the chat, the form or the introduction around it."""
        return self.own_text or self.text

    @property
    def term_names(self) -> tuple[str, ...]:
        """The names under which the book may define `term`: as asked, as the book has it, without its field."""
        if not self.term:
            return ()
        plain = without_field(self.term)
        others = (searched for typed, searched in self.terms if typed.casefold() == plain.casefold())
        searched_for = dict(self.terms)  # of a term of several words, the book may have each under another name
        typed = sorted(map(regex.escape, searched_for), key=len, reverse=True)
        renamed = plain
        if typed:
            words = rf"(?<!\w)(?:{'|'.join(typed)})(?!\w)"
            renamed = regex.sub(words, lambda word: searched_for[word[0]], plain)
        both = _BESIDE_ITS_NAME.fullmatch(plain)  # "zero moment point (ZMP)"
        bare = without_name(plain, self.field) if self.field else plain
        return tuple(dict.fromkeys((self.term, plain, bare, *others, renamed, *(both.groups() if both else ()))))

    @property
    def replaced(self) -> tuple[tuple[str, str], ...]:
        """(As typed, as searched) of misspelt words, and of names that the book does not use; no other forms of a word.

        "PIDs" is searched as "PID", "ZMP's" as "ZMP", and "D-H" as "DH".
        """
        misspelt = [pair for pair in self.corrections if not _is_other_form(*pair)]
        return (*misspelt, *(() if self._in_another_language else self.terms))

    @property
    def share_known(self) -> float:
        """Share of the letters, without stop words, of words in Latin letters or with a meaning in the book; 0 to 1."""
        known = {typed for typed, _ in (*self.terms, *self.meanings)}
        text = self.question.casefold()
        for typed in sorted(known, key=len, reverse=True):
            text = text.replace(typed.casefold(), " " + "x" * len(typed) + " ")
        words = [word for word in _SPELT.findall(text) if not is_stop_word(word, self.asked_in)]
        letters = sum(map(len, words))
        return sum(len(word) for word in words if word.isascii()) / letters if letters else 1.0

    @property
    def translated(self) -> tuple[str, ...]:
        """What of the book is searched for beside words of another language, or of another script."""
        terms = self.terms if self._in_another_language else ()
        return tuple(searched for _, searched in (*terms, *self.meanings))

    @property
    def _in_another_language(self) -> bool:
        """Whether the terms are those of another language's words; Urdu's are, also in a question to its edition."""
        return self.asked_in != "" and (self.asked_in != self.language or self.asked_in == "ur")

    @property
    def ranked_by(self) -> tuple[str, ...]:
        """The texts whose mean vector ranks chunks: what is searched, and the message as typed where it differs.

        On five sets the mean was nowhere more than 0.001 nDCG@10 below the searched text alone, and up to 0.015 above.
        A follow-up is ranked by its readings in context.
        """
        if self.in_context or not self.field:
            return self.in_context or self._by_itself
        return _distinct(without_name(text, self.field) for text in self._by_itself)

    @property
    def _by_itself(self) -> tuple[str, ...]:
        if self.has_long_scene:
            return _distinct((self.asked, self.search_text))
        typed = self.question.strip() if len(self.question) <= MOST_CHARS else ""
        return _distinct((self.search_text, self._with_names(typed)))

    def _with_names(self, text: str) -> str:
        """A text with the book's names for abbreviations whose meaning is asked for: a model knows few of them."""
        for typed, name in self.terms:
            if typed in self.written_out:
                text = regex.sub(rf"(?<!\w){regex.escape(typed)}(?!\w)", name, text)
        return text

    @property
    def readings(self) -> tuple[str, ...]:
        """The texts whose meanings are compared with the book's: what is searched, the message as typed, what asks.

        A plain question has one reading.
        """
        return _distinct((*self._by_itself, self.asked))

    @property
    def sparse_text(self) -> str:
        """What is searched by words: `search_text`, and of a follow-up the words of what was said before."""
        words = dict.fromkeys(" ".join((self.search_text, *self.in_context)).split())
        return " ".join(words) if self.in_context else self.search_text

    @property
    def source_text(self) -> str:
        """What a model for English can read of the question: its English words and meanings of the others."""
        return " ".join(_english_words(self.sparse_text, self.asked_in))

    @property
    def read_in_english(self) -> tuple[str, ...]:
        """The texts whose mean a model for English reads of a question in another language.

        The gloss, in its order and with the small words: of 70 questions in seven languages that found four sections
        more than the English words alone. Of a question that mixes English with the other language its own words, too.
        """
        texts = (self.gloss, self.source_text) if self._is_mixed else (self.gloss or self.source_text,)
        return _distinct(texts) or (self.search_text,)

    @property
    def _is_mixed(self) -> bool:
        """Whether English is a part of a question's sentences, and not only of its terms."""
        if self.asked_in == "ur-Latn":
            return True
        return self.asked_in in IN_LATIN_LETTERS and any(
            has_small_english_words(word) and zipf(word, "en") - zipf(word, self.asked_in) >= _ENGLISH_LEAD
            for word in _WORDS.findall(self.question[:MOST_CHARS])
        )

    @property
    def source_share(self) -> float:
        """How much of the question can be searched for in English, 0 to 1, by its words on a subject.

        A word counts where it is English or has a term of the book, and `MEANING_SHARE` where it has a meaning.
        """
        found_for_them = " ".join(english for _, english in (*self.terms, *self.meanings))
        typed = Counter(words_of_subject(self.sparse_text, self.language))
        typed -= Counter(words_of_subject(found_for_them, self.language))
        if not typed:
            return 0.0
        english = len(_english_words(" ".join(typed.elements()), self.asked_in))
        with_a_term, with_a_meaning = len(dict(self.terms)), len(dict(self.meanings))
        return min(1.0, (english + with_a_term + MEANING_SHARE * with_a_meaning) / typed.total())

    @property
    def light_words(self) -> frozenset[str]:
        """The words of `sparse_text`, in lower case, that say little about the subject.

        For a follow-up, also words that some reading lacks: they come from earlier turns. Beside a long
        scene they are also the scene's, and those of a pasted text that the question does not speak of.
        """
        readings = [set(map(_bare, text.casefold().split())) for text in self.in_context or (self.search_text,)]
        said_now, words = set.intersection(*readings), set(map(_bare, self.sparse_text.casefold().split()))
        names = words.difference(map(_bare, self.in_own_words(self.sparse_text).casefold().split()))
        light = (word for word in words if word not in said_now or is_stop_word(word, self.language))
        leads = self.has_long_scene or self.asks_by_itself
        asked = set(map(_bare, self.asked.casefold().split())) if leads else words
        return frozenset(
            names.union(light, words - asked, words & _OF_WORKING if asks_how_it_works(self.asked) else ())
        )

    def in_own_words(self, text: str) -> str:
        """A text that is searched without the names that the book has for its abbreviations.

        They help to find a section, and are no sign that the book covers the question: they are not the reader's words.
        """
        for typed, name in self.terms:
            if typed in self.written_out:
                text = text.replace(f"({name})", "")
        return " ".join(text.split())

    @property
    def gloss_is_compared(self) -> bool:
        """Whether passages are compared with the question's meaning in English, as its own words are not English."""
        return bool(self.gloss) and self.language == "en"

    @property
    def words_compared(self) -> str:
        """The words of the question that passages are compared with."""
        return self.gloss if self.gloss_is_compared else self.in_own_words(self.search_text)

    @property
    def search_words(self) -> str:
        """The reader's own words of `search_text` that name a subject."""
        text = self.words_compared
        words = words_of_subject(text, self.language)
        return " ".join(words) if words else text


def understand(
    text: str,
    *,
    locale: str | None = None,
    corrector: SpellingCorrector | None = None,
    book_terms: BookTerms | None = None,
    loan_words: LoanWords | None = None,
    meanings: Meanings | None = None,
    asked_in: str = "",
) -> Understanding:
    """Analyse a message; `locale` is that of the texts to search, the other arguments know the book's words and names.

    `asked_in` is the language of a text of a few words that do not show it.

    Never raises, whatever the message is; time is linear in its length up to 20,000 characters, of which the beginning
    and the end are read.
    """
    text = without_orders(readable(text))
    message = text if len(text) <= _READ_CHARS else f"{text[: _READ_CHARS // 2]}\n{text[-_READ_CHARS // 2 :]}"
    language = language_of(locale)
    said = _taken_apart(message, corrector, asked_in)
    asked_in, scene = said.asked_in or "", list(said.scene)
    other_language = asked_in if asked_in in IN_LATIN_LETTERS and asked_in != language else ""
    asking = [subject(in_english(sentence) if language == "en" else sentence) for sentence in said.asking]
    # A word of another language is no misspelt one of the book.
    corrections = {} if other_language else _correct((asking, scene), corrector, book_terms)
    subject_text, prose = " ".join(asking or scene), " ".join([*scene, *asking])
    found = _terms(subject_text, prose, other_language, book_terms, loan_words)
    meant: tuple[tuple[str, str], ...] = ()
    if asked_in and meanings:
        found = tuple(pair for pair in found if not meanings.contradicts(pair, asked_in))
        meant = _meant(prose, asked_in, found, meanings)
    term = next(filter(None, map(term_asked, said.asking)), "")
    if not term and book_terms and not other_language:
        term = book_terms.alone(subject_text, found)
    terms, written_out = _names_asked_for(found, term, book_terms)
    searched = _searched(said, asking, scene, [f"({name})" for _, name in (*terms, *meant)])
    search_text = searched.text.strip() or text.strip()[:MOST_CHARS]
    words = set(_WORDS.findall(search_text))
    corrections = {typed: right for typed, right in said.corrections if right in words} | corrections
    return Understanding(
        text=text,
        search_text=search_text,
        asked=searched.asked or search_text,
        clauses=_clauses(asking),
        scene=said.shown_scene if asking else (),
        pasted=said.pasted or None,
        corrections=tuple(corrections.items()),
        terms=terms,
        written_out=written_out,
        meanings=meant,
        gloss=meanings.gloss(searched.without_names, asked_in, terms) if asked_in and meanings else "",
        language=language,
        asked_in=asked_in,
        has_long_scene=searched.has_long_scene,
        asks_by_itself=said.asks_by_itself,
        foreign=_foreign_share(searched.asked if asking and scene else search_text, language),
        term=_corrected_term(term, corrections),
        compared=_compared_by_name((subject_text, prose), language, found),
        own_text=said.own_text,
        questions=_questions(said),
    )


def _questions(said: "_Said") -> tuple[Asked, ...]:
    """The questions of a message without anything pasted that asks more than one thing."""
    if said.pasted or said.is_framed or sum(map(len, (*said.asking, *said.scene))) > MOST_CHARACTERS:
        return ()
    may_ask_more = len(said.asking) > 1 or any(map(MAY_ASK_MORE.search, said.asking))
    return questions_in(said.asking, said.scene) if may_ask_more else ()


@dataclass(frozen=True, slots=True)
class _Said:
    """What a message says, and what of it is searched."""

    asking: tuple[str, ...]
    scene: tuple[str, ...]  # as far as it is searched
    shown_scene: tuple[str, ...]  # all of it
    has_topic: bool  # whether the scene is of what stands around the question
    told: str  # what is searched of what was pasted
    pasted: str
    own_text: str  # as in `Understanding`
    is_framed: bool  # whether it stands in a chat, a mail or a form
    asked_in: str | None
    corrections: tuple[tuple[str, str], ...]  # of words of form
    asks_by_itself: bool


def _taken_apart(message: str, corrector: SpellingCorrector | None, language: str) -> _Said:
    """The parts of a message; sentences that ask nothing are searched only if they are about the book."""
    is_about_the_book = corrector.is_about_the_book if corrector else None
    frame = framed(message, is_about_the_book) if _MAY_BE_FRAMED.search(message) else None
    parted = part(frame.question if frame else message)
    asked_in = detected_language(parted.prose) or language or None
    prose = parted.prose if asked_in else without_text_speak(parted.prose)
    corrections: tuple[tuple[str, str], ...] = ()
    if corrector and not asked_in:
        prose, corrections = corrector.with_form_words(prose)
    parts = take_apart(prose)
    if is_about_the_book and not asked_in and (parted.pasted or len(parts.scene) > 1 or _PAUSES.search(parted.prose)):
        parts = with_subject_asked(parts, is_about_the_book)
    asking, own, pasted = parts.asking, parts.scene, parted.pasted
    if is_about_the_book and not asked_in:
        asking = _rather_asking(parts, is_about_the_book)
        mentioned = (sentence for sentence in parts.asking if sentence not in asking)
        own = _worth_a_search((*parts.scene, *mentioned), asking, corrector)
        if pasted and any(map(names_its_subject, asking)):
            pasted = "\n".join(line for line in pasted.splitlines() if is_about_the_book(line))
    topic, around = (part(frame.topic), part(frame.around)) if frame else (None, None)
    beside = _sentences_around(topic.prose) if topic else ()
    searched = tuple(each for each in beside if is_about_the_book is None or is_about_the_book(each))
    own_text = frame.question if frame else ""
    if (asking, own, pasted) != (parts.asking, parts.scene, parted.pasted):
        own_text = "\n".join(filter(None, (" ".join([*own, *asking]), pasted)))
    return _Said(
        asking=asking,
        scene=(*searched, *own),
        shown_scene=(*(_sentences_around(around.prose) if around else ()), *beside, *parts.scene),
        has_topic=bool(searched),
        told=telling(pasted) if pasted else "",
        pasted="\n".join(each.pasted for each in (around, topic, parted) if each and each.pasted),
        own_text=own_text,
        is_framed=frame is not None,
        asked_in=asked_in,
        corrections=corrections,
        asks_by_itself=bool(pasted)
        and any(map(names_its_subject, asking))
        and not any(map(points, (*asking, *parts.scene))),
    )


@dataclass(frozen=True, slots=True)
class _Searched:
    """What of a message is searched, and what of that asks."""

    text: str
    without_names: str  # the same without what the book calls things
    asked: str
    has_long_scene: bool


def _searched(said: _Said, asking: Sequence[str], scene: Sequence[str], names: Sequence[str]) -> _Searched:
    """The sentences with the book's names for their terms; of a long scene only its end.

    What was pasted is searched, and says what is asked only where the question itself names nothing.
    """
    own_subject = any(map(names_its_subject, said.asking))
    is_long = bool(asking) and (said.has_topic or sum(map(len, scene)) > SCENE_CHARS)
    kept = _last_of(scene, SCENE_CHARS) if is_long else scene
    return _Searched(
        text=_one_text([*kept, *asking, *names], said.told),
        without_names=_one_text([*kept, *asking], said.told),
        asked=_one_text([*(asking or scene), *names], "" if own_subject else said.told),
        has_long_scene=is_long,
    )


def _rather_asking(parts: Parts, is_about_the_book: Callable[[str], bool]) -> tuple[str, ...]:
    """The sentences that ask; those that only mention a question are left out if another one is about the book."""
    mentions = {sentence for sentence in parts.mentions if not is_about_the_book(sentence)}
    others = tuple(sentence for sentence in parts.asking if sentence not in mentions)
    return others if any(map(is_about_the_book, others)) else parts.asking


def _worth_a_search(
    scene: tuple[str, ...], asking: Sequence[str], corrector: SpellingCorrector | None
) -> tuple[str, ...]:
    """The sentences of a scene that may help to find what is asked: those that are surely about the book.

    The last one is rather what a question speaks of: it may be about the book with a word, or stays where the question
    names no subject. Where nothing asks, and no sentence is about the book, all of them stay.
    """
    if corrector is None:
        return scene
    named = any(map(names_its_subject, asking))
    kept = tuple(
        sentence
        for sentence in scene
        if (asking and not named and sentence == scene[-1])
        or corrector.is_about_the_book(sentence, surely=bool(asking) and sentence != scene[-1])
    )
    return kept if kept or asking else scene


def _sentences_around(prose: str) -> tuple[str, ...]:
    """The other sentences of a chat, a mail or a form, where even questions only set the scene."""
    parts = take_apart(prose)
    return (*parts.scene, *parts.asking)


def _clauses(asking: Sequence[str]) -> tuple[str, ...]:
    """The first clauses of the sentences that ask; several sentences are clauses themselves."""
    clauses = [clause for sentence in asking for clause in clauses_of(sentence)]
    return tuple((clauses or (asking if len(asking) > 1 else ()))[:MOST_CLAUSES])


def _last_of(sentences: Sequence[str], characters: int) -> list[str]:
    """The last sentences that together fit in `characters`; if the last one alone does not, its end."""
    kept: list[str] = []
    for sentence in reversed(sentences):
        if kept and sum(map(len, kept)) + len(sentence) > characters:
            break
        kept.insert(0, sentence[-characters:])
    return kept


def _one_text(sentences: Iterable[str], told: str) -> str:
    """The sentences on one line and, on the next, what tells of a pasted text; at most MOST_CHARS."""
    return "\n".join(filter(None, (" ".join(sentences), told)))[:MOST_CHARS]


def _correct(
    lists: Iterable[list[str]], corrector: SpellingCorrector | None, book_terms: BookTerms | None
) -> dict[str, str]:
    """Correct lists of sentences in place; returns what was replaced, typed word → corrected word."""
    corrections: dict[str, str] = {}
    correctors: list[SpellingCorrector | BookTerms] = [each for each in (corrector, book_terms) if each]
    for each in correctors:
        for sentences in lists:
            for place, sentence in enumerate(sentences):
                sentences[place], found = each.correct(sentence)
                corrections.update(found)
    return corrections


def _terms(
    subject_text: str,
    prose: str,
    other_language: str,
    book_terms: BookTerms | None,
    loan_words: LoanWords | None,
) -> tuple[tuple[str, str], ...]:
    """The book's terms for what was typed, (typed, searched), with cognates and loan words of other languages."""
    found: tuple[tuple[str, str], ...] = ()
    if book_terms:
        found += book_terms.terms(subject_text)
        if other_language:
            found += book_terms.cognates(subject_text, other_language)
    return found + (loan_words.find(prose) if loan_words else ())


def _names_asked_for(
    terms: tuple[tuple[str, str], ...], term: str, book_terms: BookTerms | None
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The terms to search for, and which typed abbreviations the book writes out.

    These stay only where the question asks what they are. Another question is about a section that uses them: with the
    name, "make my app a PWA" would find what progressive web apps are.
    """
    own = {typed for typed, _ in terms if book_terms and book_terms.has_name_of(typed)}
    asked_for = own.intersection(_WORDS.findall(term))
    return tuple(pair for pair in terms if pair[0] not in own or pair[0] in asked_for), tuple(sorted(asked_for))


def _compared_by_name(
    texts: Iterable[str], language: str, terms: Iterable[tuple[str, str]]
) -> tuple[tuple[str, ...], ...]:
    """The things compared by the first text that compares any, each with the book's name for it."""
    compared = next(filter(None, (things_compared(text, language) for text in texts if MAY_COMPARE.search(text))), ())
    named = {typed.casefold(): name for typed, name in terms}
    return tuple(tuple(filter(None, (each, named.get(each.casefold(), "")))) for each in compared)


def _corrected_term(term: str, corrections: Mapping[str, str]) -> str:
    """The term with its spelling corrected; "" if it is then no term ("the diffrence between …")."""
    corrected = _WORDS.sub(lambda word: corrections.get(word[0], word[0]), term)
    return term if corrected == term else term_asked(f"what is {corrected}")


def _meant(
    prose: str, language: str, terms: Iterable[tuple[str, str]], meanings: Meanings
) -> tuple[tuple[str, str], ...]:
    """The English meanings of a message's words that are not already terms of the book."""
    known = {word for typed, _ in terms for word in typed.casefold().split()}
    return tuple(pair for pair in meanings.find(prose, language) if pair[0] not in known)


def _english_words(text: str, asked_in: str) -> list[str]:
    """The words in Latin letters, without those that more likely belong to the message's language."""
    words = latin_words(text)
    if asked_in not in IN_LATIN_LETTERS:  # of Roman Urdu all words stay: without the small ones three sets of five lost
        return words
    content = [word for word in words if not is_stop_word(word, asked_in)]
    return [word for word in content if zipf(word, asked_in) <= zipf(word, "en")]


@lru_cache(maxsize=256)
def words_of_subject(text: str, language: str) -> tuple[str, ...]:
    """The words of a text in their order, without words too frequent in its language to name a subject."""
    return tuple(word for word in _WORDS.findall(text) if not is_stop_word(word, language))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for text in filter(None, texts):
        found.setdefault(_compared(text), text)
    return tuple(found.values())


def _is_other_form(typed: str, searched: str) -> bool:
    """Whether a word is a plural or a possessive of what is searched, or has its letters apart."""
    return "".join(_PARTS.findall(typed)).casefold() in (searched.casefold(), f"{searched}s".casefold())


def _compared(text: str) -> str:
    """A key that is equal for texts that mean the same to an embedding model."""
    return " ".join(filter(None, map(_bare, text.casefold().split())))


def _bare(word: str) -> str:
    return word.strip(_AROUND)


def _foreign_share(text: str, language: str) -> float:
    words = _WORDS.findall(text.casefold())[:200]
    if not words:
        return 0.0
    # A clause of another language in an English question is rather all that is asked: "un bus c'est quoi exactement".
    parts = [part for part, _ in groupby(part for word in words for part in _PARTS.findall(word))]  # "la la la" is one
    leaning = "".join(str(int(leans_elsewhere(part, language))) for part in parts)
    if language == "en" and _FOREIGN_CLAUSE in leaning:
        return 1.0
    return sum(is_foreign(word, language) for word in words) / len(words)
