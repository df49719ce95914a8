"""The sample book's site with the widget's plugin, built by the real Docusaurus, and served under a strict policy."""

import base64
import hashlib
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from tests.app_thread import listening
from tests.docusaurus.site_build import BOOK, build_site

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "frontend" / "docusaurus-plugin-bookrag"
SERVICE = "https://bookrag.invalid"  # stands for the service's address, which is known only once it runs
INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
TAG = re.compile(r"<script src=\"[^\"]*/widget\.js\"[^>]*></script>")
NAVBAR_ITEM = re.compile(r"\{type: 'html', [^{}]*data-bookrag-open[^{}]*\}")
LAST_ITEM = "          {type: 'localeDropdown', position: 'right'},\n"

# How a page gets the widget: by the plugin, by the plain script tag, by the plugin without its floating button, or not.
Widget = Literal["plugin", "tag", "navbar", "none"]


def build_with_plugin(folder: Path) -> Path:
    """The folder with the HTML of the sample book's site, in all its locales and versions, with the plugin in it.

    The documented navbar item is in it, too, under the name "Questions": the floating button has the documented one.
    """
    return build_site(_site_with_plugin(folder), [PLUGIN])


def build_with_hash_router(folder: Path) -> Path:
    """The same in English, with every page's address in the fragment: `/#/docs/…`."""
    site = _site_with_plugin(folder)
    config = site / "docusaurus.config.js"
    written = config.read_text("utf-8")
    assert "  trailingSlash: false,\n" in written
    hashed = written.replace("  trailingSlash: false,\n", "  future: {experimental_router: 'hash'},\n", 1)
    config.write_text(hashed, "utf-8")
    return build_site(site, [PLUGIN], "--locale", "en")


def _site_with_plugin(folder: Path) -> Path:
    site = folder / "book"
    shutil.copytree(BOOK, site, ignore=shutil.ignore_patterns("build", ".docusaurus", "node_modules"))
    config = site / "docusaurus.config.js"
    written = config.read_text("utf-8")
    documented = NAVBAR_ITEM.search((ROOT / "docs" / "widget.md").read_text("utf-8"))
    assert documented
    item = documented[0].replace("Ask the book", "Questions")
    assert LAST_ITEM in written
    written = written.replace(LAST_ITEM, f"{LAST_ITEM}          {item},\n", 1)
    plugin = f"  plugins: [\n    ['bookrag', {{api: '{SERVICE}'}}],\n"
    assert "  plugins: [\n" in written
    config.write_text(written.replace("  plugins: [\n", plugin, 1), "utf-8")
    return site


# Docusaurus's own code is not written for Trusted Types, so the site has a default policy, as sites with such code do.
# It lets the site's code pass and refuses what the widget hands to a sink. Violations are remembered with their file.
WATCH = """
window.refused = [];
document.addEventListener('securitypolicyviolation', ({violatedDirective, sourceFile, blockedURI}) =>
  window.refused.push(`${violatedDirective} ${blockedURI} ${sourceFile}`));
const pass = (value) => {
  if (!new Error().stack.split('\\n')[2]?.includes('/widget')) return value;
  window.refused.push(`sink of /widget: ${value}`);
  return null;
};
trustedTypes.createPolicy('default', {createHTML: pass, createScript: pass, createScriptURL: pass});
"""


@contextmanager
def served_site(build: Path, listener: socket.socket, service: str, *, widget: Widget = "plugin") -> Iterator[str]:
    """The build's address, on `listener`, with the widget of `service`, compressed as static hosts do."""

    async def file(request: Request) -> Response:
        if request.url.path == "/favicon.ico":  # the sample book has none, and browsers ask for it
            return Response('<svg xmlns="http://www.w3.org/2000/svg"/>', media_type="image/svg+xml")
        path = build / request.url.path.strip("/")
        found = next((each for each in (path, Path(f"{path}.html"), path / "index.html") if each.is_file()), None)
        if found is not None and found.suffix != ".html":
            return FileResponse(found)
        html = (found or build / "404.html").read_text("utf-8")
        if widget == "navbar":
            html = html.replace('data-button="floating"', 'data-button="none"')
        elif widget != "plugin":
            html = TAG.sub(f'<script src="{SERVICE}/widget.js" async></script>' if widget == "tag" else "", html)
        html = html.replace(SERVICE, service).replace("<head>", f"<head><script>{WATCH}</script>", 1)
        return HTMLResponse(html, 200 if found else 404, headers={"content-security-policy": policy(html, service)})

    app = Starlette(routes=[Route("/{path:path}", file)], middleware=[Middleware(GZipMiddleware)])
    with listening(app, listener) as port:
        yield f"http://localhost:{port}"


def policy(html: str, service: str) -> str:
    """A content policy that runs the inline scripts of this very page and nothing else that is inline."""
    digests = (base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in INLINE.findall(html))
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src 'self' {service} {hashes}; style-src 'self'; "
        f"img-src 'self' data:; font-src 'self' data:; manifest-src 'self'; connect-src 'self' {service}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types default dompurify"
    )
