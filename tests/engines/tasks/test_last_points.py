"""What is shown for a reference to the last answer: a point whole, the one beside it, the section on it."""

from types import SimpleNamespace
from typing import cast

import pytest
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from engines.coverage.verdict import retrieved
from engines.events import COVERED, Question, Turn
from engines.retrieval.retriever import ADDRESS, GROUNDING
from engines.synthesis.extractive import AnswerQuery
from engines.tasks.last_points import plan_beside, plan_named_point, plan_points
from engines.tasks.messages import ENGLISH
from engines.tasks.page_text import PageText
from engines.tasks.plans import AnswerFrom, Plan, Task
from engines.understanding.intent import Intent
from storage.vectors import payload

KINDS = """There are four:

**Reliable**: It resends.

**Durable**: It keeps.

**Deadline of topic streams**: It waits.

**Lifespan**: It forgets."""
PAGES = {
    "/qos": [
        ((), "What a connection promises."),
        (("Kinds",), KINDS),
        (("Durable in practice",), "Maps are sent once."),
        (("Steps",), "1. Open it\n2. Run it\n3. Close it"),
    ],
    "/other": [((), "Something else."), (("Kinds",), "- nothing\n- of this")],
}
ANSWER = (
    "These come closest:\n\n> **Reliable**: It resends.\n>\n> **Durable**: It keeps.\n>\n> …\n>\n> — QoS › Kinds [1]"
)


async def read(asked: Task, url: str) -> PageText:
    return PageText(
        [
            NodeWithScore(
                node=TextNode(
                    id_=f"{url}-{at}",
                    text=text,
                    metadata={
                        ADDRESS: f"{url}#{at}",
                        payload.TITLE: "QoS",
                        payload.HEADING_PATH: list(path),
                        GROUNDING: COVERED,
                    },
                ),
                score=1.0,
            )
            for at, (path, text) in enumerate(PAGES[url])
        ]
    )


def after(message: str, subject: str, answer: str = ANSWER, *, alike: bool = True) -> Task:
    """The task of a message after an answer; two pages of the book have the title QoS."""
    history = (Turn("user", "Which kinds are there?"), Turn("assistant", answer))
    pages = [SimpleNamespace(title="QoS", url=url) for url in (("/other", "/qos") if alike else ("/qos",))]
    return cast(
        "Task",
        SimpleNamespace(
            question=Question(message, history=history),
            intent=Intent("conversation_task", "point", subject=subject),
            messages=ENGLISH,
            contents=SimpleNamespace(pages=pages),
            last_answer=answer,
        ),
    )


async def shown(plan: Plan | None) -> list[tuple[str, str]]:
    """What a plan quotes, and of which section."""
    assert isinstance(plan, AnswerFrom)
    assert plan.retriever is not None
    assert plan.synthesizer is not None
    found = retrieved(await plan.retriever.aretrieve(QueryBundle(plan.message)))
    quoted = plan.synthesizer._quotation(AnswerQuery(plan.message), found).parts
    return [(source.url, text.partition("\n>\n> — ")[0].strip().removeprefix("> ")) for text, source in quoted]


@pytest.mark.parametrize(
    ("subject", "quoted"),
    [
        ("-1", [("/qos#1", "**Lifespan**: It forgets.")]),
        ("2", [("/qos#1", "**Durable**: It keeps."), ("/qos#2", "Maps are sent once.")]),
        ("0", [("/qos#1", "**Durable**: It keeps."), ("/qos#2", "Maps are sent once.")]),
        ("3 4", [("/qos#1", "**Deadline of topic streams**: It waits.\n>\n> **Lifespan**: It forgets.")]),
    ],
)
async def test_a_point_is_counted_in_the_whole_section_and_shown_with_the_section_on_it(
    subject: str, quoted: list[tuple[str, str]]
) -> None:
    assert await shown(await plan_points(after("explain that point", subject), read, has_model=False)) == quoted


@pytest.mark.parametrize(
    ("message", "quoted"),
    [
        ("lifespan?", [("/qos#1", "**Lifespan**: It forgets.")]),
        ("the deadline one", [("/qos#1", "**Deadline of topic streams**: It waits.")]),
        ("deadline?", None),  # a part of a name may be a subject
        ("fragrance?", None),
    ],
)
async def test_a_point_may_be_named(message: str, quoted: list[tuple[str, str]] | None) -> None:
    plan = await plan_named_point(after(message, "named", alike=False), read)
    assert (await shown(plan) if plan is not None else None) == quoted


@pytest.mark.parametrize(
    ("subject", "told", "quoted"),
    [
        ("next", "> **Reliable**: It resends.\n>\n> — QoS › Kinds [1]", "**Durable**: It keeps."),
        (
            "previous",
            "> **Lifespan**: It forgets.\n>\n> — QoS › Kinds [1]",
            "**Deadline of topic streams**: It waits.",
        ),
        ("next", "> **Lifespan**: It forgets.\n>\n> — QoS › Kinds [1]", "Maps are sent once."),
        ("previous", "> Maps are sent once.\n>\n> — QoS › Durable in practice [1]", "There are four:"),
        ("previous", "> What a connection promises.\n>\n> — QoS [1]", ""),
        ("next", "It may mean:\n\n- **QoS › Kinds**: Four. [1]", ""),
    ],
)
async def test_what_comes_next_is_the_point_or_the_section_beside_the_one_that_was_told(
    subject: str, told: str, quoted: str
) -> None:
    plan = await plan_beside(after("next", subject, told), read)
    assert (await shown(plan) if plan is not None else [("", "")])[0][1].partition("\n")[0] == quoted


async def test_a_step_in_a_list_is_its_item() -> None:
    answer = "> 1. Open it\n> 2. Run it\n>\n> …\n>\n> — QoS › Steps [1]"
    plan = await plan_points(after("step 3", "3", answer), read, has_model=False)
    assert await shown(plan) == [("/qos#3", "3. Close it")]
