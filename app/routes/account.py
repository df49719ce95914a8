"""`/api/account…`: a reader exports their data, deletes the account, or changes the password."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import orjson
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from app.api_schemas import AccountExportOut
from app.chat_request import owner_of
from app.dependencies import ClientAddress, CurrentReader, CurrentServices
from app.openapi import TOKEN_REQUIRED, answers, errors
from app.request_limits import LimitedRoute
from app.routes.auth import CaptchaToken, Password, account_out
from app.routes.conversations import exported, stop_answers, utc_text
from app.services import Services
from storage.accounts.reader import Reader
from storage.errors import AuthenticationError, StorageUnavailableError

router = APIRouter(prefix="/api/account", tags=["accounts"], route_class=LimitedRoute)


class ConfirmBody(BaseModel):
    """The account's password; not required within ten minutes of a sign-in, nor for guests."""

    password: Password | None = None
    captcha_token: CaptchaToken | None = None  # with a password, if the accounts' project requires one


class PasswordBody(BaseModel):
    """The current password, not required within ten minutes of a sign-in, and the new one."""

    password: Password | None = None
    new_password: Annotated[Password, Field(min_length=1)]
    captcha_token: CaptchaToken | None = None


@router.get(
    "/export",
    response_class=StreamingResponse,
    openapi_extra=TOKEN_REQUIRED,
    responses=answers(AccountExportOut, "The file.") | errors(401),
)
async def export(services: CurrentServices, reader: CurrentReader) -> StreamingResponse:
    """All data that is kept about the reader as one JSON file: the account, the profile and every conversation."""
    account = (await account_out(services, reader)).model_dump(mode="json", exclude={"user", "user_metadata"})
    await services.conversations.page(reader, limit=1)  # an unreachable store is an error before the first byte
    return StreamingResponse(
        _export(services, reader, account),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="account.json"', "cache-control": "no-store"},
    )


@router.put("/password", status_code=204, openapi_extra=TOKEN_REQUIRED, responses=errors(401, 413, 415, 429))
async def change_password(
    body: PasswordBody, services: CurrentServices, reader: CurrentReader, address: ClientAddress
) -> None:
    """Change the password; this session continues, all others of the account end."""
    await services.accounts.confirm(reader, body.password, address=address, captcha_token=body.captcha_token)
    await services.accounts.change_password(reader, body.new_password)


@router.delete("", status_code=204, openapi_extra=TOKEN_REQUIRED, responses=errors(401, 413, 415, 429))
async def delete(
    services: CurrentServices, reader: CurrentReader, address: ClientAddress, body: ConfirmBody | None = None
) -> None:
    """Delete the account with its profile, its sessions and its conversations. This cannot be undone."""
    given = body or ConfirmBody()
    await services.accounts.confirm(reader, given.password, address=address, captcha_token=given.captcha_token)
    await stop_answers(services, reader)
    await services.conversations.delete_all(reader)  # including the waiting turns in the outbox
    await services.accounts.delete(reader)
    # A question that arrived meanwhile was accepted while the account still existed; from now on none is.
    await services.answers.stop_all(owner_of(reader))
    with suppress(AuthenticationError, StorageUnavailableError):
        await services.conversations.delete_all(reader)


async def _export(services: Services, reader: Reader, account: dict[str, object]) -> AsyncGenerator[bytes, None]:
    yield b'{"exported_at":' + orjson.dumps(utc_text(datetime.now(UTC)))
    yield b',"account":' + orjson.dumps(account) + b',"conversations":['
    async for part in exported(services.conversations, reader):
        yield part
    yield b"]}"
