"""What every index does, on the embedded engine and on a server alike."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from llama_index.core.schema import TextNode

from storage.errors import (
    BuildLockedError,
    IndexMismatchError,
    IndexMissingError,
    InputError,
    NotFoundError,
)
from storage.settings import StorageSettings
from storage.vectors.build_record import CheckResult
from storage.vectors.hybrid_search import ChunkFilter
from storage.vectors.index_store import IndexStore
from storage.vectors.qdrant_engine import Engine
from storage.vectors.qdrant_vector_store import PinnedBuild
from tests.storage.vectors.builds import SPEC, chunk, find, publish, sparse, vector, write
from tests.storage.vectors.conftest import PATIENCE_SECONDS, OpenStore, open_engine


class Interrupted:
    """An engine's client; something happens once, right after its first answer to one kind of call."""

    def __init__(self, aclient: Any, call: str, happens: Callable[[], None]) -> None:
        self._aclient = aclient
        self._call = call
        self._happens: Callable[[], None] | None = happens

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        asked = getattr(self._aclient, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            answer = await asked(*args, **kwargs)
            if name == self._call and self._happens:
                happens, self._happens = self._happens, None
                await asyncio.to_thread(happens)
            return answer

        return call


def publish_chunks(store: IndexStore, chunks: Sequence[TextNode]) -> None:
    """Make a build with these chunks live."""
    store.publish(write(store, chunks))


async def _matches(store: IndexStore, filters: ChunkFilter) -> dict[str, float]:
    """The BM25 score of each chunk for one question, by the chunk's id."""

    async def work(build: PinnedBuild) -> dict[str, float]:
        found = await build.search(vector("x"), sparse("robot servo"), limit=30, filters=filters)
        return dict(found.sparse)

    return await store.read(work)


class TestSearching:
    async def test_an_index_without_a_build_says_what_to_run(self, store: IndexStore) -> None:
        with pytest.raises(IndexMissingError, match="bookrag index build"):
            await (await store.pin()).search(vector("x"), sparse("x"), limit=3)

    async def test_both_lists_are_ranked_and_scored(self, store: IndexStore) -> None:
        build = publish(store, "balance and the zero moment point", "grasping objects", "walking robots")

        found = await (await store.pin()).search(vector("grasping objects"), sparse("zero moment"), limit=3)

        texts = {item.id: item.text for item in await (await store.pin()).chunks([key for key, _ in found.dense])}
        assert texts[found.dense[0][0]] == "grasping objects"
        assert found.dense[0][1] == pytest.approx(1.0, abs=1e-5)
        assert [texts[key] for key, _ in found.sparse] == ["balance and the zero moment point"]
        assert found.sparse[0][1] > 0
        assert found.build == build

    async def test_rare_words_weigh_more_than_frequent_ones(self, store: IndexStore) -> None:
        publish(store, *(f"robot number{n}" for n in range(20)), "robot gripper")

        found = await (await store.pin()).search(vector("x"), sparse("robot gripper"), limit=3)

        (best,) = await (await store.pin()).chunks([found.sparse[0][0]])
        assert best.text == "robot gripper"
        assert found.sparse[0][1] > 2 * found.sparse[1][1]

    async def test_how_rare_a_word_is_is_counted_within_the_edition(
        self, store: IndexStore, open_another: OpenStore
    ) -> None:
        editions: list[tuple[ChunkFilter, dict[str, Any]]] = [
            (ChunkFilter(locale="en"), {"locale": "ur"}),
            (ChunkFilter(version="2.0"), {"version": "1.0", "latest": False}),
            (ChunkFilter(latest=True), {"version": "1.0", "latest": False}),
            (ChunkFilter(locale="en", latest=True), {"locale": "de"}),
        ]
        own = [chunk(f"servo {number}", version="2.0") for number in range(20)] + [chunk("a robot", version="2.0")]
        publish_chunks(store, own)
        alone = await _matches(store, ChunkFilter())
        for edition, others in editions:
            publish_chunks(store, [*own, *(chunk(f"robot {place}", url="/docs/x", **others) for place in range(60))])
            reader = open_another()  # one that is open follows a moment later
            assert await _matches(reader, edition) == pytest.approx(alone), edition
            # The part of an edition that is searched changes nothing about its words.
            within = replace(edition, url="/docs/intro")
            assert await _matches(reader, within) == pytest.approx(alone), edition

    async def test_chunks_come_in_the_order_asked_for_without_the_unknown(self, store: IndexStore) -> None:
        publish(store, "one", "two")
        one, two, unknown = chunk("one"), chunk("two"), chunk("never written")

        found = await (await store.pin()).chunks([two.node_id, unknown.node_id, one.node_id])

        assert [item.text for item in found] == ["two", "one"]
        assert found[0].metadata == two.metadata
        assert await (await store.pin()).chunks([]) == []

    async def test_a_search_finds_what_its_filter_lets_through(self, store: IndexStore) -> None:
        chunks = [
            chunk("intro"),
            chunk("urdu", "/ur/docs/intro", locale="ur"),
            chunk("old", "/docs/1.0/intro", version="1.0", latest=False),
            chunk("arm", "/docs/arm"),
        ]
        store.publish(write(store, chunks))
        build = await store.pin()
        for wanted, expected in [
            (ChunkFilter(locale="ur"), {"urdu"}),
            (ChunkFilter(latest=False), {"old"}),
            (ChunkFilter(latest=True, locale="en"), {"intro", "arm"}),
            (ChunkFilter(version="1.0"), {"old"}),
            (ChunkFilter(url="/docs/arm"), {"arm"}),
            (ChunkFilter(url_prefix="/docs/a"), {"arm"}),
            (ChunkFilter(), {"intro", "urdu", "old", "arm"}),
        ]:
            found = await build.search(vector("intro"), sparse("intro urdu old arm"), limit=10, filters=wanted)

            assert {item.text for item in await build.chunks([key for key, _ in found.dense])} == expected, wanted
            assert {key for key, _ in found.sparse} == {key for key, _ in found.dense}, wanted

    async def test_a_hundred_readers_at_once(self, store: IndexStore) -> None:
        publish(store, "one", "two", "three")

        answers = await asyncio.gather(*(find(store, "two") for _ in range(100)))

        assert {answer[0] for answer in answers} == {"two"}

    async def test_a_reader_who_leaves_takes_nobody_elses_answer(self, store: IndexStore) -> None:
        publish(store, "one", "two")
        await find(store, "one")
        leaving = [asyncio.create_task(find(store, "one")) for _ in range(20)]
        await asyncio.sleep(0)
        for task in leaving:
            task.cancel()

        assert (await find(store, "two"))[0] == "two"
        await asyncio.gather(*leaving, return_exceptions=True)


class TestPublishing:
    async def test_a_build_is_not_seen_before_it_is_published(self, store: IndexStore) -> None:
        publish(store, "first")
        build = write(store, [chunk("second")])
        assert await find(store, "second") == ["first"]

        store.publish(build)

        await _until_found(store, "second")

    async def test_a_server_follows_what_another_process_publishes(
        self, store: IndexStore, open_another: OpenStore
    ) -> None:
        publish(store, "first")
        reader = open_another()
        assert await find(reader, "first") == ["first"]

        publish(store, "second")

        await _until_found(reader, "second")

    async def test_a_server_that_started_before_the_first_build(
        self, store: IndexStore, open_another: OpenStore
    ) -> None:
        reader = open_another()
        await reader.start()
        publish(store, "first")

        await _until_found(reader, "first")

    async def test_chunks_are_read_from_the_build_that_was_searched(
        self, store: IndexStore, open_another: OpenStore
    ) -> None:
        publish(store, "first")
        reader = open_another()
        build = await reader.pin()
        found = await build.search(vector("first"), sparse("first"), limit=1)
        publish(store, "second")
        await _until_found(reader, "second")

        (read,) = await build.chunks([found.dense[0][0]])

        assert read.text == "first"

    async def test_no_request_fails_while_builds_come_and_old_ones_go(
        self, store: IndexStore, open_another: OpenStore
    ) -> None:
        publish(store, "text 0")
        reader, stop = open_another(), asyncio.Event()
        seen: set[str] = set()

        async def ask() -> None:
            while not stop.is_set():
                seen.update(await find(reader, "text"))
                await asyncio.sleep(0)
            seen.update(await find(reader, "text"))  # on a busy machine the last one ended before the last build came

        asking = [asyncio.create_task(ask()) for _ in range(4)]
        await _until_found(reader, "text 0")
        for number in range(1, 5):
            await asyncio.to_thread(publish, store, f"text {number}")
            await asyncio.to_thread(store.prune, 0)
        await _until_found(reader, "text 4")
        stop.set()
        await asyncio.gather(*asking)

        assert {"text 0", "text 4"} <= seen

    @pytest.mark.parametrize("moment", ["get_aliases", "get_collection"])
    async def test_a_build_that_is_pruned_while_it_is_looked_up(
        self, settings: StorageSettings, store: IndexStore, moment: str
    ) -> None:
        publish(store, "first")

        def publish_and_prune() -> None:
            publish(store, "second")
            store.prune(0)

        engine: Engine = open_engine(settings)
        engine.aclient = Interrupted(engine.aclient, moment, publish_and_prune)
        async with IndexStore(engine, settings.collection) as reader:
            assert await find(reader, "second") == ["second"]

    async def test_an_unfinished_build_cannot_be_published(self, store: IndexStore) -> None:
        build = store.create_build(SPEC)

        with pytest.raises(InputError, match="never finished"):
            store.publish(build)

    async def test_an_empty_book_can_be_published(self, store: IndexStore) -> None:
        store.publish(write(store, []))

        assert await find(store, "anything") == []


class TestRecords:
    def test_a_record_says_who_when_and_what(self, store: IndexStore) -> None:
        build = store.create_build(SPEC, git_commit="abc123")
        build.vector_store.add([chunk("one"), chunk("two")])
        build.finish(pages=1)
        build.note(checks=(CheckResult("counts", passed=True, detail="2 of 2"),), figures={"ndcg@10": 0.5})
        store.publish(build, forced=True)

        live = store.live()

        assert live is not None
        assert live == build.record
        assert live.git_commit == "abc123"
        assert live.counts == {"chunks": 2, "pages": 1}
        assert live.checks == (CheckResult("counts", passed=True, detail="2 of 2"),)
        assert live.figures == {"ndcg@10": 0.5}
        assert (live.forced, live.state) == (True, "published")
        assert live.spec == SPEC
        assert live.who
        assert live.host

    async def test_builds_are_listed_newest_first(self, store: IndexStore) -> None:
        names = [publish(store, "one"), publish(store, "two"), store.create_build(SPEC).name]

        assert [record.name for record in store.list_builds()] == names[::-1]
        assert [record.name for record in store.leftovers()] == [names[2]]

    async def test_the_build_that_answers_is_known(self, store: IndexStore) -> None:
        name = publish(store, "one")

        assert (await store.current()).name == name

    def test_vectors_can_be_read_back_by_what_was_embedded(self, store: IndexStore) -> None:
        name = publish(store, "one", "two")

        (page,) = store.vectors(name)

        assert page.keys() == {"one", "two"}
        assert page["two"] == pytest.approx(vector("two"), abs=1e-6)

    def test_another_alias_does_not_see_these_builds(self, store: IndexStore) -> None:
        publish(store, "one")

        with pytest.raises(NotFoundError):
            store.record("other-20260101-000000-abcdef")


class TestRollback:
    async def test_back_to_the_one_before_and_forward_by_name(self, store: IndexStore, open_another: OpenStore) -> None:
        publish(store, "first")
        second = publish(store, "second")
        reader = open_another()
        await _until_found(reader, "second")

        store.rollback()
        await _until_found(reader, "first")
        store.rollback(second)

        await _until_found(reader, "second")

    def test_a_build_that_was_rolled_away_from_does_not_come_back(self, store: IndexStore) -> None:
        first, second = publish(store, "good"), publish(store, "mistake")
        assert store.rollback().name == first
        publish(store, "better")

        assert store.rollback().name == first
        assert {record.name for record in store.prune(keep=1)} == {second}

    def test_past_one_that_is_gone(self, store: IndexStore) -> None:
        first = publish(store, "first")
        publish(store, "second")
        store.rollback(first)
        publish(store, "third")
        store.rollback(first)
        store.prune(keep=0)
        publish(store, "fourth")

        assert store.rollback().name == first

    def test_there_is_nothing_before_the_first(self, store: IndexStore) -> None:
        publish(store, "first")

        with pytest.raises(NotFoundError, match="no earlier build"):
            store.rollback()

    def test_not_to_a_build_that_was_never_live(self, store: IndexStore) -> None:
        publish(store, "first")
        build = write(store, [chunk("second")])

        with pytest.raises(InputError, match="never live"):
            store.rollback(build.name)
        with pytest.raises(NotFoundError):
            store.rollback("book-unknown")

    def test_not_to_a_build_that_cannot_be_read(self, store: IndexStore) -> None:
        publish(store, "first", spec=replace(SPEC, chunker="older"))
        live = publish(store, "second")

        with pytest.raises(IndexMismatchError, match="chunker"):
            store.rollback(spec=SPEC)
        assert store.live_name() == live


class TestPrune:
    def test_keeps_the_live_one_and_the_newest(self, store: IndexStore) -> None:
        names = [publish(store, str(number)) for number in range(4)]
        leftover = store.create_build(SPEC).name
        store.rollback(names[0])

        gone = store.prune(keep=1)

        assert {record.name for record in gone} == {names[1], names[2], leftover}
        assert {record.name for record in store.list_builds()} == {names[0], names[3]}
        assert store.live_name() == names[0]

    def test_not_while_another_builds(self, store: IndexStore, open_another: OpenStore) -> None:
        with store.lock(), pytest.raises(BuildLockedError):
            open_another().prune(keep=0)


class TestLock:
    def test_a_second_build_says_who_holds_the_lock_and_since_when(
        self, store: IndexStore, open_another: OpenStore
    ) -> None:
        with (
            store.lock(),
            pytest.raises(BuildLockedError, match=r"has held the lock since .* UTC"),
            open_another().lock(),
        ):
            pass

    def test_the_lock_is_free_again(self, store: IndexStore, open_another: OpenStore) -> None:
        with store.lock(), store.lock():
            pass
        with open_another().lock():
            pass


class TestMismatch:
    async def test_every_setting_that_differs_is_named(self, store: IndexStore, open_another: OpenStore) -> None:
        publish(store, "one")
        reader = open_another(replace(SPEC, embed_model="another", chunk_tokens=128))

        with pytest.raises(IndexMismatchError, match=r"embed_model.*chunk_tokens.*bookrag index build"):
            await (await reader.pin()).search(vector("one"), sparse("one"), limit=1)

    async def test_a_matching_build_ends_it(self, store: IndexStore, open_another: OpenStore) -> None:
        wanted = replace(SPEC, chunker="newer")
        publish(store, "one")
        reader = open_another(wanted)
        with pytest.raises(IndexMismatchError):
            await reader.current()

        publish(store, "two", spec=wanted)

        await _until_found(reader, "two")


async def _until_found(store: IndexStore, text: str) -> None:
    """Search until the text is found; no search may fail meanwhile but for want of a build."""
    start = time.monotonic()
    while time.monotonic() - start < PATIENCE_SECONDS:
        try:
            found = await find(store, text)
        except (IndexMissingError, IndexMismatchError):
            found = []
        if text in found:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{text} was not found")


async def test_a_build_that_was_read_ahead_gives_its_sections_and_chunks_without_the_engine(store: IndexStore) -> None:
    texts = [chunk(f"text {at}", position=at, section=at // 40) for at in reversed(range(100))]
    publish_chunks(store, texts)
    build = await store.pin()
    await build.read_ahead()
    build._engine = None  # type: ignore[assignment]
    found = await build.chunks([node.node_id for node in texts])
    assert [each.text for each in found] == [node.text for node in texts]
    section = build.section_of(found[0])
    assert section is not None
    assert [each.text for each in section] == [f"text {at}" for at in range(80, 100)]


async def test_a_build_that_is_not_read_ahead_gives_no_section(store: IndexStore) -> None:
    publish_chunks(store, [chunk("robot", position=0, section=0)])
    build = await store.pin()
    found = await build.matching([ChunkFilter()], limit=1)
    assert build.section_of(found[0]) is None
