"""Gemini as the judge and the author of questions: LlamaIndex's evaluators ask it, and its tokens are counted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.evaluation import AnswerRelevancyEvaluator, CorrectnessEvaluator, FaithfulnessEvaluator
from pydantic import PrivateAttr

from engines.gemini.llm import GeminiLLM
from engines.settings import EngineSettings
from storage.errors import ConfigurationError

BEST_CORRECTNESS = 5.0
_SCORE = re.compile(r"(?m)^\W*(?:score\W*)?([1-5](?:\.\d+)?)\b", re.IGNORECASE)


class CountingLLM(GeminiLLM):
    """Gemini, with the tokens of all its whole answers added up."""

    _prompt_tokens: int = PrivateAttr(default=0)
    _answer_tokens: int = PrivateAttr(default=0)

    def __init__(self, settings: EngineSettings, *, model: str) -> None:
        super().__init__(settings, model=model)

    @property
    def spent(self) -> tuple[int, int]:
        """Tokens of prompts and of answers so far."""
        return self._prompt_tokens, self._answer_tokens

    async def _achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        response = await super()._achat(messages, **kwargs)
        self._prompt_tokens += response.additional_kwargs.get("prompt_tokens") or 0
        self._answer_tokens += response.additional_kwargs.get("completion_tokens") or 0
        return response


def counting_llm(settings: EngineSettings, *, model: str | None = None) -> CountingLLM:
    """The model; raises ConfigurationError without a key."""
    if settings.gemini_api_key is None:
        raise ConfigurationError("GEMINI_API_KEY is not set; this asks Gemini. https://aistudio.google.com gives keys.")
    return CountingLLM(settings, model=model or settings.gemini_model)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge says of one answer, each from 0 to 1; None where it gave no score."""

    faithfulness: float | None
    relevancy: float | None
    correctness: float | None


class Judge:
    """LlamaIndex's three evaluators over one model."""

    def __init__(self, llm: CountingLLM) -> None:
        self.llm = llm
        self._faithful = FaithfulnessEvaluator(llm=llm)
        self._relevant = AnswerRelevancyEvaluator(llm=llm)
        self._correct = CorrectnessEvaluator(llm=llm, parser_function=correctness_score)

    async def judge(self, question: str, answer: str, passages: Sequence[str], reference: str | None) -> Judgement:
        """Three scores; correctness only against a reference. Raises ModelError."""
        faithful = await self._faithful.aevaluate(query=question, response=answer, contexts=passages)
        relevant = await self._relevant.aevaluate(query=question, response=answer)
        score = None
        if reference:
            score = (await self._correct.aevaluate(query=question, response=answer, reference=reference)).score
        return Judgement(
            faithful.score,
            None if relevant.invalid_result else relevant.score,
            None if score is None else (score - 1) / (BEST_CORRECTNESS - 1),
        )


def correctness_score(text: str) -> tuple[float | None, str | None]:
    """The score from 1 to 5 that stands at the beginning of a line, and all that was said."""
    found = _SCORE.search(text)
    return (float(found[1]) if found else None), text
