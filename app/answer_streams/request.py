"""A chat request with its keys: its owner, its conversation, and the key that its repetitions share.

Created by `app.answer_streams.start` once for each request; the routes use `owner_of` to find running answers.
"""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Self

from app.answer_streams.guests import is_hard_to_guess
from app.chat_request import CONVERSATION_NAMESPACE, ChatBody
from app.rate_limits import Asker
from engines.events import Question
from storage.accounts.reader import Reader
from storage.conversations.turns import TurnRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its asker, its conversation and its keys."""

    asker: Asker
    body: ChatBody
    question: Question
    owner: str  # as `owner_of` has it
    conversation: uuid.UUID
    idempotency_key: str | None  # the client's own
    named: bool  # whether the client names the conversation, by a name that is its own
    request_key: str | None  # shared by repetitions of one request; None if they cannot be told apart

    @classmethod
    def of(cls, asker: Asker, body: ChatBody, idempotency_key: str | None) -> Self:
        """The request with its keys; one that names no conversation gets a new one."""
        owner = owner_of(asker.reader)
        name = body.conversation_id or body.id or ""
        named = body.names_conversation and (bool(owner) or is_hard_to_guess(name))
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
    def sending(self) -> str | None:
        """The name under which the rate limits count this request once, however often it is sent."""
        return self.request_key and f"{self.asker.name}/{self.conversation}/{self.request_key}"

    @property
    def begins_conversation(self) -> bool:
        """Whether nobody else can know the conversation, as it begins with this request."""
        return not self.named and self.idempotency_key is None

    @property
    def is_remembered(self) -> bool:
        """Whether the conversation of somebody without a token is remembered: by a name that only they know.

        That is one of their own, or the one that they are given with the first answer.
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
            # Without an id, "regenerate" means the last question that the client shows, not the last stored one.
            target=body.message_id or (body.user_message_id if again else None),
            selected_text=question.selected_text,
            page_url=question.scope.page_url,
        )


def owner_of(reader: Reader | None) -> str:
    """The owner of a running answer; without a token it is empty, and the conversation's id alone identifies it."""
    return str(reader.id) if reader else ""


def _conversation(body: ChatBody, owner: str, idempotency_key: str | None, *, named: bool) -> uuid.UUID:
    """The conversation that the client names; the first question of one without a name finds it again by its key."""
    if named:
        return body.conversation_of(owner)
    if not idempotency_key:
        return uuid.uuid4()
    # Without a token a key is nobody's own, and must not lead to what somebody else asked under it.
    return uuid.uuid5(CONVERSATION_NAMESPACE, f"{owner} {idempotency_key} {'' if owner else _hashed(body)}")


def _request_key(body: ChatBody, idempotency_key: str | None) -> str | None:
    """The key that repetitions of one request share; None if they cannot be told from two requests."""
    if idempotency_key is None and (body.user_message_id is None or body.trigger != "submit-message"):
        return None
    # An edited question keeps its id in `useChat`, and is a different request nevertheless.
    return f"{idempotency_key or body.user_message_id}:{_hashed(body)[:16]}"


def _hashed(body: ChatBody) -> str:
    return hashlib.sha256(f"{body.text}\0{body.selected_text or ''}".encode(errors="replace")).hexdigest()
