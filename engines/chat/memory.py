"""Which earlier turns a prompt holds: the newest that fit a token budget; the chat engine's memory for one request."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Self

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.memory import BaseMemory
from pydantic import PrivateAttr

from engines import prompts
from engines.events import Question, Role, Turn
from engines.prompts import fair_share, shortened

_ROLES: dict[MessageRole, Role] = {MessageRole.USER: "user", MessageRole.ASSISTANT: "assistant"}


def turns_that_fit(turns: Sequence[Turn], budget: int, count: Callable[[str], int]) -> tuple[Turn, ...]:
    """The newest turns within `budget` tokens, oldest first, beginning with a question of the reader's.

    Both newest turns are kept, however long they are: they share the budget, and are cut in their middle where they
    need more than their share. Older ones are added as long as they fit; one longer than half of the budget is cut.
    """
    kept = _newest(turns, budget, count)
    left = budget - sum(count(turn.content) for turn in kept)
    for turn in reversed(turns[: len(turns) - len(kept)]):
        content = shortened(turn.content, budget // 2, count)
        left -= count(content)
        if left < 0:
            break
        kept.insert(0, replace(turn, content=content))
    while kept and (kept[0].role != "user" or not kept[0].content):
        kept.pop(0)
    return tuple(kept)


def _newest(turns: Sequence[Turn], budget: int, count: Callable[[str], int]) -> list[Turn]:
    """The two newest turns, or three where the older of the two is an answer, cut to share the budget."""
    newest = list(turns[-2:])
    if len(turns) > len(newest) and newest[0].role != "user":
        newest = list(turns[-3:])
    share = fair_share([count(turn.content) for turn in newest], budget)
    return [replace(turn, content=shortened(turn.content, share, count)) for turn in newest]


def earlier(question: Question, budget: int, count: Callable[[str], int]) -> tuple[tuple[Turn, ...], str | None]:
    """What the answer may know of the conversation: the turns, and a summary of those before them, within `budget`.

    A question about a selection sees no summary: other turns went into it, too.
    """
    summary = question.summary if question.selected_text is None and budget else None
    left = budget - summary_tokens(summary, budget, count)
    return turns_that_fit(turns_about(question), left, count), summary and shortened(summary, budget // 4, count)


def summary_tokens(summary: str | None, budget: int, count: Callable[[str], int]) -> int:
    """What a summary takes of a budget: a quarter of it at most."""
    return min(count(summary), budget // 4) if summary else 0


def turns_about(question: Question) -> tuple[Turn, ...]:
    """The earlier turns that the answer may see: with a selection those about the same selection, else all."""
    turns = tuple(turn for turn in question.history if turn.content.strip())
    if question.selected_text is None:
        return turns
    selected = question.selected_text.strip()
    return tuple(turn for turn in turns if (turn.selected_text or "").strip() == selected)


class TurnMemory(BaseMemory):
    """The stored turns as LlamaIndex's memory; its own memories open a database or load a tokenizer for each."""

    _messages: list[ChatMessage] = PrivateAttr(default_factory=list)
    _summary: str | None = PrivateAttr(default=None)

    @classmethod
    def from_defaults(cls, **kwargs: Any) -> Self:
        """An empty memory."""
        return cls()

    @classmethod
    def from_turns(cls, turns: Sequence[Turn], summary: str | None = None) -> Self:
        """A memory that holds these turns, and before them what the older ones were about."""
        memory = cls()
        memory.set([ChatMessage(role=MessageRole(turn.role), content=turn.content) for turn in turns])
        memory._summary = summary
        return memory

    @property
    def summary(self) -> str | None:
        """What the turns before the messages were about."""
        return self._summary

    @property
    def turns(self) -> list[Turn]:
        """The messages as turns, oldest first, without the summary."""
        said = [message for message in self._messages if message.role in _ROLES]
        return [Turn(_ROLES[message.role], message.content or "") for message in said]

    def get(self, input: str | None = None, **kwargs: Any) -> list[ChatMessage]:  # noqa: A002 - LlamaIndex's name
        """The summary where there is one, then the messages, oldest first."""
        if not self._summary:
            return self._messages
        return [ChatMessage(role=MessageRole.USER, content=prompts.summary_block(self._summary)), *self._messages]

    async def aget(self, input: str | None = None, **kwargs: Any) -> list[ChatMessage]:  # noqa: A002
        """As `get`, without the thread that the base class starts for it."""
        return self.get()

    def get_all(self) -> list[ChatMessage]:
        """The messages, oldest first."""
        return self._messages

    def put(self, message: ChatMessage) -> None:
        """Add a message."""
        self._messages.append(message)

    def set(self, messages: list[ChatMessage]) -> None:
        """Replace all messages."""
        self._messages = list(messages)

    def reset(self) -> None:
        """Forget all messages, and the summary."""
        self._messages = []
        self._summary = None
