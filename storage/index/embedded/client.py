"""The calls of `QdrantClient` that LlamaIndex's `QdrantVectorStore` and this project make, on the embedded engine.

A collection is written by the process that made it. It is sealed when an alias first points at it: indexed, synced and
read-only from then on, so that any number of processes read it, each through a private copy (`clone.py`).
"""

import json
import shutil
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx
import qdrant_edge as edge
from pydantic import TypeAdapter
from qdrant_client.http import models  # `qdrant_client.models` has another QueryResponse
from qdrant_client.http.exceptions import UnexpectedResponse

from storage.index.embedded import convert
from storage.index.embedded.catalog import Catalog
from storage.index.embedded.clone import Clone, sweep
from storage.index.embedded.files import sync_tree

_VECTORS: TypeAdapter[Any] = TypeAdapter(models.VectorParams | dict[str, models.VectorParams])
_SPARSE: TypeAdapter[dict[str, models.SparseVectorParams]] = TypeAdapter(dict[str, models.SparseVectorParams])


def _refuse(status: int, message: str) -> UnexpectedResponse:
    """The error of a Qdrant server that stands for the same refusal."""
    content = json.dumps({"status": {"error": message}, "result": None}).encode()
    return UnexpectedResponse(status, "Not Found" if status == 404 else "Refused", content, httpx.Headers())


class EmbeddedQdrant:
    """A duck-typed `QdrantClient` over a folder; safe to use from several threads and processes."""

    def __init__(self, root: Path) -> None:
        self._catalog = Catalog(root)
        self._lock = threading.RLock()
        self._writers: dict[str, edge.EdgeShard] = {}
        self._readers: dict[str, Clone] = {}
        sweep(self._catalog.clones)

    # Collections

    def collection_exists(self, collection_name: str, **_: Any) -> bool:
        """Whether there is such a collection or alias."""
        return self._catalog.exists(self._catalog.aliases().get(collection_name, collection_name))

    def get_collections(self, **_: Any) -> models.CollectionsResponse:
        """The names of all collections."""
        return models.CollectionsResponse(
            collections=[models.CollectionDescription(name=name) for name in self._catalog.names()]
        )

    def create_collection(
        self,
        collection_name: str,
        vectors_config: Any = None,
        sparse_vectors_config: Any = None,
        metadata: dict[str, Any] | None = None,
        **_: Any,
    ) -> bool:
        """Make an empty collection that this process writes."""
        description = {
            "vectors": _VECTORS.dump_python(vectors_config, mode="json", exclude_none=True),
            "sparse_vectors": _SPARSE.dump_python(sparse_vectors_config or {}, mode="json", exclude_none=True),
            "metadata": metadata or {},
            "sealed": False,
            "points": 0,
        }
        with self._lock:
            try:
                self._catalog.create(collection_name, description)
            except FileExistsError:
                raise _refuse(409, f"Collection `{collection_name}` already exists!") from None
            shard = self._catalog.shard(collection_name)
            shard.mkdir()
            config = convert.edge_config(vectors_config, sparse_vectors_config or {})
            self._writers[collection_name] = edge.EdgeShard.create(str(shard), config)
        return True

    def get_collection(self, collection_name: str, **_: Any) -> models.CollectionInfo:
        """What a collection is made of, with its metadata."""
        name = self._resolve(collection_name)
        description = self._describe(name)
        writer = self._writers.get(name)
        points = description["points"] if writer is None else writer.info().points_count
        return models.CollectionInfo(
            status=models.CollectionStatus.GREEN,
            optimizer_status=models.OptimizersStatusOneOf.OK,
            segments_count=1,
            points_count=points,
            indexed_vectors_count=points,
            payload_schema={},
            config=models.CollectionConfig(
                params=models.CollectionParams(
                    vectors=_VECTORS.validate_python(description["vectors"]),
                    sparse_vectors=_SPARSE.validate_python(description["sparse_vectors"]),
                ),
                hnsw_config=models.HnswConfig(m=16, ef_construct=100, full_scan_threshold=10000),
                optimizer_config=models.OptimizersConfig(
                    deleted_threshold=0.2,
                    vacuum_min_vector_number=1000,
                    default_segment_number=0,
                    flush_interval_sec=5,
                ),
                metadata=description["metadata"],
            ),
        )

    def update_collection(
        self,
        collection_name: str,
        metadata: dict[str, Any] | None = None,
        optimizers_config: models.OptimizersConfigDiff | None = None,
        **_: Any,
    ) -> bool:
        """Merge metadata (None takes a key away); with `optimizers_config`, index what was written so far."""
        with self._lock:
            name = self._resolve(collection_name)
            if optimizers_config is not None and name in self._writers:
                self._writers[name].optimize()
            if metadata:
                description = self._describe(name)
                merged = {**description["metadata"], **metadata}
                description["metadata"] = {key: value for key, value in merged.items() if value is not None}
                self._catalog.redescribe(name, description)
        return True

    def delete_collection(self, collection_name: str, **_: Any) -> bool:
        """Take a collection away with the aliases that point at it; other processes' copies live on."""
        with self._lock:
            if not self._catalog.exists(collection_name):
                return False
            self.release(collection_name)
            if collection_name in self._catalog.aliases().values():
                with self._catalog.changing_aliases() as aliases:
                    for alias in [key for key, value in aliases.items() if value == collection_name]:
                        del aliases[alias]
            self._catalog.remove(collection_name)
        return True

    def create_payload_index(self, collection_name: str, field_name: str, field_schema: Any, **_: Any) -> None:
        """Index a payload field for filters."""
        operation = edge.UpdateOperation.create_field_index(field_name, convert.field_schema(field_schema))
        self._writer(collection_name).update(operation)

    # Aliases

    def get_aliases(self, **_: Any) -> models.CollectionsAliasesResponse:
        """All aliases with their collections."""
        return models.CollectionsAliasesResponse(
            aliases=[
                models.AliasDescription(alias_name=alias, collection_name=name)
                for alias, name in self._catalog.aliases().items()
            ]
        )

    def update_collection_aliases(self, change_aliases_operations: Sequence[Any], **_: Any) -> bool:
        """Move aliases, all in one atomic step that a crash cannot halve; a collection is sealed before it is shown."""
        with self._lock:
            for operation in change_aliases_operations:
                if isinstance(operation, models.CreateAliasOperation):
                    self._seal(operation.create_alias.collection_name)
            with self._catalog.changing_aliases() as aliases:
                for operation in change_aliases_operations:
                    if isinstance(operation, models.CreateAliasOperation):
                        aliases[operation.create_alias.alias_name] = operation.create_alias.collection_name
                    else:
                        aliases.pop(operation.delete_alias.alias_name, None)
        return True

    # Points

    def upsert(self, collection_name: str, points: Iterable[models.PointStruct], **_: Any) -> None:
        """Write points; one with a known id replaces the older."""
        batch = [convert.point(point) for point in points]
        self._writer(collection_name).update(edge.UpdateOperation.upsert_points(batch))

    def upload_points(
        self, collection_name: str, points: Iterable[models.PointStruct], batch_size: int = 64, **_: Any
    ) -> None:
        """Write points in batches."""
        waiting: list[models.PointStruct] = []
        for point in points:
            waiting.append(point)
            if len(waiting) >= batch_size:
                self.upsert(collection_name, waiting)
                waiting = []
        if waiting:
            self.upsert(collection_name, waiting)

    def delete(self, collection_name: str, points_selector: Any, **_: Any) -> None:
        """Delete points by a filter or by their ids."""
        if isinstance(points_selector, models.FilterSelector):
            points_selector = points_selector.filter
        if isinstance(points_selector, models.PointIdsList):
            points_selector = points_selector.points
        if isinstance(points_selector, models.Filter):
            operation = edge.UpdateOperation.delete_points_by_filter(convert.some_filter(points_selector))
        else:
            operation = edge.UpdateOperation.delete_points([convert.point_id(value) for value in points_selector])
        self._writer(collection_name).update(operation)

    def count(self, collection_name: str, count_filter: models.Filter | None = None, **_: Any) -> models.CountResult:
        """How many points match."""
        request = edge.CountRequest(exact=True, filter=convert.filter_of(count_filter))
        return models.CountResult(count=self._shard(collection_name).count(request))

    def retrieve(
        self, collection_name: str, ids: Sequence[Any], with_payload: Any = True, with_vectors: Any = False, **_: Any
    ) -> list[models.Record]:
        """Points by their ids; those that are not there are left out."""
        wanted: list[Any] = [convert.point_id(value) for value in ids]
        found = self._shard(collection_name).retrieve(wanted, convert.with_payload(with_payload), with_vectors)
        return [convert.record(point) for point in found]

    def scroll(
        self,
        collection_name: str,
        scroll_filter: models.Filter | None = None,
        limit: int = 10,
        offset: Any = None,
        with_payload: Any = True,
        with_vectors: Any = False,
        **_: Any,
    ) -> tuple[list[models.Record], Any]:
        """Points in the order of their ids, and the id that the next call starts with."""
        request = edge.ScrollRequest(
            offset=None if offset is None else convert.point_id(offset),
            limit=limit,
            filter=convert.filter_of(scroll_filter),
            with_payload=convert.with_payload(with_payload),
            with_vector=with_vectors,
        )
        points, following = self._shard(collection_name).scroll(request)
        if following is not None and not isinstance(following, int):
            following = str(following)
        return [convert.record(point) for point in points], following

    def query_batch_points(
        self, collection_name: str, requests: Sequence[models.QueryRequest], **_: Any
    ) -> list[models.QueryResponse]:
        """One ranked list for each query."""
        batch = edge.QueryBatchRequest([convert.query_request(request) for request in requests])
        return [
            models.QueryResponse.model_construct(points=[convert.scored(point) for point in points])
            for points in self._shard(collection_name).query_batch(batch)
        ]

    def query_points(
        self,
        collection_name: str,
        query: Any = None,
        using: str | None = None,
        prefetch: Any = None,
        query_filter: models.Filter | None = None,
        search_params: models.SearchParams | None = None,
        limit: int = 10,
        offset: int | None = None,
        with_payload: Any = True,
        with_vectors: Any = False,
        score_threshold: float | None = None,
        **_: Any,
    ) -> models.QueryResponse:
        """One ranked list."""
        request = models.QueryRequest(
            query=query,
            using=using,
            prefetch=prefetch,
            filter=query_filter,
            params=search_params,
            limit=limit,
            offset=offset,
            with_payload=with_payload,
            with_vector=with_vectors,
            score_threshold=score_threshold,
        )
        return self.query_batch_points(collection_name, [request])[0]

    # Opening and closing

    def open(self, collection_name: str) -> None:
        """Open a collection before the first query asks for it."""
        self._shard(collection_name)

    def release(self, collection_name: str) -> None:
        """Close what this process holds open of a collection; it is opened again when it is asked for."""
        with self._lock:
            reader = self._readers.pop(collection_name, None)
            if reader is not None:
                reader.close()
            writer = self._writers.pop(collection_name, None)
            if writer is not None:
                writer.close()

    def close(self, **_: Any) -> None:
        """Close everything."""
        with self._lock:
            for name in {*self._readers, *self._writers}:
                self.release(name)

    def _resolve(self, name: str) -> str:
        return self._catalog.aliases().get(name, name) if not self._catalog.exists(name) else name

    def _describe(self, name: str) -> dict[str, Any]:
        try:
            return self._catalog.describe(name)
        except KeyError:
            raise _refuse(404, f"Collection `{name}` doesn't exist!") from None

    def _writer(self, collection_name: str) -> edge.EdgeShard:
        name = self._resolve(collection_name)
        if name not in self._writers:
            self._describe(name)
            raise _refuse(403, f"Collection `{name}` is sealed, or another process writes it")
        return self._writers[name]

    def _shard(self, collection_name: str) -> edge.EdgeShard:
        opened = self._writers.get(collection_name) or self._readers.get(collection_name)
        if opened is None:
            opened = self._open(self._resolve(collection_name))
        return opened.shard if isinstance(opened, Clone) else opened

    def _open(self, name: str) -> edge.EdgeShard | Clone:
        with self._lock:
            if name in self._writers:
                return self._writers[name]
            if name not in self._readers:
                if not self._describe(name)["sealed"]:
                    raise _refuse(403, f"Collection `{name}` is not finished")
                self._readers[name] = Clone(self._catalog.shard(name), self._catalog.clones)
            return self._readers[name]

    def _seal(self, name: str) -> None:
        description = self._describe(name)
        if description["sealed"]:
            return
        writer = self._writer(name)
        description["points"] = writer.info().points_count
        writer.flush()
        self.release(name)
        shard = self._catalog.shard(name)
        shutil.rmtree(shard / "wal")  # all of it is in the segments; a copy begins with an empty one
        sync_tree(shard)
        self._catalog.redescribe(name, description | {"sealed": True})
