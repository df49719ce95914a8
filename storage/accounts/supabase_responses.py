"""Converts Supabase Auth's responses to our types, and our values to its parameters; called by `supabase_store`."""

import logging
import time
from typing import Any
from uuid import UUID, uuid4

from supabase_auth.types import AuthResponse, User
from supabase_auth.types import Session as SupabaseSession

from storage.accounts.reader import Profile, Reader, profile_to_json
from storage.accounts.store import Account, NewAccount, Session, SignedIn
from storage.accounts.tokens import MAX_TOKEN_CHARACTERS
from storage.errors import StorageUnavailableError, WeakPasswordError
from storage.supabase_errors import AUTH_AWAY

logger = logging.getLogger(__name__)

MAX_PASSWORD_BYTES = 72  # bcrypt, with which Auth hashes, reads no more


def require_same(user: User, reader: Reader) -> None:
    """Raise StorageUnavailableError if the response is for another reader, as a cache before Auth may give it."""
    if user.id != str(reader.id):
        logger.error("Supabase Auth, or a cache before it, answered with another user than the token's")
        raise StorageUnavailableError(AUTH_AWAY)


def check_password(password: str) -> None:
    """Raise WeakPasswordError for a password that is empty or that Auth would cut."""
    if not password:
        raise WeakPasswordError("A password is needed.")
    if len(password.encode()) > MAX_PASSWORD_BYTES:
        raise WeakPasswordError(f"A password may have {MAX_PASSWORD_BYTES} bytes in UTF-8 at most.")


def user_metadata(profile: Profile | None) -> dict[str, Any]:
    """The metadata of a new user: the name stays in it, a trigger on `auth.users` moves the profile out."""
    if profile is None:
        return {}
    fields = {name: value for name, value in profile_to_json(profile).items() if value not in (None, [])}
    name = fields.pop("name", None)
    return ({"name": name} if name else {}) | ({"profile": fields} if fields else {})


def waiting_for_letter(account: NewAccount) -> SignedIn:
    """The response to a sign-up that waits for its e-mail, or seems to: it reveals nothing of the account itself."""
    name = account.profile.name if account.profile else None
    return SignedIn(Account(uuid4(), account.email, False, name), None)


def account_of(user: User) -> Account:
    """A user of Auth as an account; raises StorageUnavailableError for one without a UUID."""
    name = user.user_metadata.get("name")
    try:
        user_id = UUID(user.id)
    except ValueError:
        raise StorageUnavailableError(AUTH_AWAY) from None
    return Account(user_id, user.email or None, bool(user.is_anonymous), name if isinstance(name, str) else None)


def signed_in(response: AuthResponse) -> SignedIn:
    """The account, and the session if Auth gave one; raises StorageUnavailableError for an incomplete response."""
    if response.user is None:
        raise StorageUnavailableError(AUTH_AWAY)
    session = response.session
    return SignedIn(account_of(response.user), None if session is None else _session(session))


def _session(session: SupabaseSession) -> Session:
    if session.expires_at is None:
        raise StorageUnavailableError(AUTH_AWAY)
    if session.expires_at <= time.time():
        logger.error(
            "Supabase Auth made a session that has expired by this machine's clock: one of the two clocks is wrong, "
            "and its tokens are refused"
        )
    if len(session.access_token) > MAX_TOKEN_CHARACTERS:
        logger.error(
            "Supabase Auth made a token of %d characters, and those above %d are refused: shorten the user's metadata, "
            "or what an access-token hook adds",
            len(session.access_token),
            MAX_TOKEN_CHARACTERS,
        )
    return Session(session.access_token, session.refresh_token, session.expires_at)
