"""How soon the request to Gemini is closed after an answer is stopped, as the model server sees it.

`python -m benchmarks.closing [--answers 1000]`: each answer is left after a few words, fifty at a time.
"""

import argparse
import asyncio
import time
from contextlib import aclosing

from pydantic import SecretStr

from benchmarks.streaming_cpu import QUESTION, retriever
from benchmarks.table import print_delays
from engines.chat.engine import BookChat
from engines.events import Question, TextDelta
from engines.gemini.llm import build_llm
from engines.settings import EngineSettings
from tests.gemini_server import GeminiServer, Reply

AT_ONCE = 50


async def leave_after(chat: BookChat, words: int) -> float:
    """Read some words of an answer and close it; the moment of closing."""
    async with aclosing(chat.answer(Question(QUESTION))) as events:
        async for event in events:
            words -= isinstance(event, TextDelta)
            if words <= 0:
                break
        return time.monotonic()


async def delays(server: GeminiServer, chat: BookChat, answers: int) -> list[float]:
    """Seconds from each stop to the closed connection; readers and connections leave in about the same order."""
    found: list[float] = []
    while len(found) < answers:
        before = len(server.streams)
        left = await asyncio.gather(*(leave_after(chat, 1 + number % 9) for number in range(AT_ONCE)))
        streams = server.streams[before:]
        for stream in streams:
            await asyncio.to_thread(stream.closed.wait, 5)
        closed = [stream.closed_at if stream.closed_at is not None else float("inf") for stream in streams]
        found += [end - start for start, end in zip(sorted(left), sorted(closed), strict=True)]
    return found


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=1000)
    answers = parser.parse_args().answers
    reply = Reply(chunks=tuple(f"word {number} " for number in range(1000)), pace_seconds=0.02)
    with GeminiServer(reply) as server:
        settings = EngineSettings(gemini_api_key=SecretStr("k"), gemini_base_url=server.url)
        llm = build_llm(settings)
        if llm is None:
            raise SystemExit("no model")
        chat = BookChat(retriever=retriever, llm=llm, settings=settings)
        found = await delays(server, chat, answers)
        await llm.aclose()
    print_delays("Closing of the request to Gemini after a stop", found)


if __name__ == "__main__":
    asyncio.run(main())
