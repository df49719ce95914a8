"""A follow-up question made to stand alone without a model, and the check of what a model made of one."""

import re
from collections.abc import Sequence

from engines.events import Turn

_LONGEST = 600  # characters; a longer "question" is an answer, or an instruction that was followed
_FEW_WORDS = 4
_REFERS_BACK = re.compile(
    r"\b(it|its|that|this|these|those|they|them|their|he|she|one|ones|former|latter|same|above|previous|again|more|"
    r"instead|else|also|too)\b|^(and|but|or|so|then|why|how come|what about|how about|in|with|for|without)\b",
    re.IGNORECASE,
)


def join_follow_up(question: str, turns: Sequence[Turn]) -> str:
    """The question with the reader's previous one before it where it leans on it, else the question itself."""
    previous = next((turn.content for turn in reversed(turns) if turn.role == "user"), None)
    if previous is None:
        return question
    if len(question.split()) > _FEW_WORDS and not _REFERS_BACK.search(question):
        return question
    return f"{previous.strip()[:_LONGEST]}\n{question}"


def usable(condensed: str) -> str | None:
    """A model's condensed question on one line; None where it is none."""
    text = " ".join(condensed.split()).strip("\"'“”")
    return text if 0 < len(text) <= _LONGEST else None
