"""Drafts: a look for left-overs does not stop a writer, and a second writer of one draft is told."""

import fcntl
import re
import threading
from pathlib import Path

import pytest

from storage.drafts import locked_draft, remove_drafts


def test_a_draft_that_is_looked_at_for_a_moment_is_written_all_the_same(tmp_path: Path) -> None:
    draft, kept = tmp_path / ".a.draft", tmp_path / "a"
    draft.touch()
    with draft.open("rb") as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_EX)
        let_go = threading.Timer(0.05, lambda: fcntl.flock(looked_at, fcntl.LOCK_UN))
        let_go.start()
        with locked_draft(draft) as file:
            file.write(b"whole")
            file.flush()
            draft.replace(kept)
        let_go.join()
    assert kept.read_bytes() == b"whole"


def test_a_draft_that_another_writes_is_refused_and_stays(tmp_path: Path) -> None:
    draft = tmp_path / ".a.draft"
    with locked_draft(draft) as first:
        first.write(b"first")
        first.flush()
        with pytest.raises(BlockingIOError), locked_draft(draft):
            pass
        remove_drafts(tmp_path, re.compile(r"\..*\.draft"))
        assert draft.read_bytes() == b"first"
    assert not draft.exists()
