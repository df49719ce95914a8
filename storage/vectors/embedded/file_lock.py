"""The builders' lock on one machine: the kernel frees it when its owner dies, however it dies."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import BuildLockedError
from storage.vectors.build_lock import LockOwner


@contextmanager
def hold(path: Path, owner: LockOwner) -> Iterator[None]:
    """Hold the lock; BuildLockedError says who holds it instead."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _held(path) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(owner.to_json()).encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _held(path: Path) -> BuildLockedError:
    try:
        return LockOwner.from_json(json.loads(path.read_text())).held()
    except (ValueError, KeyError):  # it was taken this very moment, and its owner is not written yet
        return BuildLockedError("Another build is under way; it began this moment.")
