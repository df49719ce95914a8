"""LlamaIndex's chat interface over answers that are events, for notebooks; the server reads the events themselves."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ChatResponseAsyncGen, MessageRole
from llama_index.core.chat_engine.types import AgentChatResponse, BaseChatEngine, StreamingAgentChatResponse
from llama_index.core.memory import BaseMemory
from llama_index.core.schema import NodeWithScore

from engines.errors import model_error
from engines.events import CitationsResolved, Event, Failed, GroundingDecided, SourcesFound, TextDelta


class EventChatEngine(BaseChatEngine):
    """A chat engine whose answers are events; the memory takes each turn when its answer is complete."""

    _memory: BaseMemory
    source_nodes: list[NodeWithScore]  # of the newest answer, in the order of its sources' numbers

    def events(self, message: str) -> AsyncGenerator[Event, None]:
        """The answer to a message, given the conversation in the memory, which it does not change."""
        raise NotImplementedError  # not abstract: LlamaIndex makes a span of each call of an abstract method

    @property
    def chat_history(self) -> list[ChatMessage]:
        """The conversation so far, oldest message first."""
        return self._memory.get_all()

    def remember(self, messages: Sequence[ChatMessage]) -> None:
        """Replace the conversation so far."""
        self._memory.set(list(messages))

    def reset(self) -> None:
        """Forget the conversation."""
        self._memory.reset()
        self.source_nodes = []

    async def achat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """The whole answer, which is then in the memory; raises ModelError if the model failed."""
        response = await self.astream_chat(message, chat_history)
        async for _ in response.async_response_gen():
            pass
        return AgentChatResponse(response.response, source_nodes=response.source_nodes, metadata=response.metadata)

    async def astream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> "StreamedAnswer":
        """The answer as it is written; once it is read to its end it is in the memory, with its final numbers."""
        if chat_history is not None:
            await self._memory.aset(chat_history)
        answer = StreamedAnswer(is_writing_to_memory=False)
        answer.achat_stream = self._responses(message, answer)
        return answer

    def stream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> StreamingAgentChatResponse:
        """Not supported: an answer read from another thread could not be stopped; use `astream_chat` or `chat`."""
        raise NotImplementedError("an answer is streamed by astream_chat")

    async def _responses(self, message: str, answer: "StreamedAnswer") -> ChatResponseAsyncGen:
        """The answer's text in LlamaIndex's responses; the memory takes the turn when the text is complete."""
        written = ChatMessage(role=MessageRole.ASSISTANT, content="")
        async with aclosing(self.events(message)) as events:
            async for event in events:
                if isinstance(event, SourcesFound):
                    answer.source_nodes = self.source_nodes
                    answer.metadata |= {"build": event.build}
                elif isinstance(event, GroundingDecided):
                    answer.metadata |= {"verdict": event.verdict, "score": event.score}
                elif isinstance(event, TextDelta):
                    written = ChatMessage(role=MessageRole.ASSISTANT, content=(written.content or "") + event.text)
                    yield ChatResponse(message=written, delta=event.text)
                elif isinstance(event, CitationsResolved):
                    answer.response = event.text
                    written = ChatMessage(role=MessageRole.ASSISTANT, content=event.text)
                elif isinstance(event, Failed):
                    raise model_error(event)
        await self._memory.aput(ChatMessage(role=MessageRole.USER, content=message))
        await self._memory.aput(written)


@dataclass
class StreamedAnswer(StreamingAgentChatResponse):
    """LlamaIndex's streamed response without its queue and background task: the text comes as it is written.

    The metadata says as it comes which `build` was searched, and the `verdict` and `score` of its coverage.
    """

    metadata: dict[str, Any] = field(default_factory=dict)

    async def async_response_gen(self) -> AsyncGenerator[str, None]:
        """The pieces of the text; leaving early stops the answer."""
        if self.achat_stream is None:
            raise TypeError("an answer is read once")
        async with aclosing(self.achat_stream) as responses:
            async for response in responses:
                yield response.delta or ""
