"""A model of another family in place of the default one, and a cross-encoder after it; both are loaded for real."""

import asyncio
from pathlib import Path

import httpx
import numpy as np
import pytest
from llama_index.core.schema import NodeWithScore, TextNode

from engines.embedding.cross_encoder import CrossEncoderModel, describe_cross_encoder
from engines.embedding.embedding_model import describe_model
from engines.retrieval.rerank import CrossEncoderRerank, load_reranker
from engines.settings import EngineSettings
from storage.errors import ConfigurationError
from storage.settings import StorageSettings
from storage.vectors.hybrid_search import SparseQuery, StoredChunk
from storage.vectors.index_store import open_store
from tests.serving import build_small_index, copied, serving
from tests.small_book import PAGES, write_small_book
from tests.tiny_models import DIMENSIONS, TOKENS, write_cross_encoder, write_embedding_model

# Importing torch takes seconds of CPU, and so does each export: `make test-models` runs these.
pytestmark = pytest.mark.conformance

QUESTION = "Why can the zero moment point not leave the support polygon?"


@pytest.fixture(scope="module")
def e5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_embedding_model(tmp_path_factory.mktemp("models") / "e5-tiny")


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cross_encoder(tmp_path_factory.mktemp("models") / "cross-encoder")


@pytest.fixture(scope="module")
def e5_index(e5: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the small book as the model of the E5 family sees it."""
    folder = tmp_path_factory.mktemp("e5-index")
    build_small_index(folder / "data", write_small_book(folder / "site"), engine=_engine(e5))
    return folder / "data"


async def test_the_build_knows_the_model_and_its_prefixes(e5: Path, e5_index: Path) -> None:
    async with open_store(StorageSettings(data_dir=e5_index)) as store:
        spec = (await store.current()).spec

    assert (spec.embed_model, spec.dimensions, spec.chunk_tokens) == (e5.name, DIMENSIONS, TOKENS)
    assert (spec.query_prefix, spec.passage_prefix) == ("query: ", "passage: ")


async def test_passages_are_embedded_whole_and_with_their_prefix(e5: Path, e5_index: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model, tokenizer = SentenceTransformer(str(e5), device="cpu"), describe_model(_engine(e5)).tokenizer()
    async with open_store(StorageSettings(data_dir=e5_index)) as store:
        chunks = await (await store.pin()).matching([], limit=1000)
        for chunk in chunks:
            seen = f"passage: {chunk.metadata['breadcrumb']}\n\n{chunk.text}"
            assert len(tokenizer.encode(seen).ids) <= TOKENS
            vector = model.encode(seen, normalize_embeddings=True)
            found = await (await store.pin()).search(vector.tolist(), SparseQuery([], []), limit=1)
            [(nearest, cosine)] = found.dense
            assert nearest == chunk.id
            assert cosine == pytest.approx(1.0, abs=1e-4)

    assert len(chunks) >= len(PAGES)


def test_a_question_is_asked_with_its_prefix(e5: Path, e5_index: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    asked = f"query: {QUESTION.rstrip('?')}"  # as it is searched, without its question mark
    question = SentenceTransformer(str(e5), device="cpu").encode(asked, normalize_embeddings=True)
    nearest = asyncio.run(_nearest(e5_index, question.tolist()))

    with serving(copied(e5_index, tmp_path), embed_model=str(e5)) as served:
        found = httpx.get(f"{served.url}/api/search", params={"q": QUESTION}).json()["results"]

    ranks = {source["id"]: source["dense_rank"] for source in found}
    assert ranks
    assert all(nearest.index(chunk) + 1 == rank for chunk, rank in ranks.items() if rank is not None)


def test_an_index_of_another_model_is_refused_by_name(small_index: Path, e5: Path, tmp_path: Path) -> None:
    with serving(copied(small_index, tmp_path), embed_model=str(e5)) as served:
        answer = httpx.get(f"{served.url}/api/search", params={"q": QUESTION})

    assert answer.status_code == 503
    assert "embed_model" in answer.text


async def test_a_cross_encoder_puts_what_was_found_in_its_own_order(cross_encoder: Path) -> None:
    from sentence_transformers import CrossEncoder

    stored = [TextNode(id_=name, text=text, metadata={"breadcrumb": name}) for name, text in PAGES.items()]
    scores = CrossEncoder(str(cross_encoder), device="cpu").predict(
        [(QUESTION, f"{node.metadata['breadcrumb']}\n{node.text}") for node in stored]
    )
    worst_first = [stored[place] for place in np.argsort(scores)]
    ranked = [NodeWithScore(node=node, score=-rank) for rank, node in enumerate(worst_first, 1)]

    reranker = CrossEncoderRerank(model=_cross_encoder(cross_encoder), depth=len(stored) - 1)
    found = await reranker.apostprocess_nodes(ranked, query_str=QUESTION)

    assert len(set(scores.tolist())) == len(stored)
    assert found == [*reversed(ranked[:-1]), ranked[-1]]


def test_a_reranked_answer_still_says_what_each_side_found(
    small_index: Path, cross_encoder: Path, tmp_path: Path
) -> None:
    from sentence_transformers import CrossEncoder

    with serving(copied(small_index, tmp_path), rerank_model=str(cross_encoder)) as served:
        found = httpx.get(f"{served.url}/api/search", params={"q": QUESTION}).json()["results"]

    chunks = asyncio.run(_chunks(small_index, [source["id"] for source in found]))
    scores = CrossEncoder(str(cross_encoder), device="cpu").predict(
        [(QUESTION, f"{chunk.metadata['breadcrumb']}\n{chunk.text}") for chunk in chunks]
    )
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    assert {1, 2} <= {source["dense_rank"] for source in found}


async def test_a_folder_that_holds_no_cross_encoder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    reranker = load_reranker(EngineSettings(rerank_model=str(tmp_path)))

    assert reranker is not None
    with pytest.raises(ConfigurationError, match="RERANK_MODEL"):
        await reranker.apostprocess_nodes([NodeWithScore(node=TextNode(text="text"))], query_str=QUESTION)


def _cross_encoder(folder: Path) -> CrossEncoderModel:
    model = describe_cross_encoder(EngineSettings(rerank_model=str(folder)))
    assert model is not None
    return model


def _engine(model: Path) -> EngineSettings:
    return EngineSettings(embed_model=str(model))


async def _nearest(data_dir: Path, vector: list[float]) -> list[str]:
    async with open_store(StorageSettings(data_dir=data_dir)) as store:
        return [chunk for chunk, _ in (await (await store.pin()).search(vector, SparseQuery([], []), limit=100)).dense]


async def _chunks(data_dir: Path, ids: list[str]) -> list[StoredChunk]:
    async with open_store(StorageSettings(data_dir=data_dir)) as store:
        return await (await store.pin()).chunks(ids)
