"""Readers without a token are counted by address, behind a trusted proxy by the reader's own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from limits import parse
from limits.aio.strategies import MovingWindowRateLimiter

from app.rate_limits import MemoryCounts
from app.settings import AppSettings
from tests.gemini_server import GeminiServer, Reply
from tests.serving import serving

QUESTION = "What is the zero moment point?"
SLOW = Reply(chunks=("word ",) * 30, pace_seconds=0.1)


def ask(url: str, address: str | None = None) -> httpx.Response:
    headers = {"x-forwarded-for": address} if address else {}
    return httpx.post(f"{url}/api/chat", json={"message": QUESTION}, headers=headers, timeout=60)


def test_questions_without_a_token_are_counted_by_address(data_dir: Path) -> None:
    limits = AppSettings(questions_per_reader="2/hour", questions_per_address="off", _env_file=None)
    with serving(data_dir, app=limits) as served:
        assert [ask(served.url, "203.0.113.7").status_code for _ in range(3)] == [200, 200, 429]
        same_network = ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3:4:5:6"]
        assert [ask(served.url, address).status_code for address in same_network] == [200, 200, 429]
        assert ask(served.url, "203.0.113.8").status_code == 200


def test_an_address_that_no_trusted_proxy_tells_is_not_believed(data_dir: Path) -> None:
    limits = AppSettings(questions_per_reader="2/hour", trusted_proxies="192.0.2.1", _env_file=None)
    with serving(data_dir, app=limits) as served:
        assert [ask(served.url, f"203.0.113.{n}").status_code for n in range(3)] == [200, 200, 429]


def test_answers_at_once_without_a_token_are_counted_by_address(data_dir: Path) -> None:
    limits = AppSettings(streams_per_reader=2, _env_file=None)
    with (
        GeminiServer(SLOW) as gemini,
        serving(data_dir, gemini_url=gemini.url, app=limits) as served,
        ThreadPoolExecutor(5) as pool,
    ):
        asked = [pool.submit(ask, served.url, "203.0.113.7") for _ in range(4)]
        elsewhere = pool.submit(ask, served.url, "203.0.113.8")
        assert sorted(answer.result().status_code for answer in asked) == [200, 200, 429, 429]
        assert elsewhere.result().status_code == 200


def test_new_guests_have_no_more_than_their_address(data_dir: Path) -> None:
    limits = AppSettings(questions_per_reader="2/hour", questions_per_address="3/hour", _env_file=None)
    with serving(data_dir, app=limits) as served:
        statuses = []
        for _ in range(4):
            session = httpx.post(f"{served.url}/api/auth/guest").json()["session"]
            headers = {"authorization": f"Bearer {session['access_token']}"}
            answer = httpx.post(f"{served.url}/api/chat", json={"message": QUESTION}, headers=headers, timeout=60)
            statuses.append(answer.status_code)
    assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize("name", ["questions_per_reader", "questions_per_address", "searches_per_reader"])
def test_limits_are_on_by_default_and_can_be_turned_off(data_dir: Path, name: str) -> None:
    assert getattr(AppSettings(_env_file=None), name)
    every = ("questions_per_reader", "questions_per_address", "searches_per_reader", "searches_per_address")
    unlimited = AppSettings.model_validate(dict.fromkeys(every, "off"))
    with serving(data_dir, app=unlimited) as served:
        assert "ratelimit" not in ask(served.url).headers


def test_what_has_expired_is_forgotten() -> None:
    async def known_after(seconds: float, *, every_seconds: float) -> int:
        counts = MemoryCounts(every_seconds)
        limiter = MovingWindowRateLimiter(counts)
        for number in range(3):
            assert await limiter.hit(parse("5/second"), "questions", f"203.0.113.{number}")
        await counts.incr("a request", 1)
        await asyncio.sleep(seconds)
        assert await limiter.hit(parse("5/second"), "questions", "203.0.113.0")
        return len(counts.events) + sum(map(len, counts.events.values())) + len(counts.storage)

    assert asyncio.run(known_after(1.1, every_seconds=1.0)) == 2  # the newest address, once
    assert asyncio.run(known_after(0.0, every_seconds=1.0)) == 3 + 4 + 1
    assert asyncio.run(known_after(1.1, every_seconds=60.0)) == 3 + 4 + 1


def test_what_has_expired_counts_for_nothing_before_it_is_forgotten() -> None:
    async def counted() -> list[bool]:
        limiter = MovingWindowRateLimiter(MemoryCounts(every_seconds=60.0))
        first = [await limiter.hit(parse("2/second"), "203.0.113.7") for _ in range(3)]
        await asyncio.sleep(1.1)
        return [*first, *[await limiter.hit(parse("2/second"), "203.0.113.7") for _ in range(3)]]

    assert asyncio.run(counted()) == [True, True, False] * 2


def test_counting_a_question_starts_no_thread_for_each_address() -> None:
    async def threads() -> int:
        counts = MemoryCounts(every_seconds=0.0)
        limiter = MovingWindowRateLimiter(counts)
        for number in range(20):
            await limiter.hit(parse("5/minute"), f"203.0.113.{number}")
            await asyncio.sleep(0)
        return len(getattr(asyncio.get_running_loop()._default_executor, "_threads", ()))  # type: ignore[attr-defined]

    assert asyncio.run(threads()) == 0
