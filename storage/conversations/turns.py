"""The types of the history: a turn from its question to its answer, a message, a conversation, a page of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from storage.accounts.reader import Profile

ANSWER_LOST_CODE = "answer_lost"  # `error_code` of an answer whose process died

Role = Literal["user", "assistant"]
Status = Literal["pending", "complete", "incomplete"]
Trigger = Literal["submit", "regenerate"]
Verdict = Literal["covered", "uncertain", "not_covered"]  # None in a message: small talk, or no decision was reached


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """A question to be stored in a conversation, which is created if the id is new.

    `target` is a message's id or the client's own id of it. With "submit" it is an earlier question: the new one
    becomes a branch beside it. With "regenerate" it is the answer to be regenerated (or its question); None stands for
    the latest.
    """

    conversation_id: UUID
    question: str = ""  # read from the store when an answer is made again
    idempotency_key: str | None = None  # the same key in the same conversation is the same turn
    client_id: str | None = None  # the client's own id of the question
    trigger: Trigger = "submit"
    target: str | None = None
    parent_id: UUID | None = None  # the message to go on from; None: the end of the current branch
    selected_text: str | None = None
    page_url: str | None = None
    history_limit: int = 40  # messages


@dataclass(frozen=True, slots=True)
class Message:
    """A stored question or answer; a pending answer that no process is writing counts as incomplete."""

    id: UUID
    role: Role
    content: str
    status: Status
    created_at: datetime
    parent_id: UUID | None = None
    client_id: str | None = None
    selected_text: str | None = None
    page_url: str | None = None
    sources: tuple[Mapping[str, Any], ...] = ()
    build: str | None = None
    timing: Mapping[str, float] = field(default_factory=dict)
    grounded: bool | None = None
    verdict: Verdict | None = None
    understood: Mapping[str, Any] | None = None  # a JSON object: what was searched for instead of misspelt words
    finish_reason: str | None = None
    error_code: str | None = None
    model_version: str | None = None  # of the model that wrote it, as it names itself
    version: int = 1  # among the answers to one question, or the wordings of one question; from 1


@dataclass(frozen=True, slots=True)
class Summary:
    """What the turns up to and including one message were about, in a few sentences."""

    text: str
    up_to: UUID


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A turn that is ready to be answered: its ids, and what the answer depends on."""

    conversation_id: UUID
    question_id: UUID
    answer_id: UUID
    question: str
    selected_text: str | None = None
    page_url: str | None = None
    history: tuple[Message, ...] = ()  # what was said before it on its branch, oldest first; without sources
    summary: Summary | None = None
    profile: Profile | None = None
    answer: Message | None = None  # set when this very turn was begun before: its answer so far
    stored: bool = True  # False: the store cannot be reached, and the turn will wait in the outbox
    request: TurnRequest | None = None  # the request; the outbox begins the turn again with it

    @property
    def finished(self) -> Message | None:
        """The answer that a retried request gets again; None if the question has not been answered.

        An answer whose process died is written again when its request is repeated.
        """
        if self.answer is None or self.answer.status == "pending" or self.answer.error_code == ANSWER_LOST_CODE:
            return None
        return self.answer


@dataclass(frozen=True, slots=True)
class Answer:
    """How a turn ended, and its answer."""

    text: str
    complete: bool
    finish_reason: str  # "stop" for a complete one; "length", "safety", "error", "refused", "stopped", …
    sources: Sequence[Mapping[str, Any]] = ()  # JSON objects
    build: str | None = None
    timing: Mapping[str, float] = field(default_factory=dict)  # milliseconds and counts by name
    grounded: bool | None = None
    verdict: Verdict | None = None
    understood: Mapping[str, Any] | None = None  # a JSON object: what was searched for instead of misspelt words
    error_code: str | None = None
    model_version: str | None = None  # of the model that wrote it, as it names itself


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its messages."""

    id: UUID
    title: str
    created_at: datetime
    updated_at: datetime
    snippet: str | None = None  # where a search found its words


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """Some conversations, those used last first, and the cursor of the next page."""

    conversations: tuple[Conversation, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """A conversation with all its messages in order, and the last message of its current branch."""

    conversation: Conversation
    messages: tuple[Message, ...]
    head_id: UUID | None
