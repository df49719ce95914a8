"""Summarises older turns in the background once an answer is stored; later questions use the summary.

Called by `app.answer_streams`. Nothing waits for a summary; if one fails, prompts leave out the older turns.
"""

import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

from app.rate_limits import Asker, Limits
from engines.chat.summary import Summariser
from engines.events import Turn
from storage.conversations.store import ConversationStore
from storage.conversations.turns import Message, OpenTurn, Summary
from storage.errors import BookragError

logger = logging.getLogger(__name__)

AT_ONCE = 4  # readers who wait for an answer come first
WAITING = 100  # more are skipped: the next answer of their conversation asks again
SECONDS = 60.0


class Summaries:
    """The summaries that this process is writing, one at a time for each conversation."""

    def __init__(self, summariser: Summariser | None, conversations: ConversationStore, limits: Limits) -> None:
        self._summariser = summariser
        self._conversations = conversations
        self._limits = limits
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def after(self, asker: Asker, turn: OpenTurn, answer: str) -> None:
        """Summarise the conversation if it no longer fits the prompt, after `turn` was answered and stored."""
        conversation = turn.conversation_id
        if self._closed or self._summariser is None or asker.reader is None:
            return
        if conversation in self._tasks or len(self._tasks) >= WAITING:
            return
        task = asyncio.create_task(self._summarise(self._summariser, asker, turn, answer), name="summary")
        self._tasks[conversation] = task
        task.add_done_callback(lambda _: self._tasks.pop(conversation, None))

    async def close(self) -> None:
        """Cancel the summaries that are being written."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _summarise(self, summariser: Summariser, asker: Asker, turn: OpenTurn, answer: str) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                await self._try(summariser, asker, turn, answer)
        except (BookragError, TimeoutError) as error:
            logger.warning("Older turns were not summarised: %s", getattr(error, "code", "it took too long"))
        except Exception:  # the outermost edge of a background task
            logger.exception("Older turns were not summarised")

    async def _try(self, summariser: Summariser, asker: Asker, turn: OpenTurn, answer: str) -> None:
        summary, earlier = known_of(turn)
        turns = [(message.id, said(message)) for message in earlier if message.content]
        turns.append((turn.question_id, Turn("user", turn.question, turn.selected_text)))
        if answer:
            turns.append((turn.answer_id, Turn("assistant", answer, turn.selected_text)))
        older = summariser.overflow([said_turn for _, said_turn in turns], summary)
        if not older or asker.reader is None:
            return
        async with self._slots:
            made = await summariser.summarise([said_turn for _, said_turn in turns[:older]], summary)
        await self._limits.tokens(asker, made.tokens)
        if made.text:
            up_to = turns[older - 1][0]
            await self._conversations.save_summary(asker.reader, turn.conversation_id, Summary(made.text, up_to))


def known_of(turn: OpenTurn) -> tuple[str | None, Sequence[Message]]:
    """The summary that applies to a turn's branch, and the messages after it.

    A summary whose last message is not on the branch belongs to another branch, or to turns that were edited later.
    """
    summary = turn.summary
    place = next((at for at, message in enumerate(turn.history) if summary and message.id == summary.up_to), None)
    if summary is None or place is None:
        return None, turn.history
    return summary.text, turn.history[place + 1 :]


def said(message: Message) -> Turn:
    """A stored message as a turn."""
    return Turn(message.role, message.content, message.selected_text)
