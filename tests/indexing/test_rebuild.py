"""One composition of a rebuild: every run has the gate and the check of the site."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engines.embedding.embedding_model import describe_model, index_spec
from engines.settings import EngineSettings
from indexing.progress import Silent
from indexing.rebuild import BuildOptions, Rebuild
from indexing.settings import BookSettings
from storage.errors import BuildLockedError, CheckFailedError
from storage.settings import StorageSettings
from storage.vectors.index_store import open_store
from tests.small_book import write_small_book

pytestmark = pytest.mark.usefixtures("kept_model")

ENGINES = EngineSettings(_env_file=None)
QUESTIONS = [
    {"id": "zmp", "question": "What is the zero moment point?", "relevant": ["/docs/balance/zmp#what-it-is"]},
    {"id": "capture", "question": "Where must a robot step?", "relevant": ["/docs/balance/capture-point#definition"]},
    {"id": "cake", "question": "How long does a sponge cake bake?", "relevant": [], "answerable": False},
]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    docs = write_small_book(tmp_path / "site")
    questions = docs.parent / "eval" / "questions.jsonl"
    questions.parent.mkdir()
    questions.write_text("".join(json.dumps(line) + "\n" for line in QUESTIONS), encoding="utf-8")
    return docs


@pytest.fixture
def open_rebuild(docs: Path, settings: StorageSettings) -> Iterator[Callable[[], Rebuild]]:
    opened: list[Rebuild] = []

    def another() -> Rebuild:
        rebuild = Rebuild(
            describe_model(ENGINES),
            book=BookSettings(_env_file=None, book_dir=docs, run_site_config=False),
            engines=ENGINES,
            storage=settings,
            progress=Silent(),
            notices=Silent(),
        )
        opened.append(rebuild)
        return rebuild

    yield another
    for rebuild in opened:
        rebuild.__exit__(None, None, None)


def _edit(docs: Path, edition: int) -> None:
    (docs / "edited.md").write_text(f"# Edited\n\nThis is edition {edition} of the page.\n", encoding="utf-8")


def test_every_run_asks_the_books_own_questions(docs: Path, open_rebuild: Callable[[], Rebuild]) -> None:
    rebuild = open_rebuild()
    for edition in range(3):
        _edit(docs, edition)
        record = rebuild.run(BuildOptions()).record
        assert [check.name for check in record.checks] == ["count", "found", "questions"]
        assert record.figures["questions"] == 2
        assert record.figures["hit@5"] == 1


def test_every_run_checks_the_addresses_of_a_built_site(
    docs: Path, open_rebuild: Callable[[], Rebuild], tmp_path: Path
) -> None:
    rebuild, site = open_rebuild(), tmp_path / "built"
    site.mkdir()
    for edition in range(2):
        _edit(docs, edition)
        with pytest.raises(CheckFailedError, match="addresses: 5 pages and"):
            rebuild.run(BuildOptions(site=str(site)))
    assert rebuild.store.live() is None


ZMP, CAPTURE = "/docs/balance/zmp", "/docs/balance/capture-point"
PHRASES = {
    ZMP: ("zero moment point", "tipping moments", "support polygon of the feet", "stable planner"),
    CAPTURE: ("capture point", "complete stop", "where a robot must step", "after a push"),
    "/docs/ros": ("publisher node", "message type", "QoSProfile", "create_publisher"),
}


def _write_questions(docs: Path, *forms: str, more: Sequence[dict[str, Any]] = ()) -> None:
    """Twelve questions of each form; with three forms the gate compares them."""
    written = [
        {"id": f"{number}-{phrase}", "question": form.format(phrase), "relevant": [page]}
        for number, form in enumerate(forms)
        for page, phrases in PHRASES.items()
        for phrase in phrases
    ]
    lines = "".join(json.dumps(line) + "\n" for line in (*written, *more))
    (docs.parent / "eval" / "questions.jsonl").write_text(lines, "utf-8")


def test_a_live_build_that_was_asked_other_questions_is_asked_the_new_ones(
    docs: Path, open_rebuild: Callable[[], Rebuild]
) -> None:
    rebuild = open_rebuild()
    rebuild.run(BuildOptions())
    page = docs / "01-balance" / "02-capture-point.md"
    kept = page.read_text("utf-8")
    page.write_text("# Page\n\nThe kitchen has a kettle, two chairs and a blue door.\n", "utf-8")
    _write_questions(docs, "What about {}?", "Explain {}.", "{}")
    with pytest.raises(CheckFailedError, match=r"fell from .*; the live build, asked the same: 36 questions: ndcg"):
        rebuild.run(BuildOptions())

    page.write_text(f"{kept}\nIt is measured from the feet.\n", "utf-8")
    (docs / "kettle.md").write_text("# Kettle\n\nWater boils in the kettle at a hundred degrees.\n", "utf-8")
    about_it = {"id": "kettle", "question": "When does water boil?", "relevant": ["/docs/kettle"]}
    _write_questions(docs, "What about {}?", "Explain {}.", "{}", more=[about_it])
    record = rebuild.run(BuildOptions()).record
    (check,) = [check for check in record.checks if check.name == "questions"]
    assert check.passed
    assert check.detail.startswith("36 questions: ")
    assert check.detail.endswith("; left out: 1 about what the live build does not have")
    assert record.figures["questions"] == 37  # what the next build is compared with


def test_an_unchanged_book_is_asked_questions_that_changed_once(
    docs: Path, open_rebuild: Callable[[], Rebuild]
) -> None:
    rebuild = open_rebuild()
    first = rebuild.run(BuildOptions())
    assert rebuild.run(BuildOptions()).measured is None
    _write_questions(docs, "What about {}?")

    outcome = rebuild.run(BuildOptions())
    assert (outcome.changed, outcome.record.name) == (False, first.record.name)
    assert outcome.measured is not None
    assert outcome.measured.detail.startswith("12 questions: ndcg@10 ")
    assert "; with the questions before: 2 questions: ndcg@10 " in outcome.measured.detail
    live = rebuild.store.live()
    assert live is not None
    assert (live.figures["questions"], live.state) == (12, "published")
    assert [check.name for check in live.checks] == ["count", "found", "questions"]
    assert rebuild.run(BuildOptions()).measured is None


def test_an_index_that_is_made_to_be_measured_has_no_gate(open_rebuild: Callable[[], Rebuild]) -> None:
    record = open_rebuild().run(BuildOptions(evaluation_gate=False)).record
    assert [check.name for check in record.checks] == ["count", "found"]


def test_one_process_prunes_only_the_builds_that_it_published(docs: Path, open_rebuild: Callable[[], Rebuild]) -> None:
    earlier, watching = open_rebuild(), open_rebuild()
    kept = []
    for edition in range(3):
        _edit(docs, edition)
        kept.append(earlier.run(BuildOptions()).record.name)
    own = []
    for edition in range(3, 7):
        _edit(docs, edition)
        own.append(watching.run(BuildOptions()).record.name)
        watching.prune_own(1)

    names = {record.name for record in watching.store.list_builds()}
    assert names == {*kept, *own[-2:]}


def test_the_lock_is_held_from_reading_to_publishing(
    docs: Path, open_rebuild: Callable[[], Rebuild], settings: StorageSettings
) -> None:
    rebuild, refused = open_rebuild(), []

    class Asking(Silent):
        """Tries to build at every stage of another's rebuild."""

        def stage(self, name: str, total: int | None = None) -> None:
            with open_store(settings) as other, pytest.raises(BuildLockedError), other.lock():
                pass
            refused.append(name)

    rebuild.progress = Asking()
    rebuild.run(BuildOptions())

    assert refused[0] == "Reading the book"
    assert refused[-1] == "Indexing and checking"
    with open_store(settings) as other, other.lock():
        assert other.live() is not None


def test_a_build_that_is_refused_keeps_the_live_one(docs: Path, open_rebuild: Callable[[], Rebuild]) -> None:
    rebuild = open_rebuild()
    live = rebuild.run(BuildOptions()).record
    (docs / "broken.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")

    with pytest.raises(CheckFailedError, match=r"broken\.md"):
        rebuild.run(BuildOptions(strict=True))

    now_live = rebuild.store.live()
    assert now_live is not None
    assert now_live.name == live.name
    assert now_live.spec == index_spec(describe_model(ENGINES))
