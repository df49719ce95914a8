"""A chat request: the body of `POST /api/chat`, and the conversation and the keys that it belongs to.

A body may have our own form, that of `useChat` or that of another front end; each becomes one Question. Limits are
checked here, before any look-up and before a model is called. `app.answer_streams.start` makes one `ChatRequest` of it.
Several readers without an account may choose the same conversation name if it is easy to guess (`chat`, in many
examples). Such a conversation is private to its request: it is not waited for, resumed or remembered.
"""

import codecs
import hashlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import orjson
from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import ClientDisconnect

from app.chat_request_messages import ChatMessage, ClientId, ShortText, usable_history, usable_messages
from app.conversation_ids import CONVERSATION_NAMESPACE, NAME_RULE, conversation_uuid, is_hard_to_guess, is_name
from app.errors import RequestError
from app.rate_limits import Asker
from app.request_limits import parts_in_time, require_json
from app.validation import PageAddress, describe_validation
from engines.events import Question, Scope, Turn, says_something
from storage.accounts.reader import Reader
from storage.conversations.turns import TurnRequest

MAX_CHAT_BODY_BYTES = 256 * 1024
MAX_MESSAGE_CHARACTERS = 8_000

# An escape in JSON; `half` is a lone surrogate.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89aAbB][\dA-Fa-f]{2}\\u[dD][c-fC-F][\dA-Fa-f]{2}|(?P<half>u[dD][89a-fA-F][\dA-Fa-f]{2})|.)", re.DOTALL
)

# Patterns that look for words with blanks between them take time by the square of a run of blanks.
_LONG_BLANKS = re.compile(r"(\s{40})\s+")

_TRUE_OR_FALSE = {"true": True, "1": True, 1: True, "false": False, "0": False, 0: False}


def _lenient_bool(value: object) -> object:
    known = value.strip().lower() if isinstance(value, str) else value
    return _TRUE_OR_FALSE.get(known, value) if isinstance(known, str | int) else value


# Clients that build their body from form fields send "false".
LenientBool = Annotated[bool, BeforeValidator(_lenient_bool)]


class ChatBody(BaseModel):
    """The body of `POST /api/chat`, in either form."""

    model_config = ConfigDict(extra="ignore", strict=True)

    message: str | None = None
    message_as_question: Annotated[str | None, Field(alias="question", description="Another name of `message`.")] = None
    message_as_query: Annotated[str | None, Field(alias="query", description="Another name of `message`.")] = None
    history: Annotated[list[ChatMessage] | None, BeforeValidator(usable_history)] = None
    chat_history: Annotated[
        list[ChatMessage] | None, BeforeValidator(usable_history), Field(description="Another name of `history`.")
    ] = None
    conversation_id: ClientId | None = None
    session_id: Annotated[ClientId | None, Field(description="Another name of `conversation_id`.")] = None
    selected_text: str | None = None
    use_book: Annotated[
        LenientBool | None, Field(description="With `selected_text`: answer from the selection and the book.")
    ] = None
    stream: Annotated[
        LenientBool | None, Field(description="`false`: one JSON object, unless `Accept` says otherwise.")
    ] = None
    page_url: PageAddress | None = None
    locale: ShortText | None = None
    version: ShortText | None = None
    scope: Annotated[Literal["page", "chapter", "book"], BeforeValidator(lambda value: value or "book")] = "book"

    id: ClientId | None = None
    messages: Annotated[list[ChatMessage] | None, BeforeValidator(usable_messages)] = None
    trigger: Annotated[
        Literal["submit-message", "regenerate-message"], BeforeValidator(lambda value: value or "submit-message")
    ] = "submit-message"
    message_id: Annotated[ShortText | None, Field(alias="messageId")] = None

    @model_validator(mode="before")
    @classmethod
    def _take_the_last_message_alone(cls, raw: Any) -> Any:
        """Append a single `message`, which `useChat` may be configured to send, to `messages`."""
        if not isinstance(raw, dict) or not isinstance(raw.get("message"), dict):
            return raw
        earlier = raw.get("messages") or raw.get("history") or raw.get("chat_history")
        last = {"role": "user", **raw["message"]}
        return {**raw, "message": None, "messages": [*(earlier if isinstance(earlier, list) else ()), last]}

    @model_validator(mode="after")
    def _take_other_names(self) -> Self:
        names = (self.message, self.message_as_question, self.message_as_query)
        self.message = next((text for text in names if text is not None), None)
        self.history = self.history if self.history is not None else self.chat_history
        self.conversation_id = self.conversation_id or self.session_id
        return self

    @property
    def text(self) -> str:
        """The question: `message`, or the last user message of `messages`."""
        if self.message is not None:
            return self.message
        asked = [message for message in self.messages or [] if message.asks]
        return asked[-1].text if asked else ""

    @property
    def is_use_chat(self) -> bool:
        """Whether the body is that of `useChat`, which only reads streams."""
        return any(message.is_of_use_chat for message in self.messages or [])

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The earlier turns, oldest first."""
        earlier = (self.history or []) if self.messages is None else self.messages
        if self.messages is not None and self.message is None:
            last = max((at for at, message in enumerate(earlier) if message.asks), default=0)
            earlier = earlier[:last]
        said = ((message.speaker, _without_long_blanks(message.text)) for message in earlier)
        return tuple(Turn(speaker, text) for speaker, text in said if speaker and text.strip())

    @property
    def user_message_id(self) -> str | None:
        """The client's id of the question; a retried request carries the same one."""
        asked = [message for message in self.messages or [] if message.asks]
        return asked[-1].id if asked and self.message is None else None

    @property
    def replaces_question(self) -> bool:
        """Whether this replaces the text of an earlier question."""
        return self.trigger == "submit-message" and self.message_id is not None

    @property
    def conversation_name(self) -> str:
        """The client's name for the conversation, or ""."""
        return self.conversation_id or self.id or ""

    @property
    def _selection(self) -> str | None:
        selected = _without_long_blanks(self.selected_text or "")
        return selected if says_something(selected) else None

    def question(self) -> Question:
        """The question in the form that the engines take."""
        return Question(
            text=_without_long_blanks(self.text.strip()),
            history=self.turns,
            selected_text=self._selection,
            use_book=bool(self.use_book),
            scope=Scope(self.locale or None, self.version or None, self.page_url, self.scope),
        )

    def why_no_question(self, names: Iterable[str]) -> str:
        """Why a body with these fields contains no question."""
        if self.message is not None or any(message.asks for message in self.messages or []):
            return "The message is empty."
        if self.messages is not None:
            return "`messages` holds no message with the role `user`."
        if null := next((name for name in ("message", "question", "query") if name in names), None):
            return f"`{null}` is null."
        sent = ", ".join(f"`{name[:40]}`" for name in sorted(names)[:10] if name.isprintable())
        return f"`message` is missing; the body has {sent or 'no fields'}."


async def read_chat_body(request: Request, seconds: float) -> ChatBody:
    """The body of a chat request; raises RequestError if it is too large, too slow, not JSON or not valid."""
    require_json(request)
    try:
        raw = _loads((await _read_limited(request, seconds)).removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        raise RequestError(400, "invalid_json", "The body is not JSON.") from None
    if not isinstance(raw, dict):
        raise RequestError(422, "invalid_request", "The body must be a JSON object.")
    body = _validated(raw)
    if not says_something(body.text):
        raise RequestError(422, "empty_message", body.why_no_question(raw))
    if body.conversation_name and not is_name(body.conversation_name):
        raise RequestError(422, "invalid_conversation_id", NAME_RULE)
    if len(body.text) > MAX_MESSAGE_CHARACTERS:
        raise RequestError(422, "message_too_long", f"A message may have {MAX_MESSAGE_CHARACTERS:,} characters.")
    return body


def _loads(content: bytes) -> Any:
    """A JSON value; lone surrogates, which clients leave when they cut text by length, become U+FFFD."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        repaired = _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], content)
        if repaired == content:
            raise
        return orjson.loads(repaired)


def _validated(raw: dict[str, Any]) -> ChatBody:
    try:
        return ChatBody.model_validate(raw)
    except ValidationError as error:
        described = describe_validation([dict(problem) for problem in error.errors(include_input=False)])
        raise RequestError(422, "invalid_request", described) from None


async def _read_limited(request: Request, seconds: float) -> bytes:
    body = bytearray()
    try:
        async for part in parts_in_time(request.stream(), most_bytes=MAX_CHAT_BODY_BYTES, seconds=seconds):
            body += part
    except ClientDisconnect:
        raise RequestError(400, "incomplete_body", "The body did not arrive completely.") from None
    return bytes(body)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A question with its reader, its conversation and its keys."""

    asker: Asker
    body: ChatBody
    question: Question
    owner: str  # as `owner_of` has it
    conversation: uuid.UUID
    idempotency_key: str | None  # the client's own
    named: bool  # whether the client names the conversation, by a name that is hard to guess
    request_key: str | None  # shared by repetitions of one request; None if they cannot be recognised

    @classmethod
    def of(cls, asker: Asker, body: ChatBody, idempotency_key: str | None) -> Self:
        """The request with its keys; one that names no conversation gets a new one."""
        owner = owner_of(asker.reader)
        name = body.conversation_name
        named = bool(name) and (bool(owner) or is_hard_to_guess(name))
        return cls(
            asker=asker,
            body=body,
            question=body.question(),
            owner=owner,
            conversation=_conversation(body, owner, idempotency_key, named=named),
            named=named,
            idempotency_key=idempotency_key,
            request_key=_request_key(body, idempotency_key),
        )

    @property
    def rate_limit_key(self) -> str | None:
        """The key by which the rate limits count this request once, however often it is sent."""
        return self.request_key and f"{self.asker.name}/{self.conversation}/{self.request_key}"

    @property
    def begins_conversation(self) -> bool:
        """Whether the conversation starts with this request, so that nobody else can know it."""
        return not self.named and self.idempotency_key is None

    @property
    def is_remembered(self) -> bool:
        """Whether the conversation of a reader without a token is remembered: only if nobody else can know its name.

        That is a name that is hard to guess, or the one that they get with the first answer.
        """
        return not self.owner and (self.named or self.begins_conversation)

    def turn(self) -> TurnRequest:
        """The turn that the conversation store begins."""
        body, question = self.body, self.question
        again = body.trigger == "regenerate-message"
        return TurnRequest(
            conversation_id=self.conversation,
            question=question.text,
            idempotency_key=self.idempotency_key or self.request_key,
            client_id=body.user_message_id,
            trigger="regenerate" if again else "submit",
            # Without an id, "regenerate" means the last question that the client shows, not the last one stored.
            target=body.message_id or (body.user_message_id if again else None),
            selected_text=question.selected_text,
            page_url=question.scope.page_url,
        )


def owner_of(reader: Reader | None) -> str:
    """The owner of a running answer; empty without a token, when only the conversation's id identifies the answer."""
    return str(reader.id) if reader else ""


def _conversation(body: ChatBody, owner: str, idempotency_key: str | None, *, named: bool) -> uuid.UUID:
    """The conversation that the client names; for one without a name, its first question is found again by its key."""
    if named:
        return conversation_uuid(body.conversation_name, owner)
    if not idempotency_key:
        return uuid.uuid4()
    # Without a token anybody can send any key: it must not lead to somebody else's question.
    return uuid.uuid5(CONVERSATION_NAMESPACE, f"{owner} {idempotency_key} {'' if owner else _hashed(body)}")


def _request_key(body: ChatBody, idempotency_key: str | None) -> str | None:
    """The key that repetitions of one request share; None if they cannot be told from separate requests."""
    if idempotency_key is None and (body.user_message_id is None or body.trigger != "submit-message"):
        return None
    # An edited question keeps its id in `useChat`, but is a different request.
    return f"{idempotency_key or body.user_message_id}:{_hashed(body)[:16]}"


def _hashed(body: ChatBody) -> str:
    return hashlib.sha256(f"{body.text}\0{body.selected_text or ''}".encode(errors="replace")).hexdigest()


def _without_long_blanks(text: str) -> str:
    return _LONG_BLANKS.sub(r"\1", text)
