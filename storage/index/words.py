"""How much a word says in one book: the words that many chunks have, counted at a build and kept in its record.

The engine weighs words the same way inside a search and does not tell the weights; grounding needs them.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from storage.index.sparse import tokens

RARE_SHARE = 0.003  # of the chunks; words in fewer are taken as being in so many, so that a record stays below 50 kB


def common_words(texts: Iterable[str]) -> dict[str, int]:
    """Token → in how many of the texts it is; rare ones are left out."""
    found: Counter[str] = Counter()
    number = 0
    for text in texts:
        number += 1
        found.update(set(tokens(text)))
    floor = max(1.0, RARE_SHARE * number)
    return {token: count for token, count in sorted(found.items()) if count >= floor}


class WordWeights:
    """Inverse document frequencies, by BM25's formula."""

    def __init__(self, words: Mapping[str, int], chunks: int) -> None:
        self._words = words
        self._chunks = max(chunks, *words.values()) if words else chunks
        self._rare = max(1.0, RARE_SHARE * chunks)

    def __call__(self, token: str) -> float:
        """The weight of a token, above 0."""
        count = self._words.get(token, self._rare)
        return math.log(1 + max(0.0, self._chunks - count + 0.5) / (count + 0.5)) + 1e-6
