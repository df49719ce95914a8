"""The search process: serves one sealed build to one server process, and ends with it.

The engine holds the GIL while it opens a shard (45 ms at 10,000 chunks) and while it searches, so that it would hold a
server's event loop. Here it holds nobody's. The parent (`wire.py`) asks over a socket, one request at a time;
frames are a length in four bytes and JSON. The socket's end is the process's end, however the parent went.
"""

import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from storage.vectors.embedded_qdrant.shard import Clone

HEADER = struct.Struct("<I")


def python_command(code: str, *arguments: str) -> list[str]:
    """The command that runs `code` with this process's import path; skipping `site` halves the start-up time."""
    path = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    places = [*sys.path, str(Path(__file__).parents[3])]  # an editable installation is not on the path
    return [sys.executable, "-I", "-S", "-c", path + code, orjson.dumps(places).decode(), *arguments]


def main() -> None:
    """Arguments: the socket's descriptor, the sealed shard, the folder for private copies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent finishes its work first
    handle, sealed, clones = sys.argv[-3:]
    with socket.socket(fileno=int(handle)) as parent:
        try:
            clone = Clone(Path(sealed), Path(clones))
        except Exception as exc:  # noqa: BLE001 - the outermost edge: the parent is told, and raises it
            _send(parent, {"error": f"{type(exc).__name__}: {exc}"})
            return
        try:
            _send(parent, {"result": clone.shard.count()})
            _serve(parent, clone)
        except OSError:
            pass  # the parent died while an answer was on its way
        finally:
            clone.remove()
    os._exit(0)  # the engine would flush what is gone


def _serve(parent: socket.socket, clone: Clone) -> None:
    calls: dict[str, Callable[..., Any]] = {
        "query_batch": clone.shard.query_batch,
        "retrieve": clone.shard.retrieve,
        "scroll": clone.shard.scroll,
        "count": clone.shard.count,
    }
    while (request := _receive(parent)) is not None:
        try:
            answer = {"result": calls[request["call"]](**request["with"])}
        except Exception as exc:  # noqa: BLE001 - the outermost edge: the parent is told, and raises it
            answer = {"error": f"{type(exc).__name__}: {exc}"}
        _send(parent, answer)


def _send(parent: socket.socket, answer: dict[str, Any]) -> None:
    body = orjson.dumps(answer)
    parent.sendall(HEADER.pack(len(body)) + body)


def _receive(parent: socket.socket) -> Any:
    header = _exactly(parent, HEADER.size)
    if header is None:
        return None
    body = _exactly(parent, HEADER.unpack(header)[0])
    return None if body is None else orjson.loads(body)


def _exactly(parent: socket.socket, size: int) -> bytes | None:
    body = bytearray()
    while len(body) < size:
        part = parent.recv(size - len(body))
        if not part:
            return None
        body += part
    return bytes(body)
