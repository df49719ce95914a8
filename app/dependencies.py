"""Route parameters: the services of this process, who is asking, and from where.

`reader: CurrentReader` requires a token, `reader: OptionalReader` accepts one. The token is only read from
`Authorization: Bearer`, never from a URL, which would be logged. An invalid token is refused on every route: if an
expired token made a reader a guest, their turns would be missing from their history without notice.
"""

from ipaddress import IPv4Address, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.services import Services
from storage.accounts.reader import Reader
from storage.errors import AuthenticationError


# Asynchronous although it awaits nothing: FastAPI would run a plain function in a thread for every request.
async def _services(request: Request) -> Services:
    services = request.app.state.services
    if not isinstance(services, Services):
        raise TypeError("app.state.services is set by the lifespan of app.main")
    return services


CurrentServices = Annotated[Services, Depends(_services)]

_bearer = HTTPBearer(auto_error=False, description="The access token of a session.")


async def _optional_reader(
    request: Request,
    services: CurrentServices,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Reader | None:
    if credentials is not None:
        return await services.accounts.verify(credentials.credentials, address=await _address(request))
    if request.headers.get("authorization"):
        raise AuthenticationError("The Authorization header must be `Bearer` and an access token.")
    if request.query_params.get("token"):
        raise AuthenticationError(
            "A token in an address would be logged. Send it in the header `Authorization: Bearer …`."
        )
    return None


OptionalReader = Annotated[Reader | None, Depends(_optional_reader)]


async def _current_reader(reader: OptionalReader) -> Reader:
    if reader is None:
        raise AuthenticationError("Please sign in.")
    return reader


CurrentReader = Annotated[Reader, Depends(_current_reader)]


async def _reader_despite_expiry(
    request: Request,
    services: CurrentServices,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Reader | None:
    try:
        address = await _address(request)
        return await services.accounts.verify(credentials.credentials, address=address) if credentials else None
    except AuthenticationError:
        return None


# For signing out, where a refresh token may stand in for a token that has expired.
ReaderOrNobody = Annotated[Reader | None, Depends(_reader_despite_expiry)]

IPV6_NETWORK_BITS = 64  # what one subscriber usually gets: all its addresses count as one


async def _address(request: Request) -> str:  # like `_services`
    return counted_address(request.client.host if request.client else "")


def counted_address(host: str) -> str:
    """The address for the limits: the network of an IPv6 address, and the IPv4 address of one written as IPv6."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, IPV6_NETWORK_BITS), strict=False).network_address)


# Where a request comes from. Behind a proxy in TRUSTED_PROXIES this is what its X-Forwarded-For says.
ClientAddress = Annotated[str, Depends(_address)]


def may_ask(services: Services, reader: Reader | None) -> None:
    """Raise 401 for guests and for requests without a token if only readers with an account may ask and search.

    A guest's token may come directly from Supabase, without `POST /api/auth/guest`.
    """
    if (reader is None or reader.is_guest) and not services.settings.allow_guests:
        raise AuthenticationError("Please sign in to ask questions.")
