"""What the two runtimes of the embedding model share: questions that are awaited at the same time are one batch."""

from collections.abc import Iterator, Sequence

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr

from engines.embedding.query_batcher import BatchingEmbedder


class BatchedEmbedding(BaseEmbedding):
    """One loaded model. Questions that are awaited go through it together; the other calls are for one thread."""

    _batcher: BatchingEmbedder | None = PrivateAttr(default=None)

    def query_embeddings_in_parts(self, questions: Sequence[str]) -> Iterator[tuple[list[int], list[list[float]]]]:
        """The vectors of questions as they come: the places of some, and their vectors."""
        # Not abstract: LlamaIndex makes a span of each call of an abstract method, and this one has no question's.
        raise NotImplementedError

    def get_query_embeddings(self, questions: Sequence[str]) -> list[list[float]]:
        """The vectors of questions, in their order."""
        vectors: list[list[float]] = [[]] * len(questions)
        for places, found in self.query_embeddings_in_parts(questions):
            for place, vector in zip(places, found, strict=True):
                vectors[place] = vector
        return vectors

    async def _aget_query_embedding(self, query: str) -> list[float]:
        # Stock, each awaited question takes a thread of its own, and all of them the model at once.
        if self._batcher is None:
            self._batcher = BatchingEmbedder(self)
        return await self._batcher.embed(query)

    def close(self) -> None:
        """Finish what was asked and stop the thread of the questions."""
        if self._batcher is not None:
            self._batcher.close()
            self._batcher = None
