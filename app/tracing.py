"""OpenTelemetry traces, from the request to the stored turn; imported only if OTEL_EXPORTER_OTLP_ENDPOINT is set.

The spans of LlamaIndex's steps come from its instrumentation: with texts, by OpenInference, if TRACE_QUESTIONS is true,
otherwise without texts, by `app.step_spans`. The span of the request comes from OpenTelemetry's ASGI middleware. The
service's name, headers and sampling are set by OpenTelemetry's own variables OTEL_….
"""

import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.instrumentation.events.retrieval import RetrievalEndEvent
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.event_handlers import BaseEventHandler
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engines.instrumentation import KEPT_NODES
from storage.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

_NOT_TRACED = "healthz,readyz,metrics"


class _BestNodes(BaseEventHandler):
    """Passes events on with only the best nodes.

    OpenInference writes four attributes for each node. A retrieval has a hundred candidates, and OpenTelemetry keeps
    128 attributes of a span and logs a warning for each further one: hundreds for a question.
    """

    inner: BaseEventHandler

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex registers."""
        return "BestNodes"

    def handle(self, event: BaseEvent, **kwargs: Any) -> Any:
        """Called by the dispatcher."""
        if isinstance(event, RetrievalEndEvent | ReRankStartEvent | ReRankEndEvent):
            event = event.model_copy(update={"nodes": event.nodes[:KEPT_NODES]})
        return self.inner.handle(event, **kwargs)


class _Inside:
    """Runs inside OpenTelemetry's middleware; gives the application the whole scope, of which a trace shows a part.

    The chunks of a body bypass the middleware, which only costs time for them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the first message and the last one go through the middleware."""
        direct: Send = scope.pop(_DIRECT, send)
        whole: Scope = scope.pop(_WHOLE, scope)

        async def sending(message: Message) -> None:
            await (direct if message.get("more_body") else send)(message)

        await self._app(whole, receive, sending)


_DIRECT, _WHOLE = "bookrag.send", "bookrag.scope"


@contextmanager
def traced(
    app: FastAPI, *, with_questions: bool, on_failed_export: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """Send a trace of each request of `app` to the collector while the block runs, and the rest at its end.

    `on_failed_export` is called, in the exporter's thread, when the collector did not accept a batch of spans. Raises
    ConfigurationError if the extra `traces` is not installed.
    """
    if importlib.util.find_spec("openinference") is None:
        raise ConfigurationError("OTEL_EXPORTER_OTLP_ENDPOINT is set: install the extra `traces`, or unset it.")
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
    from opentelemetry.util.http import parse_excluded_urls

    provider = _provider(on_failed_export)
    hidden = not with_questions
    stack = app.middleware_stack or app.build_middleware_stack()
    middleware = OpenTelemetryMiddleware(
        _Inside(stack),
        excluded_urls=parse_excluded_urls(_NOT_TRACED),
        tracer_provider=provider,
        exclude_spans=["receive", "send"],  # one for each chunk of an answer
    )

    async def with_direct_send(scope: Scope, receive: Receive, send: Send) -> None:
        seen = {**scope, _DIRECT: send}
        if hidden and scope["type"] == "http":  # a search is part of the address
            seen |= {"query_string": b"", "client": None, _WHOLE: scope}
        await middleware(seen, receive, send)

    app.middleware_stack = with_direct_send
    try:
        with _steps_traced(provider, hidden=hidden):
            yield
    finally:
        app.middleware_stack = stack
        provider.shutdown()


def _provider(on_failed_export: Callable[[], object]) -> Any:
    """Sends spans to the collector in batches."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

    class Exporter(OTLPSpanExporter):
        def export(self, spans: "Sequence[ReadableSpan]") -> SpanExportResult:
            result = super().export(spans)
            if result is not SpanExportResult.SUCCESS:
                on_failed_export()
            return result

    resource = Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", "bookrag")})
    provider = TracerProvider(resource=resource)
    exporter: SpanExporter = Exporter()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


@contextmanager
def _steps_traced(provider: Any, *, hidden: bool) -> Iterator[None]:
    """Make spans of LlamaIndex's steps."""
    dispatcher = get_dispatcher()
    spans, events = dispatcher.span_handlers, dispatcher.event_handlers
    before = [*spans], [*events]
    try:
        with _without_texts(provider) if hidden else _with_texts(provider):
            yield
    finally:
        spans[:], events[:] = before


@contextmanager
def _without_texts(provider: Any) -> Iterator[None]:
    from app.step_spans import StepEvents, StepSpans

    spans = StepSpans(provider.get_tracer("bookrag"))
    get_dispatcher().add_span_handler(spans)
    get_dispatcher().add_event_handler(StepEvents(spans))
    yield


@contextmanager
def _with_texts(provider: Any) -> Iterator[None]:
    from openinference.instrumentation import TraceConfig
    from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

    events = get_dispatcher().event_handlers
    before = [*events]
    instrumentor = LlamaIndexInstrumentor()
    instrumentor.instrument(tracer_provider=provider, config=TraceConfig(hide_embedding_vectors=True))
    events[:] = [each if each in before else _BestNodes(inner=each) for each in events]
    try:
        yield
    finally:
        instrumentor.uninstrument()
