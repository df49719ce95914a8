"""An answer's frames as one JSON object, for a client that asked for no stream; called by `app.routes.chat`."""

from collections.abc import Iterable
from typing import Any

import orjson


def fold(frames: Iterable[bytes]) -> dict[str, Any]:
    """A whole stream as one JSON object."""
    content: dict[str, Any] = {"answer": "", "sources": [], "grounded": None, "verdict": None, "complete": False}
    for line in b"".join(frames).split(b"\n\n"):
        if not line.startswith(b"data: {"):
            continue
        part = orjson.loads(line[len(b"data: ") :])
        match part["type"]:
            case "start":
                content = part["messageMetadata"] | content
            case "text-delta":
                content["answer"] += part["delta"]
            case "data-sources":
                content["sources"] = part["data"]
            case "data-grounding":
                content["grounded"] = part["data"]["grounded"]
                content["verdict"] = part["data"]["verdict"]
            case "data-citations":
                content["citations"] = part["data"]
            case "data-finish":
                content["complete"] = True
            case "data-error":
                content["error"] = part["data"]
    return content
