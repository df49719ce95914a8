"""How long a text is in a model's tokens: estimated without its tokenizer, corrected by the counts that it reports."""

from collections.abc import Iterable

from llama_index.core.base.llms.types import ChatMessage


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
