"""Killed at any point: the live build stays as it was, the next build works, the left-overs are found."""

import asyncio
import os
import signal
import sys
import time
from itertools import chain
from pathlib import Path

import pytest

from storage.errors import BuildLockedError, IndexUnavailableError
from storage.settings import StorageSettings
from storage.vectors.caches import open_vector_cache
from storage.vectors.embedded_qdrant import wire
from storage.vectors.index_store import IndexStore, open_store
from tests.processes import Process, search_processes
from tests.storage.vectors.builder_process import STAGES
from tests.storage.vectors.builder_process import main as build
from tests.storage.vectors.builds import SPEC, find, publish
from tests.storage.vectors.conftest import OpenStore


def builder(settings: StorageSettings, text: str, count: int = 10, hold: str = "") -> Process:
    """A builder that runs beside this process."""
    return Process(build, settings.data_dir, settings.qdrant_url or "", text, str(count), hold)


def wait_for(process: Process, stage: str) -> None:
    """Return when the builder tells the stage."""
    for line in process.stdout:
        if line.strip() == stage:
            return
    raise AssertionError(f"the builder ended before it was {stage}")


@pytest.mark.processes
@pytest.mark.parametrize(
    "stage",
    [pytest.param(stage, marks=pytest.mark.smoke) if stage in {"half", "published"} else stage for stage in STAGES],
)
async def test_after_a_build_is_killed_at_any_stage_one_build_is_live_and_the_next_succeeds(
    settings: StorageSettings, store: IndexStore, open_another: OpenStore, stage: str
) -> None:
    publish(store, "first")
    reader = open_another()
    assert (await find(reader, "first"))[0] == "first"

    with builder(settings, "second", hold=stage) as process:
        await asyncio.to_thread(wait_for, process, stage)
        process.send_signal(signal.SIGKILL)

    live = "second" if stage in {"published", "pruned"} else "first"
    assert (await find(open_another(), live))[0] == live
    leftovers = [record.name for record in store.leftovers()]
    assert len(leftovers) == (1 if stage in {"created", "half", "written", "finished"} else 0)
    with store.lock():  # its owner is dead: no waiting
        third = publish(store, "third")
        assert {record.name for record in store.prune(keep=5)} == set(leftovers)
    assert store.live_name() == third
    assert (await find(open_another(), "third"))[0] == "third"


@pytest.mark.processes
@pytest.mark.parametrize("milliseconds", [1, 5, 20, 60, 150])
async def test_a_build_that_is_killed_while_it_is_published_is_live_or_not(
    settings: StorageSettings, store: IndexStore, open_another: OpenStore, milliseconds: int
) -> None:
    publish(store, "first")

    with builder(settings, "second", count=300) as process:
        await asyncio.to_thread(wait_for, process, "finished")
        await asyncio.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGKILL)

    assert (await find(open_another(), "second"))[0] in {"first", "second"}
    publish(store, "third")
    assert (await find(open_another(), "third"))[0] == "third"


def test_what_a_killed_build_embedded_is_there_for_the_next(settings: StorageSettings) -> None:
    with builder(settings, "text") as process:
        wait_for(process, "half")
        process.send_signal(signal.SIGKILL)

    with open_vector_cache(settings, SPEC) as cache:
        assert len(cache.get(["text", "text 1", "text 5", "text 6"])) == 3


def test_two_builders_at_once(settings: StorageSettings, store: IndexStore) -> None:
    with store.lock(), builder(settings, "first") as process:
        assert process.wait() != 0
    with builder(settings, "second", hold="created") as process:
        wait_for(process, "created")
        with pytest.raises(BuildLockedError, match=f"process {process.pid}"), store.lock():
            pass


@pytest.mark.processes
async def test_two_servers_follow_a_rebuild(
    settings: StorageSettings, store: IndexStore, open_another: OpenStore
) -> None:
    publish(store, "first")
    readers = [open_another(), open_another()]
    for reader in readers:
        assert (await find(reader, "first"))[0] == "first"

    with builder(settings, "second") as process:
        while process.poll() is None:
            for reader in readers:
                assert (await find(reader, "second"))[0] in {"first", "second"}
    deadline = time.monotonic() + 10
    for reader in readers:
        while (await find(reader, "second"))[0] != "second":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_search_process_that_is_killed_or_hangs_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: signal.Signals
) -> None:
    monkeypatch.setattr(wire, "HUNG_SECONDS", 2)
    async with open_store(StorageSettings(_env_file=None, data_dir=tmp_path)) as store:
        publish(store, "first")
        await find(store, "first")
        children = search_processes()
        for child in children:
            os.kill(child, end)

        async with asyncio.timeout(20):
            assert await asyncio.gather(*(find(store, "first") for _ in range(10))) == [["first"]] * 10
        assert children
        assert not children & search_processes()


async def test_a_search_process_that_hangs_each_time_is_an_unavailable_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "HUNG_SECONDS", 1)
    monkeypatch.setattr(wire, "_START_SECONDS", 1)
    async with open_store(StorageSettings(_env_file=None, data_dir=tmp_path)) as store:
        publish(store, "first")
        await find(store, "first")
        hanging = asyncio.create_task(_stop_search_processes())
        await asyncio.sleep(0)  # the first is stopped
        with pytest.raises(IndexUnavailableError):
            async with asyncio.timeout(20):
                await find(store, "first")
        hanging.cancel()
        for child in search_processes():
            os.kill(child, signal.SIGKILL)
        monkeypatch.undo()

        assert await find(store, "first") == ["first"]


async def _stop_search_processes() -> None:
    while True:
        for child in search_processes():
            os.kill(child, signal.SIGSTOP)
        await asyncio.sleep(0.01)


async def test_a_search_process_that_pauses_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HUNG_SECONDS", 3)
    async with open_store(StorageSettings(_env_file=None, data_dir=tmp_path)) as store:
        publish(store, "first")
        await find(store, "first")
        (child,) = search_processes()
        os.kill(child, signal.SIGSTOP)
        asked = asyncio.create_task(find(store, "first"))
        await asyncio.sleep(0.1)
        time.sleep(5)  # noqa: ASYNC251 - the server itself stands still, as in a paused container
        os.kill(child, signal.SIGCONT)

        assert await asked == ["first"]
        assert search_processes() == {child}


async def test_a_search_process_has_a_thread_for_each_side_of_a_query(tmp_path: Path) -> None:
    async with open_store(StorageSettings(_env_file=None, data_dir=tmp_path)) as store:
        publish(store, "first")
        await find(store, "first")
        names = list(chain.from_iterable(map(_thread_names, search_processes())))

    assert sorted(name for name in names if name.startswith("edge-search")) == ["edge-search-0", "edge-search-1"]


@pytest.mark.processes
def test_the_search_process_and_its_copy_end_with_a_killed_server(tmp_path: Path) -> None:
    settings = StorageSettings(_env_file=None, data_dir=tmp_path)
    with open_store(settings) as store:
        publish(store, "first")
    with Process(_start_and_be_killed, tmp_path) as process:
        assert process.wait() == -signal.SIGKILL

    deadline = time.monotonic() + 10
    while list((tmp_path / "index" / "clones").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _start_and_be_killed() -> None:
    asyncio.run(open_store(StorageSettings(_env_file=None, data_dir=Path(sys.argv[1]))).start())
    os.kill(os.getpid(), signal.SIGKILL)


def _thread_names(process: int) -> list[str]:
    return [(task / "comm").read_text().strip() for task in Path(f"/proc/{process}/task").iterdir()]
