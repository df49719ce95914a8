"""Puts a passage that defines what a question asks to define in front of those that only mention it.

One of the passage postprocessors. "What is ROS 2?" is as near to "Next steps with ROS 2" as to the sentence that says
what it is: both have all of its words.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.citations.opening_sentence import text_blocks
from engines.retrieval.postprocessor import QuickPostprocessor
from engines.retrieval.retriever import UNDERSTOOD
from engines.understanding.definitions import DEFINES, NONE, Definition, definition_in
from storage.vectors import payload

AMONG = 24  # sections from the best one on, in which a definition is looked for


class DefinitionFirst(QuickPostprocessor):
    """Moves the passage that defines the term best to the front, where the question asks for a definition."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        understood = nodes[0].node.metadata.get(UNDERSTOOD) if nodes else None
        if understood is None or not understood.term_names:
            return nodes
        strengths = [strength_of(found, understood.term_names) for found in nodes[:AMONG]]
        best = max(range(len(strengths)), key=strengths.__getitem__)
        if not best or strengths[best] < DEFINES:
            return nodes
        return [nodes[best], *nodes[:best], *nodes[best + 1 :]]


def strength_of(found: NodeWithScore, names: Sequence[str]) -> float:
    """How strongly a passage defines a term under one of its names (`engines.understanding.definitions`)."""
    return definition_of(found.node.get_content(), tuple(names), innermost_heading(found.node.metadata)).strength


def innermost_heading(metadata: Mapping[str, object]) -> str:
    """The heading right above a passage; "" where that is the page's title."""
    path = metadata.get(payload.HEADING_PATH)
    return str(path[-1]) if isinstance(path, list | tuple) and path else ""


@lru_cache(maxsize=2_048)  # the same sections are near to the same questions
def definition_of(text: str, names: tuple[str, ...], heading: str) -> Definition:
    """What of a passage defines a term under one of its names."""
    return definition_in(text_blocks(text), names, heading) if names else NONE
