"""Key points or a summary of a place that is named by words of its title: "main points of moving from 29 to 30".

Nothing in such a message says that the name is a page. The table of contents tells, and where it has no such title the
message is a question: "what are the main points of failure?". Called by `engines.understanding.intent_recognition`.
"""

import re

from engines.understanding import lexicon
from engines.understanding.intent import Intent
from engines.understanding.message_parts import without_wishes
from engines.understanding.places import fills
from engines.understanding.task_patterns import (
    COMPARE,
    FORM,
    IN_SO_MANY_POINTS,
    NUMBERED,
    PAGE_TASKS,
    THIS_BOOK,
    THIS_CHAPTER,
    THIS_PAGE,
)
from engines.understanding.words import plain_words

ACTS = (
    ("key_points", PAGE_TASKS["key_points"]),
    ("summary", lexicon.word_pattern("page.summary_as_such")),
    ("key_points", IN_SO_MANY_POINTS),
)
_POINTS = lexicon.expression("turns", "{counted_lines}")
_OF = lexicon.pattern("page", r"^\W*(?:{points}\s+)?(?:{of_a_title}\s+)+(?P<name>\S.*)$", points=_POINTS)
_OF_A_SUBJECT = lexicon.pattern("page", r"\b{of_a_subject_as_well}\W*$")
_OWNED = lexicon.pattern("page", r"^(?P<name>.+?)(?:['’]s|\s+{owns_it}){1,3}$")
_CLAUSE = re.compile(r"\s*[,;:!?¿¡؟،。]+\s*|\.(?:\s+|$)|\s+[–—-]\s+")
_SECTION = lexicon.pattern("task_parts", r"^(?:{section}\s+)?(?P<number>\d{1,2}\.\d{1,2})$")
_MOST_CHARACTERS = 120
_MOST_WORDS_BESIDE = 5  # of a clause that wishes for a form: "one line each"
_MOST_WORDS = 8  # of a name


def task_on_words_of_a_title(text: str) -> Intent | None:
    """The task, with what may be words of a title as its name; None where a message has no such act or no name."""
    if len(text) > _MOST_CHARACTERS or any(
        each.search(text) for each in (NUMBERED, THIS_PAGE, THIS_CHAPTER, THIS_BOOK, COMPARE)
    ):
        return None
    clauses = [clause for clause in _CLAUSE.split(text) if clause.strip()]
    for at, clause in enumerate(clauses):
        for act, pattern in ACTS:
            found = pattern.search(clause)
            if found is None or _OF_A_SUBJECT.search(found[0]):
                continue
            others = clauses[:at] + clauses[at + 1 :]
            beside = clauses[at + 1 : at + 2] or clauses[max(0, at - 1) : at]
            name = _name(clause[: found.start()], clause[found.end() :], beside)
            if not name or any(len(each.split()) > _MOST_WORDS_BESIDE for each in others if name not in each):
                return None
            section = _SECTION.match(name)
            if section:
                return Intent("page_task", act, "chapter", name=section["number"])
            return Intent("page_task", act, "chapter", name=name, titled=True)
    return None


def _name(before: str, behind: str, beside: list[str]) -> str:
    """The name before the act, "CORS takeaways", behind it, "takeaways of CORS", or in the clause beside it."""
    of_it = _OF.match(behind)
    if of_it and fills(before):
        name = _bare(of_it["name"])
        return name if " " in name or _SECTION.match(name) else ""  # "the key points of the ZMP" are a subject's
    before = _bare(before)
    if before and fills(_without_form(behind)) and not fills(before):
        owned = _OWNED.match(before)
        return owned["name"].strip() if owned else before
    if beside and fills(before) and fills(_without_form(behind)):
        return _bare(beside[0])
    return ""


def _bare(name: str) -> str:
    """A name without wishes about the form and fillers around it; "" where it names nothing."""
    words = without_wishes(_without_form(name).strip()).split()
    while words and fills(words[0]) and not re.match(r"\d", words[0]):
        words = words[1:]
    while words and fills(words[-1]) and not re.search(r"\d", words[-1]):
        words = words[:-1]
    name = " ".join(words)
    return (
        name if words and len(words) <= _MOST_WORDS and ((plain_words(name) and not fills(name)) or "." in name) else ""
    )


def _without_form(text: str) -> str:
    found = FORM.search(text)
    return text[: found.start()] if found else text
