"""Conversations in SQLite: the store of one machine, used where no Supabase is configured."""

import json
import logging
import sqlite3
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from storage.accounts.reader import Reader
from storage.conversations import sqlite_turns
from storage.conversations.rows import conversation_from_row, page_of_rows, read_cursor
from storage.conversations.turns import (
    Answer,
    Conversation,
    ConversationPage,
    Message,
    OpenConversation,
    OpenTurn,
    Summary,
    TurnRequest,
)
from storage.errors import NO_CONVERSATION, NotFoundError
from storage.sqlite import Database, time_text
from storage.storable import storable

logger = logging.getLogger(__name__)

SNIPPET_BEFORE, SNIPPET_CHARACTERS = 40, 160


class LocalConversations:
    """History in the file that the local accounts share; the owner of the `Database` closes it."""

    def __init__(self, database: Database, kept_days: int | None = None) -> None:
        self._database = database
        self._kept_days = kept_days

    async def begin_turn(self, reader: Reader, request: TurnRequest) -> OpenTurn:
        """See ConversationStore."""
        return await self._database.write(partial(sqlite_turns.begin, reader=reader, request=request))

    async def finish_turn(self, reader: Reader, turn: OpenTurn, answer: Answer) -> bool:
        """See ConversationStore."""
        await self._database.write(partial(sqlite_turns.finish, reader=reader, turn=turn, answer=answer))
        return True

    async def save_summary(self, reader: Reader, conversation_id: UUID, summary: Summary) -> None:
        """See ConversationStore."""
        value = json.dumps({"text": storable(summary.text), "up_to": str(summary.up_to)})

        def work(db: sqlite3.Connection) -> None:
            row = sqlite_turns.own_conversation(db, reader, conversation_id)
            db.execute("UPDATE conversations SET summary = ? WHERE id = ?", (value, row["id"]))

        await self._database.write(work)

    async def page(
        self, reader: Reader, *, limit: int = 20, cursor: str | None = None, search: str | None = None
    ) -> ConversationPage:
        """See ConversationStore."""
        before = read_cursor(reader.id, cursor) if cursor else None
        rows = await self._database.read(
            partial(_select_page, reader=reader, limit=limit, before=before, search=search)
        )
        return page_of_rows(rows, limit, reader.id)

    async def get(self, reader: Reader, conversation_id: UUID) -> Conversation:
        """See ConversationStore."""
        row = await self._database.read(lambda db: dict(sqlite_turns.own_conversation(db, reader, conversation_id)))
        return conversation_from_row(row)

    async def open(self, reader: Reader, conversation_id: UUID) -> OpenConversation:
        """See ConversationStore."""

        def work(db: sqlite3.Connection) -> tuple[dict[str, Any], list[Message]]:
            row = sqlite_turns.own_conversation(db, reader, conversation_id)
            messages = db.execute(
                """
                SELECT *, row_number() OVER (PARTITION BY parent_id, role ORDER BY seq) AS version
                FROM messages WHERE conversation_id = ? ORDER BY seq
                """,
                (row["id"],),
            )
            return dict(row), [sqlite_turns.decode_message(message) for message in messages]

        row, messages = await self._database.read(work)
        head_id = UUID(row["head_id"]) if row["head_id"] else None
        return OpenConversation(conversation_from_row(row), tuple(messages), head_id)

    async def rename(self, reader: Reader, conversation_id: UUID, title: str) -> Conversation:
        """See ConversationStore."""

        def work(db: sqlite3.Connection) -> dict[str, Any]:
            row = sqlite_turns.own_conversation(db, reader, conversation_id)
            db.execute("UPDATE conversations SET title = ? WHERE id = ?", (storable(title), row["id"]))
            return dict(sqlite_turns.own_conversation(db, reader, conversation_id))

        return conversation_from_row(await self._database.write(work))

    async def delete(self, reader: Reader, conversation_id: UUID) -> None:
        """See ConversationStore."""
        delete = "DELETE FROM conversations WHERE id = ? AND user_id = ?"
        ids = (str(conversation_id), str(reader.id))
        deleted = await self._database.write(lambda db: db.execute(delete, ids).rowcount)
        if not deleted:
            raise NotFoundError(NO_CONVERSATION)

    async def delete_all(self, reader: Reader) -> int:
        """See ConversationStore."""
        return await self._database.write(
            lambda db: db.execute("DELETE FROM conversations WHERE user_id = ?", (str(reader.id),)).rowcount
        )

    async def delete_old(self) -> None:
        """See ConversationStore."""
        if self._kept_days is None:
            return
        before = time_text(timedelta(days=self._kept_days))
        delete = "DELETE FROM conversations WHERE updated_at < ?"
        deleted = await self._database.write(lambda db: db.execute(delete, (before,)).rowcount)
        if deleted:
            logger.info("Deleted %d conversations that nobody has used for %d days", deleted, self._kept_days)

    async def close(self) -> None:
        """See ConversationStore."""


def _select_page(
    db: sqlite3.Connection, reader: Reader, limit: int, before: tuple[str, str] | None, search: str | None
) -> list[dict[str, Any]]:
    """One row more than the limit, which tells whether there is a next page."""
    rows = db.execute(
        """
        SELECT id, title, created_at, updated_at FROM conversations AS c
        WHERE user_id = :user_id
            AND (:updated_at IS NULL OR (updated_at, id) < (:updated_at, :id))
            AND (:search IS NULL OR instr(casefold(title), :search) OR EXISTS (
                SELECT 1 FROM messages WHERE conversation_id = c.id AND instr(casefold(content), :search)))
        ORDER BY updated_at DESC, id DESC LIMIT :limit
        """,
        {
            "user_id": str(reader.id),
            "updated_at": before[0] if before else None,
            "id": before[1] if before else None,
            "search": storable(search).casefold() if search else None,
            "limit": limit + 1,
        },
    ).fetchall()
    if not search:
        return [dict(row) for row in rows]
    return [{**dict(row), "snippet": _snippet(db, row["id"], storable(search).casefold())} for row in rows]


def _snippet(db: sqlite3.Connection, conversation_id: str, search: str) -> str | None:
    row = db.execute(
        """
        SELECT substr(content, max(1, instr(casefold(content), ?2) - ?3), ?4) AS snippet FROM messages
        WHERE conversation_id = ?1 AND instr(casefold(content), ?2) ORDER BY seq LIMIT 1
        """,
        (conversation_id, search, SNIPPET_BEFORE, SNIPPET_CHARACTERS),
    ).fetchone()
    return row["snippet"] if row else None
