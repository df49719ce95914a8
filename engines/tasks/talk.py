"""Answers to small talk, and to what a reader asks about the conversation itself; called by `engines.tasks.answering`.

No model writes them and nothing is cited.
"""

from collections.abc import Sequence
from textwrap import shorten

from engines.synthesis.extractive import Quotation, without_links
from engines.tasks.plans import NO_VERDICT, ReadyAnswer, Task, ready
from engines.understanding.small_talk import SmallTalk

_MOST_LETTERS = 300  # of a reader's question that is repeated
_NAMED_CHAPTERS = 6
# Answered with one sentence; of the other kinds, which name the chapters, the next two do so in mid-talk as well.
_ONE_SENTENCE = frozenset(
    {"thanks", "goodbye", "praise", "agreement", "apology", "complaint", "discouraged", "presence", "remark"}
)
_ABOUT_THE_BOOK = frozenset({"identity", "ability"})


def answer_small_talk(asked: Task) -> ReadyAnswer:
    """A friendly sentence; at the start of a conversation also what the book covers, by the names of its chapters.

    Nothing is cited.
    """
    messages = asked.messages
    kind: SmallTalk = asked.intent.task  # type: ignore[assignment]  # of this kind of intent
    text = messages.small_talk[kind]
    opens = kind in _ABOUT_THE_BOOK or (kind not in _ONE_SENTENCE and not asked.question.history)
    names = _distinct_names([chapter.title for chapter in asked.contents.chapters]) if opens else []
    if names:
        listed = "\n".join(f"- {name}" for name in names[:_NAMED_CHAPTERS])
        more = len(names) - _NAMED_CHAPTERS
        rest = f"\n\n{messages.and_more.format(count=more)}" if more > 0 else ""
        covers = messages.covers.format(book=asked.book_name)
        text = f"{text}\n\n{covers}\n\n{listed}{rest}\n\n{messages.ask}"
    return ready(asked, Quotation(text, (), ()), NO_VERDICT)


def _distinct_names(titles: Sequence[str]) -> list[str]:
    """The names of chapters, once each, and without a folder's that another one spells: "Api" beside "API Index"."""
    spelt = {word for title in titles if len(words := title.split()) > 1 for word in words}
    known = {word.casefold() for word in spelt}
    named = dict.fromkeys(titles)
    return [title for title in named if title in spelt or " " in title or title.casefold() not in known]


def answer_what_was_asked(asked: Task) -> ReadyAnswer:
    """What the reader has asked in this conversation, as far as it is known."""
    messages, question = asked.messages, asked.question
    turns = [
        shorten(without_links(turn.content), _MOST_LETTERS, placeholder=" …")
        for turn in question.history
        if turn.role == "user"
    ]
    if not turns:
        text = messages.asked_nothing
    elif asked.intent.task == "asked_all":
        text = "\n".join((f"{messages.asked_all}\n", *(f"- {turn}" for turn in turns)))
    elif asked.intent.task == "asked_last":
        text = messages.asked_last.format(question=turns[-1])
    else:
        sentence = messages.forgotten if question.summary else messages.asked_first
        text = sentence.format(question=turns[0])
    return ready(asked, Quotation(text, (), ()), NO_VERDICT)
