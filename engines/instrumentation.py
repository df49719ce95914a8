"""What LlamaIndex's instrumentation is told of each question, so that the tools of its ecosystem see it by being added.

An answer is an async generator, which the reader's task drives: LlamaIndex's own span decorator ends a span when the
generator is made, and a context variable that stays set while it waits would leak into that task. So the span is
opened and closed here, and is the current one only while something is awaited that opens spans or events of its own.
"""

import inspect
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.instrumentation.events.synthesis import SynthesizeEndEvent, SynthesizeStartEvent
from llama_index.core.schema import QueryBundle
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.span import BaseSpan, active_span_id
from llama_index_instrumentation.span_handlers import BaseSpanHandler, NullSpanHandler

dispatcher = get_dispatcher("bookrag")

KEPT_NODES = 10  # in a trace, of a retrieval, which finds a hundred


class SelectiveSpanHandler(BaseSpanHandler[BaseSpan]):
    """A handler of spans that takes none of some steps."""

    def omits(self, step: object) -> bool:
        """Whether it takes no span of this step."""
        raise NotImplementedError


def span_is_taken(step: object) -> bool:
    """Whether anything that was added to LlamaIndex's instrumentation takes a span of a step, as OpenTelemetry does."""
    return any(
        not handler.omits(step)
        if isinstance(handler, SelectiveSpanHandler)
        else not isinstance(handler, NullSpanHandler)
        for handler in dispatcher.root.span_handlers
    )


class ModelRetried(BaseEvent):
    """A call of the language model failed and is sent again."""

    code: str


class ModelFailed(BaseEvent):
    """A call of the language model failed for good."""

    code: str


class BreakerOpened(BaseEvent):
    """After many failures in a row the language model is left alone for a while."""


class QuestionSpan:
    """The span of one question: from its retrieval to the end of its answer, whatever that is; or of another step."""

    def __init__(self, instance: Any, question: str = "", *, step: str = "events") -> None:
        self.id = f"{type(instance).__name__}.{step}-{uuid.uuid4()}"
        self._instance = instance
        self._arguments = inspect.Signature().bind()
        self._arguments.arguments["message"] = question
        dispatcher.span_enter(
            id_=self.id, bound_args=self._arguments, instance=instance, parent_id=active_span_id.get()
        )

    def close(self, error: BaseException | None = None) -> None:
        """End the span; one that a failure or a reader who left ends is dropped."""
        if error is None:
            dispatcher.span_exit(id_=self.id, bound_args=self._arguments, instance=self._instance, result=None)
        else:
            dispatcher.span_drop(id_=self.id, bound_args=self._arguments, instance=self._instance, err=error)


@contextmanager
def inside(span_id: str | None) -> Iterator[None]:
    """Make a span the current one; nothing may be yielded to a reader meanwhile."""
    token = active_span_id.set(span_id)
    try:
        yield
    finally:
        active_span_id.reset(token)


@contextmanager
def synthesis(query: QueryBundle, span_id: str | None) -> Iterator[Response]:
    """Tell of the start and the end of an answer within a question's span; fill in the response meanwhile."""
    response = Response("")
    dispatcher.event(SynthesizeStartEvent(query=query, span_id=span_id))
    try:
        yield response
    finally:
        dispatcher.event(SynthesizeEndEvent(query=query, response=response, span_id=span_id))
