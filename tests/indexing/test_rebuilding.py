"""A rebuild takes over what did not change, and is in all that can be asked of it the build written anew."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding
from pydantic import PrivateAttr

from engines.embedding.embedding_model import describe_model, index_spec
from engines.settings import EngineSettings
from indexing.book_identity import different_site
from indexing.checks import Built, chunks_are_found, count_agrees
from indexing.chunking import ChunkedBook, chunk_book
from indexing.progress import Silent
from indexing.read_book import read_book
from indexing.rebuild import REPLACED, TOKENS_A_SECOND, BuildOptions, BuildOutcome, build_index, is_current
from indexing.settings import BookSettings
from storage.errors import CheckFailedError
from storage.settings import StorageSettings
from storage.vectors.bm25 import encode_queries
from storage.vectors.build_record import CheckResult
from storage.vectors.caches import KEPT_DAYS, PageCache, VectorCache, open_page_cache, open_vector_cache
from storage.vectors.hybrid_search import SparseQuery
from storage.vectors.index_store import IndexStore, open_store
from tests.storage.vectors.builds import age_cache, vector

MODEL = describe_model(EngineSettings(_env_file=None))
PAGES = 30


class Embedding(BaseEmbedding):
    """Vectors that can be told apart, without a model."""

    _seen: list[str] = PrivateAttr(default_factory=list)

    @property
    def seen(self) -> list[str]:
        """The texts that were embedded."""
        return self._seen

    def _get_text_embedding(self, text: str) -> list[float]:
        self._seen.append(text)
        return vector(text, MODEL.dimensions)

    def _get_query_embedding(self, query: str) -> list[float]:
        return vector(query, MODEL.dimensions)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return vector(query, MODEL.dimensions)


class Author:
    """Writes a book and builds its index."""

    def __init__(self, docs: Path, settings: StorageSettings) -> None:
        self.docs = docs
        self.settings = settings
        self.store: IndexStore = open_store(settings)
        self.docs.mkdir(parents=True)
        for number in range(PAGES):
            self.write(number, f"# Page {number}\n\nOf robot {number}.\n\n## Feet\n\nFoot {number} carries weight.\n")

    def write(self, number: int, text: str) -> Path:
        """Save a page."""
        path = self.docs / f"page-{number}.md"
        path.write_text(text, encoding="utf-8")
        return path

    def cut(self, cache: PageCache | None = None) -> ChunkedBook:
        """The book as it stands."""
        book = read_book(BookSettings(_env_file=None, book_dir=self.docs, run_site_config=False), cache).book
        return chunk_book(book, MODEL, Silent(), cache=cache)

    def build(self, options: BuildOptions | None = None, **more: Any) -> tuple[BuildOutcome, list[str]]:
        """Build; what it did, and the texts that were embedded."""
        embedding = Embedding()
        with open_page_cache(self.settings) as pages, open_vector_cache(self.settings, index_spec(MODEL)) as cache:
            cut, silent = self.cut(pages), Silent()
            options = options or BuildOptions()
            outcome = build_index(cut, MODEL, self.store, cache, silent, options, load=lambda _: embedding, **more)
        return outcome, embedding.seen

    def everything(self) -> tuple[object, ...]:
        """What the live build holds, and what it answers to some questions."""
        name = self.store.live_name()
        assert name is not None
        keys = [*self.cut().chunks[0].metadata, "_node_content"]
        stored = sorted(self.store.payloads(name, keys), key=str)
        vectors = {key: value for page in self.store.vectors(name) for key, value in page.items()}
        return stored, sorted(vectors), asyncio.run(self._answers())

    async def _answers(self) -> list[object]:
        answers: list[object] = []
        async with open_store(self.settings) as reader:
            for words in ("robot 7", "foot 12", "weight", "hand"):
                indices, values = encode_queries([words])
                question = SparseQuery(indices[0], values[0])
                found = await (await reader.pin()).search(vector(words, MODEL.dimensions), question, limit=100)
                ranked = (found.dense, found.sparse)
                answers += [sorted((key, round(score, 4)) for key, score in scored) for scored in ranked]
        return answers


@pytest.fixture
def author(tmp_path: Path, settings: StorageSettings) -> Iterator[Author]:
    author = Author(tmp_path / "site" / "docs", settings)
    yield author
    author.store.close()


def _edit(author: Author) -> None:
    """All that may happen to a page: edited, extended at its head, renamed, gone, new."""
    author.write(3, "# Page 3\n\nOf robot 3.\n\n## Feet\n\nFoot 3 slips.\n")
    author.write(4, "# Page 4\n\nOf robot 4.\n\n## Hands\n\nHand 4 grips.\n\n## Feet\n\nFoot 4 carries weight.\n")
    (author.docs / "page-5.md").rename(author.docs / "page-five.md")
    (author.docs / "page-6.md").unlink()
    author.write(99, "# Page 99\n\nOf robot 99.\n")


def _written(outcome: BuildOutcome) -> int:
    return outcome.record.counts["written"]


def test_a_rebuild_is_the_same_as_a_build_from_nothing(author: Author) -> None:
    author.build()
    _edit(author)
    outcome, _ = author.build()
    rebuilt = author.everything()

    whole, _ = author.build(BuildOptions(rebuild=True))

    assert author.everything() == rebuilt
    assert _written(whole) == whole.record.counts["chunks"] == outcome.record.counts["chunks"]
    assert all(check.passed for check in outcome.record.checks)


def test_only_what_changed_is_embedded_and_written(author: Author) -> None:
    author.build()
    author.write(3, "# Page 3\n\nOf robot 3.\n\n## Feet\n\nFoot 3 slips.\n")

    outcome, embedded = author.build()

    assert embedded == ["Page 3 > Feet\n\nFoot 3 slips."]
    assert outcome.embedded == 1
    if author.settings.qdrant_url is None:
        assert _written(outcome) == 1
        assert outcome.record.counts[REPLACED] == 1


@pytest.mark.parametrize("options", [BuildOptions(), BuildOptions(rebuild=True)])
def test_lost_caches_cost_time_and_nothing_else(author: Author, options: BuildOptions) -> None:
    author.build()
    author.write(3, "# Page 3\n\nOf robot 3.\n\n## Feet\n\nFoot 3 slips.\n")
    for lost in (author.settings.data_dir / "index").glob("*.sqlite*"):
        if lost.name.startswith(("vectors", "pages")):
            lost.unlink()

    outcome, embedded = author.build(options)

    assert embedded == ["Page 3 > Feet\n\nFoot 3 slips."]  # the live build has the others' embeddings
    assert all(check.passed for check in outcome.record.checks)


def test_the_check_does_without_a_cache(author: Author, tmp_path: Path) -> None:
    author.build()
    author.write(3, "# Page 3\n\nOf robot 3.\n\n## Feet\n\nFoot 3 slips.\n")

    def found_without_a_cache(built: Built) -> CheckResult:
        with VectorCache(tmp_path / "empty.sqlite", "") as empty:
            return chunks_are_found(replace(built, cache=empty))

    outcome, _ = author.build(checks=(found_without_a_cache,))
    assert [check.passed for check in outcome.record.checks] == [True]


def test_the_live_build_stays_as_it_was_when_the_next_one_fails(author: Author) -> None:
    author.build()
    before = author.everything()
    _edit(author)

    def fails(built: Built) -> CheckResult:
        assert count_agrees(built).passed
        return CheckResult("fails", passed=False)

    with pytest.raises(CheckFailedError):
        author.build(checks=(fails,))

    assert len(author.store.list_builds()) == 1
    assert author.cut().chunks
    (live,) = author.store.list_builds()
    assert live.name == author.store.live_name()
    stored = author.everything()
    assert stored == before


def test_the_next_build_takes_away_what_a_killed_one_left(author: Author) -> None:
    first = author.build()[0].record.name
    with open_store(author.settings) as killed:
        left = killed.create_build(index_spec(MODEL)).name
    assert [record.name for record in author.store.leftovers()] == [left]

    author.write(0, "# Page 0\n\nWritten anew.\n")
    second = author.build()[0].record.name

    assert author.store.leftovers() == []
    assert {record.name for record in author.store.list_builds()} == {first, second}


def test_an_index_in_which_much_was_replaced_is_written_anew(author: Author) -> None:
    author.build()
    for number in range(PAGES // 2):
        author.write(number, f"# Page {number}\n\nAnother text {number}.\n")

    outcome, _ = author.build()

    assert _written(outcome) == outcome.record.counts["chunks"]
    assert outcome.record.counts[REPLACED] == 0
    assert len(author.store.list_builds()) == 2


def test_small_changes_add_up_until_the_index_is_written_anew(author: Author) -> None:
    author.build()
    written = []
    editions = 16 if author.settings.qdrant_url is None else 4  # a server gets every chunk each time
    for edition in range(editions):
        author.write(0, f"# Page 0\n\nEdition {edition}.\n\n## Feet\n\nFoot 0 carries weight.\n")
        written.append(_written(author.build()[0]))
        author.store.prune(0)

    whole = 2 * PAGES
    if author.settings.qdrant_url is None:
        assert 1 <= written.count(whole) <= 2
    else:
        assert written == [whole] * editions


def test_another_setting_of_the_site_makes_it_another_book(author: Author) -> None:
    live = author.build()[0].record
    cut = author.cut()
    assert is_current(live, cut, MODEL)
    assert different_site(live, cut.book) == {}

    others: dict[str, Any] = {"default_locale": "ur", "locales": ("en", "ur"), "site_url": "https://other.example"}
    for name, value in others.items():
        other = replace(cut, book=replace(cut.book, **{name: value}))

        assert other.chunks == cut.chunks
        assert not is_current(live, other, MODEL), name
        assert [*different_site(live, other.book)] == [name]


def test_a_chunk_that_is_missing_or_strange_fails_the_check(author: Author) -> None:
    cut = author.cut()
    results: list[Sequence[CheckResult]] = []

    def loses_one(built: Built) -> CheckResult:
        built.build.remove([cut.chunks[0].id])
        results.append((count_agrees(built), chunks_are_found(built)))
        return CheckResult("loses", passed=True)

    author.build(checks=(loses_one,))

    ((count, found),) = results
    assert not count.passed
    assert "59 of 60 chunks are stored" in count.detail
    assert not found.passed
    assert "59 of 60 chunks are found" in found.detail


class TestRemembering:
    """Pages that were read and cut before; no engine has a part in it."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> StorageSettings:
        return StorageSettings(_env_file=None, data_dir=tmp_path / "data")

    def test_gives_what_reading_and_cutting_gave(self, author: Author) -> None:
        author.write(1, "# Page\n\n[link](./page-2.md)\n\n```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
        with open_page_cache(author.settings) as cache:
            first = author.cut(cache)
        with open_page_cache(author.settings) as cache:
            again = author.cut(cache)

        assert again == first == author.cut()

    def test_a_changed_page_is_read_again(self, author: Author) -> None:
        with open_page_cache(author.settings) as cache:
            author.cut(cache)
            author.write(1, "# Page 1\n\nAnother text.\n")
            again = author.cut(cache)

        assert again == author.cut()

    def test_a_page_that_imports_another_is_read_again_when_that_one_changed(self, author: Author) -> None:
        page = "import Note from './_note.mdx';\n\n# Page 1\n\n<Note />\n"
        (author.docs / "page-1.md").unlink()
        (author.docs / "page-1.mdx").write_text(page, encoding="utf-8")
        note = author.docs / "_note.mdx"
        with open_page_cache(author.settings) as cache:
            for text in ("First words.", "Second words."):
                note.write_text(text + "\n", encoding="utf-8")
                cut = author.cut(cache)
                assert any(text in chunk.text for chunk in cut.chunks)

    def test_a_result_that_cannot_be_read_is_made_again(self, author: Author) -> None:
        class Spoilt(PageCache):
            def get(self, made_from: bytes) -> bytes | None:
                return b'{"headings": 3}' if super().get(made_from) else None

        with open_page_cache(author.settings) as cache:
            author.cut(cache)
        with Spoilt(author.settings.data_dir / "index" / "pages.sqlite") as cache:
            assert author.cut(cache) == author.cut()


def test_a_build_drops_old_embeddings_of_what_is_not_in_the_book_any_more(author: Author) -> None:
    author.build()
    age_cache(author.settings.data_dir / "index" / "vectors.sqlite", days=KEPT_DAYS + 1)
    author.write(3, "# Page 3\n\nOf robot 3.\n\n## Feet\n\nFoot 3 slips.\n")
    author.build()

    with open_vector_cache(author.settings, index_spec(MODEL)) as cache:
        assert cache.count() == len(author.cut().chunks)


class Steps(Silent):
    """Remembers how far each stage came."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.steps: list[int] = []

    def stage(self, name: str, total: int | None = None) -> None:
        """A stage begins."""
        if total is not None:
            self.total, self.steps = total, []

    def advance(self, steps: int = 1) -> None:
        """Some steps are done."""
        self.steps.append(steps)


def test_the_speed_of_a_build_is_kept_for_the_next_estimate(author: Author) -> None:
    first, _ = author.build()
    speed = first.record.figures[TOKENS_A_SECOND]
    assert speed > 0

    author.write(3, "# Page 3\n\nOf robot 3.\n\n## Feet\n\nFoot 3 slips.\n")
    second, embedded = author.build()
    assert len(embedded) < Embedding().embed_batch_size  # too few to tell a speed
    assert second.record.figures[TOKENS_A_SECOND] == speed


def test_progress_shows_from_the_first_batch_on(author: Author) -> None:
    steps, chunked = Steps(), author.cut()
    with open_vector_cache(author.settings, index_spec(MODEL)) as cache:
        build_index(chunked, MODEL, author.store, cache, steps, BuildOptions(), load=lambda _: Embedding())
    assert steps.total == sum(steps.steps) == len(chunked.chunks)
    assert max(steps.steps) <= Embedding().embed_batch_size < len(chunked.chunks)
