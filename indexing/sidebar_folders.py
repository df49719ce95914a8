"""The folders of a book as Docusaurus generates a sidebar from them: names, order and own pages; called by `sidebars`.

A folder is called what `_category_.json` (or `.yml`), its index page or else its name says.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from indexing.docusaurus.docs import Doc
from indexing.docusaurus.urls import is_category_index, strip_number_prefix
from indexing.docusaurus.yaml import YamlError, load_yaml
from indexing.pages import ContentsEntry

_CATEGORY_FILES = ("_category_.json", "_category_.yml", "_category_.yaml")
_LAST = float("inf")  # the place of what has no position: behind all that have one
_MAX_BYTES = 1_000_000  # of a file with a category's or a language's names


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
        """What the folder's category file says; nothing where there is none that can be read."""
        for name in _CATEGORY_FILES:
            path = self.path / name
            if path.is_file():
                return _json(path) if name.endswith(".json") else _yaml(path)
        return {}

    @property
    def index(self) -> Doc | None:
        """The page that is linked from the folder's own name in the sidebar; None for the root, which has no name."""
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
        """What the sidebar calls it, in its language."""
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
        """A doc below it, which knows language and version; None where there is none."""
        docs = (folder.any_doc() for folder in self.folders.values())
        return next(iter(self.docs), None) or next(filter(None, docs), None)


def entry(doc: Doc) -> ContentsEntry:
    """A doc in the table of contents."""
    return ContentsEntry(doc.title, doc.url)


def card_titles_of(items: Iterable[Folder | Doc]) -> Iterator[str]:
    """Names on the cards of a sidebar's items."""
    return (item.label if isinstance(item, Folder) else card_title(item) for item in items)


def card_title(doc: Doc, label: str | None = None) -> str:
    """What the sidebar and cards call a page; `label` is its name in a sidebar written by hand."""
    own = doc.file.front.values.get("sidebar_label")
    return own if isinstance(own, str) and own.strip() else label or doc.title


def translated_label(doc: Doc, label: str) -> str:
    """The label in the page's language, where the site's translations have it."""
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
    """A position; Docusaurus takes a text that is a number for one."""
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
