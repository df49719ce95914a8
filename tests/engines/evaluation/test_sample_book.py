"""The gate: the sample book's own questions, asked of its own index, against floors below what was measured."""

import asyncio
import hashlib
import os
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from engines.book import Book
from engines.embedding.embedding_model import describe_model, index_spec, load_embedding
from engines.evaluation.conversation_sets import ask_conversations, load_conversations
from engines.evaluation.decision import decision_figures, is_dev
from engines.evaluation.labels import Addresses
from engines.evaluation.questions import EvalQuestion, load_questions
from engines.evaluation.runner import ADDRESS_KEYS, QuestionRecord, Run, ask_book, check_labels, summarize
from engines.events import Scope
from engines.settings import EngineSettings
from indexing.settings import BookSettings
from storage.settings import StorageSettings
from storage.vectors.index_store import open_store
from tests.serving import build_small_index

ROOT = Path(__file__).parents[3]
BOOK = ROOT / "book"

# Measured on the test half: nDCG@10 0.891, MRR@10 0.873, hit@5 0.958, recall@10 0.974. One question is 0.008.
# Since stop words weigh less, readers' questions to four other books gain 0.02 to 0.05 nDCG@10, and these lose 0.011.
FLOORS = {"ndcg@10": 0.89, "mrr@10": 0.87, "hit@5": 0.94, "recall@10": 0.97}
FALSE_REFUSALS = 0.05  # measured 0.033, of 120 questions
FORMS = ("chatty", "context", "heading-like", "keywords", "pasted", "second-language", "typo", "vague")
FORMS_REFUSED = 0.025  # measured 0.0, of 40 questions: one is allowed
FORMS_ANSWERED = 0.13  # measured 0.094, of 32 questions: one more is allowed
LATER_FOUND = 0.90  # of later turns' sections among the six passages; measured 0.941, of 51 turns: two are 0.04
LATER_COVERED = 0.12  # of unanswerable later turns; measured 0.056, of 18: one more is allowed
FALSE_ANSWERS = 0.19  # measured 0.167, of 54 questions: one more is allowed


# Embedding the book takes half a minute of CPU, and so do its questions: `make test-evaluation` runs these.
pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(600)]


def embedding_digest() -> str:
    """The digest of what a passage's embedding depends on beside its text: code, libraries, the exported model."""
    sources = [path.read_bytes() for path in sorted((ROOT / "engines" / "embedding").glob("*.py"))]
    libraries = [f"{name} {version(name)}".encode() for name in ("onnxruntime", "tokenizers", "numpy")]
    models = [path.read_bytes() for path in sorted(Path(os.environ["MODELS_DIR"]).glob("*/bookrag-export.json"))]
    return hashlib.sha256(b"\0".join([*sources, *libraries, *models])).hexdigest()


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """The data folder with the sample book's index.

    Embedding its chunks takes half a minute of CPU. What the run before embedded is taken over, by the product's own
    cache of embeddings, as long as the chunk's text and all that embeds it are the same.
    """
    data_dir = tmp_path_factory.mktemp("sample")
    cache = data_dir / "index" / "vectors.sqlite"
    kept = pytestconfig.rootpath / ".pytest_cache" / "vectors" / f"{embedding_digest()}.sqlite"
    if kept.exists():
        cache.parent.mkdir()
        shutil.copyfile(kept, cache)
    build_small_index(data_dir, BookSettings(book_dir=BOOK / "docs").book_dir)
    shutil.rmtree(kept.parent, ignore_errors=True)  # one of another state
    kept.parent.mkdir()
    shutil.copyfile(cache, beside := kept.with_suffix(f".{os.getpid()}"))
    beside.replace(kept)
    return data_dir


@pytest.fixture(scope="session")
def records(sample_index: Path) -> list[QuestionRecord]:
    """What is found for each question that a test looks at: of the test half, or of a form."""
    settings = EngineSettings()
    model = describe_model(settings)
    questions = load_questions(BOOK / "eval" / "questions.jsonl")
    asked = [question for question in questions if of_a_form(question) or "dev" not in question.tags]
    embed = load_embedding(model).get_query_embeddings

    async def ask() -> list[QuestionRecord]:
        async with open_store(StorageSettings(data_dir=sample_index), spec=index_spec(model)) as store:
            live = store.live()
            assert live is not None
            addresses = Addresses(store.payloads(live.name, ADDRESS_KEYS))
            check_labels(questions, addresses)
            return await ask_book(asked, store.at(live.name), addresses, embed, settings, cutoffs=(5, 10))

    return asyncio.run(ask())


def of_a_form(record: QuestionRecord | EvalQuestion) -> bool:
    """Whether a question is written as readers write: misspelt, chatty, with what they pasted."""
    return any(tag.startswith("form:") for tag in record.tags)


@pytest.fixture(scope="session")
def clean(records: list[QuestionRecord]) -> list[QuestionRecord]:
    """The test half of the questions without a form."""
    return [record for record in records if not is_dev(record) and not of_a_form(record)]


@pytest.fixture(scope="session")
def run(clean: list[QuestionRecord]) -> Run:
    """The test half's figures."""
    return summarize("test half", clean, set_digest="", book={}, cutoffs=(5, 10), settings={}, seconds=0)


@pytest.mark.parametrize("figure", FLOORS)
def test_retrieval_is_as_good_as_it_was(run: Run, figure: str) -> None:
    assert run.figures[figure].mean >= FLOORS[figure]


def test_the_decision_is_as_good_as_it_was(clean: list[QuestionRecord]) -> None:
    found = decision_figures(clean)
    assert found is not None
    assert found.everything.false_refusals <= FALSE_REFUSALS
    assert found.everything.false_answers <= FALSE_ANSWERS


def test_readers_forms_are_decided_as_well_as_they_were(records: list[QuestionRecord]) -> None:
    found = decision_figures([record for record in records if of_a_form(record)])
    assert found is not None
    forms = {name for name in found.groups if name.startswith("form:")}
    assert forms == {f"form:{form}" for form in FORMS}
    assert all(found.groups[form].answerable >= 5 and found.groups[form].unanswerable >= 4 for form in forms)
    assert found.everything.false_refusals <= FORMS_REFUSED
    assert found.everything.false_answers <= FORMS_ANSWERED


@pytest.fixture(scope="session")
def turns(sample_index: Path) -> list[QuestionRecord]:
    """What a reader gets for each turn of the sample book's conversations, without a model."""
    settings = EngineSettings(gemini_api_key=None)
    model = describe_model(settings)
    embedding = load_embedding(model)
    conversations = load_conversations(BOOK / "eval" / "conversations.jsonl")

    async def ask() -> list[QuestionRecord]:
        async with open_store(StorageSettings(data_dir=sample_index), spec=index_spec(model)) as store:
            live = store.live()
            assert live is not None
            addresses = Addresses(store.payloads(live.name, ADDRESS_KEYS))
            chat = Book(store, embedding, None, settings).chat
            return await ask_conversations(conversations, chat, store.at(live.name), addresses)

    found = asyncio.run(ask())
    summarize("conversations", found, set_digest="", book={}, cutoffs=(settings.top_k,), settings={}, seconds=0)
    return found


def test_later_turns_of_conversations_find_their_section(turns: list[QuestionRecord]) -> None:
    later = [turn for turn in turns if "turn:later" in turn.tags and turn.answerable]
    assert sum(turn.figures["hit@6"] for turn in later) >= LATER_FOUND * len(later)
    assert [turn.question for turn in later if turn.verdict == "not_covered"] == []


def test_a_turn_that_changes_the_subject_is_not_drawn_to_the_old_one(turns: list[QuestionRecord]) -> None:
    changed = [turn for turn in turns if turn.id.startswith("sample-c") and "turn:later" in turn.tags]
    assert [turn.question for turn in changed if not turn.figures["hit@6"]] == []


def test_a_definition_asked_for_before_covers_no_question_after_it(turns: list[QuestionRecord]) -> None:
    (after,) = (turn for turn in turns if turn.question == "is there an app for it on my iphone?")
    assert "definition" not in (after.rules or ())
    assert after.verdict != "covered"


def test_what_the_book_does_not_answer_is_not_covered_by_what_was_said_before(turns: list[QuestionRecord]) -> None:
    unanswerable = [turn for turn in turns if "turn:later" in turn.tags and not turn.answerable]
    covered = [turn.question for turn in unanswerable if turn.verdict == "covered"]
    assert len(covered) <= LATER_COVERED * len(unanswerable), covered


def test_an_evaluation_has_the_verdicts_that_readers_get(sample_index: Path, records: list[QuestionRecord]) -> None:
    settings = EngineSettings(gemini_api_key=None)
    model = describe_model(settings)
    decided_by_rules = [record for record in records if set(record.rules or ()) - {"far"}]
    compared = [*decided_by_rules[:20], *records[:10], *records[-10:]]

    async def verdicts() -> list[str | None]:
        async with open_store(StorageSettings(data_dir=sample_index), spec=index_spec(model)) as store:
            book = Book(store, load_embedding(model), None, settings)
            return [(await book.search(record.question, Scope())).grounding.verdict for record in compared]

    assert asyncio.run(verdicts()) == [record.verdict for record in compared]
