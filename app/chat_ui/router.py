"""Serves the chat page at `/`, the API's page at `/docs` and their files under `/page/`.

`app.main` includes `page_router`. The chat page is the widget's panel (`app.widget`) in a document of its own. It shows
what a language model wrote, so the browser is told to run and load only this server's files.
"""

import hashlib
import html
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.services import Services
from storage.errors import BookragError

STATIC_DIR = Path(__file__).parent / "static"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# Listed here because browsers refuse a module with a wrong type, and the system's table of types varies.
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
REVALIDATE = "no-cache"  # revalidated each time, and answered with 304 while nothing changed
# Facts of a build's record that the page shows or lets the reader choose from.
SHOWN_FACTS = ("title", "locales", "versions")


class _PageFiles(StaticFiles):
    """The page's files, with their types, cache headers and security headers."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at `path`, or 404."""
        response = await super().get_response(path, scope)
        where = PurePosixPath(path)
        response.headers.update(SECURITY_HEADERS)
        response.headers["cache-control"] = REVALIDATE
        if where.suffix in CONTENT_TYPES:
            response.headers["content-type"] = CONTENT_TYPES[where.suffix]
        return response


page_router = APIRouter(include_in_schema=False)
_files = _PageFiles(directory=STATIC_DIR, check_dir=False)


@page_router.api_route("/", methods=["GET", "HEAD"])
async def page(request: Request) -> Response:
    """The chat page, with the title, the languages and the versions of the book that is served."""
    content = _page_of(await _book_facts(request))
    headers = {
        **SECURITY_HEADERS,
        "cache-control": REVALIDATE,
        "etag": f'W/"{hashlib.sha256(content.encode()).hexdigest()[:32]}"',
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=CONTENT_TYPES[".html"])


async def _book_facts(request: Request) -> Mapping[str, str]:
    """The live build's facts about the book; none before there is a build, or while the store cannot be reached."""
    services = getattr(request.app.state, "services", None)
    if not isinstance(services, Services):
        return {}
    try:
        return (await services.book.index.check()).book
    except BookragError:
        return {}


def _page_of(facts: Mapping[str, str]) -> str:
    """The page's HTML with the book's facts as attributes of its root element, where the script reads them."""
    attributes = "".join(f' data-{name}="{html.escape(facts[name])}"' for name in SHOWN_FACTS if facts.get(name))
    shown = _template().replace('<html lang="en">', f'<html lang="en"{attributes}>')
    title = facts.get("title")
    return shown.replace("<title>Ask the book</title>", f"<title>{html.escape(title)}</title>") if title else shown


@cache
def _template() -> str:
    return (STATIC_DIR / "index.html").read_text(encoding="utf-8")


@page_router.api_route("/docs", methods=["GET", "HEAD"])
async def interface(request: Request) -> Response:
    """`/openapi.json` as a page."""
    return await _files.get_response("docs.html", request.scope)


@page_router.api_route("/page/{path:path}", methods=["GET", "HEAD"])
async def page_file(path: str, request: Request) -> Response:
    """One of the page's own files; 404 for anything else."""
    return await _files.get_response(path, request.scope)
