"""Sidebars: the order of pages, the book's table of contents, and the names on the cards of index pages.

Called by `read_book`. Docusaurus generates a sidebar from the folders: a chapter is a folder of the docs, with the
title that `_category_.json` (or `.yml`), its index page or else its name gives, and a page beside the folders is a
chapter of its own. Where the site's authors wrote a sidebar, a chapter is a category or a page at its top level; pages
that are in no sidebar come last. `sidebars.js` is read like the expressions of a page: none of it is run, and where it
holds more than data the generated order is used.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from indexing.docusaurus.docs import Doc
from indexing.docusaurus.site import CURRENT, DEFAULT_INSTANCE, Site
from indexing.docusaurus.site_files import SiteFiles
from indexing.docusaurus.urls import is_category_index, normalize_url, strip_number_prefix
from indexing.docusaurus.yaml import YamlError, load_yaml
from indexing.markdown.modules import Modules
from indexing.markdown.page import ImportedFile
from indexing.markdown.prose import Slugger
from indexing.markdown.values import Unknown, force
from indexing.pages import ContentsChapter, ContentsEntry

_CATEGORY_FILES = ("_category_.json", "_category_.yml", "_category_.yaml")
_LAST = float("inf")  # the rank of items without a position: after all that have one
_MAX_BYTES = 1_000_000  # of a file with the names of a category or a language
_OWN_CARDS = re.compile(r"^[ \t]*<DocCardList\s*/>", re.MULTILINE)

Item = Mapping[str, Any]
"""An item of a sidebar in its long form: `type`, and by it `id`, `label`, `items`, `link` or `dirName`."""
Written = Callable[[Doc], Sequence[Item] | None]
"""The items of a doc's sidebar if it was written by hand, or None."""
MAX_DEPTH = 20  # categories within categories


@dataclass
class Folder:
    """A folder of one version in one language, with all docs below it."""

    path: Path
    name: str  # "" for the root of a sidebar, which has none
    docs: list[Doc] = field(default_factory=list)
    folders: dict[str, "Folder"] = field(default_factory=dict)

    @classmethod
    def of(cls, docs: Sequence[Doc]) -> Self:
        """The docs folder that these docs of one version are in."""
        root = cls(docs[0].version.folder, "")
        for doc in docs:
            folder: Folder = root
            for part in Path(doc.path).parent.parts:
                folder = folder.folders.setdefault(part, Folder(folder.path / part, part))
            folder.docs.append(doc)
        return root

    def below(self, path: str) -> "Folder":
        """The folder at `path` as a root, so that its folders are chapters and its own page is one of its pages.

        All docs must be in that folder, whose parts may be written without their numbers.
        """
        found: Folder = self
        for _ in filter(None, path.split("/")):
            if len(found.folders) == 1 and not found.docs:
                found = next(iter(found.folders.values()))
        return replace(found, name="")

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The settings in the folder's category file; none if it cannot be read."""
        for name in _CATEGORY_FILES:
            path = self.path / name
            if path.is_file():
                return _json(path) if name.endswith(".json") else _yaml(path)
        return {}

    @property
    def index(self) -> Doc | None:
        """The page that the folder's name in the sidebar links to; None for the root, which has no name."""
        if not self.name:
            return None
        settings = self.settings
        if "link" in settings:
            link = settings["link"] if isinstance(settings["link"], dict) else {}
            wanted = link.get("id") if link.get("type") == "doc" else None
            return next((doc for doc in self.docs if wanted in (doc.id, doc.id.rpartition("/")[2])), None)
        return next((doc for doc in self.docs if is_category_index(self.name, Path(doc.path).stem)), None)

    @property
    def label(self) -> str:
        """Its label in the sidebar, in its language."""
        label = self.settings.get("label")
        if isinstance(label, str) and label.strip():
            doc = self.any_doc()
            return translated_label(doc, label) if doc else label
        return self.index.title if self.index else readable(self.name)

    def items(self) -> list["Folder | Doc"]:
        """Its pages and folders in the sidebar's order; the folder's own page comes first."""
        index = self.index
        items: list[Folder | Doc] = [*self.docs, *self.folders.values()]
        return sorted(items, key=lambda item: (item is not index, _position(item), _file_name(item)))

    def pages(self) -> tuple[ContentsEntry, ...]:
        """All pages below it, in the sidebar's order."""
        entries: list[ContentsEntry] = []
        for item in self.items():
            entries += item.pages() if isinstance(item, Folder) else (entry(item),)
        return tuple(entries)

    def any_doc(self) -> Doc | None:
        """Any doc below it, for its language and version; None if there is none."""
        docs = (folder.any_doc() for folder in self.folders.values())
        return next(iter(self.docs), None) or next(filter(None, docs), None)


def entry(doc: Doc) -> ContentsEntry:
    """A doc's entry in the table of contents."""
    return ContentsEntry(doc.title, doc.url)


def card_titles_of(items: Iterable[Folder | Doc]) -> Iterator[str]:
    """The titles on the cards of a sidebar's items."""
    return (item.label if isinstance(item, Folder) else card_title(item) for item in items)


def card_title(doc: Doc, label: str | None = None) -> str:
    """A page's title in the sidebar and on cards; `label` is its name in a sidebar written by hand."""
    own = doc.file.front.values.get("sidebar_label")
    return own if isinstance(own, str) and own.strip() else label or doc.title


def translated_label(doc: Doc, label: str) -> str:
    """The label in the page's language, if the site's translations have it."""
    folder = doc.version.localized_folder
    if folder is None:
        return label
    for key, value in _json(folder.with_name(f"{folder.name}.json")).items():
        if key.startswith("sidebar.") and key.endswith(f".category.{label}") and isinstance(value, dict):
            message = value.get("message")
            return message if isinstance(message, str) and message.strip() else label
    return label


def readable(name: str) -> str:
    """A folder's name as words: `02-ros2_basics` is "Ros2 basics"."""
    words = strip_number_prefix(name).replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _position(item: Folder | Doc) -> float:
    doc = item.index if isinstance(item, Folder) else item
    own = _number(item.settings.get("position")) if isinstance(item, Folder) else None
    if own is None and doc is not None:
        own = _number(doc.file.front.values.get("sidebar_position"))
    if own is not None:
        return own
    doc = item if isinstance(item, Doc) else item.any_doc()
    strips = doc is None or (doc.docs.strips_numbers and (item is not doc or doc.file.front.parse_number_prefixes))
    if not strips:
        return _LAST
    name = _file_name(item)
    stripped = strip_number_prefix(name)
    digits = "".join(letter for letter in name[: len(name) - len(stripped)] if letter.isdigit())
    return float(digits) if digits else _LAST


def _file_name(item: Folder | Doc) -> str:
    return item.name if isinstance(item, Folder) else Path(item.path).name


def _number(value: object) -> float | None:
    """A position; Docusaurus also accepts a number written as text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_text(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _yaml(path: Path) -> dict[str, Any]:
    try:
        value = load_yaml(_text(path))
    except (OSError, ValueError, YamlError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(path: Path) -> str:
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError(f"{path} is too large")
    return path.read_text("utf-8-sig")


def read_contents(docs: Iterable[Doc], written: Written) -> tuple[ContentsChapter, ...]:
    """The chapters of every language and version, each with its pages in order."""
    editions: dict[tuple[str, str, bool], dict[str, list[Doc]]] = {}
    for doc in docs:
        edition = (doc.locale.name, doc.version.name, doc.version.latest)
        editions.setdefault(edition, {}).setdefault(doc.docs.id, []).append(doc)
    chapters: list[ContentsChapter] = []
    for (locale, version, latest), instances in editions.items():
        # The default instance comes first; another one is a chapter of its own.
        for name, own in sorted(instances.items(), key=lambda item: item[0] != DEFAULT_INSTANCE):
            root = Folder.of(own)
            sidebar = written(own[0]) if name == DEFAULT_INSTANCE else None
            if name != DEFAULT_INSTANCE:
                found = [_chapter_of_instance(root, name)]
            elif sidebar is None:
                found = _chapters(root)
            else:
                found = _written(sidebar, own) or _chapters(root)
            chapters += [ContentsChapter(locale, version, latest, title, pages) for title, pages in found]
    return tuple(chapters)


def card_titles(docs: Sequence[Doc]) -> dict[int, tuple[str, ...]]:
    """The titles on the cards of generated sidebars, for each doc that shows such cards, by the doc's `id()`.

    A folder's own page has the cards of what is in the folder, any other page those of its neighbours.
    """
    wanted = {(doc.locale.name, doc.version.name, doc.docs.id) for doc in docs if shows_cards(doc)}
    cards: dict[int, tuple[str, ...]] = {}
    for edition in wanted:
        folders = [Folder.of([doc for doc in docs if (doc.locale.name, doc.version.name, doc.docs.id) == edition])]
        while folders:
            folder = folders.pop()
            folders += folder.folders.values()
            items = [item for item in folder.items() if item is not folder.index]
            names = tuple(card_titles_of(items))
            cards |= {id(doc): names for doc in folder.docs if shows_cards(doc)}
    return cards


def shows_cards(doc: Doc) -> bool:
    """Whether the page has a `<DocCardList />` whose items come from the sidebar."""
    return "<DocCardList" in doc.file.body and _OWN_CARDS.search(doc.file.body) is not None


def _chapters(root: Folder) -> list[tuple[str, tuple[ContentsEntry, ...]]]:
    """The title and pages of each chapter; a book that is entirely in one folder has that folder's chapters."""
    items = root.items()
    folders = [item for item in items if isinstance(item, Folder)]
    if len(folders) == 1 and len(folders[0].folders) > 1:
        place = items.index(folders[0])
        items[place : place + 1] = folders[0].items()
    return [(item.label, item.pages()) if isinstance(item, Folder) else (item.title, (entry(item),)) for item in items]


def _written(sidebar: Sequence[Item], docs: Sequence[Doc]) -> list[tuple[str, tuple[ContentsEntry, ...]]]:
    """The chapters of a hand-written sidebar, then those of the pages that are in no sidebar."""
    left = {doc.id: doc for doc in docs}
    chapters: list[tuple[str, tuple[ContentsEntry, ...]]] = []
    for item in sidebar:
        own = [doc for doc in _docs_of(item, docs) if doc.id in left]
        left = {name: doc for name, doc in left.items() if doc not in own}
        if own and item["type"] == "autogenerated":
            chapters += _chapters(Folder.of(own).below(_folder_of(item)))
        elif own:
            label = item.get("label")
            title = translated_label(own[0], str(label)) if item["type"] == "category" else own[0].title
            chapters.append((title, tuple(map(entry, own))))
    return [*chapters, *(_chapters(Folder.of(list(left.values()))) if chapters and left else [])]


def _docs_of(item: Item, docs: Sequence[Doc]) -> list[Doc]:
    """The pages of an item in order, each once; unknown ids are left out."""
    match item["type"]:
        case "doc":
            return [doc for doc in docs if doc.id == item.get("id")]
        case "autogenerated":
            return _inside(_folder_of(item), docs)
        case "category":
            link = item.get("link") or {}
            found = [doc for doc in docs if link.get("type") == "doc" and doc.id == link.get("id")]
            found += [doc for each in item["items"] for doc in _docs_of(each, docs)]
            return list({doc.id: doc for doc in found}.values())
        case _:
            return []  # links, HTML and references are no pages of this sidebar


def _folder_of(item: Item) -> str:
    return str(item.get("dirName", "")).strip("./")


def _inside(folder: str, docs: Sequence[Doc]) -> list[Doc]:
    """The docs of a folder, "" for all of them, in the generated order."""
    inside = [
        doc
        for doc in docs
        if not folder or f"{folder}/" in {doc.path[: len(folder) + 1], _stripped(doc.path)[: len(folder) + 1]}
    ]
    if not inside:
        return []
    ordered = {entry.url: place for place, entry in enumerate(Folder.of(inside).below(folder).pages())}
    return sorted(inside, key=lambda doc: ordered[doc.url])


def _stripped(path: str) -> str:
    return "/".join(map(strip_number_prefix, path.split("/")))


def _chapter_of_instance(root: Folder, name: str) -> tuple[str, tuple[ContentsEntry, ...]]:
    own = next((doc for doc in root.docs if is_category_index("", Path(doc.path).stem)), None)
    return (own.title if own else readable(name)), root.pages()


def hand_written_cards(site: Site, files: SiteFiles, docs: Sequence[Doc]) -> dict[int, tuple[str, ...]]:
    """The titles on the cards of each doc that shows some and is in a hand-written sidebar, by the doc's `id()`."""
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
    """The items of all sidebars of a doc's version; None if they are generated, or more than data."""
    path = _sidebar_file(site, doc)
    try:
        return [item for sidebar in _sidebars(files, path) for item in sidebar] if path is not None else None
    except Unknown:
        return None


def generated_indexes(site: Site, files: SiteFiles, docs: Sequence[Doc]) -> frozenset[str] | None:
    """The addresses of the pages that Docusaurus makes for categories, without their last slash.

    Categories of folders count even if no sidebar shows them. None if a sidebar is more than data.
    """
    found: set[str] = set()
    for doc in {doc.version.path: doc for doc in docs}.values():
        written = written_sidebar(site, files, doc)
        if written is None and _sidebar_file(site, doc) is not None:
            return None
        edition = Folder.of([other for other in docs if other.version == doc.version])
        for categories in (list(_categories_of(written or ())), list(_categories_below(edition))):
            slugger = Slugger()
            for label, link in categories:
                if link.get("type") == "generated-index":
                    slug = str(link.get("slug") or f"/category/{slugger.slug(label)}")
                    found.add(normalize_url([doc.version.path, slug]).rstrip("/"))
    return frozenset(found)


def _categories_of(items: Iterable[Item]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Label and link of each category of a sidebar written by hand, in order."""
    for item in items:
        if item["type"] == "category":
            yield str(item.get("label")), item.get("link") or {}
            yield from _categories_of(item["items"])


def _categories_below(folder: Folder) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The same for a folder's folders, from their category files."""
    for item in folder.items():
        if isinstance(item, Folder):
            label, link = item.settings.get("label"), item.settings.get("link")
            yield label if isinstance(label, str) else strip_number_prefix(item.name), link or {}
            yield from _categories_below(item)


def _sidebar_file(site: Site, doc: Doc) -> Path | None:
    """The file with the sidebars of a doc's version; None if they are generated."""
    if doc.version.name != CURRENT:
        folder = site.folder / doc.docs.prefixed("versioned_sidebars")
        path = folder / f"version-{doc.version.name}-sidebars.json"
    elif doc.docs.sidebar_path:
        path = Path(os.path.normpath(site.folder / doc.docs.sidebar_path))
    else:
        return None
    return path if path.is_file() else None


def _sidebars(files: SiteFiles, path: Path) -> list[list[Item]]:
    """The items of each sidebar of a file; raises Unknown if it is more than data."""

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
    """The items of the category whose page the doc is, or of the one that contains it; None if it is in none."""
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
    """The titles on the cards of one item."""
    label = item.get("label")
    if item["type"] in ("doc", "ref"):
        meant = next((other for other in edition if other.id == item.get("id")), None)
        if meant is not None:
            yield card_title(meant, label if isinstance(label, str) else None)
    elif item["type"] == "autogenerated" and isinstance(item.get("dirName"), str):
        yield from _generated_titles(edition, item["dirName"])
    elif item["type"] in ("category", "link") and isinstance(label, str):
        yield translated_label(doc, label) if item["type"] == "category" else label


def _generated_titles(docs: Sequence[Doc], folder: str) -> Iterator[str]:
    """The titles on the cards of a folder's items in one edition's docs; `.` is the folder of all docs."""
    found = Folder.of(docs)
    for part in Path(folder).parts:
        if part not in found.folders:
            return
        found = found.folders[part]
    yield from card_titles_of(replace(found, name="").items())
