"""The messages of a chat request, in the forms that existing clients send.

`useChat` sends `parts`, OpenAI's API `content`, LangChain `type` and `data`, other widgets `sender` and `text`.
Messages of other forms are ignored. `app.chat_request` reads its body with these types.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engines.events import Role

_SPEAKERS: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "bot": "assistant",
}
_SPEAKER_NAMES = ("role", "sender", "author", "from", "type")
_TEXT_NAMES = ("content", "text", "message")
_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})  # the last two in OpenAI's newer API

_MOST_CHARACTERS = 2_000
ShortText = Annotated[str, Field(max_length=_MOST_CHARACTERS)]


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


# Ids that a client counts, or takes from its clock, are numbers.
ClientId = Annotated[ShortText, BeforeValidator(_number_as_text)]


class MessagePart(BaseModel):
    """A part of a message; parts other than text are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    type: Any = None
    text: Any = None

    @property
    def is_text(self) -> bool:
        """Whether the part has text for the reader."""
        return (self.type is None or self.type in _TEXT_PARTS) and isinstance(self.text, str)


class ChatMessage(BaseModel):
    """A message in the form of `useChat`, with `parts`, or of OpenAI's API, with `content`."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: ClientId | None = None
    role: str  # "user" and "assistant", or another name for one of them; messages of other roles are ignored
    parts: list[MessagePart] | None = None
    content: str | list[MessagePart] | None = None

    @property
    def text(self) -> str:
        """The text parts, one below the other."""
        if isinstance(self.content, str) and self.parts is None:
            return self.content
        parts = self.parts if self.parts is not None else self.content or []
        return _joined([part.text for part in parts if isinstance(part, MessagePart) and part.is_text])

    @property
    def speaker(self) -> Role | None:
        """The speaker; None if it is neither the reader nor the assistant."""
        return _SPEAKERS.get(self.role.strip().lower())

    @property
    def asks(self) -> bool:
        """Whether it is the reader's message."""
        return self.speaker == "user"

    @property
    def is_of_use_chat(self) -> bool:
        """Whether it has the form of `useChat`."""
        return any(isinstance(part.type, str) for part in self.parts or [])


def usable_messages(value: object) -> object:
    """The usable messages of a list, each in the form of `ChatMessage`; any other value is returned unchanged."""
    if not isinstance(value, list):
        return value
    each_alone = [part for each in value for part in (_pair(each) or [each])]
    return [message for each in each_alone if (message := _message(each)) is not None]


def usable_history(value: object) -> object:
    """The same for earlier turns; none if the value is not a list."""
    return usable_messages(value) if isinstance(value, list) else None


def _pair(value: object) -> list[dict[str, str]] | None:
    """The messages of a pair of texts: speaker and text, or question and answer, both as LangChain has them."""
    match value:
        case [str(first), str(said)] if first.strip().lower() in _SPEAKERS:
            return [{"role": first, "content": said}]
        case [str(question), str(answer)]:
            return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return None


def _message(value: object) -> dict[str, Any] | None:
    if isinstance(value, ChatMessage):
        return value.model_dump()
    if not isinstance(value, Mapping) or (role := _role(value)) is None:
        return None
    inner = value["data"] if isinstance(value.get("data"), Mapping) and value.get("content") is None else value
    content = next((inner[name] for name in _TEXT_NAMES if inner.get(name) is not None), None)
    parts = value.get("parts")
    return {
        "id": _id(value.get("id")),
        "role": role,
        "parts": _parts(parts) if isinstance(parts, list) else None,
        "content": content if isinstance(content, str) else _parts(content),
    }


def _role(message: Mapping[str, Any]) -> str | None:
    """The speaker of a message, by any of the fields that clients use; `type` counts if it names a speaker."""
    for name in _SPEAKER_NAMES:
        said = message.get(name)
        said = said.get("role") if isinstance(said, Mapping) else said
        if isinstance(said, str) and (name == "role" or said.strip().lower() in _SPEAKERS):
            return said
    return None


def _id(value: object) -> object:
    """The id of a message; None if it is not usable as one."""
    made = _number_as_text(value)
    return made if isinstance(made, str) and len(made) <= _MOST_CHARACTERS else None


def _parts(value: object) -> list[dict[str, Any]]:
    """The parts of a message's content, which may be a list, a single part, or of no known form."""
    return [_part(each) for each in (value if isinstance(value, list) else [value])]


def _part(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        return {"type": None, "text": value}
    if not isinstance(value, Mapping):
        return {"type": False, "text": None}
    text = value.get("text")
    text = text.get("value") if isinstance(text, Mapping) else text  # as OpenAI's assistants have it
    kind = value.get("type")
    return {"type": kind if kind is None or isinstance(kind, str) else False, "text": text}


def _joined(texts: list[str]) -> str:
    """The texts of several parts, on separate lines unless white space separates them already."""
    whole = ""
    for text in texts:
        apart = not whole or not text or whole[-1].isspace() or text[0].isspace()
        whole += text if apart else f"\n{text}"
    return whole
