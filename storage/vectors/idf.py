"""Which words one book has and how much each says: counted at a build and kept in its record.

The engine weighs words the same way inside a search and does not tell the weights; grounding needs them, and needs to
know which words of a question are nowhere in the book. All words of a large book are too many for a record: those that
few chunks have are taken as equally rare, and which ones there are is kept as a Bloom filter (Bloom, 1970).
"""

import base64
import hashlib
import json
import math
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Self

import regex

from storage.vectors.bm25 import tokens

RARE_SHARE = 0.003  # of the chunks; words in fewer are taken as being in so many, so that a record stays below 50 kB
WRITTEN_WORDS = 20_000  # that are kept as they are written; about 100 kB
BITS_PER_WORD, HASHES = 10, 7  # one unknown word in a hundred is taken for a known one; 50,000 words are 83 kB


_WRITTEN_WORD = regex.compile(r"\p{L}{3,25}")


def count_words(texts: Iterable[tuple[str, str | None]]) -> tuple[dict[str, int], str]:
    """Token → in how many of the texts it is, without the rare ones; and all tokens as `Vocabulary.encode` has them.

    A text comes with its locale, so that its tokens are those that it is found by.
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
    """The words of texts as they are written, in lower case, with their counts; the most frequent ones, compressed."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_WRITTEN_WORD.findall(text.lower()))
    kept = json.dumps(dict(counts.most_common(WRITTEN_WORDS)), ensure_ascii=False)
    return base64.b64encode(zlib.compress(kept.encode(), 9)).decode()


def decode_written_words(encoded: str) -> dict[str, int]:
    """What `encode_written_words` gave; nothing for the empty string of a build that has kept none."""
    words: dict[str, int] = json.loads(zlib.decompress(base64.b64decode(encoded))) if encoded else {}
    return words


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
    """The words of a book: one that it has is always known; of those that it has not, one in a hundred is known too."""

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
        """As a record keeps it."""
        return base64.b64encode(self._bits).decode()

    def _places(self, word: str) -> Iterator[int]:
        # Two hashes make all of them (Kirsch, Mitzenmacher, 2006).
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        start, step = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big") | 1
        return ((start + number * step) % (len(self._bits) * 8) for number in range(HASHES))


@lru_cache(maxsize=4)
def load_vocabulary(encoded: str) -> Vocabulary | None:
    """What `Vocabulary.encode` gave; None for the empty string of a build that has kept none."""
    return Vocabulary(bytearray(base64.b64decode(encoded))) if encoded else None
