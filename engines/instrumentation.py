"""Reports each question to LlamaIndex's instrumentation, so that the tools of its ecosystem can be plugged in.

An answer is an async generator, driven by the reader's task: LlamaIndex's span decorator ends a span when the generator
is created, and a context variable that stays set while it waits would leak into that task. So the span is opened and
closed here, and is current only while something is awaited that opens spans or events.
"""

import inspect
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.instrumentation.events.synthesis import SynthesizeEndEvent, SynthesizeStartEvent
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.span import BaseSpan, active_span_id
from llama_index_instrumentation.span_handlers import BaseSpanHandler, NullSpanHandler

dispatcher = get_dispatcher("bookrag")

KEPT_NODES = 10  # in a trace, of a retrieval, which finds a hundred


class SelectiveSpanHandler(BaseSpanHandler[BaseSpan]):
    """A span handler that omits some steps."""

    def omits(self, step: object) -> bool:
        """Whether it omits this step."""
        raise NotImplementedError


def span_is_taken(step: object) -> bool:
    """Whether any handler of LlamaIndex's instrumentation, such as OpenTelemetry's, takes spans of a step."""
    return any(
        not handler.omits(step)
        if isinstance(handler, SelectiveSpanHandler)
        else not isinstance(handler, NullSpanHandler)
        for handler in dispatcher.root.span_handlers
    )


class QuickPostprocessor(BaseNodePostprocessor):
    """A postprocessor without waits: it runs where it is called, and not in a thread as LlamaIndex's do.

    Subclasses implement `_process`. LlamaIndex makes a span of each call of `_postprocess_nodes`, which takes longer
    than most of the calls, and a question has eight: without a handler the span is skipped.
    """

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        # Not abstract: LlamaIndex makes a span of each call of an abstract method.
        raise NotImplementedError

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return self._process(nodes, query_bundle)

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        work = self._postprocess_nodes if span_is_taken(self) else self._process
        return work(nodes, query_bundle)


class ModelRetried(BaseEvent):
    """A call of the language model failed and is retried."""

    code: str


class ModelFailed(BaseEvent):
    """A call of the language model failed for good."""

    code: str


class BreakerOpened(BaseEvent):
    """The circuit breaker of the language model has opened after many failures."""


class QuestionSpan:
    """The span of one question, from retrieval to the end of its answer, however it ends; or of another step."""

    def __init__(self, instance: Any, question: str = "", *, step: str = "events") -> None:
        self.id = f"{type(instance).__name__}.{step}-{uuid.uuid4()}"
        self._instance = instance
        self._arguments = inspect.Signature().bind()
        self._arguments.arguments["message"] = question
        dispatcher.span_enter(
            id_=self.id, bound_args=self._arguments, instance=instance, parent_id=active_span_id.get()
        )

    def close(self, error: BaseException | None = None) -> None:
        """End the span; after a failure, or if the reader has left, it is dropped."""
        if error is None:
            dispatcher.span_exit(id_=self.id, bound_args=self._arguments, instance=self._instance, result=None)
        else:
            dispatcher.span_drop(id_=self.id, bound_args=self._arguments, instance=self._instance, err=error)


@contextmanager
def inside(span_id: str | None) -> Iterator[None]:
    """Make a span current; nothing may be yielded to a reader meanwhile."""
    token = active_span_id.set(span_id)
    try:
        yield
    finally:
        active_span_id.reset(token)


@contextmanager
def synthesis(query: QueryBundle, span_id: str | None) -> Iterator[Response]:
    """Report the start and the end of an answer within a question's span; the block fills in the response."""
    response = Response("")
    dispatcher.event(SynthesizeStartEvent(query=query, span_id=span_id))
    try:
        yield response
    finally:
        dispatcher.event(SynthesizeEndEvent(query=query, response=response, span_id=span_id))
