"""Exports a sentence-transformers model to ONNX for an index; the only module that needs torch for that.

Everything after the tokeniser is exported: transformer, pooling, dense layers and, for an embedding, the normalisation.
The export is compared with the original on texts of many lengths and scripts, and discarded if they differ. Called by
`engines.embedding.embedding_model`, which imports this module, and so torch, only then.
"""

import errno
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder, SentenceTransformer

from engines.embedding.model_files import (
    GRAPH,
    MANIFEST,
    TOKENIZER,
    Export,
    ExportError,
    Padding,
    file_digest,
    own_code_problem,
    read_export,
    written_aside,
)
from engines.embedding.onnx_runtime import OnnxModel, Texts
from engines.embedding.silent_onnxruntime import ort

logger = logging.getLogger(__name__)

LEAST_COSINE = 0.9999  # of any probe; exports in 32 bits reach 0.999999
MOST_SCORE_DIFFERENCE = 1e-3  # of a cross-encoder's scores
_PACKAGES = ("torch", "transformers", "sentence-transformers", "onnx", "onnxscript")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DEFAULT_MAX_TOKENS = 512  # of a cross-encoder that names no limit
# PyTorch's fused attention is exported with guards for rows that are masked as a whole, which cost 12 % of a long pass.
_PLAIN_ATTENTION = {"attn_implementation": "eager"}

_SENTENCE = "The zero moment point must stay inside the support polygon while the robot walks. "
_PROBES = (
    "a",
    "What is inverse kinematics?",
    "  two   spaces, a tab\tand a line\nbreak ",
    "Größe der Übertragungsfunktion: 3,5 µm",
    "زیرو مومنٹ پوائنٹ کیا ہے اور یہ کیوں ضروری ہے؟",
    "零力矩点必须位于支撑多边形之内。",
    "ゼロモーメントポイントとは何ですか。",
    "제로 모멘트 포인트는 무엇입니까?",
    "Что такое точка нулевого момента?",
    "จุดโมเมนต์ศูนย์คืออะไร",
    "शून्य आघूर्ण बिंदु क्या है?",
    "😀 🤖 emoji and e\u0301 combining marks",
    "def f(q):\n    return np.clip(q[0], -1.0, 1.0)  # rad",
    "$\\tau = J^T F$ and \\frac{a}{b}",
    "aF09" * 120,
    _SENTENCE,
    _SENTENCE * 4,
    _SENTENCE * 12,
    _SENTENCE * 60,
    _SENTENCE * 800,
)


@dataclass(frozen=True, slots=True)
class _Traced:
    """A model with one output for the tokeniser's inputs."""

    module: torch.nn.Module
    tokenizer: Any
    reference: Callable[[Texts], NDArray[np.float32]]


def export_embedding(wanted: Export, source: Path, target: Path) -> Export:
    """Export the sentence-transformers model in `source` to the folder `target`.

    `wanted` has what the index depends on; its files, inputs and padding are filled in. Raises ExportError if the model
    cannot be exported or the export differs from it; then `target` is unchanged.
    """
    with _errors_named(wanted.name, target), _quiet():
        model = SentenceTransformer(str(source), device="cpu", local_files_only=True, model_kwargs=_PLAIN_ATTENTION)
        model.max_seq_length = wanted.max_tokens
        model.float().eval()
        traced = _Traced(
            _Embedding(model),
            model.tokenizer,
            lambda texts: np.asarray(
                model.encode(list(texts), batch_size=1, normalize_embeddings=True, show_progress_bar=False)
            ),
        )
        probes = [wanted.passage_prefix + text for text in _PROBES]
        return _export(wanted, traced, source, target, probes)


def export_cross_encoder(wanted: Export, source: Path, target: Path) -> Export:
    """Export the cross-encoder in `source` to the folder `target`; raises like `export_embedding`."""
    with _errors_named(wanted.name, target), _quiet():
        model = CrossEncoder(str(source), device="cpu", local_files_only=True, model_kwargs=_PLAIN_ATTENTION)
        model.float().eval()
        traced = _Traced(
            _Scores(model),
            model.tokenizer,
            lambda pairs: np.asarray(model.predict(list(pairs), batch_size=1, show_progress_bar=False)),
        )
        wanted = replace(wanted, max_tokens=model.max_seq_length or DEFAULT_MAX_TOKENS)
        return _export(wanted, traced, source, target, [("What is a joint?", text) for text in _PROBES])


class _Whole(torch.nn.Module):
    """All modules of a sentence-transformers model in a row."""

    def __init__(self, model: SentenceTransformer | CrossEncoder) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The outputs of one batch: (batch, dimensions)."""
        features: dict[str, Any] = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            features["token_type_ids"] = token_type_ids
        for module in self.model:
            features = module(features)
        return self.output(features)

    def output(self, features: dict[str, Any]) -> torch.Tensor:
        """The part of the last module's output that is kept."""
        raise NotImplementedError


class _Embedding(_Whole):
    """Gives the normalised vector."""

    def output(self, features: dict[str, Any]) -> torch.Tensor:
        return torch.nn.functional.normalize(features["sentence_embedding"], p=2.0, dim=1)


class _Scores(_Whole):
    """Gives a cross-encoder's scores after its activation function."""

    def __init__(self, model: CrossEncoder) -> None:
        super().__init__(model)
        self.activation: Callable[[torch.Tensor], torch.Tensor] = model.activation_fn or torch.nn.Identity()

    def output(self, features: dict[str, Any]) -> torch.Tensor:
        return self.activation(features["scores"])


def _export(wanted: Export, traced: _Traced, source: Path, target: Path, probes: Texts) -> Export:
    with written_aside(target) as writing:
        inputs = _trace(traced, writing / GRAPH)
        shutil.copyfile(source / TOKENIZER, writing / TOKENIZER)
        export = replace(
            wanted,
            inputs=inputs,
            files={file.name: file_digest(file) for file in sorted(writing.iterdir())},
            padding=_padding(traced.tokenizer),
            made_with={package: version(package) for package in _PACKAGES},
        )
        _compare(export, writing, traced, probes)
        (writing / MANIFEST).write_text(export.to_json(), encoding="utf-8")
    return read_export(target)


def _trace(traced: _Traced, graph: Path) -> tuple[str, ...]:
    """Write the graph and, beside it, the weights; returns the graph's inputs."""
    texts = [_SENTENCE, _SENTENCE * 3]
    pairs = {"text_pair": texts} if isinstance(traced.module, _Scores) else {}
    found = traced.tokenizer(texts, **pairs, padding=True, return_tensors="pt")
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in found]
    batch, tokens = torch.export.Dim("batch"), torch.export.Dim("tokens")
    torch.onnx.export(
        traced.module,
        args=tuple(found[name] for name in names),
        f=graph,
        dynamo=True,
        external_data=True,  # weights in a separate file can be mapped into memory
        input_names=names,
        output_names=["output"],
        dynamic_shapes=tuple({0: batch, 1: tokens} for _ in names),
        verbose=False,
    )
    session = ort.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return tuple(item.name for item in session.get_inputs())


def _padding(tokenizer: Any) -> Padding:
    side: Literal["left", "right"] = "left" if tokenizer.padding_side == "left" else "right"
    return Padding(
        text=tokenizer.pad_token or "[PAD]",
        token_id=int(tokenizer.pad_token_id or 0),
        type_id=int(getattr(tokenizer, "pad_token_type_id", 0) or 0),
        side=side,
    )


def _compare(export: Export, folder: Path, traced: _Traced, probes: Texts) -> None:
    """Raise ExportError if the export's output differs from that of the original model."""
    found = OnnxModel(folder, export, threads=max(1, os.cpu_count() or 1)).run(probes)
    expected = traced.reference(probes).reshape(len(probes), -1)
    if not np.isfinite(found).all():
        raise ExportError(f"{export.name} cannot be exported to ONNX: the export gives numbers that are not finite.")
    if export.kind == "embedding":
        norms = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
        worst = float(np.min(np.sum(found * expected, axis=1) / np.maximum(norms, 1e-12)))
        agrees, told = worst >= LEAST_COSINE, f"a cosine of {worst:.5f}, and {LEAST_COSINE} is required"
    else:
        difference = float(np.max(np.abs(found - expected)))
        agrees, told = difference <= MOST_SCORE_DIFFERENCE, f"a score differs by {difference:.5f}"
    if not agrees:
        raise ExportError(f"The ONNX export of {export.name} does not give what the model gives: {told}.")


@contextmanager
def _errors_named(name: str, target: Path) -> Iterator[None]:
    """Translate every failure of an export to an ExportError; its cause is an OSError where writing failed."""
    try:
        yield
    except ExportError:
        raise
    except Exception as exc:  # torch's exporter raises whatever its stages raise
        if problem := own_code_problem(name, exc):
            raise ExportError(problem) from exc
        if failed := _disk_error(exc):
            reason = failed.strerror or str(failed)
            is_full = failed.errno in _NO_ROOM or "writ" in reason  # numpy, which writes the weights, gives no number
            room = f" Make room for it in {target.parent}." if is_full else ""
            raise ExportError(f"{name} was not exported: {reason}.{room}") from failed
        cause = exc.__cause__ or exc  # torch wraps the reason in advice for its own developers
        lines = str(cause).strip().splitlines()
        raise ExportError(f"{name} cannot be exported to ONNX: {lines[0] if lines else type(cause).__name__}") from exc


def _disk_error(exc: BaseException | None) -> OSError | None:
    """The file system error that caused an error of the exporter."""
    while exc is not None and not isinstance(exc, OSError):
        exc = exc.__cause__
    return exc


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the output of exporter and loader off the terminal."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # torch traces each step of an export for its own developers
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
