"""Reads the whole book as its readers see it: every page of every version and language, with its exact addresses.

The plan, the build and `bookrag index pages` call `read_book`, which calls `indexing.docusaurus` for what is published
where, and `indexing.markdown` for the content of a page.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from indexing.docusaurus.docs import Doc, read_docs, served
from indexing.docusaurus.read_site import read_site
from indexing.docusaurus.site import Locale, Site
from indexing.docusaurus.site_files import DocFile, SiteFiles
from indexing.markdown.document import read_markdown
from indexing.markdown.modules import SITE_CONFIG, TRANSLATIONS
from indexing.markdown.page import MAGIC_COMMENTS, ImportedFile, Link, MarkdownOptions, MarkdownPage
from indexing.pages import Block, Book, Page, Problem, Section
from indexing.settings import BookSettings
from indexing.sidebars import card_titles, hand_written_cards, read_contents, written_sidebar
from storage.errors import InputError
from storage.vectors.caches import PageCache, PageResults, code_digest

# The code that reads the text of a page: a page is read again when any of it changed.
_CODE = "markdown/*.py markdown/*.json docusaurus/javascript_text.py pages.py"
_PACKAGES = ("markdown-it-py", "mdit-py-plugins", "tree-sitter", "tree-sitter-javascript", "tree-sitter-typescript")
_ENDINGS = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".json", ".mdx", ".md")
_BINARY = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".pdf", ".mp4", ".webm", ".woff2", ".svg", ".zip")
# The source if that matters, first line, text, settings that the text shows, options.
_Key = tuple[str, int, str, str, MarkdownOptions]
_OfLocale = tuple[_Key, str]  # the language if the text depends on it, or ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A book, and what only the link check needs: the docs of the pages, including unlisted ones, and their links."""

    book: Book
    site: Site
    docs: tuple[Doc, ...]
    texts: tuple[MarkdownPage, ...]  # one for each doc


def read_book(settings: BookSettings, cache: PageCache | None = None, site: Site | None = None) -> Reading:
    """The book with its docs and links.

    `cache` has the results of pages that were read before; `site` has the site's settings if they were read before.
    Raises InputError if there is no book, but not for anything in a page.
    """
    site = site or read_site(settings)
    files = SiteFiles(site)
    docs = list(read_docs(site, files))
    shown = served([doc for doc in docs if not doc.file.front.draft], files)
    reader = _TextReader(site, files, cache)
    texts = [reader.read(doc) for doc in shown]
    reader.known.save()
    cards = card_titles(shown) | hand_written_cards(site, files, shown)
    published = [
        (doc, text)
        for doc, text in zip(shown, texts, strict=True)
        if (settings.include_unlisted or not doc.file.front.unlisted) and not _stops_build(text)
    ]
    pages = [_page(doc, text, cards.get(id(doc), ())) for doc, text in published]
    problems = [*files.problems, *(problem for pair in zip(shown, texts, strict=True) for problem in _problems(*pair))]
    book = Book(
        pages=tuple(pages),
        problems=tuple(dict.fromkeys(problems)),
        assumptions=site.assumptions,
        drafts=tuple(dict.fromkeys(doc.file.source for doc in docs if doc.file.front.draft)),
        excluded=_excluded(docs, files),
        default_locale=site.default_locale,
        locales=tuple(locale.name for locale in site.locales),
        site_url=site.url,
        title=site.title,
        copyright=site.copyright,
        locale_urls={locale.name: locale.url for locale in site.locales if locale.url and locale.url != site.url},
        unsure=site.unsure,
        contents=read_contents((doc for doc, _ in published), lambda doc: written_sidebar(site, files, doc)),
    )
    return Reading(book, site, tuple(shown), tuple(texts))


def require_known_addresses(book: Book) -> None:
    """Raise InputError for a book whose addresses are guesses: citations would lead to pages that do not exist."""
    if book.unsure:
        raise InputError(
            f"The book's addresses are not known, so nothing is published. {'; '.join(book.unsure)}. Correct the "
            "site's config, or set them yourself: BASE_URL and ROUTE_BASE_PATH (TRAILING_SLASH and LOCALES where the "
            "site has them), or the config as plain data in bookrag.site.json."
        )


def require_pages(book: Book, settings: BookSettings) -> None:
    """Raise InputError for a book without a page."""
    if not book.pages:
        raise InputError(f"The book is empty: there is no page that is published in BOOK_DIR {settings.book_dir}.")


def _stops_build(text: MarkdownPage) -> bool:
    """Whether Docusaurus' build stops at the page: it is not published, and was only read incompletely here."""
    return any(problem.error for problem in text.problems)


def _problems(doc: Doc, text: MarkdownPage) -> Iterator[Problem]:
    """The problems of a page; an error leaves the page out, and one in a partial each page that shows it."""
    for problem in text.problems:
        yield replace(problem, fatal=problem.error)
        if problem.error and problem.source != doc.file.source:
            message = f"it shows {problem.source}, which stops Docusaurus' build"
            yield Problem(doc.file.source, 0, message, fatal=True, error=True)


def _page(doc: Doc, text: MarkdownPage, cards: tuple[str, ...]) -> Page:
    sections = text.sections
    if cards and sections:  # in most books that have cards, they are the end of the page
        listed = Block("text", "\n".join(f"- {name}" for name in cards))
        sections = (*sections[:-1], replace(sections[-1], blocks=(*sections[-1].blocks, listed)))
    if text.h1 is not None and not _words(text.h1) <= _words(doc.title):
        sections = _with_heading(sections, text.h1)
    return Page(
        source=doc.file.source,
        url=doc.url,
        title=doc.title,
        locale=doc.locale.name,
        version=doc.version.name,
        latest=doc.version.latest,
        localized=doc.localized,
        unlisted=doc.file.front.unlisted,
        headings=text.headings,
        sections=sections,
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _with_heading(sections: tuple[Section, ...], heading: str) -> tuple[Section, ...]:
    """The sections, with the page's own h1 as text of the section below it if the page's title differs."""
    below = next((place for place, section in enumerate(sections) if section.heading_path), len(sections)) - 1
    if below < 0:
        return sections
    shown = replace(sections[below], blocks=(Block("text", heading), *sections[below].blocks))
    return (*sections[:below], shown, *sections[below + 1 :])


def _excluded(docs: list[Doc], files: SiteFiles) -> tuple[str, ...]:
    """Markdown files of the docs folders that are not published, partials among them."""
    folders = {(doc.version.folder, doc.docs.include, doc.docs.exclude): doc for doc in docs}
    return tuple(
        files.source(doc.version.folder / path)
        for doc in folders.values()
        for path in files.below(doc.version.folder, doc.docs)[1]
    )


class _TextReader:
    """Parses each text once: languages that fall back, and versions that did not change a page, share the result."""

    def __init__(self, site: Site, files: SiteFiles, cache: PageCache | None) -> None:
        self.known = PageResults(cache, MarkdownPage, code_digest(Path(__file__).parent, _CODE, _PACKAGES))
        self._site = site
        self._files = files
        self._texts: dict[_OfLocale, MarkdownPage] = {}
        self._translated: set[_Key] = set()  # those that show something that differs by language
        self._imported: dict[Path, ImportedFile | None] = {}

    def read(self, doc: Doc) -> MarkdownPage:
        """The content of the doc's page."""
        file = doc.file
        options = self._options(doc)
        # A text that imports another file depends on its place.
        place = file.source if "import" in file.body else ""
        shown = repr(file.front.values) if "frontMatter" in file.body else ""
        key = (place, file.first_line, file.body, shown, options)
        text = self._texts.get((key, doc.locale.name if key in self._translated else ""))
        if text is None:
            text = self._parse(key, file, doc.locale)
            self._texts[key, doc.locale.name if key in self._translated else ""] = text
        return text if place else _moved(text, file.source)

    def _parse(self, key: _Key, file: DocFile, locale: Locale) -> MarkdownPage:
        """The cached reading of the text, or a new one; a text that depends on other files is read every time."""
        cached = self.known.key(key)
        if (known := self.known.get(cached)) is not None:
            return known
        depends = False

        def load(name: str, importer: str) -> ImportedFile | None:
            nonlocal depends
            depends = depends or name.startswith((".", "/", "@site/", "@generated/"))
            if name in (TRANSLATIONS, SITE_CONFIG):
                self._translated.add(key)
                return self._generated(name, locale)
            return self._load(name, importer)

        text = read_markdown(
            file.body,
            key[-1],
            source=file.source,
            first_line=file.first_line,
            load=load,
            front_matter=file.front.values,
        )
        if not depends:
            self.known.keep(cached, text)
        return text

    def _options(self, doc: Doc) -> MarkdownOptions:
        markdown = self._site.markdown
        style = doc.file.front.mdx_format or markdown.format
        if style == "detect":
            style = "md" if doc.file.is_markdown_extension else "mdx"
        return MarkdownOptions(
            format="md" if style == "md" else "mdx",
            admonitions=doc.docs.admonitions,
            comments=markdown.comments,
            heading_ids=markdown.heading_ids,
            admonition_titles=markdown.admonitions,
            maintain_case=markdown.maintain_case,
            emoji=markdown.emoji,
            components_known=markdown.components_known,
            math=doc.docs.math,
            magic_comments=MAGIC_COMMENTS if markdown.magic_comments is None else markdown.magic_comments,
        )

    def _generated(self, name: str, locale: Locale) -> ImportedFile | None:
        """The data that a build generates for a language; None if the site has none."""
        if name == SITE_CONFIG:
            return ImportedFile(locale.facts, name)
        file = locale.folder / "code.json" if locale.folder else None
        text = self._files.text(file) if file is not None and file.is_file() else None
        return None if text is None else ImportedFile(text, name)

    def _load(self, name: str, importer: str) -> ImportedFile | None:
        """The file that `importer` imports as `name`; None if the site has none that can be read as text."""
        if "\0" in name:
            return None
        if name.startswith("@site/"):
            below = name.removeprefix("@site/")
        elif name.startswith("/"):
            below = name.lstrip("/")
        elif name.startswith("."):
            below = os.path.join(os.path.dirname(importer), name)  # noqa: PTH118, PTH120
        else:
            return None
        found = _existing(os.path.normpath(os.path.join(self._site.folder, below)))  # noqa: PTH118
        if found is None:
            return None
        if found.suffix in (".md", ".mdx"):
            file = self._files.read(found)
            if file is None:
                return None
            return ImportedFile(file.body, file.source, file.first_line, front_matter=file.front.values)
        if found not in self._imported:
            text = None if found.suffix in _BINARY else self._files.text(found)
            self._imported[found] = None if text is None else ImportedFile(text, self._files.source(found))
        return self._imported[found]


def _existing(name: str) -> Path | None:
    """The file that an import names; as in webpack, its extension may be left out."""
    # `os.path` avoids making a Path for each of the thousands of imports of a book.
    if os.path.isfile(name):  # noqa: PTH113
        return Path(name)
    if name.endswith(_ENDINGS) or not os.path.isdir(os.path.dirname(name)):  # noqa: PTH112, PTH120
        return None
    candidates = [name + ending for ending in _ENDINGS] + [f"{name}/index{ending}" for ending in _ENDINGS]
    return next((Path(candidate) for candidate in candidates if os.path.isfile(candidate)), None)  # noqa: PTH113


def _moved(text: MarkdownPage, source: str) -> MarkdownPage:
    """`text` as the reading of another file with the same content."""
    if all(link.source == source for link in text.links) and all(p.source == source for p in text.problems):
        return text
    links: tuple[Link, ...] = tuple(replace(link, source=source) for link in text.links)
    problems: tuple[Problem, ...] = tuple(replace(problem, source=source) for problem in text.problems)
    return replace(text, links=links, problems=problems)
