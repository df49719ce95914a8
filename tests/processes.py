"""Python processes beside a test, forked from one that has imported the product: none pays seconds of imports.

Each has its own environment, folder, pipes and signals. What tests how a command starts uses `subprocess` instead.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_forks = multiprocessing.get_context("forkserver")
# `wordfreq` first: it looks up the source of all imports around its own.
_forks.set_forkserver_preload(
    ["wordfreq", "app.services", "app.cli.index_build", "app.cli.main", "engines.book", __name__]
)


class Process:
    """A process that runs a function of a module; `with Process(main, "argument") as process:` kills it at the end."""

    def __init__(
        self,
        main: Callable[[], object],
        *arguments: str | Path,
        folder: Path | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """`main` finds the arguments in `sys.argv`; an exception that it does not catch ends it with exit code 1."""
        theirs, ours = zip(_pipe(written_here=True), _pipe(), _pipe(), strict=True)
        self.stdin = os.fdopen(os.dup(ours[0].fileno()), "w")
        self.stdout = os.fdopen(os.dup(ours[1].fileno()))
        self.stderr = os.fdopen(os.dup(ours[2].fileno()))
        call = (main, tuple(map(str, arguments)), dict(environment), folder or Path.cwd())
        self._process = _forks.Process(target=_run, args=(theirs, *call))
        self._process.start()
        for end in (*theirs, *ours):
            end.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens to a process that has ended by itself."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        """The exit code, or None while it runs; that of a killed process is the signal's number below zero."""
        return self._process.exitcode

    def wait(self, seconds: float = 60) -> int:
        """The exit code."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise TimeoutError
        return self._process.exitcode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()


def _pipe(*, written_here: bool = False) -> tuple[Connection, Connection]:
    """The end of the process and our own."""
    read, written = _forks.Pipe(duplex=False)
    return (read, written) if written_here else (written, read)


def _run(
    pipes: tuple[Connection, ...],
    main: Callable[[], Any],
    arguments: tuple[str, ...],
    environment: dict[str, str],
    folder: Path,
) -> None:
    for number, pipe in enumerate(pipes):
        os.dup2(pipe.fileno(), number)
        pipe.close()
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    sys.argv[1:] = arguments
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    main()


def search_processes() -> set[int]:
    """The search processes that this process has started and that have not ended."""
    children = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True
    ).stdout
    return {int(line.split()[0]) for line in children.splitlines() if "storage.vectors.embedded_qdrant.process" in line}
