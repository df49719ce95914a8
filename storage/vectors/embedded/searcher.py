"""The parent's side of a search process: starts it, asks it from the event loop, ends it."""

import asyncio
import socket
import subprocess
from collections import deque
from pathlib import Path
from typing import Any

import orjson

from storage.vectors.embedded.process import HEADER, python_command

_MAIN = "from storage.vectors.embedded.process import main; main()"
_START_SECONDS = 60.0  # a start takes 0.1 s; a machine that swaps may take long
_RECEIVED = 1 << 18  # bytes at once: nearly every answer


class SearcherDiedError(Exception):
    """The search process ended while it was needed."""


class Searcher:
    """One search process, asked by one event loop; requests wait in the socket, answers come in their order.

    An asker costs the loop a future and two system calls: no task, no lock, no turn to wait for.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", ours: socket.socket) -> None:
        self._process = process
        self._socket = ours
        self._loop = asyncio.get_running_loop()
        self._asked: deque[asyncio.Future[bytes]] = deque()
        self._unsent = bytearray()
        self._received = bytearray()
        self._dead = False
        self._loop.add_reader(ours, self._read)

    @classmethod
    async def start(cls, sealed: Path, clones: Path) -> "Searcher":
        """Start a process over a sealed shard; returns when it is ready to search."""
        searcher = cls(*await asyncio.to_thread(_spawn, sealed, clones))
        try:
            async with asyncio.timeout(_START_SECONDS):
                await searcher._answer()  # how many points it has opened
        except BaseException:
            searcher.close()
            raise
        return searcher

    async def call(self, name: str, **parameters: Any) -> Any:
        """The answer of the shard's method `name`; raises SearcherDiedError, or ValueError for a request it refused."""
        if self._dead:
            raise SearcherDiedError
        body = orjson.dumps({"call": name, "with": parameters})
        self._send(HEADER.pack(len(body)) + body)
        return await self._answer()

    async def _answer(self) -> Any:
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._asked.append(answer)  # of an asker that goes away as well: its answer comes, and is its own
        found = orjson.loads(await answer)
        if "error" in found:
            raise ValueError(found["error"])
        return found["result"]

    def _send(self, frame: bytes) -> None:
        if not self._unsent:
            try:
                frame = frame[self._socket.send(frame) :]
            except BlockingIOError:
                pass
            except OSError:  # the reader is told, too
                self._die()
                raise SearcherDiedError from None
            if frame:
                self._loop.add_writer(self._socket, self._send_rest)
        self._unsent += frame

    def _send_rest(self) -> None:
        try:
            del self._unsent[: self._socket.send(self._unsent)]
        except BlockingIOError:
            return
        except OSError:
            self._die()
            return
        if not self._unsent:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        try:
            part = self._socket.recv(_RECEIVED)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self._die()
            return
        self._received += part
        while len(self._received) >= HEADER.size:
            end = HEADER.size + HEADER.unpack_from(self._received)[0]
            if len(self._received) < end:
                break
            body = bytes(memoryview(self._received)[HEADER.size : end])
            del self._received[:end]
            answer = self._asked.popleft()
            if not answer.done():
                answer.set_result(body)

    def _die(self) -> None:
        """Ask the process nothing any more, and tell those who wait."""
        self._dead = True
        if self._socket.fileno() < 0 or self._loop.is_closed():
            return
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        while self._asked:
            answer = self._asked.popleft()
            if not answer.done():
                answer.set_exception(SearcherDiedError())

    async def aclose(self) -> None:
        """End the process after the calls that it is answering."""
        if self._asked:
            await asyncio.wait(list(self._asked))
        self._die()
        await asyncio.to_thread(self._end)

    def close(self) -> None:
        """End the process: it sees the socket close and takes its private copy with it."""
        self._die()
        self._end()

    def _end(self) -> None:
        self._socket.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _spawn(sealed: Path, clones: Path) -> tuple["subprocess.Popen[bytes]", socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        command = python_command(_MAIN, str(theirs.fileno()), str(sealed), str(clones))
        # Our own interpreter and our own module.
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603
    ours.setblocking(False)
    return process, ours
