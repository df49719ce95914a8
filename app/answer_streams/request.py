"""A chat request and what names it: whose it is, its conversation, and the key that its repetitions share.

Made by `app.answer_streams.start` once a request; `owner_of` is the routes' way to a running answer, too.
"""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Self

from app.chat_request import CONVERSATION_NAMESPACE, ChatBody
from app.rate_limits import Asker
from engines.events import Question
from storage.accounts.reader import Reader
from storage.conversations.turns import TurnRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, by whom, and where."""

    asker: Asker
    body: ChatBody
    question: Question
    owner: str  # as `owner_of` has it
    conversation: uuid.UUID
    idempotency_key: str | None  # the client's own
    request_key: str | None  # what two sendings of one request have in common, where they can be told from two requests

    @classmethod
    def of(cls, asker: Asker, body: ChatBody, idempotency_key: str | None) -> Self:
        """A request under its names; one that names no conversation is given one."""
        owner = owner_of(asker.reader)
        return cls(
            asker=asker,
            body=body,
            question=body.question(),
            owner=owner,
            conversation=_conversation(body, owner, idempotency_key),
            idempotency_key=idempotency_key,
            request_key=_request_key(body, idempotency_key),
        )

    @property
    def sending(self) -> str | None:
        """The name under which the limits count this request once, however often it is sent."""
        return self.request_key and f"{self.asker.name}/{self.conversation}/{self.request_key}"

    @property
    def begins_conversation(self) -> bool:
        """Whether nobody else can know the conversation, as it begins with this request."""
        return not self.body.names_conversation and self.idempotency_key is None

    def turn(self) -> TurnRequest:
        """The turn that the store of conversations is to begin."""
        body, question = self.body, self.question
        again = body.trigger == "regenerate-message"
        return TurnRequest(
            conversation_id=self.conversation,
            question=question.text,
            idempotency_key=self.idempotency_key or self.request_key,
            client_id=body.user_message_id,
            trigger="regenerate" if again else "submit",
            # Without an id, "again" means the question that the client shows last, not the one that was stored last.
            target=body.message_id or (body.user_message_id if again else None),
            selected_text=question.selected_text,
            page_url=question.scope.page_url,
        )


def owner_of(reader: Reader | None) -> str:
    """Whose a running answer is; somebody without a token is known by the conversation's id alone."""
    return str(reader.id) if reader else ""


def _conversation(body: ChatBody, owner: str, idempotency_key: str | None) -> uuid.UUID:
    """The conversation that the client names; the first question of one without a name finds it again by its key."""
    if body.names_conversation or not idempotency_key:
        return body.conversation_of(owner)
    # Without a token a key is nobody's own, and must not lead to what somebody else asked under it.
    return uuid.uuid5(CONVERSATION_NAMESPACE, f"{owner} {idempotency_key} {'' if owner else _hashed(body)}")


def _request_key(body: ChatBody, idempotency_key: str | None) -> str | None:
    """What two sendings of one request have in common; None where nothing tells them from two requests."""
    if idempotency_key is None and (body.user_message_id is None or body.trigger != "submit-message"):
        return None
    # An edited question keeps its id in `useChat`, and is another request all the same.
    return f"{idempotency_key or body.user_message_id}:{_hashed(body)[:16]}"


def _hashed(body: ChatBody) -> str:
    return hashlib.sha256(f"{body.text}\0{body.selected_text or ''}".encode(errors="replace")).hexdigest()
