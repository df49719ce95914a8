"""Short ways to read a text, for the tests of the reader."""

from indexing.markdown.document import read_markdown
from indexing.markdown.page import ImportedFile, LoadFile, MarkdownOptions, MarkdownPage


def read(text: str, options: MarkdownOptions | None = None, load: LoadFile | None = None) -> MarkdownPage:
    """The page that a text makes."""
    return read_markdown(text, options or MarkdownOptions(), source="page.mdx", load=load)


def blocks(text: str, options: MarkdownOptions | None = None) -> list[tuple[str, str]]:
    """(kind, text) of all blocks of a page, in order."""
    return [(block.kind, block.text) for section in read(text, options).sections for block in section.blocks]


def ids(text: str, options: MarkdownOptions | None = None) -> list[str | None]:
    """The ids of the headings of a page."""
    return [heading.id for heading in read(text, options).headings]


def folder(files: dict[str, str]) -> LoadFile:
    """Files by what imports call them."""
    return lambda specifier, source: ImportedFile(files[specifier], specifier) if specifier in files else None
