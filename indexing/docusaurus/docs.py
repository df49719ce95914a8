"""From files to published docs: an instance's versions, the file of each doc, its id, title and address."""

import json
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from indexing.docusaurus.site import CURRENT, DEFAULT_INSTANCE, Docs, Locale, Site, Version
from indexing.docusaurus.site_files import DocFile, SiteFiles
from indexing.docusaurus.urls import (
    NumberPrefixParser,
    Route,
    Router,
    apply_trailing_slash,
    collation,
    decode_uri,
    is_category_index,
    is_valid_pathname,
    keep_number_prefix,
    normalize_url,
    resolve_pathname,
    route_pattern,
    strip_number_prefix,
    strip_path,
    without_slash,
)

_LOADER_SIGNS = re.compile(r"[!?\\]")  # webpack reads them in a file's name
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")

Report = Callable[[str, str], None]
"""(file relative to the site's folder, what is wrong with it)."""


def read_versions(site: Site, docs: Docs, locale: Locale, report: Report) -> list[Version]:
    """The published versions: the current one, then those of `versions.json` in order."""
    names = _names(site, docs, report)
    if docs.only_versions is not None:
        names = [name for name in names if name in docs.only_versions]
    latest = docs.last_version or next((name for name in names if name != CURRENT), CURRENT)
    return [_version(site, docs, locale, name, latest) for name in names]


def version_problems(site: Site, docs: Docs) -> Iterator[str]:
    """The version settings that stop Docusaurus, such as an unreadable list, or names that are not in it."""
    unread: list[str] = []
    names = _names(site, docs, lambda _, message: unread.append(message))
    if unread:
        yield unread[0]
        return
    only = docs.only_versions
    for setting, given in (
        ("lastVersion", [docs.last_version] if docs.last_version else []),
        ("onlyIncludeVersions", only or ()),
        ("versions", docs.version_paths),
    ):
        for name in given:
            if name not in names:
                yield f"`{setting}` names the version {name!r}, which stops Docusaurus; there are: {', '.join(names)}"
    if only == ():
        yield "`onlyIncludeVersions` is empty, which stops Docusaurus"
    elif only is not None and docs.last_version in names and docs.last_version not in only:
        yield f"`onlyIncludeVersions` lacks the `lastVersion` {docs.last_version!r}, which stops Docusaurus"


def _names(site: Site, docs: Docs, report: Report) -> list[str]:
    names = [] if docs.disable_versioning else _listed(site, docs, report)
    if docs.include_current and CURRENT not in names:
        names.insert(0, CURRENT)
    return names


def _listed(site: Site, docs: Docs, report: Report) -> list[str]:
    file = docs.prefixed("versions.json")
    try:
        value = json.loads((site.folder / file).read_text("utf-8-sig"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as exc:
        report(file, f"the list of versions cannot be read: {exc}")
        return []
    if not isinstance(value, list) or not all(isinstance(name, str) and _is_name(name) for name in value):
        report(file, "the list of versions is not a list of names")
        return []
    return list(dict.fromkeys(value))


def _is_name(name: str) -> bool:
    return bool(name.strip()) and "/" not in name and "\\" not in name and name not in {".", ".."} and "\0" not in name


def _version(site: Site, docs: Docs, locale: Locale, name: str, latest: str) -> Version:
    default_part = "" if name == latest else ("next" if name == CURRENT else name)
    subfolder = CURRENT if name == CURRENT else f"version-{name}"
    plugin = "docusaurus-plugin-content-docs" + ("" if docs.id == DEFAULT_INSTANCE else f"-{docs.id}")
    return Version(
        name=name,
        latest=name == latest,
        path=normalize_url(
            [locale.base_url, "/" + docs.route_base_path.removeprefix("/"), docs.version_paths.get(name, default_part)]
        ),
        folder=site.folder / docs.path
        if name == CURRENT
        else site.folder / docs.prefixed("versioned_docs") / subfolder,
        localized_folder=locale.folder / plugin / subfolder if locale.folder else None,
    )


@dataclass(frozen=True, slots=True)
class Doc:
    """One doc in one version and one language, drafts included."""

    file: DocFile
    path: str  # below its version's folder
    id: str
    title: str
    url: str  # under `trailingSlash`
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
        if own is not None and not localized:
            _report_other_ending(own, path, files)
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
        yield doc


def _report_other_ending(own: Path, path: str, files: SiteFiles) -> None:
    """Report a translation that is not used because its extension differs from the page's."""
    other = own.with_suffix(".mdx" if path.endswith(".md") else ".md")
    if other.is_file():
        message = (
            f"it translates {path}, and Docusaurus does not use it, as its ending is another: rename it to {own.name}"
        )
        files.report(files.source(other), message)


def _doc(site: Site, file: DocFile, path: str, docs: Docs, version: Version, locale: Locale, *, localized: bool) -> Doc:
    """The doc's addresses; raises ValueError if Docusaurus' build would stop."""
    folder, name = posixpath.split(path)
    stem = posixpath.splitext(name)[0]
    strips = docs.strips_numbers and file.front.parse_number_prefixes
    parse = _parser(docs) if strips else keep_number_prefix
    base_id = file.front.id if file.front.id is not None else parse(stem)
    if "/" in base_id:
        raise ValueError(f"its id {base_id!r} has a slash")
    stripped = strip_path(folder, parse)
    slug = _slug(file.front.slug, base_id, folder, stripped, stem)
    if not is_valid_pathname(slug):
        raise ValueError(f"its slug {slug!r} is not the path of a page")
    _refuse_names_that_stop_a_build(path, base_id, slug)
    permalink = normalize_url([version.path, slug])
    title = next(text for text in (file.front.title, file.content_title, base_id) if text is not None)
    return Doc(
        file=file,
        path=path,
        id=f"{stripped}/{base_id}" if stripped else base_id,
        title=title,
        url=apply_trailing_slash(permalink, site.trailing_slash, locale.base_url),
        docs=docs,
        version=version,
        locale=locale,
        localized=localized,
    )


def _refuse_names_that_stop_a_build(path: str, base_id: str, slug: str) -> None:
    """Raise ValueError for names that make a build of Docusaurus 3.10 fail."""
    if sign := _LOADER_SIGNS.search(path):
        raise ValueError(f"webpack cannot load a file with {sign[0]!r} in its path: rename it")
    if '"' in base_id:
        raise ValueError(f"its id {base_id!r} has a quotation mark, which stops Docusaurus' build: rename it")
    if not _is_decodable(slug):
        raise ValueError(
            f"its slug {slug!r} has a percent sign outside an escape: rename the file, or give it another slug"
        )
    route_pattern(slug)


def _is_decodable(path: str) -> bool:
    """Whether JavaScript's `decodeURI` accepts the path."""
    if "%" in _ESCAPES.sub("", path):
        return False
    try:
        for escapes in _ESCAPES.findall(path):
            unquote_to_bytes(escapes).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _parser(docs: Docs) -> NumberPrefixParser:
    names = docs.stripped_names
    return strip_number_prefix if names is None else lambda name: names.get(name, name)


def _slug(slug: str | None, base_id: str, folder: str, stripped: str, stem: str) -> str:
    if slug is not None and slug.startswith("/"):
        return slug
    base = f"/{stripped.strip('/')}/" if stripped.strip("/") else "/"
    if slug is None and is_category_index(folder, stem):
        return base
    return resolve_pathname(base_id if slug is None else slug, base)


def served(docs: list[Doc], files: SiteFiles) -> list[Doc]:
    """`docs` without drafts and those that are not shown at their own address, in the same order."""
    takers: dict[tuple[str | None, str], list[Doc]] = {}
    for doc in docs:
        takers.setdefault((doc.locale.url, without_slash(doc.url)), []).append(doc)
    routers: dict[tuple[str, str, str], list[Doc]] = {}
    for rivals in takers.values():
        winner = rivals[0]
        if len(rivals) > 1:
            winner = min(rivals, key=lambda doc: (collation(doc.url), collation(doc.id)))
        routers.setdefault((winner.locale.name, winner.docs.id, winner.version.name), []).append(winner)
        for doc in rivals:
            if doc is not winner:
                _report_hidden(doc, winner, files)
    kept = {id(doc) for of_version in routers.values() for doc in _shown(of_version, files)}
    return [doc for doc in docs if id(doc) in kept]


def _shown(docs: list[Doc], files: SiteFiles) -> Iterator[Doc]:
    """The docs of one version that the router shows at their own addresses."""
    by_route = {Route(doc.url, doc.id): doc for doc in docs}
    router = Router(list(by_route))
    for route, doc in by_route.items():
        shown = router.shown(decode_uri(route.url))
        if shown == route:
            yield doc
        else:
            _report_hidden(doc, by_route[shown] if shown else None, files)


def _report_hidden(doc: Doc, shown: Doc | None, files: SiteFiles) -> None:
    """Report that a doc's page is not shown at its address, and why."""
    decoded = decode_uri(doc.url)
    if shown is None and decoded != doc.url:
        why = f"Docusaurus' router decodes its address {doc.url} and finds no page at {decoded}: rename it"
    elif shown is None:
        why = f"Docusaurus' router reads its address {doc.url!r} as a pattern that the address itself does not fit"
    elif without_slash(shown.url) == without_slash(doc.url):
        why = f"its address {doc.url} is that of {shown.file.source} too, which is shown"
    elif Route(shown.url, shown.id).is_pattern:
        why = f"at its address {doc.url} {shown.file.source} is shown, whose address {shown.url} is read as a pattern"
    elif decoded != doc.url:
        why = f"at its address {doc.url}, which Docusaurus' router decodes, {shown.file.source} is shown: rename it"
    else:
        why = (
            f"at its address {doc.url} {shown.file.source} is shown: Docusaurus' router takes {shown.url} for the same "
            "address, as it is blind to case"
        )
    files.report(doc.file.source, why, hidden=True)
