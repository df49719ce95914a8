"""The cache of embeddings: what is put comes back, for its model only, after a kill too; what is of no use goes."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.vectors.caches import KEPT_DAYS, PageCache, VectorCache
from tests.processes import Process
from tests.storage.vectors.builds import age_cache


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[VectorCache]:
    with VectorCache(tmp_path / "vectors.sqlite", "model") as opened:
        yield opened


def test_what_was_put_comes_back_as_float32(cache: VectorCache) -> None:
    cache.put({"a": [0.5, -1.0], "b": [1.0, 2.0]})

    assert cache.get(["a", "b", "c"]) == {"a": [0.5, -1.0], "b": [1.0, 2.0]}


def test_more_contents_than_sqlite_takes_parameters(cache: VectorCache) -> None:
    cache.put({str(number): [float(number)] for number in range(2_500)})

    assert len(cache.get([str(number) for number in range(3_000)])) == 2_500


def test_another_model_has_its_own_vectors(tmp_path: Path, cache: VectorCache) -> None:
    cache.put({"a": [1.0]})

    with VectorCache(tmp_path / "vectors.sqlite", "other") as other:
        assert other.get(["a"]) == {}


def test_old_vectors_that_a_build_does_not_hold_are_dropped(tmp_path: Path, cache: VectorCache) -> None:
    with VectorCache(tmp_path / "vectors.sqlite", "other") as other:
        other.put({"held": [3.0], "of another model": [4.0]})
        cache.put({"held": [1.0], "gone": [2.0]})
        age_cache(tmp_path / "vectors.sqlite", days=KEPT_DAYS + 1)
        other.put({"new, of another model": [5.0]})
        cache.put({"gone, but new": [6.0]})

        cache.drop_old(["held", "held", "never embedded"])

        assert cache.get(["held", "gone", "gone, but new"]) == {"held": [1.0], "gone, but new": [6.0]}
        assert list(other.get(["held", "of another model", "new, of another model"])) == ["new, of another model"]


def test_what_is_less_than_30_days_old_stays(tmp_path: Path, cache: VectorCache) -> None:
    cache.put({"a": [1.0]})
    age_cache(tmp_path / "vectors.sqlite", days=KEPT_DAYS)

    cache.drop_old([])

    assert cache.get(["a"]) == {"a": [1.0]}


def test_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    path.write_bytes(b"this is no database, " * 100)

    with VectorCache(path, "model") as cache:
        cache.put({"a": [1.0]})
        assert cache.get(["a"]) == {"a": [1.0]}
    assert (tmp_path / "vectors.damaged").exists()


def test_a_file_that_turns_out_to_be_damaged_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    with VectorCache(path, "model") as cache:
        cache.put({str(number): [float(number)] * 64 for number in range(500)})
    spoil(path)

    with VectorCache(path, "model") as cache:
        known = cache.get([str(number) for number in range(500)])
        cache.put({"a": [1.0]})
        assert cache.get(["a"]) == {"a": [1.0]}
    assert known == {}
    assert (tmp_path / "vectors.damaged").exists()


def test_a_page_cache_that_turns_out_to_be_damaged_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "pages.sqlite"
    with PageCache(path) as cache:
        cache.put({str(number).encode(): bytes(500) for number in range(200)})
    spoil(path)

    with PageCache(path) as cache:
        assert [cache.get(str(number).encode()) for number in range(200)] == [None] * 200
        cache.put({b"a": b"1"})
        assert cache.get(b"a") == b"1"
    assert (tmp_path / "pages.damaged").exists()


def spoil(path: Path) -> None:
    """Overwrite all of a database but its first page."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def test_what_was_put_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    with Process(_put_and_be_killed, path) as process:
        assert process.wait() == -signal.SIGKILL

    with VectorCache(path, "model") as cache:
        assert cache.get(["a"]) == {"a": [1.0]}


def _put_and_be_killed() -> None:
    VectorCache(Path(sys.argv[1]), "model").put({"a": [1.0]})
    os.kill(os.getpid(), signal.SIGKILL)
