"""From a chat request to the frames of its answer: a new one, one that is running, or one from history.

Called by `app.routes.chat`. The question is stored before a model is asked.
"""

import uuid
from collections.abc import AsyncGenerator
from contextlib import ExitStack, nullcontext

from app.answer_streams.answer_state import AnswerIdentity
from app.answer_streams.answer_task import AnswerTask
from app.answer_streams.request import Asked
from app.answer_streams.stored_turn import begin, question_from
from app.chat_request import ChatBody
from app.rate_limits import Asker
from app.services import Services
from app.ui_message_stream import frames, stored_frames
from storage.answers.log import AnswerKey
from storage.conversations.turns import OpenTurn


async def open_answer(
    services: Services, asker: Asker, body: ChatBody, idempotency_key: str | None
) -> tuple[AsyncGenerator[bytes, None], dict[str, str]]:
    """The frames of the answer to a request, and the headers that go with it; raises TooManyRequestsError.

    It is a new answer, or the one that this very request has already, which is not counted again.
    """
    asked = Asked.of(asker, body, idempotency_key)
    await services.book.pin(asked.question)  # raises what the question would raise, before it is counted
    headers = await services.limits.question(asker, asked.sending)
    place = (str(asked.conversation), asked.owner, asked.request_key)
    # Nobody else can know a conversation that begins with this request: there is no order to keep in it.
    order = nullcontext() if asked.begins_conversation else services.answers.in_order(*place)
    async with order as earlier:
        if earlier:
            return await _followed(services, asked, earlier.key.answer_id), headers
        return await _begun(services, asked), headers


async def _followed(services: Services, asked: Asked, answer_id: str) -> AsyncGenerator[bytes, None]:
    """The frames of the answer that this very request has already."""
    if asked.asker.reader and asked.body.replaces_question:
        # Edited back to what it was: the conversation goes on from there again.
        await begin(services.conversations, asked.asker.reader, asked.turn())
    return services.answers.follow(answer_id)


async def _begun(services: Services, asked: Asked) -> AsyncGenerator[bytes, None]:
    """The frames of an answer that begins now, or of the one that history has under the request's key."""
    reader = asked.asker.reader
    with ExitStack() as slot:
        slot.enter_context(services.limits.stream(asked.asker))
        # The store itself refuses a key that was used for another question.
        opened = await begin(services.conversations, reader, asked.turn()) if reader else None
        build = await services.book.index.pin()  # not before the wait for its turn: the build may change meanwhile
        identity = _identity(asked, opened, build.name)
        if opened and opened.finished:
            return stored_frames(opened.finished, identity)
        question = question_from(asked.body, opened) if opened else asked.question
        turn = AnswerTask(services, question, identity, build, asked.asker, slot.pop_all(), opened)
    key = AnswerKey(identity.message_id, identity.conversation_id, asked.owner, asked.request_key)
    written = await services.answers.start(key, frames(turn.events(), identity))
    if not services.answers.writes(key.answer_id):
        turn.abandon()
    return written


def _identity(asked: Asked, opened: OpenTurn | None, build: str) -> AnswerIdentity:
    if opened is None:
        return AnswerIdentity(str(asked.conversation), str(uuid.uuid4()), build)
    return AnswerIdentity(str(opened.conversation_id), str(opened.answer_id), build)
