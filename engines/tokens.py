"""How long a text is in a model's tokens, and texts cut to so many: for the parts of a prompt.

The length is estimated without the model's tokenizer, and corrected by the counts that the model reports.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

from llama_index.core.base.llms.types import ChatMessage

_CUT = "\n[…]\n"


def estimate_tokens(text: str) -> int:
    """Roughly the tokens of a text: four Latin letters each, two of any other script."""
    if text.isascii():
        return len(text) // 4 + 1
    ascii_letters = len(text.encode("ascii", "ignore"))
    return ascii_letters // 4 + (len(text) - ascii_letters) // 2 + 1


def estimate_prompt(messages: Iterable[ChatMessage]) -> int:
    """Roughly the tokens of a prompt."""
    return sum(estimate_tokens(message.content or "") for message in messages)


class TokenGauge:
    """Learns how far the estimate is off for one model; shared by all of its answers."""

    def __init__(self) -> None:
        self._ratio = 1.0

    @property
    def ratio(self) -> float:
        """Reported tokens for each estimated one."""
        return self._ratio

    def learn(self, estimated: int, reported: int | None) -> None:
        """Take in one prompt's estimate and the model's own count."""
        if reported and estimated > 200:  # a short prompt says little
            seen = min(max(reported / estimated, 0.5), 3.0)
            self._ratio += 0.2 * (seen - self._ratio)

    def count(self, text: str) -> int:
        """The text's tokens as far as it is known."""
        return round(estimate_tokens(text) * self._ratio)


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
