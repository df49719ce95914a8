"""Parts of the index's tests: chunks with vectors that can be told apart, and builds made of them."""

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
from llama_index.core.schema import TextNode

from storage.vectors.bm25 import encode_queries
from storage.vectors.build_record import IndexSpec
from storage.vectors.builds import Build
from storage.vectors.hybrid_search import SparseQuery
from storage.vectors.index_store import IndexStore
from storage.vectors.qdrant_vector_store import PinnedBuild

DIMENSIONS = 8
SPEC = IndexSpec(embed_model="test-model", embed_weights="", dimensions=DIMENSIONS)


def vector(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """A unit vector that is the same for the same text, and near to no other."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    values = np.random.default_rng(seed).normal(size=dimensions)
    unit: list[float] = (values / np.linalg.norm(values)).tolist()
    return unit


def chunk(text: str, url: str = "/docs/intro", **metadata: object) -> TextNode:
    """A chunk with all that a filter asks for."""
    node = TextNode(id_=str(uuid5(NAMESPACE_URL, url + text)), text=text, embedding=vector(text))
    node.metadata = {"url": url, "locale": "en", "version": "current", "latest": True, "content_hash": text, **metadata}
    node.excluded_embed_metadata_keys = list(node.metadata)
    return node


def sparse(text: str) -> SparseQuery:
    """The words of a question."""
    indices, values = encode_queries([text])
    return SparseQuery(indices[0], values[0])


def write(store: IndexStore, chunks: Sequence[TextNode], spec: IndexSpec = SPEC) -> Build:
    """A finished build."""
    build = store.create_build(spec)
    build.vector_store.add(list(chunks))
    build.finish()
    return build


def publish(store: IndexStore, *texts: str, spec: IndexSpec = SPEC) -> str:
    """The name of a build with these texts, made live."""
    return store.publish(write(store, [chunk(text) for text in texts], spec)).name


def publish_another(store: IndexStore) -> str:
    """The name of a build of one chunk with the settings of the live one, made live in its place."""
    live = store.live()
    assert live is not None
    node = chunk("The zero moment point, told otherwise.", "/docs/balance/zmp")
    node.embedding = [1.0] + [0.0] * (live.spec.dimensions - 1)
    return store.publish(write(store, [node], live.spec)).name


def age_cache(path: Path, *, days: int) -> None:
    """Let all vectors of a cache be so much older."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE vectors SET used_day = used_day - ?", (days,))


async def find(store: IndexStore, text: str) -> list[str]:
    """The texts of the chunks nearest to a text."""

    async def work(build: PinnedBuild) -> list[str]:
        found = await build.search(vector(text), sparse(text), limit=3)
        return [item.text for item in await build.chunks([key for key, _ in found.dense])]

    return await store.read(work)
