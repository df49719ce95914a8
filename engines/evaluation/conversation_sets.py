"""Conversations as evaluation sets: each turn is asked of the chat as a reader asks it, after the turns before it.

Called by `bookrag eval retrieval`. The chat is the one that answers readers, without a model, and the history of a turn
holds the answers that it gave. What is measured is what a reader gets: the passages of the answer, and the verdict.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engines.chat.engine import BookChat, BookChatEngine
from engines.evaluation.decision import is_dev_id
from engines.evaluation.labels import Addresses, units
from engines.evaluation.questions import (
    FIRST_TURN,
    KEYS,
    LATER_TURN,
    EvalQuestion,
    halves_of,
    json_lines,
    read_id,
    read_question,
    read_set,
    warn_of_repetitions,
)
from engines.evaluation.runner import ASKED_TOGETHER, QuestionRecord, check_labels, record_decision, record_of
from engines.events import CitationsResolved, Event, GroundingDecided, Question, Source, SourcesFound, Turn
from storage.vectors import payload
from storage.vectors.qdrant_vector_store import PinnedBuild


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages of one reader, in their order; their ids are the conversation's with `.1`, `.2` and so on."""

    id: str
    turns: tuple[EvalQuestion, ...]


def holds_conversations(path: Path) -> bool:
    """Whether the first line of a set is a conversation; raises InputError for a file that cannot be read."""
    return "turns" in next((content for _, content in json_lines(path)), {})


def load_conversations(path: Path) -> list[Conversation]:
    """The conversations of a JSON Lines file; raises InputError that names the line of what is wrong.

    All turns of a conversation are in one half of the set: where no line names a half, the conversation's id decides.
    """
    found = read_set(path, _conversation, KEYS | {"turns", "kind"})
    warn_of_repetitions([conversation.turns[0] for conversation in found], path)
    if any(halves_of(turn.tags) for conversation in found for turn in conversation.turns):
        return found
    return [_in_a_half(conversation) for conversation in found]


async def ask_conversations(
    conversations: Sequence[Conversation],
    chat: BookChat,
    build: PinnedBuild,
    addresses: Addresses,
    *,
    advance: Callable[[int], None] = lambda steps: None,
) -> list[QuestionRecord]:
    """What a reader gets for each turn, in the order of the set; `chat` answers from `build` without a model.

    Raises InputError that lists labels which the book does not have.
    """
    check_labels([turn for conversation in conversations for turn in conversation.turns], addresses)
    gate = asyncio.Semaphore(ASKED_TOGETHER)

    async def ask(conversation: Conversation) -> list[QuestionRecord]:
        async with gate:
            records = await _ask(conversation, chat, build, addresses)
        advance(len(records))
        return records

    return [record for records in await asyncio.gather(*map(ask, conversations)) for record in records]


async def _ask(
    conversation: Conversation, chat: BookChat, build: PinnedBuild, addresses: Addresses
) -> list[QuestionRecord]:
    said: list[Turn] = []
    records = []
    for turn in conversation.turns:
        question = Question(turn.question, history=tuple(said))
        engine = chat.engine(question, build)
        events = [event async for event in engine.events(question.text)]
        records.append(_record(turn, events, engine, addresses))
        answer = next(event.text for event in events if isinstance(event, CitationsResolved))
        said += [Turn("user", question.text), Turn("assistant", answer)]
    return records


def _record(
    turn: EvalQuestion, events: Sequence[Event], engine: BookChatEngine, addresses: Addresses
) -> QuestionRecord:
    sources = next(event.sources for event in events if isinstance(event, SourcesFound))
    decided = next(event for event in events if isinstance(event, GroundingDecided))
    nodes = (found.node for found in engine.source_nodes)
    known = {node.node_id: node.metadata for node in nodes if payload.URL in node.metadata}
    grades = addresses.distinct(turn.grades)
    ranked = units([known.get(source.chunk_id) or _place(source) for source in sources], grades, addresses)
    record = record_of(turn, grades, {unit: sources[place].score for unit, place in ranked.items()})
    record_decision(record, decided)
    return record


def _place(source: Source) -> Mapping[str, Any]:
    """Where a source stands that no search found, as one of a table of contents."""
    url, _, anchor = source.url.partition("#")
    return {payload.URL: url, payload.ANCHOR: anchor, payload.HEADING_PATH: source.heading_path}


def _conversation(content: dict[str, Any]) -> Conversation:
    if "turns" not in content:
        raise ValueError("`turns` is missing: a set has conversations alone, or single questions alone")
    turns = content["turns"]
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        raise ValueError("`turns` must be a list of objects that is not empty")
    name = read_id(str(content["id"]), "`id`")
    tags = content.get("tags", [])
    return Conversation(name, tuple(_turn(turn, number, name, tags) for number, turn in enumerate(turns, 1)))


def _turn(content: dict[str, Any], number: int, conversation: str, tags: Any) -> EvalQuestion:
    try:
        own = [*_list_of_tags(tags), *_list_of_tags(content.get("tags", [])), *_kind(content)]
        place = LATER_TURN if number > 1 else FIRST_TURN
        return read_question(content | {"id": f"{conversation}.{number}", "tags": [*own, place]})
    except KeyError as exc:
        raise ValueError(f"turn {number}: {exc.args[0]!r} is missing") from exc
    except (TypeError, ValueError) as exc:
        raise ValueError(f"turn {number}: {exc}") from exc


def _list_of_tags(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("`tags` must be a list of texts that are not empty")
    return value


def _kind(content: dict[str, Any]) -> list[str]:
    """The tag of a turn's `kind`, where it has one."""
    kind = content.get("kind")
    if kind is not None and not (isinstance(kind, str) and kind):
        raise TypeError("`kind` must be a text that is not empty")
    return [f"kind:{kind}"] if kind else []


def _in_a_half(conversation: Conversation) -> Conversation:
    half = "half:dev" if is_dev_id(conversation.id) else "half:test"
    turns = tuple(replace(turn, tags=(*turn.tags, half)) for turn in conversation.turns)
    return replace(conversation, turns=turns)
