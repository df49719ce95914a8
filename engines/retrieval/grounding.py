"""What was found as the sources of an answer, with the decision whether they cover the question.

Two node postprocessors, `Coverage`, which decides, and `OtherLanguage`, which keeps a question in another language than
the index from being refused for its words. `retrieved` gives the nodes as sources where they leave LlamaIndex.
"""

from collections.abc import Sequence
from dataclasses import replace

from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.coverage.verdict import Signals, gather_signals, is_related, shipped_model
from engines.events import Retrieved, Searched, Source
from engines.retrieval.passages import QuickPostprocessor, passages_of
from engines.retrieval.retriever import ADDRESS, GROUNDING, RELATED, SEARCHED, UNDERSTOOD, chunk_nodes
from engines.understanding.words import is_of_language, reads
from storage.vectors import payload


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
        if understood.terms and not decided.grounded:  # what it asks about may be what the book has under another name
            decided = replace(decided, verdict="uncertain", spared_by="related_term")
        for node, passage in zip(found, passages, strict=True):
            node.metadata[GROUNDING] = decided
            node.metadata[RELATED] = decided.grounded or is_related(passage, understood, node.ranking.build)
        return nodes


def signals_of(nodes: list[NodeWithScore]) -> Signals | None:
    """The signals of what the retriever found; None where that is nothing."""
    found = chunk_nodes(nodes)
    return gather_signals(found[0].metadata[UNDERSTOOD], found[0].ranking, passages_of(nodes)) if found else None


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
                node.metadata[GROUNDING] = replace(decided, verdict="uncertain", spared_by="language")
                node.metadata[RELATED] = True
        return nodes


def retrieved(nodes: Sequence[NodeWithScore]) -> Retrieved:
    """The nodes as sources, numbered from 1, with the decision that the coverage postprocessor made.

    No node, or nodes without a decision, are not covered: an answer stands on what was decided, or on nothing.
    """
    sources = tuple(source(number, found) for number, found in enumerate(nodes, 1))
    metadata = nodes[0].node.metadata if nodes else {}
    decided = metadata.get(GROUNDING) or shipped_model().decide(None)
    searched = metadata.get(SEARCHED) or Searched()
    return Retrieved(sources, decided, searched, metadata.get("build"), metadata.get(UNDERSTOOD))


def source(number: int, found: NodeWithScore) -> Source:
    """A node as a source of an answer."""
    metadata = found.node.metadata
    return Source(
        number=number,
        chunk_id=found.node.node_id,
        url=str(metadata.get(ADDRESS, "")),
        title=str(metadata.get(payload.TITLE, "")),
        heading_path=tuple(metadata.get(payload.HEADING_PATH) or ()),
        text=found.node.get_content(),
        score=found.score or 0.0,
        dense_rank=metadata.get("dense_rank"),
        sparse_rank=metadata.get("sparse_rank"),
        related=metadata.get(RELATED, True),
    )
