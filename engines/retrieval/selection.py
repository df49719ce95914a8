"""A question about a selection that may be answered from the book, too: the selection is the first source.

Called by the chat engine for questions with `use_book`; without it `SelectionRetriever` alone gives the source.
"""

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from engines.events import Question
from engines.retrieval.retriever import SEARCHED, SelectionRetriever

_SEARCHED_CHARACTERS = 400  # of a selection; the rest of a long one says little more of what it is about


class SelectionAndBookRetriever(BaseRetriever):
    """Searches the book for a question together with the selection that it is about."""

    def __init__(self, book: BaseRetriever, question: Question) -> None:
        super().__init__()
        self._book = book
        self._selected = (question.selected_text or "").strip()[:_SEARCHED_CHARACTERS]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await self._book.aretrieve(QueryBundle(f"{query_bundle.query_str}\n{self._selected}"))

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._book.retrieve(QueryBundle(f"{query_bundle.query_str}\n{self._selected}"))


class SelectionFirst(BaseNodePostprocessor):
    """Puts the selection before what was found; what the reader selected is material whatever the book covers."""

    _question: Question = PrivateAttr()

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        (selection,) = SelectionRetriever(self._question).retrieve(query_bundle or QueryBundle(""))
        if nodes:
            found = nodes[0].node.metadata
            selection.node.metadata |= {name: found[name] for name in (SEARCHED, "build") if name in found}
        return [selection, *nodes]
