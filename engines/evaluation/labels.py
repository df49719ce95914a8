"""Addresses as labels: which of them a book still has, and which a passage meets."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from storage.errors import InputError
from storage.vectors import payload

_ORIGIN = re.compile(r"^https?://[^/]*", re.IGNORECASE)
_SLASHES = re.compile(r"/{2,}")
NAMED_LABELS = 5  # in a message about labels that a book does not have
_NOT_IN_SLUGS = re.compile(r"[^\w\- ]", re.UNICODE)


class Addresses:
    """All addresses of an index, made from the payloads of its chunks.

    A label with an anchor is met by the section of that heading; where the heading has no text of its own, by the
    sections below it. A label without an anchor is met by every section of the page.
    """

    def __init__(self, payloads: Iterable[Mapping[str, Any]], *, book: Mapping[str, str] | None = None) -> None:
        # `site_url`, and `site_url:LOCALE` where a language has an origin of its own
        sites = [url for name, url in (book or {}).items() if name.partition(":")[0] == "site_url"]
        self._hosts = {host_of(url) for url in sites} - {""}
        self._own: set[str] = set()
        self._containers: set[str] = set()
        self._by_page: dict[str, list[Mapping[str, Any]]] = {}
        for found in payloads:
            self._by_page.setdefault(_page(found), []).append(found)
            self._own |= {_page(found), _address(found)}
            self._containers |= set(_parents(found))

    def missing(self, labels: Iterable[str]) -> list[str]:
        """The labels that the book does not have."""
        return sorted({label for label in labels if not self._known(label)})

    def check_hosts(self, hosts: Iterable[str]) -> None:
        """Raise InputError for addresses on other hosts than the book's; where it names none, on more than one."""
        named = set(hosts)
        foreign = sorted(named - self._hosts)
        if self._hosts and foreign:
            raise InputError(
                f"The set has addresses on {shortened(foreign)}, and the book is published on "
                f"{shortened(sorted(self._hosts))} (SITE_URL)."
            )
        if len(named) > 1 and not self._hosts:
            raise InputError(f"A set is about one book, and this one has addresses on {shortened(foreign)}.")

    def met(self, found: Mapping[str, Any], labels: Iterable[str]) -> list[str]:
        """Those of the labels that a passage meets."""
        address, page = _address(found), _page(found)
        parents = set(_parents(found))
        return [
            label
            for label in labels
            if normal(label) in {address, page} or (normal(label) not in self._own and normal(label) in parents)
        ]

    def distinct(self, grades: Mapping[str, int]) -> dict[str, int]:
        """The grades without those of addresses that another one includes, with a grade as high.

        `/p` is met by all that meets `/p#a`: together they would count the same passage twice. A section that is judged
        as not relevant stays, although its page is relevant.
        """
        covered = {label: self._covered(label) for label in grades}
        kept: dict[str, int] = {}
        for label, grade in sorted(grades.items(), key=lambda item: (-len(covered[item[0]]), -item[1])):
            included = any(other >= grade and covered[label] <= covered[by] for by, other in kept.items())
            if not covered[label] or not included or (grade <= 0 and "#" in label):
                kept[label] = grade
        return {label: grade for label, grade in grades.items() if label in kept}

    def _covered(self, label: str) -> set[str]:
        """The addresses of the passages that meet a label."""
        page = normal(label).partition("#")[0]
        return {_address(found) for found in self._by_page.get(page, ()) if self.met(found, [label])}

    def _known(self, label: str) -> bool:
        return normal(label) in self._own or normal(label) in self._containers


def units(passages: Sequence[Mapping[str, Any]], grades: Mapping[str, int], addresses: Addresses) -> dict[str, int]:
    """What a ranked list of passages finds, with the place (from 0) of the passage, in its order.

    A passage counts once, for the label of the highest grade that it meets and that none before it met; one that
    meets no label counts for its own address, or, where all labels are pages, for its page.
    """
    by_page = all("#" not in label for label in grades)
    ranked: dict[str, int] = {}
    for place, found in enumerate(passages):
        met = addresses.met(found, grades)
        if any(grades[label] <= 0 and "#" in label for label in met):
            met = [label for label in met if "#" in label]  # the page's grade is not this section's
        new = [label for label in met if label not in ranked]
        if met and not new:
            continue
        best = max(new, key=lambda label: (grades[label], "#" in label), default=None)
        ranked.setdefault(best or (_page(found) if by_page else _address(found)), place)
    return ranked


def shortened(labels: Sequence[str]) -> str:
    """The first few labels and how many more there are, for a message; invisible characters as escapes."""
    rest = len(labels) - NAMED_LABELS
    return ", ".join(map(_escaped, labels[:NAMED_LABELS])) + (f" and {rest} more" if rest > 0 else "")


def _escaped(label: str) -> str:
    return "".join(
        each.encode("unicode_escape").decode() if unicodedata.category(each)[0] in "CZ" and each != " " else each
        for each in label
    )


def host_of(address: str) -> str:
    """The host that an address names, in small letters, without its port; "" for a path alone."""
    origin = _ORIGIN.match(address.strip())
    try:
        return (urlsplit(origin[0]).hostname or "") if origin else ""
    except ValueError:  # a bracket that is no IPv6 address
        return origin[0].casefold() if origin else ""


def normal(label: str) -> str:
    """An address in the one spelling that addresses are compared in; again normalised, it is the same.

    Without its origin and a slash before the anchor or at the end, percent signs decoded, in Unicode's composed form.
    An encoded `%`, and an encoded `#` of the path, stay encoded: they are not what they would be without.
    """
    page, _, anchor = label.strip().partition("#")
    path = unquote(_ORIGIN.sub("", page)).replace("%", "%25").replace("#", "%23").rstrip("/")
    bare = _SLASHES.sub("/", path) or "/"
    fragment = unquote(anchor).replace("%", "%25")
    return unicodedata.normalize("NFC", f"{bare}#{fragment}" if fragment else bare)


def _page(found: Mapping[str, Any]) -> str:
    return normal(str(found.get(payload.URL, "")))


def _address(found: Mapping[str, Any]) -> str:
    return normal(f"{found.get(payload.URL, '')}#{found.get(payload.ANCHOR) or ''}")


def _parents(found: Mapping[str, Any]) -> list[str]:
    """The addresses of the headings above a section; as their text spells them in builds without their ids."""
    anchors = found.get(payload.ANCHORS_ABOVE)
    if anchors is None:
        anchors = [_slug(str(heading)) for heading in found.get(payload.HEADING_PATH) or ()]
    return [normal(f"{found.get(payload.URL, '')}#{anchor}") for anchor in anchors]


def _slug(heading: str) -> str:
    return _NOT_IN_SLUGS.sub("", heading.strip().lower()).replace(" ", "-")
