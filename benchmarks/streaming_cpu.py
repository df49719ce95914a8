"""CPU per streamed chunk, layer by layer and in one run, from raw HTTP and JSON to the events of an answer.

The model server is the tests' own, in another process. `python -m benchmarks.streaming_cpu [--streams 40 --chunks 50]`
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import aiohttp
from google import genai
from google.genai import types
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.llms.google_genai import GoogleGenAI
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from engines.chat.engine import BookChat
from engines.citations.processor import CitationProcessor
from engines.events import GroundingDecided, Question, Scope, Source, TextDelta
from engines.gemini.llm import GeminiLLM, build_llm
from engines.retrieval.retriever import GROUNDING
from engines.settings import EngineSettings
from storage.vectors.qdrant_vector_store import PinnedBuild

MODEL = "gemini-flash-latest"
QUESTION = "Why does the ZMP have to stay inside the support polygon?"
PASSAGE = "The zero moment point has to stay inside the support polygon, or the foot begins to turn over its edge. " * 8
SOURCES = tuple(
    Source(number, f"id-{number}", f"/docs/walking#{number}", "Walking", ("Balance",), PASSAGE, 1.0)
    for number in range(1, 7)
)

Stream = Callable[[], Awaitable[int]]  # one answer; gives the number of its pieces


class SixPassages(BaseRetriever):
    """Six passages at once: what is measured here is the streaming."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        decided = GroundingDecided("covered", score=0.9, covered_from=0.5, not_covered_below=0.5)
        return [
            NodeWithScore(
                node=TextNode(id_=source.chunk_id, text=source.text, metadata={GROUNDING: decided}), score=1.0
            )
            for source in SOURCES
        ]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._retrieve(query_bundle)


def retriever(scope: Scope, build: PinnedBuild | None) -> BaseRetriever:
    """The retriever of one question."""
    return SixPassages()


def raw_http(url: str, session: aiohttp.ClientSession) -> Stream:
    """The floor: read the lines, parse the JSON, take the text."""

    async def stream() -> int:
        body = {"contents": [{"role": "user", "parts": [{"text": QUESTION}]}]}
        count = 0
        address = f"{url}/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"
        async with session.post(address, json=body, headers={"x-goog-api-key": "k"}) as response:
            async for line in response.content:
                if line.startswith(b"data: "):
                    count += bool(json.loads(line[6:])["candidates"][0]["content"]["parts"][0]["text"])
        return count

    return stream


def google_genai(client: genai.Client) -> Stream:
    """Google's own package."""

    async def stream() -> int:
        config = types.GenerateContentConfig(max_output_tokens=4096)
        chunks = await client.aio.models.generate_content_stream(model=MODEL, contents=QUESTION, config=config)
        return len([chunk.text async for chunk in chunks])

    return stream


def stock_class(llm: GoogleGenAI) -> Stream:
    """LlamaIndex's class for Gemini."""

    async def stream() -> int:
        responses = await llm.astream_chat([ChatMessage(role=MessageRole.USER, content=QUESTION)])
        return len([response.delta async for response in responses])

    return stream


def stock_engine(llm: GoogleGenAI) -> Stream:
    """LlamaIndex's chat engine as its documentation has it, one per request."""

    async def stream() -> int:
        engine = CondensePlusContextChatEngine.from_defaults(
            retriever=SixPassages(),
            llm=llm,
            memory=ChatMemoryBuffer.from_defaults(token_limit=3000),
        )
        response = await engine.astream_chat(QUESTION)
        return len([token async for token in response.async_response_gen()])

    return stream


def our_class(llm: GeminiLLM) -> Stream:
    """The class alone."""

    async def stream() -> int:
        responses = await llm.astream_chat([ChatMessage(role=MessageRole.USER, content=QUESTION)])
        return len([response async for response in responses]) - 1  # the last one carries the usage

    return stream


def our_chat(chat: BookChat) -> Stream:
    """Question to events, citations resolved."""

    async def stream() -> int:
        async with aclosing(chat.answer(Question(QUESTION))) as events:
            return sum([isinstance(event, TextDelta) async for event in events])

    return stream


def citations_alone() -> Stream:
    """What the citations add to an answer, on the same pieces: each of them holds a marker."""

    async def stream() -> int:
        processor = CitationProcessor(SOURCES)
        pieces = [f"word {number} of the answer [1], " for number in range(50)]
        events = [event for piece in pieces for event in processor.feed(piece)] + list(processor.end())
        processor.resolved()
        return len(pieces) if events else 0

    return stream


async def measure(stream: Stream, streams: int) -> tuple[float, int]:
    """CPU milliseconds of this process per piece, after one answer to warm up; and the pieces."""
    await stream()
    started = time.process_time()
    counts = await asyncio.gather(*(stream() for _ in range(streams)))
    return (time.process_time() - started) * 1000 / sum(counts), sum(counts)


async def run(url: str, streams: int, rounds: int) -> None:
    """Measure every layer in turn, several rounds, and print the best of each: other work only ever adds."""
    settings = EngineSettings(gemini_api_key=SecretStr("k"), gemini_base_url=url, gemini_model=MODEL)
    llm = build_llm(settings)
    if llm is None:
        raise SystemExit("no model")
    client = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=url))
    stock = GoogleGenAI(
        model=MODEL, api_key="k", max_tokens=4096, context_window=100_000, http_options=types.HttpOptions(base_url=url)
    )
    chat = BookChat(retriever=retriever, llm=llm, settings=settings)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        layers = {
            "raw HTTP and JSON": raw_http(url, session),
            "google-genai": google_genai(client),
            "LlamaIndex's GoogleGenAI": stock_class(stock),
            "LlamaIndex's chat engine": stock_engine(stock),
            "GeminiLLM": our_class(llm),
            "BookChat.answer": our_chat(chat),
            "of it: citations": citations_alone(),
        }
        figures = {name: [await measure(stream, streams) for _ in range(rounds)] for name, stream in layers.items()}
    for closing in (client.aio.aclose, llm.aclose, stock._client.aio.aclose):  # noqa: SLF001 - it has no public one
        await closing()
    print_table({name: min(rounds) for name, rounds in figures.items()})


def print_table(figures: dict[str, tuple[float, int]]) -> None:
    """The figures beside their floor, the first of them."""
    floor = next(iter(figures.values()))[0]
    table = Table("layer", "pieces", "CPU ms a piece", "times raw")
    for name, (milliseconds, pieces) in figures.items():
        table.add_row(name, str(pieces), f"{milliseconds:.3f}", f"{milliseconds / floor:.1f}")
    Console().print(table)


async def served_lines(process: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """The lines that the model server prints; the first is its address."""
    if process.stdout is None:
        raise SystemExit("no output")
    async for line in process.stdout:
        yield line.decode().strip()


async def main() -> None:
    """Start the model server, measure, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=40)
    parser.add_argument("--chunks", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    arguments = ["--chunks", str(options.chunks), "--first-token-seconds", "0.1", "--pace-seconds", "0.05"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.gemini_server", *arguments, stdout=subprocess.PIPE
    )
    try:
        async for url in served_lines(process):
            await run(url, options.streams, options.rounds)
            break
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(main())
