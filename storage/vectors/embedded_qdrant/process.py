"""The search process: serves one sealed build to one server process, and ends with it.

The engine holds the GIL while it opens a shard (45 ms at 10,000 chunks) and while it searches, so that it would hold a
server's event loop. Here it holds nobody's. The parent (`wire.py`) asks over a socket, one request at a time; frames
are a length in four bytes and a value as `marshal` writes it. The socket's end is the process's end, however the parent
went.

A server waits for this process when it starts and when a build goes live, and `orjson` and `socket` would double what
it imports. `marshal` is part of the interpreter, and both ends are the same one.
"""

import marshal
import os
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from storage.vectors.embedded_qdrant.shard import Clone

HEADER = struct.Struct("<I")


def python_command(code: str, *arguments: str) -> list[str]:
    """The command that runs `code` with this process's import path; skipping `site` halves the start-up time."""
    path = "import sys; sys.path[:] = sys.argv[1].split('\\n'); "
    places = [*sys.path, str(Path(__file__).parents[3])]  # an editable installation is not on the path
    return [sys.executable, "-I", "-S", "-c", path + code, "\n".join(places), *arguments]


def frame(value: Any) -> bytes:
    """A request or an answer as it is sent."""
    body = marshal.dumps(value)
    return HEADER.pack(len(body)) + body


def value_of(body: bytes) -> Any:
    """The request or answer that a frame holds, without its header."""
    return marshal.loads(body)  # noqa: S302 - the other end is our own process


def main() -> None:
    """Arguments: the socket's descriptor, the sealed shard, the folder for private copies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent finishes its work first
    handle, sealed, clones = sys.argv[-3:]
    parent = int(handle)
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


def _serve(parent: int, clone: Clone) -> None:
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


def _send(parent: int, answer: dict[str, Any]) -> None:
    rest = memoryview(frame(answer))
    while rest:
        rest = rest[os.write(parent, rest) :]


def _receive(parent: int) -> Any:
    header = _exactly(parent, HEADER.size)
    if header is None:
        return None
    body = _exactly(parent, HEADER.unpack(header)[0])
    return None if body is None else value_of(body)


def _exactly(parent: int, size: int) -> bytes | None:
    body = bytearray()
    while len(body) < size:
        part = os.read(parent, size - len(body))
        if not part:
            return None
        body += part
    return bytes(body)
