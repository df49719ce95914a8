"""Accounts in Supabase Auth, profiles in its database; used where SUPABASE_URL is set."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from supabase_auth.types import AuthResponse, User
from supabase_auth.types import Session as SupabaseSession

from storage.accounts.addresses import normal_email, sendable
from storage.accounts.introspection import Introspection
from storage.accounts.jwks import ProjectKeys
from storage.accounts.profiles import profile_from_json, profile_to_json
from storage.accounts.reader import Profile, Reader
from storage.accounts.store import Account, NewAccount, Session, SignedIn
from storage.accounts.tokens import TokenVerifier, read_header
from storage.errors import (
    AccountExistsError,
    AuthenticationError,
    CredentialsError,
    StorageUnavailableError,
    WeakPasswordError,
)
from storage.supabase_project import AUTH_AWAY, SupabaseProject

_ENDED = "Your session has ended. Please sign in again."
JWKS_PATH = "auth/v1/.well-known/jwks.json"


class SupabaseAccounts:
    """The `AccountStore` of a Supabase project; the owner of the project closes it."""

    def __init__(self, project: SupabaseProject, *, issuer: str | None = None, secret: SecretStr | None = None) -> None:
        self._project = project
        self._keys = ProjectKeys(lambda: project.get_json(JWKS_PATH), secret)
        issuer = issuer or f"{project.url}/auth/v1"
        self._verifier = TokenVerifier(self._keys, issuer)
        self._introspection = Introspection(self._user, issuer)

    async def open(self) -> None:
        """Fetch the keys before the first reader comes; a project that is away is asked again then."""
        try:
            await self._keys.load()
        except StorageUnavailableError:
            return

    async def verify(self, access_token: str) -> Reader:
        """See AccountStore."""
        known = self._verifier.known(access_token)
        if known is not None:
            return known
        if read_header(access_token)["alg"] == "HS256" and await self._keys.signs_by_secret():
            return await self._introspection.verify(access_token)
        return await self._verifier.verify(access_token)

    async def sign_up(self, account: NewAccount, *, guest: Reader | None = None, address: str = "") -> SignedIn:
        """See AccountStore; the trigger on `auth.users` makes the profile from what is sent along."""
        account = replace(account, email=normal_email(account.email), password=sendable(account.password))
        if not account.password:
            raise WeakPasswordError("A password is needed.")
        if guest is not None:
            return await self._upgrade(guest, account)
        async with self._project.auth_errors():
            client = await self._project.client()
            response = await client.auth.sign_up(
                {"email": account.email, "password": account.password, "options": {"data": _metadata(account)}}
            )
        return _signed_in(response)

    async def sign_in(self, email: str, password: str, *, address: str = "") -> SignedIn:
        """See AccountStore."""
        email, password = sendable(email.strip().lower()), sendable(password)
        if not email or not password:  # the client does not even send them
            raise CredentialsError("The e-mail address or the password is wrong.")
        async with self._project.auth_errors():
            client = await self._project.client()
            return _signed_in(await client.auth.sign_in_with_password({"email": email, "password": password}))

    async def sign_in_guest(self, *, address: str = "") -> SignedIn:
        """See AccountStore."""
        async with self._project.auth_errors():
            client = await self._project.client()
            return _signed_in(await client.auth.sign_in_anonymously())

    async def refresh(self, refresh_token: str, *, address: str = "") -> SignedIn:
        """See AccountStore."""
        async with self._project.auth_errors():
            client = await self._project.client()
            return _signed_in(await client.auth.refresh_session(sendable(refresh_token)))

    async def sign_out(self, reader: Reader) -> None:
        """See AccountStore; a session that has ended already is no error."""
        try:
            async with self._project.auth_errors():
                client = await self._project.client()
                await client.auth.admin.sign_out(reader.access_token, "local")
        except AuthenticationError:
            return

    async def account(self, reader: Reader) -> Account:
        """See AccountStore."""
        return _account(await self._user(reader.access_token))

    async def profile(self, reader: Reader) -> Profile:
        """See AccountStore."""
        async with self._project.history_errors():
            client = await self._project.client(reader.access_token)
            response = await client.table("profiles").select("*").eq("id", str(reader.id)).execute()
        rows: list[Any] = response.data
        return profile_from_json(rows[0] if rows else None)

    async def save_profile(self, reader: Reader, profile: Profile) -> Profile:
        """See AccountStore."""
        row = {**profile_to_json(profile), "id": str(reader.id), "updated_at": "now"}
        async with self._project.history_errors():
            client = await self._project.client(reader.access_token)
            response = await client.table("profiles").upsert(row, on_conflict="id").execute()
        rows: list[Any] = response.data
        return profile_from_json(rows[0] if rows else None)

    async def close(self) -> None:
        """See AccountStore."""
        await self._keys.close()

    async def _user(self, access_token: str) -> User:
        async with self._project.auth_errors():
            client = await self._project.client()
            response = await client.auth.get_user(access_token)
        if response is None:
            raise AuthenticationError(_ENDED)
        return response.user

    async def _upgrade(self, guest: Reader, account: NewAccount) -> SignedIn:
        """Give a guest an address and a password; a session of the new kind where no letter must be answered first."""
        async with self._project.auth_errors():
            client = await self._project.client()
            # The client wants a session to act in; the refresh token it would need much later is the reader's alone.
            current = await client.auth.set_session(guest.access_token, "none")
            if current.user is None or not current.user.is_anonymous:
                raise AccountExistsError("This guest has an account already.")
            changed = await client.auth.update_user(
                {"email": account.email, "password": account.password, "data": _metadata(account)}
            )
        if account.profile is not None:
            await self.save_profile(guest, account.profile)
        if changed.user.is_anonymous or not changed.user.email:
            return SignedIn(_account(changed.user), None)
        return await self.sign_in(account.email, account.password)


def _metadata(account: NewAccount) -> dict[str, Any]:
    if account.profile is None:
        return {}
    fields = profile_to_json(account.profile)
    name = fields.pop("name")
    return {"name": name, "profile": fields} if name else {"profile": fields}


def _account(user: User) -> Account:
    name = user.user_metadata.get("name")
    return Account(UUID(user.id), user.email or None, bool(user.is_anonymous), name if isinstance(name, str) else None)


def _signed_in(response: AuthResponse) -> SignedIn:
    if response.user is None:
        raise StorageUnavailableError(AUTH_AWAY)
    session = response.session
    return SignedIn(_account(response.user), None if session is None else _session(session))


def _session(session: SupabaseSession) -> Session:
    if session.expires_at is None:
        raise StorageUnavailableError(AUTH_AWAY)
    return Session(session.access_token, session.refresh_token, session.expires_at)
