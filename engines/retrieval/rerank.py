"""A cross-encoder that reads question and passage together: optional, off by default (`RERANK_MODEL`).

It sees what both sides found, and its order replaces theirs; the ranks that they gave stay with the passages.
"""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from engines.embedding.model_files import model_folder
from engines.retrieval.fusion import Fused
from engines.settings import EngineSettings
from storage.errors import ConfigurationError
from storage.vectors import payload
from storage.vectors.search import StoredChunk

DEPTH = 30  # chunks that are read for one question; each costs a pass of the model


class Reranker(Protocol):
    """Puts chunks into a better order."""

    depth: int

    async def rerank(self, question: str, ranked: Sequence[Fused], stored: Sequence[StoredChunk]) -> list[Fused]:
        """The chunks in their new order."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder, loaded with its first question and run on a thread of its own."""

    def __init__(self, folder: str, *, depth: int = DEPTH) -> None:
        self.depth = depth
        self._folder = folder
        self._model: Any = None
        self._loading = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reranker")

    async def rerank(self, question: str, ranked: Sequence[Fused], stored: Sequence[StoredChunk]) -> list[Fused]:
        """The first `depth` chunks by the cross-encoder's score, the others after them."""
        chunks = {chunk.id: chunk for chunk in stored}
        read = [item for item in ranked[: self.depth] if item.id in chunks]
        pairs = [(question, _readable(chunks[item.id])) for item in read]
        loop = asyncio.get_running_loop()
        scores = await loop.run_in_executor(self._thread, self._scores, pairs)
        order = sorted(range(len(read)), key=lambda place: -scores[place])
        chosen = {item.id for item in read}
        return [read[place] for place in order] + [item for item in ranked if item.id not in chosen]

    def _scores(self, pairs: list[tuple[str, str]]) -> list[float]:
        if not pairs:
            return []
        return [float(score) for score in self._loaded().predict(pairs, show_progress_bar=False)]

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                from sentence_transformers import CrossEncoder  # seconds of imports, for those who rerank

                try:
                    self._model = CrossEncoder(self._folder, device="cpu", local_files_only=True)
                except (OSError, ValueError, KeyError, RuntimeError) as exc:
                    raise ConfigurationError(f"RERANK_MODEL in {self._folder} cannot be loaded: {exc}") from exc
        return self._model


def load_reranker(settings: EngineSettings) -> Reranker | None:
    """The reranker that `RERANK_MODEL` names; None where it is not set."""
    if settings.rerank_model is None:
        return None
    return CrossEncoderReranker(str(model_folder(settings.rerank_model, variable="RERANK_MODEL")))


def _readable(chunk: StoredChunk) -> str:
    return f"{chunk.metadata.get(payload.BREADCRUMB, '')}\n{chunk.text}"
