"""Slows down password guessing, for local and Supabase accounts alike; the counts are in the local SQLite file.

Failures are counted for each pair of account and address, for each address, and for each account. Only the address that
guesses has to wait: a stranger who tries somebody's account does not lock out its owner, who signs in from another
address. While an account is attacked from many addresses, each further address gets fewer free attempts.
"""

import hashlib
import sqlite3
import time
from collections.abc import Sequence
from typing import NamedTuple

from storage.errors import TooManyRequestsError

FORGOTTEN_AFTER_SECONDS = 15 * 60
LONGEST_WAIT_SECONDS = 300

# Failures that cost no wait; after them the wait starts at one second and doubles with each failure.
FREE_FOR_PAIR, FREE_FOR_ADDRESS = 5, 30
# So many failures of one account, from any address, mean a distributed attack: each new address gets one free attempt.
ATTACKED_FROM, FREE_FOR_PAIR_UNDER_ATTACK = 50, 1

# Invalid refresh tokens of one address before it has to wait: several readers may share an address.
FREE_REFRESHES = 20

KNOWN_PAIR_SECONDS = 30 * 86_400

# A count dated further in the future than this was made before the clock was set back. It is ignored, or it would block
# for that long.
_SET_BACK_SECONDS = 2.0


class Budget(NamedTuple):
    """A token bucket for calls that all readers share."""

    name: str
    burst: float
    per_second: float


def begin_attempt(
    db: sqlite3.Connection, email: str, address: str, *, free_for_address: int = FREE_FOR_ADDRESS
) -> None:
    """Count an attempt as failed until it succeeds, so that many at once cannot slip through.

    Raises TooManyRequestsError, and counts nothing, if it is too early for another attempt.
    """
    now = time.time()
    pair, account, by_address = _pair(email, address), _account(email), _address(address)
    attacked = _failures(db, account, now)[0] >= ATTACKED_FROM
    free = {pair: FREE_FOR_PAIR_UNDER_ATTACK if attacked else FREE_FOR_PAIR}
    if address:
        free[by_address] = free_for_address
    wait = max(_wait(*_failures(db, key, now), allowed, now) for key, allowed in free.items())
    if wait > 0:
        raise TooManyRequestsError("Too many attempts to sign in. Please wait a little.", int(wait) + 1)
    db.execute("DELETE FROM failed_attempts WHERE failed_at < ?", (now - FORGOTTEN_AFTER_SECONDS,))
    db.executemany(
        """
        INSERT INTO failed_attempts (key, failures, failed_at) VALUES (?, 1, ?)
        ON CONFLICT (key) DO UPDATE SET failures = failures + 1, failed_at = excluded.failed_at
        """,
        [(key, now) for key in (account, *free)],
    )


def attempt_succeeded(db: sqlite3.Connection, email: str, address: str) -> None:
    """Reset the failures of this pair, and uncount this attempt for the address and for the account.

    Their other failures stay counted: an attacker may own one account and guess others, and an attack may go on while
    the owner signs in.
    """
    db.execute("DELETE FROM failed_attempts WHERE key = ?", (_pair(email, address),))
    _take_back(db, _account(email), _address(address))


def attempt_abandoned(db: sqlite3.Connection, email: str, address: str) -> None:
    """Uncount an attempt without a result, for example when the auth server did not answer."""
    _take_back(db, _pair(email, address), _account(email), _address(address))


def begin_refresh(db: sqlite3.Connection, address: str) -> None:
    """Count a refresh as failed until `end_refresh`; raises TooManyRequestsError after too many from one address."""
    if not address:
        return
    now, key = time.time(), _key("refresh", address)
    failures, failed_at = _failures(db, key, now)
    wait = _wait(failures, failed_at, FREE_REFRESHES, now)
    if wait > 0:
        raise TooManyRequestsError("Too many attempts. Please wait a little.", int(wait) + 1)
    db.execute(
        "INSERT OR REPLACE INTO failed_attempts (key, failures, failed_at) VALUES (?, ?, ?)", (key, failures + 1, now)
    )


def end_refresh(db: sqlite3.Connection, address: str) -> None:
    """Uncount a refresh that succeeded, or that failed for a reason other than its token."""
    _take_back(db, _key("refresh", address))


def begin_letter(db: sqlite3.Connection, seconds: float, whose: Sequence[str]) -> None:
    """Count an e-mail for each of `whose`; raises TooManyRequestsError if the last one was less than `seconds` ago."""
    now = time.time()
    keys = [_key("letter", each) for each in whose]
    wait = max((_time(db, key) + seconds - now for key in keys), default=0.0)
    if 0 < wait <= seconds + _SET_BACK_SECONDS:
        raise TooManyRequestsError("Too many attempts. Please wait a little.", int(wait) + 1)
    end_letter(db, whose, sent=True)


def end_letter(db: sqlite3.Connection, whose: Sequence[str], *, sent: bool) -> None:
    """Record that the e-mails counted by `begin_letter` were sent now, or that none was sent."""
    for key in (_key("letter", each) for each in whose):
        if sent:
            _set_time(db, key, time.time())
        else:
            db.execute("DELETE FROM failed_attempts WHERE key = ?", (key,))


def remember_pair(db: sqlite3.Connection, email: str, address: str) -> None:
    """Remember for weeks that this account has signed in from this address."""
    if address:
        _set_time(db, _key("known", email, address), time.time() + KNOWN_PAIR_SECONDS)


def is_known_pair(db: sqlite3.Connection, email: str, address: str) -> bool:
    """Whether this account has signed in from this address in the last weeks."""
    return _time(db, _key("known", email, address)) > time.time()


def spend(db: sqlite3.Connection, budget: Budget) -> None:
    """Take one call from a budget that all readers share; raises TooManyRequestsError if none is left.

    The bucket's level is kept as the time at which it will be full again.
    """
    now = time.time()
    key = _key("budget", *map(str, budget))  # another rate begins with a full bucket
    known = _time(db, key)
    if known > now + budget.burst / budget.per_second + _SET_BACK_SECONDS:
        known = now
    full_at = max(now, known) + 1 / budget.per_second
    wait = full_at - now - budget.burst / budget.per_second
    if wait > 1e-6:
        raise TooManyRequestsError("Too many people are signing in just now. Please wait a little.", int(wait) + 1)
    _set_time(db, key, full_at)


def _time(db: sqlite3.Connection, key: str) -> float:
    """The time that was kept for a key; 0 if there is none."""
    row = db.execute("SELECT failed_at FROM failed_attempts WHERE key = ?", (key,)).fetchone()
    return float(row["failed_at"]) if row else 0.0


def _set_time(db: sqlite3.Connection, key: str, at: float) -> None:
    db.execute("INSERT OR REPLACE INTO failed_attempts (key, failures, failed_at) VALUES (?, 0, ?)", (key, at))


def _failures(db: sqlite3.Connection, key: str, now: float) -> tuple[int, float]:
    """How often this failed recently, and when it last did."""
    row = db.execute("SELECT failures, failed_at FROM failed_attempts WHERE key = ?", (key,)).fetchone()
    if row is None or not -_SET_BACK_SECONDS <= now - row["failed_at"] < FORGOTTEN_AFTER_SECONDS:
        return 0, 0.0
    return row["failures"], row["failed_at"]


def _wait(failures: int, failed_at: float, free: int, now: float) -> float:
    if failures < free:
        return 0.0
    return failed_at + min(LONGEST_WAIT_SECONDS, 2.0 ** min(failures - free, 20)) - now


def _take_back(db: sqlite3.Connection, *keys: str) -> None:
    db.executemany("UPDATE failed_attempts SET failures = max(0, failures - 1) WHERE key = ?", [(key,) for key in keys])


def _pair(email: str, address: str) -> str:
    return _key("pair", email, address)


def _account(email: str) -> str:
    return _key("account", email)


def _address(address: str) -> str:
    return _key("address", address)


def _key(*parts: str) -> str:
    """Hashed, so that the file does not reveal which accounts were tried."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
