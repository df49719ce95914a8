"""`POST /api/chat`: answers a question, as a stream or as one JSON object; also resuming and stopping answers."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response

from app.answer_json import with_other_names
from app.answer_streams.manager import Answer
from app.answer_streams.start import start_answer
from app.chat_request import ChatBody, owner_of, read_chat_body
from app.conversation_ids import conversation_uuid, is_hard_to_guess
from app.dependencies import ClientAddress, CurrentServices, OptionalReader, may_ask
from app.openapi import ANSWER, CHAT_BODY, RESUMED, errors
from app.rate_limits import Asker
from app.request_limits import ends_though_cancelled
from app.services import Services
from app.ui_message_stream import EventStream, disconnected
from storage.accounts.reader import Reader
from storage.errors import NotFoundError, StorageUnavailableError
from storage.running_answers.store import LoggedAnswer

router = APIRouter(tags=["chat"])

_QUALITY = re.compile(r"[01](?:\.\d{0,3})?")
MAX_PARTS = 1_000_000  # more than any answer has


@router.post("/api/chat/", response_class=Response, include_in_schema=False)
@router.post(
    "/api/chat",
    response_class=Response,
    openapi_extra=CHAT_BODY,
    responses=ANSWER | errors(400, 401, 404, 409, 413, 415, 429, 502),
)
async def chat(
    request: Request,
    services: CurrentServices,
    reader: OptionalReader,
    address: ClientAddress,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Answer a question; the body is `ChatBody`, the stream the AI SDK's UI message stream, version 1."""
    may_ask(services, reader)
    body = await read_chat_body(request, services.settings.body_seconds)
    answer, headers = await start_answer(services, Asker(reader, address), body, idempotency_key)
    if _wants_json(request, body, services.settings.chat_format):
        return await _as_json(request, answer, headers, body.session_id)
    return EventStream(answer.follow(), headers=headers)


@router.get("/api/chat/{conversation_id}/stream", response_class=Response, responses=RESUMED | errors(401))
async def resume(
    conversation_id: str,
    services: CurrentServices,
    reader: OptionalReader,
    after: Annotated[int, Query(ge=0, le=MAX_PARTS, description="How many parts have been read already.")] = 0,
    message_id: Annotated[str | None, Query(max_length=100, description="Of the answer; default: the newest.")] = None,
) -> Response:
    """Resume the answer that is being written; 204 when there is none.

    With `after`, the rest of an answer that has ended meanwhile is sent as well.
    """
    may_ask(services, reader)
    conversation = conversation_uuid(conversation_id, owner_of(reader))
    found = await _newest_answer(services, reader, conversation_id)
    if found is None or message_id not in (None, found.key.answer_id):
        return Response(status_code=204)
    if found.running:
        services.metrics.resumed_streams.inc()
        return EventStream(services.answers.answer(found.key.answer_id).follow(after))
    if not after or await _is_deleted(services, reader, conversation):
        return Response(status_code=204)
    missed = [frame async for frame in services.answers.answer(found.key.answer_id).follow(after)]
    return EventStream(_sent(missed)) if missed else Response(status_code=204)


@router.post("/api/chat/{conversation_id}/stop", response_class=Response, status_code=204, responses=errors(401))
async def stop(conversation_id: str, services: CurrentServices, reader: OptionalReader) -> Response:
    """Stop the answer that is being written and keep what was written; has no effect if there is none."""
    may_ask(services, reader)
    found = await _newest_answer(services, reader, conversation_id)
    if found and found.running:
        await services.answers.stop(found.key.answer_id)
    return Response(status_code=204)


@router.delete("/api/chat/{conversation_id}", response_class=Response, status_code=204, responses=errors(401))
async def forget(conversation_id: str, services: CurrentServices, reader: OptionalReader) -> Response:
    """Forget a conversation of a reader without an account; has no effect if nothing is remembered."""
    if reader is None and services.guest_memory and is_hard_to_guess(conversation_id):
        await services.guest_memory.forget(str(conversation_uuid(conversation_id, "")))
    return Response(status_code=204)


async def _newest_answer(services: Services, reader: Reader | None, conversation_id: str) -> LoggedAnswer | None:
    """The newest answer of a reader's conversation; none of an id that others may choose as well."""
    if reader is None and not is_hard_to_guess(conversation_id):
        return None
    owner = owner_of(reader)
    return await services.answers.find(str(conversation_uuid(conversation_id, owner)), owner)


async def _is_deleted(services: Services, reader: Reader | None, conversation: UUID) -> bool:
    """Whether a reader has deleted a conversation; its answers can still be found for resuming."""
    if reader is None:
        return False
    try:
        await services.conversations.get(reader, conversation)
    except NotFoundError:
        return True
    except StorageUnavailableError:
        return False  # the history cannot be reached, but the answer can
    return False


def _wants_json(request: Request, body: ChatBody, default: str) -> bool:
    """Whether to answer as JSON: by `Accept`, the body, or the deployment's default; `useChat` reads streams."""
    json, stream = (_quality(request, kind) for kind in ("application/json", "text/event-stream"))
    if json != stream:
        return json > stream
    if stream or body.is_use_chat:
        return False
    return default == "json" if body.stream is None else not body.stream


def _quality(request: Request, kind: str) -> float:
    """The quality, from 0 to 1, that a request's `Accept` gives a media type; `*/*` does not count."""
    qualities = {f"{kind.partition('/')[0]}/*": 0.0, kind: 0.0}
    for entry in request.headers.get("accept", "").lower().split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        said = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        if name in qualities and _QUALITY.fullmatch(said):
            qualities[name] = float(said)
    return max(qualities.values())


async def _sent(frames: list[bytes]) -> AsyncGenerator[bytes, None]:
    for frame in frames:
        yield frame


async def _as_json(request: Request, answer: Answer, headers: dict[str, str], session_id: str | None) -> Response:
    """The whole answer; stops waiting for it when the client disconnects."""
    reading = asyncio.ensure_future(answer.json())
    leaving = asyncio.ensure_future(disconnected(request.receive))
    try:
        try:
            await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if not await ends_though_cancelled(reading):
                raise
        if not reading.done():
            return Response(status_code=499)  # the status that proxies log; nobody reads this response
        content = with_other_names(reading.result(), session_id)
    finally:
        leaving.cancel()
        reading.cancel()
    failed_empty = "error" in content and not content["answer"]
    return JSONResponse(content, 502 if failed_empty else 200, headers=headers)
