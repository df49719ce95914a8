"""How soon Gemini's request is closed after `POST …/stop`, through the whole application, as the model server sees it.

`python -m benchmarks.stopping [--answers 1000]`: fifty answers at a time, each stopped after a few words.
"""

import argparse
import asyncio
import tempfile
import time
import uuid
from pathlib import Path

import httpx

from app.settings import AppSettings
from benchmarks.table import print_delays
from tests.gemini_server import GeminiServer, Reply
from tests.serving import indexed, serving

AT_ONCE = 50
QUESTION = "Why can the zero moment point not leave the support polygon?"


async def stop_one(client: httpx.AsyncClient, words: int) -> tuple[str, float]:
    """Stop an answer after some words; a mark in its question, and when it was stopped."""
    mark = uuid.uuid4().hex
    body = {"message": f"{QUESTION} {mark}", "conversation_id": mark}
    async with client.stream("POST", "/api/chat", json=body) as answer:
        async for line in answer.aiter_lines():
            words -= "text-delta" in line
            if not words:
                break
        asked = time.monotonic()
        (await client.post(f"/api/chat/{mark}/stop")).raise_for_status()
    return mark, asked


async def delays(url: str, server: GeminiServer, answers: int) -> list[float]:
    """Seconds from each stop to the closed request."""
    found: list[float] = []
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=None)) as client:
        while len(found) < answers:
            before = len(server.streams)
            stopped = await asyncio.gather(*(stop_one(client, 1 + number % 9) for number in range(AT_ONCE)))
            streams = server.streams[before:]
            for mark, asked in stopped:
                received = next(stream for stream in streams if mark in stream.everything)
                await asyncio.to_thread(received.closed.wait, 5)
                found.append((received.closed_at or float("inf")) - asked)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=1000)
    answers = parser.parse_args().answers
    reply = Reply(chunks=tuple(f"word {number} " for number in range(1000)), pace_seconds=0.02)
    with tempfile.TemporaryDirectory() as folder, GeminiServer(reply) as server:
        settings = AppSettings(
            log_level="ERROR",
            questions_per_reader="off",
            questions_per_address="off",
            streams_per_reader=0,
            _env_file=None,
        )
        with serving(indexed(Path(folder)), gemini_url=server.url, app=settings) as served:
            found = asyncio.run(delays(served.url, server, answers))
    print_delays("Closing of the request to Gemini after POST …/stop", found)


if __name__ == "__main__":
    main()
