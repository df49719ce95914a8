"""English words of the book for a question in another language: تصویریں is `images`, where the book has images.

Called for books in English. The tables (`meanings/README.md`) give what a word may mean: `terms.tsv`, written by hand,
what questions about technical books are made of, and the computed ones many more words, less surely. For a search by
words only the book's own are taken, so that a wrong meaning is rarely one of the book. A table is read when the first
question in its language is asked.
"""

import gzip
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import regex

from engines.understanding import lexicon
from engines.understanding.language_files import words_of
from engines.understanding.words import is_roman_urdu, is_stop_word, zipf
from storage.vectors.bm25 import decode_written_words, stem, stemmers_of, tokens

MOST_MEANINGS = 2  # of one word
MOST_WORDS = 40  # of one text
_COMMON_ZIPF = 5.6  # English words of this frequency ("why", "another") say little about a subject
_COMPOUNDING = frozenset(("de", "nl"))  # languages that write what is of two words as one
_SHORTEST_PART = 4  # letters of a compound's part
_LINKS = ("", "s", "n", "en", "es", "er", "e")  # between two parts
_PART_USES = 5  # in the book, of a part that is the same in English
_FOLDER = Path(__file__).with_name("meanings")
_TERMS = "terms.tsv"
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_LATIN = regex.compile(r"\p{Latin}")
_NAME = regex.compile(r"[\p{L}\p{M}\p{N}_]+(?:[.'’/+#-]+[\p{L}\p{M}\p{N}_]+)*[+#]*")
_VERBS = {  # endings of verbs, and that of the infinitive, which the tables have
    "ur": [(ending, "نا") for ending in ("تا", "تے", "تی", "ئیں", "یں", "ا", "ے", "ی")],
    "ur-Latn": [(ending, "na") for ending in ("oon", "un", "ein", "en", "te", "ta", "ti", "ne", "ni")],
}
_APOSTROPHE = regex.compile("['’]")
_BEFORE_APOSTROPHE = frozenset(("tr",))  # "ROS'ta"; elsewhere the word stands behind it: "l'image"
# Languages without spaces, or with particles behind a word, by their letters: the table's longest words are taken.
_RUNS = {
    "zh": regex.compile(r"\p{Han}+"),
    "ja": regex.compile(r"[\p{Han}\p{Katakana}\p{Hiragana}ー]+"),
    "ko": regex.compile(r"\p{Hangul}+"),
}
_LONGEST_IN_RUN = {"zh": 4, "ja": 8, "ko": 5}  # characters of one word
_OKURIGANA = regex.compile(r"(?<=\p{Han})\p{Hiragana}+$")
_HAN = regex.compile(r"\p{Han}")
_PARTICLES = words_of("particles", "ur-Latn")
_URDU_VERB = regex.compile(lexicon.expression("translations", "{verb}"))
_ENGLISH_ZIPF, _RARE_ZIPF = (
    4.0,
    3.5,
)  # of English words in Roman Urdu that the book may not have, and of no English ones
_ENGLISH_LEAD = 1.0  # of Zipf's scale, of an English word over one of the language that the question is in
_SAME_SOUND = tuple(  # spellings of Roman Urdu
    (regex.compile(pattern), sound)
    for pattern, sound in (
        (r"(.)\1+", r"\1"), ("[ae]y|ai|ei", "e"), ("ph", "f"), ("[qk]h?", "k"), ("[wv]", "w"), ("z", "s"),
        ("(?<=.)h", ""), ("(?<=...)[nt][aei]$", ""), ("(?<=[^aeiou])(?:[iey]n|on|e|i|a|y)$", ""),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """The English meanings of a language's words, as words with spaces between them, the nearest first."""

    terms: Mapping[str, str]  # by `key`
    written: Mapping[str, str]  # the same by the words as they are written: a frequent word has to be one of them
    computed: Mapping[str, str]  # by a word in small letters, or by `key`

    def of(self, word: str, language: str) -> str:
        """The English meanings of a lower-case word; "" if there are none."""
        return self.sure_of(word, language) or self.likely_of(word, language)

    def sure_of(self, word: str, language: str) -> str:
        """The same from the hand-written table."""
        if word in self.written or _is_frequent(word, language):
            return self.written.get(word, "")
        return next((self.terms[form] for form in _forms(word, language) if form in self.terms), "")

    def likely_of(self, word: str, language: str) -> str:
        """The same from the computed table."""
        forms = (word, *_forms(word, language))
        return next((self.computed[form] for form in forms if form in self.computed), "")

    def __contains__(self, word: str) -> bool:
        return word in self.terms or word in self.computed


class Meanings:
    """Finds the English words of one book that words of other languages mean."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self._words = words
        self._remembered = lru_cache(maxsize=5_000)(self._meanings)

    @cached_property
    def _by_stem(self) -> Mapping[str, str]:
        """Stem → the book's most frequent word with that stem."""
        # When the first question in another language is asked: a large book's words take a tenth of a second.
        by_uses = sorted(filter(str.isascii, self._words), key=self._words.__getitem__)
        return {token: word for word in by_uses for token in tokens(word, "en")}

    def find(self, text: str, language: str) -> tuple[tuple[str, str], ...]:
        """Pairs of a word of the text and the book's word that it means; a word may have two."""
        found: dict[tuple[str, str], None] = {}
        for word in list(_words(_small(text, language), language))[:MOST_WORDS]:
            found.update(
                dict.fromkeys((word, english) for english in self._remembered(word, language) if english != word)
            )
        return tuple(found)

    def gloss(self, text: str, language: str, terms: Iterable[tuple[str, str]] = ()) -> str:
        """The text translated word by word, for a model that reads only English; "" if no word is known.

        Words that the tables lack stay where they may be English, or names; of a word in other letters nothing stays.
        """
        named = {_small(typed, language): searched for typed, searched in terms}
        return " ".join(filter(None, (self._in_english(word, language, named) for word in _pieces(text, language))))

    def _in_english(self, piece: str, language: str, named: Mapping[str, str]) -> str:
        word = _small(piece, language)
        if self.is_english(word, language):
            return piece
        if word in named and (not self.is_sure_of(word, language) or _is_written_by_sound(word, named[word], language)):
            return named[word]
        if not _WORD.fullmatch(piece):
            return piece if piece.isascii() else ""
        found = self._remembered(word, language) or self._any(word, language)
        if found:
            return " ".join(found) if self._is_compound(word, language) else found[0]
        if _is_frequent(word, language) or (language == "ur-Latn" and piece == word and _is_urdu_verb(word)):
            return ""
        return piece if piece.isascii() and zipf(word, language) <= zipf(word, "en") else ""

    def is_sure_of(self, word: str, language: str) -> bool:
        """Whether the meaning of a lower-case word is known, or that it has none by itself."""
        return _is_frequent(word, language) or bool(load_table(language).sure_of(word, language))

    def contradicts(self, pair: tuple[str, str], language: str) -> bool:
        """Whether a pair (typed, searched) is surely wrong: the word means something else, as "kis" for `KPIs`."""
        word = _small(pair[0], language)
        if not word.isascii() or self.is_english(word, language):
            return False
        means = tokens(load_table(language).sure_of(word, language), "en")
        return _is_frequent(word, language) or bool(
            means and tokens(pair[1], "en")[:1] not in ([each] for each in means)
        )

    def is_english(self, word: str, language: str) -> bool:
        """Whether a lower-case word is more likely English among words of another language: "data", "cup"."""
        if not word.isascii() or _is_frequent(word, language):
            return False
        if language != "ur-Latn":
            return zipf(word, "en") - zipf(word, language) >= _ENGLISH_LEAD and (
                word in self._words or zipf(word, "en") >= _ENGLISH_ZIPF
            )
        means = load_table(language).written.get(word, word).split()
        return word in means and (word in self._words or zipf(word, "en") >= _ENGLISH_ZIPF)

    def _any(self, word: str, language: str) -> tuple[str, ...]:
        """A meaning from the hand-written table, whether or not the book has the word."""
        table = load_table(language)
        found = table.sure_of(word, language).split()
        return tuple(sorted(found, key=lambda english: tokens(english, "en")[0] not in self._by_stem))[:1]

    def _meanings(self, word: str, language: str) -> tuple[str, ...]:
        if self.is_english(word, language):
            return ()
        found = self._of_book(word, language)
        return self._of_parts(word, language) if not found and self._is_compound(word, language) else found

    def _is_compound(self, word: str, language: str) -> bool:
        """Whether the meanings of a word are those of its parts: "Bonuspunkte" is `bonus points`."""
        return language in _COMPOUNDING and not load_table(language).of(word, language)

    def _of_book(self, word: str, language: str) -> tuple[str, ...]:
        if _is_frequent(word, language):
            return ()
        table = load_table(language)
        surely = table.sure_of(word, language)
        if surely and all(zipf(english, "en") >= _COMMON_ZIPF for english in surely.split()):
            return ()  # "warum" is "why", and no "reason"
        return self._known(surely) or self._known(table.likely_of(word, language))

    def _known(self, english_words: str) -> tuple[str, ...]:
        """The English words that the book has, only the nearest."""
        known: dict[str, str] = {}  # by their stems, as the book writes them
        for english in english_words.split():
            stemmed = tokens(english, "en")[0]
            if stemmed in self._by_stem and zipf(english, "en") < _COMMON_ZIPF:
                known.setdefault(stemmed, english if english in self._words else self._by_stem[stemmed])
        return tuple(known.values())[:MOST_MEANINGS]

    def _of_parts(self, word: str, language: str) -> tuple[str, ...]:
        """The meanings of a compound's two parts, of which the book has both: "Grafikkarte" is `graphics cards`."""
        for cut in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
            last = self._of_part(word[cut:], language)
            if not last:
                continue
            for link in _LINKS:
                if word[:cut].endswith(link) and cut - len(link) >= _SHORTEST_PART:
                    first = self._of_part(word[: cut - len(link)], language)
                    if first:
                        return (first, last)
        return ()

    def _of_part(self, part: str, language: str) -> str:
        """The nearest meaning of a part of a compound; the part may be an English word itself ("Sensor")."""
        nearest = self._any(part, language)  # may be a word that says too little by itself: "time"
        is_common = bool(nearest) and zipf(nearest[0], "en") >= _COMMON_ZIPF
        found = nearest if is_common and tokens(nearest[0], "en")[0] in self._by_stem else self._of_book(part, language)
        return found[0] if found else part if self._words.get(part, 0) >= _PART_USES and part.isascii() else ""


@lru_cache(maxsize=8)
def load_table(language: str) -> Table:
    """The table of a language; an empty one for a language without a table."""
    if not regex.fullmatch("[a-z]{2,3}(?:-Latn)?", language):
        return Table({}, {}, {})
    path = _FOLDER / f"{language}.tsv.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines() if path.is_file() else ()
    return Table(*_terms(language), dict(line.split("\t") for line in lines))


def _terms(language: str) -> tuple[dict[str, str], dict[str, str]]:
    """A language's column of the hand-written table, by the words' keys and by the words themselves."""
    header, *rows = (line.split("\t") for line in (_FOLDER / _TERMS).read_text(encoding="utf-8").splitlines())
    terms: dict[str, list[str]] = {}
    written: dict[str, list[str]] = {}
    if language in header:
        column = header.index(language)
        for row in rows:
            for word in row[column].split("/"):
                written.setdefault(word, []).append(row[0])
                for form in dict.fromkeys((key(word, language), _OKURIGANA.sub("", word))):
                    terms.setdefault(form, []).append(row[0])
    return _merged(terms), _merged(written)


def _merged(found: Mapping[str, list[str]]) -> dict[str, str]:
    return {word: " ".join(dict.fromkeys(" ".join(meanings).split())) for word, meanings in found.items()}


@lru_cache(maxsize=4)
def load_meanings(encoded: str) -> Meanings | None:
    """The meanings for a build, from its encoded words; None if the build kept none."""
    words = decode_written_words(encoded)
    return Meanings(words) if words else None


@lru_cache(maxsize=5_000)
def key(word: str, language: str) -> str:
    """The key that the forms of a word share: its stem without accents; in Roman Urdu, its sound."""
    if language == "ur-Latn":
        for spelling, sound in _SAME_SOUND:
            word = spelling.sub(sound, word)
        return word
    stemmed = word if language in _RUNS else stem(word, stemmers_of(language))
    decomposed = unicodedata.normalize("NFD", stemmed)
    return unicodedata.normalize("NFC", regex.sub("[\u0300-\u036f\u064b-\u0652\u093c]", "", decomposed))


def _forms(word: str, language: str) -> Iterator[str]:
    """The keys under which a table may list a lower-case word."""
    yield key(word, language)
    # "and", "so", "with", "for" and "like" are written together with the word behind them.
    if language == "ar" and len(word) > 3 and word[0] in "وفبلك":
        yield key(word[1:], language)
    if language == "it" and len(word) > 3:  # "telecamere", of which the stem is another one than of "telecamera"
        yield from (key(word[:-1] + vowel, language) for vowel in "aoe")
    if language == "ur" and len(word) > 3:
        for ending, other in (("وں", ""), ("یں", ""), ("وں", "ہ"), ("وں", "ا"), ("ے", "ا"), ("ے", "ہ")):
            if word.endswith(ending):
                yield word.removesuffix(ending) + other
    for ending, infinitive in _VERBS.get(language, ()):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield key(word.removesuffix(ending) + infinitive, language)


def _is_written_by_sound(word: str, english: str, language: str) -> bool:
    """Whether a word is the book's English one in other letters: "کوڈ" is rather `code` than `programming`."""
    return not _LATIN.search(word) and english.casefold() in load_table(language).sure_of(word, language).split()


def _is_frequent(word: str, language: str) -> bool:
    """Whether a word is a function word, which is looked up as it is written and not as a form of another word."""
    if language == "ur-Latn":
        return is_roman_urdu(word) or word in _PARTICLES
    return is_stop_word(word, language)


def _is_urdu_verb(word: str) -> bool:
    """Whether a lower-case word looks like a verb form of Roman Urdu: "lagta", "bhejun"."""
    return zipf(word, "en") < _RARE_ZIPF and _URDU_VERB.fullmatch(word) is not None


def _small(text: str, language: str) -> str:
    if language == "tr":
        text = text.replace("İ", "i").replace("I", "ı")
    return unicodedata.normalize("NFC", text).casefold()


def _words(text: str, language: str) -> Iterator[str]:
    """The words of a text in lower case, in their order."""
    if language not in _RUNS:
        yield from _WORD.findall(text)
        return
    for run in _RUNS[language].findall(text):
        yield from _in_run(run, language)


def _pieces(text: str, language: str) -> Iterator[str]:
    """The words and names of a text in their order, as written."""
    runs = _RUNS.get(language)
    for name in _NAME.findall(text):
        if runs and runs.search(name):
            for part in regex.findall(rf"{runs.pattern}|\p{{Latin}}[\p{{Latin}}\p{{N}}_.'-]*", name):
                yield from _in_run(part, language) if runs.fullmatch(part) else (part,)
        elif _APOSTROPHE.search(name):
            parts = _APOSTROPHE.split(name)
            yield parts[0 if language in _BEFORE_APOSTROPHE else -1]
        elif "-" in name and not name.isascii() and not regex.search(r"\p{Latin}", name):
            yield from name.split("-")  # "लेन-देन"
        elif "-" in name and name.islower() and load_table(language).of(_small(name.split("-")[0], language), language):
            yield from name.split("-")  # "mesure-t-elle"
        else:
            yield name


def _in_run(run: str, language: str) -> Iterator[str]:
    """The longest words of the table in a text without spaces, and the characters between them."""
    table, place = load_table(language), 0
    while place < len(run):
        longest = min(_LONGEST_IN_RUN[language], len(run) - place)
        length = next((size for size in range(longest, 1, -1) if run[place : place + size] in table), 1)
        around = run[max(0, place - 1) : place] + run[place + 1 : place + 2]
        if length > 1 or language != "ja" or not _HAN.search(around):  # one of several Chinese characters is no word
            yield run[place : place + length]
        place += length
