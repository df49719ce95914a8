"""Sidebars that are written by hand, and the cards of their pages; called by `book`, which has the generated ones too.

`sidebars.js` is read as the expressions of a page are: nothing of it is run, and where it is more than data the
generated order stands in.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from indexing.docusaurus.contents import card_title, generated_titles, shows_cards, translated_label
from indexing.docusaurus.docs import Doc
from indexing.docusaurus.files import SiteFiles
from indexing.docusaurus.site import CURRENT, Site
from indexing.markdown.modules import Modules
from indexing.markdown.page import ImportedFile
from indexing.markdown.values import Unknown, force

MAX_DEPTH = 20  # categories within categories
Item = dict[str, Any]


def hand_written_cards(site: Site, files: SiteFiles, docs: Sequence[Doc]) -> dict[int, tuple[str, ...]]:
    """Names on the cards of each doc that shows some and stands in a sidebar written by hand, by the doc's `id()`."""
    cards: dict[int, tuple[str, ...]] = {}
    for doc in docs:
        path = _sidebar_file(site, doc) if shows_cards(doc) else None
        if path is None:
            continue
        edition = [d for d in docs if (d.locale, d.version, d.docs.id) == (doc.locale, doc.version, doc.docs.id)]
        try:
            items = _items_beside(doc, _sidebars(files, path))
            if items is not None:
                cards[id(doc)] = tuple(name for item in items for name in _names(item, doc, edition))
        except Unknown:
            continue
    return cards


def written_sidebar(site: Site, files: SiteFiles, doc: Doc) -> list[Item] | None:
    """The items of all sidebars of a doc's version; None where they are generated, or more than data."""
    path = _sidebar_file(site, doc)
    try:
        return [item for sidebar in _sidebars(files, path) for item in sidebar] if path is not None else None
    except Unknown:
        return None


def _sidebar_file(site: Site, doc: Doc) -> Path | None:
    """The file with the sidebars of a doc's version; None where they are generated."""
    if doc.version.name != CURRENT:
        folder = site.folder / doc.docs.prefixed("versioned_sidebars")
        path = folder / f"version-{doc.version.name}-sidebars.json"
    elif doc.docs.sidebar_path:
        path = Path(os.path.normpath(site.folder / doc.docs.sidebar_path))
    else:
        return None
    return path if path.is_file() else None


def _sidebars(files: SiteFiles, path: Path) -> list[list[Item]]:
    """The items of each sidebar of a file; raises Unknown where it is more than data."""

    def load(name: str, importer: str) -> ImportedFile | None:
        found = path if not importer else Path(os.path.normpath(path.parent / name))
        text = files.text(found) if found.is_file() else None
        return None if text is None else ImportedFile(text, str(found))

    found = force(Modules(load).exported(f"./{path.name}", "default", ""))
    if not isinstance(found, dict):
        raise Unknown("sidebars that are no object")
    return [list(_items(sidebar)) for sidebar in found.values()]


def _items(value: Any, depth: int = 0) -> Iterator[Item]:
    """The items of a sidebar or a category in their long form; raises Unknown."""
    value = force(value)
    if depth > MAX_DEPTH:
        raise Unknown("categories that go too deep")
    if isinstance(value, dict) and "type" not in value:  # `{label: items}`
        for label, items in value.items():
            yield {"type": "category", "label": label, "items": list(_items(items, depth + 1))}
        return
    for item in map(force, value if isinstance(value, list) else [value]):
        if isinstance(item, str):
            yield {"type": "doc", "id": item}
        elif isinstance(item, dict) and "type" not in item:
            yield from _items(item, depth + 1)
        elif isinstance(item, dict):
            known = {key: force(member) for key, member in item.items()}
            if known["type"] == "category":
                known["items"] = list(_items(known.get("items", []), depth + 1))
                known["link"] = {k: force(v) for k, v in (known.get("link") or {}).items()}
            yield known


def _items_beside(doc: Doc, sidebars: list[list[Item]]) -> list[Item] | None:
    """The items of the category whose own page the doc is, else those that it stands among; None: it is in none."""
    lists = list(sidebars)
    while lists:
        items = lists.pop(0)
        for item in items:
            if item["type"] == "category" and item.get("link", {}).get("id") == doc.id:
                return list(item["items"])
            if item["type"] == "doc" and item.get("id") == doc.id:
                return items
        lists = [item["items"] for item in items if item["type"] == "category"] + lists
    return None


def _names(item: Item, doc: Doc, edition: Sequence[Doc]) -> Iterator[str]:
    """What the cards of one item are called."""
    label = item.get("label")
    if item["type"] in ("doc", "ref"):
        meant = next((other for other in edition if other.id == item.get("id")), None)
        if meant is not None:
            yield card_title(meant, label if isinstance(label, str) else None)
    elif item["type"] == "autogenerated" and isinstance(item.get("dirName"), str):
        yield from generated_titles(edition, item["dirName"])
    elif item["type"] in ("category", "link") and isinstance(label, str):
        yield translated_label(doc, label) if item["type"] == "category" else label
