"""BM25 as sparse vectors, and the words of a book with their weights.

Called by the builder for chunks and by the retriever for questions, since both must tokenise alike. A document's
weights are computed here, inverse document frequencies by the vector engine. Tokens follow Unicode's word characters.
Words are stemmed by Snowball according to their text's locale and their script; CJK and Thai, which write no spaces,
become bigrams; Urdu and other languages without a stemmer stay as they are. A code identifier is found whole
(`rclpy.spin_once`), by its names (`spin_once`) and by its words (`spin`, `once`). There is no list of stop words: their
inverse document frequency gives them almost no weight.

The engine weighs words inside a search and does not return the weights. Grounding needs them, and needs to know which
words of a question are not in the book, so words are counted at a build and kept in its record. A large book has too
many words for a record: those in few chunks count as equally rare, and a Bloom filter (Bloom, 1970) keeps which of them
there are.
"""

import base64
import hashlib
import math
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import Self, TypeAlias

import regex
import Stemmer

from storage.vectors.build_record import pack, unpack

Stemmers: TypeAlias = tuple[tuple[regex.Pattern[str], str], ...]
"""(a script, the stemmer of its words), Latin first; words of other scripts stay whole."""

_SCRIPTS = {
    "Latin": "english",
    "Cyrillic": "russian",
    "Greek": "greek",
    "Devanagari": "hindi",
    "Tamil": "tamil",
    "Armenian": "armenian",
    "Arabic": "arabic",
}
_PATTERNS = {script: regex.compile(rf"\p{{{script}}}") for script in _SCRIPTS}
_LATIN = {
    "bs": "serbian",  # Snowball's Serbian takes Latin and Cyrillic letters, and was made from a Croatian one
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hr": "serbian",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "sh": "serbian",
    "sr": "serbian",
    "st": "sesotho",
    "sv": "swedish",
    "tr": "turkish",
}
_OTHER: Mapping[str, Mapping[str, str | None]] = {
    "ar": {"Arabic": "arabic"},
    "bs": {"Cyrillic": "serbian"},
    "ckb": {"Arabic": None},
    "fa": {"Arabic": "persian"},
    "ne": {"Devanagari": "nepali"},
    "ps": {"Arabic": None},
    "sd": {"Arabic": None},
    "sh": {"Cyrillic": "serbian"},
    "sr": {"Cyrillic": "serbian"},
    "ug": {"Arabic": None},
    "ur": {"Arabic": None},
}
_CATALAN_ELISION = regex.compile(r"^[dlmnst]'(?=\p{L})")  # Snowball's French and Italian stemmers remove theirs


def stemmers_of(locale: str | None, *, arabic: bool = True) -> Stemmers:
    """The stemmers for texts of a locale (`de`, `pt-BR`, `zh_Hans`; None or anything else: unknown).

    With `arabic` false, Arabic script does not count as Arabic unless the locale says so.
    """
    language = regex.split("[-_]", locale or "")[0].lower()
    own = _OTHER.get(language, {})
    chosen: dict[str, str | None] = {**_SCRIPTS, "Latin": _LATIN.get(language, "english"), **own}
    if not arabic and "Arabic" not in own:
        chosen["Arabic"] = None
    return tuple((_PATTERNS[script], stemmer) for script, stemmer in chosen.items() if stemmer)


def stem(word: str, stemmers: Stemmers) -> str:
    """A word in lower case without its ending."""
    if stemmers[0][1] == "turkish" and not word.isascii():
        # A word with an I and no other Turkish letter is as likely `API` as Turkish.
        word = word.replace("İ", "i").replace("I", "ı")
    folded = word.casefold().replace("’", "'")
    for script, stemmer in stemmers:
        if script.match(folded):
            return stem_folded(folded, stemmer)
    return folded


def stem_folded(word: str, stemmer: str) -> str:
    """The stem of a word in lower case."""
    if stemmer == "catalan":
        word = _CATALAN_ELISION.sub("", word)
    # A stemmer keeps state and must not be shared between threads; creating one takes microseconds.
    stemmed = str(Stemmer.Stemmer(stemmer, 0).stemWord(word))
    # After the stemmer, whose vowel harmony needs the two apart; otherwise `KIRMIZI` would not be `kırmızı`.
    return stemmed.replace("ı", "i") if stemmer == "turkish" else stemmed


K1 = 1.2
B = 0.75
LIGHT_WEIGHT = 0.25  # on readers' questions to four books 1 lost 0.02 nDCG@10, and 0 lost 0.01 on one of them
AVERAGE_LENGTH = 128  # words of a chunk; a constant, so that one changed page does not change all others' weights

# A word, or several joined as identifiers and paths are; `C++` and `C#` are words of their own.
_TOKEN = regex.compile(
    r"[\p{L}\p{M}\p{N}_]+(?:\+\+|\#(?!\w))|[\p{L}\p{M}\p{N}_]+(?:(?:::|->|[./\-'’])[\p{L}\p{M}\p{N}_]+)*"
)
_NAMES = regex.compile(r"::|->|[./\-]")
_CAMEL = regex.compile(
    r"\p{Lu}\p{Ll}\p{Lu}(?=\p{Lu}\p{Ll}|$)|\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}\p{Lo}\p{Lm}]+|\p{N}+"
)
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]+|"
    r"[^\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]+"
)
_STARTS_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]")
_POSSESSIVE = regex.compile(r"['’]s?$|['’]s(?=\P{L})")
# Letters of Urdu and Persian that Arabic lacks: a text with one of them gets no Arabic stemmer, unless its locale says
# that it is Arabic.
_NOT_ARABIC = regex.compile(r"[ٹڈڑںےۓہھگچپژکی]")
_AROUND = '.,;:!?()[]"*`'  # never part of a word
_REMEMBERED_LENGTH = 40  # characters; longer ones rarely recur
_REMEMBERED_PIECES = 100_000  # 20 MB
_REMEMBERED_LOCALES = 1_000  # a book has a few; callers may pass any string
_INVISIBLE = regex.compile("[\u00ad\u200b\u200c\u200d\u200e\u200f\u0640]")

RARE_SHARE = 0.003  # of the chunks; rarer words count as being in this many, so that a record stays below 50 kB
WRITTEN_WORDS = 20_000  # that are kept as they are written; about 100 kB
BITS_PER_WORD, HASHES = 10, 7  # false positives: one unknown word in a hundred; 50,000 words take 83 kB


_WRITTEN_WORD = regex.compile(r"\p{L}{3,25}")


def encode_documents(texts: Sequence[str], locale: str | None = None) -> tuple[list[list[int]], list[list[float]]]:
    """Token ids and BM25 weights of each text of a locale, in the form that QdrantVectorStore expects."""
    return _columns([_document_weights(text, locale) for text in texts])


def encode_queries(texts: Sequence[str], locale: str | None = None) -> tuple[list[list[int]], list[list[float]]]:
    """Token ids of each question, all with weight 1; `locale` is that of the texts to be found."""
    return _columns([dict.fromkeys(map(token_id, tokens(text, locale)), 1.0) for text in texts])


def encode_query(text: str, locale: str | None = None, light: Collection[str] = ()) -> tuple[list[int], list[float]]:
    """Token ids and weights of one question: 1, or `LIGHT_WEIGHT` for words that say little about its subject."""
    if not light:
        indices, values = encode_queries([text], locale)
        return indices[0], values[0]
    weights: dict[int, float] = {}
    for word in text.split():
        weight = LIGHT_WEIGHT if word.strip(_AROUND).casefold() in light else 1.0
        for token in map(token_id, tokens(word, locale)):
            weights[token] = max(weight, weights.get(token, 0.0))
    return list(weights), list(weights.values())


def tokens(text: str, locale: str | None = None) -> list[str]:
    """The tokens of a text in order: words, then what identifiers add; the locale may be any string."""
    if text.isascii():
        normal, known = text, _KNOWN[locale]
    else:
        normal = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
        known = (_KNOWN_WITHOUT_ARABIC if _NOT_ARABIC.search(normal) else _KNOWN)[locale]
    return list(chain.from_iterable(map(known.__getitem__, normal.split())))  # no token has a space in it


@lru_cache(maxsize=2_048)  # texts of 20 KB each: the same chunks answer many questions
def distinct_tokens(text: str, locale: str | None) -> frozenset[str]:
    """The tokens of a text, each once."""
    return frozenset(tokens(text, locale))


@lru_cache(maxsize=200_000)
def token_id(token: str) -> int:
    """A token's place in the sparse vector: 32 bits, the same in every process and on every machine."""
    return int.from_bytes(hashlib.blake2b(token.encode(), digest_size=4).digest(), "big")


def _document_weights(text: str, locale: str | None) -> dict[int, float]:
    found = tokens(text, locale)
    norm = K1 * (1 - B + B * len(found) / AVERAGE_LENGTH)
    counts = Counter(found)
    by_count = {count: count * (K1 + 1) / (count + norm) for count in set(counts.values())}
    weights: dict[int, float] = {}
    for place, count in zip(map(token_id, counts), counts.values(), strict=True):
        weights[place] = weights.get(place, 0.0) + by_count[count]
    return weights


def _columns(vectors: Sequence[dict[int, float]]) -> tuple[list[list[int]], list[list[float]]]:
    return [list(vector) for vector in vectors], [list(vector.values()) for vector in vectors]


class _Pieces(dict[str, tuple[str, ...]]):
    """A run of characters without spaces → its tokens; cached, and cleared when there are too many."""

    def __init__(self, stemmers: Stemmers) -> None:
        super().__init__()
        self._stemmers = stemmers

    def __missing__(self, piece: str) -> tuple[str, ...]:
        found = _piece_tokens(piece, self._stemmers)
        if len(piece) <= _REMEMBERED_LENGTH:
            if len(self) >= _REMEMBERED_PIECES:
                self.clear()
            self[piece] = found
        return found


_pieces = lru_cache(maxsize=None)(_Pieces)  # one for each set of stemmers: locales of one language share theirs


class _Locales(dict[str | None, _Pieces]):
    """A locale → the pieces of its texts, where they may be Arabic and where they are not."""

    def __init__(self, *, arabic: bool) -> None:
        super().__init__()
        self._arabic = arabic

    def __missing__(self, locale: str | None) -> _Pieces:
        if len(self) >= _REMEMBERED_LOCALES:
            self.clear()
        self[locale] = found = _pieces(stemmers_of(locale, arabic=self._arabic))
        return found


_KNOWN, _KNOWN_WITHOUT_ARABIC = _Locales(arabic=True), _Locales(arabic=False)


def _piece_tokens(piece: str, stemmers: Stemmers) -> tuple[str, ...]:
    bare = piece.strip(_AROUND)
    if bare.isascii() and bare.isalpha() and (bare.islower() or bare.istitle() or bare.isupper()):  # most words
        return (stem_folded(bare.lower(), stemmers[0][1]),)
    return tuple(
        token
        for found in _TOKEN.findall(piece)
        for run in ((found,) if found.isascii() else _UNSPACED.findall(found))
        for token in (_bigrams(run) if _STARTS_UNSPACED.match(run) else _word_tokens(run, stemmers))
    )


def _bigrams(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for first, second in pairwise(run):
        yield first + second


def _word_tokens(found: str, stemmers: Stemmers) -> tuple[str, ...]:
    """The tokens of one word or identifier: its words, its names of several words, and itself if it has those."""
    names = [name for name in _NAMES.split(_POSSESSIVE.sub("", found)) if name.strip("_")]
    result: list[str] = []
    for name in names:
        words = [word for part in name.split("_") if part for word in _split_case(part)]
        result += [stem(word, stemmers) for word in words]
        if len(words) > 1 and len(names) > 1:
            result.append(name.casefold())
    if any(_is_code(name) for name in names) or (len(names) > 1 and not any(mark in found for mark in "-/")):
        whole = _POSSESSIVE.sub("", found).strip("_")
        # `qosprofile` in a question is an ordinary word, and is stemmed like one.
        result.append(stem(whole, stemmers) if whole.isalpha() else whole.casefold())
    return tuple(result)


def _is_code(name: str) -> bool:
    return "_" in name or len(_split_case(name)) > 1


def _split_case(part: str) -> list[str]:
    """`QoSProfile` → QoS, Profile; a word with its digits (`ROS2`, `h2o`) stays whole."""
    if part.islower() or part.isupper() or not part.isalpha():
        return [part]
    return _CAMEL.findall(part) or [part]


def count_words(texts: Iterable[tuple[str, str | None]]) -> tuple[dict[str, int], str]:
    """Token → the number of texts that have it, without rare ones; and all tokens as `Vocabulary.encode` gives them.

    Each text comes with its locale, so that it is tokenised as for search.
    """
    found: Counter[str] = Counter()
    number = 0
    for text, locale in texts:
        number += 1
        found.update(set(tokens(text, locale)))
    floor = max(1.0, RARE_SHARE * number)
    common = {token: count for token, count in sorted(found.items()) if count >= floor}
    return common, Vocabulary.of(found).encode()


def encode_written_words(texts: Iterable[str]) -> str:
    """The most frequent words of texts, unstemmed and in lower case, with their counts; compressed."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_WRITTEN_WORD.findall(text.lower()))
    return pack(dict(counts.most_common(WRITTEN_WORDS)))


def decode_written_words(encoded: str) -> dict[str, int]:
    """Decodes what `encode_written_words` gave; nothing for the empty string of a build without words."""
    return unpack(encoded)


class WordWeights:
    """Inverse document frequencies, by BM25's formula."""

    def __init__(self, words: Mapping[str, int], chunks: int) -> None:
        self._words = words
        self._chunks = chunks or max(words.values(), default=0)
        self._rare = max(1.0, RARE_SHARE * chunks)

    def __call__(self, token: str) -> float:
        """The weight of a token, above 0."""
        count = self._words.get(token, self._rare)
        return math.log(1 + max(0.0, self._chunks - count + 0.5) / (count + 0.5)) + 1e-6


class Vocabulary:
    """The words of a book as a Bloom filter, which takes one in a hundred other words for a word of the book."""

    def __init__(self, bits: bytearray) -> None:
        self._bits = bits

    @classmethod
    def of(cls, words: Collection[str]) -> Self:
        """The vocabulary with these words."""
        vocabulary = cls(bytearray(max(8, len(words) * BITS_PER_WORD // 8 + 1)))
        for word in words:
            for place in vocabulary._places(word):
                vocabulary._bits[place >> 3] |= 1 << (place & 7)
        return vocabulary

    def __contains__(self, word: str) -> bool:
        return all(self._bits[place >> 3] >> (place & 7) & 1 for place in self._places(word))

    def encode(self) -> str:
        """Encode for a build's record."""
        return base64.b64encode(self._bits).decode()

    def _places(self, word: str) -> Iterator[int]:
        # Two hashes make all of them (Kirsch, Mitzenmacher, 2006).
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        start, step = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big") | 1
        return ((start + number * step) % (len(self._bits) * 8) for number in range(HASHES))


@lru_cache(maxsize=4)
def load_vocabulary(encoded: str) -> Vocabulary | None:
    """Decodes what `Vocabulary.encode` gave; None for the empty string of a build without a vocabulary."""
    return Vocabulary(bytearray(base64.b64decode(encoded))) if encoded else None
