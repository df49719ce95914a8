"""The passages of the last answer, for a message about it: "simpler please", "in Urdu", "the answers to the quiz"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import QueryBundle

from engines.chat.condense import in_context, intent_after, last_asked, recalled
from engines.events import Question, Scope
from engines.retrieval.retriever import GivenRetriever, postprocessed
from engines.tasks.answering import Tasks
from engines.tasks.plans import AnswerFrom, Plan, ReadyAnswer
from engines.understanding.intent import Intent
from engines.understanding.places import names_the_page
from storage.vectors.qdrant_vector_store import PinnedBuild

RetrieverFor = Callable[[Scope, PinnedBuild | None], BaseRetriever]
"""Creates the retriever for one question."""


@dataclass(frozen=True, slots=True)
class EarlierPassages:
    """Finds the passages of the last answer again, as they were found for it."""

    tasks: Tasks
    retriever: RetrieverFor
    postprocessors: Sequence[BaseNodePostprocessor]

    async def plan(
        self, plan: AnswerFrom, question: Question, intent: Intent, build: PinnedBuild | None
    ) -> Plan | None:
        """The plan for a message about the previous answer, with the passages of that answer.

        They are retrieved again in the same way. None if nothing was asked before, or if there is no quiz whose answers
        are wanted.
        """
        place = last_asked(question.history)
        if place is None:
            return None
        before = replace(question, text=question.history[place].content, history=question.history[:place])
        before = recalled(before)
        asked = intent_after(before.text, before.history, has_page=bool(before.scope.page_url))
        if intent.task == "answers" and asked.task != "quiz":
            return None
        if asked.kind == "question" and (not before.history or names_the_page(before.text)):
            return await self._about_a_search(plan, before, build)
        earlier = None if asked.kind == "question" else await self.tasks.plan(before, asked, build)
        if isinstance(earlier, ReadyAnswer):
            return replace(plan, retriever=GivenRetriever(earlier.nodes()))
        if earlier is not None:
            return replace(plan, retriever=earlier.retriever, about=QueryBundle(earlier.message))
        return replace(plan, about=in_context(before.text, before.history))

    async def _about_a_search(self, plan: AnswerFrom, before: Question, build: PinnedBuild | None) -> Plan:
        """The plan if that answer was to a question, which may have been planned after its search."""
        query = in_context(before.text, before.history)
        nodes = await self.retriever(before.scope, build).aretrieve(query)
        found = await postprocessed(nodes, query, self.postprocessors)
        earlier = await self.tasks.plan_uncovered(before, found, build)
        if isinstance(earlier, AnswerFrom) and earlier.retriever is not None:
            return replace(plan, retriever=earlier.retriever, about=QueryBundle(earlier.message))
        return replace(plan, retriever=GivenRetriever(earlier.nodes() if isinstance(earlier, ReadyAnswer) else found))
