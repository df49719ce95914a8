"""`bookrag index build --watch`: what is saved is live a moment later, until the author ends it."""

import os
import signal
from pathlib import Path
from typing import IO

import pytest

from app.cli.main import main
from storage.settings import StorageSettings
from storage.vectors.index_store import open_store
from tests.processes import Process
from tests.small_book import write_small_book


@pytest.mark.timeout(180)
def test_what_is_saved_goes_live(tmp_path: Path, data_dir: Path) -> None:
    docs = write_small_book(tmp_path / "site")
    questions = docs.parent / "eval" / "questions.jsonl"
    questions.parent.mkdir()
    questions.write_text('{"id": "zmp", "question": "What is the ZMP?", "relevant": ["/docs/balance/zmp"]}\n')
    with (
        open_store(StorageSettings(_env_file=None, data_dir=data_dir)) as store,
        _watcher(docs, data_dir) as watching,
    ):
        _until(watching.stderr, "watching")
        before = store.live_name()
        (docs / "03-new.md").write_text("# A new page\n\nWritten while somebody watches.\n", encoding="utf-8")
        first = _until(watching.stderr, "live after")
        (docs.parent / "docusaurus.config.js").write_text("module.exports = {url: 'nourl", encoding="utf-8")
        (docs / "03-new.md").write_text("# A new page\n\nWritten once more.\n", encoding="utf-8")
        said = _until(watching.stderr, "not built")  # addresses would be guesses
        (docs.parent / "docusaurus.config.js").unlink()
        _until(watching.stderr, "live after")
        (docs / "03-new.md").write_text("# A new page\n\nWritten once more.\n", encoding="utf-8")
        unchanged = _until(watching.stderr, "nothing changed")
        live = store.live()
        (docs / "03-new.md").unlink()
        gone = _until(watching.stderr, "live after")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(30) in {0, 130}

    assert "1 chunk embedded" in first[-1]
    assert "saved: 03-new.md\n" in first
    assert "new address: /docs/new\n" in first
    assert "address gone: /docs/new\n" in gone
    assert "saved: 03-new.md\n" in unchanged
    assert not [line for line in unchanged if line.startswith("warning")]  # they were told before
    assert any("docusaurus.config.js was not read" in line for line in said)
    assert live is not None
    assert live.name != before
    assert live.figures["questions"] == 1  # a save passes the evaluation gate as well


def test_what_is_saved_must_be_on_the_built_site(tmp_path: Path, data_dir: Path) -> None:
    docs = write_small_book(tmp_path / "site")
    (docs / "03-new.md").write_text("# A new page\n\nThe built site does not have it.\n", encoding="utf-8")
    (tmp_path / "built").mkdir()
    with _watcher(docs, data_dir, "--site", str(tmp_path / "built")) as watching:
        said = _until(watching.stderr, "watching")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(30) in {0, 130}

    assert any(line.startswith("not built (check_failed)") and "are dead" in line for line in said)


def test_the_book_is_not_read_while_another_builds(tmp_path: Path, data_dir: Path) -> None:
    docs = write_small_book(tmp_path / "site")
    (docs / "broken.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    with (
        open_store(StorageSettings(_env_file=None, data_dir=data_dir)) as store,
        store.lock(),
        _watcher(docs, data_dir) as watching,
    ):
        said = _until(watching.stderr, "watching")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(30) in {0, 130}

    assert f"(process {os.getpid()}) has held the lock since" in "".join(said)
    assert "broken.md" not in "".join(said)


def _watcher(docs: Path, data_dir: Path, *options: str) -> Process:
    environment = os.environ | {"BOOK_DIR": str(docs), "DATA_DIR": str(data_dir)}
    return Process(_heeding_ctrl_c, "index", "build", "--watch", *options, environment=environment, folder=docs.parent)


def _heeding_ctrl_c() -> None:
    # A shell starts what it sends to the background deaf to Ctrl-C, and a child inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()


def _until(stream: IO[str], start: str) -> list[str]:
    """The lines up to the first that starts like this."""
    lines: list[str] = []
    for line in stream:
        lines.append(line)
        if line.startswith(start):
            return lines
    raise AssertionError("".join(lines))
