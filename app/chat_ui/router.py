"""Serves the chat page at `/`, the interface's page at `/docs` and their files under `/page/`.

`app.main` includes `page_router`. The chat page shows what a language model wrote, so the browser is told to run and
load nothing but these files.
"""

from pathlib import Path, PurePosixPath

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_DIR = Path(__file__).parent / "static"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types dompurify"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# Named here because a module that comes with a wrong type is refused, and what the system's own table says differs.
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
REVALIDATE = "no-cache"  # asked for again each time, answered with 304 while nothing changed
FOR_GOOD = "public, max-age=31536000, immutable"  # a library's folder carries its version


class _PageFiles(StaticFiles):
    """The page's files, with their types, their cache headers and the page's rules for the browser."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at `path`, or 404."""
        response = await super().get_response(path, scope)
        where = PurePosixPath(path)
        response.headers.update(SECURITY_HEADERS)
        response.headers["cache-control"] = FOR_GOOD if where.match("vendor/*/*") else REVALIDATE
        if where.suffix in CONTENT_TYPES:
            response.headers["content-type"] = CONTENT_TYPES[where.suffix]
        return response


page_router = APIRouter(include_in_schema=False)
_files = _PageFiles(directory=STATIC_DIR, check_dir=False)


@page_router.api_route("/", methods=["GET", "HEAD"])
async def page(request: Request) -> Response:
    """The chat page."""
    return await _files.get_response("index.html", request.scope)


@page_router.api_route("/docs", methods=["GET", "HEAD"])
async def interface(request: Request) -> Response:
    """`/openapi.json` as a page."""
    return await _files.get_response("docs.html", request.scope)


@page_router.api_route("/page/{path:path}", methods=["GET", "HEAD"])
async def page_file(path: str, request: Request) -> Response:
    """One of the page's own files; 404 for anything else."""
    return await _files.get_response(path, request.scope)
