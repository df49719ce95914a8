"""The node postprocessor that decides whether the passages cover the question, and says so in their metadata."""

from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.grounding import content_words, decide, gather_evidence, is_related
from engines.retrieval.postprocessing import QuickPostprocessor
from engines.retrieval.retriever import GROUNDING, RELATED, chunk_nodes
from engines.retrieval.sections import passages_of


class Coverage(QuickPostprocessor):
    """Decides from what the search found, so it comes before `ExpandContext`, which adds to it."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        found, passages = chunk_nodes(nodes), passages_of(nodes)
        if not found:
            return nodes
        question, ranking = query_bundle.query_str if query_bundle else "", found[0].ranking
        evidence = gather_evidence(question, ranking, passages)
        decided = decide(evidence, threshold=ranking.build.grounding_threshold)
        wanted = content_words(question, ranking.place.filters.locale)
        for node, passage in zip(found, passages, strict=True):
            node.metadata[GROUNDING] = decided
            node.metadata[RELATED] = decided.grounded or is_related(passage, wanted, ranking.build)
        return nodes
