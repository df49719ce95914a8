"""From files to published docs: which file is used in which language and version, and its id, title and address."""

import posixpath
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from indexing.docusaurus.files import DocFile, SiteFiles
from indexing.docusaurus.paths import (
    apply_trailing_slash,
    is_category_index,
    is_valid_pathname,
    keep_number_prefix,
    normalize_url,
    resolve_pathname,
    strip_number_prefix,
    strip_path,
)
from indexing.docusaurus.site import Docs, Locale, Site, Version
from indexing.docusaurus.versions import read_versions

_ROUTER_SIGNS = re.compile(r"[()*+]|/:\w")


@dataclass(frozen=True, slots=True)
class Doc:
    """One doc in one version and one language, drafts included."""

    file: DocFile
    path: str  # below its version's folder
    id: str
    title: str
    permalink: str
    url: str  # the permalink under `trailingSlash`
    docs: Docs
    version: Version
    locale: Locale
    localized: bool


def read_docs(site: Site, files: SiteFiles) -> Iterator[Doc]:
    """Every doc of the site that a build would publish, and its drafts; the default language first."""
    for locale in site.locales:
        for docs in site.docs.get(locale.name, ()):
            for version in read_versions(site, docs, locale, files.report):
                if not version.folder.is_dir():
                    files.report(files.source(version.folder), f"the folder of version {version.name!r} is not there")
                    continue
                yield from _version_docs(site, files, docs, version, locale)


def _version_docs(site: Site, files: SiteFiles, docs: Docs, version: Version, locale: Locale) -> Iterator[Doc]:
    ids: dict[str, str] = {}
    for path in files.below(version.folder, docs)[0]:
        own = version.localized_folder / path if version.localized_folder else None
        localized = own is not None and own.is_file()
        file = files.read(own if own is not None and localized else version.folder / path)
        if file is None or file.problem:
            continue
        try:
            doc = _doc(site, file, path, docs, version, locale, localized=localized)
        except ValueError as exc:
            files.report(file.source, str(exc), fatal=True)
            continue
        if doc.id in ids:
            files.report(
                file.source, f"its id {doc.id!r} is that of {ids[doc.id]} too; this one is left out", fatal=True
            )
            continue
        ids[doc.id] = file.source
        if _ROUTER_SIGNS.search(doc.url):
            files.report(file.source, f"Docusaurus' router reads {doc.url!r} as a pattern: the page may not open")
        yield doc


def _doc(site: Site, file: DocFile, path: str, docs: Docs, version: Version, locale: Locale, *, localized: bool) -> Doc:
    """The doc's addresses; raises ValueError where Docusaurus' build stops."""
    folder, name = posixpath.split(path)
    stem = posixpath.splitext(name)[0]
    strips = docs.strips_numbers and file.front.parse_number_prefixes
    parse = strip_number_prefix if strips else keep_number_prefix
    base_id = file.front.id if file.front.id is not None else parse(stem)
    if "/" in base_id:
        raise ValueError(f"its id {base_id!r} has a slash")
    stripped = strip_path(folder, parse)
    slug = _slug(file.front.slug, base_id, folder, stripped, stem)
    if not is_valid_pathname(slug):
        raise ValueError(f"its slug {slug!r} is no path of a page")
    permalink = normalize_url([version.path, slug])
    title = next(text for text in (file.front.title, file.content_title, base_id) if text is not None)
    return Doc(
        file=file,
        path=path,
        id=f"{stripped}/{base_id}" if stripped else base_id,
        title=title,
        permalink=permalink,
        url=apply_trailing_slash(permalink, site.trailing_slash, locale.base_url),
        docs=docs,
        version=version,
        locale=locale,
        localized=localized,
    )


def _slug(slug: str | None, base_id: str, folder: str, stripped: str, stem: str) -> str:
    if slug is not None and slug.startswith("/"):
        return slug
    base = f"/{stripped.strip('/')}/" if stripped.strip("/") else "/"
    if slug is None and is_category_index(folder, stem):
        return base
    return resolve_pathname(base_id if slug is None else slug, base)


def served(docs: list[Doc], files: SiteFiles) -> list[Doc]:
    """`docs` without those whose address another one takes, drafts left out before; the order stays."""
    takers: dict[str, list[Doc]] = {}
    for doc in docs:
        takers.setdefault(_output_file(doc.url), []).append(doc)
    winners: list[Doc] = []
    for rivals in takers.values():
        if len(rivals) > 1:
            rivals.sort(key=lambda doc: (_collation(doc.url), _collation(doc.id)))
        winners.append(rivals[0])
        for doc in rivals[1:]:
            files.report(
                doc.file.source,
                f"its address {doc.url} is that of {rivals[0].file.source} too, which is shown",
                fatal=True,
            )
    kept = {id(doc) for doc in winners}
    return [doc for doc in docs if id(doc) in kept]


def _output_file(url: str) -> str:
    return url.rstrip("/") or "/"


def _collation(text: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """The order of JavaScript's `localeCompare`, near enough: signs, digits, letters; small before capital."""
    plain = unicodedata.normalize("NFD", text)
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    order = tuple((2 if char.isalpha() else 1 if char.isdigit() else 0, _rank(char)) for char in letters.casefold())
    return order, text.swapcase()


_SIGNS = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"


def _rank(char: str) -> str:
    return chr(_SIGNS.index(char)) if char in _SIGNS else char
