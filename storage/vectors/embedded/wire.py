"""Turns the models of `qdrant_client` into the JSON that `shard.py` takes, and its answers back into models."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from qdrant_client.http import models  # `qdrant_client.models` has another QueryResponse

Json = dict[str, Any]
_BARE = {"id", "score"}


def plain(value: Any) -> Any:
    """A model, or a mapping or list of models, as JSON values; what is JSON already stays as it is."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True, by_alias=True)
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    return value


def query(source: models.QueryRequest) -> Json:
    """One query; a dense vector is passed on as it is, as copying 384 numbers takes longer than all the rest."""
    return {
        "query": plain(source.query),
        "using": source.using,
        "prefetch": [query(part) for part in _listed(source.prefetch)],
        "filter": plain(source.filter),
        "params": plain(source.params),
        "score_threshold": source.score_threshold,
        "limit": source.limit,
        "offset": getattr(source, "offset", None),
        "with_payload": selector(getattr(source, "with_payload", None), default=False),
        "with_vector": selector(getattr(source, "with_vector", None), default=False),
    }


def _listed(source: Any) -> list[Any]:
    return [] if source is None else source if isinstance(source, list) else [source]


def selector(source: Any, *, default: bool) -> Any:
    """Which payload or vectors to give: all, none, or a list of names."""
    return default if source is None else plain(source)


def point(source: models.PointStruct) -> tuple[Any, Any, Json | None]:
    """A point to write: its id, its vectors, its payload."""
    return source.id, vector(source.vector), source.payload


def vector(value: Any) -> Any:
    """Vectors to write."""
    if isinstance(value, Mapping):
        return {name: vector(part) for name, part in value.items()}
    if isinstance(value, models.SparseVector):
        return {"indices": value.indices, "values": value.values}
    return value


@dataclass(slots=True)  # a frozen one takes three times as long to make
class FoundPoint:
    """A point as `ScoredPoint` and `Record` name its parts; a hundred of those models take longer than the search."""

    id: int | str
    score: float
    payload: Json | None
    vector: Any
    version: int = 0
    shard_key: None = None
    order_value: None = None


def found(source: Json) -> FoundPoint:
    """A point that was searched or read."""
    vectors = source.get("vector")
    return FoundPoint(
        source["id"],
        source.get("score", 0.0),
        source.get("payload"),
        None if vectors is None else _vector_back(vectors),
    )


def _vector_back(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "indices" in value:
            return models.SparseVector(indices=value["indices"], values=value["values"])
        return {name: _vector_back(part) for name, part in value.items()}
    return value


def response(points: list[Json]) -> models.QueryResponse:
    """One ranked list."""
    found_points: list[Any]
    if points and points[0].keys() <= _BARE:  # a search's hundreds: no question is worth asking of each
        found_points = [FoundPoint(item["id"], item["score"], None, None) for item in points]
    else:
        found_points = [found(item) for item in points]
    return models.QueryResponse.model_construct(points=found_points)


def refusal_body(message: str) -> Json:
    """The body of a refusal as a Qdrant server words it."""
    return {"status": {"error": message}, "time": 0.0, "result": None}


def scroll(
    scroll_filter: models.Filter | None = None,
    limit: int = 10,
    offset: Any = None,
    with_payload: Any = True,
    with_vectors: Any = False,
    **_: Any,
) -> Json:
    """The parameters of a scroll."""
    return {
        "matching": plain(scroll_filter),
        "limit": limit,
        "offset": offset,
        "with_payload": plain(with_payload),
        "with_vector": with_vectors,
    }


def single_query(
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
) -> models.QueryRequest:
    """The query of `query_points`."""
    return models.QueryRequest(
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
