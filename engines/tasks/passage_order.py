"""The order of passages that were found for a message on what stands on a page; called by `engines.tasks.answering`."""

import re

from llama_index.core.schema import NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from engines.coverage.verdict import source
from engines.instrumentation import QuickPostprocessor
from engines.retrieval.retriever import GROUNDING
from engines.synthesis.passage_choice import place, was_quoted
from engines.tasks.page_pieces import requires_something
from storage.vectors import payload

_LISTS = re.compile(r"(?:^\s*(?:[-*+]|\d+[.)])\s.*\n+){2}|^\s*\|.*\|\s*$", re.MULTILINE)


class ListsFirst(QuickPostprocessor):
    """Puts sections with a list or a table first, if what was found does not cover "which of these …?"."""

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        decided = nodes[0].node.metadata.get(GROUNDING) if nodes else None
        if decided is None or decided.verdict == "covered":
            return nodes
        return sorted(nodes, key=lambda each: _LISTS.search(each.node.get_content()) is None)


class NeedsFirst(QuickPostprocessor):
    """Puts sections first whose heading says what a reader needs: "do I need a robot for this book?"."""

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        return sorted(nodes, key=lambda each: not requires_something(source(0, each)))


class BesideTheQuoted(QuickPostprocessor):
    """Leaves the sections beside the one that an answer quotes first, if any is found: "and the other one?"."""

    _answer: str = PrivateAttr()

    def __init__(self, answer: str) -> None:
        super().__init__()
        self._answer = answer

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        quoted = [each for each in nodes if was_quoted(source(0, each), (self._answer,))]
        if not quoted:
            return nodes
        first = min(quoted, key=lambda each: self._answer.index(f"> — {place(source(0, each))} ["))
        beside = [each for each in nodes if abs(_section(each) - _section(first)) == 1]
        return beside or nodes


def _section(found: NodeWithScore) -> int:
    return int(found.node.metadata.get(payload.SECTION) or 0)
