"""The seam between the app and the log of running answers: kept in SQLite on one machine, in Redis for many.

A log keeps the frames of an answer as they were sent, in order, for KEEP_SECONDS. One process writes an answer; any
process may read it or ask its writer to stop. Why it is not a message broker: docs/decisions/0012-running-answers.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

KEEP_SECONDS = 15 * 60  # a reader who comes back later finds the answer in their history
# A writer without a heartbeat for so long has died. Heartbeats come three times a second, and readers wait so long
# before half an answer; a writer that is declared dead by mistake stores the whole answer all the same.
DEAD_AFTER_SECONDS = 6.0
SIGNAL_SECONDS = 3.0  # how long "followed" and "awaited" hold; they are repeated while they are true

Signal = Literal["stop", "followed", "awaited"]


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """What names an answer: itself, its conversation, whose it is, and the request that asked for it."""

    answer_id: str
    conversation_id: str
    owner: str  # the reader's id, "" for somebody without a token
    request_key: str | None = None  # the same key in the same conversation is the same answer


@dataclass(frozen=True, slots=True)
class LoggedAnswer:
    """An answer as the log has it now."""

    key: AnswerKey
    running: bool
    ended: bool  # False for one that is not running: its process died
    taken: bool = False  # its process died, and `take_lost` has given it to somebody


Progress = Literal["running", "ended", "lost"]


def progress_of(logged: LoggedAnswer | None) -> Progress:
    """How far an answer is; one that the log does not have is lost."""
    if logged is None:
        return "lost"
    return "running" if logged.running else "ended" if logged.ended else "lost"


@dataclass(frozen=True, slots=True)
class Signals:
    """What other processes signal to the one that writes an answer."""

    stop: bool = False
    followed: bool = False  # a reader follows it there
    awaited: bool = False  # the conversation's next question waits there for its end


class RunningAnswers(Protocol):
    """Running answers. Raises StorageUnavailableError if the log cannot be reached; answers are written without it."""

    async def begin(self, key: AnswerKey) -> LoggedAnswer | None:
        """Begin an answer. Returns the one that the same request began before, if any.

        Where that one runs or has ended nothing is changed; where its process died it is begun again, and `take_lost`
        does not give it any more.
        """

    async def append(self, frames: Mapping[str, Sequence[bytes]]) -> None:
        """Add frames to answers, in one step for all of them."""

    async def end(self, answer_ids: Sequence[str]) -> None:
        """Mark answers as ended: complete, stopped or failed."""

    async def find(self, conversation_id: str, owner: str, request_key: str | None = None) -> LoggedAnswer | None:
        """The newest answer of a conversation, or the one to a request; None where none is this owner's."""

    async def read(self, answer_id: str, after: int) -> tuple[list[bytes], Progress]:
        """The frames behind the first `after`, and whether more may come; only an ended answer has all it sent."""

    async def acquire(self, place: str, holder: str, seconds: float) -> bool:
        """Take the lock that starting an answer in a conversation needs, for `seconds` at most; False if it is held."""

    async def release(self, place: str, holder: str) -> None:
        """Release that lock; has no effect if `holder` does not hold it any more."""

    async def signal(self, answer_id: str, signal: Signal) -> None:
        """Send a signal to the process that writes this answer."""

    async def heartbeat(self, answer_ids: Sequence[str]) -> Mapping[str, Signals]:
        """Report that these answers are still being written; returns the signals sent to any of them."""

    async def take_lost(self) -> Sequence[tuple[AnswerKey, list[bytes]]]:
        """The answers whose writer has died, with their frames; each is given to one caller, once."""

    async def close(self) -> None:
        """Close files and connections."""
