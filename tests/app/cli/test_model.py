"""`bookrag model export FOLDER`: a folder has the whole export or nothing of it."""

import resource
import subprocess
from pathlib import Path

import pytest

from engines.embedding.model_files import export_problem
from tests.commands import run_command


def export(folder: Path, target: str) -> "subprocess.CompletedProcess[str]":
    """Export the default model, of which builds have an export, to a folder of that name."""
    return run_command("model", "export", target, environment={}, folder=folder)


@pytest.mark.parametrize("exists", [False, True])
def test_an_export_to_a_full_disk_is_told_in_a_line_and_leaves_nothing(tmp_path: Path, *, exists: bool) -> None:
    target = tmp_path / "shipped"
    if exists:
        target.mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        done = export(tmp_path, "shipped")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert done.returncode == 1
    assert done.stderr.startswith("error (storage_unavailable): The export was not written: ")
    assert "File too large" in done.stderr
    assert target.exists() is exists
    assert list(tmp_path.rglob("*")) == ([target] if exists else [])
    assert export(tmp_path, "shipped").returncode == 0
    assert export_problem(target) is None
    assert export(tmp_path, "shipped").returncode == 2


def test_what_a_killed_export_leaves_is_replaced(tmp_path: Path) -> None:
    half = tmp_path / "shipped" / ".bookrag-export.writing"
    half.mkdir(parents=True)
    (half / "model.onnx").write_bytes(b"half")

    assert export(tmp_path, "shipped").returncode == 0
    assert export_problem(tmp_path / "shipped") is None
    assert not half.exists()


def test_an_export_to_where_nothing_can_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")

    done = export(tmp_path, "file/shipped")

    assert done.returncode == 1
    assert "Not a directory" in done.stderr
