"""A cross-encoder that reads question and passage together: optional, off by default (`RERANK_MODEL`).

It reads what both sides found, and its order replaces theirs; passages keep the ranks that they had.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from engines.embedding.cross_encoder import CrossEncoderModel, PairScorer, describe_cross_encoder, load_cross_encoder
from engines.settings import EngineSettings
from storage.vectors import payload

DEPTH = 30  # chunks that are read for one question; each costs a pass of the model


class CrossEncoderRerank(BaseNodePostprocessor):
    """A cross-encoder, loaded with its first question and run on a thread of its own.

    LlamaIndex's own reranker loads its model at once, runs on the caller's thread, and only keeps `top_n` nodes.
    """

    model: CrossEncoderModel
    depth: int = DEPTH
    _scorer: PairScorer | None = PrivateAttr(default=None)
    _thread: ThreadPoolExecutor = PrivateAttr(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="reranker")
    )

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        """The first `depth` nodes by the cross-encoder's score, the others after them."""
        # For a follow-up, the reading with the question before it: "why?" alone is equally close to any passage.
        question = query_bundle.embedding_strs[0] if query_bundle and query_bundle.embedding_strs else ""
        read = nodes[: self.depth]
        scores = self._scores([(question, _readable(found)) for found in read])
        order = sorted(range(len(read)), key=lambda place: -scores[place])
        return [read[place] for place in order] + nodes[self.depth :]

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._postprocess_nodes, nodes, query_bundle)

    def _scores(self, pairs: list[tuple[str, str]]) -> list[float]:
        if self._scorer is None:
            self._scorer = load_cross_encoder(self.model)
        return self._scorer.scores(pairs)


def load_reranker(settings: EngineSettings) -> CrossEncoderRerank | None:
    """The reranker that `RERANK_MODEL` names; None if it is not set."""
    model = describe_cross_encoder(settings)
    return None if model is None else CrossEncoderRerank(model=model)


def _readable(found: NodeWithScore) -> str:
    return f"{found.node.metadata.get(payload.BREADCRUMB, '')}\n{found.node.get_content()}"
