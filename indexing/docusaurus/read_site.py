"""Reads a site's settings: from its config, run by Node, or from `bookrag.site.json`, or from the environment."""

import json
import os.path
import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexing.docusaurus.config import SiteConfig
from indexing.docusaurus.docs import version_problems
from indexing.docusaurus.page_functions import call_page_functions
from indexing.docusaurus.run_config import ConfigRun, find_config, parse_names, run_config, withheld_hint
from indexing.docusaurus.site import Docs, Locale, Site
from indexing.docusaurus.site_files import walk
from indexing.settings import BookSettings
from storage.errors import InputError

SETTINGS_FILE = "bookrag.site.json"
_I18N_PLUGIN = "docusaurus-plugin-content-docs"


def read_site(settings: BookSettings) -> Site:
    """The site that BOOK_DIR belongs to; raises InputError if there is no such folder.

    If its config cannot be run, or lacks settings that addresses depend on, `bookrag.site.json` or the environment is
    used; if these lack them as well, `unsure` says why the addresses are guesses.
    """
    book_dir = settings.book_dir.absolute()
    if not book_dir.is_dir():
        raise InputError(f"BOOK_DIR: there is no folder {settings.book_dir}")
    _refuse_site_as_book(settings, book_dir)
    notes: list[str] = []
    folder = _site_folder(settings, book_dir, notes)
    config = find_config(folder)
    unsure: list[str] = []
    if config is not None:
        site = _site_of_config(settings, folder, book_dir, config, unsure)
        if site is not None and not unsure:
            return replace(site, assumptions=(*notes, *site.assumptions))
        notes += unsure
    else:
        site = None
        notes.append(f"there is no docusaurus.config.* in {folder.name}")
    file = folder / SETTINGS_FILE
    if file.exists():
        return _from_config(settings, folder, book_dir, _load_file(file, notes), notes)
    given = settings.base_url is not None and settings.route_base_path is not None
    if site is not None and not given:
        return replace(site, assumptions=(*notes, *site.assumptions), unsure=tuple(unsure))
    return replace(_from_environment(settings, folder, book_dir, notes), unsure=() if given else tuple(unsure))


def _site_of_config(
    settings: BookSettings, folder: Path, book_dir: Path, config: Path, unsure: list[str]
) -> Site | None:
    """The site as its config describes it; None if it cannot be run. Missing address settings are added to `unsure`."""
    try:
        run = run_config(settings, config)
    except InputError as exc:
        unsure.append(f"{config.name} was not read: {exc}")
        return None
    if run.withheld and _depends_on(settings, config, run):
        unsure.append(f"addresses depend on a variable that {config.name} did not get{withheld_hint(run.withheld)}")
    unsure += run.doubts
    site = _from_config(settings, folder, book_dir, run, list(run.notes), unsure)
    site = _with_own_parser(settings, site, config, unsure)
    if not site.markdown.page_functions or unsure:
        return site
    try:
        return replace(site, changed_pages=call_page_functions(settings, site, config))
    except InputError as exc:
        unsure.append(f"markdown.{' and '.join(site.markdown.page_functions)} could not be called: {exc}")
        return site


def _refuse_site_as_book(settings: BookSettings, book_dir: Path) -> None:
    """Raise InputError if BOOK_DIR is the folder of the whole site and not that of its docs."""
    if find_config(book_dir) is None:
        return
    likely = book_dir / "docs"
    hint = f": did you mean {settings.book_dir / 'docs'}?" if likely.is_dir() else ": set it to the folder of the docs"
    raise InputError(f"BOOK_DIR {settings.book_dir} is the folder of a whole site: it has the site's config{hint}")


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
    """`path` without `..`; symbolic links are not resolved."""
    return Path(os.path.normpath(path))


def _looks_like_site(folder: Path) -> bool:
    names = ("versions.json", "i18n", "versioned_docs", SETTINGS_FILE)
    return find_config(folder) is not None or any((folder / name).exists() for name in names)


def _load_file(file: Path, notes: list[str]) -> ConfigRun:
    try:
        data = json.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as exc:
        raise InputError(f"{SETTINGS_FILE} cannot be read: {exc}") from exc
    if not isinstance(data, dict):
        raise InputError(f"{SETTINGS_FILE} is not a JSON object")
    notes.append(f"the site's settings were read from {SETTINGS_FILE}")
    return ConfigRun(data=data)


def _depends_on(settings: BookSettings, config: Path, run: ConfigRun) -> bool:
    """Whether other values of the withheld variables change addresses: the config is run once more."""
    try:
        other = run_config(settings, config, dict.fromkeys(run.withheld, "bookrag-withheld"))
    except InputError:
        return False  # whatever it needs, the addresses do not differ
    return _address_settings(run) != _address_settings(other)


def _address_settings(run: ConfigRun) -> list[object]:
    """The settings that addresses depend on."""
    found: list[object] = []
    for data in (run.data, *run.locales.values()):
        config = SiteConfig(data, [])
        found += [config.url, config.base_url, config.trailing_slash, data.get("i18n"), config.docs()]
    return found


def _from_config(
    settings: BookSettings,
    folder: Path,
    book_dir: Path,
    run: ConfigRun,
    notes: list[str],
    unsure: list[str] | None = None,
) -> Site:
    """The site of a config's data; `unsure` collects missing address settings, None for data written by hand."""
    minor = _docusaurus_minor(folder)
    main = SiteConfig(run.data, notes, minor, unsure)
    if unsure is not None:
        main.check_addresses(settings.site_url)
    locales: list[Locale] = []
    docs: dict[str, tuple[Docs, ...]] = {}
    for name in main.locale_names:
        own = SiteConfig(run.locales.get(name, run.data), notes, minor, unsure)
        locale = own.locale(name, folder)
        locales.append(replace(locale, url=locale.url or _origin(settings, own)))
        docs[name] = _placed(own.docs(), folder, book_dir, notes, notes if unsure is None else unsure)
    if ignored := [name for name, value in _by_hand(settings).items() if value is not None]:
        notes.append(f"the site's config counts, not {', '.join(ignored)}")
    site = Site(
        folder=folder,
        url=_origin(settings, main),
        trailing_slash=main.trailing_slash,
        default_locale=main.default_locale,
        locales=tuple(locales),
        docs=docs,
        markdown=main.markdown,
        assumptions=tuple(notes),
        title=main.title,
        copyright=main.copyright,
    )
    if unsure is None:
        return site
    for instance in docs[site.default_locale]:
        unsure += version_problems(site, instance)
    return replace(site, unsure=tuple(unsure))


def _origin(settings: BookSettings, config: SiteConfig) -> str | None:
    return (settings.site_url or config.url or "").rstrip("/") or None


def _by_hand(settings: BookSettings) -> dict[str, object]:
    """The settings of the environment, which replace those of an unreadable config."""
    return {
        "BASE_URL": settings.base_url,
        "ROUTE_BASE_PATH": settings.route_base_path,
        "TRAILING_SLASH": settings.trailing_slash,
        "DOCS_INCLUDE": settings.docs_include,
        "DOCS_EXCLUDE": settings.docs_exclude,
        "LOCALES": settings.locales,
    }


def _placed(
    instances: tuple[Docs, ...], folder: Path, book_dir: Path, notes: list[str], unsure: list[str]
) -> tuple[Docs, ...]:
    """`instances`, with BOOK_DIR replacing the first one if it is not among them."""
    paths = [os.path.realpath(folder / docs.path) for docs in instances]
    wanted = os.path.realpath(book_dir)
    if any(wanted == path or wanted.startswith(path + os.sep) for path in paths):
        return instances
    path = _relative(book_dir, folder)
    if not instances:
        note = "the site's config publishes no docs that could be read: BOOK_DIR is read with the defaults"
        result: tuple[Docs, ...] = (Docs(path=path),)
        if note not in unsure:
            unsure.append(note)
        return result
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
    """10 for Docusaurus 3.10, from the installed or required version; None if neither is known.

    Raises InputError for Docusaurus 1 and 2, whose pages are written in MDX 1 or in plain Markdown.
    """
    package = "@docusaurus/core"
    asked = folder / "package.json"
    found: list[tuple[Path, tuple[str, ...]]] = [
        # Node also searches all parent folders, where workspaces have their packages.
        *((above / "node_modules" / package / "package.json", ("version",)) for above in (folder, *folder.parents)),
        (asked, ("dependencies", package)),
        (asked, ("devDependencies", package)),
    ]
    for file, path in found:
        try:
            value: Any = json.loads(file.read_text("utf-8-sig"))
            for key in path:
                value = value[key]
            match = re.search(r"(\d+)(?:\.(\d+))?", value)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if match and int(match[1]) < 3:
            where = Path(os.path.relpath(file, folder)).as_posix()
            raise InputError(
                f"{where}: this is a Docusaurus {match[1]} site ({value}). Its pages are not read, because MDX 1 has "
                "other rules for indented code, `<` and `{` than the MDX 3 of Docusaurus 3. Upgrade it to Docusaurus 3."
            )
        if match and match[1] == "3" and match[2]:
            return int(match[2])
    return None


def _with_own_parser(settings: BookSettings, site: Site, config: Path, unsure: list[str]) -> Site:
    """`site` with the results of its own `numberPrefixParser`s; names on which they fail are added to `unsure`.

    They are called, in Node, with every part of a doc's path, since an id or an address may depend on any.
    """
    paths = list(dict.fromkeys(docs.parser_path for of in site.docs.values() for docs in of if docs.parser_path))
    if not paths:
        return site
    names = sorted({name for of in site.docs.values() for docs in of for name in _names(site.folder, docs)})
    try:
        parsed = dict(zip(paths, parse_names(settings, config, paths, names), strict=True))
    except (InputError, ValueError) as exc:
        unsure.append(f"numberPrefixParser is a function that could not be called: {exc}")
        return site
    failed = sorted({name for names_ in parsed.values() for name, stripped in names_.items() if stripped is None})
    if failed:
        unsure.append(f"numberPrefixParser gives no `filename` for {failed[0]!r}")
    stripped = {path: {name: value or name for name, value in of.items()} for path, of in parsed.items()}
    return replace(
        site,
        docs={
            locale: tuple(
                replace(docs, stripped_names=stripped[docs.parser_path]) if docs.parser_path else docs for docs in of
            )
            for locale, of in site.docs.items()
        },
    )


def _names(folder: Path, docs: Docs) -> Iterator[str]:
    """The names of all folders and files below the docs of all versions, files without extension."""
    for root in (folder / docs.path, folder / docs.prefixed("versioned_docs")):
        for path in walk(root) if root.is_dir() else ():
            if path.endswith((".md", ".mdx")):
                above, name = posixpath.split(path)
                yield from above.split("/") if above else ()
                yield posixpath.splitext(name)[0]
