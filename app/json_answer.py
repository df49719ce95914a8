"""An answer as one JSON object, for a client that asked for no stream; made from its typed state, not its frames."""

from typing import Any

from app.answer_state import AnswerIdentity, AnswerState
from app.serializers import citations_json, source_json
from app.ui_message_stream import STORED_ERROR
from engines.events import Failed
from storage.conversations.turns import Message


def answer_json(identity: AnswerIdentity | None, state: AnswerState) -> dict[str, Any]:
    """An answer as far as it was written."""
    content: dict[str, Any] = {
        **(identity.metadata() if identity else {}),
        **({"build": state.build} if state.build else {}),
        "answer": state.answer,
        "sources": [source_json(source) for source in state.sources],
        "grounded": state.grounding.grounded if state.grounding else None,
        "verdict": state.grounding.verdict if state.grounding else None,
        "complete": state.complete,
    }
    if state.resolved is not None:
        content["resolved"] = citations_json(state.resolved)
    if isinstance(state.end, Failed):
        content["error"] = {"code": state.end.code, "message": state.end.message}
    return content


def stored_json(identity: AnswerIdentity, message: Message) -> dict[str, Any]:
    """An answer from the history."""
    content: dict[str, Any] = {
        **identity.metadata(),
        "answer": message.content,
        "sources": [dict(source) for source in message.sources],
        "grounded": message.grounded,
        "verdict": message.verdict,
        "complete": message.status == "complete" and message.error_code is None,
    }
    if message.error_code is not None:
        content["error"] = {"code": message.error_code, "message": STORED_ERROR}
    return content


def with_other_names(content: dict[str, Any], session_id: str | None) -> dict[str, Any]:
    """The answer with the names that front ends in use read, beside our own.

    `citations` are numbered as in `answer`; `session_id` is the client's own name of the conversation where it has one.
    """
    sources = [source | {"section": _section(source)} for source in content["sources"]]
    by_number = {source["number"]: source for source in sources}
    cited = (content.get("resolved") or {}).get("cited", ())
    citations = [
        {
            "number": citation["source"],
            "text": citation["sentence"],
            "url": citation["url"],
            "title": by_number[citation["source"]]["title"],
            "section": by_number[citation["source"]]["section"],
        }
        for citation in cited
        if citation["source"] in by_number
    ]
    session = session_id or content.get("conversation_id")
    named = {"response": content["answer"], "session_id": session, "sources": sources, "citations": citations}
    detail = {"detail": content["error"]["message"]} if "error" in content else {}
    return content | named | detail


def _section(source: dict[str, Any]) -> str:
    path = source["heading_path"]
    return str(path[-1] if path else source["title"])
