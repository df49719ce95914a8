"""Users, sessions and profiles in SQLite, statement by statement; `sqlite_store` runs each within one transaction."""

import hashlib
import json
import secrets
import sqlite3
import time
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from storage.accounts.reader import Profile, profile_from_json, profile_to_json
from storage.accounts.signing import ACCESS_TOKEN_SECONDS
from storage.accounts.store import Account
from storage.errors import (
    ACCOUNT_EXISTS,
    ACCOUNT_GONE,
    BAD_CREDENTIALS,
    SIGN_IN_AGAIN,
    AccountExistsError,
    AuthenticationError,
    CredentialsError,
)
from storage.sqlite import time_text

UNUSED_GUEST_SECONDS = 24 * 3_600  # for guests who never asked anything nor came back: they have nothing to lose
PURGED_AT_ONCE = 500
REFRESH_TOKEN_SECONDS = 30 * 24 * 3_600  # a reader who comes once a month stays signed in


class Renewal(NamedTuple):
    """A session's account, id and next refresh token."""

    account: Account
    session_id: str
    refresh_token: str


class StoredPassword(NamedTuple):
    """Whose password, and its hash."""

    user_id: UUID
    password_hash: str | None


class ListedUser(NamedTuple):
    """An account as the operator sees it; `created_at` in UTC, as ISO 8601 writes it."""

    id: UUID
    email: str
    created_at: str
    conversations: int


def add_user(
    db: sqlite3.Connection,
    *,
    user_id: UUID,
    email: str | None,
    password_hash: str | None,
    profile: Profile | None,
    is_upgrade: bool = False,
) -> Account:
    """Create an account, or give a guest's account an address; raises AccountExistsError."""
    taken = email and db.execute("SELECT 1 FROM users WHERE email = ?", (email,)).fetchone()
    if taken:
        raise AccountExistsError(ACCOUNT_EXISTS)
    if is_upgrade:
        upgrade = "UPDATE users SET email = ?, password_hash = ? WHERE id = ? AND email IS NULL"
        if not db.execute(upgrade, (email, password_hash, str(user_id))).rowcount:
            raise AccountExistsError("This guest has an account already, or is no longer there.")
    else:
        db.execute(
            "INSERT INTO users (id, email, password_hash, created_at) VALUES (?, ?, ?, ?)",
            (str(user_id), email, password_hash, time_text()),
        )
    if profile is not None:
        save_profile(db, user_id, profile)
    return find_account(db, user_id)


def find_account(db: sqlite3.Connection, user_id: UUID) -> Account:
    """The account; raises AuthenticationError when it was deleted."""
    row = db.execute("SELECT email FROM users WHERE id = ?", (str(user_id),)).fetchone()
    if row is None:
        raise AuthenticationError(ACCOUNT_GONE)
    return Account(user_id, row["email"], row["email"] is None, find_profile(db, user_id).name)


def find_password(db: sqlite3.Connection, email: str) -> StoredPassword | None:
    """The password's hash and its owner, None for an unknown address."""
    row = db.execute("SELECT id, password_hash FROM users WHERE email = ?", (email,)).fetchone()
    return StoredPassword(UUID(row["id"]), row["password_hash"]) if row else None


def find_profile(db: sqlite3.Connection, user_id: UUID) -> Profile:
    """A user's profile, an empty one when none was saved."""
    row = db.execute("SELECT profile FROM profiles WHERE user_id = ?", (str(user_id),)).fetchone()
    return profile_from_json(json.loads(row["profile"]) if row else None)


def save_profile(db: sqlite3.Connection, user_id: UUID, profile: Profile) -> Profile:
    """The profile as it was saved."""
    row = profile_to_json(profile)
    try:
        db.execute(
            """
            INSERT INTO profiles (user_id, profile) VALUES (?, ?)
            ON CONFLICT (user_id) DO UPDATE SET profile = excluded.profile
            """,
            (str(user_id), json.dumps(row)),
        )
    except sqlite3.IntegrityError as exc:  # the foreign key: a token outlived its account
        raise AuthenticationError(ACCOUNT_GONE) from exc
    return profile_from_json(row)


def start_session(db: sqlite3.Connection, account: Account) -> Renewal:
    """A new session of an account."""
    session_id = str(uuid4())
    db.execute(
        """
        DELETE FROM sessions WHERE user_id = ?
            AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE session_id = sessions.id AND expires_at > ?)
        """,
        (str(account.id), int(time.time())),
    )
    db.execute(
        "INSERT INTO sessions (id, user_id, created_at) VALUES (?, ?, ?)",
        (session_id, str(account.id), time_text()),
    )
    return Renewal(account, session_id, _issue(db, session_id))


def rotate(db: sqlite3.Connection, token: str) -> Renewal | None:
    """The session's next refresh token; None if this one is unknown, expired or used. A used one ends the session."""
    row = db.execute(
        """
        SELECT session_id, user_id, used, expires_at FROM refresh_tokens JOIN sessions ON sessions.id = session_id
        WHERE hash = ?
        """,
        (_hash(token),),
    ).fetchone()
    if row is None or row["expires_at"] < time.time():
        return None
    if row["used"]:
        db.execute("DELETE FROM sessions WHERE id = ?", (row["session_id"],))
        return None
    db.execute("UPDATE refresh_tokens SET used = 1 WHERE hash = ?", (_hash(token),))
    account = find_account(db, UUID(row["user_id"]))
    return Renewal(account, row["session_id"], _issue(db, row["session_id"]))


def session_exists(db: sqlite3.Connection, session_id: str | None) -> bool:
    """Whether a session exists and has not ended."""
    return db.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)).fetchone() is not None


def session_started(db: sqlite3.Connection, session_id: str | None) -> float | None:
    """When a session was started, in seconds since 1970, however often it was refreshed; None where it has ended."""
    row = db.execute("SELECT created_at FROM sessions WHERE id = ?", (session_id,)).fetchone()
    return datetime.fromisoformat(row["created_at"]).timestamp() if row else None


def require_password(db: sqlite3.Connection, user_id: UUID, password_hash: str | None) -> None:
    """Raise CredentialsError if the password was changed since it was compared with this hash."""
    row = db.execute("SELECT password_hash FROM users WHERE id = ?", (str(user_id),)).fetchone()
    if row is None or row["password_hash"] != password_hash:
        raise CredentialsError(BAD_CREDENTIALS)


def set_password(db: sqlite3.Connection, user_id: UUID, password_hash: str, but: str | None) -> None:
    """Replace a password and end all sessions except `but`.

    Raises AuthenticationError if the account was deleted, or if another change ended the session `but`.
    """
    if but is not None and not session_exists(db, but):
        raise AuthenticationError(SIGN_IN_AGAIN)
    update = "UPDATE users SET password_hash = ? WHERE id = ?"
    if not db.execute(update, (password_hash, str(user_id))).rowcount:
        raise AuthenticationError(ACCOUNT_GONE)
    db.execute("DELETE FROM sessions WHERE user_id = ? AND id IS NOT ?", (str(user_id), but))


def delete_user(db: sqlite3.Connection, user_id: UUID) -> None:
    """Delete a user; sessions, profile and conversations are deleted by cascade."""
    db.execute("DELETE FROM users WHERE id = ?", (str(user_id),))


def list_users(db: sqlite3.Connection, search: str) -> list[ListedUser]:
    """The accounts with an address, newest first."""
    rows = db.execute(
        """
        SELECT id, email, created_at, (SELECT count(*) FROM conversations WHERE user_id = users.id) AS conversations
        FROM users WHERE email IS NOT NULL AND instr(email, ?) ORDER BY created_at DESC
        """,
        (search.strip().lower(),),
    )
    return [ListedUser(UUID(row["id"]), row["email"], row["created_at"], row["conversations"]) for row in rows]


def end_session(db: sqlite3.Connection, token: str) -> bool:
    """End the session of a refresh token, used or not; False where there is none."""
    delete = "DELETE FROM sessions WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = ?)"
    return db.execute(delete, (_hash(token),)).rowcount > 0


def delete_idle_guests(db: sqlite3.Connection) -> int:
    """Delete guests who are gone, with their conversations, at most `PURGED_AT_ONCE`; returns how many were deleted.

    A guest is gone whose tokens have all expired, or who asked nothing and did not come back within a day.
    """
    unused_since = time_text(timedelta(seconds=UNUSED_GUEST_SECONDS))
    access_ended = time_text(timedelta(seconds=ACCESS_TOKEN_SECONDS))
    deleted = db.execute(
        """
        DELETE FROM users WHERE id IN (
            SELECT users.id FROM users
            WHERE email IS NULL AND users.created_at < :access_ended
                AND (
                    NOT EXISTS (
                        SELECT 1 FROM sessions JOIN refresh_tokens ON session_id = sessions.id
                        WHERE user_id = users.id AND expires_at > :now)
                    OR (
                        users.created_at < :unused_since
                        AND NOT EXISTS (SELECT 1 FROM conversations WHERE user_id = users.id)
                        AND NOT EXISTS (SELECT 1 FROM profiles WHERE user_id = users.id)
                        AND NOT EXISTS (
                            SELECT 1 FROM sessions JOIN refresh_tokens ON session_id = sessions.id
                            WHERE user_id = users.id AND used)))
            LIMIT :at_once)
        """,
        {
            "access_ended": access_ended,
            "unused_since": unused_since,
            "now": int(time.time()),
            "at_once": PURGED_AT_ONCE,
        },
    )
    return deleted.rowcount


def _issue(db: sqlite3.Connection, session_id: str) -> str:
    token = secrets.token_urlsafe(32)
    now = int(time.time())
    db.execute("DELETE FROM refresh_tokens WHERE session_id = ? AND expires_at < ?", (session_id, now))
    db.execute(
        "INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, ?)",
        (_hash(token), session_id, now + REFRESH_TOKEN_SECONDS),
    )
    return token


def _hash(token: str) -> str:
    """Without salt: a token is 256 random bits, not a password."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
