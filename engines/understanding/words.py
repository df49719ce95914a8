"""Letters, words and languages of a message: what is meant by them, how rare a word is, which language it is in.

Copied text brings zero-width spaces and marks of direction, some keyboards write letters of double width, and people
decorate letters, or paste markup and addresses as a browser encodes them. Search would take each of these for another
word, so that a message is made `readable` first. What recognises intents reads it `in_plain_signs` as well, which does
not change what is shown and searched.
How frequent a word is in the language at large comes from wordfreq's data, which is read when the first word is asked.
A message's language is detected by its script and its small words, which are in `languages/*.toml`. Called by the
modules beside it, by the coverage signals and by retrieval.
"""

import json
import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain
from urllib.parse import unquote

import numpy as np
import regex
import wordfreq
from rapidfuzz import process
from rapidfuzz.distance import Indel

from engines.understanding.language_files import entries, meanings, words_of

_APOSTROPHES = re.compile(r"['’ʼ`´]")
_WORDS = re.compile(r"[^\W_]+")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_LAST_RUN = re.compile(r"([^\W\d_])\1+$")
_AS_FAR = 30  # characters in which the word beside another one is looked for
_CLOSE = 0.8  # of difflib's ratio: one letter wrong in five, two swapped in six
_SIMILAR = _CLOSE - 0.001  # a little less, as it is rounded
_SHORT = 4  # letters; shorter words are not corrected
SHORTEST = 4  # letters of a word that is corrected to one of the book, or leans on words beside it


# Joiners (U+200C, U+200D) stay: Urdu's spelling and emoji need them.
_UNSEEN = re.compile("[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_STACKED = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")  # that no letter is composed with
# Letters that are others in a costume: of double width, mathematical, in circles, as Arabic script joins them.
_COSTUMES = re.compile(
    "[\u2460-\u24ff\u3000\ufb00-\ufb06\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\uff01-\uffee\U0001d400-\U0001d7ff]+"
)
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})")
_FEWEST_ENCODED = 3
_FORMATTED = re.compile(
    r"<(b|i|u|em|strong|mark|span|font|small|big|p|h[1-6])\b[^<>]{0,200}>([^<>]*)</\1\s*>", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--(?:(?!<!--|-->).){0,2000}-->", re.DOTALL)
_MOST_NESTED = 4
_TAG = re.compile(  # a script is read up to the next one: to look for the end of each would take the square of the time
    r"<(script|style)\b[^<>]{0,200}>(?:(?!</?(?:script|style)\b).)*+</\1\s*>|</?[a-z][^<>]{0,200}>",
    re.IGNORECASE | re.DOTALL,
)
_QUESTION_KEYS = ("question", "message", "query", "prompt", "text", "content")  # of a body for a service


# A sign that goes on and on says no more than a row of it; patterns take time by the square of its length.
_SHORT_ROW = 80
_LONG_ROW = re.compile(r"([^\w\s()\[\]{}<>])\1{80,}")
_LONG_GAP = re.compile(r"[^\S\n]{80,}")


def readable(text: str) -> str:
    """The message in plain letters, decoded and without markup; a plain message is returned unchanged."""
    if not text.isascii():
        text = _UNSEEN.sub("", text)
        text = _COSTUMES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
        if _STACKED.search(text):
            text = _STACKED.sub("", unicodedata.normalize("NFC", text))
    if len(text) > _SHORT_ROW:
        text = _LONG_GAP.sub(" ", _LONG_ROW.sub(lambda found: found[1] * _SHORT_ROW, text))
    if len(_ENCODED.findall(text)) >= _FEWEST_ENCODED and not any(map(str.isspace, text.strip())):
        text = unquote(text)
    if text.lstrip().startswith("{"):
        text = _in_json(text)
    return _without_markup(text) if "<" in text else text


# Longer messages are no tasks and no small talk; patterns would take the square of their length.
_MOST_SIGNS = 500
_LONG_WORD = 5  # letters; abbreviations are shorter
_SIGNS = str.maketrans(dict.fromkeys("‘’‚‛′ʼ´", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‐‑‒–—―−", "-"))
_JOINERS = re.compile("(?<=[\x00-\u024f])[\u200c\u200d]|[\u200c\u200d](?=[\x00-\u024f])")
_AN_EMOJI = (
    "[\u231a\u231b\u23e9-\u23fa\u2600-\u27bf\u2b50\u2b55\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]"
    "[\u200d\ufe0e\ufe0f]*"
)
_EMOJI_FIRST = re.compile(rf"((?:^|[.!?؟。\n]))\s*(?:{_AN_EMOJI}\s*)+")
_EMOJI_LAST = re.compile(rf"\s*(?:{_AN_EMOJI}\s*)+(?=[.!?؟。\n]|$)")
_ROW_OF_SIGNS = re.compile(r"[.!?؟。]{2,}(?=\s|$)")
_IN_CAPITALS = re.compile(r"\b(?![IVX]{2,5}\b|[VX]\b|I\s*(?:[?.!,]|$))\w+")  # but for Roman numerals


def in_plain_signs(text: str) -> str:
    """A `readable` message as recognisers read it: the ways to type one sign, and emphasis, make no difference.

    Quotation marks and dashes have one form each. Emoji around a sentence, rows of signs ("!!", "…") and capitals of a
    whole message say nothing of what it asks. A message that has nothing else is left as it is.
    """
    if len(text) > _MOST_SIGNS:
        return text
    plain = text
    if not text.isascii():
        plain = unicodedata.normalize("NFKC", _JOINERS.sub("", plain)).translate(_SIGNS)
        plain = _EMOJI_LAST.sub("", _EMOJI_FIRST.sub(r"\1 ", plain))
    plain = _ROW_OF_SIGNS.sub(_one_sign, plain)
    if plain.isupper() and _are_no_abbreviations(plain_words(plain)):
        plain = _IN_CAPITALS.sub(lambda word: word[0].lower(), plain)
    return plain.strip() if any(map(str.isalnum, plain)) else text


def _are_no_abbreviations(words: Sequence[str]) -> bool:
    """Whether words in capitals are a sentence: one of them is small, or two are long."""
    is_small = any(word in _ENGLISH or word in _LANGUAGES_WITH for word in words)
    return is_small or sum(len(word) >= _LONG_WORD for word in words) > 1


def _one_sign(row: re.Match[str]) -> str:
    """What a row of signs says: that something is asked, or at the end of a message nothing."""
    asks = next((sign for sign in row[0] if sign in "?؟"), "")
    return asks or (row[0][0] if row.end() < len(row.string.rstrip()) else "")


def _in_json(text: str) -> str:
    """The question of a message that is a JSON body, `{"question": "..."}`; other texts unchanged."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text
    values = [body.get(key) for key in _QUESTION_KEYS] if isinstance(body, dict) else []
    return next((value for value in values if isinstance(value, str) and value.strip()), text)


def _without_markup(text: str) -> str:
    """A text without comments, and without tags that only format the words between them.

    Other tags may be what a question is about: "when does `<ion-tab>` load?".
    """
    shown = _COMMENT.sub(" ", text)
    formatted = bool(_FORMATTED.search(shown))
    for _ in range(_MOST_NESTED):
        plain = _FORMATTED.sub(r"\2", shown)
        if plain == shown:
            break
        shown = plain
    if formatted:  # a piece of a page
        shown = " ".join(_TAG.sub(" ", shown).split())
    return shown if any(map(str.isalnum, shown)) else text


def plain_words(text: str) -> list[str]:
    """The words in lower case, without accents, vowel marks, apostrophes, signs and emoji."""
    plain = _APOSTROPHES.sub("", text).casefold()
    if plain.isascii():
        return _WORDS.findall(plain)
    bare = unicodedata.normalize("NFKD", plain)
    for mark in filter(unicodedata.combining, set(bare)):
        bare = bare.replace(mark, "")
    return _WORDS.findall(bare)


@lru_cache(maxsize=64)
def _by_length(vocabulary: frozenset[str]) -> dict[int, list[str]]:
    """The words of a vocabulary by their length, since each word of a question is compared with those of its length."""
    found: dict[int, list[str]] = {}
    for word in vocabulary:
        found.setdefault(len(word), []).append(word)
    return found


@lru_cache(maxsize=20_000)
def corrected(word: str, vocabulary: frozenset[str]) -> str:
    """The word of the vocabulary that was meant ("hellooo", "tahnks"), else the word as it is."""
    if word in vocabulary:
        return word
    for letters in (r"\1\1", r"\1"):
        shortened = _LONG_RUN.sub(letters, word)
        if shortened in vocabulary:
            return shortened
    single = _LAST_RUN.sub(r"\1", word)
    if single in vocabulary:
        return single
    shortened = _LONG_RUN.sub(r"\1", word)
    if len(shortened) < _SHORT or not shortened.isalpha():
        return word
    by_length = _by_length(vocabulary)
    near_length = range(max(_SHORT, len(shortened) - 1), len(shortened) + 2)
    alike = [known for length in near_length for known in by_length.get(length, ())]
    # rapidfuzz's similarity is never below difflib's ratio, and far quicker: few are left to compare.
    near = process.extract(shortened, alike, scorer=Indel.normalized_similarity, score_cutoff=_SIMILAR, limit=None)
    return next(iter(get_close_matches(shortened, [known for known, *_ in near], n=1, cutoff=_CLOSE)), word)


STOP_ZIPF = 6.0  # words of this frequency and above say nothing about a subject: about a hundred in English
_FOREIGN_ZIPF = 4.0  # frequent enough in another language to be of that language
_FOREIGN_LEAD = 1.5  # by how much more frequent it has to be there
_RARE_AT_HOME = 3.6
_FREQUENT_ZIPF = 3.8
NEIGHBOURS = ("en", "es", "fr", "de", "pt", "it", "nl", "tr", "id")  # languages written with Latin letters

FUNCTION_WORDS = words_of("function_words", "en")
_ROMAN_URDU = words_of("function_words", "ur-Latn")
_OF_ASKING = {language: words_of("of_asking", language) for language in entries("words.of_asking")}


def is_roman_urdu(word: str) -> bool:
    """Whether a lower-case word is a function word of Urdu or Hindi in Latin letters."""
    return word in _ROMAN_URDU


def is_among_urdu(text: str, start: int, end: int) -> bool:
    """Whether the words beside a word of a text show that it is Roman Urdu, too: "farq" of "kya farq hai".

    A short word needs one such neighbour. A longer one needs both: terms stand at the edges of what is said of them.
    """
    if not _has_roman_urdu(text):
        return False
    before = LETTERS.findall(text[max(0, start - _AS_FAR) : start])[-1:]
    after = LETTERS.findall(text[end : end + _AS_FAR])[:1]
    beside = [is_roman_urdu(word.casefold()) for word in (*before, *after)]
    return any(beside) if end - start <= SHORTEST else len(beside) == 2 and all(beside)


@lru_cache(maxsize=256)  # asked for each word of a question
def _has_roman_urdu(text: str) -> bool:
    return not _ROMAN_URDU.isdisjoint(LETTERS.findall(text.casefold()))


def language_of(locale: str | None) -> str:
    """The language of a locale (`pt-BR` → `pt`); English where it has Latin letters and no frequency data."""
    language = (locale or "en").replace("_", "-").split("-")[0].lower()
    return language if language in _available() or language in _IN_OTHER_SCRIPTS else "en"


@lru_cache(maxsize=50_000)  # a question asks it 120 times
def zipf(word: str, language: str) -> float:
    """A word's frequency in a language: log10 of its uses in a billion words; 0 for a word that is not listed."""
    return _frequencies(language).zipf(word.casefold()) or 0.0


def is_stop_word(word: str, language: str) -> bool:
    """Whether a word says nothing about a subject: it is very frequent in its language, or one of those that ask."""
    return zipf(word, language) >= STOP_ZIPF or word.casefold() in _OF_ASKING.get(language, ())


def content_words(text: str) -> list[str]:
    """The plain words of a text without the stop words of English."""
    return [word for word in plain_words(text) if not is_stop_word(word, "en")]


def is_function_word(word: str, language: str) -> bool:
    """Whether a word holds sentences together and names nothing: a stop word, or in English one of a closed class."""
    return is_stop_word(word, language) or (language == "en" and word.casefold() in FUNCTION_WORDS)


@lru_cache(maxsize=20_000)
def is_foreign(word: str, language: str) -> bool:
    """Whether a word is of another language than the one given, by its script or its frequency in both."""
    if word in _ROMAN_URDU or _of_another_script(word, language):
        return True
    here = zipf(word, language)
    if here >= _RARE_AT_HOME or not word.isalpha():
        return False
    bare = unicodedata.normalize("NFKD", word)
    if language == "en" and bare != word and not zipf("".join(filter(str.isascii, bare)), language):
        return True  # a compound or an inflected form that no list of words has
    needed = max(_FOREIGN_ZIPF, here + _FOREIGN_LEAD)
    return any(zipf(word, other) >= needed for other in NEIGHBOURS if other != language)


@lru_cache(maxsize=20_000)
def leans_elsewhere(word: str, language: str) -> bool:
    """Whether a word more likely belongs to a European language than to the given one: "quoi", "est", "un"."""
    if word in _ROMAN_URDU:
        return True
    return max(zipf(word, other) for other in EUROPEAN if other != language) >= zipf(word, language) + _FOREIGN_LEAD


def _of_another_script(word: str, language: str) -> bool:
    """Whether a word is in a script that a language with Latin letters does not use; Greek symbols are in all."""
    if word.isascii() or language in _IN_OTHER_SCRIPTS or _LATIN_OR_GREEK.search(word):
        return False
    return any(script.search(word) for _, script in _SCRIPTS)


def frequent_words(language: str) -> list[str]:
    """The words of a language that a misspelt word may stand for, about 10,000."""
    return _frequencies(language).frequent.split()


@lru_cache(maxsize=1)
def _available() -> Mapping[str, object]:
    return wordfreq.available_languages("small")


class _Frequencies:
    """The frequencies of a language's words by their hash: 10 bytes a word where a dict of texts takes 100.

    English has 320,000 words, and a question in Latin letters is compared with eight other languages. Two words of one
    hash of 64 bits are not to be expected in any language. Processes that are forked have the same hashes, and share
    these pages.
    """

    def __init__(self, lists: Sequence[Sequence[str]]) -> None:
        """`lists` has the words of one frequency in each place, the most frequent first."""
        sizes = [len(words) for words in lists]
        hashes = np.fromiter(map(_hashed, chain.from_iterable(lists)), dtype=np.int64, count=sum(sizes))
        order = np.argsort(hashes)
        self._hashes = hashes[order].data
        self._places = np.repeat(np.arange(len(sizes), dtype=np.int16), sizes)[order].data
        frequent = (words for place, words in enumerate(lists) if _zipf_of(place) >= _FREQUENT_ZIPF)
        self.frequent = " ".join(chain.from_iterable(frequent))

    def zipf(self, word: str) -> float | None:
        """The frequency of a lower-case word; None if it is not listed."""
        wanted = _hashed(word)
        at = bisect_left(self._hashes, wanted)
        found = at < len(self._hashes) and self._hashes[at] == wanted
        return _zipf_of(self._places[at]) if found else None


def _hashed(word: str) -> int:
    return hash(word.encode("utf-8", "surrogatepass"))  # texts themselves share hashes: "n0" has that of "の"


def _zipf_of(place: int) -> float:
    """The Zipf frequency at a position of wordfreq's lists, which are 0.01 apart on a logarithmic scale."""
    return math.log10(wordfreq.cB_to_freq(-place)) + 9


@lru_cache(maxsize=16)
def _frequencies(language: str) -> _Frequencies:
    if language not in _available():
        return _Frequencies([])
    # The large list where a book's own words are judged; English is what technical terms are taken from everywhere.
    files = wordfreq.available_languages("large" if language == "en" else "small")
    return _Frequencies(wordfreq.read_cBpack(files[language]))


def load_frequencies() -> None:
    """Load the word lists that questions in Latin letters are compared with, before the first question."""
    for language in NEIGHBOURS:
        _frequencies(language)


_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ur", re.compile(r"[\u0600-\u06ff\u0750-\u077f]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_OF_ARABIC = re.compile(r"[كيةىأإؤ]")  # letters that Urdu does not have
_OF_URDU = re.compile(r"[ٹڈڑںہھۂۃیےۓکگچپژ]")  # letters that Arabic does not have
_LATIN_OR_GREEK = regex.compile(r"[\p{Latin}\p{Greek}]")
_LETTER = regex.compile(r"\p{L}")
_IN_OTHER_SCRIPTS = frozenset(  # languages that are written in other letters than Latin ones
    (  # noqa: SIM905 - a list of them takes a line for each word
        "am ar be bg bn ckb dv el fa gu he hi hy ja ka kk km kn ko ks ky lo mk ml mn mr my ne or pa pnb ps ru sa sd si "
        "sr ta te tg th ti ug uk ur yi yue zh"
    ).split()
)
_READ_WORDS, _READ_CHARS = 100, 2_000  # of a text whose language is told
LETTERS = regex.compile(r"\p{L}+")
EUROPEAN = ("de", "fr", "es", "pt", "it")
IN_LATIN_LETTERS = (*EUROPEAN, "nl", "tr")  # languages that are told by the frequencies of their words
_SMALL_WORDS = {language: words_of("small_words", language) for language in IN_LATIN_LETTERS}
_SMALL_WORDS["ur-Latn"] = _ROMAN_URDU | words_of("small_words", "ur-Latn")
_ENGLISH = words_of("small_words", "en")
_LEAST_WORDS = 3
_MORE_FREQUENT = 1.0  # of Zipf's scale: ten times as frequent in the mean
_LANGUAGES_WITH = Counter(word for small in _SMALL_WORDS.values() for word in small)
_LEAST = 2  # small words of a language that make it that one
_MULTILINGUAL = re.compile(
    r"multilingual|\bm3\b|bge-m3|labse|xlm|gte-multi|e5-.*instruct|paraphrase-multi", re.IGNORECASE
)


@lru_cache(maxsize=256)  # of 20 KB at most; one question asks it four times
def detected_language(text: str) -> str | None:
    """The language of a text, "ur-Latn" for Roman Urdu; None if it may be English or is unclear."""
    letters = sum(character.isalpha() for character in text)
    words = plain_words(text)[:_READ_WORDS]
    has_english = not _ENGLISH.isdisjoint(words)
    for language, script in () if text.isascii() else _SCRIPTS:
        found = len(script.findall(text))
        # Terms in Latin letters may be most of a question in another script; in an English one that is quoted.
        if found * 3 > letters or (found > 1 and not has_english):
            return "ar" if language == "ur" and is_arabic(text) else language
    small_words = [word for word in words if word in _LANGUAGES_WITH]
    counts = {language: sum(word in small for word in small_words) for language, small in _SMALL_WORDS.items()}
    # Small words of several languages ("se", "par", "le") say less than those of one ("kaise").
    own = {
        language: sum(_LANGUAGES_WITH[word] == 1 for word in small_words if word in small)
        for language, small in _SMALL_WORDS.items()
    }
    best = max(counts, key=lambda language: (counts[language] + own[language], counts[language]))
    english = sum(word in _ENGLISH for word in words)
    if counts[best] >= _LEAST and counts[best] > english:
        alike = [each for each in IN_LATIN_LETTERS if counts[each] >= max(_LEAST, counts[best] - 1)]
        # "Como se mede …" has as many small words of Spanish as of Portuguese.
        return max(alike, key=lambda each: _mean_zipf(words, each)) if best in alike and len(alike) > 1 else best
    return _told_by_frequency(text) if counts["ur-Latn"] == 0 else None


def is_arabic(text: str) -> bool:
    """Whether a text in Arabic script is not Urdu; a text of a few words may be either."""
    return bool(_OF_ARABIC.search(text)) and not _OF_URDU.search(text)


def has_small_english_words(text: str) -> bool:
    """Whether a text has English function words, and not only terms."""
    return not _ENGLISH.isdisjoint(plain_words(text[:_READ_CHARS]))


def _told_by_frequency(text: str) -> str | None:
    """The language in which the words are much more frequent than in English: "Quels capteurs possède un robot ?"."""
    words = [word for word in LETTERS.findall(text.casefold())[:_READ_WORDS] if len(word) > 1]
    if len(words) < _LEAST_WORDS:
        return None
    means = {language: _mean_zipf(words, language) for language in ("en", *IN_LATIN_LETTERS)}
    best = max(means, key=lambda language: means[language])
    return best if means[best] - means["en"] >= _MORE_FREQUENT else None


def _mean_zipf(words: Sequence[str], language: str) -> float:
    return sum(zipf(word, language) for word in words) / len(words)


def is_of_language(text: str, locale: str | None) -> bool:
    """Whether a text may be in the language of a locale; a text of unclear language may be English."""
    return (detected_language(text) or "en") == (locale or "en").partition("-")[0].lower()


def reads_locale(model: str, locale: str) -> bool:
    """Whether an embedding model reads an edition's language."""
    return bool(_MULTILINGUAL.search(model)) or locale.partition("-")[0].lower() == "en"


def reads(model: str, text: str) -> bool:
    """Whether an embedding model understands a text; a model that is not multilingual reads only English."""
    return bool(_MULTILINGUAL.search(model)) or detected_language(text) is None


def reads_nothing(model: str, text: str, locale: str) -> bool:
    """Whether the embedding of a question to an edition says nothing about the question.

    A model that is not multilingual reads English, and in an English edition it makes something of other languages in
    Latin letters, whose words it knows in part.
    """
    return not reads(model, text) and not (reads_locale(model, locale) and _in_latin_letters(text))


def _in_latin_letters(text: str) -> bool:
    return 2 * len(_LATIN_OR_GREEK.findall(text)) >= len(_LETTER.findall(text))


_TEXT_SPEAK = meanings("text_speak", "en")
_CHAT_WORD = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}_./@\\$<('’`\"-])(?:{'|'.join(_TEXT_SPEAK)})(?![\p{{L}}\p{{N}}_/\\@(=`'’-]|\.\p{{L}})",
    regex.IGNORECASE,
)


def without_text_speak(text: str) -> str:
    """A text with chat spellings written out: "wats the diff" gives "what's the diff"; words in capitals stay."""
    return _CHAT_WORD.sub(lambda match: match[0] if match[0].isupper() else _TEXT_SPEAK[match[0].lower()], text)
