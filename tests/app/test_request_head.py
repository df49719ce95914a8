"""Requests that come byte by byte or without an end: heads and bodies have limits, and nobody else waits for them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.request_limits import MOST_WAITING, LimitedHeadProtocol
from app.settings import AppSettings
from tests.serving import Served, copied, serving


class QuickProtocol(LimitedHeadProtocol):
    """The same, in less time."""

    head_seconds = 0.5


@asynccontextmanager
async def a_server(ws: Literal["none", "websockets-sansio"] = "none") -> AsyncIterator[int]:
    """The port of a server that greets."""
    config = uvicorn.Config(_greet, port=0, log_config=None, lifespan="off", ws=ws, http=QuickProtocol)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running


async def _greet(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await PlainTextResponse("hello")(scope, receive, send)


async def sent_slowly(port: int, *pieces: bytes, pause: float = 0.2) -> bytes:
    """What comes back for pieces that are sent one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = asyncio.create_task(_until_closed(reader))
    for piece in pieces:
        if received.done():
            break
        writer.write(piece)
        await asyncio.sleep(pause)
    writer.close()
    return await asyncio.wait_for(received, 10)


async def _until_closed(reader: asyncio.StreamReader) -> bytes:
    received = bytearray()
    # Where a piece was on its way when the server closed, a reset follows on the answer.
    with suppress(ConnectionResetError):
        while part := await reader.read(65_536):
            received += part
    return bytes(received)


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


async def test_nobody_gets_a_web_socket_whatever_the_server_is_told() -> None:
    async with a_server(ws="websockets-sansio") as port:
        upgrade = b"connection: upgrade\r\nupgrade: websocket\r\n"
        key = b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        answer = await sent_slowly(port, HEAD + upgrade + key)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"hello")


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


def lines(count: int, size: int = 10) -> bytes:
    return b"".join(b"x-%06d: %s\r\n" % (n, b"y" * size) for n in range(count))


OVERSIZED = [
    pytest.param(HEAD + lines(101), id="a line too many"),
    pytest.param(HEAD + lines(5_000), id="many lines"),
    pytest.param(HEAD + lines(90, 400), id="a few long lines"),
    pytest.param(HEAD + b"x: " + b"y" * 2_000_000, id="a line without an end"),
    pytest.param(HEAD + b"x" * 2_000_000, id="a name without an end"),
    pytest.param(b"GET /" + b"y" * 2_000_000, id="an address without an end"),
    pytest.param(b"GET /" + b"y" * 33_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", id="a long address"),
]


@pytest.mark.parametrize("sent", OVERSIZED)
async def test_a_head_that_is_too_large_is_431_and_the_connection_is_closed(sent: bytes) -> None:
    async with a_server() as port:
        head, _, body = (await sent_at_once(port, sent)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in head
    assert body.startswith(b'{"error":{"code":"head_too_large","message":"')


CHUNKED = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"0\r\n" + lines(200), id="trailers"),
        pytest.param(b"0\r\nx: " + b"y" * 2_000_000, id="a trailer without an end"),
        pytest.param(b"5;x=" + b"y" * 2_000_000, id="a chunk's extension without an end"),
    ],
)
async def test_what_stands_between_a_bodys_parts_is_bounded_too(rest: bytes) -> None:
    async with a_server() as port:
        answer = await sent_at_once(port, CHUNKED + b"5\r\nhello\r\n" + rest)
    assert b"HTTP/1.1 431 " in answer


async def test_a_second_head_on_a_connection_is_bounded_as_the_first_is() -> None:
    async with a_server() as port:
        answer = await sent_at_once(port, HEAD + lines(90) + b"\r\n", HEAD + lines(90) + b"\r\n", HEAD + lines(101))
    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert answer.count(b"HTTP/1.1 431 ") == 1


async def test_the_requests_that_wait_on_a_connection_are_bounded() -> None:
    async with a_server() as port:
        few = await sent_at_once(port, (HEAD + b"\r\n") * 10 + HEAD + b"connection: close\r\n\r\n")
        many = await sent_at_once(port, (HEAD + b"\r\n") * 5_000)
    assert few.count(b"HTTP/1.1 200 ") == 11
    assert many.count(b"HTTP/1.1 200 ") == many.count(b"hello") == MOST_WAITING + 1
    assert many.count(b"connection: close") == 1


async def test_a_large_head_within_the_limits_and_a_large_body_pass() -> None:
    async with a_server() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        headers = {f"x-{n}": "y" * 300 for n in range(90)}
        assert (await client.get("/", headers=headers)).text == "hello"
        assert (await client.post("/", content=b"z" * 3_000_000, headers=headers)).text == "hello"
        assert (await client.get("/" + "y" * 30_000)).text == "hello"


async def sent_at_once(port: int, *pieces: bytes) -> bytes:
    """What comes back until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = asyncio.create_task(_until_closed(reader))
    for piece in pieces:
        for at in range(0, len(piece), 65_536):
            if received.done():
                break
            writer.write(piece[at : at + 65_536])
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        await asyncio.sleep(0.2)
    try:
        return await asyncio.wait_for(received, 10)
    finally:
        received.cancel()
        writer.close()


@pytest.mark.parametrize("hosts", [b"", b"host: a.example\r\nhost: b.example\r\n", b"Host: a\r\nHOST: a\r\n"])
async def test_a_head_without_host_or_with_several_is_400(hosts: bytes) -> None:
    async with a_server() as port:
        answer = await sent_slowly(port, b"GET / HTTP/1.1\r\n" + hosts + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")


async def test_http_1_0_needs_no_host() -> None:
    async with a_server() as port:
        answer = await sent_slowly(port, b"GET / HTTP/1.0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
