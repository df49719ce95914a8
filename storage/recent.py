"""A dictionary that keeps what was used last: for values that are the same for ever and cost a call to get."""

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(OrderedDict[K, V]):
    """At most `size` values; `recall` and `keep` are its only calls, from one thread."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def recall(self, key: K) -> V | None:
        """The value, which is then the last to go; None where it is not kept."""
        value = self.get(key)
        if value is not None:
            self.move_to_end(key)
        return value

    def keep(self, key: K, value: V) -> None:
        """Keep a value, and let go of the one that was not used for longest."""
        self[key] = value
        if len(self) > self._size:
            self.popitem(last=False)
