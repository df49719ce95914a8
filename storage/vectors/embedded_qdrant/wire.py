"""The connection to a search process: converts models of `qdrant_client` to the plain values of `shard.py`, and back.

`Searcher` is the parent's side of a search process: it starts the process, sends it requests from the event loop, and
ends it.
"""

import asyncio
import logging
import marshal
import socket
import subprocess
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from qdrant_client.http import models  # `qdrant_client.models` has another QueryResponse

from storage.vectors.embedded_qdrant.process import HEADER, python_command

logger = logging.getLogger(__name__)

Json = dict[str, Any]

_MAIN = "from storage.vectors.embedded_qdrant.process import main; main()"
_START_SECONDS = 60.0  # a start takes 0.1 s; a machine that swaps may take long
HUNG_SECONDS = 10  # an answer takes milliseconds
_RECEIVED = 1 << 18  # bytes read at once: nearly every response fits


def plain(value: Any) -> Any:
    """A model, or a mapping or list of models, as JSON values; JSON values stay as they are."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True, by_alias=True)
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    return value


def query(source: models.QueryRequest) -> Json:
    """One query as JSON values; a dense vector is not copied, since that would take longer than all the rest."""
    return {
        "query": plain(source.query),
        "using": source.using,
        "filter": plain(source.filter),
        "params": plain(source.params),
        "limit": source.limit,
    }


def point(source: models.PointStruct) -> tuple[Any, Any, Json | None]:
    """A point to write: its id, its vectors by name, its payload."""
    vectors: Any = source.vector
    return source.id, {name: _vector(value) for name, value in vectors.items()}, source.payload


def _vector(value: Any) -> Any:
    if isinstance(value, models.SparseVector):
        return {"indices": value.indices, "values": value.values}
    return value


@dataclass(slots=True)  # a frozen one takes three times as long to make
class FoundPoint:
    """A point; creating 100 of Qdrant's models takes longer than a search."""

    id: int | str
    score: float
    payload: Json | None
    vector: Any


def found(source: Json) -> FoundPoint:
    """A point that was read."""
    return FoundPoint(source["id"], 0.0, source.get("payload"), source.get("vector"))


def response(points: list[Json]) -> models.QueryResponse:
    """One ranked list."""
    found_points: list[Any] = [FoundPoint(item["id"], item["score"], None, None) for item in points]
    return models.QueryResponse.model_construct(points=found_points)


def scroll(
    scroll_filter: models.Filter | None = None,
    limit: int = 10,
    offset: Any = None,
    with_payload: Any = True,
    with_vectors: Any = False,
    **_: Any,
) -> Json:
    """The parameters of a scroll."""
    return {
        "matching": plain(scroll_filter),
        "limit": limit,
        "offset": offset,
        "with_payload": with_payload,
        "with_vector": with_vectors,
    }


class SearcherDiedError(Exception):
    """The search process ended while it was needed, or hung and was killed."""


class Searcher:
    """One search process, used by one event loop; requests queue in the socket, and responses come in their order.

    A call costs the loop one future and two system calls, without a task or a lock. A process that owes answers and
    sends nothing for `HUNG_SECONDS` is killed. These are counted second by second, so that a time in which this process
    or the whole machine stood still is one second of them.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", ours: socket.socket) -> None:
        self._process = process
        self._socket = ours
        self._loop = asyncio.get_running_loop()
        self._asked: deque[asyncio.Future[bytes]] = deque()
        self._unsent = bytearray()
        self._received = bytearray()
        self._dead = False
        self._watched = False
        self._silent_seconds = 0
        self._loop.add_reader(ours, self._read)

    @classmethod
    async def start(cls, sealed: Path, clones: Path) -> "Searcher":
        """Start a process for a sealed shard; returns when it is ready to search."""
        searcher = cls(*await asyncio.to_thread(_spawn, sealed, clones))
        try:
            async with asyncio.timeout(_START_SECONDS):
                await searcher._answer()  # the number of points it has opened
        except BaseException:
            searcher.close()
            raise
        return searcher

    async def call(self, name: str, **parameters: Any) -> Any:
        """The result of the shard's method `name`; raises SearcherDiedError, or ValueError for a request it refused."""
        if self._dead:
            raise SearcherDiedError
        request = marshal.dumps({"call": name, "with": parameters})
        self._send(HEADER.pack(len(request)) + request)
        if not self._watched:
            self._watch()
        return await self._answer()

    def _watch(self) -> None:
        self._watched, self._silent_seconds = True, 0
        self._loop.call_later(1, self._second_passed)

    def _second_passed(self) -> None:
        self._silent_seconds += 1
        if self._dead or not self._asked:
            self._watched = False
        elif self._silent_seconds < HUNG_SECONDS:
            self._loop.call_later(1, self._second_passed)
        else:
            logger.warning("The search process did not answer for %d s and is replaced", HUNG_SECONDS)
            self._process.kill()  # one that is stopped or waits for a lock ends in no other way
            self._die()

    async def _answer(self) -> Any:
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._asked.append(answer)  # also if the caller was cancelled: its response still arrives and must be taken off
        found = marshal.loads(await answer)  # noqa: S302 - from our own process
        if "error" in found:
            raise ValueError(found["error"])
        return found["result"]

    def _send(self, unsent: bytes) -> None:
        if not self._unsent:
            try:
                unsent = unsent[self._socket.send(unsent) :]
            except BlockingIOError:
                pass
            except OSError:  # the message also reaches the reader
                self._die()
                raise SearcherDiedError from None
            if unsent:
                self._loop.add_writer(self._socket, self._send_rest)
        self._unsent += unsent

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
        self._silent_seconds = 0
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
        """Send the process no more requests; pending calls raise SearcherDiedError."""
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
        """End the process after its pending calls."""
        if self._asked:
            await asyncio.wait(list(self._asked))
        self._die()
        await asyncio.to_thread(self._end)

    def close(self) -> None:
        """End the process: when the socket closes, it deletes its private copy and exits."""
        self._die()
        self._end()

    def _end(self) -> None:
        self._socket.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):  # one that waits for its disk ends when the disk answers
                self._process.wait(timeout=2)


def _spawn(sealed: Path, clones: Path) -> tuple["subprocess.Popen[bytes]", socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        command = python_command(_MAIN, str(theirs.fileno()), str(sealed), str(clones))
        # Our own interpreter and module.
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603
    ours.setblocking(False)
    return process, ours
