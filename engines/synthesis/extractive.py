"""Answers without a language model: which passages are quoted, where a quotation starts, and its citations.

`ExtractiveSynthesizer` is LlamaIndex's response synthesizer; the one that asks a model builds on it. Retrieval's order
is kept, except that a passage one sentence, item or row of which has more of the question's words comes up to two
places earlier, and that passages that say little by themselves (diagrams, recaps, lists of what a chapter teaches) come
last. If a question continues the conversation, passages that it has quoted already come last as well: they are named,
not repeated, unless the new question points at a part of one of the first: that part is quoted again.
"""

import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.indices.prompt_helper import ChatPromptHelper, PromptHelper
from llama_index.core.llms import LLM, MockLLM
from llama_index.core.response_synthesizers.base import BaseSynthesizer, QueryTextType
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index_instrumentation.span import active_span_id

from engines.citations.answer_text import AnswerText
from engines.citations.processor import sentences, utf16_length
from engines.coverage.verdict import ambiguous_sections, retrieved
from engines.errors import ModelError
from engines.events import (
    COVERED,
    Citation,
    CitationsResolved,
    Event,
    Failed,
    Finished,
    Mark,
    Retrieved,
    Source,
    TextDelta,
)
from engines.instrumentation import synthesis
from engines.retrieval.passages import is_lead_in
from engines.retrieval.retriever import GROUNDING
from engines.synthesis.asking_back import line_of, quoted_at_once
from engines.synthesis.fallback_messages import Notices, notices_for, says_uncertain
from engines.synthesis.quoted_text import (
    LATER_CHARS,
    QUOTED_CHARS,
    asks_for_code,
    asks_for_prose,
    best_part_share,
    from_within,
    number_share,
    part_asked_for,
    quoted_text,
    share_of,
    shown_blocks,
    shows_command,
    tells,
)
from engines.understanding import lexicon
from engines.understanding.book_terms import asks_for_recap, is_quiz_heading, is_recap, names_no_subject
from engines.understanding.definitions import (
    DEFINES,
    definition_in,
    is_code,
    is_diagram,
    is_example,
    is_prose,
    is_quiz,
    text_blocks,
)
from engines.understanding.words import plain_words
from storage.vectors.bm25 import tokens

_QUOTED_PASSAGES = 3
_FIRST_SENTENCE = re.compile(r"(?P<first>.+?[.。۔])\s+(?P<rest>\S.*)", re.DOTALL)

_QUOTED_PLACE = re.compile(r"^> — (?P<title>.+?)(?: › .*)? \[\d+\]\s*$", re.MULTILINE)
_MOST_NAMED = 3
# Of `_best_ahead`: chosen on five books' questions (docs/quality.md). Wider forms lost more than they won.
_NEARLY = 0.7  # of what the first passage has of the question, from which another one may stand before it
_MOST_OF_IT, _CLEARLY = 0.5, 1.5  # of a question for a number that a sentence has; how much more than the first one's
_LONG_LEAD_IN = 8  # words, from which it says something by itself: "The module makes maps from camera images:"
_NAMED, _RATHER = 0.75, 3  # of a question that a heading has which names it; how much more than the first one's
_IN_SEARCH = 0.88  # of the first one's score in the search, from which a passage comes ahead for its heading
_POINTS = 0.3, 0.75  # shares of a follow-up in a part of the first passage, or of a later one, which it points at
_REPEATED = 0.9  # of a quotation's words that an earlier one has
_BEGINNING = 24  # characters of a block by which it is recognised; links in it are quoted without their address
_AGAIN = lexicon.pattern("quotations", "{word:asks_again}", flags=re.NOFLAG)
_TICKED = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\*\*)?(?:✅|☑|✔|✓|\[[ xX]\])")
_EXERCISES = lexicon.pattern("headings", "{exercises}")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+\S")
_FOR_EXAMPLE = lexicon.pattern("quotations", "{word:asks_for_example}")
# Chosen on the dev halves of six books' questions: the first quotation is of a right section for 273 of 351 questions,
# 269 without; on the test halves for 260 of 332, 259 without (without `_best_ahead` for 271 and 261).
_FIT_PLACES = 2.0  # that a passage moves ahead where one of its parts has all of the question's words
_IN_CODE = 0.5  # of that, where the part is code that is not asked for
_LISTED_PLACES, _TABLE_PLACES, _CODE_PLACES, _BESIDE_PLACES = 1.0, 2.0, 1.0, 1.0
_LEAST_ITEMS, _LEAST_ROWS = 3, 3
_MOST_ORDERED = 8  # passages; more are a whole page, in its order
_ASKS_FOR_SEVERAL = lexicon.pattern("quotations", "{word:asks_for_several}")
_ASKS_FOR_TABLE = lexicon.pattern("quotations", "{word:asks_for_table}")
_BESIDE_THE_TEXT = lexicon.pattern("quotations", "{word:beside_the_text}")
_ROW = re.compile(r"[ \t]*\|.*\|")


@dataclass
class AnswerQuery(QueryBundle):
    """A question with everything that its answer depends on, besides the passages."""

    history: list[ChatMessage] = field(default_factory=list)  # of the conversation, oldest first
    profile: str | None = None  # what the reader said about themselves; data, never an instruction
    locale: str | None = None
    note: str | None = None  # for the model: what the passages are, where they were not searched for
    span_id: str | None = None  # of the question, whose events the answer's are
    earlier: tuple[str, ...] = ()  # the conversation's answers before this one, oldest first
    follows_up: bool = False  # whether the question leans on what was said before


Answered = tuple[tuple[Source, ...], AsyncGenerator[Event, None]]
"""The passages of an answer, and its events; closing them ends the answer."""


class ExtractiveSynthesizer(BaseSynthesizer):
    """Quotes the passages, or says that they do not cover the question. One instance per process.

    A stock synthesizer gets the passages as bare strings and returns one string: neither numbers nor citations would
    survive. `answer` takes complete nodes and returns the answer's events; LlamaIndex's calls go through it.
    """

    def __init__(self, llm: LLM | None = None) -> None:
        # The base class requires a model, and would load a tokenizer to pack prompts, which is not done here.
        super().__init__(
            llm=llm or MockLLM(),
            callback_manager=CallbackManager(),  # otherwise the one of the global settings
            prompt_helper=PromptHelper(tokenizer=str.split),
            chat_prompt_helper=ChatPromptHelper(tokenizer=str.split),
        )

    def judges(self, found: Retrieved) -> bool:
        """Whether the answer's events include the decision, before its text."""
        return False

    def answer(self, query: AnswerQuery, found: Retrieved) -> Answered:
        """The passages under their numbers in the answer's text, and the answer."""
        if not found.is_answerable:
            return self._quoting(query, not_covered(_notices(query), found), Finished("refused"))
        return self._quoting(query, self._quotation(query, found), Finished("stop"))

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> "Quotation":
        notices = _notices(query)
        names = found.understanding.term_names if found.understanding else ()
        defined = bool(found.sources) and defines(found.sources[0], names)
        uncertain = found.grounding.verdict == "uncertain"
        no_model = said_once(notices.no_model, query.earlier)
        opening = notices.uncertain_in(found.searched, found.unmentioned) if uncertain else no_model
        if found.understanding and not defined and (meant := ambiguous_sections(found)):
            at_once = quoted_at_once(found.understanding, meant)
            if not at_once:
                return list_candidates(notices.ambiguous, meant, found.sources, query.query_str)
            if not was_quoted(at_once[0], query.earlier):
                return _quote_meant(opening, query, found, notices, at_once, meant)
        return quote_found(opening, query, found, notices)

    def _quoting(self, query: AnswerQuery, quotation: "Quotation", end: Finished) -> Answered:
        numbered = quotation.numbered()
        return numbered.sources, self._tell(query, numbered, end)

    async def _tell(self, query: AnswerQuery, quotation: "Quotation", end: Finished) -> AsyncGenerator[Event, None]:
        with synthesis(query, query.span_id) as response:
            response.response = quotation.resolved().text
            for event in quotation_events(quotation, end):
                yield event

    async def asynthesize(
        self,
        query: QueryTextType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> Response:
        """The whole answer under its final numbers, for LlamaIndex's own engines; raises ModelError."""
        asked = query if isinstance(query, AnswerQuery) else AnswerQuery(str(query), span_id=active_span_id.get())
        response = Response("", source_nodes=[*nodes, *(additional_source_nodes or ())])
        _, answer = self.answer(asked, retrieved(nodes))
        async with aclosing(answer) as events:
            async for event in events:
                if isinstance(event, CitationsResolved):
                    response.response = event.text
                elif isinstance(event, Failed):
                    raise ModelError(event.message)
        return response

    async def aget_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        """The answer from bare texts, which are taken to cover the question."""
        nodes = [NodeWithScore(node=TextNode(text=text, metadata={GROUNDING: COVERED})) for text in text_chunks]
        return (await self.asynthesize(query_str, nodes)).response or ""

    def get_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        """Not supported: a model is only called asynchronously."""
        raise NotImplementedError("an answer is made by asynthesize")

    def _get_prompts(self) -> dict[str, Any]:
        return {}

    def _update_prompts(self, prompts: dict[str, Any]) -> None:
        """Does nothing: the prompts are in `engines.prompts`."""


def quotation_events(quotation: "Quotation", end: Finished | Failed) -> Iterable[Event]:
    """The events of an answer that no model writes."""
    yield from map(TextDelta, quotation.pieces())
    yield quotation.resolved()
    yield end


def _notices(query: AnswerQuery) -> Notices:
    return notices_for(query.query_str, query.locale)


@dataclass(frozen=True, slots=True)
class Choice:
    """The quotations by passage, best first, and the passages that were quoted before and are only named."""

    quoted: tuple[tuple[Source, str], ...]
    named: tuple[Source, ...] = ()


def choose(
    sources: Sequence[Source],
    question: str,
    *,
    names: Sequence[str] = (),
    earlier: Sequence[str] = (),
    follows_up: bool = False,
    in_order: bool = False,
) -> Choice:
    """Choose the quotations from the passages; `names` are the terms whose definition is asked for, if any.

    `earlier` are the conversation's answers before, oldest first. With `in_order` no passage moves ahead for its words.
    """
    with_text = [source for source in sources if not _is_heading_alone(source)] or list(sources)
    telling = [source for source in with_text if not is_lead_in(source.text)] or with_text
    # A section that only introduces its subsections comes with their text.
    telling = [each for at, each in enumerate(telling) if not any(each.text in other.text for other in telling[:at])]
    recaps_count = asks_for_recap(question)
    if not recaps_count:  # options without the right one tell nothing
        telling = [source for source in telling if not _is_unsolved_quiz(source)] or telling
    wants_prose = asks_for_prose(question, names)
    wants_example = follows_up and bool(_FOR_EXAMPLE.search(question))

    def little(source: Source) -> tuple[bool, bool, bool]:
        lacks_example = wants_example and not is_example(source.heading_path[-1:], source.text)
        # A passage on a related subject ("forward kinematics") does not answer "explain IK".
        told = _has_one_of(source, names) and any(map(tells, shown_blocks(source)))
        lacks_prose = wants_prose and not told
        return lacks_example, _says_little(source, recaps_count=recaps_count), lacks_prose

    ordered = sorted(telling if names or in_order else _fitting_first(telling, question), key=little)
    if not names and not follows_up and ordered:
        alike = [source for source in ordered if little(source) == little(ordered[0])]
        ordered = [*_best_ahead(alike, question), *ordered[len(alike) :]]
    if not follows_up or _AGAIN.search(question):
        return Choice(tuple(_once_each(ordered, question, names)))
    quoted, named = [], []
    for number, source in enumerate(ordered):
        if not was_quoted(source, earlier):
            quoted.append((source, quoted_text(source, question, names)))
        elif number < _QUOTED_PASSAGES and (part := part_asked_for(question, source, _POINTS[number > 0])):
            quoted.append((source, part))
        elif rest := _not_yet_quoted(source, earlier):
            quoted.append((source, rest))
        else:
            named.append(source)
    return Choice(tuple(quoted), tuple(named[:_MOST_NAMED]))


def _fitting_first(sources: Sequence[Source], question: str) -> list[Source]:
    """The passages with those earlier of which one sentence, item or row has more of the question's words.

    Passages that begin with code, and exercises, are later unless they are asked for; lists and tables are earlier
    where the question asks for one.
    """
    if not question or len(sources) > _MOST_ORDERED:
        return list(sources)
    wants_code, wants_them = asks_for_code(question), bool(_BESIDE_THE_TEXT.search(question))
    wants_list, wants_table = bool(_ASKS_FOR_SEVERAL.search(question)), bool(_ASKS_FOR_TABLE.search(question))

    def moved(at: tuple[int, Source]) -> float:
        number, source = at
        blocks = shown_blocks(source)
        lines = [line for block in blocks if not is_code(block) for line in block.splitlines()]
        rows = sum(bool(_ROW.match(line)) for line in lines)
        has_list = rows >= _LEAST_ROWS or sum(bool(_ITEM.match(line)) for line in lines) >= _LEAST_ITEMS
        is_listing = bool(blocks) and is_code(blocks[0]) and not wants_code and share_of(question, blocks[0]) < 1
        is_beside = not wants_them and bool(_BESIDE_THE_TEXT.search(_innermost(source)))
        ahead = _LISTED_PLACES * (wants_list and has_list) + _TABLE_PLACES * (wants_table and rows >= _LEAST_ROWS)
        ahead += _FIT_PLACES * best_part_share(question, source, 1.0 if wants_code else _IN_CODE)
        return number - ahead + _CODE_PLACES * is_listing + _BESIDE_PLACES * is_beside

    return [source for _, source in sorted(enumerate(sources), key=moved)]


def _best_ahead(sources: Sequence[Source], question: str) -> list[Source]:
    """The passages with the one first that says what is asked for in the form that is asked for.

    That is the one whose heading names it, the one with the number if the first one's heading has no word of the
    question, or prose where code comes first and none is asked for. It has to have as much of the question, or nearly,
    as the one that is first.
    """
    ordered = list(sources)
    if not question or any(shows_command(text_blocks(source.text), question) for source in ordered[:1]):
        return ordered
    shares = {source.number: share_of(question, _read_text(source)) for source in ordered}

    def moved(place: int | None) -> list[Source]:
        return [ordered[place], *ordered[:place], *ordered[place + 1 :]] if place else ordered

    named = _named_in_heading(ordered[:_QUOTED_PASSAGES], question, shares)
    if named or asks_for_code(question):
        return moved(named)
    numbers = [number_share(question, source.text) for source in ordered]
    most = max(numbers)
    if most >= _MOST_OF_IT and most > numbers[0] * _CLEARLY and not share_of(question, _innermost(ordered[0])):
        return moved(numbers.index(most))
    if most or _has_prose(ordered[0]):
        return ordered
    prose = (place for place, source in enumerate(ordered) if _has_prose(source))
    return moved(next((place for place in prose if _nearly(shares, ordered[place], ordered[0])), None))


def _named_in_heading(sources: Sequence[Source], question: str, shares: Mapping[int, float]) -> int | None:
    """The place of the passage whose heading names what is asked for ("Impedance control" before "Admittance control").

    Where code is asked for, a word of it is enough beside a heading without any, if the text has as much of it as well.
    Either way the search has to have found the passage nearly as good as the first one.
    """
    headings = [share_of(question, _innermost(source)) for source in sources]
    best = headings.index(max(headings))
    first, found = sources[0], sources[best]
    if found.score < _IN_SEARCH * first.score:
        return None
    if headings[best] >= max(_NAMED, _RATHER * headings[0]) and _nearly(shares, found, first):
        return best
    if not asks_for_code(question) or headings[0] or not headings[best]:
        return None
    has_as_much = best_part_share(question, found, 1.0) >= best_part_share(question, first, 1.0)
    return best if has_as_much and shares[found.number] >= shares[first.number] else None


def _has_prose(source: Source) -> bool:
    """Whether a passage tells something without code: in a paragraph, a list or a table; a long lead-in does too."""

    def says(block: str) -> bool:
        return tells(block) or block.startswith("|") or (is_prose(block) and len(block.split()) >= _LONG_LEAD_IN)

    return any(map(says, shown_blocks(source)))


def _nearly(shares: Mapping[int, float], source: Source, first: Source) -> bool:
    return shares[source.number] >= _NEARLY * shares[first.number]


def _read_text(source: Source) -> str:
    return f"{place(source)}\n{source.text}"


def _once_each(sources: Sequence[Source], question: str, names: Sequence[str]) -> Iterator[tuple[Source, str]]:
    """The passages with what is quoted of them; those whose quotation repeats an earlier one are left out."""
    seen: list[frozenset[str]] = []
    for source in sources:
        text = quoted_text(source, question, names, LATER_CHARS if seen else QUOTED_CHARS)
        words = frozenset(tokens(text, None))
        if words and any(len(words & other) >= _REPEATED * len(words) for other in seen):
            continue
        seen.append(words)
        yield source, text


def place(source: Source) -> str:
    """A passage's place: its page and headings."""
    return " › ".join((source.title, *source.heading_path))


def was_quoted(source: Source, earlier: Sequence[str]) -> bool:
    """Whether an earlier answer quotes the passage."""
    line = f"> — {place(source)} ["
    return any(line in answer for answer in earlier)


def first_quoted_page(answer: str) -> str:
    """The title of the page that an answer quotes first; "" if it quotes none, or is uncertain."""
    line = None if says_uncertain(answer) else _QUOTED_PLACE.search(answer)
    return line["title"] if line else ""


def first_quoted_place(answer: str) -> str:
    """The page and the headings of what an answer quotes first; "" if it quotes nothing."""
    line = _QUOTED_PLACE.search(answer)
    return line[0].removeprefix("> — ") if line else ""


def places_quoted(answer: str) -> list[str]:
    """The pages, with their headings, of what an answer quotes."""
    return [line[0].removeprefix("> — ") for line in _QUOTED_PLACE.finditer(answer)]


def _not_yet_quoted(source: Source, earlier: Sequence[str]) -> str:
    """What earlier answers left out of a passage that they quote; "" if that is nothing worth reading."""
    said = "\n".join(earlier)
    blocks = shown_blocks(source)
    left = [place for place, block in enumerate(blocks) if _first_letters(block) not in said]
    rest = blocks[left[0] :] if left and left[0] else []
    return from_within(blocks, left[0]) if sum(map(len, rest)) > _BEGINNING else ""


def _first_letters(block: str) -> str:
    lines = [line.strip() for line in block.splitlines() if not line.lstrip().startswith(("```", "~~~", "$$"))]
    return next(filter(None, lines), "")[:_BEGINNING]


def defines(source: Source, names: Sequence[str]) -> bool:
    """Whether a passage defines a term under one of its names."""
    return definition_in(text_blocks(source.text), names, _innermost(source), source.title).strength >= DEFINES


def _has_one_of(source: Source, names: Sequence[str]) -> bool:
    """Whether a passage, its heading or its page or chapter has one of the names.

    True where there is no name to have. A page on several things has each of them in its title.
    """
    text = f" {' '.join(plain_words(f'{_innermost(source)} {source.text}'))} "
    above = [f"{' '.join(plain_words(each))} " for each in (source.title, *source.heading_path)]
    known = [f"{' '.join(plain_words(name))} " for name in names]
    return not known or any(f" {name}" in text or any(each.startswith(name) for each in above) for name in known)


def _says_little(source: Source, *, recaps_count: bool) -> bool:
    blocks = text_blocks(source.text)
    if blocks and (is_diagram(blocks[0]) or all(_only_asks(block) or is_quiz(block) for block in blocks)):
        return True
    if recaps_count:
        return False
    ticked = [line for line in source.text.splitlines() if _TICKED.match(line)]
    return is_recap(_innermost(source)) or len(ticked) > 2


def _is_unsolved_quiz(source: Source) -> bool:
    """Whether a passage only asks: of a quiz whose options do not tell which one is right, or exercises."""
    if _EXERCISES.search(_innermost(source)):
        items = [line for line in source.text.splitlines() if _ITEM.match(line)]
        return sum(map(_only_asks, items)) * 2 > len(items)
    return is_quiz_heading(_innermost(source)) and not any(map(is_quiz, text_blocks(source.text)))


def _is_heading_alone(source: Source) -> bool:
    """Whether a passage has no text besides its heading: its subsections have it, or a component's table."""
    return plain_words(source.text) in ([], plain_words(_innermost(source) or source.title))


def _only_asks(block: str) -> bool:
    """Whether a block ends with a question: a page's first lines often only ask what its sections answer."""
    return block.rstrip().rstrip("*_").endswith(("?", "؟", "\uff1f"))


def _innermost(source: Source) -> str:
    return source.heading_path[-1] if source.heading_path else ""


@dataclass(frozen=True, slots=True)
class Quotation:
    """An answer in the book's own words; each part ends with the number of its source."""

    opening: str
    parts: tuple[tuple[str, Source], ...]
    sources: tuple[Source, ...]
    ending: str = ""

    def pieces(self) -> Iterator[str]:
        """The text piece by piece."""
        yield self.opening
        yield from (f"{text} [{source.number}]" for text, source in self.parts)
        if self.ending:
            yield self.ending

    def numbered(self) -> "Quotation":
        """The same with the sources numbered in the order of quotation, then those that are not quoted."""
        quoted = {source.number: source for _, source in self.parts}
        in_order = (*quoted.values(), *(source for source in self.sources if source.number not in quoted))
        by_number = {source.number: replace(source, number=place) for place, source in enumerate(in_order, start=1)}
        parts = tuple((text, by_number[source.number]) for text, source in self.parts)
        return Quotation(self.opening, parts, tuple(by_number.values()), self.ending)

    def resolved(self) -> CitationsResolved:
        """The text as a whole, with the numbers that its pieces have."""
        text, marks = self.opening, []
        for part, source in self.parts:
            text += f"{part} "
            marks.append(Mark(utf16_length(text), source.number))
            text += f"[{source.number}]"
        text += self.ending
        quoted = {source.number: source for _, source in self.parts}
        cited = tuple(
            Citation(number, source, _first_sentence(source), supported=True) for number, source in quoted.items()
        )
        also_read = tuple(item for item in self.sources if item.number not in quoted)
        return CitationsResolved(text, cited, also_read, marks=tuple(marks))


def quote_passages(
    opening: str,
    sources: Sequence[Source],
    chosen: Choice | None = None,
    quoted_before: str = "",
    diagram: str = "",
) -> Quotation:
    """A sentence that says why passages are quoted, then the best passages, each with its place.

    Passages that only introduce what their subsections say are not quoted where there are others; those that were
    quoted before are named. `diagram` stands for a passage that is a picture to readers.
    """
    chosen = chosen or choose(sources, "")
    parts = [
        (f"\n\n{_quoted(text or (f'*{diagram}*' if diagram else ''))}> — {place(source)}", source)
        for source, text in chosen.quoted[:_QUOTED_PASSAGES]
    ]
    for number, source in enumerate(chosen.named):
        before = "" if number else f"\n\n{quoted_before}\n" if quoted_before else "\n"
        parts.append((f"{before}\n- {place(source)}", source))
    return Quotation(opening, tuple(parts), tuple(sources))


def quote_found(opening: str, query: AnswerQuery, found: Retrieved, notices: Notices) -> Quotation:
    """A sentence that says why passages are quoted, and the quotations for this question."""
    names = found.understanding.term_names if found.understanding else ()
    # A comparison shows each side, also what was quoted of it before.
    goes_on = query.follows_up and not (found.understanding and found.understanding.compared)
    chosen = choose(
        found.sources,
        query.query_str,
        names=names,
        earlier=query.earlier,
        follows_up=goes_on,
        in_order=bool(found.understanding and found.understanding.compared),
    )
    opening = notices.nothing_new if chosen.named and not chosen.quoted else opening
    before = notices.quoted_before if chosen.quoted else ""
    return quote_passages(opening, found.sources, chosen, quoted_before=before, diagram=notices.diagram)


def _quote_meant(
    opening: str,
    query: AnswerQuery,
    found: Retrieved,
    notices: Notices,
    at_once: Sequence[Source],
    meant: Sequence[Source],
) -> Quotation:
    """The sections that answer a question which may mean several, and the places of the others."""
    names = found.understanding.term_names if found.understanding else ()
    limits = (QUOTED_CHARS, *(LATER_CHARS for _ in at_once[1:]))
    quoted = (
        (source, quoted_text(source, query.query_str, names, limit))
        for source, limit in zip(at_once, limits, strict=True)
    )
    named = [source for source in meant if source not in at_once]
    chosen = Choice(tuple(quoted), tuple(named[:_MOST_NAMED]))
    return quote_passages(opening, found.sources, chosen, notices.also_in, notices.diagram)


def said_once(opening: str, earlier: Sequence[str]) -> str:
    """An opening without its first sentence if the conversation has that sentence already."""
    found = _FIRST_SENTENCE.match(opening)
    return found["rest"] if found and any(found["first"] in answer for answer in earlier) else opening


def list_candidates(opening: str, meant: Sequence[Source], sources: Sequence[Source], question: str) -> Quotation:
    """That a question may mean several sections, and a line for each of them with the sentence that fits it best."""
    told = [line_of(source, without_links(source.text), question) for source in meant]
    parts = tuple(
        (f"\n- **{place(source)}**{f': {text}' if text else ''}", source)
        for source, text in zip(meant, told, strict=True)
    )
    return Quotation(f"{opening}\n", parts, tuple(sources))


def not_covered(notices: Notices, found: Retrieved) -> Quotation:
    """The answer if the question is not covered: says so, and lists the nearest sections, if there are any.

    Its sources are everything that was found, for measuring the search.
    """
    sentence = notices.not_covered_in(found.searched)
    related = [source for source in found.sources if source.related and not _is_of_no_subject(source)]
    nearest = list({source.url: source for source in reversed(related)}.values())[::-1]
    parts = [(f"\n- {place(source)}", source) for source in nearest]
    opening = f"{sentence}\n\n{notices.nearest}\n" if parts else sentence
    return Quotation(opening, tuple(parts[:_QUOTED_PASSAGES]), tuple(found.sources))


def _is_of_no_subject(source: Source) -> bool:
    """Whether a section's own heading names nothing that a reader could ask about: "Next Steps", "Test 1"."""
    heading = _innermost(source)
    return bool(heading) and names_no_subject(heading)


def _first_sentence(source: Source) -> str:
    return next(iter(sentences(source.text)), "")


def _quoted(text: str) -> str:
    """What is shown of a passage as the lines of a Markdown quotation, without links, which were made for its page."""
    quoted = "".join(f"{f'> {line}'.rstrip()}\n" for line in without_links(text).splitlines())
    return f"{quoted}>\n" if quoted else ""


def without_links(text: str) -> str:
    """A text of the book without its links."""
    reader = AnswerText(lambda target: False)
    return "".join(piece.text for piece in (*reader.feed(text), *reader.end()))
