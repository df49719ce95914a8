"""LlamaIndex's sentence-transformers embedding, able to embed many questions at once with a steady time for one.

Importing this module imports torch, which takes seconds: `engines.embedding.load_embedding` does it when it must.
"""

import os
from collections.abc import Sequence

import torch
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.embeddings.huggingface import HuggingFaceEmbedding

SMALL_BATCH = 4  # up to here one core is as fast as two, and its time does not swing with what else runs


class SentenceEmbedding(HuggingFaceEmbedding):
    """One loaded model; questions are to be embedded from one thread."""

    _threads: int = PrivateAttr(default=0)

    def get_query_embeddings(self, questions: Sequence[str]) -> list[list[float]]:
        """The vectors of questions, in their order: a few on one core, many on all but the event loop's."""
        self._use_threads(1 if len(questions) <= SMALL_BATCH else max(1, (os.cpu_count() or 1) - 1))
        vectors = self._model.encode(
            list(questions),
            batch_size=self.embed_batch_size,
            prompt_name="query",
            normalize_embeddings=self.normalize,
            show_progress_bar=False,
        )
        return list(vectors.tolist())

    def _use_threads(self, count: int) -> None:
        # The number is the calling thread's own, so that a builder's threads keep theirs.
        if count != self._threads:
            torch.set_num_threads(count)
            self._threads = count
