"""LlamaIndex's messages as the body of a request to Gemini; the model calls it."""

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole

_MODEL_ROLES = frozenset({MessageRole.ASSISTANT, MessageRole.MODEL})


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
        if message.role == MessageRole.SYSTEM:
            continue
        role = "model" if message.role in _MODEL_ROLES else "user"
        part = {"text": message.content or ""}
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"].append(part)
        else:
            contents.append({"role": role, "parts": [part]})
    return contents
