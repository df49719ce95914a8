"""A proxy of bytes on this machine that is slow, or cuts each connection after a while, as some networks do."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from tests.server_processes import free_port


@dataclass(slots=True)
class TcpProxy:
    """A running proxy; both may be changed while it runs."""

    port: int
    delay_seconds: float = 0.0  # that each piece waits on its way to the server
    cut_seconds: float | None = None  # after which a connection is aborted, whatever it carries
    cuts: int = 0


@contextlib.contextmanager
def tcp_proxy(target_port: int, *, delay_seconds: float = 0.0, cut_seconds: float | None = None) -> Iterator[TcpProxy]:
    """A proxy before a port of this machine."""
    proxy = TcpProxy(free_port(), delay_seconds, cut_seconds)
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, late: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(1 << 16):
                if late:
                    await asyncio.sleep(proxy.delay_seconds)
                writer.write(piece)
                await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind = await asyncio.open_connection("127.0.0.1", target_port)
        ways = [
            asyncio.create_task(carry(reader, behind, late=True)),
            asyncio.create_task(carry(behind_reader, writer, late=False)),
        ]
        _, pending = await asyncio.wait(ways, timeout=proxy.cut_seconds, return_when=asyncio.FIRST_COMPLETED)
        proxy.cuts += len(pending) == len(ways)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        writer.transport.abort()
        behind.transport.abort()

    async def run() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", proxy.port):
            started.set()
            await asyncio.Event().wait()

    task = loop.create_task(run())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.gather(task, return_exceptions=True)))
    thread.start()
    started.wait(30)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(_cancel_all, loop)
        thread.join(30)
        loop.close()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
