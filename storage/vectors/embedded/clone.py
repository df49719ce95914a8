"""A private copy of a sealed collection for one reader: the engine lets one owner in per folder.

Files that hold the data are hard links, as the engine only maps them once they are sealed; what it touches at opening
(flags, trackers, states: a few kilobytes without their holes) is copied, and it makes its own empty write-ahead log.
"""

import fcntl
import os
import shutil
import time
import uuid
from pathlib import Path
from typing import IO

from storage.vectors.embedded.files import copy_sparse
from storage.vectors.embedded.shard import Shard

LINKED = ("matrix.dat", "inverted_index.dat", "links*.bin", "graph.bin", "page_*.dat", "chunk_*.mmap", "*to_values.bin")
"""Files that a sealed shard is read from and that are never written again; all others are copied."""

_YOUNG_SECONDS = 30  # a clone takes its lock within milliseconds of its making


class Clone:
    """An opened private copy of a sealed shard; its folder goes with it."""

    def __init__(self, sealed: Path, clones: Path) -> None:
        self._folder = clones / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._folder.mkdir(parents=True)
        self._owner: IO[bytes] = (self._folder / "owner").open("wb")
        fcntl.flock(self._owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            _copy(sealed, self._folder / "shard")
            self.shard = Shard.load(str(self._folder / "shard"))
        except BaseException:
            self.remove()
            raise

    def close(self) -> None:
        """Close the shard and remove its folder."""
        self.shard.close()
        self.remove()

    def remove(self) -> None:
        """Remove the folder; whoever ends right after need not close what nobody reads again."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._owner.close()


def _copy(sealed: Path, target: Path) -> None:
    for walked, names, files in os.walk(sealed):
        folder = Path(walked)
        beside = target / folder.relative_to(sealed)
        beside.mkdir()
        names[:] = [name for name in names if name != "wal"]
        for name in files:
            _place(folder / name, beside / name)


def _place(source: Path, target: Path) -> None:
    if any(source.match(pattern) for pattern in LINKED):
        try:
            os.link(source, target)
        except OSError:  # a file system without hard links
            copy_sparse(source, target)
    else:
        copy_sparse(source, target)


def sweep(clones: Path) -> int:
    """Remove the copies whose owner died, and say how many there were."""
    swept = 0
    for folder in clones.glob("*"):
        try:
            if time.time() - folder.stat().st_mtime < _YOUNG_SECONDS:
                continue
            with (folder / "owner").open("ab") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
        except BlockingIOError:
            continue  # alive
        except FileNotFoundError:
            shutil.rmtree(folder, ignore_errors=True)
    return swept
