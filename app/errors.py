"""Maps each error class to an HTTP status, and gives every error the same JSON shape.

Readers see an error's code and message; its cause goes only to the log.
"""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.request_log import REQUEST_ID_HEADER, request_id
from app.validation import describe_validation
from storage.errors import (
    AccountClosedError,
    AccountError,
    AccountExistsError,
    AccountInputError,
    AuthenticationError,
    BookragError,
    BuildLockedError,
    CaptchaError,
    ConfigurationError,
    ConversationBusyError,
    CredentialsError,
    CursorError,
    EmailNotConfirmedError,
    IdempotencyError,
    IndexMismatchError,
    IndexMissingError,
    IndexUnavailableError,
    InputError,
    NotFoundError,
    RefreshTokenError,
    SecondFactorError,
    SignupDisabledError,
    StorageUnavailableError,
    TooManyRequestsError,
    WeakPasswordError,
)

logger = logging.getLogger(__name__)

STATUS_BY_CLASS: dict[type[BookragError], int] = {
    InputError: 400,
    NotFoundError: 404,
    BuildLockedError: 409,
    ConfigurationError: 503,  # in a running server: only its operator can correct it
    IndexMissingError: 503,
    IndexMismatchError: 503,
    StorageUnavailableError: 503,
    IdempotencyError: 409,
    ConversationBusyError: 409,
    CursorError: 400,
    AccountError: 400,
    AuthenticationError: 401,
    CredentialsError: 401,
    RefreshTokenError: 401,
    EmailNotConfirmedError: 403,
    AccountClosedError: 403,
    SecondFactorError: 403,
    CaptchaError: 400,
    SignupDisabledError: 403,
    AccountExistsError: 409,
    WeakPasswordError: 422,
    AccountInputError: 422,
    TooManyRequestsError: 429,
}

CODE_BY_STATUS = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    429: "too_many_requests",
    431: "head_too_large",
}


class RequestError(BookragError):
    """A request that is invalid in itself, with its status and code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code  # type: ignore[misc]  # one class serves all request errors, so the code is the instance's


def error_body(code: str, message: str) -> dict[str, Any]:
    """The JSON shape of every error; `detail` is where clients written for FastAPI look for the message.

    The log has the request's id as well.
    """
    error = {"code": code, "message": message, "request_id": request_id()}
    return {"error": error, "detail": message}


NOT_NOW = "The book cannot be searched just now. Please try again in a few minutes."


def for_readers(error: BookragError) -> tuple[str, str]:
    """The code and the message that a reader gets; details for the operator are in the log and `/readyz` alone."""
    if isinstance(error, ConfigurationError | IndexUnavailableError):
        return StorageUnavailableError.code, NOT_NOW
    return error.code, str(error)


def status_of(error: BookragError) -> int:
    """The HTTP status of an error; 500 if no class of the table matches."""
    if isinstance(error, RequestError):
        return error.status
    for cls in type(error).__mro__:
        if cls in STATUS_BY_CLASS:
            return STATUS_BY_CLASS[cls]
    return 500


def _headers_of(error: BookragError, status: int) -> dict[str, str]:
    """The headers that HTTP requires with a status."""
    if isinstance(error, TooManyRequestsError):
        return {"retry-after": str(max(1, error.retry_after_seconds))}
    return {"www-authenticate": "Bearer"} if status == 401 else {}


def _log_refusal(request: Request, status: int, message: str) -> None:
    """Log what was refused and why, for site authors whose widget only says "could not connect".

    Neither the text of a question nor an address's query is logged.
    """
    path = request.scope["route"].path if "route" in request.scope else repr(request.url.path[:200])
    logger.warning("Refused %s %s with %d: %s", request.method, path, status, message)


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def _allowed(request: Request) -> dict[str, str]:
    """The header `Allow` with every method of the address; Starlette only names those of the first route."""
    routes = request.app.router.routes
    scopes = {method: {**request.scope, "method": method} for method in _METHODS}
    allowed = [name for name, scope in scopes.items() if any(r.matches(scope)[0] is Match.FULL for r in routes)]
    return {"allow": ", ".join(allowed)}


def _at_no_address(request: Request) -> str:
    """The message for an address that does not exist, which names the chat's address."""
    if "chat" in request.url.path:
        return "There is nothing at this address. Questions go to `POST /api/chat`."
    return "There is nothing at this address."


def log_error(what: str, error: BookragError) -> None:
    """Log what failed and why; without a traceback if the message says everything, as of an unreachable store."""
    expected = isinstance(error, StorageUnavailableError | ConfigurationError | InputError)
    logger.error("%s: %s: %s", what, error.code, _logged(error), exc_info=None if expected else error)


def _logged(error: BookragError) -> str:
    return error.logged if isinstance(error, InputError) else str(error)


def install_error_handlers(app: FastAPI) -> None:
    """Install the handlers that give every error of the application its status and shape."""

    @app.exception_handler(BookragError)
    async def _bookrag_error(request: Request, error: BookragError) -> JSONResponse:
        status = status_of(error)
        if status >= 500:
            path = request.scope["route"].path if "route" in request.scope else request.url.path
            log_error(f"{request.method} {path}", error)
        elif status not in {401, 429}:
            _log_refusal(request, status, _logged(error))
        return JSONResponse(error_body(*for_readers(error)), status, headers=_headers_of(error, status))

    @app.exception_handler(HTTPException)
    async def _http_error(request: Request, error: HTTPException) -> JSONResponse:
        code = CODE_BY_STATUS.get(error.status_code, "http_error")
        message = str(error.detail)
        if error.status_code == 404 and message == "Not Found":
            message = _at_no_address(request)
        _log_refusal(request, error.status_code, message)
        headers = _allowed(request) if error.status_code == 405 else error.headers
        return JSONResponse(error_body(code, message), error.status_code, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def _validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
        message = describe_validation(error.errors())
        _log_refusal(request, 422, message)
        return JSONResponse(error_body("invalid_request", message), 422)

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        # Starlette logs the traceback; the reader is told only that the server failed.
        body = error_body("internal_error", "Something went wrong here. Please try again.")
        return JSONResponse(body, 500, headers={REQUEST_ID_HEADER: request_id() or ""})
