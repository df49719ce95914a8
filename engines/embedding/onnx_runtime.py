"""Runs an exported model with ONNX Runtime and `tokenizers`: for the cross-encoder, and as LlamaIndex's embedding.

The weights lie in a file beside the graph and are mapped into memory, so that the processes of one machine share the
pages of those that ONNX Runtime does not rearrange (the word embeddings, half of a small model).
`engines.embedding.model` loads an `OnnxEmbedding`, `engines.embedding.cross_encoder` an `OnnxModel`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from llama_index.core.bridge.pydantic import PrivateAttr
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from engines.embedding.batched_embedding import BatchedEmbedding, like_lengths
from engines.embedding.exports import GRAPH, TOKENIZER, Export, ExportError, verify_files

MAX_BATCH = 32
PASS_TOKENS = 1024  # padded, in one pass: 4 texts of 256; larger passes are no faster, and 4,096 take 330 MB more

Vectors = NDArray[np.float32]
Texts = Sequence[str] | Sequence[tuple[str, str]]

BATCH = 128  # texts handed over at once; the runtime groups them by length


class OnnxModel:
    """One session with its tokeniser; may be called from several threads."""

    def __init__(self, folder: Path, export: Export, *, threads: int) -> None:
        """Load the export in `folder`; raises ExportError where it is damaged."""
        verify_files(folder, export)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin while they wait take the cores of the other workers.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(folder / GRAPH, options, providers=["CPUExecutionProvider"])
            self._tokenizer = _tokenizer(folder, export)
        except Exception as exc:  # ONNX Runtime and tokenizers raise bare exceptions of their own
            raise ExportError(f"The export in {folder} cannot be loaded: {exc}") from exc
        self._export = export

    def run(self, texts: Texts) -> Vectors:
        """The outputs for texts or pairs of texts, in their order: (texts, dimensions)."""
        outputs = np.zeros((len(texts), self._export.dimensions), dtype=np.float32)
        for places, found in self.run_in_parts(texts):
            outputs[places] = found
        return outputs

    def run_in_parts(self, texts: Texts) -> Iterator[tuple[list[int], Vectors]]:
        """The outputs as they come: the places of some texts, and their rows. Texts of like length share a pass."""
        encoded = self._tokenizer.encode_batch(list(texts))
        lengths = [len(item.ids) for item in encoded]
        for places in like_lengths(lengths, most=MAX_BATCH, most_tokens=PASS_TOKENS):
            yield places, self._pass([encoded[place] for place in places])

    def _pass(self, encoded: Sequence[Encoding]) -> Vectors:
        padding = self._export.padding
        # Graphs are traced for two tokens or more; a model without special tokens may read one.
        width = max(2, *(len(item.ids) for item in encoded))
        for item in encoded:
            item.pad(
                width, direction=padding.side, pad_id=padding.token_id, pad_type_id=padding.type_id,
                pad_token=padding.text,
            )  # fmt: skip
        values = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
        inputs = {
            name: np.array([getattr(item, values[name]) for item in encoded], dtype=np.int64)
            for name in self._export.inputs
        }
        [output] = self._session.run(None, inputs)
        return np.asarray(output, dtype=np.float32).reshape(len(encoded), -1)


def _tokenizer(folder: Path, export: Export) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.enable_truncation(export.max_tokens)
    tokenizer.no_padding()  # done for each pass
    return tokenizer


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
