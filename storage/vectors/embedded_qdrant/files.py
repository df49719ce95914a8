"""The files of an embedded index: collections are folders, all aliases are one file. Also: disk space that builds need.

A crash leaves files whole: they are written aside, synced, and moved into place. Aliases are replaced atomically. Free
disk space is checked before a write: the engine writes through mapped files, and if such a file cannot grow, the
process is ended by SIGBUS, which cannot be caught.
"""

import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage.errors import StorageUnavailableError

MARGIN_BYTES = 48_000_000  # the engine's log grows by 32 MB, and other programs write as well
_PEAK = 3  # the log, the points, and for a moment a copy of the points with their graph: 2.3 to 2.8 times as measured
_TEXT_COPIES = 3  # the quoted text, the text in its metadata, its words as a sparse vector
_CHUNK_BYTES = 1_200  # of the other metadata


def bytes_of_build(chunks: int, text_bytes: int, dimensions: int) -> int:
    """An upper estimate of the disk space, in bytes, that a build takes while it is written."""
    return _PEAK * (chunks * (4 * dimensions + _CHUNK_BYTES) + _TEXT_COPIES * text_bytes) + MARGIN_BYTES


def require_room(folder: Path, needed: int = MARGIN_BYTES) -> None:
    """Raise StorageUnavailableError if fewer than `needed` bytes are free on a folder's disk; it need not exist yet."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise StorageUnavailableError(
            f"The disk of {folder} is full: {megabytes(free)} are free, and this build needs about "
            f"{megabytes(needed)}. Make room (`bookrag index prune` deletes old builds), or set DATA_DIR to another "
            "disk. Nothing was published; the live build is as it was."
        )


def used_bytes(folder: Path) -> int:
    """The disk space that a folder takes, in bytes, without the holes of its files."""
    return sum(Path(walked, name).stat().st_blocks * 512 for walked, _, names in os.walk(folder) for name in names)


def megabytes(size: int) -> str:
    """A size in bytes as text in megabytes: `1,234 MB`."""
    return f"{size / 1e6:,.0f} MB"


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
    """Flush a file's content, or a folder's entries, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(path: Path) -> None:
    """Flush every file below a folder to the disk, then the folders."""
    files, folders = [], []
    for folder, _, names in os.walk(path, topdown=False):
        files += [Path(folder, name) for name in names]
        folders.append(Path(folder))
    # Not for search processes, which start while readers wait and sync nothing.
    from concurrent.futures import ThreadPoolExecutor

    # In parallel: the journal commits many waiting files at once, instead of one commit for each.
    with ThreadPoolExecutor(max_workers=16) as pool:
        list(pool.map(sync, files))
        list(pool.map(sync, folders))


def copy_sparse(source: Path, target: Path) -> None:
    """Copy a file without its holes: the engine reserves megabytes and uses a few pages of them."""
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
        except OSError:  # ENXIO: only a hole is left
            return
        position = os.lseek(handle, start, os.SEEK_HOLE)
        yield start, position


class Catalog:
    """`collections/<name>/` with its `collection.json` and its `shard/`; `aliases.json` beside them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clones = root / "clones"
        self._collections = root / "collections"
        self._aliases = root / "aliases.json"

    def create(self, name: str, description: Mapping[str, Any]) -> None:
        """Create a collection's folder, complete with its description; FileExistsError if there is one."""
        self._collections.mkdir(parents=True, exist_ok=True)
        if self.exists(name):
            raise FileExistsError(name)
        beside = self._collections / f".new-{uuid.uuid4().hex}"
        beside.mkdir()
        write_json(beside / "collection.json", description)
        beside.rename(self.folder(name))
        sync(self._collections)

    def folder(self, name: str) -> Path:
        """Where a collection is kept."""
        return self._collections / name

    def shard(self, name: str) -> Path:
        """Where a collection's points are kept."""
        return self.folder(name) / "shard"

    def exists(self, name: str) -> bool:
        """Whether there is a collection of this name (not an alias)."""
        return (self.folder(name) / "collection.json").is_file()

    def names(self) -> list[str]:
        """The collections' names, sorted."""
        return sorted(path.parent.name for path in self._collections.glob("[!.]*/collection.json"))

    def describe(self, name: str) -> dict[str, Any]:
        """A collection's description; KeyError if there is none."""
        description = read_json(self.folder(name) / "collection.json")
        if description is None:
            raise KeyError(name)
        return dict(description)

    def redescribe(self, name: str, description: Mapping[str, Any]) -> None:
        """Replace a collection's description."""
        write_json(self.folder(name) / "collection.json", description)

    def remove(self, name: str) -> None:
        """Delete a collection: it disappears for other processes at once, then its files are deleted."""
        gone = self._collections / f".gone-{uuid.uuid4().hex}"
        self.folder(name).rename(gone)
        sync(self._collections)
        shutil.rmtree(gone, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what a killed `create` or `remove` left behind; the caller holds the build lock."""
        for pattern in (".new-*", ".gone-*"):
            for path in self._collections.glob(pattern):
                shutil.rmtree(path, ignore_errors=True)

    def aliases(self) -> dict[str, str]:
        """Alias → collection."""
        return dict(read_json(self._aliases) or {})

    @contextmanager
    def changing_aliases(self) -> Iterator[dict[str, str]]:
        """The aliases, to be changed in the block; they are replaced atomically at its end, one writer at a time."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "aliases.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            aliases = self.aliases()
            yield aliases
            write_json(self._aliases, aliases)
