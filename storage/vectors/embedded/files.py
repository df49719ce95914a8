"""Files that a crash leaves whole: written beside, synced, and moved into place."""

import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

_COPY_BYTES = 1 << 20


def write_json(path: Path, value: object) -> None:
    """Replace `path` in one atomic step that survives a power cut."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)


def read_json(path: Path) -> Any:
    """What `write_json` wrote; None where there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def sync(path: Path) -> None:
    """Make what is in a file, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(path: Path) -> None:
    """Make every file below a folder durable, then the folders."""
    files, folders = [], []
    for folder, _, names in os.walk(path, topdown=False):
        files += [Path(folder, name) for name in names]
        folders.append(Path(folder))
    # Side by side: the journal takes many waiting files in one commit, which would else be a hundred.
    with ThreadPoolExecutor(max_workers=16) as pool:
        list(pool.map(sync, files))
        list(pool.map(sync, folders))


def copy_sparse(source: Path, target: Path) -> None:
    """Copy a file without its holes: the engine reserves megabytes of which it uses a few pages."""
    read, write = os.open(source, os.O_RDONLY), os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        size = os.fstat(read).st_size
        for start, end in _extents(read, size):
            while start < end:
                start += os.pwrite(write, os.pread(read, min(end - start, _COPY_BYTES), start), start)
        os.ftruncate(write, size)
    finally:
        os.close(read)
        os.close(write)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder with all below it, without holes."""
    for walked, _, files in os.walk(source):
        beside = target / Path(walked).relative_to(source)
        beside.mkdir()
        for name in files:
            copy_sparse(Path(walked, name), beside / name)


def _extents(handle: int, size: int) -> Iterable[tuple[int, int]]:
    position = 0
    while position < size:
        try:
            start = os.lseek(handle, position, os.SEEK_DATA)
        except OSError:  # ENXIO: nothing but a hole is left
            return
        position = os.lseek(handle, start, os.SEEK_HOLE)
        yield start, position
