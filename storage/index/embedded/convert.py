"""Translates the requests of `qdrant_client` into those of `qdrant_edge`, and its answers back."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import qdrant_edge as edge
from qdrant_client import models

_DISTANCES = {
    models.Distance.COSINE: edge.Distance.Cosine,
    models.Distance.DOT: edge.Distance.Dot,
    models.Distance.EUCLID: edge.Distance.Euclid,
    models.Distance.MANHATTAN: edge.Distance.Manhattan,
}
_SCHEMAS = {
    models.PayloadSchemaType.KEYWORD: edge.PayloadSchemaType.Keyword,
    models.PayloadSchemaType.INTEGER: edge.PayloadSchemaType.Integer,
    models.PayloadSchemaType.FLOAT: edge.PayloadSchemaType.Float,
    models.PayloadSchemaType.BOOL: edge.PayloadSchemaType.Bool,
    models.PayloadSchemaType.DATETIME: edge.PayloadSchemaType.Datetime,
    models.PayloadSchemaType.UUID: edge.PayloadSchemaType.Uuid,
    models.PayloadSchemaType.TEXT: edge.PayloadSchemaType.Text,
}


def edge_config(vectors: Any, sparse_vectors: Mapping[str, models.SparseVectorParams]) -> edge.EdgeConfig:
    """The shard's configuration for a collection's vectors: one unnamed `VectorParams`, or several by name."""
    named = vectors if isinstance(vectors, Mapping) else {"": vectors}
    return edge.EdgeConfig(
        vectors={
            name: edge.EdgeVectorParams(size=params.size, distance=_DISTANCES[params.distance])
            for name, params in named.items()
        },
        sparse_vectors={
            name: edge.EdgeSparseVectorParams(
                modifier=edge.Modifier.Idf if params.modifier == models.Modifier.IDF else None
            )
            for name, params in sparse_vectors.items()
        },
    )


def field_schema(schema: Any) -> edge.PayloadSchemaType | edge.KeywordIndexParams:
    """The type of a payload index, given by its name, its enum or its parameters."""
    if isinstance(schema, models.KeywordIndexParams):
        return edge.KeywordIndexParams(prefix=schema.prefix)
    kind = getattr(schema, "type", schema)
    return _SCHEMAS[models.PayloadSchemaType(getattr(kind, "value", kind))]


def point(source: models.PointStruct) -> edge.Point:
    """A point to write."""
    return edge.Point(point_id(source.id), _vector(source.vector), source.payload)


def point_id(value: Any) -> int | str:
    """An id as the engine takes it: an unsigned integer or a UUID in its usual form; ValueError otherwise."""
    return value if isinstance(value, int) else str(UUID(str(value)))


def _vector(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _vector(part) for name, part in value.items()}
    if isinstance(value, models.SparseVector):
        return edge.SparseVector(indices=value.indices, values=value.values)
    return value


def query_request(source: models.QueryRequest) -> edge.QueryRequest:
    """One query of a batch."""
    return edge.QueryRequest(
        limit=10 if source.limit is None else source.limit,
        offset=source.offset,
        query=_query(source.query, source.using),
        prefetches=_prefetches(source.prefetch),
        filter=filter_of(source.filter),
        score_threshold=source.score_threshold,
        with_payload=_with_payload(source.with_payload),
        with_vector=_with_vector(source.with_vector),
        params=_params(source.params),
    )


def _prefetches(source: Any) -> list[edge.Prefetch]:
    if source is None:
        return []
    return [
        edge.Prefetch(
            limit=10 if part.limit is None else part.limit,
            query=_query(part.query, part.using),
            prefetches=_prefetches(part.prefetch),
            filter=filter_of(part.filter),
            score_threshold=part.score_threshold,
            params=_params(part.params),
        )
        for part in (source if isinstance(source, Sequence) else [source])
    ]


def _query(source: Any, using: str | None) -> Any:
    if source is None:
        return None
    if isinstance(source, models.NearestQuery):
        source = source.nearest
    if isinstance(source, models.RrfQuery):
        return edge.Fusion.Rrf(k=source.rrf.k or 2)
    if isinstance(source, models.FusionQuery):
        return edge.Fusion.Rrf(k=2) if source.fusion == models.Fusion.RRF else edge.Fusion.Dbsf()
    if isinstance(source, list | models.SparseVector):
        return edge.Query.Nearest(_vector(source), using=using)
    raise ValueError(f"the embedded index has no query of the kind {type(source).__name__}")


def _params(source: models.SearchParams | None) -> edge.SearchParams | None:
    if source is None:
        return None
    return edge.SearchParams(hnsw_ef=source.hnsw_ef, exact=bool(source.exact))


def _with_payload(source: Any) -> Any:
    if isinstance(source, models.PayloadSelectorInclude):
        return source.include
    if isinstance(source, models.PayloadSelectorExclude):
        return edge.PayloadSelector.Exclude(source.exclude)
    return source


with_payload = _with_payload


def _with_vector(source: Any) -> Any:
    return False if source is None else source


def filter_of(source: models.Filter | None) -> edge.Filter | None:
    """A filter with its conditions; None where there is none."""
    return None if source is None else some_filter(source)


def some_filter(source: models.Filter) -> edge.Filter:
    """A filter with its conditions."""
    return edge.Filter(
        must=_conditions(source.must),
        should=_conditions(source.should),
        must_not=_conditions(source.must_not),
    )


def _conditions(source: Any) -> list[Any] | None:
    if source is None:
        return None
    return [_condition(part) for part in (source if isinstance(source, Sequence) else [source])]


def _condition(source: Any) -> Any:
    match source:
        case models.Filter():
            return filter_of(source)
        case models.HasIdCondition():
            return edge.HasIdCondition({point_id(value) for value in source.has_id})
        case models.IsEmptyCondition():
            return edge.IsEmptyCondition(source.is_empty.key)
        case models.IsNullCondition():
            return edge.IsNullCondition(source.is_null.key)
        case models.FieldCondition():
            return edge.FieldCondition(key=source.key, match=_match(source.match), range=_range(source.range))
    raise ValueError(f"the embedded index has no condition of the kind {type(source).__name__}")


def _match(source: Any) -> Any:
    match source:
        case None:
            return None
        case models.MatchValue():
            # The binding takes Python's True for the integer 1, which no boolean equals; numpy's it takes for what it is.
            value: Any = np.bool_(source.value) if isinstance(source.value, bool) else source.value
            return edge.MatchValue(value)
        case models.MatchAny():
            return edge.MatchAny(_values(source.any))
        case models.MatchExcept():
            return edge.MatchExcept(_values(source.except_))
        case models.MatchPrefix():
            return edge.MatchPrefix(source.prefix)
        case models.MatchText():
            return edge.MatchText(source.text)
    raise ValueError(f"the embedded index has no match of the kind {type(source).__name__}")


def _values(source: Any) -> Any:
    return list(source)


def _range(source: Any) -> Any:
    if source is None:
        return None
    if isinstance(source, models.Range):
        return edge.RangeFloat(gte=source.gte, gt=source.gt, lte=source.lte, lt=source.lt)
    raise ValueError(f"the embedded index has no range of the kind {type(source).__name__}")


def scored(source: edge.ScoredPoint) -> models.ScoredPoint:
    """A found point; built without validation, which would take longer than the search."""
    return models.ScoredPoint.model_construct(
        id=_id_back(source.id),
        version=source.version,
        score=source.score,
        payload=source.payload,
        vector=vector_back(source.vector),
        shard_key=None,
        order_value=source.order_value,
    )


def record(source: edge.Record) -> models.Record:
    """A point that was read."""
    return models.Record.model_construct(
        id=_id_back(source.id),
        payload=source.payload,
        vector=vector_back(source.vector),
        shard_key=None,
        order_value=source.order_value,
    )


def _id_back(value: Any) -> int | str:
    return value if isinstance(value, int) else str(value)


def vector_back(value: Any) -> Any:
    """A vector that was read, in the client's types."""
    if isinstance(value, Mapping):
        return {name: vector_back(part) for name, part in value.items()}
    if isinstance(value, edge.SparseVector):
        return models.SparseVector(indices=value.indices, values=value.values)
    return value
