"""Conversations in Supabase tables: every call carries the reader's token, and row-level security decides.

What needs several steps is a function of supabase/migrations: one round trip, one transaction.
"""

from typing import Any
from uuid import UUID

from storage.accounts.reader import Reader, profile_from_json
from storage.conversations.rows import (
    conversation_from_row,
    message_from_row,
    page_of_rows,
    read_cursor,
    row_of_answer,
    title_of,
    turn_ids,
)
from storage.conversations.turns import (
    Answer,
    Conversation,
    ConversationPage,
    OpenConversation,
    OpenTurn,
    Summary,
    TurnRequest,
)
from storage.errors import NO_CONVERSATION, AuthenticationError, NotFoundError
from storage.storable import storable, storable_json
from storage.supabase_project import SupabaseProject, reading_the_database

COLUMNS = "id,title,created_at,updated_at"


class SupabaseConversations:
    """History in a Supabase project; the owner of the project closes it."""

    def __init__(self, project: SupabaseProject) -> None:
        self._project = project

    async def begin_turn(self, reader: Reader, request: TurnRequest) -> OpenTurn:
        """See ConversationStore."""
        question_id, answer_id = turn_ids(request)
        turn = {
            "conversation_id": str(request.conversation_id),
            "question_id": str(question_id),
            "answer_id": str(answer_id),
            "title": title_of(request.question),
            "question": request.question,
            "client_id": request.client_id,
            "trigger": request.trigger,
            "target": request.target,
            "parent_id": str(request.parent_id) if request.parent_id else None,
            "selected_text": request.selected_text or None,
            "page_url": request.page_url or None,
            "history_limit": request.history_limit,
        }
        opened = await self._project.rpc(reader.access_token, "begin_turn", {"turn": storable_json(turn)})
        with reading_the_database():
            question, answer, summary = opened["question"], opened["answer"], opened["summary"]
            return OpenTurn(
                conversation_id=request.conversation_id,
                question_id=UUID(question["id"]),
                answer_id=answer_id,
                question=question["content"],
                selected_text=question["selected_text"],
                page_url=question["page_url"],
                history=tuple(message_from_row(row) for row in opened["history"]),
                summary=Summary(summary["text"], UUID(summary["up_to"])) if summary else None,
                profile=profile_from_json(opened["profile"]),
                answer=message_from_row(answer) if answer else None,
            )

    async def finish_turn(self, reader: Reader, turn: OpenTurn, answer: Answer) -> bool:
        """See ConversationStore."""
        if not reader.access_token:
            raise AuthenticationError("The reader's token is needed to store this.")
        ids = {"conversation_id": str(turn.conversation_id), "answer_id": str(turn.answer_id)}
        done = await self._project.rpc(reader.access_token, "save_answer", {"turn": ids | row_of_answer(answer)})
        with reading_the_database():
            if not isinstance(done, bool):
                raise TypeError
        return True

    async def save_summary(self, reader: Reader, conversation_id: UUID, summary: Summary) -> None:
        """See ConversationStore."""
        value = {"text": storable(summary.text), "up_to": str(summary.up_to)}
        await self._update(reader, conversation_id, {"summary": value})

    async def page(
        self, reader: Reader, *, limit: int = 20, cursor: str | None = None, search: str | None = None
    ) -> ConversationPage:
        """See ConversationStore."""
        before_time, before_id = read_cursor(reader.id, cursor) if cursor else (None, None)
        rows: list[dict[str, Any]] = await self._project.rpc(
            reader.access_token,
            "list_conversations",
            {
                "max_rows": limit + 1,
                "before_time": before_time,
                "before_id": before_id,
                "search": storable(search) if search else None,
            },
        )
        with reading_the_database():
            return page_of_rows(rows, limit, reader.id)

    async def get(self, reader: Reader, conversation_id: UUID) -> Conversation:
        """See ConversationStore."""
        async with self._project.history_errors():
            client = await self._project.client(reader.access_token)
            response = await client.table("conversations").select(COLUMNS).eq("id", str(conversation_id)).execute()
        with reading_the_database():
            return conversation_from_row(_only(response.data))

    async def open(self, reader: Reader, conversation_id: UUID) -> OpenConversation:
        """See ConversationStore."""
        row = await self._project.rpc(reader.access_token, "open_conversation", {"conversation": str(conversation_id)})
        if row is None:
            raise NotFoundError(NO_CONVERSATION)
        with reading_the_database():
            messages = tuple(message_from_row(message) for message in row["messages"])
            head = UUID(row["head_id"]) if row["head_id"] else None
            return OpenConversation(conversation_from_row(row), messages, head)

    async def rename(self, reader: Reader, conversation_id: UUID, title: str) -> Conversation:
        """See ConversationStore."""
        row = await self._update(reader, conversation_id, {"title": storable(title)})
        with reading_the_database():
            return conversation_from_row(row)

    async def delete(self, reader: Reader, conversation_id: UUID) -> None:
        """See ConversationStore."""
        async with self._project.history_errors():
            client = await self._project.client(reader.access_token)
            response = await client.table("conversations").delete().eq("id", str(conversation_id)).execute()
        _only(response.data)

    async def delete_all(self, reader: Reader) -> int:
        """See ConversationStore."""
        async with self._project.history_errors():
            client = await self._project.client(reader.access_token)
            response = await client.table("conversations").delete().eq("user_id", str(reader.id)).execute()
        return len(response.data)

    async def delete_old(self) -> None:
        """See ConversationStore; a schedule in the database does it (docs/supabase.md): no reader may."""

    async def close(self) -> None:
        """See ConversationStore."""

    async def _update(self, reader: Reader, conversation_id: UUID, values: dict[str, Any]) -> dict[str, Any]:
        async with self._project.history_errors():
            client = await self._project.client(reader.access_token)
            response = await client.table("conversations").update(values).eq("id", str(conversation_id)).execute()
        return _only(response.data)


def _only(rows: Any) -> dict[str, Any]:
    """The only row; raises NotFoundError for none, and row-level security hides other readers' rows."""
    if not rows:
        raise NotFoundError(NO_CONVERSATION)
    with reading_the_database():
        row: dict[str, Any] = rows[0]
        return row
