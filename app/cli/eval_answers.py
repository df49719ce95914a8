"""The work of `bookrag eval answers` and `eval generate`, the commands that call Gemini."""

import asyncio
import json
import random
from pathlib import Path

from app.cli.index_build import open_rebuild
from app.cli.progress import shown_progress
from engines.book import open_book
from engines.embedding.embedding_model import describe_model, load_embedding
from engines.evaluation.answers import AnswerRecord, evaluate_answers
from engines.evaluation.generating import FEWEST_CHARACTERS, SectionText, distinct, generate_questions
from engines.evaluation.judge import Judge, counting_llm
from engines.evaluation.questions import EvalQuestion, load_questions
from engines.settings import EngineSettings
from indexing.chunking import Chunk
from storage.environment import read_settings
from storage.errors import ConfigurationError, InputError


async def run_answers(
    questions: list[EvalQuestion],
    output: Path,
    *,
    known: list[EvalQuestion],
    judge_model: str | None,
    repeats: int,
    quiet: bool,
) -> tuple[list[AnswerRecord], list[str]]:
    """Answer the questions and judge the answers; without a key, answer without a model and do not judge.

    Raises ConfigurationError if a judge is asked for without a key.
    """
    settings = read_settings(EngineSettings)
    if repeats > 1 and settings.gemini_api_key is None:
        raise ConfigurationError("--judge-repeats needs a judge: set GEMINI_API_KEY.")
    judging = settings.gemini_api_key is not None or judge_model is not None
    llm = counting_llm(settings, model=judge_model) if judging else None
    by = f"{settings.gemini_model}, judged by {llm.model}, {repeats} times" if llm else "no model"
    try:
        async with open_book(engine_settings=settings) as book:
            build = await book.index.current()
            with shown_progress(quiet=quiet) as progress:
                progress.stage("Answering and judging", len(questions))
                return await evaluate_answers(
                    questions,
                    book.chat,
                    Judge(llm) if llm else None,
                    output,
                    against=f"{build.name}, {by}",
                    known=known,
                    repeats=repeats,
                    advance=progress.advance,
                )
    finally:
        if llm:
            await llm.aclose()


def run_generate(output: Path, *, sections: int, number: int, unanswerable: int, known: Path | None) -> tuple[int, int]:
    """Returns how many questions were kept and how many were generated; raises ConfigurationError without a key.

    After a ModelError the same command resumes: the questions so far are kept beside the output.
    """
    settings = read_settings(EngineSettings)
    llm = counting_llm(settings)
    if output.exists():
        raise InputError(f"{output} exists already. It may have been reviewed, so it is not overwritten.")
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f"{output.name}.partial")
    asked = [question.question for question in load_questions(known)] if known else []
    with shown_progress() as progress:
        with open_rebuild(progress) as rebuild:
            chosen = _sections(rebuild.chunked_book().chunks, sections)
        progress.stage("Asking for questions", len(chosen))

        async def generate() -> list[dict[str, object]]:
            try:
                return await generate_questions(
                    chosen,
                    llm,
                    number=number,
                    unanswerable=unanswerable,
                    partial=partial,
                    advance=progress.advance,
                )
            finally:
                await llm.aclose()

        made = asyncio.run(generate())
        embed = load_embedding(describe_model(settings)).get_query_embeddings
        kept = distinct(made, asked, embed)
    output.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept), encoding="utf-8")
    partial.unlink()
    return len(kept), len(made)


def _sections(chunks: tuple[Chunk, ...] | list[Chunk], wanted: int) -> list[SectionText]:
    """A random sample of the latest version's sections with enough text, the same in every run."""
    texts: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        if chunk.latest:
            texts.setdefault(chunk.address, []).append(chunk)
    found = [
        SectionText(address, parts[0].breadcrumb, "\n\n".join(part.text for part in parts))
        for address, parts in texts.items()
    ]
    long_enough = [section for section in found if len(section.text) >= FEWEST_CHARACTERS]
    chosen = random.Random(len(long_enough)).sample(range(len(long_enough)), min(wanted, len(long_enough)))  # noqa: S311
    return [long_enough[place] for place in sorted(chosen)]
