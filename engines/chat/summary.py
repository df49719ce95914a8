"""A summary of the turns that no longer fit a prompt; `app.conversation_summaries` requests and stores it.

The idea is that of LlamaIndex's `ChatSummaryMemoryBuffer`: the newest turns in full, the older ones as a growing
summary. That class calls the model while a question waits, without a time limit, and passes its summary as a system
message. Here it is written between two questions, and it is data in the prompt, since it contains readers' words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms import LLM

from engines import prompts
from engines.events import Turn
from engines.prompts import shortened, summary_tokens, turns_that_fit

MOST_TURNS = 30  # messages: with more of them, the history from a store (40) would not reach back to the summary
_INPUT = 4  # times the history's budget: longer parts of a conversation are summarised from their newest turns


@dataclass(frozen=True, slots=True)
class Summarised:
    """A summary, and the tokens that it took, as the model reports them."""

    text: str
    tokens: int


class Summariser:
    """Decides which turns to summarise, and has the model write the summary."""

    def __init__(self, llm: LLM, budget: int, count: Callable[[str], int]) -> None:
        self._llm = llm
        self._budget = budget  # tokens of the history in one prompt
        self._count = count

    def overflow(self, turns: Sequence[Turn], summary: str | None) -> int:
        """How many of the oldest turns should be summarised now; 0 while all of them fit the next prompt.

        Once they do not, more than necessary are taken, so that not every later question needs a new summary.
        """
        left = self._budget - summary_tokens(summary, self._budget, self._count)
        if len(turns) <= MOST_TURNS and len(turns_that_fit(turns, left, self._count)) == len(turns):
            return 0
        kept = turns_that_fit(turns[-(MOST_TURNS // 2) :], left // 2, self._count)
        return max(len(turns) - max(len(kept), 2), 0)  # the last question and answer are kept, however long

    async def summarise(self, turns: Sequence[Turn], summary: str | None) -> Summarised:
        """The summary so far, extended by these turns; raises ModelError. An empty text means that there is none."""
        told = turns_that_fit(turns, self._budget * _INPUT, self._count)
        request = ChatMessage(role=MessageRole.USER, content=prompts.summary_message(told, summary))
        # One attempt: nobody waits for it, and the next answer asks again.
        response = await self._llm.achat([request], retry_budget_seconds=0.0)
        counts = response.additional_kwargs
        tokens = (counts.get("prompt_tokens") or 0) + (counts.get("completion_tokens") or 0)
        text = " ".join((response.message.content or "").split())
        return Summarised(shortened(text, self._budget // 4, self._count), tokens)
