"""Gemini's errors in our words: what google-genai and aiohttp raise becomes a ModelError; called by the model alone."""

import asyncio
import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
from google.genai import errors, types

from engines.errors import (
    AnswerBlockedError,
    AnswerInterruptedError,
    AnswerTruncatedError,
    ModelBusyError,
    ModelError,
    ModelKeyError,
    ModelRequestError,
    ModelUnavailableError,
    PromptBlockedError,
)

_SECONDS = re.compile(r"^(\d+(?:\.\d+)?)s$")
_AWAY = frozenset({408, 500, 502, 503, 504})

# What is raised by the network below google-genai: a refused or dropped connection, a name that is not found.
NETWORK_ERRORS = (aiohttp.ClientError, asyncio.IncompleteReadError, OSError)


def translate_api_error(exc: errors.APIError, *, begun: bool) -> ModelError:
    """The ModelError for an error object of Gemini's; `begun` says that the reader has seen a word already."""
    cause = f"{exc.code} {exc.status}: {exc.message}"
    if begun:
        return AnswerInterruptedError(cause)
    if exc.code == 429:
        return ModelBusyError(cause, retry_after_seconds=_retry_delay(exc.details))
    if exc.code in {401, 403} or "API_KEY_INVALID" in str(exc.details) or "API key" in (exc.message or ""):
        return ModelKeyError(cause)
    if exc.code in _AWAY:
        return ModelUnavailableError(cause, retry_after_seconds=_retry_delay(exc.details))
    return ModelRequestError(cause)


@contextlib.contextmanager
def translated(*, begun: bool = False) -> Iterator[None]:
    """Turn what Gemini's client raises inside the block into a ModelError."""
    try:
        yield
    except errors.APIError as exc:
        raise translate_api_error(exc, begun=begun) from exc
    except (errors.UnknownApiResponseError, ValueError) as exc:  # no JSON, or JSON of another shape
        raise (AnswerInterruptedError if begun else ModelUnavailableError)(repr(exc)) from exc
    except NETWORK_ERRORS as exc:
        raise (AnswerInterruptedError if begun else ModelUnavailableError)(repr(exc)) from exc


def raise_for_block(response: types.GenerateContentResponse) -> None:
    """Raise PromptBlockedError where the response says that the prompt was refused."""
    feedback = response.prompt_feedback
    if feedback is not None and feedback.block_reason is not None and not response.candidates:
        raise PromptBlockedError(str(feedback.block_reason))


def raise_for_finish(reason: types.FinishReason | None) -> None:
    """Raise the error for an end that is not a whole answer; `None` is a stream that ended without saying why."""
    if reason is None:
        raise AnswerInterruptedError("the stream ended without a finish reason")
    if reason == types.FinishReason.STOP:
        return
    if reason == types.FinishReason.MAX_TOKENS:
        raise AnswerTruncatedError(reason.name)
    if reason in {types.FinishReason.OTHER, types.FinishReason.FINISH_REASON_UNSPECIFIED}:
        raise AnswerInterruptedError(reason.name)
    raise AnswerBlockedError(reason.name)


def _retry_delay(details: Any) -> float | None:
    """The seconds of google.rpc.RetryInfo; None where the error holds none."""
    if isinstance(details, list):
        details = details[0] if details else None
    if not isinstance(details, Mapping):
        return None
    for detail in (details.get("error") or {}).get("details") or ():
        match = _SECONDS.match(str(detail.get("retryDelay", ""))) if isinstance(detail, Mapping) else None
        if match:
            return float(match[1])
    return None
