"""Requests that come byte by byte: head and body have a time limit each, and nobody else waits for them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from app.header_timeout import HeaderTimeoutProtocol
from app.settings import AppSettings
from tests.serving import Served, copied, serving


class QuickProtocol(HeaderTimeoutProtocol):
    """The same, in less time."""

    head_seconds = 0.5


@asynccontextmanager
async def a_server() -> AsyncIterator[int]:
    """The port of a server that greets."""
    app = PlainTextResponse("hello")
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none", http=QuickProtocol)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running


async def sent_slowly(port: int, *pieces: bytes, pause: float = 0.2) -> bytes:
    """What comes back for pieces that are sent one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = asyncio.create_task(reader.read())
    for piece in pieces:
        if received.done():
            break
        writer.write(piece)
        await asyncio.sleep(pause)
    writer.close()
    return await asyncio.wait_for(received, 10)


HEAD = b"GET / HTTP/1.1\r\nhost: x\r\n"


async def test_a_head_that_trickles_in_is_408() -> None:
    async with a_server() as port:
        answer = await sent_slowly(port, HEAD, *(b"x-%d: y\r\n" % n for n in range(60)))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head
    assert body.startswith(b'{"error":{"code":"request_timeout","message":"')


@pytest.mark.parametrize("pieces", [[b""] * 60, [b"\r\n"] * 60], ids=["nothing", "empty lines"])
async def test_a_connection_that_says_nothing_is_closed(pieces: list[bytes]) -> None:
    async with a_server() as port:
        assert await sent_slowly(port, *pieces) == b""


async def test_a_second_head_on_a_connection_has_its_limit_too() -> None:
    async with a_server() as port:
        answer = await sent_slowly(port, HEAD + b"\r\n", HEAD, *(b"x-%d: y\r\n" % n for n in range(60)))
    assert answer.count(b"HTTP/1.1 200 ") == 1
    assert answer.count(b"HTTP/1.1 408 ") == 1


async def test_a_connection_is_kept_and_used_again() -> None:
    async with a_server() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(3):
            assert (await client.get("/")).text == "hello"
            await asyncio.sleep(0.7)  # longer than a head may take
        pieces = [*(HEAD[at : at + 5] for at in range(0, len(HEAD), 5)), b"\r\n"]
        assert b"hello" in await sent_slowly(port, *pieces, b"", pause=0.01)


@pytest.fixture(scope="module")
def served(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data_dir = copied(small_index, tmp_path_factory.mktemp("slow"))
    with serving(data_dir, app=AppSettings(body_seconds=0.5, _env_file=None)) as running:
        yield running


@pytest.mark.parametrize("path", ["/api/chat", "/api/auth/signin"])
async def test_a_body_that_trickles_in_is_408_and_holds_nobody_up(served: Served, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n"
    port = int(served.url.rsplit(":", 1)[1])
    slow = asyncio.create_task(sent_slowly(port, head.encode(), *([b" "] * 60)))
    async with httpx.AsyncClient(base_url=served.url) as client:
        assert (await client.get("/healthz")).status_code == 200
    answer = await slow
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert b'"request_timeout"' in answer
