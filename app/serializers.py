"""Sources, grounding and citations as JSON objects, the same in a stream, in a search and on the command line.

The stream, the JSON answer, the stored turn, `app.routes.search` and `app.cli.ask` use them.
"""

from typing import Any

from engines.events import CitationsResolved, Cited, GroundingDecided, Source


def source_json(source: Source) -> dict[str, Any]:
    """A source with its passage, and why it was found."""
    return {
        "number": source.number,
        "id": source.chunk_id,
        "url": source.url,
        "title": source.title,
        "heading_path": list(source.heading_path),
        "text": source.text,
        "score": source.score,
        "dense_rank": source.dense_rank,
        "sparse_rank": source.sparse_rank,
    }


def grounding_json(event: GroundingDecided) -> dict[str, Any]:
    """The decision with what it was made from."""
    return {
        "grounded": event.grounded,
        "verdict": event.verdict,
        "score": event.score,
        "threshold": event.not_covered_below,  # the only one that older clients know
        "thresholds": {"covered": event.covered_from, "not_covered": event.not_covered_below},
    }


def cited_json(event: Cited) -> dict[str, Any]:
    """One citation as it happens."""
    return {
        "number": event.number,
        "id": event.chunk_id,
        "url": event.url,
        "sentence": event.sentence,
        "supported": event.supported,
        "at": event.at,
    }


def citations_json(event: CitationsResolved) -> dict[str, Any]:
    """All citations in their final numbers."""
    return {
        "text": event.text,
        "cited": [
            {
                "number": citation.number,
                "source": citation.source.number,
                "id": citation.source.chunk_id,
                "url": citation.source.url,
                "sentence": citation.sentence,
                "supported": citation.supported,
            }
            for citation in event.cited
        ],
        "also_read": [source.number for source in event.also_read],
        "dropped": event.dropped,
        "unsupported": list(event.unsupported),
        "marks": [{"at": mark.at, "number": mark.number} for mark in event.marks],
    }
