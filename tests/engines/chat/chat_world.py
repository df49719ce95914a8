"""What the chat's tests share: a few passages, a retrieval that remembers, a chat against the Gemini-shaped server."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from engines.chat.engine import BookChat
from engines.events import (
    CitationsResolved,
    Event,
    Failed,
    Finished,
    GroundingDecided,
    Question,
    Retrieved,
    Scope,
    Source,
    TextDelta,
)
from engines.gemini.llm import GeminiLLM, build_llm
from engines.retrieval.retriever import ADDRESS, GROUNDING, RELATED, SEARCHED, UNDERSTOOD
from engines.settings import EngineSettings
from storage.vectors import payload
from storage.vectors.qdrant_vector_store import PinnedBuild
from tests.gemini_server import GeminiServer

EventT = TypeVar("EventT", bound=Event)

ZMP = Source(
    1,
    "id-zmp",
    "https://book.example/docs/walking#zmp",
    "Walking",
    ("Balance", "Zero moment point"),
    "The zero moment point is where the ground reaction force acts without a tipping moment. "
    "It has to stay inside the support polygon, or the foot begins to turn over its edge.",
    0.9,
)
CAPTURE = Source(
    2,
    "id-capture",
    "https://book.example/docs/walking#capture-point",
    "Walking",
    ("Capture point",),
    "The capture point is the place where a robot has to step to come to rest. It moves with the velocity of the body.",
    0.7,
)
NODES = Source(
    3,
    "id-nodes",
    "https://book.example/docs/ros#nodes",
    "ROS 2",
    ("Nodes",),
    "A node is a process that computes. Nodes talk over topics, services and actions.",
    0.5,
)
SOURCES = (ZMP, CAPTURE, NODES)
COVERED = GroundingDecided(verdict="covered", score=0.9, covered_from=0.5, not_covered_below=0.5)
NOT_COVERED = GroundingDecided(verdict="not_covered", score=0.1, covered_from=0.5, not_covered_below=0.5)


@dataclass
class Retrieval:
    """Makes retrievers that give the same passages for everything; keeps what they were asked."""

    found: Retrieved = field(default_factory=lambda: Retrieved(SOURCES, COVERED))
    asked: list[tuple[str, Scope]] = field(default_factory=list)

    def __call__(self, scope: Scope, build: PinnedBuild | None) -> BaseRetriever:
        return _Retriever(self, scope)


class _Retriever(BaseRetriever):
    def __init__(self, retrieval: Retrieval, scope: Scope) -> None:
        super().__init__()
        self._retrieval = retrieval
        self._scope = scope

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        self._retrieval.asked.append((query_bundle.query_str, self._scope))
        found = self._retrieval.found
        return [_node(source, found) for source in found.sources]


def _node(source: Source, found: Retrieved) -> NodeWithScore:
    metadata: dict[str, Any] = {
        ADDRESS: source.url,
        payload.TITLE: source.title,
        payload.HEADING_PATH: list(source.heading_path),
        GROUNDING: found.grounding,
        SEARCHED: found.searched,
        RELATED: source.related,
        UNDERSTOOD: found.understanding,
    }
    return NodeWithScore(node=TextNode(id_=source.chunk_id, text=source.text, metadata=metadata), score=source.score)


def engine_settings(url: str | None = None, **changes: Any) -> EngineSettings:
    """Settings for a test; with an address there is a key too."""
    given = {"gemini_api_key": "test-key", "gemini_base_url": url} if url else {"gemini_api_key": None}
    defaults = {"gemini_retry_budget_seconds": 0.0, "gemini_stall_timeout_seconds": 2.0}
    return EngineSettings.model_validate(defaults | given | changes)


@dataclass
class World:
    """A chat with what stands around it."""

    server: GeminiServer
    chat: BookChat
    retrieval: Retrieval
    llm: GeminiLLM

    async def ask(self, question: Question | str) -> list[Event]:
        """All events of one answer."""
        return await collect(self.chat.answer(Question(question) if isinstance(question, str) else question))


@asynccontextmanager
async def a_world(found: Retrieved | None = None, *, with_model: bool = True, **changes: Any) -> AsyncIterator[World]:
    """A chat with a model server of its own; without `with_model` the chat does not ask it."""
    with GeminiServer() as server:
        settings = engine_settings(server.url, **changes)
        llm = build_llm(settings)
        assert llm is not None
        retrieval = Retrieval(found) if found else Retrieval()
        try:
            chat = BookChat(retriever=retrieval, llm=llm if with_model else None, settings=settings)
            yield World(server, chat, retrieval, llm)
        finally:
            await llm.aclose()


async def collect(events: AsyncGenerator[Event, None]) -> list[Event]:
    """All events, in order."""
    async with aclosing(events):
        return [event async for event in events]


def text_of(events: list[Event]) -> str:
    """The text as a reader sees it grow."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def only(events: list[Event], kind: type[EventT]) -> EventT:
    """The one event of a kind."""
    (found,) = (event for event in events if isinstance(event, kind))
    return found


def failure_of(events: list[Event]) -> Failed:
    """The failure that ends the answer."""
    assert isinstance(events[-1], Failed), events[-1]
    assert not any(isinstance(event, Finished) for event in events)
    return events[-1]


def end_of(events: list[Event]) -> Finished:
    """The end of a whole answer."""
    assert isinstance(events[-1], Finished), events[-1]
    assert not any(isinstance(event, Failed) for event in events)
    return events[-1]


def resolved_of(events: list[Event]) -> CitationsResolved:
    """The final citations."""
    return only(events, CitationsResolved)
