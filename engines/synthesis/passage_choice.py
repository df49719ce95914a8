"""Which passages an answer without a language model quotes, in which order, and which of them it only names.

Retrieval's order is kept, except that a passage one sentence, item or row of which has more of the question's words
comes up to two places earlier, and that passages that say little by themselves (diagrams, recaps, lists of what a
chapter teaches) come last. If a question continues the conversation, passages that it has quoted already come last as
well: they are named, not repeated, unless the new question points at a part of one of the first: that part is quoted
again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from operator import itemgetter

from engines.events import AskedPart, Source
from engines.synthesis.block_layout import QUOTED_CHARS, tells
from engines.synthesis.passage_parts import (
    asks_for_code,
    asks_for_example,
    asks_for_prose,
    best_part_share,
    number_share,
    share_of,
    shown_blocks,
)
from engines.synthesis.quoted_text import LATER_CHARS, from_within, part_asked_for, quoted_text, shows_command
from engines.understanding import lexicon
from engines.understanding.book_terms import asks_for_recap, is_quiz_heading, is_recap
from engines.understanding.definitions import (
    is_code,
    is_diagram,
    is_example,
    is_lead_in,
    is_prose,
    is_quiz,
    text_blocks,
)
from engines.understanding.words import plain_words
from storage.vectors.bm25 import tokens

QUOTED_PASSAGES = 3
_PAIR = 2  # questions of one message; each of them has two quotations
MOST_NAMED = 3  # passages that are only linked
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
# Of `_fitting_first`: chosen on the dev halves of six books' questions. Before `_best_ahead` had its present limits,
# the first quotation was of a right section for 273 of 351 questions, 269 without; on the test halves 260 of 332, 259.
_FIT_PLACES = 2.0  # that a passage moves ahead where one of its parts has all of the question's words
_IN_CODE = 0.5  # of that, where the part is code that is not asked for
_LISTED_PLACES, _TABLE_PLACES, _CODE_PLACES, _BESIDE_PLACES = 1.0, 2.0, 1.0, 1.0
_LEAST_ITEMS, _LEAST_ROWS = 3, 3
_MOST_ORDERED = 8  # passages; more are a whole page, in its order
_ASKS_FOR_SEVERAL = lexicon.pattern("quotations", "{word:asks_for_several}")
_ASKS_FOR_TABLE = lexicon.pattern("quotations", "{word:asks_for_table}")
_BESIDE_THE_TEXT = lexicon.pattern("quotations", "{word:beside_the_text}")
_ROW = re.compile(r"[ \t]*\|.*\|")


@dataclass(frozen=True, slots=True)
class Choice:
    """The quotations by passage, best first, and the passages that were quoted before and are only named."""

    quoted: tuple[tuple[Source, str], ...]
    named: tuple[Source, ...] = ()
    most: int = QUOTED_PASSAGES  # that are quoted


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
    wants_example = follows_up and asks_for_example(question)

    def little(source: Source) -> tuple[bool, bool, bool]:
        lacks_example = wants_example and not is_example(source.heading_path[-1:], source.text)
        # A passage on a related subject ("forward kinematics") does not answer "explain IK".
        lacks_prose = wants_prose and not (_has_one_of(source, names) and any(map(tells, shown_blocks(source))))
        return lacks_example, _says_little(source, recaps_count=recaps_count), lacks_prose

    fitting = telling if names or in_order else _fitting_first(telling, question)
    graded = sorted(((little(source), source) for source in fitting), key=itemgetter(0))
    ordered = [source for _, source in graded]
    if not names and not follows_up and ordered:
        alike = [source for grade, source in graded if grade == graded[0][0]]
        ordered = [*_best_ahead(alike, question), *ordered[len(alike) :]]
    if not follows_up or _AGAIN.search(question):
        return Choice(tuple(_once_each(ordered, question, names)))
    quoted, named = [], []
    for number, source in enumerate(ordered):
        if not was_quoted(source, earlier):
            quoted.append((source, quoted_text(source, question, names)))
        elif number < QUOTED_PASSAGES and (part := part_asked_for(question, source, _POINTS[number > 0])):
            quoted.append((source, part))
        elif rest := _not_yet_quoted(source, earlier):
            quoted.append((source, rest))
        else:
            named.append(source)
    return Choice(tuple(quoted), tuple(named[:MOST_NAMED]))


def choose_for_each(
    sources: Sequence[Source],
    parts: Sequence[AskedPart],
    question: str,
    *,
    earlier: Sequence[str] = (),
    follows_up: bool = False,
) -> Choice:
    """The quotations for each question of a message in turn, in the order of the questions.

    A passage that is the best one for two of them is quoted once, for the message as a whole. The first of `sources`,
    the best one of the message as a whole, stands behind the best one of each, and before them if a question leans on
    the rest of the message.
    """
    leans = any(part.leans for part in parts)
    of_each = []
    for part in parts:
        own = [source for source in sources if source.chunk_id in part.chunk_ids]
        own.sort(key=lambda source: part.chunk_ids.index(source.chunk_id))
        asked, names = part.understanding.question, part.understanding.term_names
        in_order = bool(part.understanding.compared)
        chosen = choose(own, asked, names=names, earlier=earlier, follows_up=follows_up, in_order=in_order)
        of_each.append(chosen.quoted if own else ())
    quoted: dict[str, tuple[Source, str]] = {}
    for row in zip_longest(*of_each):
        for source, text in filter(None, row):
            again = quoted.get(source.chunk_id)
            if again is None:
                quoted[source.chunk_id] = source, text
            elif again[1] != text:
                quoted[source.chunk_id] = source, quoted_text(source, question, ())
        if not follows_up:
            for source in sources[:1]:
                text = quoted_text(source, question, (), QUOTED_CHARS if leans else LATER_CHARS)
                quoted.setdefault(source.chunk_id, (source, text))
    if leans and sources and sources[0].chunk_id in quoted:
        quoted = {sources[0].chunk_id: quoted[sources[0].chunk_id]} | quoted
    return Choice(tuple(quoted.values()), most=QUOTED_PASSAGES + (len(parts) == _PAIR))


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
        is_beside = not wants_them and bool(_BESIDE_THE_TEXT.search(source.heading))
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

    named = _named_in_heading(ordered[:QUOTED_PASSAGES], question, shares)
    if named or asks_for_code(question):
        return moved(named)
    numbers = [number_share(question, source.text) for source in ordered]
    most = max(numbers)
    if most >= _MOST_OF_IT and most > numbers[0] * _CLEARLY and not share_of(question, ordered[0].heading):
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
    headings = [share_of(question, source.heading) for source in sources]
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


def _has_one_of(source: Source, names: Sequence[str]) -> bool:
    """Whether a passage, its heading or its page or chapter has one of the names.

    True where there is no name to have. A page on several things has each of them in its title.
    """
    if not names:
        return True
    text = f" {_plain(f'{source.heading} {source.text}')} "
    above = [f"{_plain(each)} " for each in (source.title, *source.heading_path)]
    known = [f"{_plain(name)} " for name in names]
    return any(f" {name}" in text or any(each.startswith(name) for each in above) for name in known)


@lru_cache(maxsize=1_000)  # the same sections are close to the same questions
def _plain(text: str) -> str:
    return " ".join(plain_words(text))


def _says_little(source: Source, *, recaps_count: bool) -> bool:
    blocks = text_blocks(source.text)
    if blocks and (is_diagram(blocks[0]) or all(_only_asks(block) or is_quiz(block) for block in blocks)):
        return True
    if recaps_count:
        return False
    ticked = [line for line in source.text.splitlines() if _TICKED.match(line)]
    return is_recap(source.heading) or len(ticked) > 2


def _is_unsolved_quiz(source: Source) -> bool:
    """Whether a passage only asks: of a quiz whose options do not tell which one is right, or exercises."""
    if _EXERCISES.search(source.heading):
        items = [line for line in source.text.splitlines() if _ITEM.match(line)]
        return sum(map(_only_asks, items)) * 2 > len(items)
    return is_quiz_heading(source.heading) and not any(map(is_quiz, text_blocks(source.text)))


def _is_heading_alone(source: Source) -> bool:
    """Whether a passage has no text besides its heading: its subsections have it, or a component's table."""
    return _plain(source.text) in ("", _plain(source.heading or source.title))


def _only_asks(block: str) -> bool:
    """Whether a block ends with a question: a page's first lines often only ask what its sections answer."""
    return block.rstrip().rstrip("*_").endswith(("?", "؟", "\uff1f"))
