"""The node postprocessor that keeps a question in another language than the index from being refused for its words."""

from dataclasses import replace

from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.retrieval.postprocessing import QuickPostprocessor
from engines.retrieval.retriever import GROUNDING, RELATED, chunk_nodes
from engines.understanding.languages import is_of_language, reads


class OtherLanguage(QuickPostprocessor):
    """Makes a refusal uncertain where the question's words and the searched text are of two languages.

    The same holds for an edition that the embedding model does not read. Comes behind `Coverage`, which decides.
    """

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        found = chunk_nodes(nodes)
        if not found or query_bundle is None:
            return nodes
        ranking, question = found[0].ranking, query_bundle.query_str
        locale = ranking.place.filters.locale or ranking.build.book.get("default_locale")
        if is_of_language(question, locale) and reads(ranking.build.spec.embed_model, question):
            return nodes
        for node in found:
            decided = node.metadata.get(GROUNDING)
            if decided is not None and decided.verdict == "not_covered":
                node.metadata[GROUNDING] = replace(decided, verdict="uncertain")
                node.metadata[RELATED] = True
        return nodes
