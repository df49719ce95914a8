"""LlamaIndex's condense-plus-context chat engine for one request, built, asked and dropped by `engines.chat.engine`.

Stock, it keeps the history in a background task that drains the model after the reader has gone, polls a queue every
0.1 s, and packs the prompt by counting tokens of another model. Here the answer's stream is handed on as it is, the
prompt is built once, and the caller keeps the history.
"""

import logging
from collections.abc import Sequence

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.chat_engine.types import StreamingAgentChatResponse
from llama_index.core.llms import LLM
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from engines.chat import prompts
from engines.chat.condense import join_follow_up, usable
from engines.chat.memory import TurnMemory
from engines.chat.token_gauge import estimate_prompt
from engines.errors import ModelError
from engines.events import Question, Retrieve, Retrieved, Source, Turn

logger = logging.getLogger(__name__)


class SourceRetriever(BaseRetriever):
    """The injected retrieval as LlamaIndex's retriever, for one question; keeps what it found."""

    def __init__(self, retrieve: Retrieve, question: Question) -> None:
        super().__init__()
        self._find = retrieve
        self._scope = question.scope
        self.retrieved: Retrieved | None = None

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        self.retrieved = await self._find(query_bundle.query_str, self._scope)
        return [_node(source) for source in self.retrieved.sources]

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        raise NotImplementedError("retrieval is asynchronous: use aretrieve")


class BookChatEngine(CondensePlusContextChatEngine):
    """One question, condensed with its conversation, answered from the passages that the retriever finds."""

    def __init__(
        self,
        *,
        llm: LLM,
        retriever: SourceRetriever,
        question: Question,
        turns: Sequence[Turn],
        summary: str | None = None,
    ) -> None:
        memory = TurnMemory.from_turns(turns, summary)
        super().__init__(retriever=retriever, llm=llm, memory=memory, system_prompt=prompts.TUTOR)
        self._summary = summary
        self._turns = turns
        self._profile = question.profile
        self._passages = retriever
        self.prompt_tokens = 0  # of the answer's prompt, as estimated

    async def astream_chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        """Condense, retrieve, and give the answer's stream; the model is not called before the stream is read."""
        if chat_history is not None:
            await self._memory.aset(chat_history)
        history = await self._memory.aget(input=message)
        nodes = await self._aget_nodes(await self._acondense_question(history, message))
        prompt = self.prompt(message, history)
        self.prompt_tokens = estimate_prompt(prompt)
        stream = await self._llm.astream_chat(prompt)
        return StreamingAgentChatResponse(achat_stream=stream, source_nodes=nodes, is_writing_to_memory=False)

    def prompt(self, message: str, history: Sequence[ChatMessage]) -> list[ChatMessage]:
        """The rules, the conversation, and last the passages with the question."""
        retrieved = self._passages.retrieved
        sources = retrieved.sources if retrieved else ()
        last = prompts.passages_message(message, sources, self._profile)
        return [
            ChatMessage(role=MessageRole.SYSTEM, content=self._system_prompt),
            *history,
            ChatMessage(role=MessageRole.USER, content=last),
        ]

    async def _acondense_question(self, chat_history: list[ChatMessage], latest_message: str) -> str:
        if not chat_history:
            return latest_message
        request = prompts.condense_message(latest_message, self._turns, self._summary)
        try:
            # One attempt: where the model is away the answer's own opening waits for it, not this.
            response = await self._llm.achat(
                [ChatMessage(role=MessageRole.USER, content=request)], retry_budget_seconds=0.0
            )
        except ModelError as exc:
            logger.warning("the question was not condensed: %s (%s)", exc.code, exc.cause)
            return join_follow_up(latest_message, self._turns)
        condensed = usable(response.message.content or "", latest_message, self._turns, self._summary)
        return condensed or join_follow_up(latest_message, self._turns)


def selection_prompt(question: Question, selection: Source, turns: Sequence[Turn]) -> list[ChatMessage]:
    """The prompt of a question about a marked piece of text: nothing is retrieved for it."""
    return [
        ChatMessage(role=MessageRole.SYSTEM, content=prompts.SELECTION_TUTOR),
        *(ChatMessage(role=MessageRole(turn.role), content=turn.content) for turn in turns),
        ChatMessage(
            role=MessageRole.USER,
            content=prompts.selection_message(question.text, selection, question.profile),
        ),
    ]


def _node(source: Source) -> NodeWithScore:
    metadata = {"url": source.url, "title": source.title, "heading_path": list(source.heading_path)}
    return NodeWithScore(node=TextNode(id_=source.chunk_id, text=source.text, metadata=metadata), score=source.score)
