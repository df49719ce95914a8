"""Starts the answer to a chat request: a new answer, the one that this request has already, or one from the history.

Called by `app.routes.chat`. The question is stored before a model is asked.
"""

import logging
import uuid
from collections.abc import AsyncGenerator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol

from app.answer import AnswerIdentity, stored_json
from app.answer_streams.answer_task import AnswerServices, AnswerTask
from app.answer_streams.manager import Answer, AnswerStreams
from app.chat_request import Asked, ChatBody
from app.rate_limits import Asker
from app.summaries import known_of, said
from app.ui_message_stream import stored_frames
from engines.events import Question, Turn
from storage.accounts.reader import Profile, Reader
from storage.answers.log import AnswerKey
from storage.conversations.guest_memory import GuestMemory
from storage.conversations.store import ConversationStore
from storage.conversations.turns import Message, OpenTurn, TurnRequest
from storage.errors import NotFoundError, StorageUnavailableError

logger = logging.getLogger(__name__)


class StartServices(AnswerServices, Protocol):
    """What starting an answer needs of the server process."""

    @property
    def answers(self) -> AnswerStreams:
        """The running answers."""
        ...


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer from the history, for a request that is sent again."""

    message: Message
    identity: AnswerIdentity

    async def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """The frames after the first `after`."""
        for data in stored_frames(self.message, self.identity)[after:]:
            yield data

    async def json(self) -> dict[str, Any]:
        """The answer as one JSON object."""
        return stored_json(self.identity, self.message)


async def start_answer(
    services: StartServices, asker: Asker, body: ChatBody, idempotency_key: str | None
) -> tuple[Answer, dict[str, str]]:
    """The answer to a request, and the headers that go with it; raises TooManyRequestsError.

    A request that is sent again gets the answer that it has already, and is not counted again.
    """
    asked = Asked.of(asker, body, idempotency_key)
    await services.book.pin(
        asked.question
    )  # raises the errors of a question that cannot be asked, before it is counted
    headers = await services.limits.question(asker, asked.sending)
    place = (str(asked.conversation), asked.owner, asked.request_key)
    # No other request can know a conversation that begins with this one, so there is nothing to wait for.
    order = nullcontext() if asked.begins_conversation else services.answers.in_order(*place)
    async with order as earlier:
        if earlier:
            return await _earlier_answer(services, asked, earlier.key.answer_id), headers
        return await _new_answer(services, asked), headers


async def _earlier_answer(services: StartServices, asked: Asked, answer_id: str) -> Answer:
    """The answer that this request has already."""
    if asked.asker.reader and asked.body.replaces_question:
        # The question was edited back to an earlier wording: the conversation continues from there.
        await begin_turn(services.conversations, asked.asker.reader, asked.turn())
    return services.answers.answer(answer_id)


async def _new_answer(services: StartServices, asked: Asked) -> Answer:
    """An answer that starts now, or the one that the history has under the request's key."""
    reader = asked.asker.reader
    with ExitStack() as slot:
        slot.enter_context(services.limits.stream(asked.asker))
        # The store refuses a key that was used for another question.
        opened = await begin_turn(services.conversations, reader, asked.turn()) if reader else None
        build = await services.book.index.pin()  # after the wait for the previous answer: the build may have changed
        identity = _identity(asked, opened, build.name)
        if opened and opened.finished:
            return StoredAnswer(opened.finished, identity)
        question = complete_question(asked.question, opened) if opened else await _with_memory(services, asked)
        task = AnswerTask(
            services, question, identity, build, asked.asker, slot.pop_all(), opened, remembers=asked.is_remembered
        )
    key = AnswerKey(identity.message_id, identity.conversation_id, asked.owner, asked.request_key)
    answer = await services.answers.start(key, task.events(), identity, task.state)
    if not services.answers.writes(key.answer_id):
        task.abandon()
    return answer


async def _with_memory(services: StartServices, asked: Asked) -> Question:
    """The question of somebody without a token, with what was said before unless their client sends that itself."""
    if asked.question.history or not asked.is_remembered or services.guest_memory is None:
        return asked.question
    return replace(asked.question, history=await remembered(services.guest_memory, asked.conversation))


async def remembered(memory: GuestMemory, conversation: uuid.UUID) -> tuple[Turn, ...]:
    """What was said before; nothing where that cannot be read, as an answer without it is better than none."""
    try:
        said = await memory.read(str(conversation))
    except StorageUnavailableError as error:
        logger.warning("The memory of readers without an account is away: %s", error)
        return ()
    return tuple(Turn("user" if role == "user" else "assistant", text, selected) for role, text, selected in said)


def _identity(asked: Asked, opened: OpenTurn | None, build: str) -> AnswerIdentity:
    if opened is None:
        return AnswerIdentity(str(asked.conversation), str(uuid.uuid4()), build)
    return AnswerIdentity(str(opened.conversation_id), str(opened.answer_id), build)


async def begin_turn(store: ConversationStore, reader: Reader, request: TurnRequest) -> OpenTurn:
    """Begin a turn in the store.

    A question to be answered again that was never stored, as its first request was refused, is stored as a new one.
    """
    try:
        return await store.begin_turn(reader, request)
    except NotFoundError:
        if request.trigger != "regenerate" or request.client_id is None:
            raise
    if request.target != request.client_id:
        return await begin_turn(store, reader, replace(request, target=request.client_id))
    return await store.begin_turn(reader, replace(request, trigger="submit", target=None))


def complete_question(question: Question, opened: OpenTurn) -> Question:
    """The question of a request with what the store knows: its history comes from there, whatever the client sent."""
    summary, messages = known_of(opened)
    # The page that the reader is on now; the stored one if the request names none, or if the turn has a selection.
    page_url = opened.page_url if opened.selected_text else question.scope.page_url or opened.page_url
    return replace(
        question,
        text=opened.question,
        history=tuple(said(message) for message in messages if message.content),
        summary=summary,
        selected_text=opened.selected_text,
        profile=_described(opened.profile),
        scope=replace(question.scope, page_url=page_url),
    )


def _described(profile: Profile | None) -> str | None:
    """A profile in words; None if it is empty."""
    if profile is None:
        return None
    robotics = profile.prior_robotics_experience
    facts = {
        "programming": profile.programming_knowledge,
        "robotics experience": {True: "yes", False: "no"}.get(robotics) if isinstance(robotics, bool) else robotics,
        "learning goals": ", ".join(profile.learning_goals),
        "prefers": profile.preferred_learning_style,
    }
    return "; ".join(f"{name}: {value}" for name, value in facts.items() if value) or None
