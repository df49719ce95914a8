"""Converts JSON rows to the types of `turns`; also what both stores share: ids, titles, pages and their cursors.

A cursor says where a reader's last page ended, with a checksum against accidental changes. The checksum is not secret:
a forged cursor only names another place in the reader's own list.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from storage.conversations.turns import Answer, Conversation, ConversationPage, Message, TurnRequest
from storage.errors import CursorError
from storage.storable import storable, storable_json

TITLE_CHARACTERS = 80
UNTITLED = "Untitled"

_CHECKSUM_BYTES = 8
_FOREIGN = "The cursor is not one that this list gave out."
_SPACE = re.compile(r"\s+")


def title_of(question: str) -> str:
    """A conversation's title from its first question: one line, cut at a word."""
    line = _SPACE.sub(" ", storable(question)).strip()
    if len(line) <= TITLE_CHARACTERS:
        return line or UNTITLED
    cut = line[: TITLE_CHARACTERS - 1]
    head, space, _ = cut.rpartition(" ")
    return f"{(head if space and len(head) > TITLE_CHARACTERS // 2 else cut).rstrip()}…"


def turn_ids(request: TurnRequest) -> tuple[UUID, UUID]:
    """The ids of a turn's question and answer; they follow from its key, so that storing it twice changes nothing."""
    key = _turn_key(request)
    if key is None:
        return uuid4(), uuid4()
    return uuid5(request.conversation_id, f"question {key}"), uuid5(request.conversation_id, f"answer {key}")


def _turn_key(request: TurnRequest) -> str | None:
    if request.idempotency_key:
        return storable(f"key {request.idempotency_key}")
    if request.trigger == "regenerate" or not request.client_id:
        return None
    # An edited message keeps the client's id, so the key includes the new wording.
    edited = f" {request.question}" if request.target else ""
    return storable(f"client {request.client_id}{edited}")


def conversation_from_row(row: Mapping[str, Any]) -> Conversation:
    """A conversation from its row."""
    return Conversation(
        id=UUID(row["id"]),
        title=row["title"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        snippet=row.get("snippet"),
    )


def page_of_rows(rows: Sequence[Mapping[str, Any]], limit: int, reader_id: UUID) -> ConversationPage:
    """The first `limit` conversations, with the cursor of the next page."""
    cut = rows[:limit]
    following = write_cursor(reader_id, cut[-1]["updated_at"], cut[-1]["id"]) if len(rows) > limit else None
    return ConversationPage(tuple(map(conversation_from_row, cut)), following)


def message_from_row(row: Mapping[str, Any]) -> Message:
    """A message from its row, whose JSON columns are decoded already; a row of the history has fewer columns."""
    understood = row.get("understood")
    return Message(
        id=UUID(row["id"]),
        role=row["role"],
        content=row["content"],
        status=row["status"],
        created_at=datetime.fromisoformat(row["created_at"]),
        parent_id=UUID(row["parent_id"]) if row["parent_id"] else None,
        client_id=row.get("client_id"),
        selected_text=row["selected_text"],
        page_url=row.get("page_url"),
        # Readers of a Supabase project can write their rows without this server.
        sources=tuple(source for source in row.get("sources", ()) if isinstance(source, dict)),
        build=row.get("build"),
        timing={name: value for name, value in row.get("timing", {}).items() if isinstance(value, int | float)},
        grounded=None if row.get("grounded") is None else bool(row["grounded"]),
        verdict=row.get("verdict"),
        understood=understood if isinstance(understood, dict) else None,
        finish_reason=row.get("finish_reason"),
        error_code=row.get("error_code"),
        model_version=row.get("model_version"),
        version=row.get("version") or 1,
    )


def row_of_answer(answer: Answer) -> dict[str, Any]:
    """The columns of an answer, in which JSON columns are values."""
    row = {each.name: getattr(answer, each.name) for each in fields(answer) if each.name not in ("text", "complete")}
    row |= {"status": "complete" if answer.complete else "incomplete", "content": answer.text}
    stored: dict[str, Any] = storable_json(row | {"sources": list(answer.sources)})
    return stored


def write_cursor(reader_id: UUID, updated_at: str, conversation_id: str) -> str:
    """The cursor of what follows this conversation."""
    place = json.dumps([updated_at, conversation_id], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_checksum(reader_id, place) + place).decode().rstrip("=")


def read_cursor(reader_id: UUID, cursor: str) -> tuple[str, str]:
    """The cursor's conversation: when it was last used, and its id; raises CursorError."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        updated_at, conversation_id = json.loads(raw[_CHECKSUM_BYTES:])
        datetime.fromisoformat(updated_at)
        UUID(conversation_id)
        again = write_cursor(reader_id, updated_at, conversation_id)
    except (binascii.Error, ValueError, TypeError, AttributeError) as exc:
        raise CursorError(_FOREIGN) from exc
    # Compared as text: base64 has several spellings of the same bytes, and only ours is accepted.
    if again != cursor:
        raise CursorError(_FOREIGN)
    return updated_at, conversation_id


def _checksum(reader_id: UUID, place: bytes) -> bytes:
    return hashlib.sha256(reader_id.bytes + place).digest()[:_CHECKSUM_BYTES]
