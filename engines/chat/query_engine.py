"""The book as LlamaIndex's query engine, for evaluators and notebooks."""

from collections.abc import Sequence
from typing import cast

from llama_index.core.base.response.schema import Response
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import QueryBundle

from engines.chat.engine import BookChat, BookChatEngine
from engines.events import Question, Scope
from engines.retrieval.retriever import BookRetriever


class BookQueryEngine(RetrieverQueryEngine):
    """Answers each query as the first message of a conversation, which may be a greeting or a task as well.

    A query that brings its embedding, or other texts to embed, is searched for as it is.
    `retrieve`, `synthesize` and their awaitable forms are the stock steps, for tools that call them one by one.
    """

    def __init__(
        self,
        chat: BookChat,
        scope: Scope,
        retriever: BookRetriever,
        postprocessors: Sequence[BaseNodePostprocessor],
    ) -> None:
        super().__init__(retriever, chat.synthesizer, list(postprocessors))
        self._chat = chat
        self._scope = scope

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        if query_bundle.embedding or query_bundle.custom_embedding_strs:
            return cast("Response", await super()._aquery(query_bundle))
        answer = await self._engine().achat(query_bundle.query_str)
        return Response(answer.response, answer.source_nodes, answer.metadata)

    def _query(self, query_bundle: QueryBundle) -> Response:
        if query_bundle.embedding or query_bundle.custom_embedding_strs:
            return cast("Response", super()._query(query_bundle))
        answer = self._engine().chat(query_bundle.query_str)
        return Response(answer.response, answer.source_nodes, answer.metadata)

    def _engine(self) -> BookChatEngine:
        return self._chat.engine(Question("", scope=self._scope))
