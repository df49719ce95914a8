"""Models exported to ONNX: the same vectors without torch, and every way in which an export can be unsound."""

import gc
import json
import resource
import shutil
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.embedding.cross_encoder import describe_cross_encoder, ensure_cross_encoder_export, load_cross_encoder
from engines.embedding.embedding_model import EmbeddingModel, describe_model, ensure_export, load_embedding
from engines.embedding.model_files import GRAPH, MANIFEST, ExportError, read_export, remove_abandoned
from engines.embedding.onnx_runtime import OnnxEmbedding, shared_model
from engines.settings import EngineSettings
from storage.drafts import locked_folder
from storage.errors import ConfigurationError
from tests.tiny_models import DIMENSIONS, TOKENS, write_cross_encoder, write_embedding_model

if TYPE_CHECKING:  # torch is imported where it is called: every process that collects tests imports this file
    from torch.nn import Module

# Importing torch takes seconds of CPU, and so does each export: `make test-models` runs these.
pytestmark = pytest.mark.conformance

ROOT = Path(__file__).parents[3]
TEXTS = ["What is a joint?", "", "robot " * 300, "زیرو مومنٹ پوائنٹ", "x = q[0]", "支撑多边形"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_embedding_model(tmp_path_factory.mktemp("models") / "e5-tiny")


@pytest.fixture(scope="module")
def exported(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> EmbeddingModel:
    model = _model(tiny, tmp_path_factory.mktemp("exports"))
    assert ensure_export(model) is None
    return model


@pytest.fixture
def own(exported: EmbeddingModel, tiny: Path, tmp_path: Path) -> EmbeddingModel:
    """The exported model with exports of the test's own."""
    shutil.copytree(exported.exports, tmp_path / "models")
    return _model(tiny, tmp_path / "models")


def test_an_export_gives_the_vectors_of_the_model_with_its_prefixes_and_its_limit(
    exported: EmbeddingModel, tiny: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    embedding = load_embedding(exported)
    original = SentenceTransformer(str(tiny), device="cpu")

    assert isinstance(embedding, OnnxEmbedding)
    for prefix, found in (
        ("query: ", embedding.get_query_embeddings(TEXTS)),
        ("passage: ", embedding.get_text_embedding_batch(TEXTS)),
    ):
        expected = original.encode([prefix + text for text in TEXTS], normalize_embeddings=True)
        assert np.sum(np.array(found) * expected, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-4)


def test_a_vector_does_not_depend_on_what_is_embedded_beside_it(exported: EmbeddingModel) -> None:
    embedding = load_embedding(exported)

    together = embedding.get_query_embeddings(TEXTS)

    for text, vector in zip(TEXTS, together, strict=True):
        assert embedding.get_query_embedding(text) == pytest.approx(vector, abs=1e-5)


@pytest.mark.parametrize("mode", ["cls", "max", "lasttoken", "mean"])
def test_models_of_every_pooling_are_exported(mode: str, tiny: Path, tmp_path: Path) -> None:
    from sentence_transformers.sentence_transformer.modules import Pooling

    folder = _built(tiny, tmp_path, lambda size: [Pooling(size, pooling_mode=mode)])
    model = _model(folder, tmp_path / "exports")

    assert ensure_export(model) is None
    _agrees(load_embedding(model), folder, model)


def test_a_model_with_a_dense_layer_is_exported_whole(tiny: Path, tmp_path: Path) -> None:
    import torch
    from sentence_transformers.base.modules.dense import Dense
    from sentence_transformers.sentence_transformer.modules import Pooling

    torch.manual_seed(3)
    folder = _built(tiny, tmp_path, lambda size: [Pooling(size), Dense(size, 8)])
    model = _model(folder, tmp_path / "exports")

    assert ensure_export(model) is None
    assert len(load_embedding(model).get_query_embedding("joint")) == model.dimensions == 8
    _agrees(load_embedding(model), folder, model)


def test_a_process_loads_an_export_once_until_its_files_change(own: EmbeddingModel) -> None:
    folder = own.export_folder
    export = read_export(folder)
    model = shared_model(folder, export, threads=1)
    assert shared_model(folder, export, threads=1) is model
    assert shared_model(folder, export, threads=2) is not model
    content = (folder / GRAPH).read_bytes()
    (folder / GRAPH).unlink()
    (folder / GRAPH).write_bytes(content)
    again = shared_model(folder, export, threads=1)
    assert again is not model
    assert again.run(["query: joint"]) == pytest.approx(model.run(["query: joint"]), abs=1e-6)


def test_who_uses_an_export_last_lets_go_of_it(own: EmbeddingModel) -> None:
    loaded = [weakref.ref(shared_model(own.export_folder, read_export(own.export_folder), threads=1))]
    gc.collect()
    assert loaded[0]() is None


def test_the_folder_of_an_export_is_a_model_of_the_same_index(exported: EmbeddingModel, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported.export_folder, tmp_path / "shipped"))

    shipped = describe_model(EngineSettings(embed_model=str(folder), models_dir=tmp_path / "none"))

    assert shipped.published_name == exported.published_name
    assert (shipped.weights, shipped.tokenizer_digest) == (exported.weights, exported.tokenizer_digest)
    assert (shipped.max_tokens, shipped.dimensions) == (TOKENS, DIMENSIONS)
    assert (shipped.query_prefix, shipped.passage_prefix) == ("query: ", "passage: ")
    expected = load_embedding(exported).get_query_embedding("joint")
    assert load_embedding(shipped).get_query_embedding("joint") == pytest.approx(expected, abs=1e-6)


def test_a_second_export_does_nothing(exported: EmbeddingModel) -> None:
    before = {path: path.stat().st_mtime_ns for path in exported.export_folder.iterdir()}

    assert ensure_export(exported) is None
    assert {path: path.stat().st_mtime_ns for path in exported.export_folder.iterdir()} == before


def test_an_export_is_only_readable_in_its_own_format(own: EmbeddingModel) -> None:
    manifest = own.export_folder / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))

    with pytest.raises(ExportError, match="another version of bookrag"):
        read_export(own.export_folder)


def _cut_the_graph(folder: Path) -> None:
    (folder / GRAPH).write_bytes((folder / GRAPH).read_bytes()[:-100])


def _flip_a_weight(folder: Path) -> None:
    weights = next(path for path in folder.iterdir() if path.name.endswith(".data"))
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 0xFF
    weights.write_bytes(content)


def _lose_the_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def _empty_the_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("{}")


@pytest.mark.parametrize("damage", [_cut_the_graph, _flip_a_weight, _lose_the_tokenizer, _empty_the_manifest])
def test_a_damaged_export_is_named_with_its_mend(own: EmbeddingModel, damage: Callable[[Path], None]) -> None:
    damage(own.export_folder)

    with pytest.raises(ConfigurationError, match=r"damaged.*bookrag index build"):
        load_embedding(replace(own, runtime="onnx"))


def test_a_damaged_export_is_left_for_torch_and_made_again_by_a_build(own: EmbeddingModel) -> None:
    expected = load_embedding(own).get_query_embedding("joint")
    _flip_a_weight(own.export_folder)
    assert not isinstance(load_embedding(own), OnnxEmbedding)

    assert ensure_export(own) is None
    found = load_embedding(own)
    assert isinstance(found, OnnxEmbedding)
    assert found.get_query_embedding("joint") == pytest.approx(expected, abs=1e-5)


def test_without_an_export_the_onnx_runtime_says_how_to_get_one(tiny: Path, tmp_path: Path) -> None:
    model = describe_model(EngineSettings(embed_model=str(tiny), models_dir=tmp_path, embed_runtime="onnx"))

    with pytest.raises(ConfigurationError, match="bookrag index build"):
        load_embedding(model)


def test_the_torch_runtime_exports_nothing(tiny: Path, tmp_path: Path) -> None:
    model = describe_model(EngineSettings(embed_model=str(tiny), models_dir=tmp_path, embed_runtime="torch"))

    assert ensure_export(model) is None
    assert not isinstance(load_embedding(model), OnnxEmbedding)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named_and_says_nothing_about_the_model(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    model = _model(tiny, tmp_path / "models")

    problem = ensure_export(model)

    assert problem is not None
    assert "was not exported" in problem
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_a_model_that_takes_no_token_types_is_exported(tmp_path: Path) -> None:
    folder = write_embedding_model(tmp_path / "e5-distil", token_types=False)
    model = _model(folder, tmp_path / "exports")

    assert ensure_export(model) is None
    assert read_export(model.export_folder).inputs == ("input_ids", "attention_mask")
    _agrees(load_embedding(model), folder, model)


@pytest.mark.parametrize("tokens", [512, 8192])
def test_long_passages_are_read_to_the_limit_of_their_model(tokens: int, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    folder = write_embedding_model(tmp_path / "e5-long", tokens=tokens)
    described = _model(folder, tmp_path / "exports")
    assert described.max_tokens == 512  # a longer passage says too much at once
    model = replace(described, max_tokens=tokens)

    assert ensure_export(model) is None
    whole, longer = ("robot joint " * tokens)[: 6 * (tokens - 4)], "robot joint " * tokens
    original = SentenceTransformer(str(folder), device="cpu")
    original.max_seq_length = tokens
    found = load_embedding(model).get_text_embedding_batch([whole, longer])
    expected = original.encode(["passage: " + whole, "passage: " + longer], normalize_embeddings=True)
    assert np.sum(np.array(found) * expected, axis=1) == pytest.approx(np.ones(2), abs=1e-5)


def test_a_full_disk_is_named_leaves_nothing_and_says_nothing_about_the_model(tiny: Path, tmp_path: Path) -> None:
    model = _model(tiny, tmp_path / "models")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in (100, 20_000, 60_000):  # bytes of a file: before the graph, within it, within the weights
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            problem = ensure_export(model)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

        assert problem is not None
        assert "was not exported" in problem
        assert f"Make room for it in {tmp_path / 'models'}" in problem
        assert list((tmp_path / "models").iterdir()) == []
    assert ensure_export(model) is None


def test_a_killed_export_leaves_nothing_half_and_the_next_one_succeeds(tiny: Path, tmp_path: Path) -> None:
    model = _model(tiny, tmp_path / "models")
    code = (
        "import sys; from pathlib import Path; from tests.engines.embedding.test_exports import _model;"
        "from engines.embedding.embedding_model import ensure_export;"
        "ensure_export(_model(Path(sys.argv[1]), Path(sys.argv[2])))"
    )
    child = subprocess.Popen([sys.executable, "-c", code, tiny, tmp_path / "models"], cwd=ROOT)
    while child.poll() is None and not list((tmp_path / "models").glob(".*.writing/*")):
        time.sleep(0.001)
    child.kill()
    assert child.wait() == -signal.SIGKILL

    [left] = (tmp_path / "models").iterdir()
    assert left.suffix == ".writing"
    with pytest.raises(ConfigurationError, match="no exported model"):
        load_embedding(replace(model, runtime="onnx"))
    others = tmp_path / "models" / ".notes.old"
    others.mkdir()
    with locked_folder(tmp_path / "models", alone=False):  # as an export that is being written
        remove_abandoned(tmp_path / "models")
    assert left.is_dir()
    assert ensure_export(model) is None
    assert set((tmp_path / "models").iterdir()) == {model.export_folder, others}


def _unknown_to_transformers(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    places = ("AutoConfig", "AutoModel", "AutoModelForSequenceClassification")
    own = {"model_type": "own", "architectures": ["Own"], "auto_map": dict.fromkeys(places, "own.Own")}
    (folder / "config.json").write_text(json.dumps(config | own))


def _with_a_module_of_its_own(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "own.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))


@pytest.mark.parametrize("change", [_unknown_to_transformers, _with_a_module_of_its_own])
def test_a_model_with_code_of_its_own_is_refused_without_running_it(
    change: Callable[[Path], None], tiny: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "e5-own"))
    (folder / "own.py").write_text("raise SystemExit('code of the model was run')")
    change(folder)
    model = _model(folder, tmp_path / "models")

    problem = ensure_export(model)
    with pytest.raises(ConfigurationError) as refused:
        load_embedding(model)

    for told in (problem, str(refused.value)):
        assert told is not None
        assert "e5-own needs Python code of its own" in told
        assert "docs/models.md" in told
        assert "trust_remote_code" not in told


def test_a_cross_encoder_with_code_of_its_own_is_refused_without_running_it(tmp_path: Path) -> None:
    folder = write_cross_encoder(tmp_path / "cross-own")
    (folder / "own.py").write_text("raise SystemExit('code of the model was run')")
    _unknown_to_transformers(folder)
    model = describe_cross_encoder(EngineSettings(rerank_model=str(folder), models_dir=tmp_path / "models"))
    assert model is not None

    assert "needs Python code of its own" in str(ensure_cross_encoder_export(model))
    with pytest.raises(ConfigurationError, match="RERANK_MODEL cross-own needs Python code of its own"):
        load_cross_encoder(model)


def test_a_cross_encoder_scores_alike_in_both_runtimes(tmp_path: Path) -> None:
    folder = write_cross_encoder(tmp_path / "cross-encoder")
    pairs = [("What is a joint?", text) for text in TEXTS]
    model = describe_cross_encoder(EngineSettings(rerank_model=str(folder), models_dir=tmp_path / "models"))
    assert model is not None
    with_torch = load_cross_encoder(model)

    assert ensure_cross_encoder_export(model) is None
    with_onnx = load_cross_encoder(model)

    assert type(with_onnx) is not type(with_torch)
    assert with_onnx.scores(pairs) == pytest.approx(with_torch.scores(pairs), abs=1e-4)
    assert with_onnx.scores([]) == []
    with pytest.raises(ConfigurationError, match="cross-encoder"):
        describe_model(EngineSettings(embed_model=str(model.export_folder)))


def _model(folder: Path, exports: Path) -> EmbeddingModel:
    return describe_model(EngineSettings(embed_model=str(folder), models_dir=exports))


def _built(tiny: Path, tmp_path: Path, modules: "Callable[[int], list[Module]]") -> Path:
    """A model of the E5 family with other modules after its transformer."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Transformer

    folder = tmp_path / "e5-built"
    transformer = Transformer(str(tiny), max_seq_length=TOKENS)
    SentenceTransformer(modules=[transformer, *modules(DIMENSIONS)], device="cpu").save(str(folder))
    return folder


def _agrees(embedding: object, folder: Path, model: EmbeddingModel) -> None:
    from sentence_transformers import SentenceTransformer

    assert isinstance(embedding, OnnxEmbedding)
    original = SentenceTransformer(str(folder), device="cpu")
    expected = original.encode([model.query_prefix + text for text in TEXTS], normalize_embeddings=True)
    found = np.array(embedding.get_query_embeddings(TEXTS))
    assert np.sum(found * expected, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-4)
