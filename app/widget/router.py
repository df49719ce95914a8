"""Serves the widget to pages of any origin: `/widget.js`, and its files under names with a hash in `/widget/`.

`app.main` includes `widget_router`. The files are public and the same for everybody, so any origin may load them;
`CORS_ORIGINS` decides which pages may call the service itself.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

STATIC_DIR = Path(__file__).parent / "static"
LOADER = "widget.js"

HEADERS = {
    "access-control-allow-origin": "*",  # modules are fetched with CORS
    "cross-origin-resource-policy": "cross-origin",  # for pages that are isolated from other origins
    "x-content-type-options": "nosniff",
    "vary": "accept-encoding",
}
CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
REVALIDATE = "no-cache"  # revalidated each time, and answered with 304 while nothing changed
FOR_GOOD = "public, max-age=31536000, immutable"
_HASHED = re.compile(r"-[0-9A-Z]{8}\.js$")  # the name carries a hash of the content
# Modules that a page loads long after it was opened. The renderer of answers only works with its own panel: a page that
# misses it shows answers as plain text until it is reloaded.
_LAZY = frozenset(("panel", "katex", "highlighter"))


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A file of the build, plain and compressed, with its headers."""

    content: bytes
    compressed: bytes
    headers: dict[str, str]


@cache
def built_files() -> dict[str, BuiltFile]:
    """The files of the build by name; read once, since they are few and never change within a release."""
    return {path.name: _read(path) for path in sorted(STATIC_DIR.glob("*")) if path.suffix in CONTENT_TYPES}


def _read(path: Path) -> BuiltFile:
    content = path.read_bytes()
    headers = HEADERS | {
        "content-type": CONTENT_TYPES[path.suffix],
        "cache-control": FOR_GOOD if _HASHED.search(path.name) else REVALIDATE,
        "etag": f'W/"{hashlib.sha256(content).hexdigest()[:32]}"',
    }
    return BuiltFile(content, gzip.compress(content, mtime=0), headers)


def _successor(name: str) -> BuiltFile | None:
    """The current module for its name before an update: a page opened before the update asks by that name."""
    stem = _HASHED.sub("", name)
    if stem == name or stem not in _LAZY:
        return None
    files = built_files()
    now = next(each for each in files if _HASHED.search(each) and _HASHED.sub("", each) == stem)
    return BuiltFile(files[now].content, files[now].compressed, files[now].headers | {"cache-control": REVALIDATE})


def _response(name: str, request: Request) -> Response:
    file = built_files().get(name) or _successor(name)
    if file is None:
        raise HTTPException(404)
    if file.headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=file.headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.compressed, headers=file.headers | {"content-encoding": "gzip"})
    return Response(file.content, headers=file.headers)


widget_router = APIRouter(include_in_schema=False)


@widget_router.api_route("/widget.js", methods=["GET", "HEAD"])
async def loader(request: Request) -> Response:
    """The script that a site's pages load."""
    return _response(LOADER, request)


@widget_router.api_route("/widget/{name}", methods=["GET", "HEAD"])
async def widget_file(name: str, request: Request) -> Response:
    """One of the built files; 404 for anything else."""
    return _response(name, request)
