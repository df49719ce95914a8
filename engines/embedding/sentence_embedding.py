"""LlamaIndex's sentence-transformers embedding, which embeds many questions at once and a single one in a steady time.

Importing this module imports torch, which takes seconds. `engines.embedding.embedding_model.load_embedding` imports it
only for a model that needs torch.
"""

import os
from collections.abc import Iterator, Sequence

import torch
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from tokenizers import Tokenizer

from engines.embedding.onnx_runtime import BatchedEmbedding, like_lengths

SMALL_BATCH = 4  # up to here one core is as fast as two, and its time does not depend on the other core's load


class SentenceEmbedding(BatchedEmbedding, HuggingFaceEmbedding):
    """One model, run by torch."""

    _threads: int = PrivateAttr(default=0)
    _tokenizer: Tokenizer | None = PrivateAttr(default=None)

    def count_with(self, tokenizer: Tokenizer) -> None:
        """Measure questions in the model's own tokens; without this they are measured in characters."""
        self._tokenizer = tokenizer

    def query_embeddings_in_parts(self, questions: Sequence[str]) -> Iterator[tuple[list[int], list[list[float]]]]:
        """The vectors of questions as they come: the indexes of some, and their vectors.

        The model pads a batch to its longest text, so questions of similar length share a batch.
        """
        # A few run on one core, many on all but the event loop's.
        self._use_threads(1 if len(questions) <= SMALL_BATCH else max(1, (os.cpu_count() or 1) - 1))
        for places in like_lengths(self._lengths(questions), most=self.embed_batch_size):
            vectors = self._model.encode(
                [questions[place] for place in places],
                batch_size=len(places),
                prompt_name="query",
                normalize_embeddings=self.normalize,
                show_progress_bar=False,
            )
            yield places, vectors.tolist()

    def _lengths(self, questions: Sequence[str]) -> list[int]:
        if self._tokenizer is None or len(questions) == 1:
            return [len(question) for question in questions]
        longest = self._model.max_seq_length or max(map(len, questions))
        return [min(len(found.ids), longest) for found in self._tokenizer.encode_batch(list(questions))]

    def _use_threads(self, count: int) -> None:
        # The setting is per calling thread, so that a builder's threads keep theirs.
        if count != self._threads:
            torch.set_num_threads(count)
            self._threads = count
