"""A model's files: the digest of each is that of its content, and one export serves every size of the chunks."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from engines.embedding import model_files
from engines.embedding.cross_encoder import describe_cross_encoder
from engines.embedding.embedding_model import describe_model, ensure_export, load_embedding
from engines.embedding.model_files import GRAPH, MANIFEST, file_digest, read_export
from engines.settings import EngineSettings
from storage.errors import ConfigurationError


def test_a_change_is_seen_whatever_the_size_and_the_times_say(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    for content in (b"one", b"two", b"six"):
        file.write_bytes(content)
        os.utime(file, ns=(1, 1))
        assert file_digest(file) == hashlib.sha256(content).hexdigest()
    other = tmp_path / "other"
    other.write_bytes(b"ten")
    os.utime(other, ns=(1, 1))
    other.replace(file)
    assert file_digest(file) == hashlib.sha256(b"ten").hexdigest()


def test_a_file_that_stays_as_it_is_is_read_once() -> None:
    file = Path(__file__).parents[3] / "constraints.txt"
    digest = file_digest(file)
    hits = model_files._settled_digest.cache_info().hits
    assert file_digest(file) == digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert model_files._settled_digest.cache_info().hits == hits + 1


def test_an_export_for_shorter_passages_is_copied_from_the_one_that_is_there(tmp_path: Path) -> None:
    model = describe_model(EngineSettings(_env_file=None))
    there = tmp_path / model.export_folder.name
    there.mkdir()
    for file in model.export_folder.iterdir():
        (there / file.name).symlink_to(file)
    manifest = json.loads((there / MANIFEST).read_text("utf-8")) | {"made_with": {"torch": "of another machine"}}
    (there / MANIFEST).unlink()
    (there / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    whole, short = (replace(model, max_tokens=tokens, exports=tmp_path) for tokens in (model.max_tokens, 64))

    assert ensure_export(short) is None

    assert read_export(short.export_folder) == replace(read_export(there), max_tokens=64)
    assert not (short.export_folder / GRAPH).is_symlink()
    text = " ".join(["robot"] * 62)  # and two special tokens
    (expected,) = load_embedding(whole).get_text_embedding_batch([text])
    (found,) = load_embedding(short).get_text_embedding_batch([f"{text} is cut off behind them"])
    assert found == pytest.approx(expected, abs=1e-5)


def test_a_model_that_was_exported_elsewhere_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that serves what another one has exported: without the model's files and without the hub."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model = describe_model(EngineSettings(_env_file=None))
    for kind, name in (("embedding", "publisher/searching"), ("cross-encoder", "publisher/ranking")):
        there = tmp_path / kind
        there.mkdir()
        for file in model.export_folder.iterdir():
            (there / file.name).symlink_to(file)
        manifest = json.loads((there / MANIFEST).read_text("utf-8")) | {"name": name, "kind": kind}
        (there / MANIFEST).unlink()
        (there / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    settings = EngineSettings(
        models_dir=tmp_path, embed_model="publisher/searching", rerank_model="publisher/ranking", _env_file=None
    )

    found, reranker = describe_model(settings), describe_cross_encoder(settings)

    assert (found.name, found.export_folder) == ("publisher/searching", tmp_path / "embedding")
    assert load_embedding(found).get_text_embedding("robot")
    assert reranker is not None
    assert reranker.export_folder == tmp_path / "cross-encoder"
    with pytest.raises(ConfigurationError, match="could not be fetched"):
        describe_model(settings.model_copy(update={"embed_model": "publisher/ranking"}))
