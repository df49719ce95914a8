"""Keeps the rules of a prompt to the server: an answer that begins to recite them is recognised and stopped."""

import re
from collections import deque
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_RUN = 10  # words; as long a run in common is no accident, and shows little


class LeakGuard:
    """Watches one answer for a run of words out of a prompt's rules."""

    def __init__(self, rules: str) -> None:
        self._runs = _runs_of(rules)
        self._last: deque[str] = deque(maxlen=_RUN)
        self._rest = ""

    def recites(self, text: str) -> bool:
        """Whether the answer, with this piece, repeats the rules; punctuation, case and line breaks do not hide it."""
        self._rest += text.casefold()
        words = list(_WORD.finditer(self._rest))
        if not words:
            self._rest = ""
            return False
        # The last word may go on in the next piece.
        whole = words if words[-1].end() < len(self._rest) else words[:-1]
        for word in whole:
            self._last.append(word[0])
            if len(self._last) == _RUN and tuple(self._last) in self._runs:
                return True
        self._rest = self._rest[whole[-1].end() :] if whole else self._rest
        return False


@lru_cache(maxsize=8)
def _runs_of(rules: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(rules.casefold())
    return frozenset(tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1))
