"""The seam between the app and the log of running answers: in SQLite on one machine, in Redis for many.

A log keeps the frames of an answer as they were sent, in order, for KEEP_SECONDS. One process writes an answer; any
process may read it or ask its writer to stop. Why it is not a message broker: docs/decisions/0012-running-answers.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

KEEP_SECONDS = 15 * 60  # a reader who comes back later finds the answer in their history
# A writer without a heartbeat for this long counts as dead. Heartbeats come three times a second; readers of a broken
# answer wait this long. A writer that is declared dead by mistake still stores its whole answer.
DEAD_AFTER_SECONDS = 6.0
SIGNAL_SECONDS = 3.0  # how long "followed" and "awaited" hold; they are repeated while they are true

Signal = Literal["stop", "followed", "awaited"]


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """What identifies an answer: its id, its conversation, its owner and the request that asked for it."""

    answer_id: str
    conversation_id: str
    owner: str  # the reader's id, "" for somebody without a token
    request_key: str | None = None  # the same key in the same conversation is the same answer


@dataclass(frozen=True, slots=True)
class LoggedAnswer:
    """An answer as the log has it now."""

    key: AnswerKey
    running: bool
    ended: bool  # False if it is not running: its process died
    taken: bool = False  # its process died, and `take_lost` has returned it to some caller


Progress = Literal["running", "ended", "lost"]


def progress_of(logged: LoggedAnswer | None) -> Progress:
    """The state of an answer; one that is not in the log is lost."""
    if logged is None:
        return "lost"
    return "running" if logged.running else "ended" if logged.ended else "lost"


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of other processes to the one that writes an answer."""

    stop: bool = False
    followed: bool = False  # a reader in another process follows it
    awaited: bool = False  # the conversation's next question, in another process, waits for its end


class RunningAnswers(Protocol):
    """Running answers. Raises StorageUnavailableError if the log cannot be reached; answers are written without it."""

    async def begin(self, key: AnswerKey) -> LoggedAnswer | None:
        """Begin an answer. Returns the one that the same request began before, if any.

        If that answer is running or has ended, nothing changes; if its process died it is begun again, and `take_lost`
        no longer returns it.
        """

    async def append(self, frames: Mapping[str, Sequence[bytes]]) -> None:
        """Append frames to answers, to all of them in one step."""

    async def end(self, answer_ids: Sequence[str]) -> None:
        """Mark answers as ended: complete, stopped or failed."""

    async def find(self, conversation_id: str, owner: str, request_key: str | None = None) -> LoggedAnswer | None:
        """The newest answer of a conversation, or the one to a request; None if this owner has none."""

    async def read(self, answer_id: str, after: int) -> tuple[list[bytes], Progress]:
        """The frames after the first `after`, and the answer's state; only an ended answer has all its frames."""

    async def acquire(self, place: str, holder: str, seconds: float) -> bool:
        """Take the lock for starting an answer in a conversation, for at most `seconds`; False if it is held."""

    async def release(self, place: str, holder: str) -> None:
        """Release that lock; has no effect if `holder` does not hold it any more."""

    async def signal(self, answer_id: str, signal: Signal) -> None:
        """Send a signal to the process that writes this answer."""

    async def heartbeat(self, answer_ids: Sequence[str]) -> Mapping[str, Signals]:
        """Report that these answers are still being written; returns the signals sent to any of them."""

    async def take_lost(self) -> Sequence[tuple[AnswerKey, list[bytes]]]:
        """The answers whose writer has died, with their frames; each is returned to one caller, once."""

    async def close(self) -> None:
        """Close files and connections."""
