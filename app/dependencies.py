"""Who is asking, as route parameters: `reader: CurrentReader` needs a token, `reader: OptionalReader` takes one.

The token comes in `Authorization: Bearer` alone, never in a URL, which would end in logs. A token that cannot be
trusted is refused on every route: to pass for nobody because a token has expired would lose history silently.
"""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.services import CurrentServices, Services
from storage.accounts.reader import Reader
from storage.errors import AuthenticationError

_bearer = HTTPBearer(auto_error=False, description="The access token of a session.")


async def _optional_reader(
    request: Request,
    services: CurrentServices,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Reader | None:
    if credentials is not None:
        return await services.accounts.verify(credentials.credentials)
    if request.headers.get("authorization"):
        raise AuthenticationError("The Authorization header must be `Bearer` and an access token.")
    return None


OptionalReader = Annotated[Reader | None, Depends(_optional_reader)]


async def _current_reader(reader: OptionalReader) -> Reader:
    if reader is None:
        raise AuthenticationError("Please sign in.")
    return reader


CurrentReader = Annotated[Reader, Depends(_current_reader)]


async def _address(request: Request) -> str:  # see app.services
    return request.client.host if request.client else ""


# Where a request comes from. Behind a proxy this is the proxy's word for it, see uvicorn's --forwarded-allow-ips.
ClientAddress = Annotated[str, Depends(_address)]


def may_ask(services: Services, reader: Reader | None) -> None:
    """Raise 401 for somebody without a token where only readers with one may ask and search."""
    if reader is None and not services.settings.allow_guests:
        raise AuthenticationError("Please sign in to ask questions.")
