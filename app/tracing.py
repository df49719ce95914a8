"""Traces by OpenTelemetry, from the request to the stored turn; imported only where OTEL_EXPORTER_OTLP_ENDPOINT is set.

LlamaIndex's steps come from its instrumentation, by way of OpenInference; the request from OpenTelemetry's ASGI
middleware. A question's text, the passages and the answer are in no span unless TRACE_QUESTIONS is true: OpenInference
is then not given them, as it would write them out as JSON and throw that away. The variables OTEL_… set the service's
name, headers and sampling, as OpenTelemetry documents them.
"""

import importlib.util
import inspect
import os
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from llama_index.core.base.response.schema import AsyncStreamingResponse, StreamingResponse
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.instrumentation.events.retrieval import RetrievalEndEvent
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation.span.base import BaseSpan
from llama_index_instrumentation.span_handlers import BaseSpanHandler
from pydantic import PrivateAttr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engines.coverage.verdict import Coverage
from engines.retrieval.passages import QuickPostprocessor
from storage.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

_NOT_TRACED = "healthz,readyz,metrics"
# OpenInference writes four attributes for each node. A retrieval has a hundred candidates, and OpenTelemetry keeps 128
# attributes of a span: it wrote a warning for each further one, hundreds for a question.
_NODES_KEPT = 10


_NO_ARGUMENTS = inspect.Signature().bind()
_STREAMS = (Generator, AsyncGenerator, StreamingResponse, AsyncStreamingResponse)
# What OpenInference tries to import for each call of a model, to name its provider. A failed import is tried anew each
# time, which took 2 ms of a question.
_OTHER_MODELS = tuple(f"llama_index.llms.{name}" for name in ("openai", "anthropic", "azure_openai", "vertex"))


class _WithoutTexts(BaseSpanHandler[BaseSpan]):
    """Hands spans on without a step's arguments and result; a result that is a stream ends its span, and is kept.

    Steps that say little without their texts have no span: half of a question's, at a sixth of a millisecond each.
    """

    _inner: BaseSpanHandler[Any] = PrivateAttr()

    def __init__(self, inner: BaseSpanHandler[Any]) -> None:
        super().__init__()
        self._inner = inner

    def span_enter(
        self, id_: str, bound_args: inspect.BoundArguments, instance: Any | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Called by the dispatcher when a step begins."""
        if not _says_little(id_, instance):
            self._inner.span_enter(id_, _NO_ARGUMENTS, instance, *args, **kwargs)

    def span_exit(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Any | None = None,
        result: Any | None = None,
        **kwargs: Any,
    ) -> None:
        """Called by the dispatcher when a step has ended."""
        if not _says_little(id_, instance):
            kept = result if isinstance(result, _STREAMS) else None
            self._inner.span_exit(id_, _NO_ARGUMENTS, instance, kept, **kwargs)

    def span_drop(
        self, id_: str, bound_args: inspect.BoundArguments, instance: Any | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Called by the dispatcher when a step has failed."""
        if not _says_little(id_, instance):
            self._inner.span_drop(id_, _NO_ARGUMENTS, instance, *args, **kwargs)

    def new_span(self, *_: Any, **__: Any) -> BaseSpan | None:
        """None: the inner handler makes the spans."""
        return None

    def prepare_to_exit_span(self, *_: Any, **__: Any) -> BaseSpan | None:
        """None, as above."""
        return None

    def prepare_to_drop_span(self, *_: Any, **__: Any) -> BaseSpan | None:
        """None, as above."""
        return None


def _says_little(span_id: str, instance: Any | None) -> bool:
    """Whether a step picks or orders passages, or is the inner half of one that has a span."""
    if isinstance(instance, QuickPostprocessor):
        return not isinstance(instance, Coverage)
    return span_id.partition("-")[0].endswith("._aget_query_embedding")


class _BestNodes(BaseEventHandler):
    """Hands events on with the best nodes alone, and where texts are hidden with no more of them than id and score."""

    inner: BaseEventHandler
    hidden: bool

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex registers."""
        return "BestNodes"

    def handle(self, event: BaseEvent, **kwargs: Any) -> Any:
        """Called by the dispatcher."""
        if isinstance(event, RetrievalEndEvent | ReRankStartEvent | ReRankEndEvent):
            nodes = event.nodes[:_NODES_KEPT]
            event = event.model_copy(
                update={"nodes": [_Bare(each.node_id, each.score) for each in nodes] if self.hidden else nodes}
            )
        return self.inner.handle(event, **kwargs)


@dataclass(frozen=True, slots=True)
class _Bare:
    """What OpenInference reads of a found node, without its text; making a real node takes longer."""

    node_id: str
    score: float | None
    metadata: None = None

    def get_content(self) -> str:
        """No text."""
        return ""

    def get_score(self) -> float | None:
        """The score."""
        return self.score


class _Inside:
    """Stands behind OpenTelemetry's middleware: gives the application the scope, of which a trace may show a part.

    The pieces of a body go past the middleware, which does nothing with them but costs time.
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
    """Send a trace of each request of `app` to the collector while the block runs, then what is left.

    `on_failed_export` is called, in a thread of the exporter's, when the collector did not take a batch of spans.
    Raises ConfigurationError where the extra `traces` is not installed.
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
        exclude_spans=["receive", "send"],  # one for each piece of an answer
    )

    async def with_direct_send(scope: Scope, receive: Receive, send: Send) -> None:
        seen = {**scope, _DIRECT: send}
        if hidden and scope["type"] == "http":  # a search stands in the address
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
    from openinference.instrumentation import TraceConfig
    from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

    config = TraceConfig(
        hide_inputs=hidden, hide_outputs=hidden, hide_embedding_vectors=True, hide_embeddings_text=hidden
    )
    missing = [name for name in _OTHER_MODELS if importlib.util.find_spec(name) is None]
    for name in missing:
        sys.modules[name] = None  # type: ignore[assignment]  # with None an import fails at once, as Python documents it
    instrumentor = LlamaIndexInstrumentor()
    dispatcher = get_dispatcher()
    spans, events = dispatcher.span_handlers, dispatcher.event_handlers
    before = [*spans], [*events]
    instrumentor.instrument(tracer_provider=provider, config=config)
    events[:] = [each if each in before[1] else _BestNodes(inner=each, hidden=hidden) for each in events]
    if hidden:
        spans[:] = [each if each in before[0] else _WithoutTexts(each) for each in spans]
    try:
        yield
    finally:
        instrumentor.uninstrument()
        spans[:], events[:] = before
        for name in missing:
            sys.modules.pop(name, None)
