"""How long work tells how far it is; the command line shows it, as bars on a terminal and as plain lines in a log."""

from typing import Protocol


class Progress(Protocol):
    """Hears of stages; every stage is started, advanced, and ended by the next one."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A new stage begins; `total` is how many steps it has, where that is known."""
        ...

    def advance(self, steps: int = 1) -> None:
        """Some steps of the stage are done."""
        ...


class Silent:
    """Says nothing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing."""
