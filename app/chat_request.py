"""The body of `POST /api/chat`: our own short form, or what `useChat` sends; either becomes one Question.

Limits are checked here, before any lookup and before a model is asked.
"""

import re
import uuid
from typing import Annotated, Any, Literal

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect

from app.errors import RequestError
from app.request_body import parts_in_time, require_json
from app.validation import describe_validation
from engines.events import Question, Scope, Turn
from engines.text_validation import says_something

MAX_BODY_BYTES = 256 * 1024
MAX_MESSAGE_CHARACTERS = 8_000
CONVERSATION_NAMESPACE = uuid.UUID("0c9f1a52-70a4-5d0e-8d35-6b1f3f1c2a77")

# It is part of addresses (resume, stop, history), so only characters that need no encoding are allowed.
_NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}")
NAME_RULE = "A conversation's id is a UUID, or 1 to 200 letters, digits and `-._~` without a dot in front."

ShortText = Annotated[str, Field(max_length=2_000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class HistoryMessage(_Body):
    """An earlier message as plain text."""

    role: Literal["user", "assistant"]
    content: str


class UiPart(_Body):
    """A part of a `useChat` message; parts other than text are ignored."""

    type: str
    text: str | None = None


class UiMessage(_Body):
    """A message in the form of `useChat`."""

    id: ShortText | None = None
    role: Literal["user", "assistant", "system"]
    parts: list[UiPart] = []

    @property
    def text(self) -> str:
        """The text parts, joined."""
        return "".join(part.text or "" for part in self.parts if part.type == "text")


class ChatBody(_Body):
    """The body of `POST /api/chat`, in either form."""

    message: str | None = None
    history: list[HistoryMessage] = []
    conversation_id: ShortText | None = None
    selected_text: str | None = None
    page_url: ShortText | None = None
    locale: ShortText | None = None
    version: ShortText | None = None
    scope: Literal["page", "chapter", "book"] = "book"

    id: ShortText | None = None
    messages: list[UiMessage] | None = None
    trigger: Literal["submit-message", "regenerate-message"] = "submit-message"
    message_id: Annotated[ShortText | None, Field(alias="messageId")] = None

    @property
    def text(self) -> str:
        """The question: `message`, or the last user message of `messages`."""
        if self.message is not None:
            return self.message
        asked = [message for message in self.messages or [] if message.role == "user"]
        return asked[-1].text if asked else ""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The earlier turns, oldest first."""
        if self.messages is None:
            return tuple(Turn(turn.role, turn.content) for turn in self.history)
        earlier = self.messages
        if self.message is None:
            last = max((at for at, message in enumerate(earlier) if message.role == "user"), default=0)
            earlier = earlier[:last]
        return tuple(
            Turn(message.role, message.text) for message in earlier if message.role != "system" and message.text.strip()
        )

    @property
    def user_message_id(self) -> str | None:
        """The client's id of the question; a retried request carries the same one."""
        asked = [message for message in self.messages or [] if message.role == "user"]
        return asked[-1].id if asked and self.message is None else None

    @property
    def replaces_question(self) -> bool:
        """Whether this replaces the text of an earlier question."""
        return self.trigger == "submit-message" and self.message_id is not None

    @property
    def names_conversation(self) -> bool:
        """Whether the client names a conversation."""
        return bool(self.conversation_id or self.id)

    def conversation_of(self, owner: str) -> uuid.UUID:
        """The conversation's id: the client's UUID, a UUID derived from the client's name for it, or a new one."""
        name = self.conversation_id or self.id
        return conversation_uuid(name, owner) if name else uuid.uuid4()

    def question(self) -> Question:
        """The question in the form that the engines take."""
        return Question(
            text=self.text.strip(),
            history=self.turns,
            selected_text=self.selected_text if self.selected_text and says_something(self.selected_text) else None,
            scope=Scope(self.locale or None, self.version or None, self.page_url, self.scope),
        )


def conversation_uuid(name: str, owner: str) -> uuid.UUID:
    """A conversation's id: the client's UUID, or a UUID derived from this owner's name for it."""
    try:
        return uuid.UUID(name)
    except ValueError:
        return uuid.uuid5(CONVERSATION_NAMESPACE, f"{owner}/{name}")


async def read_chat_body(request: Request, seconds: float) -> ChatBody:
    """The body of a chat request; raises RequestError if it is too large, too slow, not JSON or not valid."""
    require_json(request)
    try:
        raw = orjson.loads(await _read_limited(request, seconds))
    except orjson.JSONDecodeError:
        raise RequestError(400, "invalid_json", "The body is not JSON.") from None
    if not isinstance(raw, dict):
        raise RequestError(422, "invalid_request", "The body must be a JSON object.")
    body = _validated(raw)
    if not says_something(body.text):
        raise RequestError(422, "empty_message", "The message is empty.")
    if body.names_conversation and not _NAME.fullmatch(body.conversation_id or body.id or ""):
        raise RequestError(422, "invalid_conversation_id", NAME_RULE)
    if len(body.text) > MAX_MESSAGE_CHARACTERS:
        raise RequestError(422, "message_too_long", f"A message may have {MAX_MESSAGE_CHARACTERS:,} characters.")
    return body


def _validated(raw: dict[str, Any]) -> ChatBody:
    try:
        return ChatBody.model_validate(raw)
    except ValidationError as error:
        described = describe_validation([dict(problem) for problem in error.errors(include_input=False)])
        raise RequestError(422, "invalid_request", described) from None


async def _read_limited(request: Request, seconds: float) -> bytes:
    body = bytearray()
    try:
        async for part in parts_in_time(request.stream(), most_bytes=MAX_BODY_BYTES, seconds=seconds):
            body += part
    except ClientDisconnect:
        raise RequestError(400, "incomplete_body", "The body did not arrive whole.") from None
    return bytes(body)
