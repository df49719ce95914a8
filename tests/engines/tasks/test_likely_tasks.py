"""What no list of phrases has is told to be a task by its embedding, where no passage covers it; real model."""

from pathlib import Path

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding

from engines.evaluation.train_page_tasks import Messages, left_out_values, read_messages
from engines.events import GroundingDecided, Verdict
from engines.tasks.likely_tasks import TaskModel, is_a_task

# None of these is among the messages that the weights were trained on.
TASKS = (
    "make a poster out of all that for the corridor",
    "squeeze it into a haiku",
    "way too wordy. only what an intern has to know",
    "half as long and without the jargon, it is for my boss",
)
QUESTIONS = (
    "how do I tune the gains of the balance controller?",
    "my node crashes as soon as the second one starts",
    "what is the capital of Australia and how many people live there",
    "should I put my savings into gold this year",
    "write a birthday song for my nephew",
)


@pytest.fixture(scope="module")
def embedding(kept_model: list[object]) -> BaseEmbedding:
    model = kept_model[0]
    assert isinstance(model, BaseEmbedding)
    return model


def decided(verdict: Verdict) -> GroundingDecided:
    return GroundingDecided(verdict=verdict, score=0.2, covered_from=0.5, not_covered_below=0.1)


@pytest.mark.parametrize("message", TASKS)
async def test_a_task_in_new_words_is_one(embedding: BaseEmbedding, message: str) -> None:
    assert await is_a_task(message, decided("uncertain"), embedding, has_page=True)


@pytest.mark.parametrize("message", QUESTIONS)
async def test_a_question_is_none(embedding: BaseEmbedding, message: str) -> None:
    assert not await is_a_task(message, decided("not_covered"), embedding, has_page=True)
    assert not await is_a_task(message, decided("not_covered"), embedding, has_page=False)


@pytest.mark.parametrize(
    "message",
    [
        "please turn it into flash cards",
        "strip it to the bare bones",
        "Formule-moi ça autrement, je n'ai rien compris",
        "traduis ça en anglais",
        "Mach das hier kürzer",
        "Schreib es so, dass es mein Opa versteht",
        "hazmelo más corto",
        "reescríbelo como un cuento",
        "iska saaf urdu mein tarjuma kar do",
        "اسے آسان زبان میں لکھ دیں",
        "इसे छोटा कर दो",
        "resume isso pra mim",
    ],
)
async def test_what_is_to_be_done_with_it_is_about_the_open_page(message: str) -> None:
    assert await is_a_task(message, decided("uncertain"), None, has_page=True)
    assert not await is_a_task(message, decided("uncertain"), None, has_page=False)


@pytest.mark.parametrize(
    "message",
    [
        "does it run on a Raspberry Pi",
        "make it stop after the first failure",
        "I installed it with pip and it fails",
        "Mach ich das mit ROS 1 oder ROS 2?",
        "explique-moi le ZMP",
        "un ejemplo de modelo",
        "is node ko kaise chalate hain",
    ],
)
async def test_a_question_with_it_is_none(message: str) -> None:
    assert not await is_a_task(message, decided("uncertain"), None, has_page=True)


async def test_what_the_book_covers_is_a_question(embedding: BaseEmbedding) -> None:
    assert not await is_a_task(TASKS[0], decided("covered"), embedding, has_page=True)


async def test_in_a_conversation_a_task_names_the_open_page(embedding: BaseEmbedding) -> None:
    async def told(text: str, verdict: Verdict, *, has_page: bool = True) -> bool:
        return await is_a_task(text, decided(verdict), embedding, has_page=has_page, has_history=True)

    assert await told("sell me on this page, should i bother?", "covered")
    assert await told("chuleta de esta página xfa", "covered")
    assert await told("got a study group in an hour, need 8 trivia qs from this page", "not_covered")
    assert not await told("sell me on this page, should i bother?", "covered", has_page=False)
    assert not await told("squeeze it into a haiku", "uncertain")  # the answer before
    assert not await told("why does this page set the rate to 20 Hz?", "covered")


async def test_with_another_model_what_points_at_the_page_is_about_it() -> None:
    assert await is_a_task("is this page up to date?", decided("not_covered"), None, has_page=True)
    assert not await is_a_task(TASKS[2], decided("not_covered"), None, has_page=True)


def test_the_training_leaves_each_writer_out(tmp_path: Path, embedding: BaseEmbedding) -> None:
    tasks, questions = TASKS * 3, QUESTIONS * 3
    lines = [
        f'{{"message": "{text} {number}", "task": {str(text in TASKS).lower()}, "writer": "{"ab"[number % 2]}"}}'
        for number, text in enumerate((*tasks, *questions))
    ]
    path = tmp_path / "messages.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    rows = read_messages([path])
    messages = Messages(
        np.array([embedding.get_query_embedding(text) for text, _, _ in rows]),
        np.array([task for _, task, _ in rows]),
        np.array([writer for _, _, writer in rows]),
    )
    values = left_out_values(messages)
    assert values[messages.is_task].min() > values[~messages.is_task].max()


def test_a_stored_model_gives_the_probabilities_of_the_trained_one(tmp_path: Path) -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1]], dtype=np.float32)
    trained = TaskModel(vectors, np.array([1, 0.5, -1], dtype=np.float32), 0.25, 1.5, 2, -0.5)
    trained.save(tmp_path / "model.npz")
    stored = TaskModel.load(tmp_path / "model.npz")
    value = 1 * np.exp(-1.5 * 0.8) + 0.5 * 1 - 1 * np.exp(-1.5 * 0.4) + 0.25  # at the second vector
    for model in (trained, stored):
        assert model.probability([0.6, 0.8]) == pytest.approx(1 / (1 + np.exp(0.5 - 2 * value)), abs=1e-3)
