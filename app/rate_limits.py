"""Rate limits: questions and model tokens per reader, per address and in total, and open streams per reader.

Counted by the `limits` library, in memory or, if REDIS_URL is set, in Redis for all processes and machines. Limited by
default are the questions, searches and streams of one reader and of one address, and new accounts from one address;
limits in total depend on the deployment and are off. Readers without a token are counted by their address.
"""

import logging
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from app.settings import OFF, AppSettings
from storage.accounts.reader import Reader
from storage.errors import TooManyRequestsError
from storage.running_answers.store import KEEP_SECONDS

logger = logging.getLogger(__name__)

REDIS_SECONDS = 2.0
FORGET_EVERY_SECONDS = 10.0  # expired counts are removed: until then they take memory, without effect
SET_BACK_SECONDS = 2.0
Kind = Literal["questions", "searches", "tokens"]
_REQUEST = "bookrag/request/"
TOO_MANY = "You have asked a lot in a short time. Please wait a moment."
_UNCOUNTED = "The counts of %s are unavailable (%s): one passes without a limit"


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str  # the policy's name, in the headers
    item: RateLimitItem
    whom: str


@dataclass(frozen=True, slots=True)
class Asker:
    """The reader or the address that a question is counted for."""

    reader: Reader | None
    address: str

    @property
    def name(self) -> str:
        """The reader, or the address if there is no token."""
        return f"reader:{self.reader.id}" if self.reader else f"address:{self.address}"

    @property
    def counted(self) -> str:
        """The key for the limits of one reader."""
        return str(self.reader.id) if self.reader else self.address


class ClockShift:
    """How far the time of day was moved since this object was created: by hand, by NTP or by a virtual machine.

    Compares it with the monotonic clock, which cannot be set.
    """

    def __init__(self) -> None:
        self._begun = _ahead()

    def seconds(self) -> float:
        """The seconds by which the time of day was moved; negative if it was set back."""
        return _ahead() - self._begun


def _ahead() -> float:
    return time.time() - time.monotonic()


class MemoryCounts(MemoryStorage):
    """The library's counts in memory, cleared of expired ones now and then, on the event loop.

    The stock storage searches the counts of all readers and addresses at each counted request, in a thread for each: a
    question took 1.4 ms of CPU for that from a single address, and 107 ms while a thousand were known.
    """

    def __init__(self, every_seconds: float = FORGET_EVERY_SECONDS) -> None:
        super().__init__()
        self._every_seconds = every_seconds
        self._forgot = time.monotonic()

    async def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - the library has no public name for it
        now = time.monotonic()
        if now < self._forgot + self._every_seconds:
            return
        self._forgot = now
        for key, entries in list(self.events.items()):
            entries[:] = [entry for entry in entries if entry.expiry > time.time()]
            if not entries:
                await self.clear(key)
        for key in list(self.expirations):
            await self.get(key)  # drops expired counts


class Limits:
    """The limits of one server process."""

    def __init__(self, settings: AppSettings, redis_url: str | None = None) -> None:
        self._storage: Storage = _redis(redis_url) if redis_url else MemoryCounts()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._settings = settings
        self._clock = ClockShift()
        self._streams: Counter[str] = Counter()

    async def question(self, asker: Asker, request: str | None = None) -> dict[str, str]:
        """Count a question and return the `RateLimit` headers of its answer; raises TooManyRequestsError.

        A repeated request is not counted again; its key identifies it among the requests of all readers.
        """
        return await self._counted("questions", asker, self._rules("tokens", asker), request)

    async def search(self, asker: Asker) -> dict[str, str]:
        """Count a search and return the `RateLimit` headers of its answer; raises TooManyRequestsError."""
        return await self._counted("searches", asker)

    async def _counted(
        self, kind: Kind, asker: Asker, tested: Sequence[_Rule] = (), request: str | None = None
    ) -> dict[str, str]:
        rules = self._rules(kind, asker)
        if not rules and not tested:
            return {}
        try:
            if request is None or await self._is_first(request):
                await self._count(rules, tested, request)
            return await self._headers(rules)
        except StorageError as error:
            logger.warning(_UNCOUNTED, kind, error.storage_error)
            return {}

    async def guest(self, address: str) -> None:
        """Count a new guest account; raises TooManyRequestsError."""
        await self._account("guests", self._settings.guests_per_address, address)

    async def sign_up(self, address: str) -> None:
        """Count a sign-up, whether or not it makes an account; raises TooManyRequestsError."""
        await self._account("sign-ups", self._settings.sign_ups_per_address, address)

    async def _account(self, kind: str, rate: str, address: str) -> None:
        if not _is_on(rate):
            return
        rule = _Rule(f"{kind}-per-address", parse(rate), address)
        try:
            full = await self._full([rule], [])
            if full is not None:
                raise TooManyRequestsError(
                    "Too many new accounts from your network. Please wait.", await self._wait(full)
                )
        except StorageError as error:
            logger.warning(_UNCOUNTED, kind, error.storage_error)

    async def _count(self, rules: list[_Rule], tested: Sequence[_Rule], request: str | None) -> None:
        """Add one to each of `rules`; raises TooManyRequestsError if one of them or of `tested` is exhausted."""
        full = await self._full(rules, tested)
        if full is None:
            return
        if request is not None:
            await self._storage.clear(_REQUEST + request)  # when it is sent again, it counts as the first
        raise TooManyRequestsError(TOO_MANY, await self._wait(full))

    async def _full(self, rules: list[_Rule], tested: Sequence[_Rule]) -> _Rule | None:
        """The rule that is exhausted; None if the question was counted."""
        if self._clock.seconds() < -SET_BACK_SECONDS:
            # Earlier counts now lie in the future, and would hold until the clock has caught up.
            self._clock = ClockShift()
            await self._storage.reset()
        for rule in rules:
            if not await self._limiter.hit(rule.item, rule.name, rule.whom):
                return rule
        for rule in tested:
            if not await self._limiter.test(rule.item, rule.name, rule.whom):
                return rule
        return None

    async def _is_first(self, request: str) -> bool:
        """Whether this request was not sent before within the time that answers are kept."""
        return await self._storage.incr(_REQUEST + request, KEEP_SECONDS) == 1

    async def tokens(self, asker: Asker, count: int) -> None:
        """Count an answer's model tokens; once they are used up, the next question is refused."""
        try:
            await self._count_tokens(asker, count)
        except StorageError as error:
            logger.warning(_UNCOUNTED, "tokens", error.storage_error)

    async def _count_tokens(self, asker: Asker, count: int) -> None:
        for rule in self._rules("tokens", asker):
            left = (await self._limiter.get_window_stats(rule.item, rule.name, rule.whom)).remaining
            await self._limiter.hit(rule.item, rule.name, rule.whom, cost=max(1, min(count, left)))

    @contextmanager
    def stream(self, asker: Asker) -> Iterator[None]:
        """Hold one of the reader's stream slots; raises TooManyRequestsError if the reader has too many streams."""
        most = self._settings.streams_per_reader
        if most and self._streams[asker.name] >= most:
            raise TooManyRequestsError("Too many answers are being written for you at once.", 5)
        self._streams[asker.name] += 1
        try:
            yield
        finally:
            self._streams[asker.name] -= 1
            if not self._streams[asker.name]:
                del self._streams[asker.name]

    def _rules(self, kind: Kind, asker: Asker) -> list[_Rule]:
        rules = []
        for whose, whom in (("per_reader", asker.counted), ("per_address", asker.address), ("in_all", "all")):
            rate: str | None = getattr(self._settings, f"{kind}_{whose}")
            if _is_on(rate):
                rules.append(_Rule(f"{kind}-{whose.replace('_', '-')}", parse(rate), whom))
        return rules

    async def _wait(self, rule: _Rule) -> int:
        """Seconds until the rule allows another request."""
        reset = (await self._limiter.get_window_stats(rule.item, rule.name, rule.whom)).reset_time
        return max(1, math.ceil(reset - time.time()))

    async def _headers(self, rules: list[_Rule]) -> dict[str, str]:
        """The headers of the IETF's RateLimit draft: each policy and its remaining quota."""
        if not rules:
            return {}
        policies, left = [], []
        for rule in rules:
            stats = await self._limiter.get_window_stats(rule.item, rule.name, rule.whom)
            policies.append(f'"{rule.name}";q={rule.item.amount};w={rule.item.get_expiry()}')
            left.append(f'"{rule.name}";r={stats.remaining};t={max(0, math.ceil(stats.reset_time - time.time()))}')
        return {"ratelimit-policy": ", ".join(policies), "ratelimit": ", ".join(left)}


def _redis(url: str) -> Storage:
    # `redispy`: the library's own default is another client, which is not installed.
    options: dict[str, Any] = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    return RedisStorage(f"async+{url}", wrap_exceptions=True, implementation="redispy", **options)


def _is_on(rate: str | None) -> TypeGuard[str]:
    return bool(rate) and rate != OFF
