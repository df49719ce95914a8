"""A reader's turn in the store of conversations: begun there, and the question as it comes back from there.

Called by `app.answer_streams.start`, for readers who are signed in.
"""

from dataclasses import replace

from app.chat_request import ChatBody
from app.summaries import known_of, said
from engines.events import Question
from storage.accounts.reader import Profile, Reader
from storage.conversations.store import ConversationStore
from storage.conversations.turns import OpenTurn, TurnRequest
from storage.errors import NotFoundError


async def begin(store: ConversationStore, reader: Reader, request: TurnRequest) -> OpenTurn:
    """Begin a turn. A question to be answered again that was never stored, as its first sending was refused, is new."""
    try:
        return await store.begin_turn(reader, request)
    except NotFoundError:
        if request.trigger != "regenerate" or request.client_id is None:
            raise
    if request.target != request.client_id:
        return await begin(store, reader, replace(request, target=request.client_id))
    return await store.begin_turn(reader, replace(request, trigger="submit", target=None))


def question_from(body: ChatBody, opened: OpenTurn) -> Question:
    """The question as the store opened it: what was said before comes from there, whatever the client sent along."""
    summary, messages = known_of(opened)
    history = tuple(said(message) for message in messages if message.content)
    return Question(
        text=opened.question,
        history=history,
        summary=summary,
        selected_text=opened.selected_text,
        profile=_described(opened.profile),
        scope=body.scope_on(_page(body, opened)),
    )


def _page(body: ChatBody, opened: OpenTurn) -> str | None:
    """Where the reader is now; a question that is answered again may say nothing of it, and a selection stays."""
    return opened.page_url if opened.selected_text else body.page_url or opened.page_url


def _described(profile: Profile | None) -> str | None:
    """A profile in words, None where it says nothing."""
    if profile is None:
        return None
    robotics = profile.prior_robotics_experience
    facts = {
        "programming": profile.programming_knowledge,
        "robotics experience": {True: "yes", False: "no"}.get(robotics) if isinstance(robotics, bool) else robotics,
        "learning goals": ", ".join(profile.learning_goals),
        "prefers": profile.preferred_learning_style,
    }
    return "; ".join(f"{name}: {value}" for name, value in facts.items() if value) or None
