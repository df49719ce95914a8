"""A site's own `numberPrefixParser`: it is called, in Node, with every name that a doc's path is made of.

Called when the site's config is read. What it gives is kept in `Docs.stripped_names`, since an id or an address may
depend on any of them.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from indexing.docusaurus.globs import walk
from indexing.docusaurus.run_config import parse_names
from indexing.docusaurus.site import Docs, Site
from indexing.settings import BookSettings
from storage.errors import InputError


def with_own_parser(settings: BookSettings, site: Site, config: Path, unsure: list[str]) -> Site:
    """`site` with the names that its own parsers strip; what they fail on is added to `unsure`."""
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
    """Every folder's and file's name below the docs of all versions, files without their ending."""
    for root in (folder / docs.path, folder / docs.prefixed("versioned_docs")):
        for path in walk(root, lambda path: not path.endswith(".git"), lambda *_: None) if root.is_dir() else ():
            if path.endswith((".md", ".mdx")):
                above, name = posixpath.split(path)
                yield from above.split("/") if above else ()
                yield posixpath.splitext(name)[0]
