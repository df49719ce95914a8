"""Calls the config's `markdown.parseFrontMatter` and `markdown.preprocessor` with every page, as Docusaurus does.

Both may change addresses, headings' ids and text, so a page is read after these functions. Called by
`indexing.docusaurus.read_site`; `indexing.docusaurus.site_files` uses the result.
"""

import datetime as dt
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexing.docusaurus.frontmatter import FrontMatterError, cut_settings
from indexing.docusaurus.run_config import call_with_pages
from indexing.docusaurus.site import ChangedPage, Site
from indexing.docusaurus.site_files import MAX_BYTES, walk
from indexing.docusaurus.yaml import Timestamp
from indexing.settings import BookSettings
from storage.errors import InputError

MOST_CALLS = 4  # of the config, since its functions may ask for the front matter of texts other than the files'
_SKIPPED = ("node_modules", "build", ".docusaurus", ".git")


def call_page_functions(settings: BookSettings, site: Site, config: Path) -> dict[str, ChangedPage]:
    """The functions' results for every Markdown file of the site, by its real path.

    Raises InputError if they cannot be called, or keep asking for the front matter of further texts.
    """
    texts = dict(_texts(site))
    parsed = {text: _parsed(text) for text in texts.values()}
    files = list(texts.items())
    for _ in range(MOST_CALLS):
        pages, wanted = call_with_pages(settings, config, files, list(parsed.items()))
        if not wanted:
            return {
                os.path.realpath(path): _changed(page, text) for (path, text), page in zip(files, pages, strict=True)
            }
        parsed |= {text: _parsed(text) for text in wanted}
    raise InputError("they ask for the front matter of further texts each time")


def _texts(site: Site) -> Iterator[tuple[str, str]]:
    """(path, text) of every Markdown file of the site: pages in all versions and languages, and partials."""
    roots = {site.folder, *(site.folder / docs.path for of_locale in site.docs.values() for docs in of_locale)}
    for root in sorted(roots):
        for name in walk(root, skipped=_SKIPPED) if root.is_dir() else ():
            path = Path(os.path.normpath(root / name))
            if path.suffix in (".md", ".mdx") and path.is_file() and path.stat().st_size <= MAX_BYTES:
                yield str(path), path.read_text("utf-8", errors="replace").removeprefix("\ufeff")


def _parsed(text: str) -> dict[str, Any]:
    """The result of Docusaurus' own front matter reader, as JSON; its error if it fails."""
    try:
        values, content = cut_settings(text)
    except FrontMatterError as exc:
        return {"error": str(exc)}
    return {"frontMatter": _as_json(values), "content": content}


def _changed(page: dict[str, Any], text: str) -> ChangedPage:
    error = page.get("error")
    if error is not None:
        # What Docusaurus' own reader refuses is reported with its line when the file is read.
        own = _parsed(text).get("error") == error
        return ChangedPage(text=text, error=None if own else f"a function of the site's config fails on it: {error}")
    values = page.get("frontMatter")
    return ChangedPage(
        text=str(page.get("text", text)),
        front_matter=None if values is None else _from_json(values),
        content=page.get("content"),
    )


def _as_json(value: Any) -> Any:
    """`value` in the form of `node/pages.cjs`, with `$date` and `$number`."""
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, Timestamp):
        return {"$date": value.moment.isoformat()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$date" in value:
        return Timestamp(dt.datetime.fromisoformat(value["$date"]))
    if "$number" in value:
        return float(value["$number"].replace("Infinity", "inf"))
    return {key: _from_json(item) for key, item in value.items()}
