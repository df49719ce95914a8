"""A book's site for tests of the widget: plain pages of another origin, under a strict content policy, over HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.app_thread import listening

POLICY = (
    "default-src 'none'; script-src 'self' {service}; style-src 'self'; img-src 'self' {images}; "
    "connect-src {service} {connects}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE = """<!doctype html>
<html lang="{lang}"{attributes}>
<head><meta charset="utf-8"><title>Balance</title><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/icon.svg">
<script src="{service}/widget.js" async {options}></script></head>
<body>{body}</body>
</html>"""
BODY = """<main><article><h1>Balance</h1>
<p id="first">A robot that stands still is balanced while its zero moment point stays inside the support polygon.</p>
<h2 id="zmp">The zero moment point</h2><p>The ZMP stays inside as long as the ground only pushes.</p>
<pre><code>def is_stable(zmp, polygon):
    return polygon.contains(zmp)</code></pre>
<p><button type="button" data-bookrag-open="What is balance?">Help me</button>
<label>Search <input type="search"></label></p>
<p>The end of the page.</p></article></main>"""


@contextmanager
def host_site(
    service: str,
    *,
    options: str = "",
    lang: str = "en",
    attributes: str = "",
    pages: Mapping[str, str] | None = None,
    connects: str = "",
    images: str = "",
) -> Iterator[str]:
    """The address of a site whose pages (path → body) load the widget of `service`; `options` are its attributes.

    `connects` is what its policy lets scripts connect to beside the service, `images` where its pictures may come from
    beside the site itself.
    """
    bodies = pages or {"/": BODY}
    service = service.rstrip("/")

    async def page(request: Request) -> Response:
        body = bodies.get(request.url.path)
        if request.url.path == "/icon.svg":
            return Response('<svg xmlns="http://www.w3.org/2000/svg"/>', media_type="image/svg+xml")
        if body is None:
            return HTMLResponse("There is no such page.", 404)
        html = PAGE.format(service=service, options=options, lang=lang, attributes=attributes, body=body)
        policy = POLICY.format(service=service, connects=connects, images=images)
        return HTMLResponse(html, headers={"content-security-policy": policy})

    with listening(Starlette(routes=[Route("/{path:path}", page)])) as port:
        yield f"http://localhost:{port}"
