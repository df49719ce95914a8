"""Turns that could not be stored yet, kept on disk: one file each, in order, shared by all processes.

A file is written whole or not at all, and deleted only once the store has the turn. Tokens are never written: a turn is
stored with the token of its reader's next request, or with one that a process still holds in memory.
"""

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from storage.conversations.turns import Answer, OpenTurn, TurnRequest

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WaitingTurn:
    """A turn in the outbox; `begun` when its question is stored already."""

    path: Path
    request: TurnRequest
    answer_id: UUID
    question: str
    begun: bool
    answer: Answer
    since: datetime


class Outbox:
    """The folder of waiting turns, a folder in it for each reader."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, reader_id: UUID, turn: OpenTurn, answer: Answer) -> Path:
        """Keep a turn; its file is on the disk when this returns."""
        request = turn.request or TurnRequest(turn.conversation_id, turn.question)
        folder = self._folder / str(reader_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Ordered by time within a reader; the id separates turns of the same moment and prevents duplicates.
        waiting = next(folder.glob(f"*-{turn.answer_id}.json"), None)
        if waiting is not None:
            return waiting
        path = folder / f"{_after_all_in(folder):020}-{turn.answer_id}.json"
        value = {
            "request": asdict(request),
            "answer_id": turn.answer_id,
            "question": turn.question,
            "begun": turn.stored,
            "answer": asdict(answer),
        }
        draft = path.with_suffix(".draft")
        try:
            descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                json.dump(value, file, default=str)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)  # a partial file, on a full disk
            raise
        return path

    def readers(self) -> list[UUID]:
        """The readers who have turns waiting."""
        if not self._folder.is_dir():
            return []
        return [UUID(folder.name) for folder in self._folder.iterdir() if any(folder.glob("*.json"))]

    def is_empty(self, reader_id: UUID) -> bool:
        """Whether this reader has no turns waiting; cheap, since it is called at every turn."""
        folder = self._folder / str(reader_id)
        return not folder.is_dir() or not any(folder.glob("*.json"))

    def waiting(self, reader_id: UUID) -> list[WaitingTurn]:
        """A reader's turns, oldest first."""
        found = []
        for path in sorted((self._folder / str(reader_id)).glob("*.json")):
            try:
                found.append(_read(path))
            except FileNotFoundError:
                continue  # another process has just stored it
            except (ValueError, KeyError, TypeError):
                self.reject(path, "unreadable")
        return found

    @contextmanager
    def claim(self, reader_id: UUID) -> Iterator[bool]:
        """Claim the reader's turns for this process; False while another process holds them."""
        folder = self._folder / str(reader_id)
        if not folder.is_dir():
            yield False
            return
        descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(descriptor)

    def reject(self, path: Path, reason: str) -> None:
        """Set aside a turn that the store will never accept: it does not block later ones, and is not lost."""
        logger.error("A turn in the outbox was set aside (%s): %s", reason, path.name)
        path.rename(path.with_suffix(".rejected"))

    def forget(self, reader_id: UUID, conversation_id: UUID | None = None) -> None:
        """Delete the turns of a deleted conversation; without a conversation, all turns, those set aside included."""
        if conversation_id is None:
            for path in (self._folder / str(reader_id)).glob("*-*"):  # all but the lock
                path.unlink(missing_ok=True)
            self._remove(self._folder / str(reader_id))
            return
        for turn in self.waiting(reader_id):
            if conversation_id == turn.request.conversation_id:
                turn.path.unlink(missing_ok=True)

    def _remove(self, folder: Path) -> None:
        """Remove the folder of a reader who has no turns waiting, since its name is the reader's id."""
        with suppress(OSError):  # there is none, or a turn was added meanwhile
            (folder / "lock").unlink(missing_ok=True)
            folder.rmdir()


def _read(path: Path) -> WaitingTurn:
    value: dict[str, Any] = json.loads(path.read_text("utf-8"))
    request = value["request"]
    request["conversation_id"] = UUID(request["conversation_id"])
    request["parent_id"] = UUID(request["parent_id"]) if request["parent_id"] else None
    return WaitingTurn(
        path=path,
        request=TurnRequest(**request),
        answer_id=UUID(value["answer_id"]),
        question=value["question"],
        begun=bool(value["begun"]),
        answer=Answer(**value["answer"]),
        since=datetime.fromtimestamp(int(path.name.partition("-")[0]) / 1e9, UTC),
    )


def _after_all_in(folder: Path) -> int:
    """The time in nanoseconds; if the clock was set back, one more than the newest waiting turn's."""
    newest = max((int(path.name.partition("-")[0]) for path in folder.glob("*-*.json")), default=0)
    return max(time.time_ns(), newest + 1)
