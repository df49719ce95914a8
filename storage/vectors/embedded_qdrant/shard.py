"""One shard of the engine, with requests and responses in the form of Qdrant's HTTP bodies, and private copies of it.

The client (`client.py`), the search process (`process.py`) and the tests' server speak to the engine through this
module alone. It imports little but the engine, so that a search process starts about as fast as Python itself.

The engine allows one owner per folder, so each reader of a sealed collection opens a copy of its own. Data files are
hard links, since the engine only maps them once they are sealed; files that it changes at opening (flags, trackers,
states: a few kilobytes without their holes) are copied, and it creates its own empty write-ahead log.
"""

import errno
import fcntl
import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import qdrant_edge as edge

from storage.errors import StorageUnavailableError
from storage.vectors.embedded_qdrant.files import MARGIN_BYTES, copy_sparse, megabytes, used_bytes

Json = dict[str, Any]
LINKED = ("matrix.dat", "inverted_index.dat", "links*.bin", "graph.bin", "page_*.dat", "chunk_*.mmap", "*to_values.bin")
"""The data files of a sealed shard, which are never written again; all others are copied."""
SEARCH_THREADS = 2  # one for each side of a query; with one, 100 readers at once waited longer on busy cores
_CONFIG = "edge_config.json"  # of the engine, in a shard's folder
_PREFIX = "bookrag-clone-"  # of copies outside the index's own folder
_YOUNG_SECONDS = 30  # a clone takes its lock within milliseconds of being made


class _Boolean:
    """A boolean for the engine's binding, which reads True as the integer 1 but recognises `numpy.bool_` by name."""

    def __init__(self, value: bool) -> None:
        self._value = value

    def __bool__(self) -> bool:
        return self._value


_Boolean.__module__, _Boolean.__name__ = "numpy", "bool_"


class Shard:
    """An open shard. The engine allows one owner for each folder."""

    def __init__(self, shard: edge.EdgeShard) -> None:
        self._shard = shard

    @classmethod
    def create(cls, path: str, vectors: Mapping[str, Json], sparse_vectors: Mapping[str, Json]) -> "Shard":
        """Make an empty shard for named vectors."""
        config = edge.EdgeConfig(
            vectors={name: _vector_params(params) for name, params in vectors.items()},
            sparse_vectors={
                name: edge.EdgeSparseVectorParams(
                    modifier=edge.Modifier.Idf if params.get("modifier") == "idf" else None
                )
                for name, params in sparse_vectors.items()
            },
        )
        return cls(edge.EdgeShard.create(path, config))

    @classmethod
    def load(cls, path: str) -> "Shard":
        """Open a shard; fails at once if it already has an owner."""
        return cls(edge.EdgeShard.load(path))

    def close(self) -> None:
        """Flush and close the shard."""
        self._shard.close()

    def flush(self) -> None:
        """Write the log's content to the segments."""
        self._shard.flush()

    def write_after(self, version: int) -> None:
        """Give later writes numbers above `version`.

        The engine ignores a write whose number is not above that of its data, and the numbers of a copy without its log
        begin at 0. An empty write takes a number as well; a segment counts writes, not points.
        """
        for _ in range(version + 1):
            self._shard.update(edge.UpdateOperation.delete_points([]))

    def optimize(self) -> None:
        """Index the points written so far; meanwhile every thread of the process is blocked."""
        self._shard.optimize()

    def index_field(self, name: str, schema: str | Json) -> None:
        """Index a payload field for filters."""
        self._shard.update(edge.UpdateOperation.create_field_index(name, _schema(schema)))

    def upsert(self, points: Iterable[tuple[Any, Any, Json | None]]) -> None:
        """Write points, each an id, its vectors and its payload; one with a known id replaces the older."""
        batch = [edge.Point(_id(point), _vector(vector), payload) for point, vector, payload in points]
        self._shard.update(edge.UpdateOperation.upsert_points(batch))

    def delete(self, ids: Sequence[Any]) -> None:
        """Delete points by their ids."""
        self._shard.update(edge.UpdateOperation.delete_points([_id(value) for value in ids]))

    def count(self) -> int:
        """How many points there are."""
        return self._shard.count(edge.CountRequest(exact=True))

    def retrieve(self, ids: Sequence[Any], with_payload: Any = True, with_vector: Any = False) -> list[Json]:
        """Points by their ids, in any order; unknown ids are left out."""
        found = self._shard.retrieve([_id(value) for value in ids], with_payload, with_vector)
        return [_record(point) for point in found]

    def scroll(
        self,
        matching: Json | None = None,
        limit: int = 10,
        offset: Any = None,
        with_payload: Any = True,
        with_vector: Any = False,
    ) -> tuple[list[Json], Any]:
        """Points in the order of their ids, and the id that the next call starts with."""
        request = edge.ScrollRequest(
            offset=None if offset is None else _id(offset),
            limit=limit,
            filter=_filter(matching),
            with_payload=with_payload,
            with_vector=with_vector,
        )
        points, following = self._shard.scroll(request)
        return [_record(point) for point in points], None if following is None else _plain_id(following)

    def query_batch(self, queries: Sequence[Json]) -> list[list[Json]]:
        """One ranked list of ids with scores for each query, best first."""
        batch = edge.QueryBatchRequest([_query_request(query) for query in queries])
        return [
            [{"id": _plain_id(point.id), "score": point.score} for point in found]
            for found in self._shard.query_batch(batch)
        ]


def _vector_params(params: Json) -> edge.EdgeVectorParams:
    return edge.EdgeVectorParams(size=params["size"], distance=getattr(edge.Distance, params["distance"]))


def _schema(schema: str | Json) -> Any:
    kind = schema if isinstance(schema, str) else str(schema["type"])
    if kind == "keyword" and isinstance(schema, Mapping):
        return edge.KeywordIndexParams(prefix=schema.get("prefix"))
    return getattr(edge.PayloadSchemaType, kind.capitalize())


def _id(value: Any) -> Any:
    return value if isinstance(value, int) else str(UUID(str(value)))


def _plain_id(value: Any) -> int | str:
    return value if isinstance(value, int) else str(value)


def _vector(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "indices" in value:
            return edge.SparseVector(indices=value["indices"], values=value["values"])
        return {name: _vector(part) for name, part in value.items()}
    return value


def _record(point: edge.Record) -> Json:
    record: Json = {"id": _plain_id(point.id)}
    if point.payload is not None:
        record["payload"] = point.payload
    if point.vector is not None:
        record["vector"] = point.vector
    return record


def _query_request(source: Json) -> edge.QueryRequest:
    return edge.QueryRequest(
        limit=source["limit"],
        query=edge.Query.Nearest(_vector(source["query"]), using=source["using"]),
        filter=_filter(source.get("filter")),
        params=_params(source.get("params")),
        with_payload=False,
    )


def _params(source: Json | None) -> edge.SearchParams | None:
    """The filter of points in which inverse document frequencies are counted; None for all points."""
    return edge.SearchParams(idf=edge.IdfParams(corpus=_some_filter(source["idf"]["corpus"]))) if source else None


def _filter(source: Json | None) -> edge.Filter | None:
    return None if source is None else _some_filter(source)


def _some_filter(source: Json) -> edge.Filter:
    return edge.Filter(must=_conditions(source.get("must")), should=_conditions(source.get("should")))


def _conditions(source: Sequence[Json] | None) -> list[Any] | None:
    return [_condition(part) for part in source] if source else None


def _condition(source: Json) -> Any:
    if "key" not in source:
        return _some_filter(source)
    match source["match"]:
        case {"value": bool(value)}:
            boolean: Any = _Boolean(value)
            return edge.FieldCondition(key=source["key"], match=edge.MatchValue(boolean))
        case {"value": value}:
            return edge.FieldCondition(key=source["key"], match=edge.MatchValue(value))
        case {"prefix": prefix}:
            return edge.FieldCondition(key=source["key"], match=edge.MatchPrefix(prefix))
    raise ValueError(f"the embedded index has no match of the kind {', '.join(source['match'])}")


class Clone:
    """An open private copy of a sealed shard; `close` deletes its folder.

    It is made in `clones`, or, if that disk is full, in memory or in the folder for temporary files, so that a server
    can start on a full disk. Raises StorageUnavailableError if the copy fits nowhere.
    """

    def __init__(self, sealed: Path, clones: Path) -> None:
        self._folder = _folder_with_room(sealed, clones)
        self._owner: IO[bytes] = (self._folder / "owner").open("wb")
        fcntl.flock(self._owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            _copy(sealed, self._folder / "shard")
            _set_search_threads(self._folder / "shard" / _CONFIG)
            self.shard = Shard.load(str(self._folder / "shard"))
        except BaseException as exc:
            self.remove()
            if isinstance(exc, OSError) and exc.errno == errno.ENOSPC:
                raise _full(sealed, clones) from exc
            raise

    def close(self) -> None:
        """Close the shard and remove its folder."""
        self.shard.close()
        self.remove()

    def remove(self) -> None:
        """Delete the folder without closing the shard; enough for a process that is about to end."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._owner.close()


def _set_search_threads(config: Path) -> None:
    """Set the number of the engine's search threads, whose default is eight or more.

    They take work from each other: on two cores one query of a millisecond caused 200 context switches, more than half
    of the CPU of the search process. The engine's own configuration class cannot leave the other values unchanged.
    """
    content = json.loads(config.read_bytes()) | {"max_search_threads": SEARCH_THREADS}
    config.write_text(json.dumps(content))


def _elsewhere() -> tuple[Path, ...]:
    """Where copies are made when the index's own disk is full."""
    return Path("/dev/shm"), Path(tempfile.gettempdir())  # noqa: S108 - a folder of our own is made in it


def _folder_with_room(sealed: Path, clones: Path) -> Path:
    """A new folder for a copy of a shard, on a disk with room; in `clones` if no disk has room."""
    clones.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(clones).free < _copied_bytes(sealed) + MARGIN_BYTES:
        everything = used_bytes(sealed) + MARGIN_BYTES  # no hard links between disks
        for place in _elsewhere():
            if os.access(place, os.W_OK) and shutil.disk_usage(place).free >= everything:
                return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    folder = clones / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    return folder


def _full(sealed: Path, clones: Path) -> StorageUnavailableError:
    return StorageUnavailableError(
        f"The disk of {clones} is full: {megabytes(shutil.disk_usage(clones).free)} are free, and opening the index "
        f"takes up to {megabytes(_copied_bytes(sealed) + MARGIN_BYTES)}. Make room: `bookrag index prune` takes old "
        "builds away."
    )


def _copied_bytes(sealed: Path) -> int:
    """The size in bytes of the files of a shard that are copied rather than linked."""
    files = (Path(walked, name) for walked, _, names in os.walk(sealed) for name in names)
    return sum(file.stat().st_blocks * 512 for file in files if not any(file.match(pattern) for pattern in LINKED))


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
    """Delete the copies whose owner has died; returns how many there were."""
    swept = 0
    elsewhere = (folder for place in _elsewhere() for folder in place.glob(f"{_PREFIX}*"))
    for folder in (*clones.glob("*"), *elsewhere):
        try:
            if time.time() - folder.stat().st_mtime < _YOUNG_SECONDS:
                continue
            with (folder / "owner").open("ab") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
        except (BlockingIOError, PermissionError):
            continue  # alive, or another user's
        except FileNotFoundError:
            shutil.rmtree(folder, ignore_errors=True)
    return swept
