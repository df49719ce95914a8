"""Whether a reader's selection is text of the book; called before a question about it is answered.

Without this, any text could be sent as a selection and be answered by the operator's model. Browsers give a selection
as it is rendered: other white space, no Markdown, formulas as KaTeX shows them. So letters and digits alone are
compared, in overlapping pieces, most of which have to stand in the book.
"""

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import MetadataMode, QueryBundle

from engines.retrieval.scope import page_path
from storage.errors import InputError
from storage.vectors import payload
from storage.vectors.search import ChunkFilter

if TYPE_CHECKING:
    from storage.vectors.pinned_build import PinnedBuild

NOT_IN_THE_BOOK = "The selected text is not in the book. Select text of a page, or ask without a selection."
_PIECE = 12  # letters and digits
_SHARE = 0.6  # of the pieces; formulas, code and what a page adds make up the rest
_PAGE_CHUNKS = 10_000  # of one page: all of them
_SEARCHED_CHARACTERS = 400


async def check_selection(selected: str, page_url: str | None, build: "PinnedBuild", book: BaseRetriever) -> None:
    """Raise InputError unless most of a selection stands in the build: on the page, or on the pages found for it.

    `book` searches the same build.
    """
    if page_url and _stands_in(selected, await _page_texts([page_path(page_url)], build)):
        return
    nodes = await book.aretrieve(QueryBundle(selected.strip()[:_SEARCHED_CHARACTERS]))
    if _stands_in(selected, [found.node.get_content(MetadataMode.NONE) for found in nodes]):
        return
    pages = dict.fromkeys(str(found.node.metadata[payload.URL]) for found in nodes)
    if not _stands_in(selected, await _page_texts(pages, build)):
        raise InputError(NOT_IN_THE_BOOK)


async def _page_texts(paths: Iterable[str], build: "PinnedBuild") -> list[str]:
    either = {form for path in paths for form in (path, path.rstrip("/"), f"{path.rstrip('/')}/") if form}
    chunks = await build.matching([ChunkFilter(url=path) for path in sorted(either)], limit=_PAGE_CHUNKS)
    return [chunk.text for chunk in chunks]


def _stands_in(selected: str, texts: Iterable[str]) -> bool:
    """Whether most pieces of a selection are in the texts, which need not be in their order."""
    wanted, known = _plain(selected), [_plain(text) for text in texts]
    if len(wanted) <= _PIECE:
        return any(wanted in text for text in known)
    pieces = {wanted[at : at + _PIECE] for at in range(len(wanted) - _PIECE + 1)}
    there = {text[at : at + _PIECE] for text in known for at in range(len(text) - _PIECE + 1)}
    return len(pieces & there) >= _SHARE * len(pieces)


def _plain(text: str) -> str:
    """The letters, marks and digits of a text, in one case and one form."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in folded if unicodedata.category(each)[0] in "LMN")
