"""Texts cut to a number of tokens; called where a prompt is packed: the memory, the summaries, the tasks."""

from bisect import bisect_right
from collections.abc import Callable, Sequence

_CUT = "\n[…]\n"


def fair_share(sizes: Sequence[int], budget: int) -> int:
    """The most that each may take so that all fit: those that need less leave the rest to the others."""
    left = budget
    for place, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - place)
        if size > share:
            return share
        left -= size
    return max(sizes, default=0)


def shortened(text: str, limit: int, count: Callable[[str], int]) -> str:
    """The text within `limit` tokens, cut in its middle where it is longer; "" where not even the cut's mark fits."""
    if count(text) <= limit:
        return text
    halves = bisect_right(range(len(text) // 2), limit, key=lambda half: count(_cut(text, half))) - 1
    return _cut(text, halves) if halves > 0 else ""


def _cut(text: str, half: int) -> str:
    """So many characters of the beginning and of the end."""
    return text[:half] + _CUT + text[len(text) - half :]
