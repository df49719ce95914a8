"""The digest of a model's file: always that of its content, and computed once for a file that stays as it is."""

import hashlib
import os
from pathlib import Path

from engines.embedding import model_files
from engines.embedding.model_files import file_digest


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
