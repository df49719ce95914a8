"""The parent's side of a search process: starts it, asks it from the event loop, ends it."""

import asyncio
import socket
import subprocess
from pathlib import Path
from typing import Any

import orjson

from storage.index.embedded.process import HEADER, python_command

_MAIN = "from storage.index.embedded.process import main; main()"
_START_SECONDS = 60.0  # a start takes 0.1 s; a machine that swaps may take long


class SearcherDiedError(Exception):
    """The search process ended while it was needed."""


class Searcher:
    """One search process, asked by one event loop, one request at a time in the order of asking."""

    def __init__(self, process: "subprocess.Popen[bytes]", ours: socket.socket) -> None:
        self._process = process
        self._socket = ours
        self._turn = asyncio.Lock()

    @classmethod
    async def start(cls, sealed: Path, clones: Path) -> "Searcher":
        """Start a process over a sealed shard; returns when it is ready to search."""
        searcher = await asyncio.to_thread(_spawn, sealed, clones)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await searcher.ready()
        except BaseException:
            searcher.close()
            raise
        return searcher

    async def ready(self) -> None:
        """Wait until the process has opened its shard; raises as `call` does."""
        try:
            _result(await self._receive())
        except OSError as exc:
            raise SearcherDiedError from exc

    async def call(self, name: str, **parameters: Any) -> Any:
        """The answer of the shard's method `name`; raises SearcherDiedError, or ValueError for a request it refused."""
        # Shielded: an asker that goes away in mid-answer would leave the answer to the next one.
        return await asyncio.shield(asyncio.ensure_future(self._exchange(name, parameters)))

    async def _exchange(self, name: str, parameters: dict[str, Any]) -> Any:
        async with self._turn:
            # In its turn and not before: a hundred askers who come at once would hold the loop for all their requests.
            body = orjson.dumps({"call": name, "with": parameters})
            try:
                await asyncio.get_running_loop().sock_sendall(self._socket, HEADER.pack(len(body)) + body)
                answer = await self._receive()
            except OSError as exc:
                raise SearcherDiedError from exc
        return _result(answer)

    async def _receive(self) -> Any:
        (size,) = HEADER.unpack(await self._exactly(HEADER.size))
        return orjson.loads(await self._exactly(size))

    async def _exactly(self, size: int) -> bytearray:
        loop, body = asyncio.get_running_loop(), bytearray()
        while len(body) < size:
            part = await loop.sock_recv(self._socket, size - len(body))
            if not part:
                raise SearcherDiedError
            body += part
        return body

    async def aclose(self) -> None:
        """End the process after the call that it is answering."""
        async with self._turn:
            await asyncio.to_thread(self.close)

    def close(self) -> None:
        """End the process: it sees the socket close and takes its private copy with it."""
        self._socket.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _result(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["result"]


def _spawn(sealed: Path, clones: Path) -> Searcher:
    ours, theirs = socket.socketpair()
    with theirs:
        command = python_command(_MAIN, str(theirs.fileno()), str(sealed), str(clones))
        # Our own interpreter and our own module.
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603
    ours.setblocking(False)
    return Searcher(process, ours)
