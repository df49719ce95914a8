"""The index that `bookrag eval` searches: the live one, or one built on the spot for a configuration."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.progress import shown_progress
from engines.embedding.embedding_model import EmbeddingModel, describe_model, index_spec
from engines.evaluation.beir import load_beir_documents
from engines.settings import EngineSettings
from indexing.progress import Silent
from storage.environment import read_settings
from storage.errors import InputError
from storage.settings import StorageSettings
from storage.vectors.index_store import IndexStore, open_store

if TYPE_CHECKING:
    from engines.embedding.embedding_model import LoadedEmbedding


@dataclass(frozen=True, slots=True)
class Configuration:
    """An evaluation's changes to the settings; None leaves a setting unchanged."""

    embed_model: str | None = None
    chunk_tokens: int | None = None
    rerank_model: str | None = None

    @property
    def on_the_spot(self) -> bool:
        """Whether it needs an index of its own."""
        return self.embed_model is not None or self.chunk_tokens is not None

    def engine_settings(self) -> EngineSettings:
        """The settings with the changes."""
        settings = read_settings(EngineSettings)
        changes = {"embed_model": self.embed_model, "rerank_model": self.rerank_model}
        return settings.model_copy(update={name: value for name, value in changes.items() if value is not None})

    def model(self) -> EmbeddingModel:
        """The embedding model with the requested chunk size."""
        model = describe_model(self.engine_settings())
        if self.chunk_tokens is None:
            return model
        if not 64 <= self.chunk_tokens <= model.max_tokens:
            raise InputError(f"--chunk-tokens must be from 64 to {model.max_tokens}, the model's maximum.")
        return replace(model, max_tokens=self.chunk_tokens)


@contextmanager
def book_store(configuration: Configuration, model: EmbeddingModel, *, quiet: bool) -> Iterator[IndexStore]:
    """The index of the book."""
    settings = read_settings(StorageSettings)
    if configuration.on_the_spot:
        settings = _apart(settings, f"book-{index_spec(model).fingerprint}")
        _build_book(model, settings, configuration.engine_settings(), quiet=quiet)
    with open_store(settings, spec=index_spec(model)) as store:
        yield store


@contextmanager
def collection_store(
    folder: Path, model: EmbeddingModel, embedding: "LoadedEmbedding", *, quiet: bool
) -> Iterator[IndexStore]:
    """The index of a BEIR collection, built now if there is none."""
    from engines.evaluation.collection import index_collection  # brings LlamaIndex's schema

    spec = index_spec(model)
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    settings = _apart(read_settings(StorageSettings), f"collection-{name}-{spec.fingerprint}")
    with open_store(settings, spec=spec) as store, shown_progress(quiet=quiet) as progress:
        documents = load_beir_documents(folder)
        progress.stage("Embedding the collection", len(documents))
        index_collection(documents, store, spec, embedding.get_text_embedding_batch, progress.advance)
        yield store


def _apart(settings: StorageSettings, name: str) -> StorageSettings:
    """The settings of a separate embedded index, so that the book's index is not touched."""
    return settings.model_copy(update={"data_dir": settings.data_dir / "eval" / name, "qdrant_url": None})


def _build_book(model: EmbeddingModel, settings: StorageSettings, engines: EngineSettings, *, quiet: bool) -> None:
    from indexing.rebuild import BuildOptions, Rebuild  # imports the parsers
    from indexing.settings import BookSettings

    book = read_settings(BookSettings)
    with (
        shown_progress(quiet=quiet) as progress,
        Rebuild(model, book=book, engines=engines, storage=settings, progress=progress, notices=Silent()) as rebuild,
    ):
        # The index is built to be measured: a gate that refused a worse configuration would hide the result.
        rebuild.run(BuildOptions(evaluation_gate=False))
