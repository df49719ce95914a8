"""The entrance to a site's settings: its config run by Node, else `bookrag.site.json`, else the environment."""

import json
import os.path
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexing.docusaurus.config import SiteConfig
from indexing.docusaurus.run_config import ConfigRun, find_config, run_config
from indexing.docusaurus.site import Docs, Locale, Site
from indexing.settings import BookSettings
from storage.errors import InputError

SETTINGS_FILE = "bookrag.site.json"
_I18N_PLUGIN = "docusaurus-plugin-content-docs"


def read_site(settings: BookSettings) -> Site:
    """The site that BOOK_DIR belongs to; raises InputError where there is no such folder."""
    book_dir = settings.book_dir.absolute()
    if not book_dir.is_dir():
        raise InputError(f"BOOK_DIR: there is no folder {settings.book_dir}")
    notes: list[str] = []
    folder = _site_folder(settings, book_dir, notes)
    loaded = _load(settings, folder, notes)
    if loaded is None:
        return _from_environment(settings, folder, book_dir, notes)
    return _from_config(settings, folder, book_dir, loaded, notes)


def _site_folder(settings: BookSettings, book_dir: Path, notes: list[str]) -> Path:
    if settings.site_dir is not None:
        folder = settings.site_dir.absolute()
        if not folder.is_dir():
            raise InputError(f"SITE_DIR: there is no folder {settings.site_dir}")
        return _collapsed(folder)
    parent = _collapsed(book_dir).parent
    beside = parent / "website"
    if not _looks_like_site(parent) and _looks_like_site(beside):
        notes.append("SITE_DIR is not set: the folder `website` beside the book is taken as the site's")
        return beside
    return parent


def _collapsed(path: Path) -> Path:
    """`path` without `..`, links as they are written."""
    return Path(os.path.normpath(path))


def _looks_like_site(folder: Path) -> bool:
    names = ("versions.json", "i18n", "versioned_docs", SETTINGS_FILE)
    return find_config(folder) is not None or any((folder / name).exists() for name in names)


def _load(settings: BookSettings, folder: Path, notes: list[str]) -> ConfigRun | None:
    """The config as data; None where there is none, or it could not be run."""
    config = find_config(folder)
    if config is not None:
        try:
            run = run_config(settings, config)
        except InputError as exc:
            notes.append(f"{config.name} was not read: {exc}")
        else:
            notes.extend(run.notes)
            return run
    else:
        notes.append(f"there is no docusaurus.config.* in {folder.name}")
    file = folder / SETTINGS_FILE
    if not file.exists():
        return None
    try:
        data = json.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as exc:
        raise InputError(f"{SETTINGS_FILE} cannot be read: {exc}") from exc
    if not isinstance(data, dict):
        raise InputError(f"{SETTINGS_FILE} is not a JSON object")
    notes.append(f"the site's settings were read from {SETTINGS_FILE}")
    return ConfigRun(data=data)


def _from_config(settings: BookSettings, folder: Path, book_dir: Path, run: ConfigRun, notes: list[str]) -> Site:
    minor = _docusaurus_minor(folder)
    main = SiteConfig(run.data, notes, minor)
    locales: list[Locale] = []
    docs: dict[str, tuple[Docs, ...]] = {}
    for name in main.locale_names:
        own = SiteConfig(run.locales.get(name, run.data), notes, minor)
        locales.append(own.locale(name, folder))
        docs[name] = _placed(own.docs(), folder, book_dir, notes)
    ignored = {
        "BASE_URL": settings.base_url,
        "ROUTE_BASE_PATH": settings.route_base_path,
        "TRAILING_SLASH": settings.trailing_slash,
        "DOCS_INCLUDE": settings.docs_include,
        "DOCS_EXCLUDE": settings.docs_exclude,
        "LOCALES": settings.locales,
    }
    names = [name for name, value in ignored.items() if value is not None]
    if names:
        notes.append(f"the site's config counts, not {', '.join(names)}")
    return Site(
        folder=folder,
        url=(settings.site_url or main.url or "").rstrip("/") or None,
        trailing_slash=main.trailing_slash,
        default_locale=main.default_locale,
        locales=tuple(locales),
        docs=docs,
        markdown=main.markdown,
        assumptions=tuple(notes),
        title=main.title,
    )


def _placed(instances: tuple[Docs, ...], folder: Path, book_dir: Path, notes: list[str]) -> tuple[Docs, ...]:
    """`instances`, with BOOK_DIR in the place of the first one where it is none of them."""
    paths = [os.path.realpath(folder / docs.path) for docs in instances]
    wanted = os.path.realpath(book_dir)
    if any(wanted == path or wanted.startswith(path + os.sep) for path in paths):
        return instances
    path = _relative(book_dir, folder)
    if not instances:
        note = "the site's config publishes no docs: BOOK_DIR is read with the defaults"
        result: tuple[Docs, ...] = (Docs(path=path),)
    else:
        note = f"the site's config has its docs in `{instances[0].path}`: BOOK_DIR is read in its place"
        result = (replace(instances[0], path=path), *instances[1:])
    if note not in notes:
        notes.append(note)
    return result


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(_collapsed(path), folder)).as_posix()


def _from_environment(settings: BookSettings, folder: Path, book_dir: Path, notes: list[str]) -> Site:
    names = settings.locale_names or _found_locales(folder)
    data: dict[str, Any] = {
        "baseUrl": settings.base_url or "/",
        "url": settings.site_url,
        "trailingSlash": settings.trailing_slash,
        "i18n": {"defaultLocale": names[0], "locales": list(names)},
    }
    options: dict[str, Any] = {"path": _relative(book_dir, folder)}
    if settings.route_base_path is not None:
        options["routeBasePath"] = settings.route_base_path
    for key, globs in (("include", settings.include_globs), ("exclude", settings.exclude_globs)):
        if globs is not None:
            options[key] = list(globs)
    config = SiteConfig(data, notes, _docusaurus_minor(folder))
    docs = SiteConfig({"plugins": [["content-docs", options]]}, notes).docs()[0]
    notes.append(
        f"from the environment or by default: BASE_URL={config.base_url} ROUTE_BASE_PATH={docs.route_base_path} "
        f"TRAILING_SLASH={_shown(settings.trailing_slash)} LOCALES={','.join(names)} "
        f"DOCS_INCLUDE={','.join(docs.include)} DOCS_EXCLUDE={','.join(docs.exclude)}"
    )
    return Site(
        folder=folder,
        url=(settings.site_url or "").rstrip("/") or None,
        trailing_slash=settings.trailing_slash,
        default_locale=names[0],
        locales=tuple(config.locale(name, folder) for name in names),
        docs=dict.fromkeys(names, (replace(docs, math=None),)),
        markdown=config.markdown,
        assumptions=tuple(notes),
    )


def _shown(value: bool | None) -> str:
    return "unset" if value is None else str(value).lower()


def _found_locales(folder: Path) -> tuple[str, ...]:
    """English, and every language that `i18n/` has translated docs for."""
    found = sorted(path.parent.name for path in folder.glob(f"i18n/*/{_I18N_PLUGIN}*"))
    return tuple(dict.fromkeys(("en", *found)))


def _docusaurus_minor(folder: Path) -> int | None:
    """10 for Docusaurus 3.10, from what is installed or asked for; None where neither says."""
    installed = folder / "node_modules/@docusaurus/core/package.json"
    asked = folder / "package.json"
    for file, path in ((installed, ("version",)), (asked, ("dependencies", "@docusaurus/core"))):
        try:
            value: Any = json.loads(file.read_text("utf-8-sig"))
            for key in path:
                value = value[key]
            match = re.search(r"3\.(\d+)", value)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if match:
            return int(match[1])
    return None
