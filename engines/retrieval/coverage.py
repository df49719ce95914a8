"""The node postprocessor that decides whether the passages cover the question, and says so in their metadata."""

from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.coverage.model import shipped_model
from engines.coverage.signals import Signals, gather_signals, is_related
from engines.retrieval.postprocessing import QuickPostprocessor
from engines.retrieval.retriever import GROUNDING, RELATED, UNDERSTOOD, chunk_nodes
from engines.retrieval.sections import passages_of


class Coverage(QuickPostprocessor):
    """Decides from what the search found, so it comes before `ExpandContext`, which adds to it."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        found, passages = chunk_nodes(nodes), passages_of(nodes)
        if not found:
            return nodes
        decided = shipped_model().decide(signals_of(nodes))
        understood = found[0].metadata[UNDERSTOOD]
        for node, passage in zip(found, passages, strict=True):
            node.metadata[GROUNDING] = decided
            node.metadata[RELATED] = decided.grounded or is_related(passage, understood, node.ranking.build)
        return nodes


def signals_of(nodes: list[NodeWithScore]) -> Signals | None:
    """The signals of what the retriever found; None where that is nothing."""
    found = chunk_nodes(nodes)
    return gather_signals(found[0].metadata[UNDERSTOOD], found[0].ranking, passages_of(nodes)) if found else None
