"""`/openapi.json`: FastAPI's document of the routes, with the models of errors, chat bodies and stream parts added.

The constants and `errors` are for the routes; `app.main` installs `document`.
"""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api_schemas import AnswerOut, ErrorOut, StreamPart
from app.chat_request import ChatBody

_REF = "#/components/schemas/{model}"
_STATUSES = {
    400: "The request cannot be used as it is.",
    401: "The token is missing or invalid.",
    403: "This is not allowed.",
    404: "There is no such thing, or it is somebody else's.",
    408: "The request did not arrive in time.",
    409: "The request conflicts with another request or another account.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request is not valid.",
    429: "Too many requests; `Retry-After` says when to come back.",
    431: "The address and the headers are too large.",
    500: "Something went wrong in the server.",
    502: "The model failed before its first word.",
    503: "The index, the history or the accounts cannot be reached.",
}
_ALWAYS = (408, 422, 431, 500, 503)  # errors that every route may return
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})

Responses = dict[int | str, dict[str, Any]]


def errors(*statuses: int) -> Responses:
    """The errors of a route by status, including those of every route, all in one shape."""
    every = {*statuses, *_ALWAYS}
    if 413 in every:  # a route with a body, which may not be JSON at all
        every.add(400)
    return {status: {"model": ErrorOut, "description": _STATUSES[status]} for status in sorted(every)}


def answers(model: type[BaseModel], description: str) -> Responses:
    """The success response of a route whose body is not made from a Pydantic model."""
    return {200: {"model": model, "description": description}}


_PART = {"type": "string", "contentMediaType": "application/json"} | {
    "contentSchema": {"$ref": _REF.format(model="StreamPart")}
}
_DATA = {"anyOf": [{"const": "[DONE]", "description": "The last event."}, _PART]}
STREAM: dict[str, Any] = {  # the schema of one event, as OpenAPI 3.2 defines it for streams
    "text/event-stream": {"schema": {"type": "object", "properties": {"data": _DATA}, "required": ["data"]}}
}
ANSWER: Responses = {
    200: {
        "model": AnswerOut,
        "description": "The answer: a UI message stream, or one JSON object if the client asks for that.",
        "content": STREAM,
    }
}
RESUMED: Responses = {
    200: {"description": "The rest of the answer.", "content": STREAM},
    204: {"description": "There is no answer to resume."},
}
CHAT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": _REF.format(model="ChatBody")}}},
    }
}

TOKEN_REQUIRED: dict[str, Any] = {"x-token-required": True}  # removed again below


def document(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """A function that returns the application's OpenAPI document, built at its first call."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            app.openapi_schema = _completed(made)
        return app.openapi_schema

    return openapi


def _completed(made: dict[str, Any]) -> dict[str, Any]:
    models = [(ChatBody, "validation"), (StreamPart, "serialization"), (ErrorOut, "serialization")]
    _, added = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]  # a list of pairs
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(added["$defs"])
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in made["paths"].values():
        for method, operation in path.items():
            if method in _METHODS:
                _complete(operation)
    return made


def _complete(operation: dict[str, Any]) -> None:
    """Give an operation's errors our shape, and make the token optional if no sign-in is required."""
    invalid = operation["responses"].get("422")
    if invalid:
        invalid["description"] = _STATUSES[422]
        invalid["content"] = {"application/json": {"schema": {"$ref": _REF.format(model="ErrorOut")}}}
    if operation.get("security") and not operation.pop("x-token-required", False):
        operation["security"] = [{}, *operation["security"]]
