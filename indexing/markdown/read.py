"""The entrance: the text of one file becomes headings, sections and links; called by `indexing.book`."""

from collections.abc import Mapping
from typing import Any

from indexing.markdown.document import DocumentReader, Reading
from indexing.markdown.modules import Modules
from indexing.markdown.page import ImportedFile, LoadFile, MarkdownOptions, MarkdownPage


def read_markdown(
    text: str,
    options: MarkdownOptions,
    *,
    source: str,
    first_line: int = 1,
    load: LoadFile | None = None,
    front_matter: Mapping[str, Any] | None = None,
) -> MarkdownPage:
    """The page as its readers see it; `text` begins after the front matter, on `first_line` of the file.

    `load` gives the files that the page imports.

    Never raises for a text: what could not be read is in `problems`, with its line.
    """
    reading = Reading(Modules(load))
    file = ImportedFile(text, source, first_line, front_matter=front_matter or {})
    DocumentReader(reading, file, options).read()
    return MarkdownPage(
        headings=tuple(reading.outline.headings),
        sections=reading.outline.sections(),
        links=tuple(reading.links),
        problems=tuple(reading.problems),
        h1=reading.h1,
    )
