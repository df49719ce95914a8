"""Gemini as the judge and the author of questions: it is asked through LlamaIndex, for verdicts in a
strict form, and its tokens are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.evaluation import BaseEvaluator, EvaluationResult
from llama_index.core.prompts import BasePromptTemplate, PromptTemplate
from llama_index.core.prompts.mixin import PromptDictType
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from engines.errors import AnswerBlockedError, AnswerTruncatedError, EmptyAnswerError, ModelError, PromptBlockedError
from engines.gemini.llm import GeminiLLM
from engines.settings import EngineSettings
from storage.errors import ConfigurationError

BEST_GRADE = 5
_NO_VERDICT = (EmptyAnswerError, AnswerTruncatedError, AnswerBlockedError, PromptBlockedError)  # the model did reply
_STRICT = ConfigDict(strict=True, extra="forbid")

_FAITHFUL = (
    "You check an answer against the passages that it was written from. `supported` is true only if every statement "
    "of the answer follows from the passages; what is merely true in the world does not count. Give the reason first.\n"
    "\n<passages>\n{passages}\n</passages>\n<question>\n{query}\n</question>\n<answer>\n{response}\n</answer>"
)
_RELEVANT = (
    "You check whether an answer answers the question that was asked, whether or not it is true: wholly, partly "
    "(a part of the question is left open), or not at all (another subject, or no answer). Give the reason first.\n"
    "\n<question>\n{query}\n</question>\n<answer>\n{response}\n</answer>"
)
_CORRECT = (
    "You compare an answer with a reference answer. Grades: 5 says all that the reference says and contradicts "
    "nothing of it; 4 lacks a detail; 3 is right in part; 2 is mostly wrong; 1 is wrong or of another subject. What "
    "the answer adds to the reference does not count against it. Give the reason first.\n"
    "\n<question>\n{query}\n</question>\n<reference>\n{reference}\n</reference>\n<answer>\n{response}\n</answer>"
)


class CountingLLM(GeminiLLM):
    """Gemini, with the tokens of all that it was asked for a whole answer added up."""

    _prompt_tokens: int = PrivateAttr(default=0)
    _answer_tokens: int = PrivateAttr(default=0)

    def __init__(self, settings: EngineSettings, *, model: str) -> None:
        super().__init__(settings, model=model)

    @property
    def spent(self) -> tuple[int, int]:
        """Tokens of prompts and of answers so far."""
        return self._prompt_tokens, self._answer_tokens

    async def _try_whole(self, messages: Sequence[ChatMessage], schema: dict[str, Any] | None = None) -> ChatResponse:
        try:
            response = await super()._try_whole(messages, schema)
        except ModelError as exc:  # a reply without a verdict, and one that is asked for again, cost their tokens too
            self._count_tokens(exc.usage.prompt_tokens, exc.usage.answer_tokens)
            raise
        spent = response.additional_kwargs
        self._count_tokens(spent.get("prompt_tokens"), spent.get("completion_tokens"))
        return response

    def _count_tokens(self, read: int | None, written: int | None) -> None:
        self._prompt_tokens += read or 0
        self._answer_tokens += written or 0


def counting_llm(settings: EngineSettings, *, model: str | None = None) -> CountingLLM:
    """The model; raises ConfigurationError without a key."""
    if settings.gemini_api_key is None:
        raise ConfigurationError("GEMINI_API_KEY is not set. Keys for Gemini: https://aistudio.google.com")
    return CountingLLM(settings, model=model or settings.gemini_model)


class Faithfulness(BaseModel):
    """Whether the passages support an answer."""

    model_config = _STRICT
    reason: str
    supported: bool

    @property
    def score(self) -> float:
        """1 or 0."""
        return float(self.supported)


class Relevancy(BaseModel):
    """Whether an answer answers the question."""

    model_config = _STRICT
    reason: str
    answers: Literal["wholly", "partly", "not at all"]

    @property
    def score(self) -> float:
        """1, 0.5 or 0."""
        return {"wholly": 1.0, "partly": 0.5, "not at all": 0.0}[self.answers]


class Correctness(BaseModel):
    """Whether an answer says what the reference says; `grade` from 1 to 5."""

    model_config = _STRICT
    reason: str
    grade: Annotated[int, Field(ge=1, le=BEST_GRADE)]

    @property
    def score(self) -> float:
        """The grade from 0 to 1."""
        return (self.grade - 1) / (BEST_GRADE - 1)


class StructuredEvaluator(BaseEvaluator):
    """One of LlamaIndex's evaluators: the model answers in JSON of a verdict's schema, and nothing else counts.

    A reply that is not of that form, an empty, blocked or truncated one too, leaves the answer unmeasured
    (`invalid_result`). Raises ModelError where no reply came.
    """

    def __init__(self, llm: CountingLLM, verdict: type[Faithfulness | Relevancy | Correctness], task: str) -> None:
        self._llm = llm
        self._verdict = verdict
        self._prompt: BasePromptTemplate = PromptTemplate(task)

    async def aevaluate(
        self,
        query: str | None = None,
        response: str | None = None,
        contexts: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> EvaluationResult:
        """The verdict on one answer; `reference` is the set's answer."""
        messages = self._prompt.format_messages(
            query=query, response=response, passages="\n\n".join(contexts or ()), reference=kwargs.get("reference")
        )
        try:
            reply = await self._llm.achat(messages, response_schema=self._verdict.model_json_schema())
            verdict = self._verdict.model_validate_json(reply.message.content or "")
        except _NO_VERDICT as exc:
            return EvaluationResult(query=query, response=response, invalid_result=True, invalid_reason=exc.code)
        except ValidationError as exc:
            problem = exc.errors(include_url=False, include_input=False)[0]["msg"]
            return EvaluationResult(query=query, response=response, invalid_result=True, invalid_reason=problem)
        return EvaluationResult(query=query, response=response, score=verdict.score, feedback=verdict.reason)

    def _get_prompts(self) -> PromptDictType:
        return {"prompt": self._prompt}

    def _update_prompts(self, prompts_dict: PromptDictType) -> None:
        self._prompt = prompts_dict.get("prompt", self._prompt)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge says of one answer, each from 0 to 1; None where its reply was not of the form asked for."""

    faithfulness: float | None
    relevancy: float | None
    correctness: float | None
    problems: tuple[str, ...] = ()  # why a score is None


class Judge:
    """Three evaluators over one model."""

    def __init__(self, llm: CountingLLM) -> None:
        self.llm = llm
        self._faithful = StructuredEvaluator(llm, Faithfulness, _FAITHFUL)
        self._relevant = StructuredEvaluator(llm, Relevancy, _RELEVANT)
        self._correct = StructuredEvaluator(llm, Correctness, _CORRECT)

    async def judge(self, question: str, answer: str, passages: Sequence[str], reference: str | None) -> Judgement:
        """Three scores; correctness only against a reference. Raises ModelError."""
        asked = {
            "faithfulness": await self._faithful.aevaluate(query=question, response=answer, contexts=passages),
            "relevancy": await self._relevant.aevaluate(query=question, response=answer),
        }
        if reference:
            asked["correctness"] = await self._correct.aevaluate(query=question, response=answer, reference=reference)
        problems = [f"{name}: {result.invalid_reason}" for name, result in asked.items() if result.invalid_result]
        correct = asked.get("correctness")
        return Judgement(
            asked["faithfulness"].score, asked["relevancy"].score, correct.score if correct else None, tuple(problems)
        )
