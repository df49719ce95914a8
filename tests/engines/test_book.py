"""The book for evaluators and notebooks: docs/python.md as it stands, synchronous calls, and what LlamaIndex sees."""

import ast
import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from llama_index.core.evaluation import RetrieverEvaluator
from llama_index.core.schema import MetadataMode, QueryBundle
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation.span_handlers import SimpleSpanHandler
from pydantic import PrivateAttr, SecretStr

from engines.book import Book, open_book
from engines.events import Question, Scope, SourcesFound, TextDelta, Turn
from engines.retrieval.retriever import UNDERSTOOD, chunk_nodes, understood_for
from engines.settings import EngineSettings
from engines.understanding.book_terms import load_book_terms
from engines.understanding.loan_words import load_loan_words
from engines.understanding.spelling import load_corrector
from storage.errors import InputError
from storage.settings import StorageSettings
from storage.vectors.abbreviations import encode_abbreviations
from storage.vectors.index_store import open_store
from tests.gemini_server import GeminiServer, Reply
from tests.storage.vectors.builds import publish_another

DOCUMENT = Path(__file__).parents[2] / "docs" / "python.md"
ASKED = "What is the zero moment point?"
IN_SAMPLE_BOOK, IN_SMALL_BOOK = "/docs/locomotion/zero-moment-point#zmp", "/docs/balance/zmp#what-it-is"  # the same


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def book(small_index: Path) -> AsyncIterator[Book]:
    """The small book without a model."""
    async with without_a_model(small_index) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def own_book(data_dir: Path) -> AsyncIterator[Book]:
    """The same for a test that publishes another build."""
    async with without_a_model(data_dir) as opened:
        yield opened


def without_a_model(data_dir: Path) -> AbstractAsyncContextManager[Book]:
    settings = EngineSettings(gemini_api_key=None)
    return open_book(engine_settings=settings, storage_settings=StorageSettings(data_dir=data_dir))


async def test_the_lines_of_the_document_run(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    lines = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)[0]
    assert IN_SAMPLE_BOOK in lines
    lines = lines.replace(IN_SAMPLE_BOOK, IN_SMALL_BOOK)
    code = compile(lines, str(DOCUMENT), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    await eval(code, {})  # as a notebook runs a cell that awaits

    printed = capsys.readouterr().out
    assert "'hit_rate': 1.0" in printed
    assert "No language model is configured" in printed
    assert "tipping moment" in printed


async def test_each_change_of_how_many_questions_wait_for_the_model_is_told(data_dir: Path) -> None:
    told: list[int] = []
    stores = StorageSettings(data_dir=data_dir)
    async with open_book(
        engine_settings=EngineSettings(gemini_api_key=None), storage_settings=stores, on_waiting=told.append
    ) as book:
        await book.as_retriever().aretrieve(ASKED)
        assert told == [1, 0]


@asynccontextmanager
async def telling_book(data_dir: Path) -> AsyncIterator[tuple[Book, list[int]]]:
    """A book without a model, and how many questions have waited for the embedding model."""
    told: list[int] = []
    settings, stores = EngineSettings(gemini_api_key=None), StorageSettings(data_dir=data_dir)
    async with open_book(engine_settings=settings, storage_settings=stores, on_waiting=told.append) as book:
        yield book, told


async def test_a_question_that_was_begun_is_answered_alike_and_embedded_once(data_dir: Path) -> None:
    question = Question(ASKED)
    async with telling_book(data_dir) as (book, told):
        build = await book.index.pin()
        await book.chat.check_against(question, build)
        alike = [event async for event in book.chat.answer(question, build)]
        embedded = told.count(1)
        await book.chat.begin(question, build)
        begun = [event async for event in book.chat.answer(question, build)]
        assert told.count(1) == 2 * embedded
        assert begun == alike


@pytest.mark.parametrize(
    "question",
    [
        Question("Thanks!"),
        Question("How are you?"),
        Question("summarize this page"),
        Question("And why?", history=(Turn("user", ASKED), Turn("assistant", "It is where no moment tips the robot."))),
        Question("What is meant?", selected_text="the point where the tipping moments vanish"),
        Question("Why does this fail?\n" + "node died\n" * 100),
    ],
)
async def test_a_message_that_may_not_be_searched_for_as_it_is_is_not_begun(data_dir: Path, question: Question) -> None:
    async with telling_book(data_dir) as (book, told):
        await book.chat.begin(question, await book.index.pin())
        await asyncio.sleep(0.01)
        assert told == []


async def test_a_question_that_cannot_be_begun_fails_where_it_is_answered(data_dir: Path) -> None:
    question = Question(ASKED, scope=Scope(locale="xx"))
    async with telling_book(data_dir) as (book, _):
        build = await book.index.pin()
        await book.chat.begin(question, build)
        with pytest.raises(InputError, match="locale"):
            [event async for event in book.chat.answer(question, build)]


async def test_what_fails_unforeseen_when_a_question_is_begun_is_logged_without_its_words(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(question: str, *_: object) -> None:
        raise ValueError(question)

    async with telling_book(data_dir) as (book, _):
        monkeypatch.setattr("engines.retrieval.retriever.understand_for", fail)
        await book.chat.begin(Question(ASKED), await book.index.pin())
    assert "ValueError" in caplog.text
    assert ASKED not in caplog.text


@pytest.mark.parametrize("asked", [ASKED, "روبوٹ کیا ہے؟"])
async def test_a_prepared_book_has_loaded_what_a_first_question_would_wait_for(data_dir: Path, asked: str) -> None:
    loaders = load_corrector, load_book_terms, load_loan_words
    for loader in loaders:
        loader.cache_clear()
    settings = EngineSettings(gemini_api_key=None)
    stores = StorageSettings(data_dir=data_dir)
    async with open_book(engine_settings=settings, storage_settings=stores, prepared=True) as book:
        loaded = [loader.cache_info().misses for loader in loaders]
        await book.as_retriever().aretrieve(asked)

        assert min(loaded) > 0
        assert [loader.cache_info().misses for loader in loaders] == loaded


async def test_a_synchronous_call_works_inside_a_running_loop(book: Book) -> None:
    retriever = book.as_retriever(Scope(locale="en"))
    awaited = await retriever.aretrieve(ASKED)
    found = retriever.retrieve(ASKED)
    again = await asyncio.to_thread(retriever.retrieve, ASKED)

    assert [node.node_id for node in found] == [node.node_id for node in awaited] == [node.node_id for node in again]


@pytest.mark.parametrize(
    ("asked", "address"),
    [(ASKED, "/docs/balance/zmp#what-it-is"), ("Where do the tipping moments vanish?", "/docs/balance/zmp")],
)
async def test_llama_index_s_evaluator_takes_the_ids_of_an_address(book: Book, asked: str, address: str) -> None:
    expected, retriever = await book.node_ids(address), book.as_retriever()
    evaluator = RetrieverEvaluator.from_metric_names(["hit_rate", "mrr"], retriever=retriever)
    found = await evaluator.aevaluate(asked, expected_ids=expected)
    nodes = [node.node_id for node in await retriever.aretrieve(asked)]
    assert found.retrieved_ids == nodes
    first = next(rank for rank, node in enumerate(nodes, 1) if node in expected)
    assert found.metric_vals_dict == {"hit_rate": 1.0, "mrr": 1 / first}


async def test_llama_index_s_evaluator_works_without_being_awaited(book: Book) -> None:
    expected = await book.node_ids("/docs/balance/zmp#what-it-is")
    evaluator = RetrieverEvaluator.from_metric_names(["hit_rate"], retriever=book.as_retriever())
    # On a loop of its own, which is closed before the book is: its end in the fixture fails where that loop was used.
    for _ in range(2):
        assert evaluator.evaluate(ASKED, expected_ids=expected).metric_vals_dict == {"hit_rate": 1.0}


async def test_the_ids_of_nodes_are_those_of_the_chunks_whatever_the_question(book: Book) -> None:
    ids = {node.node_id for node in await book.as_retriever(top_k=50).aretrieve(ASKED)}

    assert ids == {node.node_id for node in await book.as_retriever(top_k=50).aretrieve("Which frames are there?")}
    assert ids >= set(await book.node_ids("/docs/balance/zmp"))


async def test_a_node_says_where_it_stands_and_why_it_was_found(book: Book) -> None:
    (node, *_) = await book.as_retriever().aretrieve(ASKED)

    said = node.metadata
    assert said["address"].endswith(f"{said['url']}#{said['anchor']}")
    assert said["dense_rank"] == 1
    assert said["sparse_rank"] == 1
    assert said["fused_score"] == node.score
    assert said["build"] == (await book.index.current()).name
    assert node.node.get_content() in node.node.get_content(MetadataMode.LLM), "a model reads the text alone"


async def test_a_query_engine_answers_from_the_passages_that_a_reader_gets(book: Book) -> None:
    response = await book.as_query_engine().aquery(ASKED)

    assert str(response).startswith("No language model is configured")
    found = await book.search(ASKED, Scope())
    assert [node.node_id for node in response.source_nodes] == [source.chunk_id for source in found.sources]


@pytest.mark.parametrize(
    "asked", [ASKED, "polygon gravity inertia tipping ground planner", "Who won the football cup in 1998?"]
)
async def test_the_verdict_of_a_search_is_that_of_an_answer_however_many_passages_are_asked_for(
    book: Book, asked: str
) -> None:
    answer = await book.search(asked, Scope())
    for k in (1, 2, 6, 10, 50):
        found = await book.search(asked, Scope(), k)
        assert found.grounding == answer.grounding, f"{k} passages"
        assert len(found.sources) <= k
        shared = min(k, len(answer.sources))
        assert [source.url for source in found.sources[:shared]] == [source.url for source in answer.sources[:shared]]


@pytest.mark.parametrize(
    ("asked", "reading", "term"),
    [
        ("What is the capture point?", "What is the capture point?", "capture point"),
        ("why the zero moment point?", f"{ASKED}\nis there an app for it?", ""),
        ("what is it for, the zero moment point?", f"{ASKED}\nwhat is it for?", ""),
    ],
)
async def test_a_follow_up_with_one_reading_asks_for_a_definition_where_it_is_the_question_in_full(
    book: Book, asked: str, reading: str, term: str
) -> None:
    (node, *_) = await book.as_retriever().aretrieve(QueryBundle(asked, custom_embedding_strs=[reading]))
    assert node.metadata[UNDERSTOOD].term == term


async def test_a_follow_up_is_not_searched_by_the_name_of_an_abbreviation_that_was_asked_for_before(book: Book) -> None:
    first, follow_up = "What is the ZMP?", "is there an app for it?"
    (chunk, *_) = chunk_nodes(await book.as_retriever().aretrieve(first))
    names = encode_abbreviations([((), "The Zero Moment Point (ZMP) moves.")])
    record = replace(chunk.ranking.build, abbreviations=names)
    alone = understood_for(QueryBundle(first), None, record)
    assert alone.search_text == "What is the ZMP (zero moment point)"
    readings = [f"{first}\n{follow_up}", follow_up]
    after = understood_for(QueryBundle(readings[0], custom_embedding_strs=readings), None, record)
    assert "zero moment point" not in f"{after.sparse_text} {after.ranked_by}"


async def test_a_query_engine_refuses_what_the_book_does_not_cover(book: Book) -> None:
    assert "does not seem to cover" in str(await book.as_query_engine().aquery("Who won the football cup in 1998?"))


async def test_a_chat_engine_remembers_what_was_said(data_dir: Path) -> None:
    with GeminiServer() as gemini:
        gemini.condense = Reply(chunks=(ASKED,))
        settings = EngineSettings(gemini_api_key=SecretStr("k"), gemini_base_url=gemini.url)
        stores = StorageSettings(data_dir=data_dir)
        async with open_book(engine_settings=settings, storage_settings=stores) as book:
            engine = book.as_chat_engine(profile="knows Python")
            first = await engine.achat(ASKED)
            pieces = [piece async for piece in (await engine.astream_chat("and why?")).async_response_gen()]
            third = await asyncio.to_thread(engine.chat, "and then?")
            said = [message.content for message in engine.chat_history]

    assert first.response == "The answer stands in the book [1]."
    assert first.source_nodes
    assert "".join(pieces) == first.response == third.response
    assert said == [ASKED, first.response, "and why?", first.response, "and then?", first.response]
    assert "knows Python" in gemini.streams[0].everything


async def test_the_build_that_an_answer_begins_with_is_the_one_that_is_searched(own_book: Book, data_dir: Path) -> None:
    question = Question(ASKED)
    pinned = await own_book.index.pin()
    await own_book.chat.check_against(question, pinned)
    live = await asyncio.to_thread(_publish_another, data_dir)
    await _until(own_book, live)

    assert await _searched(own_book, question, pinned) == pinned.name
    assert await _searched(own_book, question, None) == live


async def test_an_answer_whose_build_was_taken_away_says_which_one_was_searched(own_book: Book, data_dir: Path) -> None:
    question = Question(ASKED)
    pinned = await own_book.index.pin()
    await own_book.chat.check_against(question, pinned)
    live = await asyncio.to_thread(_publish_another, data_dir)
    await _until(own_book, live)
    await pinned.aclose()
    with open_store(StorageSettings(data_dir=data_dir)) as store:
        store.prune(0)

    assert await _searched(own_book, question, pinned) == live


EMBEDDED = ["EmbeddingStartEvent", "EmbeddingEndEvent"]
RETRIEVED = ["RetrievalStartEvent", *EMBEDDED, "RetrievalEndEvent"]
MODEL = ["LLMChatStartEvent", "LLMChatEndEvent"]


SYNTHESIZED = ["SynthesizeStartEvent", "SynthesizeEndEvent"]
WRITTEN = ["SynthesizeStartEvent", *MODEL, "SynthesizeEndEvent"]
GIVEN = ["RetrievalStartEvent", "RetrievalEndEvent"]  # passages that are not searched for
BEFORE = (Turn("user", ASKED), Turn("assistant", "It is a point on the ground [1]."))
PAGE = Scope(page_url="/docs/balance/zmp")
SELECTED = "The zero moment point is a point on the ground."


def retrieved_as(readings: int) -> list[str]:
    """As searched, as typed, the part that asks, and a follow-up in its context, where these differ: all at once."""
    return [RETRIEVED[0], *(name for name in EMBEDDED for _ in range(readings)), RETRIEVED[-1]]


@pytest.mark.parametrize(
    ("model", "question", "expected"),
    [
        pytest.param(False, Question(ASKED), [*RETRIEVED, *SYNTHESIZED], id="without a key"),
        pytest.param(True, Question(ASKED), [*RETRIEVED, *WRITTEN], id="with a key"),
        pytest.param(True, Question(ASKED, selected_text=SELECTED), [*GIVEN, *WRITTEN], id="about a selection"),
        pytest.param(False, Question(ASKED, selected_text=SELECTED), [*GIVEN, *SYNTHESIZED], id="a selection, no key"),
        pytest.param(
            True,
            Question(ASKED, selected_text=SELECTED, use_book=True),
            [GIVEN[0], *retrieved_as(3), GIVEN[1], *GIVEN, *WRITTEN],
            id="a selection, the book",
        ),
        pytest.param(
            True, Question("and why is that so?", history=BEFORE), [*MODEL, *RETRIEVED, *WRITTEN], id="a follow-up"
        ),
        pytest.param(
            False,
            Question("and why is that so?", history=BEFORE),
            [*retrieved_as(2), *SYNTHESIZED],
            id="a follow-up, no key",
        ),
        pytest.param(True, Question("hello"), SYNTHESIZED, id="small talk"),
        pytest.param(False, Question("What is in this book?"), SYNTHESIZED, id="a task on the book"),
        pytest.param(False, Question("Summarise this page", scope=PAGE), [*GIVEN, *SYNTHESIZED], id="a task on a page"),
        pytest.param(True, Question("Summarise this page", scope=PAGE), [*GIVEN, *WRITTEN], id="the same, with a key"),
        pytest.param(
            False,
            Question("Who won the football cup in 1998?"),
            [
                *RETRIEVED,
                *SYNTHESIZED,
            ],  # whether it is a task is told by it
            id="not covered",
        ),
    ],
)
async def test_llama_index_sees_each_step_of_a_question_under_one_span(
    data_dir: Path, model: bool, question: Question, expected: list[str]
) -> None:
    with GeminiServer(Reply(chunks=("many ", "pieces ", "[1]."))) as gemini:
        gemini.condense = Reply(chunks=("Why is the zero moment point on the ground?",))
        key = SecretStr("k") if model else None
        settings = EngineSettings(gemini_api_key=key, gemini_base_url=gemini.url)
        stores = StorageSettings(data_dir=data_dir)
        async with open_book(engine_settings=settings, storage_settings=stores) as book:
            with watched() as (events, spans):
                answer = [event async for event in book.chat.answer(question)]

    assert any(isinstance(event, TextDelta) for event in answer)
    assert [type(event).__name__ for event in events.seen] == expected
    (root,) = (span for span in spans.completed_spans if span.parent_id is None)
    assert root.id_.startswith("BookChatEngine.")
    parents = {span.id_: span.parent_id for span in spans.completed_spans}
    assert {_outermost(event.span_id, parents) for event in events.seen} == {root.id_}
    assert not spans.open_spans
    assert not spans.dropped_spans


def _outermost(span_id: str | None, parents: Mapping[str, str | None]) -> str | None:
    """The span that a span lies in, which lies in no other."""
    while span_id is not None and (above := parents[span_id]) is not None:
        span_id = above
    return span_id


async def test_the_handler_of_the_document_sees_a_question(book: Book) -> None:
    lines = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)[1]
    handler = Seen()
    try:
        exec(compile(lines, str(DOCUMENT), "exec"), {"handler": handler})
        await book.as_query_engine().aquery(ASKED)
    finally:
        get_dispatcher().event_handlers.remove(handler)
    assert {"RetrievalStartEvent", "RetrievalEndEvent"} <= {type(event).__name__ for event in handler.seen}


async def test_a_reader_who_leaves_ends_the_span(data_dir: Path) -> None:
    with GeminiServer(Reply(chunks=("word ",) * 500, pace_seconds=0.02)) as gemini:
        settings = EngineSettings(gemini_api_key=SecretStr("k"), gemini_base_url=gemini.url)
        stores = StorageSettings(data_dir=data_dir)
        async with open_book(engine_settings=settings, storage_settings=stores) as book:
            with watched() as (events, spans):
                answer = book.chat.answer(Question(ASKED))
                async for event in answer:
                    if isinstance(event, TextDelta):
                        break
                await answer.aclose()

    assert [type(event).__name__ for event in events.seen][-2:] == ["LLMChatEndEvent", "SynthesizeEndEvent"]
    assert [span.parent_id for span in spans.dropped_spans] == [None]
    assert not spans.open_spans


class Seen(BaseEventHandler):
    """Keeps every event."""

    _seen: list[BaseEvent] = PrivateAttr(default_factory=list)

    @property
    def seen(self) -> list[BaseEvent]:
        return self._seen

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        self._seen.append(event)


@contextmanager
def watched() -> Iterator[tuple[Seen, SimpleSpanHandler]]:
    """What LlamaIndex's instrumentation tells meanwhile."""
    dispatcher, events, spans = get_dispatcher(), Seen(), SimpleSpanHandler()
    dispatcher.add_event_handler(events)
    dispatcher.add_span_handler(spans)
    try:
        yield events, spans
    finally:
        dispatcher.event_handlers.remove(events)
        dispatcher.span_handlers.remove(spans)


def _publish_another(data_dir: Path) -> str:
    with open_store(StorageSettings(data_dir=data_dir)) as store:
        return publish_another(store)


async def _until(book: Book, name: str) -> None:
    while (await book.index.current()).name != name:  # noqa: ASYNC110 - what another process does sets no event
        await asyncio.sleep(0.05)


async def _searched(book: Book, question: Question, build: Any) -> str | None:
    async for event in (answer := book.chat.answer(question, build)):
        if isinstance(event, SourcesFound):
            await answer.aclose()
            return event.build
    return None
