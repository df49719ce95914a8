"""`/api/conversations…`: the reader's own history, newest first; somebody else's conversation is 404."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, StringConstraints

from app.api_schemas import ExportOut, OpenConversationOut, StoredSource
from app.chat_request import MAX_MESSAGE_CHARACTERS, owner_of
from app.chat_request_messages import ShortText
from app.conversation_ids import NAME_RULE, conversation_uuid, is_name
from app.dependencies import CurrentReader, CurrentServices
from app.errors import RequestError
from app.openapi import TOKEN_REQUIRED, answers, errors
from app.request_limits import LimitedRoute
from app.services import Services
from app.validation import LinkAddress, PageAddress
from storage.accounts.reader import Reader
from storage.conversations.store import ConversationStore
from storage.conversations.turns import Answer, Conversation, Message, OpenConversation, TurnRequest, Verdict
from storage.errors import NotFoundError, StorageUnavailableError

router = APIRouter(prefix="/api/conversations", tags=["history"], route_class=LimitedRoute)

EXPORT_PAGE = 50
NEWEST = 100  # the newest conversations, among which are all with a running answer
# The id that the server gave, or the client's own name for the conversation.
ConversationName = Annotated[str, Path(max_length=2_000)]


class TitleBody(BaseModel):
    """A conversation's new title."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class KeptSource(StoredSource):
    """A source as a client sends it: other clients may make a link of its address."""

    url: LinkAddress


class AnsweredTurn(BaseModel):
    """A question with its answer, from before the reader had an account; `sources` are as in the history."""

    question_id: Annotated[ShortText, StringConstraints(min_length=1)]
    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_MESSAGE_CHARACTERS)]
    answer: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    complete: bool = True
    verdict: Verdict | None = None
    selected_text: str | None = None
    page_url: PageAddress | None = None
    sources: list[KeptSource] = []


class ConversationOut(BaseModel):
    """A conversation; with a search, `snippet` is the text around the words found."""

    id: str
    title: str
    created_at: str
    updated_at: str
    snippet: str | None = None


class PageOut(BaseModel):
    """A page of conversations, and the cursor of the next page."""

    conversations: list[ConversationOut]
    next_cursor: str | None


class DeletedOut(BaseModel):
    """How many conversations were deleted."""

    deleted: int


@router.get("", openapi_extra=TOKEN_REQUIRED, responses=errors(400, 401))
async def list_conversations(
    services: CurrentServices,
    reader: CurrentReader,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
    q: Annotated[str | None, Query(max_length=200, description="Words to find in titles and messages.")] = None,
) -> PageOut:
    """The reader's conversations, those used last first."""
    search = q.strip() if q and q.strip() else None
    page = await services.conversations.page(reader, limit=limit, cursor=cursor, search=search)
    return PageOut(conversations=[_out(found) for found in page.conversations], next_cursor=page.next_cursor)


@router.delete("", openapi_extra=TOKEN_REQUIRED, responses=errors(401))
async def delete_all(services: CurrentServices, reader: CurrentReader) -> DeletedOut:
    """Delete the reader's whole history."""
    await stop_answers(services, reader)
    return DeletedOut(deleted=await services.conversations.delete_all(reader))


@router.get(
    "/export",
    response_class=StreamingResponse,
    openapi_extra=TOKEN_REQUIRED,
    responses=answers(ExportOut, "The file.") | errors(401),
)
async def export(services: CurrentServices, reader: CurrentReader) -> StreamingResponse:
    """The reader's whole history as one JSON file."""
    await services.conversations.page(reader, limit=1)  # an unreachable store is an error before the first byte
    return StreamingResponse(
        _export(services.conversations, reader),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="conversations.json"', "cache-control": "no-store"},
    )


@router.get(
    "/{conversation_id}",
    openapi_extra=TOKEN_REQUIRED,
    responses=answers(OpenConversationOut, "The conversation.") | errors(401, 404),
)
async def open_conversation(
    conversation_id: ConversationName, services: CurrentServices, reader: CurrentReader
) -> dict[str, Any]:
    """A conversation with its messages in the order they were written; `parent_id` tells its branches."""
    return opened_json(await services.conversations.open(reader, conversation_uuid(conversation_id, str(reader.id))))


@router.post(
    "/{conversation_id}/turns", status_code=204, openapi_extra=TOKEN_REQUIRED, responses=errors(401, 409, 413, 415)
)
async def keep_turn(
    conversation_id: ConversationName, body: AnsweredTurn, services: CurrentServices, reader: CurrentReader
) -> None:
    """Store a turn that was answered before the reader signed in, once, as the last one of the conversation."""
    if not is_name(conversation_id):
        raise RequestError(422, "invalid_conversation_id", NAME_RULE)
    request = TurnRequest(
        conversation_id=conversation_uuid(conversation_id, str(reader.id)),
        question=body.question,
        idempotency_key=f"kept:{body.question_id}",
        client_id=body.question_id,
        selected_text=body.selected_text,
        page_url=body.page_url,
    )
    answer = Answer(
        text=body.answer,
        complete=body.complete,
        finish_reason="stop" if body.complete else "stopped",
        sources=[source.model_dump(mode="json", exclude_unset=True) for source in body.sources],
        grounded=None if body.verdict is None else body.verdict != "not_covered",
        verdict=body.verdict,
    )
    turn = await services.conversations.begin_turn(reader, request)
    if not turn.finished:
        await services.conversations.finish_turn(reader, turn, answer)


@router.patch("/{conversation_id}", openapi_extra=TOKEN_REQUIRED, responses=errors(401, 404, 413, 415))
async def rename(
    conversation_id: ConversationName, body: TitleBody, services: CurrentServices, reader: CurrentReader
) -> ConversationOut:
    """Give a conversation another title."""
    return _out(
        await services.conversations.rename(reader, conversation_uuid(conversation_id, str(reader.id)), body.title)
    )


@router.delete("/{conversation_id}", status_code=204, openapi_extra=TOKEN_REQUIRED, responses=errors(401, 404))
async def delete(conversation_id: ConversationName, services: CurrentServices, reader: CurrentReader) -> None:
    """Delete a conversation."""
    conversation = conversation_uuid(conversation_id, str(reader.id))
    await _stop(services, reader, conversation)
    await services.conversations.delete(reader, conversation)


async def stop_answers(services: Services, reader: Reader) -> None:
    """Stop all answers that are being written for a reader."""
    newest = await services.conversations.page(reader, limit=NEWEST)
    for conversation in newest.conversations:
        await _stop(services, reader, conversation.id)


async def _stop(services: Services, reader: Reader, conversation: UUID) -> None:
    """Stop the answer that is being written in a conversation, since nobody will read it."""
    with suppress(StorageUnavailableError):  # the log of running answers cannot be reached, but the history can
        found = await services.answers.find(str(conversation), owner_of(reader))
        if found and found.running:
            await services.answers.stop(found.key.answer_id)


def opened_json(opened: OpenConversation) -> dict[str, Any]:
    """A conversation with its messages, as in the API and in the export."""
    return {
        **_out(opened.conversation).model_dump(mode="json", exclude={"snippet"}),
        "head_id": str(opened.head_id) if opened.head_id else None,
        "messages": [message_json(message) for message in opened.messages],
    }


def utc_text(moment: datetime) -> str:
    """A time in the API's format: UTC, with a `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def message_json(message: Message) -> dict[str, Any]:
    """A message as JSON; an answer includes its sources and how it was made."""
    shared = {
        "id": str(message.id),
        "role": message.role,
        "content": message.content,
        "created_at": utc_text(message.created_at),
        "parent_id": str(message.parent_id) if message.parent_id else None,
        "version": message.version,
    }
    if message.role == "user":
        return shared | {
            "client_id": message.client_id,
            "selected_text": message.selected_text,
            "page_url": message.page_url,
        }
    return shared | {
        "status": message.status,
        "complete": message.status == "complete",
        "finish_reason": message.finish_reason,
        "error_code": message.error_code,
        "model_version": message.model_version,
        "grounded": message.grounded,
        "verdict": message.verdict,
        "understood": message.understood,
        "sources": [dict(source) for source in message.sources],
        "build": message.build,
        "timing": dict(message.timing),
    }


def _out(conversation: Conversation) -> ConversationOut:
    return ConversationOut(
        id=str(conversation.id),
        title=conversation.title,
        created_at=utc_text(conversation.created_at),
        updated_at=utc_text(conversation.updated_at),
        snippet=conversation.snippet,
    )


async def _export(store: ConversationStore, reader: Reader) -> AsyncGenerator[bytes, None]:
    yield b'{"exported_at":' + orjson.dumps(utc_text(datetime.now(UTC))) + b',"conversations":['
    async for part in exported(store, reader):
        yield part
    yield b"]}"


async def exported(store: ConversationStore, reader: Reader) -> AsyncGenerator[bytes, None]:
    """A reader's conversations as JSON objects separated by commas; one at a time, to take little memory."""
    separator, cursor = b"", None
    while True:
        page = await store.page(reader, limit=EXPORT_PAGE, cursor=cursor)
        for found in page.conversations:
            try:
                opened = await store.open(reader, found.id)
            except NotFoundError:  # deleted during the export
                continue
            yield separator + orjson.dumps(opened_json(opened))
            separator = b","
        cursor = page.next_cursor
        if cursor is None:
            break
