"""The versions of a docs instance: their names, folders and paths."""

import json
from collections.abc import Callable

from indexing.docusaurus.paths import normalize_url
from indexing.docusaurus.site import CURRENT, DEFAULT_INSTANCE, Docs, Locale, Site, Version

Report = Callable[[str, str], None]
"""(file relative to the site's folder, what is wrong with it)."""


def read_versions(site: Site, docs: Docs, locale: Locale, report: Report) -> list[Version]:
    """The versions that are published, in the order of `versions.json` after the current one."""
    names = _names(site, docs, report)
    if docs.only_versions is not None:
        names = [name for name in names if name in docs.only_versions]
    latest = docs.last_version or next((name for name in names if name != CURRENT), CURRENT)
    return [_version(site, docs, locale, name, latest) for name in names]


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
