"""Gemini's refusals in our words: what its responses say becomes a ModelError; the wire and the stream call it."""

import re
from collections.abc import Mapping
from typing import Any

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

_SECONDS = re.compile(r"^(\d+(?:\.\d+)?)s?$")
_AWAY = frozenset({408, 500, 502, 503, 504, 529})
_BLOCKED = frozenset(
    {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_RECITATION"}
)


def error_for_status(status: int, body: Any, retry_after: str | None = None) -> ModelError:
    """The error for a response that is none: its HTTP status, its parsed body, its Retry-After header."""
    error = error_object(body)
    cause = f"{status} {error.get('status', '')}: {error.get('message', '')}"
    if status == 429:
        return ModelBusyError(cause, retry_after_seconds=_retry_delay(error, retry_after))
    if status in {401, 403} or _names_the_key(error):
        return ModelKeyError(cause)
    if status in _AWAY:
        return ModelUnavailableError(cause, retry_after_seconds=_retry_delay(error, retry_after))
    return ModelRequestError(cause)


def error_object(body: Any) -> Mapping[str, Any]:
    """The `error` of a body, alone or first of a list; empty where there is none."""
    if isinstance(body, list):
        body = body[0] if body else None
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def raise_for_error(body: Mapping[str, Any], *, begun: bool) -> None:
    """Raise where an object of the stream is an error; `begun` says that the reader has seen a word already."""
    error = error_object(body)
    if not error:
        return
    status = error.get("code") if isinstance(error.get("code"), int) else 500
    translated = error_for_status(status or 500, body)
    raise AnswerInterruptedError(translated.cause) if begun else translated


def raise_for_block(body: Mapping[str, Any]) -> None:
    """Raise PromptBlockedError where the response says that the prompt was refused."""
    reason = (body.get("promptFeedback") or {}).get("blockReason")
    if reason and not body.get("candidates"):
        raise PromptBlockedError(str(reason))


def raise_for_finish(reason: str | None) -> None:
    """Raise the error for an end that is not a whole answer; `None` is a stream that ended without saying why."""
    if reason == "STOP":
        return
    if reason is None:
        raise AnswerInterruptedError("the stream ended without a finish reason")
    if reason == "MAX_TOKENS":
        raise AnswerTruncatedError(reason)
    if reason in _BLOCKED:
        raise AnswerBlockedError(reason)
    raise AnswerInterruptedError(reason)


def _names_the_key(error: Mapping[str, Any]) -> bool:
    reasons = {detail.get("reason") for detail in _details(error)}
    return "API_KEY_INVALID" in reasons or "API key" in str(error.get("message", ""))


def _retry_delay(error: Mapping[str, Any], retry_after: str | None) -> float | None:
    """The seconds of google.rpc.RetryInfo, else of the header; None where neither says a number."""
    said = [str(detail.get("retryDelay", "")) for detail in _details(error)]
    matches = (_SECONDS.match(text.strip()) for text in [*said, retry_after or ""])
    return next((float(match[1]) for match in matches if match), None)


def _details(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, Mapping)] if isinstance(details, list) else []
