"""Addresses as labels: which of them a book still has, and which a passage meets."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from storage.vectors import payload

_ORIGIN = re.compile(r"^https?://[^/]*", re.IGNORECASE)
_SLASHES = re.compile(r"/{2,}")
_NOT_IN_SLUGS = re.compile(r"[^\w\- ]", re.UNICODE)


class Addresses:
    """All addresses of an index, made from the payloads of its chunks.

    A label with an anchor is met by the section of that heading; where the heading has no text of its own, by the
    sections below it. A label without an anchor is met by every section of the page.
    """

    def __init__(self, payloads: Iterable[Mapping[str, Any]]) -> None:
        self._own: set[str] = set()
        self._containers: set[str] = set()
        for found in payloads:
            self._own |= {_page(found), _address(found)}
            self._containers |= set(_parents(found))

    def missing(self, labels: Iterable[str]) -> list[str]:
        """The labels that the book does not have."""
        return sorted({label for label in labels if not self._known(label)})

    def met(self, found: Mapping[str, Any], labels: Iterable[str]) -> list[str]:
        """Those of the labels that a passage meets."""
        address, page = _address(found), _page(found)
        parents = set(_parents(found))
        return [
            label
            for label in labels
            if normal(label) in {address, page} or (normal(label) not in self._own and normal(label) in parents)
        ]

    def _known(self, label: str) -> bool:
        return normal(label) in self._own or normal(label) in self._containers


def units(passages: Sequence[Mapping[str, Any]], labels: Sequence[str], addresses: Addresses) -> list[str]:
    """What a ranked list of passages finds, in its order: labels that are met, else addresses; each once."""
    by_page = all("#" not in label for label in labels)
    ranked: dict[str, None] = {}
    for found in passages:
        met = addresses.met(found, labels)
        for unit in met or [_page(found) if by_page else _address(found)]:
            ranked.setdefault(unit)
    return list(ranked)


def normal(label: str) -> str:
    """An address in the one spelling that addresses are compared in.

    Without its origin and a slash before the anchor or at the end, percent signs decoded, in Unicode's composed form.
    """
    page, _, anchor = label.strip().partition("#")
    path = unquote(_ORIGIN.sub("", page)).rstrip("/")
    bare = _SLASHES.sub("/", path) or "/"
    return unicodedata.normalize("NFC", f"{bare}#{unquote(anchor)}" if anchor else bare)


def _page(found: Mapping[str, Any]) -> str:
    return normal(str(found.get(payload.URL, "")))


def _address(found: Mapping[str, Any]) -> str:
    return normal(f"{found.get(payload.URL, '')}#{found.get(payload.ANCHOR) or ''}")


def _parents(found: Mapping[str, Any]) -> list[str]:
    """The addresses of the headings above a section, as their text spells them."""
    path = found.get(payload.HEADING_PATH) or ()
    return [f"{_page(found)}#{_slug(str(heading))}" for heading in path]


def _slug(heading: str) -> str:
    return _NOT_IN_SLUGS.sub("", heading.strip().lower()).replace(" ", "-")
