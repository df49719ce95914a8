"""Questions about a book's sections, written by Gemini through LlamaIndex, for a person to review.

Called by `bookrag eval generate`. Each question is labelled with its section's address; a question that says what
another one says is left out.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llama_index.core.llms import LLM
from llama_index.core.prompts import PromptTemplate
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import NodeWithScore, TextNode

from engines.evaluation.answers import cut_torn_line, whole_lines
from storage.errors import InputError

SAME_MEANING = 0.92  # cosine of two questions from which one of them is enough
FEWEST_CHARACTERS = 200  # a section with less has no two things to ask about

_ANSWERABLE = (
    "Write {number} questions that a reader of a textbook would ask and that the text above answers by itself. "
    "Each must be understood without the text: no 'this section' or 'the text'. Use the language of the text and, "
    "where you can, other words than it does. One question a line, without numbers."
)
_UNANSWERABLE = (
    "Write {number} questions about neighbouring subjects that a reader of the text above might ask and that a book "
    "on this subject may well not answer; the text must not answer them. Each must be understood without the text. "
    "Use the language of the text. One question a line, without numbers."
)

_ASK = PromptTemplate("The text:\n---------------------\n{context_str}\n---------------------\n{query_str}\n")
_NUMBERING = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+")  # models number lines although they are told not to

EmbedQuestions = Callable[[Sequence[str]], list[list[float]]]


@dataclass(frozen=True, slots=True)
class SectionText:
    """What is asked about: a section with its address."""

    address: str
    breadcrumb: str
    text: str


async def generate_questions(
    sections: Sequence[SectionText],
    llm: LLM,
    *,
    number: int,
    unanswerable: int,
    partial: Path,
    advance: Callable[[int], None],
) -> list[dict[str, Any]]:
    """Lines of an evaluation set, each to be reviewed; raises ModelError.

    What is written about a section is added to `partial` at once, and a run that finds it there does not ask again.
    """
    written = _load_partial(partial)
    made: list[dict[str, Any]] = []
    with partial.open("a", encoding="utf-8") as opened:
        for section in sections:
            key = _key(section, number, unanswerable, llm.metadata.model_name)
            if key not in written:
                written[key] = await _about(section, llm, number, unanswerable)
                opened.write(json.dumps({"key": key, "lines": written[key]}, ensure_ascii=False) + "\n")
                opened.flush()
            made += written[key]
            advance(1)
    return [{"id": f"gen-{place:04}", **line} for place, line in enumerate(made, 1)]


def _key(section: SectionText, *of: object) -> str:
    """What questions about a section depend on."""
    return hashlib.sha256(json.dumps([section.address, section.breadcrumb, section.text, *of]).encode()).hexdigest()


def _load_partial(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Key → lines, of a run that did not come to its end; raises InputError for any other file."""
    if not path.exists():
        return {}
    try:
        written = {item["key"]: item["lines"] for item in map(json.loads, whole_lines(path))}
    except (OSError, KeyError, TypeError, ValueError) as exc:
        raise InputError(f"{path} is not what `bookrag eval generate` left there: {exc}") from exc
    cut_torn_line(path, '{"key": ')
    return written


async def _about(section: SectionText, llm: LLM, number: int, unanswerable: int) -> list[dict[str, Any]]:
    """The questions about one section, without their ids."""
    made: list[dict[str, Any]] = []
    for answerable, wanted in ((True, number), (False, unanswerable)):
        pairs = await _ask(section, llm, wanted, answerable=answerable) if wanted else []
        for question, answer in pairs:
            line: dict[str, Any] = {"question": question, "relevant": [section.address] if answerable else []}
            line |= {"answer": answer} if answerable else {"answerable": False}
            tags = ["generated"] if answerable else ["generated", "unanswerable"]
            made.append(line | {"tags": tags, "made_from": section.address})
    return made


async def _ask(section: SectionText, llm: LLM, wanted: int, *, answerable: bool) -> list[tuple[str, str]]:
    """Questions about a section, with their answers from it where it answers them."""
    passage = [NodeWithScore(node=TextNode(text=f"{section.breadcrumb}\n\n{section.text}"))]
    ask = get_response_synthesizer(llm=llm, text_qa_template=_ASK, use_async=True)
    task = (_ANSWERABLE if answerable else _UNANSWERABLE).format(number=wanted)
    lines = str(await ask.asynthesize(task, passage)).splitlines()
    questions = [question for line in lines if (question := _NUMBERING.sub("", line).strip())][:wanted]
    if not answerable:
        return [(question, "") for question in questions]
    answer = get_response_synthesizer(llm=llm, use_async=True)
    return [(question, str(await answer.asynthesize(question, passage))) for question in questions]


def distinct(lines: Sequence[dict[str, Any]], known: Iterable[str], embed: EmbedQuestions) -> list[dict[str, Any]]:
    """The lines whose question no earlier one and none of the known ones asks."""
    asked = list(known)
    vectors = embed([*asked, *(line["question"] for line in lines)]) if lines else []
    kept_vectors = vectors[: len(asked)]
    kept: list[dict[str, Any]] = []
    for line, vector in zip(lines, vectors[len(asked) :], strict=True):
        if all(_cosine(vector, other) < SAME_MEANING for other in kept_vectors):
            kept.append(line)
            kept_vectors.append(vector)
    return kept


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
