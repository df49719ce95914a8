"""Real books against what Docusaurus made of them; the books are no part of the project and need not be there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from indexing.markdown.document import read_markdown
from indexing.markdown.page import ImportedFile, MarkdownOptions

BOOKS = Path(__file__).parents[4] / "shared" / "books"
TRUTHS = sorted(BOOKS.glob("*.truth.json"))
_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?:.*?\r?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL)

pytestmark = pytest.mark.skipif(not TRUTHS, reason=f"no books with their truth in {BOOKS}")


def _load(path: Path) -> ImportedFile:
    text = path.read_text("utf-8")
    match = _FRONT_MATTER.match(text)
    cut = match.end() if match else 0
    return ImportedFile(text[cut:], str(path), text.count("\n", 0, cut) + 1)


def _partial(specifier: str, source: str) -> ImportedFile | None:
    path = (Path(source).parent / specifier).resolve()
    return _load(path) if path.is_file() else None


def _docs(book: Path, site: dict[str, Any], page: dict[str, Any]) -> Path:
    if page["localized"]:
        return book / str(site["i18n"]) / str(page["locale"]) / "docusaurus-plugin-content-docs" / "current"
    if page["version"] != "current":
        return book / str(site["versioned_docs"]) / f"version-{page['version']}"
    return book / str(site["docs"])


@pytest.mark.parametrize("truth_file", TRUTHS, ids=lambda path: path.name.split(".")[0])
def test_every_heading_of_a_book_has_its_level_text_and_id(truth_file: Path) -> None:
    truth = json.loads(truth_file.read_text("utf-8"))
    book = truth_file.with_name(truth_file.name.removesuffix(".truth.json"))
    for page in truth["pages"]:
        file = _load(_docs(book, truth["site"], page) / page["source"])
        read = read_markdown(
            file.text, MarkdownOptions(), source=file.source, first_line=file.first_line, load=_partial
        )
        mine = [(h.level, h.text, h.id) for h in read.headings]
        assert mine == [(h["level"], h["text"], h["anchor"]) for h in page["headings"]], page["source"]
        assert [p for p in read.problems if p.error] == [], page["source"]  # Docusaurus built it
