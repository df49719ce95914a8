"""The cross-encoder that `RERANK_MODEL` names, in the same two runtimes as the embedding model."""

import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from engines.embedding.embedding_model import Runtime, has_torch, published_name
from engines.embedding.model_files import (
    TOKENIZER,
    Export,
    ExportError,
    export_problem,
    file_digest,
    is_export,
    model_folder,
    own_code_problem,
    read_export,
    weights_digest,
)
from engines.settings import EngineSettings
from storage.errors import ConfigurationError

logger = logging.getLogger(__name__)


class PairScorer(Protocol):
    """A loaded cross-encoder."""

    def scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """How well each passage answers its question; higher is better, on the model's own scale."""


@dataclass(frozen=True, slots=True)
class CrossEncoderModel:
    """One cross-encoder, not loaded."""

    name: str
    path: Path
    exports: Path  # the folder of all exports
    runtime: Runtime
    device: str

    @property
    def export_folder(self) -> Path:
        """Where its export is, or would be."""
        if is_export(self.path):
            return self.path
        parts = ("cross-encoder", weights_digest(self.path), file_digest(self.path / TOKENIZER))
        return self.exports / hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def describe_cross_encoder(settings: EngineSettings) -> CrossEncoderModel | None:
    """The model that `RERANK_MODEL` names, by name or folder; None if it is not set."""
    if settings.rerank_model is None:
        return None
    path = model_folder(
        settings.rerank_model, variable="RERANK_MODEL", kind="cross-encoder", exports=settings.exports_dir
    )
    return CrossEncoderModel(
        settings.rerank_model, path, settings.exports_dir, settings.embed_runtime, settings.embed_device
    )


def ensure_cross_encoder_export(model: CrossEncoderModel) -> str | None:
    """Export the cross-encoder if it has no valid export; returns why there is still none, or None."""
    if model.runtime == "torch":
        return None
    try:
        problem = export_problem(model.export_folder)
    except (OSError, ConfigurationError) as exc:
        return f"RERANK_MODEL in {model.path} cannot be loaded: {exc}"
    if problem is None or not has_torch() or is_export(model.path):
        return problem
    from engines.embedding.onnx_exporter import export_cross_encoder  # torch and its exporter: seconds of imports

    name = published_name(model.name)
    wanted = Export("cross-encoder", name, weights_digest(model.path), max_tokens=0, inputs=(), files={})
    try:
        export_cross_encoder(wanted, model.path, model.export_folder)
    except ExportError as exc:
        return str(exc)
    return None


def load_cross_encoder(model: CrossEncoderModel) -> PairScorer:
    """The cross-encoder, ready to score pairs; raises ConfigurationError if it cannot be loaded."""
    try:
        if model.runtime != "torch":
            try:
                return _OnnxScorer(model, read_export(model.export_folder))
            except ExportError as exc:
                if model.runtime == "onnx" or not has_torch() or is_export(model.path):
                    raise
                logger.warning("The cross-encoder runs on torch: %s", exc)
        return _TorchScorer(model)
    except (ConfigurationError, OSError, ValueError, KeyError, RuntimeError) as exc:
        problem = own_code_problem(model.path.name, exc) or f"in {model.path} cannot be loaded: {exc}"
        raise ConfigurationError(f"RERANK_MODEL {problem}") from exc


class _OnnxScorer:
    def __init__(self, model: CrossEncoderModel, export: Export) -> None:
        from engines.embedding.onnx_runtime import OnnxModel  # only needed for reranking

        if export.kind != "cross-encoder":
            raise ConfigurationError(f"The export in {model.path} is an {export.kind} model, not a cross-encoder.")
        self._model = OnnxModel(model.export_folder, export, threads=max(1, (os.cpu_count() or 1) - 1))

    def scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The scores of pairs of a question and a passage."""
        return [float(score) for score in self._model.run(pairs)[:, 0]] if pairs else []


class _TorchScorer:
    def __init__(self, model: CrossEncoderModel) -> None:
        from sentence_transformers import CrossEncoder  # seconds of imports, only needed for reranking with torch

        self._model: Any = CrossEncoder(str(model.path), device=model.device, local_files_only=True)

    def scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The scores of pairs of a question and a passage."""
        return [float(score) for score in self._model.predict(list(pairs), show_progress_bar=False)] if pairs else []
