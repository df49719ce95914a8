"""Compares the addresses of the book with a built or published site; called by `bookrag index check-links`.

It reads the site's HTML, not its sitemap: an address exists if its page shows a doc, and a heading's if the page has
its id.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from indexing.pages import Page
from storage.errors import InputError

MAX_BYTES = 30_000_000  # of one page
WORKERS = 8
_TIMEOUT_SECONDS = 20.0

_NO_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_ID = re.compile(r"""<[a-zA-Z][^<>]*?\s(?:id|name)=(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
_ROOT = re.compile(r"<html\b[^>]*>", re.IGNORECASE)
_SHOWS_DOC = "docs-doc-id-"

Fetch = Callable[[str], str | None]
"""The path of a page → its HTML; None if there is none."""


@dataclass(frozen=True, slots=True)
class DeadAddress:
    """An address of the index that the site does not have."""

    url: str  # with its anchor
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class SiteCheck:
    """What was compared, and the dead addresses."""

    pages: int
    headings: int
    dead: tuple[DeadAddress, ...]


def check_site(
    pages: Sequence[Page],
    site: str,
    *,
    base_url: str = "/",
    site_url: str | None = None,
    locale_urls: Mapping[str, str] | None = None,
) -> SiteCheck:
    """Look up every page and heading of `pages` in `site`, a build folder or the URL of the published site.

    `base_url` is the path at which the folder is published. Languages of `locale_urls` have their own origin: their
    pages are looked up there if `site` is the published site, `site_url`; a folder contains them only if their
    addresses differ from the others'. Raises InputError if `site` is neither.
    """
    own = locale_urls or {}
    if re.match(r"https?://", site):
        origins = own if site_url and _origin(site) == _origin(site_url) else {}
        with httpx.Client(follow_redirects=True, timeout=_TIMEOUT_SECONDS) as client:
            fetches = {locale: _web(client, origin) for locale, origin in origins.items()}
            return _check(pages, _web(client, site), fetches)
    folder = Path(site)
    if not folder.is_dir():
        raise InputError(f"{site} is neither a folder nor an http address")
    taken = {page.url for page in pages if page.locale not in own}
    return _check(
        [page for page in pages if page.locale not in own or page.url not in taken], _disk(folder, base_url), {}
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def nearest_id(anchor: str, ids: Iterable[str]) -> str:
    """Names the most similar id, for a message; "" if there is none."""
    alike = get_close_matches(anchor.lower(), [known for known in ids if known], n=1)
    return f"; the nearest is #{alike[0]}" if alike else ""


def heading_ids(page: str) -> frozenset[str]:
    """Every id in the HTML of `page`, in the form of a link's fragment."""
    found = _ID.finditer(_NO_MARKUP.sub("", page))
    return frozenset(html.unescape(match[1] or match[2] or match[3] or "") for match in found)


def _check(pages: Sequence[Page], fetch: Fetch, of_locale: Mapping[str, Fetch]) -> SiteCheck:
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(lambda page: _look_at(page, of_locale.get(page.locale, fetch)), pages))
    marked = any(look.marked for look in found)
    dead = [address for page, look in zip(pages, found, strict=True) for address in _dead(page, look, marked=marked)]
    return SiteCheck(len(pages), sum(len(_anchors(page)) for page in pages), tuple(dead))


@dataclass(frozen=True, slots=True)
class _Look:
    """The ids of one page of the site; `marked` tells whether its HTML says that it shows a doc."""

    ids: frozenset[str] | None
    marked: bool = False


def _look_at(page: Page, fetch: Fetch) -> _Look:
    content = fetch(page.url)
    if content is None:
        return _Look(None)
    root = _ROOT.search(content)
    return _Look(heading_ids(content), root is not None and _SHOWS_DOC in root[0])


def _anchors(page: Page) -> list[str]:
    return list(dict.fromkeys(heading.id for heading in page.headings if heading.id and heading.rendered))


def _dead(page: Page, look: _Look, *, marked: bool) -> Iterator[DeadAddress]:
    if look.ids is None:
        yield DeadAddress(page.url, page.source, "the site has no such page")
    elif marked and not look.marked:
        yield DeadAddress(page.url, page.source, "the site's page shows no doc")
    else:
        for anchor in _anchors(page):
            if anchor not in look.ids:
                yield DeadAddress(
                    f"{page.url}#{anchor}", page.source, "the page has no such heading" + nearest_id(anchor, look.ids)
                )


def _disk(folder: Path, base_url: str) -> Fetch:
    """Reads pages from a build folder, whose root is published at `base_url`."""
    root = folder.resolve()

    def fetch(url: str) -> str | None:
        inner = url.removeprefix(base_url.rstrip("/")) if url.startswith(base_url) else url
        for path in dict.fromkeys((inner, quote(inner), url)):
            name = path.strip("/")
            for file in (name, f"{name}.html", f"{name}/index.html") if name else ("index.html",):
                place = (root / file).resolve()
                if place.suffix in {".html", ".htm"} and place.is_relative_to(root) and place.is_file():
                    return place.read_bytes()[:MAX_BYTES].decode("utf-8", errors="replace")
        return None

    return fetch


def _web(client: httpx.Client, site: str) -> Fetch:
    """Reads pages from a web server; raises InputError if it does not answer."""
    origin = _origin(site)

    def fetch(url: str) -> str | None:
        try:
            response = client.get(origin + quote(url, safe="/%:@!$&'()*+,;=~-._[]"))
        except httpx.HTTPError as exc:
            raise InputError(f"{origin} does not answer: {exc}") from exc
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise InputError(f"{origin} answers {response.status_code} for {url}")
        return response.text if response.is_success else None

    return fetch
