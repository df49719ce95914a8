"""Gemini as a LlamaIndex LLM: `build_llm` is the one place where it is made; `engines.book` calls it.

The class keeps GoogleGenAI's interface and replaces what stands behind it, because there a blocked prompt is an empty
stream, a safety stop ends in silence, and every piece of text is copied through several models. `GeminiStream` returns
pieces of text up to a complete end, or raises a ModelError that says why there is none. A call that fails before its
first word is repeated within a time budget, and then the second model is asked; after many failures `CircuitBreaker`
stops calls for a while.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    MessageRole,
    TextBlock,
)
from llama_index.core.instrumentation.events.exception import ExceptionEvent
from llama_index.core.instrumentation.events.llm import LLMChatEndEvent, LLMChatStartEvent
from llama_index.core.prompts import PromptTemplate
from llama_index.llms.google_genai import GoogleGenAI
from llama_index_instrumentation.span import active_span_id
from pydantic import BaseModel, PrivateAttr

from engines.errors import (
    AnswerInterruptedError,
    AnswerStalledError,
    EmptyAnswerError,
    ModelBusyError,
    ModelError,
    ModelRequestError,
    ModelUnavailableError,
    Usage,
)
from engines.gemini.transport import GeminiWire, Json, WireStream, raise_for_block, raise_for_error, raise_for_finish
from engines.instrumentation import BreakerOpened, ModelFailed, ModelRetried, dispatcher
from engines.settings import EngineSettings

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=BaseModel)
logger = logging.getLogger(__name__)

# Before the first word. An end without a word is repeated once, and counts as an error of one model.
_PASSING = (ModelUnavailableError, ModelBusyError)  # Errors that the same model may not have a moment later.
_OF_ONE_MODEL = (*_PASSING, ModelRequestError, AnswerStalledError)  # Errors that another model may not have.

_MODEL_ROLES = frozenset({MessageRole.ASSISTANT, MessageRole.MODEL})


def build_llm(settings: EngineSettings) -> "GeminiLLM | None":
    """The language model of a deployment; None if GEMINI_API_KEY is not set. Makes no request."""
    if settings.gemini_api_key is None:
        return None
    name = settings.gemini_fallback_model
    second = GeminiLLM(settings, model=name) if name else None
    return GeminiLLM(settings, model=settings.gemini_model, second=second)


class CircuitBreaker:
    """Counts consecutive failures; after `failures` of them, calls are refused for `rest_seconds`, then one may try."""

    def __init__(self, failures: int, rest_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._failures = 0
        self._retry_at = 0.0  # the moment from which a call may try again

    @property
    def retry_after_seconds(self) -> float:
        """The seconds for which calls are still refused."""
        return max(self._retry_at - self._clock(), 0.0) if self._failures >= self._limit else 0.0

    def try_acquire(self) -> bool:
        """Whether a call may go ahead; after a rest the first one may, and keeps others out for as long again."""
        if self.retry_after_seconds:
            return False
        self._retry_at = self._clock() + self._rest_seconds
        return True

    def succeeded(self) -> None:
        """The model answered."""
        self._failures = 0

    def failed(self) -> bool:
        """The model could not be reached, or was overloaded; whether calls are refused from now on."""
        self._failures += 1
        if self._failures >= self._limit:
            self._retry_at = self._clock() + self._rest_seconds
        return self._failures == self._limit


class GeminiAnswer:
    """Accumulates Gemini's responses; drops thoughts and white space before the first word."""

    def __init__(self) -> None:
        self.begun = False  # whether a word has come
        self._counts: Json = {}  # of the newest response that has some
        self.version: str | None = None  # of the model, as it names itself
        self._finish: str | None = None
        self._half = ""  # a high surrogate whose low surrogate begins the next piece

    def read(self, response: Json) -> str:
        """The text of one response; raises ModelError if it is an error, a refusal, or not a response of Gemini's."""
        try:
            return self._read(response)
        except (AttributeError, IndexError, KeyError, TypeError) as exc:
            kind = AnswerInterruptedError if self.begun else ModelUnavailableError
            raise kind(f"a response of another shape: {type(exc).__name__}") from exc

    def _read(self, response: Json) -> str:
        raise_for_error(response, begun=self.begun)
        self.version = self.version or response.get("modelVersion")
        counts = response.get("usageMetadata")
        if isinstance(counts, dict):
            self._counts = counts
        candidates = response.get("candidates")
        if not candidates:
            raise_for_block(response)
            return ""
        candidate = next((each for each in candidates if not each.get("index")), None)
        if candidate is None:  # a piece of an answer other than the first one
            return ""
        self._finish = candidate.get("finishReason") or self._finish
        parts = (candidate.get("content") or {}).get("parts") or ()
        text = "".join([part.get("text") or "" for part in parts if not part.get("thought")])
        if self._half or not text.isascii():
            text = self._repaired(text)
        if not self.begun:
            text = text.lstrip()
            self.begun = bool(text)
        return text

    @property
    def usage(self) -> Usage:
        """The tokens so far."""
        return _usage(self._counts)

    def _repaired(self, text: str) -> str:
        """The text with surrogate pairs joined, even across two pieces; a lone surrogate becomes U+FFFD."""
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def rest(self) -> str:
        """U+FFFD for a character of which only a half arrived; completes the text."""
        half, self._half = self._half, ""
        return "\ufffd" if half else ""

    def end(self) -> None:
        """Raise ModelError unless a whole answer was read; the same rule applies to every end without a word."""
        try:
            if self._finish is None and not self.begun:
                raise ModelUnavailableError("the stream ended before its first word")
            raise_for_finish(self._finish)
            if not self.begun:
                raise EmptyAnswerError("no text")
        except ModelError as exc:
            raise exc if self.begun else exc.without_a_word() from None


class GeminiStream:
    """An answer that is being read; each wait has a time limit."""

    def __init__(self, wire: WireStream, settings: EngineSettings, model: str) -> None:
        self.model = model
        self._wire = wire
        self._first_word_seconds = settings.gemini_first_token_timeout_seconds
        self._stall_seconds = settings.gemini_stall_timeout_seconds
        self._deadline = time.monotonic() + settings.gemini_answer_timeout_seconds
        self._answer = GeminiAnswer()
        self.first_text: str | None = None

    @property
    def usage(self) -> Usage:
        """The counts of the newest response."""
        return self._answer.usage

    @property
    def version(self) -> str | None:
        """What the model calls itself: `gemini-flash-latest` is another one every few months."""
        return self._answer.version

    async def read_first(self) -> None:
        """Wait for the first word and keep it as `first_text`; raises ModelError if none comes."""
        self.first_text = await self.next_text()

    async def next_text(self) -> str | None:
        """The next piece of text, None after the last of a whole answer; raises ModelError."""
        answer = self._answer
        try:
            while True:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    raise AnswerStalledError("the whole answer took too long")
                seconds = self._stall_seconds if answer.begun else self._first_word_seconds
                response = await self._wire.next(seconds=min(seconds, left), begun=answer.begun)
                if response is None:
                    answer.end()
                    return answer.rest() or None
                text = answer.read(response)
                if text:
                    return text
        except ModelError as exc:
            exc.usage = answer.usage
            exc.model_version = answer.version
            raise

    def close(self) -> None:
        """Close the request to Gemini at once."""
        self._wire.close()


@contextmanager
def _without_note_of_keys() -> Iterator[None]:
    """Keep google-genai's client from logging that it uses GOOGLE_API_KEY, which is wrong: it is given its key."""

    def says_something_else(record: logging.LogRecord) -> bool:
        return "GOOGLE_API_KEY" not in record.getMessage()

    log = logging.getLogger("google_genai._api_client")
    log.addFilter(says_something_else)
    try:
        yield
    finally:
        log.removeFilter(says_something_else)


class _NoClient:
    """Stands in for google-genai's client, so that nothing inherited can go round the wire."""

    def __init__(self, client: object) -> None:
        self._kept = client  # one that is let go begins a task in the running loop

    def __getattr__(self, name: str) -> NoReturn:
        raise NotImplementedError("GeminiLLM supports texts and objects of a schema: this call needs google-genai")


class GeminiLLM(GoogleGenAI):
    """Gemini with cheap chunks, an error for each incomplete answer, retries, a circuit breaker and a second model.

    Each call of LlamaIndex's goes through the wire, the synchronous ones on a loop of their own, or raises
    NotImplementedError: tools, objects in pieces, and messages with anything but text.
    """

    _settings: EngineSettings = PrivateAttr()
    _wire: GeminiWire = PrivateAttr()
    _breaker: CircuitBreaker = PrivateAttr()
    _second: "GeminiLLM | None" = PrivateAttr(default=None)

    def __init__(self, settings: EngineSettings, *, model: str, second: "GeminiLLM | None" = None) -> None:
        key = settings.gemini_api_key.get_secret_value().strip() if settings.gemini_api_key else ""
        wire = second._wire if second else GeminiWire(key, settings.gemini_base_url)  # noqa: SLF001 - of one class
        # The client that the base class makes is put out of reach below, so it needs no certificates of its own, whose
        # loading takes 240 ms, and no proxy of the environment, which it may not support.
        certificates = {"verify": wire.certificates, "ssl": wire.certificates, "trust_env": False}
        with _without_note_of_keys():
            super().__init__(
                model=model,
                api_key=key,
                # Both given: nothing is asked over the network here.
                max_tokens=settings.gemini_max_tokens,
                context_window=settings.gemini_context_window,
                max_retries=0,  # a call is repeated below, with a budget
                is_function_calling_model=False,  # LlamaIndex then asks for objects in words
                http_options={  # type: ignore[arg-type]  # a dict is taken as well, and this one cannot be a model
                    "base_url": settings.gemini_base_url,
                    "client_args": certificates,
                    "async_client_args": certificates,
                },
            )
        self._client = _NoClient(self._client)  # type: ignore[assignment]
        self._settings = settings
        self._wire = wire
        self._second = second
        self._breaker = CircuitBreaker(settings.gemini_breaker_failures, settings.gemini_breaker_seconds)

    async def aclose(self) -> None:
        """Close the connections of this model and of the second one."""
        await self._wire.aclose()

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Stream an answer; a ModelError ends it if it is incomplete. Its last response has the usage.

        Not under LlamaIndex's callback decorator, which makes an event of every piece and costs more than the piece:
        only the start and the end become events.
        """
        _refuse(kwargs)
        return self._write(messages, active_span_id.get())

    async def _achat(
        self,
        messages: Sequence[ChatMessage],
        *,
        retry_budget_seconds: float | None = None,
        response_schema: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> ChatResponse:
        """A whole answer in one response; `retry_budget_seconds` replaces the settings' budget.

        `response_schema`, a JSON schema, asks for JSON of that form; the response must still be checked.
        """
        _refuse(kwargs)
        return await self._first_to_answer(
            lambda model: model.write_whole(messages, response_schema, retry_budget_seconds)
        )

    def _chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        with self._own_loop() as loop:
            return loop.call(partial(self._achat, messages, **kwargs))

    def _stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        _refuse(kwargs)
        return self._stream_on_own_loop(messages)

    def _stream_on_own_loop(self, messages: Sequence[ChatMessage]) -> ChatResponseGen:
        with self._own_loop() as loop:
            answer = self._write(messages, active_span_id.get())
            try:
                while (response := loop.call(anext, answer, None)) is not None:
                    yield response
            finally:
                loop.call(answer.aclose)

    @contextmanager
    def _own_loop(self) -> Iterator[BlockingPortal]:
        """A loop in a thread, with its own connections: the thread of a caller that cannot await may run one."""
        with start_blocking_portal(name="gemini") as loop:
            try:
                yield loop
            finally:
                loop.call(self._wire.aclose)

    async def astructured_predict(
        self,
        output_cls: type[ModelT],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> ModelT:
        """The answer to a prompt as an object; raises pydantic's ValidationError if it is not one."""
        messages = self._extend_messages(prompt.format_messages(**prompt_args))
        schema = output_cls.model_json_schema()
        response = await self.achat(messages, response_schema=schema, **(llm_kwargs or {}))
        return output_cls.model_validate_json(response.message.content or "")

    def structured_predict(
        self,
        output_cls: type[ModelT],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> ModelT:
        """Like `astructured_predict`, for callers that cannot await."""
        with self._own_loop() as loop:
            return loop.call(partial(self.astructured_predict, output_cls, prompt, llm_kwargs, **prompt_args))

    def structured_predict_without_function_calling(
        self,
        output_cls: type[ModelT],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> ModelT:
        """The same: no object is asked for by a function call."""
        return self.structured_predict(output_cls, prompt, llm_kwargs, **prompt_args)

    def stream_structured_predict(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not supported."""
        raise NotImplementedError("GeminiLLM gives objects whole: use structured_predict")

    async def astream_structured_predict(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not supported."""
        raise NotImplementedError("GeminiLLM gives objects whole: use astructured_predict")

    def _prepare_chat_with_tools(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not supported; every call with tools begins here."""
        raise NotImplementedError("GeminiLLM calls no tools")

    def predict_and_call(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not supported; the base class would make a text of every error."""
        raise NotImplementedError("GeminiLLM calls no tools")

    async def apredict_and_call(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not supported; the base class would make a text of every error."""
        raise NotImplementedError("GeminiLLM calls no tools")

    async def _try_whole(self, messages: Sequence[ChatMessage], schema: dict[str, Any] | None = None) -> ChatResponse:
        seconds = self._settings.gemini_first_token_timeout_seconds
        answer = GeminiAnswer()
        try:
            text = answer.read(await self._wire.generate(self.model, self._request(messages, schema), seconds=seconds))
            answer.end()
        except ModelError as exc:
            exc.usage = answer.usage
            raise
        message = ChatMessage(role=MessageRole.ASSISTANT, content=text)
        return ChatResponse(message=message, additional_kwargs=_kwargs(answer.usage, self.model, answer.version))

    async def _write(self, messages: Sequence[ChatMessage], span_id: str | None) -> AsyncGenerator[ChatResponse, None]:
        block = TextBlock(text="")
        response = ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT), delta="")
        response.message.blocks = [block]  # one block that grows: nothing is copied per piece
        said, model = list(messages), {"model": self.model}
        dispatcher.event(LLMChatStartEvent(messages=said, additional_kwargs={}, model_dict=model, span_id=span_id))
        try:
            stream = await self._first_to_answer(lambda model: model.open_stream(messages))
            text = stream.first_text
            try:
                while text is not None:
                    block.text += text
                    response.delta = text
                    yield response
                    text = await stream.next_text()
            except ModelError as exc:
                exc.model = stream.model
                dispatcher.event(ModelFailed(code=exc.code))
                raise
            finally:
                stream.close()
            response.delta = ""
            response.additional_kwargs = _kwargs(stream.usage, stream.model, stream.version)
            yield response
        except ModelError as exc:
            dispatcher.event(ExceptionEvent(exception=exc, span_id=span_id))
            raise
        finally:
            dispatcher.event(LLMChatEndEvent(messages=said, response=response, span_id=span_id))

    async def _first_to_answer(self, ask: Callable[["GeminiLLM"], Awaitable[T]]) -> T:
        """What this model answers, or the second one if this one fails as another model may not."""
        try:
            return await ask(self)
        except ModelError as exc:
            logger.warning("%s failed before its first word: %s (%s)", self.model, exc.code, exc.cause)
            if self._second is None or not (exc.wordless or isinstance(exc, _OF_ONE_MODEL)):
                raise
        logger.info("going on with %s", self._second.model)
        return await ask(self._second)

    async def open_stream(self, messages: Sequence[ChatMessage]) -> GeminiStream:
        """This model's stream at its first word."""
        return await self._with_retries(lambda: self._try_to_open(messages))

    async def write_whole(
        self, messages: Sequence[ChatMessage], schema: dict[str, Any] | None = None, budget_seconds: float | None = None
    ) -> ChatResponse:
        """This model's whole answer."""
        return await self._with_retries(lambda: self._try_whole(messages, schema), budget_seconds)

    async def _with_retries(self, attempt: Callable[[], Awaitable[T]], budget_seconds: float | None = None) -> T:
        """What an attempt gives: an end without a word is tried again once, an error that passes within the budget."""
        if not self._breaker.try_acquire():
            seconds = self._breaker.retry_after_seconds
            raise ModelUnavailableError("resting after many failures", retry_after_seconds=seconds)
        budget = self._settings.gemini_retry_budget_seconds if budget_seconds is None else budget_seconds
        deadline = time.monotonic() + budget
        pause = 0.5
        tried_again = False
        while True:
            try:
                result = await attempt()
            except ModelError as exc:
                if exc.wordless and not tried_again:
                    tried_again = True
                    dispatcher.event(ModelRetried(code=exc.code))
                    continue
                wait = exc.retry_after_seconds or pause * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
                if not isinstance(exc, _PASSING) or time.monotonic() + wait > deadline:
                    self._count(exc)
                    raise
                dispatcher.event(ModelRetried(code=exc.code))
                await asyncio.sleep(wait)
                pause *= 2
            else:
                self._breaker.succeeded()
                return result

    def _count(self, exc: ModelError) -> None:
        dispatcher.event(ModelFailed(code=exc.code))
        if not isinstance(exc, (*_PASSING, AnswerStalledError)):
            self._breaker.succeeded()  # it answered, if only to say no
        elif self._breaker.failed():
            dispatcher.event(BreakerOpened())

    async def _try_to_open(self, messages: Sequence[ChatMessage]) -> GeminiStream:
        seconds = self._settings.gemini_first_token_timeout_seconds
        wire = await self._wire.stream(self.model, self._request(messages), seconds=seconds)
        stream = GeminiStream(wire, self._settings, self.model)
        try:
            await stream.read_first()
        except BaseException:
            stream.close()
            raise
        return stream

    def _request(self, messages: Sequence[ChatMessage], schema: dict[str, Any] | None = None) -> dict[str, Any]:
        max_tokens = self._settings.gemini_max_tokens
        return request_body(messages, max_tokens=max_tokens, temperature=self.temperature, schema=schema)


def _refuse(options: dict[str, Any]) -> None:
    """Raise NotImplementedError for options of a call that would have no effect."""
    if options:
        raise NotImplementedError(f"GeminiLLM does not take {', '.join(sorted(options))}")


def _kwargs(usage: Usage, model: str, version: str | None) -> dict[str, Any]:
    counts = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.answer_tokens}
    return counts | {"model": model, "model_version": version}


def request_body(
    messages: Sequence[ChatMessage],
    *,
    max_tokens: int,
    temperature: float | None,
    schema: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The body: rules apart, every other message in its role, the limits, and the JSON schema of the answer if any."""
    rules = [message.content or "" for message in messages if message.role == MessageRole.SYSTEM]
    limits: dict[str, Any] = {"maxOutputTokens": max_tokens}
    if temperature is not None:
        limits["temperature"] = temperature
    if schema is not None:
        limits |= {"responseMimeType": "application/json", "responseJsonSchema": schema}
    request: dict[str, Any] = {"contents": _contents(messages), "generationConfig": limits}
    if rules:
        request["systemInstruction"] = {"parts": [{"text": "\n\n".join(rules)}]}
    return request


def _contents(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """The messages as Gemini wants them: two roles that take turns, so neighbours of one role become one message."""
    contents: list[dict[str, Any]] = []
    for message in messages:
        if not all(isinstance(block, TextBlock) for block in message.blocks):
            raise NotImplementedError("GeminiLLM sends texts alone")
        if message.role == MessageRole.SYSTEM:
            continue
        role = "model" if message.role in _MODEL_ROLES else "user"
        part = {"text": message.content or ""}
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"].append(part)
        else:
            contents.append({"role": role, "parts": [part]})
    return contents


def _usage(counts: Json) -> Usage:
    prompt, answer, thoughts = (_count(counts, kind) for kind in ("prompt", "candidates", "thoughts"))
    return Usage(prompt, None if answer is None else answer + (thoughts or 0))


def _count(counts: Json, kind: str) -> int | None:
    """A count of tokens; None for an invalid one, which must not fail the answer."""
    count = counts.get(f"{kind}TokenCount")
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
