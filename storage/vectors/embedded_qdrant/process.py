"""The search process: serves one sealed build to one server process, and ends with it.

The engine holds the GIL while it opens a shard (45 ms at 10,000 chunks) and while it searches, which would block a
server's event loop. Here it blocks nothing. The parent (`wire.py`) sends requests over a socket, one at a time; a frame
is a length of four bytes and a value in `marshal`'s format. When the socket closes, the process ends, however the
parent ended.

A server waits for this process when it starts and when a build goes live, and `orjson` and `socket` would double the
imports. `marshal` is built into the interpreter, which is the same at both ends.
"""

import marshal
import os
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from storage.vectors.embedded_qdrant.shard import Clone

HEADER = struct.Struct("<I")


def python_command(code: str, *arguments: str) -> list[str]:
    """The command that runs `code` with this process's import path; skipping `site` halves the start-up time."""
    path = "import sys; sys.path[:] = sys.argv[1].split('\\n'); "
    places = [*sys.path, str(Path(__file__).parents[3])]  # an editable installation is not on the path
    return [sys.executable, "-I", "-S", "-c", path + code, "\n".join(places), *arguments]


def main() -> None:
    """Arguments: the socket's descriptor, the sealed shard, the folder for private copies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent finishes its work first
    handle, sealed, clones = sys.argv[-3:]
    requests, answers = os.fdopen(int(handle), "rb"), os.fdopen(int(handle), "wb", closefd=False)
    try:
        clone = Clone(Path(sealed), Path(clones))
    except Exception as exc:  # noqa: BLE001 - the outermost edge: the parent is told, and raises it
        _send(answers, {"error": f"{type(exc).__name__}: {exc}"})
        return
    try:
        _send(answers, {"result": clone.shard.count()})
        _serve(requests, answers, clone)
    except OSError:
        pass  # the parent died while an answer was on its way
    finally:
        clone.remove()
    os._exit(0)  # the engine would flush files that are gone


def _serve(requests: BinaryIO, answers: BinaryIO, clone: Clone) -> None:
    calls: dict[str, Callable[..., Any]] = {
        "query_batch": clone.shard.query_batch,
        "retrieve": clone.shard.retrieve,
        "scroll": clone.shard.scroll,
    }
    while len(header := requests.read(HEADER.size)) == HEADER.size:
        try:
            request = marshal.loads(requests.read(*HEADER.unpack(header)))  # noqa: S302 - from our own process
            answer = {"result": calls[request["call"]](**request["with"])}
        except Exception as exc:  # noqa: BLE001 - the outermost edge: the parent is told, and raises it
            answer = {"error": f"{type(exc).__name__}: {exc}"}
        _send(answers, answer)


def _send(answers: BinaryIO, answer: dict[str, Any]) -> None:
    body = marshal.dumps(answer)
    answers.write(HEADER.pack(len(body)) + body)
    answers.flush()
