"""`bookrag model export FOLDER`: a folder has the whole export or nothing of it."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.model import copy_export
from engines.embedding.model_files import MANIFEST, export_problem
from storage.errors import StorageUnavailableError
from tests.commands import run_command
from tests.processes import Process


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


def copy_slowly() -> None:
    """The copying of an export, for a process of its own."""
    copy_export(Path(sys.argv[1]), Path(sys.argv[2]))


@pytest.mark.parametrize("seen", [".bookrag-export.writing/*", "*.onnx"])
def test_an_export_that_is_killed_while_it_is_copied_is_written_anew(tmp_path: Path, seen: str) -> None:
    large, target = tmp_path / "export", tmp_path / "shipped"
    large.mkdir()
    for number in range(3000):  # the renames take their time as well
        (large / f"{number}.onnx").write_bytes(b"0123456789abcdef" * 300)
    (large / MANIFEST).write_text("{}")
    with Process(copy_slowly, large, target) as process:
        while not list(target.glob(seen)):
            assert process.poll() is None
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(StorageUnavailableError, match="Another export is being written"):
            copy_export(large, target)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (target / ".bookrag-export.writing").is_dir()
    assert not (target / MANIFEST).exists()

    copy_export(large, target)
    assert sorted(path.name for path in target.iterdir()) == sorted(path.name for path in large.iterdir())


def test_a_folder_with_something_else_beside_a_killed_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shipped" / ".bookrag-export.writing").mkdir(parents=True)
    (tmp_path / "shipped" / "notes.txt").write_text("mine")

    refused = export(tmp_path, "shipped")
    assert refused.returncode == 2
    assert "is not empty" in refused.stderr
    assert (tmp_path / "shipped" / "notes.txt").read_text() == "mine"


def test_an_export_to_where_nothing_can_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")

    done = export(tmp_path, "file/shipped")

    assert done.returncode == 1
    assert "Not a directory" in done.stderr
