"""LlamaIndex's embedding over an exported model: ONNX Runtime instead of torch; `model.load_embedding` makes it."""

from collections.abc import Iterator, Sequence
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr

from engines.embedding.batched_embedding import BatchedEmbedding
from engines.embedding.onnx_runtime import OnnxModel, Vectors

BATCH = 128  # texts handed over at once; the runtime groups them by length


class OnnxEmbedding(BatchedEmbedding):
    """One loaded model; vectors have length 1."""

    _model: OnnxModel = PrivateAttr()
    _query_prefix: str = PrivateAttr()
    _passage_prefix: str = PrivateAttr()

    def __init__(self, model: OnnxModel, *, name: str, query_prefix: str = "", passage_prefix: str = "") -> None:
        super().__init__(model_name=name, embed_batch_size=BATCH)
        self._model = model
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex's instrumentation shows."""
        return "OnnxEmbedding"

    def query_embeddings_in_parts(self, questions: Sequence[str]) -> Iterator[tuple[list[int], list[list[float]]]]:
        """The vectors of questions as they come: the places of some, and their vectors."""
        for places, found in self._model.run_in_parts([self._query_prefix + question for question in questions]):
            yield places, _lists(found)

    def _get_query_embedding(self, query: str) -> list[float]:
        return self.get_query_embeddings([query])[0]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return _lists(self._model.run([self._passage_prefix + text for text in texts]))

    def to_payload(self) -> dict[str, Any]:
        """What instrumentation may show of the model."""
        return {**super().to_payload(), "runtime": "onnx"}


def _lists(vectors: Vectors) -> list[list[float]]:
    found: list[list[float]] = vectors.tolist()
    return found
