"""A book in several languages: each edition is found by its own words, and what is known of its words agrees."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from llama_index.core.schema import QueryBundle

from engines.coverage.verdict import Signals, signals_of
from engines.embedding.embedding_model import describe_model, index_spec
from engines.events import Question, Scope
from engines.retrieval.passages import passage_postprocessors
from engines.retrieval.retriever import ADDRESS, BookRetriever, GivenRetriever, chunk_nodes
from engines.retrieval.scope import find_place
from engines.settings import EngineSettings
from engines.tasks.answering import Tasks
from engines.tasks.plans import AnswerFrom, ReadyAnswer
from engines.understanding.intent_recognition import intent_of
from indexing.chunking import chunk_book
from indexing.progress import Silent
from indexing.read_book import read_book
from indexing.rebuild import BuildOptions, build_index
from indexing.settings import BookSettings
from storage.settings import StorageSettings
from storage.vectors import payload
from storage.vectors.caches import open_vector_cache
from storage.vectors.index_store import IndexStore, open_store
from tests.indexing.test_rebuilding import Embedding
from tests.storage.vectors.builds import vector
from tests.storage.vectors.conftest import settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = {
    "en": ("The joint", "Every joint has a controller."),
    "de": ("Das Gelenk", "Jedes Gelenk hat eine Regelung. Fragen zum Robots Controller."),
    "fr": ("Le genou", "L’articulation du genou porte le robot."),
    "tr": ("Eklem", "Her eklem IŞIK saçar; KIRMIZI ve İSTANBUL."),
    "ur": ("جوڑ", "ہر جوڑ کا ایک controller ہے۔"),
}
QUESTIONS = [
    ("joints", Scope(), "/docs/joint"),
    ("controllers", Scope(locale="en"), "/docs/joint"),
    ("Gelenke", Scope(locale="de"), "/de/docs/joint"),
    ("Regelungen", Scope(locale="de"), "/de/docs/joint"),
    ("robot controllers", Scope(locale="de"), "/de/docs/joint"),
    ("Regelungen", Scope(page_url="/de/docs/joint"), "/de/docs/joint"),
    ("articulations", Scope(locale="fr"), "/fr/docs/joint"),
    ("l'articulation", Scope(page_url="https://book.example/fr/docs/joint?a#b"), "/fr/docs/joint"),
    ("ışık", Scope(locale="tr"), "/tr/docs/joint"),
    ("kırmızı", Scope(locale="tr"), "/tr/docs/joint"),
    ("istanbul", Scope(locale="tr"), "/tr/docs/joint"),
    ("eklemlerin", Scope(locale="tr"), "/tr/docs/joint"),
    ("ہر جوڑ", Scope(), "/ur/docs/joint"),
    ("controllers", Scope(locale="ur"), "/ur/docs/joint"),
]
MODEL = describe_model(EngineSettings(_env_file=None))


def write_editions(site: Path) -> BookSettings:
    """A page in five locales, beside pages that share no word with it."""
    for locale, (title, text) in PAGES.items():
        folder = f"i18n/{locale}/docusaurus-plugin-content-docs/current" if locale != "en" else "docs"
        docs = site / folder
        docs.mkdir(parents=True)
        (docs / "joint.md").write_text(f"# {title}\n\n{text}\n", encoding="utf-8")
        for number in range(3):
            (docs / f"filler-{number}.md").write_text(f"# Lorem{number}\n\nIpsum{number}.\n", encoding="utf-8")
    return BookSettings(_env_file=None, book_dir=site / "docs", locales=",".join(PAGES), run_site_config=False)


def build(book: BookSettings, settings: StorageSettings) -> None:
    """Publish an index of a book."""
    cut = chunk_book(read_book(book).book, MODEL, Silent())
    with open_store(settings) as building, open_vector_cache(settings, index_spec(MODEL)) as cache:
        build_index(cut, MODEL, building, cache, Silent(), BuildOptions(), load=lambda _: Embedding())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory, engine: str) -> AsyncIterator[IndexStore]:
    folder = tmp_path_factory.mktemp("editions")
    with settings_of(engine, folder) as settings:
        build(write_editions(folder / "site"), settings)
        async with open_store(settings, spec=index_spec(MODEL)) as opened:
            yield opened


async def ask(store: IndexStore, question: str, scope: Scope) -> tuple[list[object], Signals]:
    """The addresses that the words of a question find, and all that was found; its vector is near to no chunk."""
    query = QueryBundle(question, embedding=vector(question, MODEL.dimensions))
    nodes = await BookRetriever(store, None, scope=scope).aretrieve(query)
    for postprocessor in passage_postprocessors(5):
        nodes = await postprocessor.apostprocess_nodes(nodes, query)
    ranking = chunk_nodes(nodes)[0].ranking
    chunks = await (await store.pin()).chunks([key for key, _ in ranking.candidates.sparse])
    signals = signals_of(nodes)
    assert signals is not None
    return [chunk.metadata[payload.URL] for chunk in chunks], signals


async def test_each_edition_is_found_by_its_own_words(store: IndexStore) -> None:
    for question, scope, url in QUESTIONS:
        urls, signals = await ask(store, question, scope)
        assert urls == [url], question
        assert signals.unknown == 0.0, question  # the vocabulary in the record has the same tokens
        assert signals.coverage == pytest.approx(1.0), question  # and so has the passage
        assert signals.match > 0.0, question


async def test_a_word_that_an_edition_does_not_have_is_unknown(store: IndexStore) -> None:
    urls, signals = await ask(store, "Getriebe", Scope(locale="de"))
    assert urls == []
    assert signals.unknown == 1.0


async def test_a_book_in_one_language_has_its_stems_without_being_told(tmp_path: Path, engine: str) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "gelenk.md").write_text("# Das Gelenk\n\nJedes Gelenk hat eine Regelung.\n", encoding="utf-8")
    with settings_of(engine, tmp_path) as settings:
        build(BookSettings(_env_file=None, book_dir=docs, locales="de", run_site_config=False), settings)
        async with open_store(settings, spec=index_spec(MODEL)) as store:
            for question in ("Gelenke", "Regelungen"):
                assert (await ask(store, question, Scope()))[0] == ["/docs/gelenk"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def own_origins(tmp_path_factory: pytest.TempPathFactory, engine: str) -> AsyncIterator[IndexStore]:
    """Two languages at the same paths of two origins."""
    files = {
        "docs/joint.md": "# The joint\n\nEvery joint has a controller.\n",
        "i18n/de/docusaurus-plugin-content-docs/current/joint.md": "# Das Gelenk\n\nJedes Gelenk hat eine Regelung.\n",
        "bookrag.site.json": json.dumps(
            {
                "url": "https://book.example",
                "baseUrl": "/",
                "i18n": {
                    "defaultLocale": "en",
                    "locales": ["en", "de"],
                    "localeConfigs": {"de": {"url": "https://de.book.example", "baseUrl": "/"}},
                },
                "presets": [["classic", {}]],
            }
        ),
    }
    folder = tmp_path_factory.mktemp("origins")
    for name, text in files.items():
        path = folder / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with settings_of(engine, folder) as settings:
        build(BookSettings(_env_file=None, book_dir=folder / "site" / "docs", run_site_config=False), settings)
        async with open_store(settings, spec=index_spec(MODEL)) as opened:
            yield opened


async def test_citations_lead_to_the_origin_of_their_language(own_origins: IndexStore) -> None:
    for question, locale, url in [
        ("joints", "en", "https://book.example/docs/joint"),
        ("Gelenke", "de", "https://de.book.example/docs/joint"),
    ]:
        query = QueryBundle(question, embedding=vector(question, MODEL.dimensions))
        nodes = await BookRetriever(own_origins, None, scope=Scope(locale=locale)).aretrieve(query)
        assert {node.metadata[ADDRESS] for node in nodes} == {url}


@pytest.mark.parametrize(
    ("page_url", "locale"),
    [
        ("https://book.example/docs/joint", "en"),
        ("https://de.book.example/docs/joint/?a#b", "de"),
        ("https://DE.book.example/docs/joint", "de"),
        ("/docs/joint", "en"),
        ("http://localhost:3000/docs/joint", "en"),
    ],
)
async def test_a_page_is_looked_up_in_the_language_of_its_origin(
    own_origins: IndexStore, page_url: str, locale: str
) -> None:
    place = await find_place(Scope(page_url=page_url, limit="page"), "", await own_origins.pin())
    assert (place.filters.locale, place.filters.url) == (locale, "/docs/joint")


async def test_tasks_link_to_the_origin_of_their_language(own_origins: IndexStore) -> None:
    question = Question("Welche Kapitel gibt es?", scope=Scope(page_url="https://de.book.example/docs/joint"))
    told = await Tasks(own_origins, 1000, len).plan(question, intent_of(question.text, has_page=True), None)
    assert isinstance(told, ReadyAnswer)
    assert [source.url for source in told.answer.sources] == ["https://de.book.example/docs/joint"]
    summary = Question("Fasse diese Seite zusammen.", scope=Scope(page_url="https://de.book.example/docs/joint"))
    instead = await Tasks(own_origins, 1000, len).plan(summary, intent_of(summary.text, has_page=True), None)
    assert isinstance(instead, AnswerFrom)
    assert isinstance(instead.retriever, GivenRetriever)
    nodes = await instead.retriever.aretrieve("")
    assert {node.metadata[ADDRESS] for node in nodes} == {"https://de.book.example/docs/joint"}
