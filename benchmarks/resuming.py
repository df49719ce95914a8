"""What resumability and citations add to a streamed piece of an answer, in CPU, with the model and HTTP left out.

`python -m benchmarks.resuming [--streams 200 --chunks 40]`: the same answers at the same pace, once encoded alone, once
also kept, logged in SQLite and followed; the citations on the same pieces, each of which holds a marker.
"""

import argparse
import asyncio
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

from app.answer_json import AnswerIdentity
from app.answer_streams.manager import AnswerStreams
from app.ui_message_stream import UiMessageEncoder
from benchmarks.streaming_cpu import SOURCES
from benchmarks.table import Row, print_table
from engines.citations.processor import CitationProcessor
from engines.events import Event, Finished, TextDelta
from storage.running_answers.sqlite_store import SqliteRunningAnswers
from storage.running_answers.store import AnswerKey

PACE_SECONDS = 0.1


async def answer(pieces: list[str]) -> AsyncGenerator[Event, None]:
    """The pieces at a model's pace."""
    for piece in pieces:
        await asyncio.sleep(PACE_SECONDS)
        yield TextDelta(piece)
    yield Finished("stop")


def identity() -> AnswerIdentity:
    """What names a new answer."""
    return AnswerIdentity(str(uuid.uuid4()), str(uuid.uuid4()), "build")


async def encoded(pieces: list[str]) -> AsyncGenerator[bytes, None]:
    """The answer as frames; what any server has to do."""
    encoder = UiMessageEncoder(identity())
    for frame in encoder.start():
        yield frame
    async for event in answer(pieces):
        for frame in encoder.event(event):
            yield frame
    for frame in encoder.end():
        yield frame


async def drained(stream: AsyncGenerator[bytes, None]) -> None:
    """Read to the end."""
    async for _ in stream:
        pass


async def milliseconds(stream: Callable[[], Awaitable[None]], streams: int, pieces: int) -> float:
    """CPU of this process, all threads, per piece."""
    started = time.process_time()
    await asyncio.gather(*(stream() for _ in range(streams)))
    return (time.process_time() - started) * 1000 / (streams * pieces)


async def resumable(folder: Path, streams: int, pieces: list[str]) -> float:
    """The same through AnswerStreams, in order, logged and followed."""
    log = SqliteRunningAnswers(folder / "answers.sqlite3")
    async with AnswerStreams(log).running() as answers:

        async def stream() -> None:
            conversation = str(uuid.uuid4())
            key = AnswerKey(str(uuid.uuid4()), conversation, "reader", uuid.uuid4().hex)
            async with answers.in_order(conversation, "reader", key.request_key):
                written = await answers.start(key, answer(pieces), identity())
            await drained(written.follow())

        found = await milliseconds(stream, streams, len(pieces))
    await log.close()
    return found


def citing(streams: int, pieces: list[str]) -> float:
    """The citations alone."""
    started = time.process_time()
    for _ in range(streams):
        processor = CitationProcessor(SOURCES)
        for piece in pieces:
            list(processor.feed(piece))
        list(processor.end())
        processor.resolved()
    return (time.process_time() - started) * 1000 / (streams * len(pieces))


async def main() -> None:
    """Measure three times, keep the best of each: other work only ever adds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--chunks", type=int, default=40)
    options = parser.parse_args()
    pieces = [f"word {number} of the answer [{1 + number % 6}], " for number in range(options.chunks)]
    plain, kept, cited = [], [], []
    for _ in range(3):
        plain.append(await milliseconds(lambda: drained(encoded(pieces)), options.streams, len(pieces)))
        with tempfile.TemporaryDirectory() as folder:
            kept.append(await resumable(Path(folder), options.streams, pieces))
        cited.append(citing(options.streams, pieces))
    added = min(kept) - min(plain)
    print_table(
        f"CPU a piece, {options.streams} streams",
        [
            Row("encoded alone", f"{min(plain):.3f} ms", "–", "–"),
            Row("resumability adds", f"{added:.3f} ms", "0", "–"),
            Row("citations add", f"{min(cited):.3f} ms", "0", "–"),
            Row("both together add", f"{added + min(cited):.3f} ms", "0", "< 0.3 ms"),
        ],
    )


if __name__ == "__main__":
    asyncio.run(main())
