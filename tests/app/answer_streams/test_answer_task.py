import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, cast

from app.answer_json import AnswerIdentity
from app.answer_streams.manager import AnswerStream
from app.answer_streams.start import AnswerServices, AnswerTask
from app.rate_limits import Asker
from app.service_metrics import Metrics
from engines.events import Event, Finished, Question, TextDelta
from storage.accounts.reader import Reader
from storage.conversations.turns import Answer, OpenTurn
from storage.running_answers.store import AnswerKey
from storage.vectors.qdrant_vector_store import PinnedBuild


class SlowHistory:
    """Stores an answer when it is let to."""

    def __init__(self) -> None:
        self.asked, self.free = asyncio.Event(), asyncio.Event()
        self.stored: list[Answer] = []

    async def finish_turn(self, reader: Reader, turn: OpenTurn, answer: Answer) -> bool:
        self.asked.set()
        await self.free.wait()
        self.stored.append(answer)
        return True


class Told:
    """Tells a whole answer."""

    async def answer(self, question: Question, build: PinnedBuild) -> AsyncGenerator[Event, None]:
        yield TextDelta("The foot stays flat.")
        yield Finished("stop")


async def test_an_answer_that_is_stopped_while_it_is_stored_whole_is_told_to_its_end() -> None:
    history = SlowHistory()
    services = SimpleNamespace(
        book=SimpleNamespace(chat=Told()),
        conversations=history,
        summaries=SimpleNamespace(after=lambda *_: None),
        limits=SimpleNamespace(tokens=None),
        metrics=Metrics(),
    )
    turn = AnswerTask(
        cast("AnswerServices", services),
        Question(text="Why?"),
        AnswerIdentity(str(uuid.uuid4()), "a1", None),
        cast("PinnedBuild", None),
        Asker(cast("Reader", SimpleNamespace(id=uuid.uuid4())), ""),
        ExitStack(),
        cast("OpenTurn", cast("Any", SimpleNamespace())),
    )
    running = AnswerStream(AnswerKey("a1", "c1", ""), turn.identity, turn.state, grace_seconds=30.0)
    running.start(turn.events())
    await asyncio.wait_for(history.asked.wait(), 5)
    running.cancel()
    await asyncio.sleep(0)
    history.free.set()
    await running.wait(5)
    sent = b"".join(running.frames)
    assert [answer.complete for answer in history.stored] == [True]
    assert b'"type":"abort"' not in sent
    assert sent.endswith(b"data: [DONE]\n\n")
    assert b'"type":"finish"' in sent
    assert (await running.json())["complete"] is True
