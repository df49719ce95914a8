"""Over a real index: a section that only introduces its subsections comes with them; a definition comes first."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from llama_index.core.schema import QueryBundle

from engines.coverage.verdict import Coverage, retrieved
from engines.embedding.embedding_model import index_spec
from engines.events import Source
from engines.retrieval.passages import ExpandContext, passage_postprocessors
from engines.retrieval.retriever import BookRetriever
from engines.synthesis.extractive import quote_passages
from engines.synthesis.fallback_messages import ENGLISH
from indexing.settings import BookSettings
from storage.vectors.index_store import IndexStore, open_store
from tests.indexing.test_locales import MODEL, build
from tests.storage.vectors.builds import vector
from tests.storage.vectors.conftest import settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = """# The Ecosystem

## What belongs to the ecosystem

Beyond the core framework, the ecosystem includes:

### Tools

Programs with windows show what a robot measures.

### Libraries

- **tf2**: transforms between frames
- **nav2**: Navigation stack with costmaps

## Nav2 on humanoids

Nav2 needs other costmaps there. Set nav2 up with nav2 parameters for nav2 planners.

## Nav2 next steps

Now that you know nav2, install nav2.
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory, engine: str) -> AsyncIterator[IndexStore]:
    folder = tmp_path_factory.mktemp("lead-ins")
    docs = folder / "site" / "docs"
    docs.mkdir(parents=True)
    (docs / "ecosystem.md").write_text(PAGE, encoding="utf-8")
    with settings_of(engine, folder) as settings:
        build(BookSettings(_env_file=None, book_dir=docs, run_site_config=False), settings)
        async with open_store(settings, spec=index_spec(MODEL)) as opened:
            yield opened


async def found(store: IndexStore, question: str) -> tuple[Source, ...]:
    """The passages for a question, which is found by its words; the vector is near to no chunk."""
    query = QueryBundle(question, embedding=vector(question, MODEL.dimensions))
    nodes = await BookRetriever(store, None, side="sparse").aretrieve(query)
    for postprocessor in (*passage_postprocessors(6), Coverage(), ExpandContext(budget_tokens=2_000)):
        nodes = await postprocessor.apostprocess_nodes(nodes, query)
    return retrieved(nodes).sources


async def test_a_section_that_only_introduces_its_subsections_comes_with_them(store: IndexStore) -> None:
    first, *_ = await found(store, "what belongs to the ecosystem beyond the core framework")
    assert first.heading_path == ("What belongs to the ecosystem",)
    assert first.text.startswith("Beyond the core framework, the ecosystem includes:\n\n**Tools**\n\nPrograms")
    assert "**Libraries**\n\n- **tf2**" in first.text
    assert "Nav2 needs" not in first.text


async def test_a_subsection_that_is_the_better_find_stands_alone(store: IndexStore) -> None:
    sources = await found(store, "programs with windows that show what a robot of the ecosystem measures")
    assert sources[0].heading_path[-1] == "Tools"
    lead_in = next(source for source in sources if source.heading_path == ("What belongs to the ecosystem",))
    assert lead_in.text == "Beyond the core framework, the ecosystem includes:"
    assert lead_in.text not in "".join(quote_passages(ENGLISH.no_model, sources).pieces())


@pytest.mark.parametrize("question", ["what is nav2", "define Nav2", "nav2 meaning", "was ist nav2?", "nav2 kya hai"])
async def test_the_passage_that_defines_a_term_comes_first(store: IndexStore, question: str) -> None:
    first, *others = await found(store, question)
    assert first.heading_path[-1] == "Libraries"
    assert others


async def test_without_a_question_for_a_definition_the_order_is_the_search_s(store: IndexStore) -> None:
    first, *_ = await found(store, "how do i set up nav2 parameters for planners")
    assert first.heading_path[-1] == "Nav2 on humanoids"
