"""`/api/auth/…`: sign-up, sign-in, guests, sessions and profiles, for either account store."""

import asyncio
import logging
import time
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.dependencies import ClientAddress, CurrentReader, CurrentServices, OptionalReader, ReaderOrNobody
from app.errors import RequestError
from app.openapi import TOKEN_REQUIRED, errors
from app.request_limits import LimitedRoute
from app.services import Services
from storage.accounts.reader import (
    EXPERIENCE_CHARACTERS,
    GOAL_CHARACTERS,
    GOALS,
    NAME_CHARACTERS,
    LearningStyle,
    Profile,
    ProgrammingKnowledge,
    Reader,
)
from storage.accounts.store import Account, NewAccount, Session, SignedIn
from storage.errors import AuthenticationError, BookragError

PROFILE_SECONDS = 2.0  # for the profile beside a new session; a request for the profile alone waits longer

REFUSED_SESSION = (
    "A session was made, and its token or its user is refused here: readers cannot stay signed in. With Supabase, look "
    "at SUPABASE_JWT_SECRET and SUPABASE_JWT_ISSUER."
)
logger = logging.getLogger(__name__)

router = APIRouter(prefix="/api/auth", tags=["accounts"], route_class=LimitedRoute)

Name = Annotated[str, Field(max_length=NAME_CHARACTERS)]
Goal = Annotated[str, Field(min_length=1, max_length=GOAL_CHARACTERS)]
CaptchaToken = Annotated[str, Field(max_length=4_096)]
Password = Annotated[str, Field(max_length=1_024)]


class ProfileBody(BaseModel):
    """What readers say of themselves; a field that is left out stays as it was."""

    name: Name | None = None
    programming_knowledge: ProgrammingKnowledge | None = None
    prior_robotics_experience: bool | Annotated[str, Field(max_length=EXPERIENCE_CHARACTERS)] | None = None
    learning_goals: Annotated[list[Goal], Field(max_length=GOALS)] = []
    preferred_learning_style: LearningStyle | None = None

    def over(self, profile: Profile) -> Profile:
        """The profile, updated with the fields that were sent."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        goals = tuple(sent.get("learning_goals", profile.learning_goals))
        return replace(profile, **sent | {"learning_goals": goals})


class SignUpBody(BaseModel):
    """A new account."""

    email: Annotated[str, Field(max_length=320)]
    password: Password
    name: Name | None = None
    profile: ProfileBody | None = None
    captcha_token: CaptchaToken | None = None


class SignInBody(BaseModel):
    """An account's address and password."""

    email: Annotated[str, Field(max_length=320)]
    password: Password
    captcha_token: CaptchaToken | None = None


class GuestBody(BaseModel):
    """The token of the site's CAPTCHA."""

    captcha_token: CaptchaToken | None = None


class SignOutBody(BaseModel):
    """The session's refresh token, for readers whose access token has expired."""

    refresh_token: Annotated[str, Field(max_length=1_024)] | None = None


class RefreshBody(BaseModel):
    """The refresh token of the last session."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=1_024)]


class UserMetadataOut(BaseModel):
    """The user's name, in the place where clients of Supabase Auth read it."""

    display_name: str | None
    name: str | None


class UserOut(BaseModel):
    """A user; a guest is anonymous and has no address. `user_metadata` repeats the name."""

    id: str
    email: str | None
    name: str | None
    is_anonymous: bool
    user_metadata: UserMetadataOut


class SessionOut(BaseModel):
    """A session; `expires_at` in seconds since 1970."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_at: int
    expires_in: int


class ProfileOut(BaseModel):
    """A profile."""

    name: str | None
    programming_knowledge: str | None
    prior_robotics_experience: bool | str | None
    learning_goals: list[str]
    preferred_learning_style: str | None


class AccountOut(UserOut):
    """A user and their profile; `user` repeats the fields at the top, for clients that read it there."""

    user: UserOut
    profile: ProfileOut | None


class SavedProfileOut(ProfileOut):
    """A profile; `profile` repeats the fields at the top, for clients that read it there."""

    profile: ProfileOut


class SignedInOut(BaseModel):
    """A user and, unless their address must be confirmed first, a session; its fields also stand at the top."""

    user: UserOut
    session: SessionOut | None
    email_confirmation_required: bool
    access_token: str | None
    refresh_token: str | None
    token_type: str | None
    expires_in: int | None
    profile: ProfileOut | None


@router.post("/signup", responses=errors(400, 401, 403, 409, 413, 415, 429))
async def sign_up(
    body: SignUpBody, services: CurrentServices, reader: OptionalReader, address: ClientAddress
) -> SignedInOut:
    """Create an account; a guest who sends their token keeps their id and history."""
    profile = body.profile.over(Profile()) if body.profile else None
    if body.name is not None:
        profile = ProfileBody(name=body.name).over(profile or Profile())
    guest = reader if reader is not None and reader.is_guest else None
    new = NewAccount(body.email, body.password, profile)
    await services.limits.sign_up(address)
    signed_in = await services.accounts.sign_up(new, guest=guest, address=address, captcha_token=body.captcha_token)
    return await _signed_in(services, signed_in)


@router.post("/signin", responses=errors(400, 401, 403, 413, 415, 429))
async def sign_in(body: SignInBody, services: CurrentServices, address: ClientAddress) -> SignedInOut:
    """Start a session."""
    signed_in = await services.accounts.sign_in(
        body.email, body.password, address=address, captcha_token=body.captcha_token
    )
    return await _signed_in(services, signed_in)


@router.post("/guest", responses=errors(400, 403, 413, 415, 429))
async def guest(services: CurrentServices, address: ClientAddress, body: GuestBody | None = None) -> SignedInOut:
    """Start a session of a new guest."""
    if not services.settings.allow_guests:
        raise RequestError(403, "signup_disabled", "Guests are not welcome here. Please sign up.")
    await services.limits.guest(address)
    captcha_token = body.captcha_token if body else None
    signed_in = await services.accounts.sign_in_guest(address=address, captcha_token=captcha_token)
    return await _signed_in(services, signed_in)


@router.post("/refresh", responses=errors(401, 403, 413, 415, 429))
async def refresh(body: RefreshBody, services: CurrentServices, address: ClientAddress) -> SignedInOut:
    """Renew a session; the refresh token cannot be used again."""
    return await _signed_in(services, await services.accounts.refresh(body.refresh_token, address=address))


@router.post("/signout", status_code=204, responses=errors(401, 413, 415, 429))
async def sign_out(
    services: CurrentServices, reader: ReaderOrNobody, address: ClientAddress, body: SignOutBody | None = None
) -> None:
    """End this session, identified by the access token, or by the refresh token if that one has expired."""
    if reader is not None:
        await services.accounts.sign_out(reader)
    elif body is not None and body.refresh_token:
        await services.accounts.end_session(body.refresh_token, address=address)
    else:
        raise AuthenticationError("Please sign in.")


@router.get("/user", openapi_extra=TOKEN_REQUIRED, responses=errors(401))
async def user(services: CurrentServices, reader: CurrentReader) -> AccountOut:
    """The user named by the token, as the account store has them now."""
    return await account_out(services, reader)


async def account_out(services: Services, reader: Reader) -> AccountOut:
    """A reader's account, and their profile unless it cannot be read just now."""
    named = _user(await services.accounts.account(reader))
    try:
        async with asyncio.timeout(PROFILE_SECONDS):
            read = _profile(await services.accounts.profile(reader))
    except (BookragError, TimeoutError):
        read = None
    return AccountOut(**dict(named), user=named, profile=read)


@router.get("/profile", openapi_extra=TOKEN_REQUIRED, responses=errors(401))
async def profile(services: CurrentServices, reader: CurrentReader) -> SavedProfileOut:
    """The reader's profile."""
    return _twice(await services.accounts.profile(reader))


@router.put("/profile", openapi_extra=TOKEN_REQUIRED, responses=errors(401, 413, 415))
async def save_profile(body: ProfileBody, services: CurrentServices, reader: CurrentReader) -> SavedProfileOut:
    """Change the reader's profile."""
    current = await services.accounts.profile(reader)
    return _twice(await services.accounts.save_profile(reader, body.over(current)))


def _user(account: Account) -> UserOut:
    return UserOut(
        id=str(account.id),
        email=account.email,
        name=account.name,
        is_anonymous=account.is_guest,
        user_metadata=UserMetadataOut(display_name=account.name, name=account.name),
    )


async def _signed_in(services: Services, signed_in: SignedIn) -> SignedInOut:
    session = _session(signed_in.session) if signed_in.session else None
    return SignedInOut(
        user=_user(signed_in.account),
        session=session,
        email_confirmation_required=signed_in.email_confirmation_required,
        access_token=session and session.access_token,
        refresh_token=session and session.refresh_token,
        token_type=session and session.token_type,
        expires_in=session and session.expires_in,
        profile=await _profile_of(services, session.access_token) if session else None,
    )


def _session(session: Session) -> SessionOut:
    return SessionOut(
        access_token=session.access_token,
        refresh_token=session.refresh_token,
        token_type=session.token_type,
        expires_at=session.expires_at,
        expires_in=max(0, session.expires_at - int(time.time())),
    )


async def _profile_of(services: Services, access_token: str) -> ProfileOut | None:
    """The profile of a new session; None if it cannot be read, which does not prevent signing in."""
    try:
        async with asyncio.timeout(PROFILE_SECONDS):
            return _profile(await services.accounts.profile(await services.accounts.verify(access_token)))
    except AuthenticationError:
        logger.error(REFUSED_SESSION)  # noqa: TRY400  # a traceback says nothing of a setting
        return None
    except (BookragError, TimeoutError):
        return None


def _profile(profile: Profile) -> ProfileOut:
    return ProfileOut.model_validate(profile, from_attributes=True)


def _twice(profile: Profile) -> SavedProfileOut:
    read = _profile(profile)
    return SavedProfileOut(**dict(read), profile=read)
