"""The entrance: the text of one file becomes headings, sections and links; called by `indexing.book`."""

from indexing.markdown.document import DocumentReader, Reading
from indexing.markdown.page import LoadPartial, MarkdownOptions, MarkdownPage, Partial


def read_markdown(
    text: str,
    options: MarkdownOptions,
    *,
    source: str,
    first_line: int = 1,
    load_partial: LoadPartial | None = None,
) -> MarkdownPage:
    """The page as its readers see it; `text` begins after the front matter, on `first_line` of the file.

    Never raises for a text: what could not be read is in `problems`, with its line.
    """
    reading = Reading(load_partial)
    DocumentReader(reading, Partial(text, source, first_line), options).read()
    return MarkdownPage(
        headings=tuple(reading.outline.headings),
        sections=reading.outline.sections(),
        links=tuple(reading.links),
        problems=tuple(reading.problems),
        h1=reading.h1,
    )
