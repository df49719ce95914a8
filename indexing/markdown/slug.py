"""Heading ids as github-slugger 1.5 makes them; called by `headings`, one `Slugger` for each file."""

import re
from functools import cache

from indexing.markdown.slug_ranges import KEPT_RANGES

_ASCII_DROPPED = re.compile(r"[^a-zA-Z0-9_\- ]+")


@cache
def _dropped() -> re.Pattern[str]:
    """Matches what an id does not keep."""
    kept = []
    for word in KEPT_RANGES.split():
        first, _, last = word.partition("-")
        kept.append(f"\\U{int(first, 16):08x}-\\U{int(last or first, 16):08x}")
    return re.compile(f"[^{''.join(kept)}]+")


def slugify(text: str, *, maintain_case: bool = False) -> str:
    """The id that a heading has where no other one on its page has the same."""
    if not maintain_case:
        text = text.lower()
    dropped = _ASCII_DROPPED if text.isascii() else _dropped()
    return dropped.sub("", text).replace(" ", "-")


class Slugger:
    """Gives each heading of one file an id that no other one was given."""

    def __init__(self, *, maintain_case: bool = False) -> None:
        self._maintain_case = maintain_case
        self._counts: dict[str, int] = {}

    def slug(self, text: str) -> str:
        """The next free id for a heading with this text; "" for the first that has no letter in it."""
        original = candidate = slugify(text, maintain_case=self._maintain_case)
        while candidate in self._counts:
            self._counts[original] += 1
            candidate = f"{original}-{self._counts[original]}"
        self._counts[candidate] = 0
        return candidate
