"""The HTTP application: `create_app` builds it, `app` is built when a server first asks this module for it.

`bookrag serve`, `uvicorn app.main:app` and `gunicorn -k uvicorn_worker.UvicornWorker app.main:app` run it, with the
same limits. Nothing is opened before the lifespan starts.
"""

import gc
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext, suppress

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.before_public import left_open, reachable_by_others
from app.chat_ui.router import page_router
from app.errors import install_error_handlers
from app.openapi import document
from app.request_limits import RefusedWhileStopping, limit_heads
from app.request_log import REQUEST_ID_HEADER, RequestLog, configure_logging
from app.routes import account, auth, chat, conversations, health, search
from app.services import Services, open_services
from app.settings import AppSettings
from app.widget.router import widget_router
from storage.environment import read_settings
from storage.errors import BookragError

logger = logging.getLogger(__name__)

OpenServices = Callable[[], AbstractAsyncContextManager[Services]]

GC_THRESHOLD = (10_000, 20, 50)  # a hundred questions at once make more objects than the collector's default expects
ROUTES = (chat, search, auth, account, conversations, health)
EXPOSED_HEADERS = ["x-vercel-ai-ui-message-stream", "retry-after", "ratelimit", "ratelimit-policy", REQUEST_ID_HEADER]


class LoggingCORSMiddleware(CORSMiddleware):
    """CORS that logs each request from an origin that is not allowed."""

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether pages of this origin may read responses."""
        allowed = super().is_allowed_origin(origin)
        if not allowed:
            logger.warning("The origin %.200r is not in CORS_ORIGINS, so its pages cannot read the answer", origin)
        return allowed


def create_app(*, settings: AppSettings | None = None, services: OpenServices = open_services) -> FastAPI:
    """The application with its routes; the long-lived parts are opened when it starts and closed when it stops."""
    settings = settings or read_settings(AppSettings)
    configure_logging(settings.log_level, settings.log_format)
    app = FastAPI(
        title="bookrag",
        description="Ask a Docusaurus book; the answer streams, and cites the book down to the heading.",
        version="0.1.0",
        lifespan=_lifespan(services, with_questions=settings.trace_questions),
        docs_url=None,  # `app.chat_ui` has its own page, which loads nothing from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # a redirect would name the request's host, and a proxy may cache it for others
    )
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.proxies)
    app.add_middleware(RefusedWhileStopping)
    install_error_handlers(app)
    for router in (*(module.router for module in ROUTES), page_router, widget_router):
        # `include_router` would analyse each route a second time, during the first request: 35 ms.
        app.router.routes.extend(router.routes)
    app.openapi = document(app)  # type: ignore[method-assign]  # as FastAPI documents it
    if settings.origins:
        _allow_origins(app, settings.origins)
    app.add_middleware(RequestLog)  # the outermost
    return app


def _lifespan(
    services: OpenServices, *, with_questions: bool
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _end_with_parent()
        async with services() as opened:
            app.state.services = opened
            await _log_what_is_open(opened)
            tracing = _tracing(app, opened, with_questions=with_questions)
            with tracing:
                # The imported packages are 700,000 objects that are never freed: freezing them keeps collections from
                # walking them again, which would stop every stream for a third of a second. No collection runs before
                # that: it would find 68 objects to free, and take 0.18 s of the 2.7 s until the first answer.
                gc.freeze()
                gc.set_threshold(*GC_THRESHOLD)
                yield

    return lifespan


async def _log_what_is_open(services: Services) -> None:
    """Log what a server that others can reach leaves open to them; each worker process says it."""
    if not reachable_by_others(services.settings):
        return
    site = ""
    with suppress(BookragError):  # readers are told by each answer, and operators by /readyz
        site = (await services.book.index.current()).book.get("site_url", "")
    for each in left_open(services.settings, has_model=services.book.llm is not None, site=site):
        logger.warning("Open to the public: %s. %s", each.message, each.mend)


def _allow_origins(app: FastAPI, origins: list[str]) -> None:
    app.add_middleware(
        LoggingCORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        # Any header is allowed: clients, tracing and proxies add their own, and no header grants a right here. Cookies
        # stay off.
        allow_headers=["*"],
        allow_private_network=True,  # a published site may call a service in its reader's own network
        expose_headers=EXPOSED_HEADERS,
        max_age=600,
    )


def _end_with_parent() -> None:
    """Stop this worker process when its parent has died; stock uvicorn workers would keep the port and go on."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _tracing(app: FastAPI, services: Services, *, with_questions: bool) -> AbstractContextManager[None]:
    """Sends traces if a collector is named; OpenTelemetry is not imported otherwise."""
    if not (os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return nullcontext()
    from app.tracing import traced

    failed = services.metrics.trace_exports_failed.inc
    return traced(app, with_questions=with_questions, on_failed_export=failed)


def __getattr__(name: str) -> FastAPI:
    """`app`, for servers that import an application by name; importing this module does not read settings."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    limit_heads()
    return create_app()
