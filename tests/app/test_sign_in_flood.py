"""Hundreds of sign-ins a minute: most are refused at once, nobody waits for them, no log holds what was tried."""

import asyncio
import logging
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from app.settings import AppSettings
from storage.errors import CredentialsError
from storage.reader_stores import ReaderStores
from tests.reader_stores import PASSWORD, sign_up
from tests.serving import Served, serving

EMAIL = "ada.lovelace@book.example"
AT_ONCE = 40


@pytest.mark.parametrize("tried", [200, pytest.param(1_000, marks=pytest.mark.exhaustive)])
async def test_many_sign_ins_are_limited_and_hold_nobody_up(
    data_dir: Path, caplog: pytest.LogCaptureFixture, tried: int
) -> None:
    caplog.set_level(logging.WARNING, "httpcore")  # the test's own client
    caplog.set_level(logging.DEBUG)  # the last call sets the level of what is kept
    with serving(data_dir, app=AppSettings(log_level="DEBUG", _env_file=None)) as served:
        account = {"email": EMAIL, "password": PASSWORD}
        async with httpx.AsyncClient(base_url=served.url) as client:
            session = (await client.post("/api/auth/signup", json=account)).json()["session"]
        over = asyncio.Event()
        waiting = asyncio.create_task(slowest_of_others(served, over))
        answers = await attempts(served, tried)
        over.set()
        slowest = await waiting
    statuses = Counter((answer.status_code, answer.json()["error"]["code"]) for answer in answers)
    assert statuses.keys() == {(401, "invalid_credentials"), (429, "too_many_requests")}
    assert statuses[401, "invalid_credentials"] <= 40  # 30 that are free, and one after each doubled pause
    assert all(0 < int(answer.headers["retry-after"]) <= 300 for answer in answers if answer.status_code == 429)
    assert slowest < 3, "another request waited for the sign-ins"
    assert caplog.records
    for secret in (EMAIL, "ada.lovelace", PASSWORD, "guess-", session["access_token"], session["refresh_token"]):
        assert secret not in caplog.text


async def attempts(served: Served, tried: int) -> list[httpx.Response]:
    """Half of them at one account, half at accounts that are not there."""
    slots = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(base_url=served.url, timeout=60) as client:

        async def attempt(number: int) -> httpx.Response:
            email = EMAIL if number % 2 else f"guess-{number}@book.example"
            async with slots:
                return await client.post("/api/auth/signin", json={"email": email, "password": f"guess-{number}"})

        return await asyncio.gather(*(attempt(number) for number in range(tried)))


async def slowest_of_others(served: Served, over: asyncio.Event) -> float:
    """Seconds of the slowest of many other requests meanwhile."""
    slowest = 0.0
    async with httpx.AsyncClient(base_url=served.url, timeout=60) as client:
        while not over.is_set():
            started = time.monotonic()
            assert (await client.get("/healthz")).status_code == 200
            slowest = max(slowest, time.monotonic() - started)
            await asyncio.sleep(0.05)
    return slowest


async def test_passwords_are_hashed_off_the_event_loop(local_stores: ReaderStores) -> None:
    await sign_up(local_stores, EMAIL)

    async def attempt(number: int) -> None:
        email = EMAIL if number % 2 else "nobody@book.example"
        with pytest.raises(CredentialsError):
            await local_stores.accounts.sign_in(email, "a wrong password", address=f"192.0.2.{number}")

    loop, everything = time.thread_time(), time.process_time()
    for first in range(0, 40, 8):  # few at a time: who waits for ten seconds is refused, and a busy machine is slow
        await asyncio.gather(*(attempt(number) for number in range(first, first + 8)))
    loop, everything = time.thread_time() - loop, time.process_time() - everything
    assert everything > 40 * 0.005  # each hash costs milliseconds by design
    assert loop < everything / 3
