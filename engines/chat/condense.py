"""Reads a later message in its conversation: what it wants, and the questions to search for it.

A first message needs nothing of this, and with a model `engines.chat.standalone_question` is asked first.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile

from llama_index.core.schema import QueryBundle

from engines.events import Question, Turn
from engines.synthesis.extractive import first_quoted_page, first_quoted_place, places_quoted
from engines.tasks.answer_points import has_steps, points_of
from engines.tasks.messages import shows_a_point
from engines.understanding import lexicon
from engines.understanding.comparisons import code_names, the_other_of, things_asked, two_named
from engines.understanding.conversation_intents import asked_of_the_other_one, asks_the_other_one
from engines.understanding.definitions import term_asked
from engines.understanding.intent import QUESTION, Intent
from engines.understanding.intent_recognition import beside_the_one_before, intent_of
from engines.understanding.language_files import entries
from engines.understanding.later_turns import (
    NAMED_POINT,
    NEXT_SECTION,
    PREVIOUS_SECTION,
    counted_on,
    goes_on,
    may_go_on,
    names_points,
    names_the_step,
    point_asked,
    point_by_its_noun,
    point_named,
    steps_on,
)
from engines.understanding.mentions import mention_asked
from engines.understanding.page_intents import next_step
from engines.understanding.places import names_the_page
from engines.understanding.small_talk import small_talk, without_orders
from engines.understanding.task_parts import PLACE_WORDS
from engines.understanding.task_patterns import BESIDE_TASKS, NEW_TOPIC, REFERS_BACK
from engines.understanding.words import in_plain_signs, plain_words, readable, zipf
from storage.vectors.bm25 import tokens

_READ = 600  # characters of an earlier message
_FEW_WORDS = 4
OF_ANSWERS = lexicon.words("of_answers")
_OF_NO_SUBJECT = lexicon.words("of_no_subject")
_WHAT_IS = "What is {}?"
_COMPARED = "What is the difference between {} and {}?"
_CHAIN = 6  # the reader's questions that are searched for the subject
TELLING_ZIPF = 5.3  # of English; what a message of more frequent words alone is near to is chance
_INSTEAD = lexicon.pattern(
    "answers",
    r"\W*(?:{before_a_name}[\s,]+)*{and}\s+(?:{article}\s+)?"
    r"(?P<name>(?:[^\s?!.,;؟]+\s+){0,2}[^\s?!.,;؟]+)\s*(?:kya hai\s*)?[?؟!.]*\s*$",
)
_NAMED = r"(?:[^\s?!.,;:؟]+\s+){0,3}[^\s?!.,;:؟]+"
_MOVES_ON = lexicon.pattern(  # whole messages: "great, now tabs", "ok, tabs next"
    "answers",
    rf"^\W*(?:{{before_a_name}}[\s,.!]+)*{{now_to}}[\s:,]+(?:{{article}}\s+)?(?P<name>{_NAMED})\W*$",
    rf"^\W*(?:{{before_a_name}}[\s,.!]+)*(?:{{article}}\s+)?(?P<name2>{_NAMED})\s+{{next_behind}}\W*$",
)
_LONGEST_OF_WHAT_WAS_SAID = 120  # characters
_CITES = re.compile(r"\[\d+\]")
_COMPARES_BOTH = lexicon.pattern(  # "compare them", "compare them in a table, please"
    "answers", r"^\W*(?:{in_a_form}\W+)*{compares_both}(?:\W+(?:please|pls|{in_a_form}))*\W*$"
)
_THESE_TWO = lexicon.pattern("answers", r"(?<!\w){these_two}(?!\w)")
_ALSO_FOR = lexicon.pattern("answers", r"^\W*{also_for}\s+(?P<rest>.+)$")
_BEFORE_IT = lexicon.expression("answers", r"^\W*(?:{before_a_name}[\s,]+|{and}\s+)*")
_THING = lexicon.expression("answers", r"(?:{article}\s+)?(?P<name>(?:[^\s?!.,;؟]+\s+){0,5}?[^\s?!.,;؟]+)")
_SAID_OF = tuple(
    re.compile(rf"{_BEFORE_IT}{entry.replace('…', _THING)}\W*$", re.IGNORECASE)
    for found in entries("patterns.answers.what_was_said_of").values()
    for entry in found
)
_IT = lexicon.pattern("answers", r"(?<!\w){it_alone}(?!\w)")
_NO_NAME = lexicon.words("no_other_name")  # words by which a question continues instead of naming another thing


def in_context(question: str, turns: Sequence[Turn]) -> QueryBundle:
    """The newest question, with the texts by which chunks are ranked: only itself if nothing was asked before.

    A follow-up has several readings, and the mean of their vectors ranks chunks: after the first question, after the
    last one, by itself unless its words say nothing alone, and about the page that the last answer quotes first. Any
    single one of them drags a question to the old subject, or loses it.
    """
    asked, moved = _asked_before(turns)
    if not asked or NEW_TOPIC.search(question):
        return QueryBundle(question)
    again = of_two(question, turns)
    if again:
        return QueryBundle(again)
    *newest, full = _in_full((*asked[-_CHAIN:], question))
    asked = [*asked[:-_CHAIN], *newest]
    if full != question:
        return QueryBundle(full)
    answers = (turn.content for turn in reversed(turns) if turn.role == "assistant")
    page = next(filter(None, map(first_quoted_page, answers)), "")
    alone = () if _tells_nothing(question) else ("",)
    before = dict.fromkeys((asked[0], asked[-1], *alone, *filter(None, (page,))))
    readings = [f"{text}\n{question}" if text else question for text in before]
    if moved and _tells_nothing(question):
        readings = [asked[0], *readings]  # a name alone has fewer words than "why?" has pages
    return QueryBundle(_with_its_subject(question, asked), custom_embedding_strs=readings)


def of_two(question: str, turns: Sequence[Turn]) -> str:
    """The question that a message stands for which points at the two things that were spoken of: "and the other one?".

    It is the one before, asked of the other thing, and is answered as it would be alone. "" for any other message.
    """
    things = _things_asked(turns, named=False) if compares_both(question) else []
    if len(things) > 1:
        return _COMPARED.format(*things[-2:])
    asked, _ = _asked_before(turns)
    before = [text for text in asked if not asks_the_other_one(text)]
    two = two_named(before[-1]) if before else None
    if two and _THESE_TWO.search(question):
        return _THESE_TWO.sub(lambda _: " / ".join(two), question, count=1)
    if not before or not asks_the_other_one(question):
        return ""
    again, besides = before[-1], asked_of_the_other_one(question)
    for _ in (question, *takewhile(asks_the_other_one, reversed(asked))) if two else ():
        again = the_other_of(two, again) if two else ""
    if not two or not again:
        other = _the_other_thing(asked, turns)
        again = _WHAT_IS.format(other) if other else ""
    return f"{again} {besides}".strip() if again else ""


def _asked_before(turns: Sequence[Turn]) -> tuple[list[str], bool]:
    """The reader's questions, oldest first, and whether the first of them only names a new subject."""
    asked = [without_orders(turns[place].content.strip())[:_READ] for place in _asking(turns)]
    moved = [place for place, text in enumerate(asked) if moves_on(text)]
    return ([moves_on(asked[moved[-1]]), *asked[moved[-1] + 1 :]], True) if moved else (asked, False)


def _the_other_thing(asked: Sequence[str], turns: Sequence[Turn]) -> str:
    """Of two things that were compared, the one that was not told last: "and the other one?"; "" if none were."""
    compared = ((text, things_asked([text])) for text in reversed(asked[-_CHAIN:]))
    text, things = next(((text, things) for text, things in compared if len(things) > 1), ("", ()))
    if not things:
        return ""
    answers = (turn.content for turn in reversed(turns) if turn.role == "assistant")
    told = asked[-1] if asked[-1] != text else next(filter(None, map(first_quoted_place, answers)), "")
    words = set(tokens(told, "en"))
    others = [thing for thing in things if not words.issuperset(tokens(thing, "en"))]
    return others[-1] if others else things[-1]


def _in_full(questions: Sequence[str]) -> list[str]:
    """The questions; "and Unity?" after "What is Gazebo?" is "What is Unity?"."""
    full: list[str] = []
    for question in questions:
        name, before = _named_instead(question), " ".join(full[-1].split()) if full else ""
        also = _ALSO_FOR.match(question)
        term = term_asked(before) if name or also else ""
        if also and (term or code_names(before)):
            full.append(f"{term or code_names(before)[0]} {question.strip()}")
            continue
        beginning, _, end = before.rpartition(term) if term else ("", "", "")
        full.append(f"{beginning}{name}{end}" if term else question)
    return full


def _tells_nothing(question: str) -> bool:
    """Whether a message has only frequent words, "why does it need two of them at all?", and those of no subject."""
    return all(zipf(word, "en") >= TELLING_ZIPF or word in _OF_NO_SUBJECT for word in plain_words(question))


@lru_cache(maxsize=2_000)
def _named_instead(question: str) -> str:
    """The thing about which a message repeats the previous question: "and Unity?"; "" if it asks something else."""
    found = _INSTEAD.match(question)
    if not found or plain_words(found["name"])[:1] == [] or plain_words(found["name"])[0] in _NO_NAME:
        return ""
    return term_asked(f"what is {found['name']}")


def intent_after(text: str, turns: Sequence[Turn], *, has_page: bool) -> Intent:
    """What a message wants after what was said: "and 4?" wants of chapter 4 what was wanted before."""
    intent = intent_of(text, has_page=has_page, has_history=bool(turns))
    if not turns:
        return intent
    if said_of(text):
        return QUESTION  # of what no answer said: "what did you say" alone is about the last one
    if may_go_on(text):
        intent = goes_on(text, _task_before(turns, has_page=has_page)) or intent
    if compares_both(text):
        of_chapters = _chapters_compared(turns, has_page=has_page)
        if of_chapters or len(_things_asked(turns, named=False)) > 1:
            return of_chapters or QUESTION
    if asks_the_other_one(text) and (intent.likely or (not names_points(text) and of_two(text, turns))):
        return QUESTION
    of_it = _mention_of_it(text, turns) if has_page and intent.task != "mentions" else None
    intent = of_it or intent
    if intent.kind == "question" or intent.likely or (intent.titled and intent.kind == "page_task"):
        place = last_asked(turns)
        said = "\n".join(turn.content for turn in turns[place:]) if place is not None else ""
        intent = point_by_its_noun(text, said) or intent
    if intent.kind in ("question", "small_talk") or intent.likely:
        intent = _beside_what_was_told(text, intent, turns, has_page=has_page)
    if has_page and next_step(text) and not has_steps(turns[-1].content):
        return Intent("page_task", "next")  # the answer has no steps: the next one is a page
    if intent.kind == "question":
        place = last_asked(turns)
        intent = beside_the_one_before(text, turns[place].content if place is not None else "") or intent
    return intent


def _beside_what_was_told(text: str, intent: Intent, turns: Sequence[Turn], *, has_page: bool) -> Intent:
    """What a message wants that points into the last answer: one of its points, the next page, or what comes next."""
    answers = (turn.content for turn in reversed(turns) if turn.role == "assistant")
    on, has_points = steps_on(text), bool(points_of(next((each for each in answers if not shows_a_point(each)), "")))
    point = point_asked(text, after_points=True) if has_points else None
    if point is not None:
        return point
    if on > 0 and PLACE_WORDS.search(text):
        return Intent("page_task", "next")
    if on and (has_points or names_the_step(text)) and not has_page:
        return Intent("conversation_task", "point", subject=NEXT_SECTION if on > 0 else PREVIOUS_SECTION)
    is_named = intent.kind != "small_talk" and point_named(text, after_points=has_points)
    return Intent("conversation_task", "point", subject=NAMED_POINT) if is_named else intent


def counted(question: Question) -> Question:
    """A message for the next step or the one before as one for the step that this is: "step 3" after "step 2"."""
    step = counted_on([*(turn.content for turn in question.history if turn.role == "user"), question.text])
    return replace(question, text=step) if step else question


def recalled(question: Question) -> Question:
    """The earlier question whose answer a message asks for, "what did you say about services?", as it was asked.

    That is the newest one that names the thing, or else the newest whose answer quotes a place of that name. Any other
    message is unchanged, and so is one about what was not spoken of: that is looked up in the book.
    """
    name, turns = said_of(question.text), question.history
    words = set(tokens(name, "en")) if name else set()
    if not words:
        return question
    asking = [place for place in reversed(_asking(turns)) if not said_of(turns[place].content)]
    answered = ((place, turns[place + 1].content) for place in asking if place + 1 < len(turns))
    quoted = ((place, " ".join(places_quoted(answer))) for place, answer in answered)
    named = ((place, turns[place].content) for place in asking)
    place = next((place for place, text in (*named, *quoted) if words.issubset(tokens(text, "en"))), None)
    if place is None:
        return replace(question, text=_WHAT_IS.format(name))
    return replace(question, text=turns[place].content, history=turns[:place])


@lru_cache(maxsize=2_000)
def said_of(message: str) -> str:
    """The thing of which a message asks what was said: "services"; "" if it asks for no such thing."""
    if len(message) > _LONGEST_OF_WHAT_WAS_SAID:
        return ""
    found = next(filter(None, (pattern.match(in_plain_signs(readable(message))) for pattern in _SAID_OF)), None)
    name = found["name"] if found else ""
    return "" if REFERS_BACK.search(name) or _names_nothing(name) else name


def compares_both(text: str) -> bool:
    """Whether a message compares the two things that were asked about last, and says nothing else."""
    return _COMPARES_BOTH.match(text) is not None


def _things_asked(turns: Sequence[Turn], *, named: bool = True) -> list[str]:
    """What the newest questions ask for, "toBe" and "toEqual" of "what is toBe?", "and toEqual?".

    With `named` only those questions count that do nothing but ask for a term; others stand for themselves.
    """
    asking = _asking(turns)
    two = two_named(turns[asking[-1]].content[:_READ]) if asking and not named else None
    if two:
        return list(two)
    questions = _in_full([turns[place].content.strip()[:_READ] for place in asking][-_CHAIN:])
    things = (term_asked(text) or _named_instead(text) or ("" if named else text.strip(" ?.!")) for text in questions)
    return list(dict.fromkeys(filter(None, things)))


def _mention_of_it(text: str, turns: Sequence[Turn]) -> Intent | None:
    """Whether the open page speaks of what was asked about last: "does this page mention it?"."""
    things = _things_asked(turns) if names_the_page(text) else []
    of_it = _IT.sub(lambda _: things[-1], text, count=1) if things else text
    return mention_asked(of_it, has_page=True) if of_it != text else None


def _task_before(turns: Sequence[Turn], *, has_page: bool) -> Intent:
    """The task or the question of the newest message with a request of its own."""
    return [QUESTION, *_tasks_asked(turns, has_page=has_page)][-1]


def _tasks_asked(turns: Sequence[Turn], *, has_page: bool) -> list[Intent]:
    """What the newest messages with a request of their own want, oldest first."""
    found: list[Intent] = []
    texts = [turn.content for turn in turns if turn.role == "user"][-_CHAIN:]
    for place, text in enumerate(texts):
        alone = intent_of(text, has_page=has_page, has_history=place > 0)
        if alone.kind not in ("small_talk", "conversation_task"):
            found.append(goes_on(text, found[-1] if found else QUESTION) or alone)
    return found


def _chapters_compared(turns: Sequence[Turn], *, has_page: bool) -> Intent | None:
    """The comparison of the chapters that the newest tasks were on; None if the last one was on no numbered chapter."""
    numbers: list[str] = []
    for task in _tasks_asked(turns, has_page=has_page):
        named = [task.name, *task.others] if task.part == "chapter" else []
        if not named or not all(name.isdecimal() for name in named):
            numbers = []
            continue
        stepped = [str(int(name) + task.step) for name in named]
        numbers = [*(name for name in numbers if name not in stepped), *stepped]
    first, *others = numbers or [""]
    if not others:
        return None
    return Intent("page_task", "compare", "chapter", first, others=tuple(others))


def _asking(turns: Sequence[Turn]) -> list[int]:
    """The indexes of the reader's messages that have a subject for later messages to refer to.

    Small talk and "in Urdu please" have none. A message that looks like small talk but was searched for its term
    ("great, now tabs") has an answer that cites the book.
    """
    found = []
    for place, turn in enumerate(turns):
        kind = _kind(turn.content) if turn.role == "user" else "conversation_task"
        answer = turns[place + 1] if place + 1 < len(turns) else None
        cites = answer is not None and answer.role == "assistant" and _CITES.search(answer.content)
        if kind != "conversation_task" and (kind != "small_talk" or cites):
            found.append(place)
    return found


@lru_cache(maxsize=2_000)  # each turn of a conversation is read again for each later one
def _kind(message: str) -> str:
    if said_of(message) or asks_the_other_one(message):
        return "question"
    message = in_plain_signs(readable(message))
    kind = intent_of(message, has_history=True).kind
    return "small_talk" if small_talk(message) and kind != "conversation_task" else kind


def last_asked(turns: Sequence[Turn]) -> int | None:
    """The index of the newest message with a request of its own: not small talk, and not about an answer."""
    return max(_asking(turns), default=None)


@lru_cache(maxsize=2_000)
def moves_on(message: str) -> str:
    """The new subject of a message that leaves the old one, "tabs" of "great, now tabs"; "" if it does not."""
    found = _MOVES_ON.match(message)
    name = (found["name"] or found["name2"]) if found else ""
    words = plain_words(name)
    if REFERS_BACK.search(name) or not _NO_NAME.isdisjoint(words) or all(word in BESIDE_TASKS for word in words):
        return ""
    return name


def _with_its_subject(question: str, asked: Sequence[str]) -> str:
    """A question that leans on the conversation, after the question that has its subject; any other one unchanged.

    Coverage is decided by these words. Questions that lean on others are followed back to the first one: "why?" after
    "and only for the swipe?" is about what came before both.
    """
    if not leans_back(question):
        return question
    chain = asked[-_CHAIN:]
    subject = next((text for text in reversed(chain) if term_asked(text) or not leans_back(text)), chain[0])
    return f"{subject}\n{question}"


def leans_back(question: str) -> bool:
    """Whether a question says too little to be understood without what was said before it."""
    if NEW_TOPIC.search(question) or moves_on(question):
        return False
    return len(question.split()) <= _FEW_WORDS or REFERS_BACK.search(question) is not None or _names_nothing(question)


def _names_nothing(question: str) -> bool:
    """Whether a message only concerns the form of an answer: "give me an example with numbers"."""
    return all(word in BESIDE_TASKS or word in OF_ANSWERS for word in plain_words(question))
