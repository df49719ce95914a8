"""A Qdrant server that is away, slow, unwilling or guarded by a key; and the options that only a server has."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from qdrant_client import AsyncQdrantClient, QdrantClient, models

from storage.errors import BuildLockedError, ConfigurationError, StorageUnavailableError
from storage.settings import StorageSettings
from storage.vectors.build_record import LockOwner
from storage.vectors.index_store import IndexStore, open_store
from storage.vectors.qdrant_server import ServerLock
from storage.vectors.retrying_client import Guarded
from tests.qdrant_server import QdrantServer
from tests.server_processes import free_port
from tests.storage.vectors.builds import SPEC, chunk, find, publish, sparse, vector


def settings_of(server: QdrantServer, **changes: object) -> StorageSettings:
    values: dict[str, object] = {"_env_file": None, "qdrant_url": server.url, "qdrant_retries": 3, **changes}
    return StorageSettings(**values)  # type: ignore[arg-type]


@pytest.fixture
def on_server(server: QdrantServer) -> IndexStore:
    return open_store(settings_of(server))


async def test_a_builder_waits_for_a_server_that_stumbles(server: QdrantServer, on_server: IndexStore) -> None:
    build = on_server.create_build(SPEC)
    server.fail(500, 503, 429, path="/points")

    build.vector_store.add([chunk("one")])
    build.finish()
    on_server.publish(build)

    assert await find(on_server, "one") == ["one"]
    await on_server.aclose()


def test_a_build_is_ready_when_the_server_has_indexed_it(server: QdrantServer, on_server: IndexStore) -> None:
    build = on_server.create_build(SPEC)
    build.vector_store.add([chunk("one")])
    before = len(server.requests)

    build.finish()

    looks = [method for method, path in server.requests[before:] if path == f"/collections/{build.name}"]
    assert looks == ["PATCH", "GET", "GET", "GET", "PATCH"]  # indexed; yellow twice, then green; only now ready
    on_server.close()


def test_a_builder_gives_up_and_says_why(server: QdrantServer) -> None:
    with open_store(settings_of(server, qdrant_retries=1)) as store:
        build = store.create_build(SPEC)
        server.fail(500, 500, path="/points")

        with pytest.raises(StorageUnavailableError, match="the test asked for it"):
            build.vector_store.add([chunk("one")])


def test_a_builder_does_not_repeat_what_is_wrong(server: QdrantServer, on_server: IndexStore) -> None:
    build = on_server.create_build(replace(SPEC, dimensions=4))
    before = len(server.requests)

    with pytest.raises(StorageUnavailableError, match="dimension"):
        build.vector_store.add([chunk("one")])

    assert sum(path.endswith("/points") for _, path in server.requests[before:]) == 1


async def test_a_server_that_is_away_and_back(server: QdrantServer, on_server: IndexStore) -> None:
    publish(on_server, "one")
    assert await find(on_server, "one") == ["one"]

    server.stop()
    with pytest.raises(StorageUnavailableError, match="does not answer"):
        await find(on_server, "one")
    server.start()

    assert await find(on_server, "one") == ["one"]
    await on_server.aclose()


async def test_a_server_that_was_never_there() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with open_store(StorageSettings(_env_file=None, qdrant_url=url, qdrant_retries=0)) as store:
        with pytest.raises(StorageUnavailableError):
            await (await store.pin()).search(vector("x"), sparse("x"), limit=1)
        with pytest.raises(StorageUnavailableError):
            store.live()


async def test_a_slow_server_is_not_waited_for_beyond_the_timeout(server: QdrantServer) -> None:
    with open_store(settings_of(server)) as builder:
        publish(builder, "one")
    async with open_store(settings_of(server, qdrant_timeout_seconds=1.0)) as store:
        await find(store, "one")
        server.delay_seconds = 2.5
        started = time.monotonic()

        with pytest.raises(StorageUnavailableError):
            await (await store.pin()).search(vector("x"), sparse("x"), limit=1)

        assert time.monotonic() - started < 8  # twice the timeout, a pause, and a machine at work


async def test_the_key_is_sent_and_a_wrong_one_named(tmp_path: Path) -> None:
    with QdrantServer(tmp_path, api_key="right") as server:
        async with open_store(settings_of(server, qdrant_api_key=SecretStr("right"))) as store:
            publish(store, "one")
            assert await find(store, "one") == ["one"]
        with open_store(settings_of(server, qdrant_api_key=SecretStr("wrong"))) as store:
            with pytest.raises(ConfigurationError, match="QDRANT_API_KEY") as caught:
                store.live()
            assert "wrong" not in str(caught.value)


def test_the_options_of_a_server_reach_it(server: QdrantServer) -> None:
    options = {
        "qdrant_replication_factor": 2,
        "qdrant_write_consistency_factor": 2,
        "qdrant_shard_number": 3,
        "qdrant_on_disk": True,
        "qdrant_quantization": "scalar",
    }
    with open_store(settings_of(server, **options)) as store:
        name = store.create_build(SPEC).name

    created = server.created[name]
    assert (created["replication_factor"], created["write_consistency_factor"], created["shard_number"]) == (2, 2, 3)
    assert created["on_disk_payload"] is True
    assert created["vectors"]["text-dense"]["on_disk"] is True
    assert created["hnsw_config"]["on_disk"] is True
    assert created["quantization_config"]["scalar"]["type"] == "int8"
    assert created["sparse_vectors"]["text-sparse-new"]["modifier"] == "idf"
    indexed = [path for method, path in server.requests if (method, path) == ("PUT", f"/collections/{name}/index")]
    assert len(indexed) == 5  # locale, version, latest, url, section


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(ValidationError, match="qdrant_url"):
        StorageSettings(_env_file=None, qdrant_url="qdrant.example.org:6333")


class TestLock:
    def owner(self, **changes: object) -> LockOwner:
        return replace(LockOwner(host="elsewhere"), **changes)  # type: ignore[arg-type]

    def lock(self, server: QdrantServer, owner: LockOwner) -> ServerLock:
        return ServerLock(
            Guarded(QdrantClient(url=server.url, check_compatibility=False), retries=0),
            "book.lock",
            owner,
            patience_seconds=3.0,
        )

    def test_an_owner_on_another_machine_that_lives_is_respected(self, server: QdrantServer) -> None:
        with self.lock(server, self.owner(who="ada")), pytest.raises(BuildLockedError, match="ada on elsewhere"):
            self.lock(server, self.owner()).__enter__()

    def test_one_that_is_still_for_long_is_taken_over(self, server: QdrantServer) -> None:
        client = QdrantClient(url=server.url, check_compatibility=False)
        params = {"unused": models.VectorParams(size=1, distance=models.Distance.DOT)}
        client.create_collection("book.lock", params, metadata=self.owner(who="dead").to_json() | {"beat": 3})

        with self.lock(server, self.owner(who="ada")):
            assert (client.get_collection("book.lock").config.metadata or {})["who"] == "ada"

        assert not client.collection_exists("book.lock")
        assert not client.collection_exists("book.lock.takeover")

    def test_only_one_of_many_gets_it(self, server: QdrantServer) -> None:
        got, refused, done = [], [], threading.Barrier(5)

        def take() -> None:
            try:
                with self.lock(server, self.owner()):
                    got.append(1)
                    done.wait(20)
            except BuildLockedError:
                refused.append(1)
                done.wait(20)

        threads = [threading.Thread(target=take) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (len(got), len(refused)) == (1, 4)


async def test_the_unmodified_clients_work(server: QdrantServer) -> None:
    """The tests' server is a Qdrant server to whoever speaks to one."""
    client, aclient = QdrantClient(url=server.url), AsyncQdrantClient(url=server.url)
    client.create_collection("plain", {"d": models.VectorParams(size=2, distance=models.Distance.COSINE)})
    written = [models.PointStruct(id=n, vector={"d": [n, 1.0]}, payload={"n": n}) for n in range(3)]
    client.upload_points("plain", written, wait=True)

    search = models.QueryRequest(query=[0.0, 1.0], using="d", limit=1)
    nearest = (await aclient.query_batch_points("plain", [search]))[0].points
    points, following = client.scroll("plain", limit=2)

    assert [point.id for point in nearest] == [0]
    assert [point.payload for point in points] == [{"n": 0}, {"n": 1}]
    assert following == 2
    assert client.count("plain").count == 3
    client.delete("plain", models.PointIdsList(points=[1]))
    assert [point.id for point in client.retrieve("plain", [0, 1])] == [0]
    client.close()
    await aclient.close()
