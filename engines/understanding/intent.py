"""What a message wants: the result of `intent_recognition`, for which the tasks plan an answer."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["question", "small_talk", "page_task", "book_task", "conversation_task"]
Part = Literal["page", "chapter", "book"]


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message wants.

    `task` is the kind of small talk; of a page: "summary", "simpler", "key_points", "quiz", "example", "before",
    "next", "length", "place", "mentions", "of_the_list", "compare", "translation" or "ask"; of the book: "contents",
    "chapter_contents", "which_chapter", "next_chapter", "previous_chapter", "start", "plan", "advice", "count",
    "author", "licence", "has", "quiz" or "about"; of the conversation: "translation", "rewording", "sources", "more",
    "point", "example", "code", "answers" (to a quiz), "asked_first", "asked_last" or "asked_all".
    """

    kind: Kind = "question"
    task: str | None = None
    part: Part = "page"  # what a page task is about: the page, its chapter, or all of the book
    name: str = ""  # of the chapter or the page that is meant, its number or its title as the reader wrote it
    subject: str = ""  # what is looked for or asked for; of "plan": into how many parts
    others: tuple[str, ...] = ()  # of a task on several chapters: those after the first one, or after the open one
    step: int = 0  # of a page task: -1 the page or chapter before the open one, 1 the one after it
    word: str = field(default="", compare=False)  # what the reader calls a chapter: "chapter", "module"
    piece: str = field(default="", compare=False)  # of a page task: what of the page is meant, of `PIECES`
    # Whether `name` is to be a whole title, as nothing says it is a page.
    titled: bool = field(default=False, compare=False)
    likely: bool = field(default=False, compare=False)  # decided by a model from the letters and words of the message


QUESTION = Intent()

# Of several chapters: the name of the one after the chapter that is named before it, or of the one before that.
THE_NEXT, THE_PREVIOUS = "next", "previous"
STEPS = {THE_NEXT: 1, THE_PREVIOUS: -1}
