"""The seam between the app and history: one protocol, implemented on SQLite and on Supabase tables.

Every call names its reader and touches only that reader's rows. Somebody else's conversation raises NotFoundError like
one that does not exist; StorageUnavailableError is raised if the store cannot be reached. `storage.conversations.saved`
wraps either store, so that no turn is lost then.
"""

from typing import Protocol
from uuid import UUID

from storage.accounts.reader import Reader
from storage.conversations.turns import (
    Answer,
    Conversation,
    ConversationPage,
    OpenConversation,
    OpenTurn,
    Summary,
    TurnRequest,
)


class ConversationStore(Protocol):
    """A reader's conversations."""

    async def begin_turn(self, reader: Reader, request: TurnRequest) -> OpenTurn:
        """Store the question and a pending answer in one step; returns the history before it.

        A retry (same idempotency key) returns the stored turn; raises IdempotencyError if its question differs.
        """

    async def finish_turn(self, reader: Reader, turn: OpenTurn, answer: Answer) -> bool:
        """Store the answer, once: a second call changes nothing. False if it could not be saved now and waits."""

    async def save_summary(self, reader: Reader, conversation_id: UUID, summary: Summary) -> None:
        """Store the summary of the older turns."""

    async def page(
        self, reader: Reader, *, limit: int = 20, cursor: str | None = None, search: str | None = None
    ) -> ConversationPage:
        """A page of conversations; with `search`, of those that contain this text. Raises CursorError."""

    async def get(self, reader: Reader, conversation_id: UUID) -> Conversation:
        """One conversation."""

    async def open(self, reader: Reader, conversation_id: UUID) -> OpenConversation:
        """One conversation with its messages."""

    async def rename(self, reader: Reader, conversation_id: UUID, title: str) -> Conversation:
        """Rename a conversation and return it."""

    async def delete(self, reader: Reader, conversation_id: UUID) -> None:
        """Delete one conversation."""

    async def delete_all(self, reader: Reader) -> int:
        """Delete all of the reader's conversations; returns how many there were."""

    async def delete_old(self) -> None:
        """Delete conversations that nobody has used for CONVERSATIONS_KEPT_DAYS; cheap where there are none."""

    async def close(self) -> None:
        """Close files and connections."""
