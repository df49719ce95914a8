"""The collections of an embedded index as folders, and their aliases as one file that is replaced in one step."""

import fcntl
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage.vectors.embedded.files import read_json, sync, write_json


class Catalog:
    """`collections/<name>/` with its `collection.json` and its `shard/`; `aliases.json` beside them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clones = root / "clones"
        self._collections = root / "collections"
        self._aliases = root / "aliases.json"

    def create(self, name: str, description: Mapping[str, Any]) -> None:
        """Make a collection's folder; it is never seen without its description. FileExistsError if there is one."""
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
        """Take a collection away: at once for whoever looks, then from the disk."""
        gone = self._collections / f".gone-{uuid.uuid4().hex}"
        self.folder(name).rename(gone)
        sync(self._collections)
        shutil.rmtree(gone, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what a killed `create` or `remove` left; the caller holds the build lock."""
        for pattern in (".new-*", ".gone-*"):
            for path in self._collections.glob(pattern):
                shutil.rmtree(path, ignore_errors=True)

    def aliases(self) -> dict[str, str]:
        """Alias → collection."""
        return dict(read_json(self._aliases) or {})

    @contextmanager
    def changing_aliases(self) -> Iterator[dict[str, str]]:
        """The aliases to change; they are replaced in one step at the end, one writer at a time."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "aliases.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            aliases = self.aliases()
            yield aliases
            write_json(self._aliases, aliases)
