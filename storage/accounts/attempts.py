"""Slowing down those who guess passwords: per account and address, per address, and per account from anywhere."""

import hashlib
import sqlite3
import time

from storage.errors import TooManyRequestsError

FORGOTTEN_AFTER_SECONDS = 15 * 60

# Failures that are free, and the longest wait in seconds after more of them; the wait doubles with each failure.
# An account from anywhere waits least, so that a stranger cannot lock its owner out for long.
_PAIR, _ADDRESS, _ACCOUNT = (5, 300), (30, 300), (50, 30)


def begin_attempt(db: sqlite3.Connection, email: str, address: str) -> None:
    """Count an attempt as failed until it succeeds, so that many at once cannot slip through.

    Raises TooManyRequestsError, and counts nothing, when it is too early for another one.
    """
    now = time.time()
    wait = 0.0
    for key, (free, longest) in _keys(email, address).items():
        row = db.execute("SELECT failures, failed_at FROM failed_attempts WHERE key = ?", (key,)).fetchone()
        if row is not None and row["failures"] >= free and now - row["failed_at"] < FORGOTTEN_AFTER_SECONDS:
            pause = min(longest, 2.0 ** min(row["failures"] - free, 20))
            wait = max(wait, row["failed_at"] + pause - now)
    if wait > 0:
        raise TooManyRequestsError("Too many attempts to sign in. Please wait a little.", int(wait) + 1)
    db.execute("DELETE FROM failed_attempts WHERE failed_at < ?", (now - FORGOTTEN_AFTER_SECONDS,))
    db.executemany(
        """
        INSERT INTO failed_attempts (key, failures, failed_at) VALUES (?, 1, ?)
        ON CONFLICT (key) DO UPDATE SET failures = failures + 1, failed_at = excluded.failed_at
        """,
        [(key, now) for key in _keys(email, address)],
    )


def attempt_succeeded(db: sqlite3.Connection, email: str, address: str) -> None:
    """Clear the account's count, and of the address's this attempt alone: one may own an account and guess others."""
    for key, limits in _keys(email, address).items():
        if limits is _ADDRESS:
            db.execute("UPDATE failed_attempts SET failures = failures - 1 WHERE key = ?", (key,))
        else:
            db.execute("DELETE FROM failed_attempts WHERE key = ?", (key,))


def _keys(email: str, address: str) -> dict[str, tuple[int, int]]:
    """Hashed, so that the file names nobody who only tried."""
    keys = {_key("account", email): _ACCOUNT, _key("pair", email, address): _PAIR}
    if address:
        keys[_key("address", address)] = _ADDRESS
    return keys


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
