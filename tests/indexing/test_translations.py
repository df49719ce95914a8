"""Parallel translations: what is found in the source language is cited from the translation."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from llama_index.core.schema import QueryBundle

from engines.coverage.verdict import deciding_postprocessors
from engines.embedding.embedding_model import index_spec
from engines.events import GroundingDecided, Scope
from engines.retrieval.retriever import GROUNDING, BookRetriever
from indexing.settings import BookSettings
from storage.vectors import payload
from storage.vectors.index_store import IndexStore, open_store
from tests.indexing.test_locales import MODEL, build
from tests.storage.vectors.builds import vector
from tests.storage.vectors.conftest import settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = {
    "balance.md": (
        (
            "# Balance\n\n## Capture point {#capture}\n\nWhere a robot steps to stop.\n\n"
            "## Support polygon {#polygon}\n\nThe hull of all contacts.\n"
        ),
        (
            "# توازن\n\n## رکنے کا مقام {#capture}\n\nجہاں روبوٹ رکنے کے لیے قدم رکھتا ہے۔\n\n"
            "## سہارے کا کثیر الاضلاع {#polygon}\n\nتمام رابطوں کا گھیرا۔\n"
        ),
    ),
    "sensors.md": ("# Sensors\n\nCameras and force sensors.\n", "# حساس آلات\n\nکیمرے اور قوت ناپنے والے آلات۔\n"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory, engine: str) -> AsyncIterator[IndexStore]:
    folder = tmp_path_factory.mktemp("translations")
    for name, (english, urdu) in PAGES.items():
        for place, text in (("docs", english), ("i18n/ur/docusaurus-plugin-content-docs/current", urdu)):
            path = folder / "site" / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    book = BookSettings(_env_file=None, book_dir=folder / "site" / "docs", locales="en,ur", run_site_config=False)
    with settings_of(engine, folder) as settings:
        build(book, settings)
        async with open_store(settings, spec=index_spec(MODEL)) as opened:
            yield opened


async def ask(store: IndexStore, question: str, scope: Scope) -> tuple[list[tuple[object, object]], GroundingDecided]:
    """Address and anchor of what is found, best first, and the decision; the vector is near to no chunk."""
    query = QueryBundle(question, embedding=vector(question, MODEL.dimensions))
    nodes = await BookRetriever(store, None, scope=scope).aretrieve(query)
    for postprocessor in deciding_postprocessors(5):
        nodes = await postprocessor.apostprocess_nodes(nodes, query)
    places = [(node.metadata[payload.URL], node.metadata[payload.ANCHOR]) for node in nodes]
    return places, nodes[0].metadata[GROUNDING]


@pytest.mark.parametrize(
    ("question", "anchor"),
    [("What is the support polygon?", "polygon"), ("Where does a robot step to stop?", "capture")],
)
async def test_an_english_question_to_the_translation_cites_the_translation(
    store: IndexStore, question: str, anchor: str
) -> None:
    places, _ = await ask(store, question, Scope(locale="ur"))
    assert places[0] == ("/ur/docs/balance", anchor)
    assert {str(url).split("/")[1] for url, _ in places} == {"ur"}


async def test_a_question_in_the_editions_own_language_is_found_by_its_words(store: IndexStore) -> None:
    places, _ = await ask(store, "تمام رابطوں کا گھیرا کیا ہے؟", Scope(locale="ur"))
    assert places[0] == ("/ur/docs/balance", "polygon")


async def test_the_source_edition_is_searched_alone(store: IndexStore) -> None:
    places, _ = await ask(store, "What is the support polygon?", Scope())
    assert places[0] == ("/docs/balance", "polygon")
    assert {str(url).split("/")[1] for url, _ in places} == {"docs"}


@pytest.mark.parametrize(
    "question",
    [
        "ٹماٹر کی چٹنی کیسے بنتی ہے؟",
        "tamatar ki chutney kaise banti hai aur kya chahiye",
        "Wie koche ich eine Soße und was ist das Rezept?",
        "¿Cómo se cocina una salsa y cuál es la receta?",
        "番茄酱怎么做？",
    ],
)
async def test_another_language_than_the_index_is_uncertain_and_never_refused(store: IndexStore, question: str) -> None:
    _, decided = await ask(store, question, Scope(locale="en"))
    assert decided.verdict in ("uncertain", "covered")


async def test_the_indexs_own_language_may_be_refused(store: IndexStore) -> None:
    _, decided = await ask(store, "How is tomato sauce cooked in Naples?", Scope())
    assert decided.verdict == "not_covered"


async def test_an_english_term_in_urdus_letters_is_found_in_the_source(store: IndexStore) -> None:
    places, decided = await ask(store, "بیلنس سمجھائیں", Scope(locale="ur"))
    assert {url for url, _ in places[:2]} == {"/ur/docs/balance"}
    assert decided.verdict != "not_covered"


@pytest.mark.parametrize(
    ("question", "locale"),
    [
        ("کیمروں؟", None),  # the Urdu page has another form of the word
        ("کیمروں کے بارے میں بتائیں", "en"),
        ("Welche Kameras gibt es und wie sind sie?", "en"),
        ("¿Cuál es la fuerza y para qué sirven las cámaras?", "en"),
        ("书中有哪些相机？", "en"),
    ],
)
async def test_a_word_of_another_language_finds_the_books_english_word(
    store: IndexStore, question: str, locale: str | None
) -> None:
    places, decided = await ask(store, question, Scope(locale=locale))
    assert places[0][0] == ("/docs/sensors" if locale else "/ur/docs/sensors")
    assert decided.verdict != "not_covered"


@pytest.mark.parametrize(
    "question",
    [
        "Warum fällt der Roboter beim Gehen um?",
        "Wie groß muss der Roboter sein?",
        "Welche Punkte liegen unter den Füßen?",
        "¿Por qué se cae el robot al caminar?",
        "¿Dónde pone el robot el pie para detenerse?",
        "Comment le robot garde-t-il son équilibre ?",
        "Pourquoi est-ce que la machine tombe ?",
        "机器人为什么会摔倒？",
        "机器人怎么走路？",
        "Wozu braucht ein Roboter einen zweiten Schritt?",
    ],
)
async def test_a_question_that_neither_the_model_nor_the_edition_reads_is_uncertain(
    store: IndexStore, question: str
) -> None:
    _, decided = await ask(store, question, Scope(locale="ur"))
    assert "unread" in decided.rules
    assert decided.verdict == "uncertain"


@pytest.mark.parametrize(
    ("question", "locale"),
    [
        ("What is the support polygon?", "ur"),
        ("تمام رابطوں کا گھیرا کیا ہے؟", "ur"),
        ("Warum fällt der Roboter beim Gehen um?", "en"),
    ],
)
async def test_what_the_model_or_the_edition_reads_is_decided_by_its_score(
    store: IndexStore, question: str, locale: str
) -> None:
    _, decided = await ask(store, question, Scope(locale=locale))
    assert "unread" not in decided.rules
