"""A turn in SQLite, statement by statement; `sqlite_store` runs these functions within one transaction each.

The same steps in PostgreSQL are `begin_turn` and `save_answer` in supabase/migrations; the contract tests hold both
to the same behaviour.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from storage.accounts.reader import Reader
from storage.accounts.sqlite_users import find_profile
from storage.conversations.rows import message_from_row, row_of_answer, title_of, turn_ids
from storage.conversations.turns import Answer, Message, OpenTurn, Summary, TurnRequest
from storage.errors import (
    ACCOUNT_GONE,
    KEY_REUSED,
    NO_CONVERSATION,
    AuthenticationError,
    IdempotencyError,
    NotFoundError,
)
from storage.sqlite import time_text
from storage.storable import storable

NO_MESSAGE = "There is no such message in this conversation."


def own_conversation(db: sqlite3.Connection, reader: Reader, conversation_id: UUID) -> sqlite3.Row:
    """The reader's conversation; raises NotFoundError."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM conversations WHERE id = ? AND user_id = ?", (str(conversation_id), str(reader.id))
    ).fetchone()
    if row is None:
        raise NotFoundError(NO_CONVERSATION)
    return row


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a turn goes: the message it follows, and its question if that is stored (an answer is regenerated)."""

    parent_id: str | None
    question: sqlite3.Row | None = None


def begin(db: sqlite3.Connection, reader: Reader, request: TurnRequest) -> OpenTurn:
    """Store the question and a pending answer, or find the turn that is stored already."""
    question_id, answer_id = turn_ids(request)
    if request.trigger == "submit":
        _make_conversation(db, reader, request)
    conversation = own_conversation(db, reader, request.conversation_id)
    answer = _message(db, request.conversation_id, str(answer_id))
    if answer is None:
        question = _store_question(db, request, str(question_id), _place(db, conversation, request))
        _store_answer(db, conversation, str(answer_id), question)
    else:
        question = _existing_question(db, request, answer)
        if request.trigger == "submit" and request.target:
            _go_back_to(db, conversation, answer)
    return OpenTurn(
        conversation_id=request.conversation_id,
        question_id=UUID(question["id"]),
        answer_id=answer_id,
        question=question["content"],
        selected_text=question["selected_text"],
        page_url=question["page_url"],
        history=tuple(history(db, request.conversation_id, question["parent_id"], request.history_limit)),
        summary=_summary(conversation),
        profile=find_profile(db, reader.id),
        answer=decode_message(answer) if answer is not None else None,
    )


def finish(db: sqlite3.Connection, reader: Reader, turn: OpenTurn, answer: Answer) -> None:
    """Write the answer if it is still pending or was lost; a conversation that was deleted meanwhile stays deleted."""
    row = row_of_answer(answer)
    changed = db.execute(
        f"""
        UPDATE messages SET {", ".join(f"{name} = :{name}" for name in row)}
        WHERE id = :answer AND (status = 'pending' OR error_code = 'answer_lost')
            AND conversation_id = (SELECT id FROM conversations WHERE id = :conversation AND user_id = :reader)
        """,  # noqa: S608 - names of fields
        {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in row.items()}
        | {"answer": str(turn.answer_id), "conversation": str(turn.conversation_id), "reader": str(reader.id)},
    ).rowcount
    if changed:
        db.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (time_text(), str(turn.conversation_id)))


def history(db: sqlite3.Connection, conversation_id: UUID, last_id: str | None, limit: int) -> list[Message]:
    """The messages of the branch that ends with `last_id`, oldest first, at most `limit` of the latest.

    They come without sources, which are most of a message and are not needed to continue a conversation.
    """
    rows = db.execute(
        """
        WITH RECURSIVE branch (depth, id) AS (
            SELECT 1, ?
            UNION ALL
            SELECT depth + 1, parent_id FROM branch JOIN messages USING (id)
            WHERE parent_id IS NOT NULL AND depth < ?
        )
        SELECT id, parent_id, role, status, content, selected_text, created_at FROM branch JOIN messages USING (id)
        WHERE conversation_id = ? ORDER BY depth DESC
        """,
        (last_id, limit, str(conversation_id)),
    )
    return [message_from_row(dict(row)) for row in rows] if limit > 0 else []


def decode_message(row: sqlite3.Row) -> Message:
    """A message from its row."""
    values: dict[str, Any] = dict(row)
    decoded = {name: json.loads(values[name]) for name in ("sources", "timing", "understood") if values[name]}
    return message_from_row(values | decoded)


def _make_conversation(db: sqlite3.Connection, reader: Reader, request: TurnRequest) -> None:
    moment = time_text()
    try:
        db.execute(
            """
            INSERT INTO conversations (id, user_id, title, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
            """,
            (str(request.conversation_id), str(reader.id), title_of(request.question), moment, moment),
        )
    except sqlite3.IntegrityError as exc:  # the foreign key: a token outlived its account
        raise AuthenticationError(ACCOUNT_GONE) from exc


def _message(db: sqlite3.Connection, conversation_id: UUID, name: str) -> sqlite3.Row | None:
    """The message with this id, or the latest to which the client gave this id."""
    row: sqlite3.Row | None = db.execute(
        """
        SELECT * FROM messages WHERE conversation_id = ?1 AND (id = ?2 OR client_id = ?2) ORDER BY seq DESC LIMIT 1
        """,
        (str(conversation_id), name),
    ).fetchone()
    return row


def _existing_question(db: sqlite3.Connection, request: TurnRequest, answer: sqlite3.Row) -> sqlite3.Row:
    question = _message(db, request.conversation_id, answer["parent_id"])
    if question is None:
        raise NotFoundError(NO_MESSAGE)
    if request.trigger == "submit" and question["content"] != storable(request.question):
        raise IdempotencyError(KEY_REUSED)
    return question


def _place(db: sqlite3.Connection, conversation: sqlite3.Row, request: TurnRequest) -> _Place:
    """Where the turn goes; raises NotFoundError for a message that is not in the conversation."""
    name = request.target or (conversation["head_id"] if request.trigger == "regenerate" else None)
    if name is None and request.trigger == "submit":
        if request.parent_id is None:
            return _Place(conversation["head_id"])
        name = str(request.parent_id)
    message = _message(db, request.conversation_id, name) if name else None
    if message is None and request.trigger == "submit" and request.parent_id is None:
        return _Place(conversation["head_id"])  # clients may also name messages that were never stored
    if message is None:
        raise NotFoundError(NO_MESSAGE)
    if request.trigger == "submit":
        return _Place(message["parent_id"] if request.target else message["id"])
    if message["role"] == "assistant":
        message = _message(db, request.conversation_id, message["parent_id"])
        if message is None:
            raise NotFoundError(NO_MESSAGE)
    return _Place(message["parent_id"], message)


def _store_question(db: sqlite3.Connection, request: TurnRequest, question_id: str, place: _Place) -> sqlite3.Row:
    if place.question is not None:
        return place.question
    row: sqlite3.Row = db.execute(
        """
        INSERT INTO messages (id, conversation_id, parent_id, role, status, content, client_id, selected_text, page_url,
            created_at)
        VALUES (?, ?, ?, 'user', 'complete', ?, ?, ?, ?, ?) RETURNING *
        """,
        (
            question_id,
            str(request.conversation_id),
            place.parent_id,
            storable(request.question),
            storable(request.client_id) if request.client_id else None,
            storable(request.selected_text) if request.selected_text else None,
            storable(request.page_url) if request.page_url else None,
            time_text(),
        ),
    ).fetchone()
    return row


def _store_answer(db: sqlite3.Connection, conversation: sqlite3.Row, answer_id: str, question: sqlite3.Row) -> None:
    moment = time_text()
    db.execute(
        """
        INSERT INTO messages (id, conversation_id, parent_id, role, status, content, created_at)
        VALUES (?, ?, ?, 'assistant', 'pending', '', ?)
        """,
        (answer_id, conversation["id"], question["id"], moment),
    )
    db.execute(
        "UPDATE conversations SET head_id = ?, updated_at = ? WHERE id = ?", (answer_id, moment, conversation["id"])
    )


def _go_back_to(db: sqlite3.Connection, conversation: sqlite3.Row, answer: sqlite3.Row) -> None:
    """Make an answer the end of the current branch, unless it is on that branch already."""
    db.execute(
        """
        WITH RECURSIVE branch (id) AS (
            SELECT head_id FROM conversations WHERE id = ?1
            UNION ALL
            SELECT parent_id FROM branch JOIN messages USING (id) WHERE parent_id IS NOT NULL
        )
        UPDATE conversations SET head_id = ?2, updated_at = ?3 WHERE id = ?1 AND ?2 NOT IN (SELECT id FROM branch)
        """,
        (conversation["id"], answer["id"], time_text()),
    )


def _summary(conversation: sqlite3.Row) -> Summary | None:
    if conversation["summary"] is None:
        return None
    summary = json.loads(conversation["summary"])
    return Summary(summary["text"], UUID(summary["up_to"]))
