"""Traces by OpenTelemetry, from the request to the stored turn; imported only where OTEL_EXPORTER_OTLP_ENDPOINT is set.

LlamaIndex's steps come from its instrumentation, by way of OpenInference; the request from OpenTelemetry's ASGI
middleware. A question's text, the passages and the answer are in no span unless TRACE_QUESTIONS is true. The variables
OTEL_… set the service's name, headers and sampling, as OpenTelemetry documents them.
"""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.instrumentation.events.retrieval import RetrievalEndEvent
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.event_handlers import BaseEventHandler

from storage.errors import ConfigurationError

_NOT_TRACED = "healthz,readyz,metrics"
# OpenInference writes four attributes for each node. A retrieval has a hundred candidates, and OpenTelemetry keeps 128
# attributes of a span: it wrote a warning for each further one, hundreds for a question.
_NODES_KEPT = 10


class _BestNodes(BaseEventHandler):
    """Hands events on with the best nodes alone."""

    inner: BaseEventHandler

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex registers."""
        return "BestNodes"

    def handle(self, event: BaseEvent, **kwargs: Any) -> Any:
        """Called by the dispatcher."""
        if isinstance(event, RetrievalEndEvent | ReRankStartEvent | ReRankEndEvent) and len(event.nodes) > _NODES_KEPT:
            event = event.model_copy(update={"nodes": event.nodes[:_NODES_KEPT]})
        return self.inner.handle(event, **kwargs)


@contextmanager
def traced(app: FastAPI, *, with_questions: bool) -> Iterator[None]:
    """Send a trace of each request of `app` to the collector while the block runs, then what is left.

    Raises ConfigurationError where the extra `traces` is not installed.
    """
    if importlib.util.find_spec("openinference") is None:
        raise ConfigurationError("OTEL_EXPORTER_OTLP_ENDPOINT is set: install the extra `traces`, or take it away.")
    from openinference.instrumentation import TraceConfig
    from openinference.instrumentation.llama_index import LlamaIndexInstrumentor
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.util.http import parse_excluded_urls

    name = os.environ.get("OTEL_SERVICE_NAME", "bookrag")
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    hidden = not with_questions
    config = TraceConfig(
        hide_inputs=hidden, hide_outputs=hidden, hide_embedding_vectors=True, hide_embeddings_text=hidden
    )
    instrumentor = LlamaIndexInstrumentor()
    handlers = get_dispatcher().event_handlers
    before = list(handlers)
    instrumentor.instrument(tracer_provider=provider, config=config)
    handlers[:] = [each if each in before else _BestNodes(inner=each) for each in handlers]
    stack = app.middleware_stack or app.build_middleware_stack()
    app.middleware_stack = OpenTelemetryMiddleware(
        stack,
        excluded_urls=parse_excluded_urls(_NOT_TRACED),
        tracer_provider=provider,
        exclude_spans=["receive", "send"],  # one for each piece of an answer
    )
    try:
        yield
    finally:
        app.middleware_stack = stack
        instrumentor.uninstrument()
        handlers[:] = [each for each in handlers if not isinstance(each, _BestNodes)]
        provider.shutdown()
