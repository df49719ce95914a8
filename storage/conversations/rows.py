"""Between JSON rows and the shapes of `turns`; what both stores share: ids, titles and pages."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from storage.conversations.cursors import write_cursor
from storage.conversations.turns import Conversation, ConversationPage, Message, TurnRequest
from storage.storable import storable

TITLE_CHARACTERS = 80
UNTITLED = "Untitled"

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
    """The ids of a turn's question and answer, the same for the same key: storing it twice changes nothing."""
    key = _turn_key(request)
    if key is None:
        return uuid4(), uuid4()
    return uuid5(request.conversation_id, f"question {key}"), uuid5(request.conversation_id, f"answer {key}")


def _turn_key(request: TurnRequest) -> str | None:
    if request.idempotency_key:
        return storable(f"key {request.idempotency_key}")
    if request.trigger == "regenerate" or not request.client_id:
        return None
    # An edited message keeps the client's id, so its new wording belongs to the key.
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
    """The first `limit` conversations, with the cursor of those that follow them."""
    cut = rows[:limit]
    following = write_cursor(reader_id, cut[-1]["updated_at"], cut[-1]["id"]) if len(rows) > limit else None
    return ConversationPage(tuple(map(conversation_from_row, cut)), following)


def message_from_row(row: Mapping[str, Any]) -> Message:
    """A message from its row, in which JSON columns are values already; one of the history has fewer columns."""
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
        # Readers of a Supabase project may write their rows past this server.
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
