"""Questions about a text that the reader selected: its sources, and the check that the text is in the book.

`selected_node` is the source; with `use_book` the book is searched too, and the selection comes first.
`with_few_words_named` sends a selection of few words to the book with its question.

`check_selection` is called before such a question is answered: without it any text could be sent as a selection and be
answered by the operator's model. Browsers return a selection as rendered: with other white space, without Markdown,
formulas as KaTeX shows them. So only letters and digits are compared, in overlapping pieces, most of which must be in
the book. KaTeX renders each formula twice, as MathML for screen readers and as HTML, and a selection has both. MathML
keeps the order of the source; HTML has denominators before numerators, limits before their operator, and matrices
column by column.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from engines.events import COVERED, Question
from engines.retrieval.retriever import ADDRESS, GROUNDING, SEARCHED, GivenRetriever, OneQuery
from engines.retrieval.scope import page_path
from storage.errors import InputError
from storage.vectors import payload
from storage.vectors.hybrid_search import ChunkFilter

if TYPE_CHECKING:
    from storage.vectors.qdrant_vector_store import PinnedBuild

_SEARCHED_CHARACTERS = 400  # of a selection; the rest of a long one adds little about its subject

NOT_IN_THE_BOOK = "The selected text is not in the book. Select text of a page, or ask without a selection."
_FEW_WORDS, _FEW_LETTERS = 3, 24  # of a selection that names something; a Chinese character counts three
_PIECE = 12  # letters and digits
_SHARE = 0.75  # share of the pieces; formulas, code and what a page adds are the rest
_STRANGE = 400  # consecutive letters and digits that may be missing: a diagram, or what a component shows
_PAGE_CHUNKS = 10_000  # of one page: all of them
_FORMULA = re.compile(r"\$\$(?P<display>.+?)\$\$|(?<![\\$])\$(?P<inline>[^$\n](?:[^$]*?[^\\$])?)\$(?!\d)", re.DOTALL)
_PART = re.compile(r"\\[a-zA-Z]+\*?|\\.|.", re.DOTALL)
_FRACTIONS = frozenset(("\\frac", "\\dfrac", "\\tfrac", "\\cfrac", "\\binom"))
_LIMITS = frozenset(("\\sum", "\\prod", "\\min", "\\max", "\\lim", "\\sup", "\\inf", "\\argmin", "\\argmax"))
_WORDS = frozenset(
    (
        *("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan"),
        *("ln", "log", "exp", "det", "dim", "ker", "deg", "gcd", "arg", "Pr", "min", "max", "lim", "sup", "inf"),
    )
)
_SIGNS = {"\\ell": "l", "\\Re": "R", "\\Im": "I", "\\hbar": "ℏ", "\\imath": "ı", "\\jmath": "ȷ"}
_DEEPEST = 60  # nesting: no real formula is deeper, and a hostile one must not crash the process


def selected_node(question: Question) -> NodeWithScore:
    """The text that a reader selected: nothing is searched for a question about it."""
    metadata: dict[str, Any] = {
        ADDRESS: question.scope.page_url or "",
        payload.TITLE: question.selected_title or "Selected text",
        GROUNDING: COVERED,
    }
    text = (question.selected_text or "").strip()
    return NodeWithScore(node=TextNode(id_="selection", text=text, metadata=metadata), score=1.0)


class SelectionAndBookRetriever(BaseRetriever):
    """Searches the book for a question together with the selection that it is about."""

    def __init__(self, book: BaseRetriever, question: Question) -> None:
        super().__init__()
        self._book = book
        self._selected = (question.selected_text or "").strip()[:_SEARCHED_CHARACTERS]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await self._book.aretrieve(self._with_selection(query_bundle))

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._book.retrieve(self._with_selection(query_bundle))

    def _with_selection(self, asked: QueryBundle) -> QueryBundle:
        readings = asked.custom_embedding_strs
        return OneQuery(
            f"{asked.query_str}\n{self._selected}",
            custom_embedding_strs=readings and [f"{text}\n{self._selected}" for text in readings],
        )


class SelectionFirst(BaseNodePostprocessor):
    """Puts the selection before what was found; a selection counts as covered in any case."""

    _question: Question = PrivateAttr()

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        (selection,) = GivenRetriever([selected_node(self._question)]).retrieve(query_bundle or QueryBundle(""))
        if nodes:
            found = nodes[0].node.metadata
            selection.node.metadata |= {name: found[name] for name in (SEARCHED, "build") if name in found}
        return [selection, *nodes]


def with_few_words_named(question: Question) -> Question:
    """The question with a selection of few words added to it, which is then answered from the book.

    A word names the subject of a question but answers nothing: by itself it would cover any question.
    """
    selected = (question.selected_text or "").strip()
    words = selected.split()
    length = sum(3 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in selected)
    if not selected or len(words) > _FEW_WORDS or length > _FEW_LETTERS or not all(map(_is_word, words)):
        return question
    return replace(question, text=f"{question.text.rstrip()} (“{selected}”)", selected_text=None)


def _is_word(text: str) -> bool:
    """Whether it is a word, and not part of a formula or of code."""
    return all(part.isalpha() for part in text.strip("\"'“”‘’().,;:!?").split("-"))


async def check_selection(selected: str, page_url: str | None, build: "PinnedBuild", book: BaseRetriever) -> None:
    """Raise InputError unless most of a selection is in the build: on the page, or on the pages found for it.

    `book` searches the same build.
    """
    if page_url and is_shown_in(selected, await _page_texts([page_path(page_url)], build)):
        return
    nodes = await book.aretrieve(QueryBundle(selected.strip()[:_SEARCHED_CHARACTERS]))
    if is_shown_in(
        selected, [_shown(found.node.metadata, found.node.get_content(MetadataMode.NONE)) for found in nodes]
    ):
        return
    pages = dict.fromkeys(str(found.node.metadata[payload.URL]) for found in nodes)
    if not is_shown_in(selected, await _page_texts(pages, build)):
        raise InputError(NOT_IN_THE_BOOK)


async def _page_texts(paths: Iterable[str], build: "PinnedBuild") -> list[str]:
    either = {form for path in paths for form in (path, path.rstrip("/"), f"{path.rstrip('/')}/") if form}
    chunks = await build.matching([ChunkFilter(url=path) for path in sorted(either)], limit=_PAGE_CHUNKS)
    return [_shown(chunk.metadata, chunk.text) for chunk in chunks]


def shown_text(title: str, heading_path: Iterable[str], text: str) -> str:
    """A chunk's text below its title and headings, as its page shows them."""
    return "\n".join((title, *heading_path, text))


def _shown(metadata: Mapping[str, Any], text: str) -> str:
    return shown_text(str(metadata.get(payload.TITLE, "")), metadata.get(payload.HEADING_PATH, ()), text)


def is_shown_in(selected: str, texts: Iterable[str]) -> bool:
    """Whether most of a selection is in the texts, in any order, and no long part of it is missing.

    Repeated text counts each time, so that foreign text cannot hide beside a page or repetitions.
    """
    wanted = _plain(selected)
    known = [_plain(form) for text in texts for form in dict.fromkeys((text, with_rendered_maths(text)))]
    if len(wanted) <= _PIECE:  # without a letter or digit, it names no place in the book
        return wanted != "" and any(wanted in text for text in known)
    there = {text[at : at + _PIECE] for text in known for at in range(len(text) - _PIECE + 1)}
    found = [wanted[at : at + _PIECE] in there for at in range(len(wanted) - _PIECE + 1)]
    strange = max((len(list(run)) for is_there, run in groupby(found) if not is_there), default=0)
    return sum(found) >= _SHARE * len(found) and strange <= _STRANGE


def _plain(text: str) -> str:
    """The letters, marks and digits of a text, in one case and one normal form."""
    # A dot or a hat above a letter of a formula is a separate character, and would be a mark after NFKC.
    bare = "".join(each for each in text if unicodedata.category(each) != "Sk")
    folded = unicodedata.normalize("NFKC", bare).casefold()
    return "".join(each for each in folded if unicodedata.category(each)[0] in "LMN")


@dataclass(frozen=True, slots=True)
class _Shown:
    """A part of a formula in both orders."""

    mathml: str = ""
    html: str = ""

    def __add__(self, other: "_Shown") -> "_Shown":
        return _Shown(self.mathml + other.mathml, self.html + other.html)


def with_rendered_maths(text: str) -> str:
    """A Markdown text with each formula as in a browser's selection."""
    return _FORMULA.sub(_rendered, text)


def _rendered(found: re.Match[str]) -> str:
    shown = _Formula(found["display"] or found["inline"]).read()
    return f" {shown.mathml} {shown.html} "


class _Formula:
    def __init__(self, source: str) -> None:
        self._parts = [part for part in _PART.findall(source) if not part.isspace()]
        self._at = 0
        self._depth = 0

    def read(self) -> _Shown:
        """The whole formula."""
        shown = _Shown()
        while self._at < len(self._parts):
            shown += self._until(frozenset())
            self._at += 1  # past a brace that closes nothing
        return shown

    def _until(self, ends: frozenset[str]) -> _Shown:
        """The text before one of `ends` or the brace that closes the group."""
        shown = _Shown()
        while (part := self._peek()) is not None and part != "}" and part not in ends:
            shown += self._with_scripts()
        return shown

    def _with_scripts(self) -> _Shown:
        limits = self._peek() in _LIMITS
        base, below, above = self._atom(), _Shown(), _Shown()
        while self._peek() in {"_", "^"}:
            if self._next() == "_":
                below += self._atom()
            else:
                above += self._atom()
        html = (below + base if limits else base + below).html
        return _Shown(base.mathml + below.mathml, html) + above

    def _atom(self) -> _Shown:
        part = self._next()
        if part is None or part == "}" or self._depth >= _DEEPEST:
            return _Shown()
        self._depth += 1
        shown = self._shown(part)
        self._depth -= 1
        return shown

    def _shown(self, part: str) -> _Shown:
        if part == "{":
            return self._group()
        if part in _FRACTIONS:
            above, below = self._atom(), self._atom()
            return _Shown(above.mathml + below.mathml, below.html + above.html)
        if part == "\\begin":
            return self._environment()
        letters = _letters(part)
        return _Shown(letters, letters)

    def _group(self) -> _Shown:
        shown = self._until(frozenset())
        if self._peek() == "}":
            self._at += 1
        return shown

    def _environment(self) -> _Shown:
        """A matrix or the like: rows of cells."""
        self._atom()  # its name
        rows, cells = [], []
        while (part := self._peek()) is not None and part != "}":
            cells.append(self._until(frozenset(("&", "\\\\", "\\end"))))
            end = self._next()
            if end != "&":
                rows.append(cells)
                cells = []
            if end == "\\end":
                self._atom()
                break
        mathml = "".join(cell.mathml for row in rows for cell in row)
        return _Shown(mathml, "".join(_by_column(rows)))

    def _peek(self) -> str | None:
        return self._parts[self._at] if self._at < len(self._parts) else None

    def _next(self) -> str | None:
        part = self._peek()
        self._at += part is not None
        return part


def _by_column(rows: list[list[_Shown]]) -> Iterator[str]:
    for column in range(max(map(len, rows), default=0)):
        yield from (row[column].html for row in rows if column < len(row))


def _letters(part: str) -> str:
    """The letters and digits of a part; none for an operator or a typesetting command."""
    if not part.startswith("\\"):
        return part
    name = part[1:].rstrip("*")
    if name in _WORDS:
        return name
    if part in _SIGNS:
        return _SIGNS[part]
    size = "SMALL" if name.islower() else "CAPITAL"
    plain = name.removeprefix("var").upper().replace("LAMBDA", "LAMDA")
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {plain}")
    except KeyError:
        return ""
