"""Drafts: files and folders that are written aside and renamed when they are complete.

A process holds a lock on what it writes, which the kernel frees when the process ends, even by a kill. So what killed
processes left behind is known by its name and by a lock that nobody holds, and the next one deletes it.
"""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_LOOKED_AT_SECONDS = 0.5  # a process that looks for left-overs locks each of them for less, a writer for longer


@contextmanager
def locked_draft(path: Path, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """An empty file to write to, which the block renames; deleted if the block fails or leaves it where it is.

    Raises BlockingIOError if another process is writing it.
    """
    file = _open_alone(path, mode)
    with file:
        try:
            file.truncate()
            yield file
        finally:
            if _is_at(path, file):
                path.unlink()


def _open_alone(path: Path, mode: int) -> IO[bytes]:
    give_up = time.monotonic() + _LOOKED_AT_SECONDS
    while True:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, mode), "r+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            if not isinstance(error, BlockingIOError) or time.monotonic() > give_up:
                raise
            time.sleep(0.005)
            continue
        if _is_at(path, file):
            return file
        file.close()  # its last owner renamed it, or it was removed as a left-over, between our open and our lock


def _is_at(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def remove_drafts(folder: Path, names: re.Pattern[str]) -> None:
    """Delete the files of these names that no process is writing; what may not be deleted stays."""
    for path in folder.iterdir():
        if names.fullmatch(path.name) and path.is_file():
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(path, file):
                    path.unlink()


@contextmanager
def locked_folder(folder: Path, *, alone: bool) -> Iterator[None]:
    """Lock a folder, shared with others or alone; raises BlockingIOError if others hold the lock that is wanted alone.

    On a network file system that knows no such locks the block runs without one, unless it must be alone.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        if alone:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def remove_folders(folder: Path, names: re.Pattern[str]) -> None:
    """Delete the folders of these names if no process has locked the folder that they are in."""
    with suppress(OSError), locked_folder(folder, alone=True):
        for path in folder.iterdir():
            if names.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)
