"""The answers that this process writes: `AnswerStreams` enters and looks them up, `LogWorker` lets go of them."""

import asyncio
from collections.abc import Iterator

from app.answer_streams.answer_stream import AnswerStream

UNLOGGED_SECONDS = 60.0  # how long an ended answer is kept in memory for a log that is away


class ActiveStreams:
    """Answers by their id, and the newest of each conversation and owner; ended ones until the log has them."""

    def __init__(self) -> None:
        self._answers: dict[str, AnswerStream] = {}
        self._latest: dict[tuple[str, str], AnswerStream] = {}  # by conversation and owner

    def __iter__(self) -> Iterator[AnswerStream]:
        return iter(self._answers.values())

    def __contains__(self, answer_id: str) -> bool:
        return answer_id in self._answers

    def add(self, answer: AnswerStream) -> None:
        """Enter an answer as the newest of its conversation."""
        self._answers[answer.key.answer_id] = answer
        self._latest[answer.key.conversation_id, answer.key.owner] = answer

    def get(self, answer_id: str) -> AnswerStream | None:
        """The answer of this id, None where this process does not write it."""
        return self._answers.get(answer_id)

    def latest(self, conversation_id: str, owner: str) -> AnswerStream | None:
        """The newest answer of a conversation, as far as this process knows."""
        return self._latest.get((conversation_id, owner))

    def forget(self, answer: AnswerStream) -> None:
        """Leave an ended answer to the log."""
        self._answers.pop(answer.key.answer_id, None)
        place = (answer.key.conversation_id, answer.key.owner)
        if self._latest.get(place) is answer:
            del self._latest[place]

    def forget_unlogged(self) -> None:
        """Let go of what ended a while ago: a log that stays away must not fill the memory."""
        before = asyncio.get_running_loop().time() - UNLOGGED_SECONDS
        for answer in [item for item in self if item.ended_at < before]:
            self.forget(answer)
