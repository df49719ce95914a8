"""Users, sessions and profiles in SQLite, statement by statement; `local` runs these within one transaction each."""

import hashlib
import json
import secrets
import sqlite3
import time
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from storage.accounts.profiles import profile_from_json, profile_to_json
from storage.accounts.reader import Profile
from storage.accounts.store import Account
from storage.errors import AccountExistsError, AuthenticationError

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


def add_user(
    db: sqlite3.Connection,
    *,
    user_id: UUID,
    email: str | None,
    password_hash: str | None,
    profile: Profile | None,
    is_upgrade: bool = False,
) -> Account:
    """The account: a new one, or a guest's with an address from now on; raises AccountExistsError."""
    taken = email and db.execute("SELECT 1 FROM users WHERE email = ?", (email,)).fetchone()
    if taken:
        raise AccountExistsError("There is an account with this e-mail address already.")
    if is_upgrade:
        upgrade = "UPDATE users SET email = ?, password_hash = ? WHERE id = ? AND email IS NULL"
        if not db.execute(upgrade, (email, password_hash, str(user_id))).rowcount:
            raise AccountExistsError("This guest has an account already, or is no longer there.")
    else:
        db.execute(
            "INSERT INTO users (id, email, password_hash, created_at) VALUES (?, ?, ?, ?)",
            (str(user_id), email, password_hash, datetime.now(UTC).isoformat(timespec="microseconds")),
        )
    if profile is not None:
        save_profile(db, user_id, profile)
    return find_account(db, user_id)


def find_account(db: sqlite3.Connection, user_id: UUID) -> Account:
    """The account; raises AuthenticationError when it was deleted."""
    row = db.execute("SELECT email FROM users WHERE id = ?", (str(user_id),)).fetchone()
    if row is None:
        raise AuthenticationError("This account is no longer there.")
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
    try:
        db.execute(
            """
            INSERT INTO profiles (user_id, profile) VALUES (?, ?)
            ON CONFLICT (user_id) DO UPDATE SET profile = excluded.profile
            """,
            (str(user_id), json.dumps(profile_to_json(profile))),
        )
    except sqlite3.IntegrityError as exc:  # the foreign key: a token outlived its account
        raise AuthenticationError("This account is no longer there.") from exc
    return profile


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
        (session_id, str(account.id), datetime.now(UTC).isoformat(timespec="microseconds")),
    )
    return Renewal(account, session_id, _issue(db, session_id))


def rotate(db: sqlite3.Connection, token: str) -> Renewal | None:
    """The session's next refresh token; None for one that is unknown, expired or used; a used one ends the session."""
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
