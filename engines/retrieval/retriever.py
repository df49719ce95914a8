"""Retrieval as LlamaIndex takes it: a retriever for one question's scope, to be put into any engine of LlamaIndex."""

import asyncio
from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from engines.events import Scope
from engines.retrieval.passages import PassageRetrieval
from engines.retrieval.sections import Passage


class BookRetriever(BaseRetriever):
    """One a request; the nodes' metadata also says why they were found."""

    def __init__(self, retrieval: PassageRetrieval, scope: Scope | None = None, *, k: int = 6) -> None:
        super().__init__()
        self._retrieval = retrieval
        self._scope = scope or Scope()
        self._k = k

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = await self._retrieval.find(query_bundle.query_str, self._scope, k=self._k)
        return [_node(passage) for passage in found.passages]

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return asyncio.run(self._aretrieve(query_bundle))


def _node(passage: Passage) -> NodeWithScore:
    evidence = passage.evidence
    metadata: dict[str, Any] = {
        **passage.metadata,
        "dense_rank": evidence.dense_rank,
        "sparse_rank": evidence.sparse_rank,
        "dense_score": evidence.dense_score,
        "sparse_score": evidence.sparse_score,
        "fused_score": evidence.score,
    }
    node = TextNode(id_=evidence.id, text=passage.text, metadata=metadata, excluded_llm_metadata_keys=list(metadata))
    return NodeWithScore(node=node, score=evidence.score)
