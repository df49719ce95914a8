"""A disk without room: a build says what it needs and leaves, and the live build answers as before."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from storage.errors import StorageUnavailableError
from storage.settings import StorageSettings
from storage.vectors.embedded_qdrant.files import bytes_of_build, require_room, used_bytes
from storage.vectors.index_store import open_store
from tests.storage.vectors.builds import SPEC, chunk, publish

ROOT = Path(__file__).parents[3]
FILL = """
import shutil, sys
from pathlib import Path
from storage.errors import StorageUnavailableError
from storage.vectors.index_store import open_store
from storage.vectors.caches import open_vector_cache
from storage.settings import StorageSettings
from tests.storage.vectors.builds import SPEC, chunk, publish
folder = Path(sys.argv[1])
with open_store(StorageSettings(_env_file=None, data_dir=folder)) as store:
    live = publish(store, "first")
    build = store.create_build(SPEC)
    try:
        for number in range(400):
            build.vector_store.add([chunk(f"{number} {each} " + "word " * 2_000) for each in range(50)])
    except StorageUnavailableError as error:
        print(error)
    build.discard()
    assert store.live_name() == live
    assert publish(store, "second") == store.live_name()
    try:
        store.require_room(SPEC, chunks=100_000, text_bytes=10**8)
    except StorageUnavailableError as error:
        print(error)
    with open_vector_cache(StorageSettings(_env_file=None, data_dir=folder), SPEC) as cache:
        try:
            for number in range(400):
                cache.put({f"{number} {each}": [0.5] * 10_000 for each in range(50)})
        except StorageUnavailableError as error:
            print(error)
"""

OPEN = """
import asyncio, os, shutil, sys
from pathlib import Path
from storage.settings import StorageSettings
from storage.vectors.index_store import open_store
from storage.vectors.embedded_qdrant.shard import Clone, sweep
from tests.storage.vectors.builds import publish
folder = Path(sys.argv[1])
def store():
    return open_store(StorageSettings(_env_file=None, data_dir=folder))
with store() as opened:
    publish(opened, "first")
with (folder / "filling").open("wb") as filling:
    filling.write(bytes(shutil.disk_usage(folder).free - int(sys.argv[2])))
sealed = next(path.parent for path in folder.rglob("segments") if "clones" not in path.parts)
clone = Clone(sealed, folder / "index" / "clones")
print(clone.shard.count())
kept = clone._folder
clone.close()
print(kept.is_relative_to(folder), kept.exists(), list((folder / "index" / "clones").glob("*")))
"""


def _small_disk() -> bool:
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", "/mnt"]
    return shutil.which("unshare") is not None and subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not _small_disk(), reason="a small disk cannot be mounted here: a full one is not tested")
@pytest.mark.processes
def test_a_disk_that_fills_up_is_an_error_and_not_a_killed_process(tmp_path: Path) -> None:
    mount = f'mount -t tmpfs -o size=150M tmpfs "{tmp_path}" && exec "$0" "$@"'
    command = ["unshare", "-rm", "sh", "-c", mount, sys.executable, "-c", FILL, str(tmp_path)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)

    assert done.returncode == 0, f"{done.returncode}: {done.stderr}"
    while_writing, before, cache = done.stdout.splitlines()
    for said in (while_writing, before):
        assert f"The disk of {tmp_path / 'index'} is full" in said
        assert "the live build is as it was" in said
    assert "cannot be written: database or disk is full" in cache


@pytest.mark.skipif(not _small_disk(), reason="a small disk cannot be mounted here: a full one is not tested")
@pytest.mark.parametrize("free", [0, 1_000_000, 21_000_000])
@pytest.mark.processes
def test_an_index_on_a_full_disk_is_opened_elsewhere(tmp_path: Path, free: int) -> None:
    mount = f'mount -t tmpfs -o size=150M tmpfs "{tmp_path}" && exec "$0" "$@"'
    command = ["unshare", "-rm", "sh", "-c", mount, sys.executable, "-c", OPEN, str(tmp_path), str(free)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)

    assert done.returncode == 0, f"{done.returncode}: {done.stderr}"
    assert done.stdout.splitlines() == ["1", "False False []"]


def test_the_message_says_what_is_needed_and_what_is_free(tmp_path: Path) -> None:
    needed = shutil.disk_usage(tmp_path).free * 2

    with pytest.raises(StorageUnavailableError, match=r"MB are free, and this build needs about [\d,]+ MB"):
        require_room(tmp_path / "not" / "made" / "yet", needed)
    require_room(tmp_path / "not" / "made" / "yet", 1)


@pytest.mark.processes
def test_a_killed_engine_process_is_named_and_nothing_is_published(tmp_path: Path) -> None:
    with open_store(StorageSettings(_env_file=None, data_dir=tmp_path)) as store:
        live = publish(store, "first")
        build = store.create_build(SPEC)
        build.vector_store.add([chunk(str(number)) for number in range(10_000)])
        killer = threading.Thread(target=_kill_the_engine_process)
        killer.start()

        with pytest.raises(StorageUnavailableError, match=r"was ended by SIGKILL; the disk of .* has [\d,]+ MB left"):
            build.finish()

        killer.join()
        build.discard()
        assert store.live_name() == live
        assert publish(store, "second") == store.live_name()


def _kill_the_engine_process() -> None:
    """Kill this process's child that builds the graph, as soon as there is one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                parent = (path.parent / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == os.getpid() and b"shard.optimize" in path.read_bytes():
                    os.kill(int(path.parent.name), signal.SIGKILL)
                    return
        time.sleep(0.001)


def test_the_estimate_is_above_what_a_build_takes(tmp_path: Path) -> None:
    texts = [f"{number} " + "some words of a chunk " * 20 for number in range(300)]
    with open_store(StorageSettings(_env_file=None, data_dir=tmp_path)) as store:
        publish(store, *texts)

    assert used_bytes(tmp_path) < bytes_of_build(len(texts), sum(map(len, texts)), SPEC.dimensions)
