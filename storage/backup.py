"""Backups: one file with everything in DATA_DIR that cannot be made again, written while a server runs.

It holds accounts and history with their signing key, the turns in the outbox, the memory of readers without an account,
the published builds of an embedded index, and exported models. What is made again by itself is left out: the caches of
embeddings and pages, the log of running answers, unfinished builds.
"""

import dataclasses
import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from storage.drafts import locked_draft, remove_drafts
from storage.errors import InputError, StorageUnavailableError
from storage.sqlite import DATABASE_NAME
from storage.vectors.embedded_qdrant.files import Catalog

FORMAT = 1
MANIFEST = "bookrag-backup.json"  # the last member: a truncated file lacks it
DATABASES = (DATABASE_NAME, "guests.sqlite3")
_SIDE_FILES = tuple(f"{name}{end}" for name in DATABASES for end in ("-wal", "-shm"))  # SQLite's, of a database
WHOLE = ("signing-key.pem", "outbox", "models")  # files and folders that are written whole or not at all
INDEX = "index"
SERVING_LOCK = "serving.lock"  # held by every process that serves from DATA_DIR
_BLOCK = 1 << 16
_COPIES = ".backup-"
_STAGED = ".restore-"
_DRAFT = ".bookrag-backup"
_DRAFTS = re.compile(r"\..+" + re.escape(_DRAFT), re.DOTALL)


@dataclass(frozen=True, slots=True)
class BackupContents:
    """What is in a backup: the paths below DATA_DIR, the live build, and when it was made (ISO 8601, UTC).

    `moved_aside` is the folder to which a restore moved the files it replaced, if there were any.
    """

    files: tuple[str, ...]
    live_build: str | None
    made_at: str
    moved_aside: Path | None = None


@contextmanager
def serving(data_dir: Path) -> Iterator[None]:
    """Mark a folder as being served from, so that no backup is restored into it meanwhile."""
    with (data_dir / SERVING_LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def write_backup(data_dir: Path, target: Path) -> BackupContents:
    """Write a backup of `data_dir`; a file at `target` is replaced in one step, once the new one is complete.

    Raises InputError if there is nothing to back up or the target cannot be a file, StorageUnavailableError if a file
    cannot be read or written.
    """
    target = target.resolve()
    if target.exists() and not target.is_file():
        raise InputError(f"{target} is not a file.")
    if target.is_relative_to(data_dir.resolve()):
        raise InputError("The backup cannot be written into DATA_DIR: the next one would hold it.")
    draft = target.with_name(f".{target.name}{_DRAFT}")
    if not data_dir.is_dir():
        raise InputError(f"There is nothing to back up in {data_dir}.")
    try:
        remove_drafts(target.parent, _DRAFTS)
        with locked_draft(draft) as file:
            contents = _write(data_dir, file)
            file.flush()
            os.fsync(file.fileno())
            draft.replace(target)
    except BlockingIOError as exc:
        raise StorageUnavailableError("Another backup is being written to the same file.") from exc
    except (OSError, sqlite3.Error, tarfile.TarError) as exc:
        raise StorageUnavailableError(f"The backup was not written: {exc}") from exc
    return contents


def read_backup(source: Path, data_dir: Path, *, replace: bool = False) -> BackupContents:
    """Restore a backup into `data_dir`, all or nothing; StorageUnavailableError if a server runs there.

    With `replace`, existing files move to `before-restore-…` in the same folder. Raises InputError if the file is not a
    complete backup, or if something of it exists already and `replace` is not set.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with _nobody_serving(data_dir):
            for abandoned in data_dir.glob(f"{_STAGED}*"):
                shutil.rmtree(abandoned, ignore_errors=True)  # of a restore that was killed
            staged = Path(tempfile.mkdtemp(dir=data_dir, prefix=_STAGED))
            try:
                contents = _read(source, staged)
                contents = dataclasses.replace(contents, moved_aside=_swap(staged, data_dir, replace=replace))
            finally:
                shutil.rmtree(staged, ignore_errors=True)
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError, RecursionError, FileExistsError) as exc:
        raise InputError(f"{source} is not a backup, or is damaged: {exc}") from exc
    except OSError as exc:
        raise StorageUnavailableError(f"The backup was not restored: {exc}") from exc
    return contents


@contextmanager
def _nobody_serving(data_dir: Path) -> Iterator[None]:
    with (data_dir / SERVING_LOCK).open("ab") as lock:
        _lock_alone(lock, f"A server runs on {data_dir}. Stop it first.")
        yield


@contextmanager
def _copies(data_dir: Path) -> Iterator[Path]:
    """A folder for copies of databases, for this backup alone; what a killed backup left there is deleted."""
    with (data_dir / "backup.lock").open("ab") as lock:
        _lock_alone(lock, f"Another backup of {data_dir} is being written.")
        for abandoned in data_dir.glob(f"{_COPIES}*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=data_dir, prefix=_COPIES) as folder:
            yield Path(folder)


def _lock_alone(file: IO[bytes], busy: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StorageUnavailableError(busy) from None


def _write(data_dir: Path, draft: IO[bytes]) -> BackupContents:
    digests: dict[str, str] = {}
    catalog = Catalog(data_dir / INDEX)
    aliases = catalog.aliases()  # copied before the builds, so that the build they name is among those
    with _copies(data_dir) as copies, tarfile.open(fileobj=draft, mode="w:gz", compresslevel=1) as archive:

        def add(name: str, path: Path) -> None:
            digests[name] = _add(archive, name, path)

        # The outbox before the database: a turn that is delivered in between is in both, and will be stored once.
        for name in WHOLE:
            for path in _files(data_dir / name):
                with suppress(FileNotFoundError):  # a turn of the outbox was delivered meanwhile
                    add(path.relative_to(data_dir).as_posix(), path)
        for name in DATABASES:
            if (data_dir / name).exists():
                _add_database(data_dir / name, copies, lambda path, name=name: add(name, path))  # type: ignore[misc]
        for build in catalog.names():
            if catalog.describe(build)["sealed"]:
                for path in _files(catalog.folder(build)):
                    add(path.relative_to(data_dir).as_posix(), path)
        if aliases:
            digests[f"{INDEX}/aliases.json"] = _add_bytes(
                archive, f"{INDEX}/aliases.json", json.dumps(aliases).encode()
            )
        if not digests:
            raise InputError(f"There is nothing to back up in {data_dir}.")
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        live = next(iter(aliases.values()), None)
        manifest = {"format": FORMAT, "made_at": made_at, "live_build": live, "files": digests}
        _add_bytes(archive, MANIFEST, json.dumps(manifest).encode())
    return BackupContents(tuple(digests), live, made_at)


def _add_database(path: Path, folder: Path, add: Callable[[Path], None]) -> None:
    """A consistent copy of a database that others may be writing to."""
    copy = folder / path.name
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    add(copy)
    copy.unlink()


def _files(path: Path) -> Iterator[Path]:
    """A file, or all files below a folder, sorted; drafts that are not yet in place are left out."""
    if path.is_file():
        yield path
    for below in sorted(path.rglob("*")):
        if below.is_file() and not any(part.startswith(".") for part in below.relative_to(path).parts):
            yield below


def _add(archive: tarfile.TarFile, name: str, path: Path) -> str:
    member = tarfile.TarInfo(name)
    with path.open("rb") as file:
        member.size, member.mode, member.mtime = os.fstat(file.fileno()).st_size, 0o600, int(path.stat().st_mtime)
        hashing = _Hashing(file)
        archive.addfile(member, hashing)
    return hashing.digest


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> str:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))
    return hashlib.sha256(content).hexdigest()


class _Hashing(io.RawIOBase):
    """Reads a file once and computes the digest of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._hash.update(block)
        return block

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _read(source: Path, staged: Path) -> BackupContents:
    """Unpack into an empty folder and compare each file with the manifest."""
    digests: dict[str, str] = {}
    manifest = None
    with tarfile.open(source, "r:gz") as archive:
        for member in archive:
            name = PurePosixPath(member.name)
            content = archive.extractfile(member) if member.isfile() else None
            known = name.parts[:1] in {(part,) for part in (MANIFEST, *DATABASES, *WHOLE, INDEX)}
            if content is None or not known or ".." in name.parts:
                raise ValueError(f"it holds {member.name[:200]!r}")
            if member.name == MANIFEST:
                manifest = json.loads(content.read())
            else:
                digests[member.name] = _unpack(content, staged / name)
    if not isinstance(manifest, dict) or not digests:
        raise ValueError("its list of files is missing: it was cut off")
    if manifest["format"] != FORMAT:
        raise ValueError(f"its format is {manifest['format']}, this program reads {FORMAT}")
    if manifest["files"] != digests:
        raise ValueError("a file in it differs from its list")
    return BackupContents(tuple(digests), manifest["live_build"], manifest["made_at"])


def _unpack(content: IO[bytes], target: Path) -> str:
    """Write a file that nobody else may read, with blocks of zeros as holes; returns its digest."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := content.read(_BLOCK):
            digest.update(block)
            if block.count(0) == len(block):
                file.seek(len(block), os.SEEK_CUR)
            else:
                file.write(block)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _swap(staged: Path, data_dir: Path, *, replace: bool) -> Path | None:
    """Move existing files aside and the unpacked ones into their place; if that fails it is undone.

    Returns the folder to which files were moved.
    """
    brought = sorted(staged.iterdir())
    # A write-ahead log that is left behind would be replayed over the restored database.
    left = [data_dir / name for name in _SIDE_FILES if os.path.lexists(data_dir / name)]
    both = [data_dir / path.name for path in brought if os.path.lexists(data_dir / path.name)] + left
    if both and not replace:
        names = ", ".join(path.name for path in both)
        raise InputError(f"{data_dir} has {names} already. Give --replace to move that aside.")
    there = [data_dir / name for name in (*DATABASES, *WHOLE, INDEX) if os.path.lexists(data_dir / name)] + left
    aside = data_dir / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    moves = [(path, aside / path.name) for path in there] if replace else []
    moves += [(path, data_dir / path.name) for path in brought]
    if replace and there:
        aside.mkdir()
    done: list[tuple[Path, Path]] = []
    try:
        for old, new in moves:
            old.rename(new)
            done.append((old, new))
    except OSError:
        for old, new in reversed(done):
            new.rename(old)
        if replace and there:
            aside.rmdir()
        raise
    return aside if replace and there else None
