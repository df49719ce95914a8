"""The collections in a folder, for one process: those it writes, those it reads, and how one is sealed."""

import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from storage.errors import StorageUnavailableError
from storage.vectors.embedded_qdrant.files import (
    MARGIN_BYTES,
    Catalog,
    copy_tree,
    megabytes,
    read_json,
    require_room,
    sync_tree,
    used_bytes,
)
from storage.vectors.embedded_qdrant.process import python_command
from storage.vectors.embedded_qdrant.shard import Clone, Json, Shard, sweep

# For this many vectors of 384 dimensions a graph saves 1 ms a query and takes 6 s or more at every rebuild.
_SCANNED_POINTS = 10_000
_OPTIMIZE = (
    "from storage.vectors.embedded_qdrant.shard import Shard; "
    "shard = Shard.load(sys.argv[2]); shard.optimize(); shard.close()"
)


class RefusedError(Exception):
    """A call that a Qdrant server would refuse, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Collections:
    """Collections like those of a Qdrant server; safe to use from several threads and processes."""

    def __init__(self, root: Path) -> None:
        self.catalog = Catalog(root)
        self._lock = threading.RLock()
        self._writers: dict[str, Shard] = {}
        self._readers: dict[str, Clone] = {}
        self._copied: set[str] = set()  # and not reopened since
        sweep(self.catalog.clones)

    def resolve(self, name: str) -> str:
        """The collection that a name or an alias stands for; RefusedError 404 if there is none."""
        collection = self.catalog.aliases().get(name, name)
        if not self.catalog.exists(collection):
            raise RefusedError(404, f"Not found: Collection `{name}` doesn't exist!")
        return collection

    def create(
        self, name: str, vectors: Mapping[str, Json], sparse_vectors: Mapping[str, Json], metadata: Json
    ) -> None:
        """Create an empty collection that this process may write; RefusedError 409 if there is one of this name."""
        description = {
            "vectors": vectors,
            "sparse_vectors": sparse_vectors,
            "metadata": metadata,
            "sealed": False,
            "points": 0,
        }
        with self._lock:
            try:
                self.catalog.create(name, description)
            except FileExistsError:
                raise RefusedError(409, f"Wrong input: Collection `{name}` already exists!") from None
            path = self.catalog.shard(name)
            path.mkdir()
            self._writers[name] = Shard.create(str(path), vectors, sparse_vectors)

    def copy(self, source: str, name: str, metadata: Json) -> None:
        """Create a collection that this process may write, as a copy of the sealed collection `source`."""
        with self._lock:
            sealed = self.sealed(self.resolve(source))
            require_room(self.catalog.root, used_bytes(sealed) + MARGIN_BYTES)
            self.catalog.create(name, self.describe(source) | {"metadata": metadata, "sealed": False})
            path = self.catalog.shard(name)
            copy_tree(sealed, path)
            self._writers[name] = Shard.load(str(path))
            self._writers[name].write_after(_last_write(path))
            self._copied.add(name)

    def describe(self, name: str) -> Json:
        """A collection's vectors, metadata and number of points, as JSON; RefusedError 404 if there is none."""
        collection = self.resolve(name)
        try:
            description = self.catalog.describe(collection)
        except KeyError:  # it was deleted between the two look-ups
            raise RefusedError(404, f"Not found: Collection `{name}` doesn't exist!") from None
        with self._lock:
            if collection in self._writers:
                description["points"] = self._writers[collection].count()
        return description

    def update_metadata(self, name: str, changes: Json) -> None:
        """Merge into a collection's metadata; None deletes a key."""
        with self._lock:
            description = self.describe(name)
            merged = {**description["metadata"], **changes}
            description["metadata"] = {key: value for key, value in merged.items() if value is not None}
            self.catalog.redescribe(self.resolve(name), description)

    def index_field(self, name: str, field: str, schema: str | Json) -> None:
        """Index a payload field for filters."""
        self.writer(name).index_field(field, schema)

    def delete(self, name: str) -> bool:
        """Delete a collection and the aliases that point to it; private copies of other processes stay usable."""
        with self._lock:
            if not self.catalog.exists(name):
                return False
            self.release(name)
            if name in self.catalog.aliases().values():
                with self.catalog.changing_aliases() as aliases:
                    for alias in [alias for alias, target in aliases.items() if target == name]:
                        del aliases[alias]
            self.catalog.remove(name)
        return True

    def move_aliases(self, changes: Mapping[str, str | None]) -> None:
        """Point aliases to collections, or delete them (None), in one atomic step; the collections are sealed first."""
        with self._lock:
            for target in changes.values():
                if target is not None:
                    self._seal(target)
            with self.catalog.changing_aliases() as aliases:
                for alias, target in changes.items():
                    aliases.pop(alias, None)
                    if target is not None:
                        aliases[alias] = target

    def writer(self, name: str) -> Shard:
        """The shard to write; RefusedError 403 if it is sealed, or if another process writes it."""
        collection = self.resolve(name)
        if collection not in self._writers:
            raise RefusedError(403, f"Forbidden: Collection `{collection}` is sealed, or another process writes it")
        return self._writers[collection]

    def reader(self, name: str) -> Shard:
        """The shard to read: this process's own while it writes it, or a private copy of a sealed one."""
        collection = self.resolve(name)
        with self._lock:
            if collection in self._writers:
                return self._writers[collection]
            if collection not in self._readers:
                self._readers[collection] = Clone(self.sealed(collection), self.catalog.clones)
            return self._readers[collection].shard

    def sealed(self, collection: str) -> Path:
        """The folder of a sealed collection; RefusedError 403 where it is still being written."""
        if not self.describe(collection)["sealed"]:
            raise RefusedError(403, f"Forbidden: Collection `{collection}` is not finished")
        return self.catalog.shard(collection)

    def writes(self, name: str) -> bool:
        """Whether this process writes the collection."""
        return self.catalog.aliases().get(name, name) in self._writers

    def optimize(self, name: str) -> None:
        """Index the points that this process wrote; done in another process, since the engine blocks every thread."""
        with self._lock:
            collection = self.resolve(name)
            if collection not in self._writers:
                return
            path, many = self.catalog.shard(collection), self._writers[collection].count() >= _SCANNED_POINTS
            if not many and collection not in self._copied:
                return
            self._writers.pop(collection).close()
            try:
                if many:
                    require_room(path, used_bytes(path) + MARGIN_BYTES)
                    _optimize(path)
            finally:
                # After reopening, word counts leave out chunks that were replaced or removed.
                self._writers[collection] = Shard.load(str(path))
                self._copied.discard(collection)

    def release(self, collection: str) -> None:
        """Close the shards of a collection that this process has open; the next call opens them again."""
        with self._lock:
            if (reader := self._readers.pop(collection, None)) is not None:
                reader.close()
            if (writer := self._writers.pop(collection, None)) is not None:
                writer.close()

    def close(self) -> None:
        """Close everything."""
        with self._lock:
            for name in {*self._readers, *self._writers}:
                self.release(name)

    def _seal(self, name: str) -> None:
        description = self.describe(name)
        if description["sealed"]:
            return
        self.writer(name).flush()
        self.release(name)
        shard = self.catalog.shard(name)
        shutil.rmtree(shard / "wal")  # everything is in the segments; a copy starts with an empty log
        sync_tree(shard)
        self.catalog.redescribe(name, description | {"sealed": True})


def _optimize(path: Path) -> None:
    ended = subprocess.run(python_command(_OPTIMIZE, str(path)), check=False).returncode  # noqa: S603 - our interpreter
    if ended < 0:
        free = shutil.disk_usage(path).free
        raise StorageUnavailableError(
            f"The process that builds the graph was ended by {signal.Signals(-ended).name}; the disk of {path} has "
            f"{megabytes(free)} left. SIGBUS means that the disk is full, SIGKILL that the memory was. Nothing was "
            "published."
        )
    if ended:
        raise StorageUnavailableError("The process that builds the graph failed; its output is above.")


def _last_write(shard: Path) -> int:
    """The highest number of a write in any segment of a shard."""
    versions = [read_json(path)["version"] or 0 for path in shard.glob("segments/*/segment.json")]
    return max(versions, default=0)
