"""Plans the answers that no plain search for the message gives: tasks, and messages about the answer before.

For a message about the last answer ("simpler please", "in Urdu", "the answers to the quiz") the passages of that answer
are found again, as they were found for it. The chat engine asks for a plan before its search, and for a message that
the book does not cover once more after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.chat.condense import in_context, intent_after, last_asked, leans_back, of_two, recalled
from engines.events import Question, Scope, Searched
from engines.retrieval.retriever import SEARCHED, GivenRetriever, postprocessed
from engines.tasks.answering import Tasks
from engines.tasks.plans import AnswerFrom, Plan, ReadyAnswer
from engines.understanding.intent import Intent
from engines.understanding.places import names_the_page
from storage.vectors.qdrant_vector_store import PinnedBuild

RetrieverFor = Callable[[Scope, PinnedBuild | None], BaseRetriever]
"""Creates the retriever for one question."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans answers about one book; one instance per process."""

    tasks: Tasks
    retriever: RetrieverFor
    postprocessors: Sequence[BaseNodePostprocessor]

    async def plan(self, question: Question, intent: Intent, build: PinnedBuild | None) -> Plan | None:
        """The plan for a message that is not searched for as it is; None if it is a question.

        An intent of a question is one of the two things that were asked about before, or it has no plan.
        """
        if intent.kind == "question":
            again = of_two(question.text, question.history)
            plan: Plan | None = AnswerFrom(again, alone=True) if again else None
        else:
            plan = await self.tasks.plan(question, intent, build)
        if isinstance(plan, AnswerFrom) and plan.again:
            plan = await self._again(plan, question, intent, build)
        if not isinstance(plan, AnswerFrom) or plan.retriever is not None:
            return plan
        scope = _limited_to(plan.page, question.scope) if plan.page else question.scope
        retriever = self.retriever(scope, build)
        return replace(plan, retriever=retriever, postprocessors=(*self.postprocessors, *plan.postprocessors))

    async def plan_uncovered(
        self, question: Question, nodes: Sequence[NodeWithScore], build: PinnedBuild | None
    ) -> Plan | None:
        """The plan for a task in words that no list has, judged by the nodes that its search found; otherwise None."""
        follows_up = bool(question.history) and leans_back(question.text)
        plan = await self.tasks.plan_uncovered(question, nodes, build, leans_back=follows_up)
        if not isinstance(plan, AnswerFrom) or plan.page is None:
            return plan
        query = plan.about or QueryBundle(plan.message)
        found = await self.retriever(_limited_to(plan.page, question.scope), build).aretrieve(query)
        of_the_page = await postprocessed(found, query, [*self.postprocessors, *plan.postprocessors])
        for each in of_the_page:  # the reader has limited nothing
            each.node.metadata[SEARCHED] = Searched()
        return replace(plan, retriever=GivenRetriever(of_the_page)) if of_the_page else None

    async def _again(
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


def _limited_to(page: str, scope: Scope) -> Scope:
    return replace(scope, page_url=page, limit="page")
