"""LlamaIndex's nodes as the sources of an answer; called where nodes leave LlamaIndex."""

from collections.abc import Sequence

from llama_index.core.schema import NodeWithScore

from engines.coverage.model import shipped_model
from engines.events import Retrieved, Searched, Source
from engines.retrieval.retriever import ADDRESS, GROUNDING, RELATED, SEARCHED
from storage.vectors import payload


def retrieved(nodes: Sequence[NodeWithScore]) -> Retrieved:
    """The nodes as sources, numbered from 1, with the decision that the coverage postprocessor made.

    No node, or nodes without a decision, are not covered: an answer stands on what was decided, or on nothing.
    """
    sources = tuple(source(number, found) for number, found in enumerate(nodes, 1))
    metadata = nodes[0].node.metadata if nodes else {}
    decided = metadata.get(GROUNDING) or shipped_model().decide(None)
    return Retrieved(sources, decided, metadata.get(SEARCHED) or Searched(), metadata.get("build"))


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
