"""`POST /api/chat`: a question in, an answer out, as a stream of parts or as one JSON object."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response

from app.answer_stream import citations_json, frames, source_json
from app.chat_request import ChatBody, read_chat_body
from app.errors import RequestError, error_body
from app.identity import OptionalReader
from app.services import CurrentServices
from app.stream import EventStream
from app.turns import AnswerTurn, begin_turn
from engines.events import Failed

router = APIRouter(tags=["chat"])

_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": ChatBody.model_json_schema()}}}}


@router.post("/api/chat", response_class=Response, openapi_extra=_BODY)
async def chat(
    request: Request,
    services: CurrentServices,
    reader: OptionalReader,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Answer a question; the body is `ChatBody`, the stream the AI SDK's UI message stream, version 1."""
    if reader is None and not services.settings.allow_guests:
        raise RequestError(401, "not_authenticated", "Please sign in to ask questions.")
    body = await read_chat_body(request)
    turn = await begin_turn(services, reader, body, idempotency_key)
    if _wants_json(request):
        return await _as_json(turn)
    return EventStream(frames(turn.events(), turn.identity))


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/event-stream" not in accepted


async def _as_json(turn: AnswerTurn) -> JSONResponse:
    async for _ in turn.events():
        pass
    record = turn.record
    if isinstance(record.end, Failed) and not record.answer:
        return JSONResponse(error_body(record.end.code, record.end.message), 502)
    content: dict[str, Any] = {
        "conversation_id": turn.identity.conversation_id,
        "message_id": turn.identity.message_id,
        "build": turn.identity.build,
        "answer": record.answer,
        "sources": [source_json(source) for source in record.sources],
        "grounded": record.grounding.grounded if record.grounding else None,
        "complete": record.complete,
    }
    if record.resolved:
        content["citations"] = citations_json(record.resolved)
    if isinstance(record.end, Failed):
        content.update(error_body(record.end.code, record.end.message))
    return JSONResponse(content)
