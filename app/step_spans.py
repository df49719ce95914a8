"""Spans of LlamaIndex's steps without texts: times, kinds, models, tokens and the ids of what was found.

`app.tracing` adds them to LlamaIndex's instrumentation unless TRACE_QUESTIONS is true. The attributes have the names of
OpenInference's conventions. OpenInference's own handlers take four times as long: they serialise the arguments of each
step to JSON, and drop the texts only then.
"""

import asyncio
import inspect
import threading
from collections.abc import AsyncGenerator, Generator
from typing import Any

from cachetools import LRUCache
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.base.llms.types import ChatResponse
from llama_index.core.instrumentation.events.exception import ExceptionEvent
from llama_index.core.instrumentation.events.llm import LLMChatEndEvent
from llama_index.core.instrumentation.events.retrieval import RetrievalEndEvent
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation.span.base import BaseSpan
from openinference.semconv.trace import DocumentAttributes, OpenInferenceSpanKindValues, SpanAttributes
from opentelemetry.trace import Span, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue
from pydantic import PrivateAttr

from engines.coverage.verdict import Coverage
from engines.instrumentation import KEPT_NODES, QuickPostprocessor, SelectiveSpanHandler

_MOST_OPEN = 10_000  # a stream that nobody reads never ends

_TOKENS = {
    "prompt_tokens": SpanAttributes.LLM_TOKEN_COUNT_PROMPT,
    "completion_tokens": SpanAttributes.LLM_TOKEN_COUNT_COMPLETION,
}


class StepSpans(SelectiveSpanHandler):
    """Makes a span of each step, as a child of the calling step's span, or of the request's."""

    _tracer: Tracer = PrivateAttr()
    _open: LRUCache[str, Span] = PrivateAttr()

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self._tracer = tracer
        self._open = LRUCache(_MOST_OPEN)
        self._lock = threading.Lock()  # LlamaIndex would create it when two threads may need it at once

    def omits(self, step: object) -> bool:
        """Whether a step only picks or orders passages; the steps that decide on them have spans."""
        return isinstance(step, QuickPostprocessor) and not isinstance(step, Coverage)

    def span(self, span_id: str | None) -> Span | None:
        """The open span of a step, or of a stream that a step has begun."""
        with self.lock:  # steps run in several threads, and even a look-up changes the order
            return self._open.get(span_id) if span_id else None

    def span_enter(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Any | None = None,
        parent_id: str | None = None,
        tags: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Called by the dispatcher when a step begins."""
        name = id_.partition("-")[0]
        if self.omits(instance) or name.endswith("._aget_query_embedding"):  # part of a step that has a span
            return
        parent = self.span(parent_id)
        span = self._tracer.start_span(
            name, context=set_span_in_context(parent) if parent else None, attributes=_attributes(instance)
        )
        with self.lock:
            self._open[id_] = span

    def span_exit(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Any | None = None,
        result: Any | None = None,
        **kwargs: Any,
    ) -> None:
        """Called by the dispatcher when a step has ended; a model's span lasts as long as its stream."""
        if not (isinstance(instance, BaseLLM) and isinstance(result, Generator | AsyncGenerator)):
            self.end(id_)

    def span_drop(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Any | None = None,
        err: BaseException | None = None,
        **kwargs: Any,
    ) -> None:
        """Called by the dispatcher when a step has failed."""
        self.end(id_, err)

    def end(self, span_id: str | None, error: BaseException | None = None) -> None:
        """End a step's span if it is open; a reader who disconnects is not an error."""
        with self.lock:
            span = self._open.pop(span_id, None) if span_id else None
        if span is None:
            return
        if error is None:
            span.set_status(Status(StatusCode.OK))
        elif not isinstance(error, GeneratorExit | asyncio.CancelledError):
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        span.end()

    def new_span(self, *_: Any, **__: Any) -> BaseSpan | None:
        """None, since `span_enter` makes no span of LlamaIndex's."""
        return None

    def prepare_to_exit_span(self, *_: Any, **__: Any) -> BaseSpan | None:
        """None, as above."""
        return None

    def prepare_to_drop_span(self, *_: Any, **__: Any) -> BaseSpan | None:
        """None, as above."""
        return None


class StepEvents(BaseEventHandler):
    """Adds the content of events to the spans: what was found, the tokens, and the end of a model's stream."""

    _spans: StepSpans = PrivateAttr()

    def __init__(self, spans: StepSpans) -> None:
        super().__init__()
        self._spans = spans

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        """Called by the dispatcher."""
        if isinstance(event, RetrievalEndEvent):
            span = self._spans.span(event.span_id)
            if span:
                span.set_attributes(_found(event))
        elif isinstance(event, LLMChatEndEvent):
            span = self._spans.span(event.span_id)
            if span and event.response:
                span.set_attributes(_tokens(event.response))
            self._spans.end(event.span_id)
        elif isinstance(event, ExceptionEvent):
            self._spans.end(event.span_id, event.exception)


def _attributes(step: object) -> dict[str, AttributeValue]:
    """The kind of a step, and its model."""
    kind = OpenInferenceSpanKindValues.CHAIN
    attributes: dict[str, AttributeValue] = {}
    if isinstance(step, BaseRetriever):
        kind = OpenInferenceSpanKindValues.RETRIEVER
    elif isinstance(step, BaseEmbedding):
        kind = OpenInferenceSpanKindValues.EMBEDDING
        attributes[SpanAttributes.EMBEDDING_MODEL_NAME] = step.model_name
    elif isinstance(step, BaseLLM):
        kind = OpenInferenceSpanKindValues.LLM
        attributes[SpanAttributes.LLM_MODEL_NAME] = step.metadata.model_name
    attributes[SpanAttributes.OPENINFERENCE_SPAN_KIND] = kind.value
    return attributes


def _found(event: RetrievalEndEvent) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {}
    for place, found in enumerate(event.nodes[:KEPT_NODES]):
        prefix = f"{SpanAttributes.RETRIEVAL_DOCUMENTS}.{place}"
        attributes[f"{prefix}.{DocumentAttributes.DOCUMENT_ID}"] = found.node_id
        if found.score is not None:
            attributes[f"{prefix}.{DocumentAttributes.DOCUMENT_SCORE}"] = float(found.score)
    return attributes


def _tokens(response: ChatResponse) -> dict[str, AttributeValue]:
    counted = response.additional_kwargs
    return {name: counted[kind] for kind, name in _TOKENS.items() if isinstance(counted.get(kind), int)}
