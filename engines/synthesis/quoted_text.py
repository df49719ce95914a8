"""Which blocks of a passage are quoted: its beginning, a definition, or the code or paragraph that a question asks for.

Only the places of blocks are chosen here. `engines.synthesis.passage_parts` weighs them by the question, and
`engines.synthesis.block_layout` says which ones belong together, what has room, and how they are printed.
"""

import re
from collections.abc import Iterable, Sequence, Set

import regex

from engines.events import Source
from engines.synthesis.block_layout import (
    MORE,
    MOST_CHARS,
    QUOTED_CHARS,
    announces,
    are_several_steps,
    belongs_from,
    fitting,
    fitting_from,
    is_long_code,
    printed,
    quotable_blocks,
    size_of,
    tells,
    tells_of_lines,
    with_block,
    within,
    without_lead_in,
)
from engines.synthesis.passage_parts import (
    RARE,
    AskedWords,
    asked_words,
    asks_for_code,
    asks_for_example,
    has_number,
    names_code,
    parts_of,
    shown_blocks,
    words_of,
)
from engines.understanding import lexicon
from engines.understanding.definitions import (
    DEFINES,
    definition_in,
    is_code,
    is_lead_in,
    is_prose,
)
from storage.vectors.bm25 import tokens

LATER_CHARS = 700  # of the quotations behind the first one: an answer has room on a phone's screen or two
_SHORT_CODE = 300  # characters of code that is quoted beside prose though no code is asked for: a formula, a command
_TELLING = 2.0  # weight of words that code alone has, from which the code is shown for them
_SEEN_WITH_IT = 500  # characters before a definition that do not hide it
_GOES_ON = lexicon.pattern(  # from what stands before it
    "quotations",
    r"^\W*(?i:{goes_on})\b",
    r"^[^.!?]*\b(?i:{goes_on_within})\b",
    r"\b{points_back}\b",
    flags=re.NOFLAG,
)
_IDENTIFIER = regex.compile(r"\b(?:\w+(?:[_.]\w+)+|\p{Ll}+\p{Lu}\w*)")  # `\b`: a long word is read once
_SYMBOL = regex.compile(r"\\?\p{L}+(?:_(?:\w|\{[^{}]*\}))?")  # of a formula: $f_x$
_IN_LINE = regex.compile(r"\$([^$\n]+)\$")
_OF_CODE = frozenset(tokens(" ".join(lexicon.words("of_code")), "en"))


def quoted_text(source: Source, question: str, names: Sequence[str], most: int = QUOTED_CHARS) -> str:
    """What is shown of a passage, from what the question asks for on: a definition of `names`, or code if it asks how.

    It has `most` characters or a little more. Where no code is asked for, longer code is left out beside what tells. A
    definition that is an entry of a list stands alone. Code that comes later than a quotation goes is put behind the
    passage's first paragraph, where both have room, and so is a later paragraph that has rarer words of the question
    than the beginning. The sources of diagrams are left out: they are pictures to readers, and a passage of them alone
    has no text.
    """
    asked = asked_words(question)
    blocks = quotable_blocks(shown_blocks(source), asked)
    if (asks_for_code(question) and not names) or shows_command(blocks, question):
        code = _code_asked_for(blocks, question)
        shown = fitting_from(blocks, 0)
        if code is not None and code not in shown:
            shown = with_block(blocks, code, 0)
        needed = {_heaviest(blocks, shown, asked)} | (set() if code is None else {code})
        return printed(blocks, within(blocks, shown, needed, most))
    told = _told_places(blocks, question)
    telling = [blocks[place] for place in told]
    found = definition_in(telling, names, source.heading, source.title)
    if found.strength < DEFINES:
        places = _places_told(telling, asked, most)
    elif found.item:
        return "\n\n".join([found.item, *([MORE] if len(blocks) > 1 or "\n" in blocks[0] else [])])
    else:
        before = telling[: found.block]
        seen = sum(map(len, before)) <= _SEEN_WITH_IT and not any(map(is_code, before))
        begins = 0 if seen else belongs_from(telling, found.block)
        places = within(telling, fitting_from(telling, begins), {found.block}, most)
    return printed(blocks, {told[place] for place in places}, asked if asked.rarity else None)


def _places_told(blocks: Sequence[str], asked: AskedWords, most: int) -> Set[int]:
    """The places that are shown for a question that asks for no code."""
    begins = _begins_to_tell(blocks, hidden_only=not asked.rarity or not _any_tells(blocks, asked))
    number = _number_asked_for(blocks[begins:], asked) if asked.number else None
    if number is not None:
        before = blocks[begins : begins + number]
        if sum(map(len, before)) > _SEEN_WITH_IT or any(map(is_code, before)):
            begins, number = belongs_from(blocks, begins + number), None
        shown = fitting_from(blocks, begins)
        return within(blocks, shown, {begins if number is None else begins + number}, most)
    later = _paragraph_asked_for(blocks[begins:], asked)
    if later is None:
        shown = fitting_from(blocks, begins)
        return within(blocks, shown, {_heaviest(blocks, shown, asked)}, most)
    return within(blocks, with_block(blocks, begins + later, begins), {begins + later}, most)


def _heaviest(blocks: Sequence[str], shown: Set[int], asked: AskedWords) -> int:
    """The first of the shown places whose block has most of the question."""
    return max(sorted(shown), key=lambda place: asked.weight(blocks[place]), default=0)


def _told_places(blocks: Sequence[str], question: str) -> Sequence[int]:
    """The places of blocks that may be shown where no code is asked for: without longer code, if the others tell.

    Code stays that a paragraph behind it speaks of, that has the number that is asked for, or that alone, or with the
    sentence that leads to it, has an identifier or telling words of the question.
    """
    asked = asked_words(question)
    kept = [place for place, block in enumerate(blocks) if not is_code(block) or len(block) <= _SHORT_CODE]
    if not asked.rarity or asks_for_example(question) or not _any_tells(blocks, asked):
        return range(len(blocks))
    prose = "\n".join(blocks[place] for place in kept)
    names = {name for name in _IDENTIFIER.findall(question) if name not in prose}
    most = max((asked.weight(blocks[place]) for place in kept), default=0.0)
    telling = _code_with_telling_words(blocks, set(kept), asked)

    def is_needed(place: int) -> bool:
        code, follows = blocks[place], blocks[place + 1 : place + 3]
        if (
            place == telling
            or any(name in code for name in names)
            or (asked.number and asked.number_weight(code) > most)
        ):
            return True
        is_told_of = any(_GOES_ON.search(each) for each in follows[:1]) and len(code) <= QUOTED_CHARS
        return is_told_of or any(map(tells_of_lines, follows))

    return [place for place in range(len(blocks)) if place in kept or is_needed(place)]


def _code_with_telling_words(blocks: Sequence[str], kept: Set[int], asked: AskedWords) -> int | None:
    """The place of the code that, with the sentence that leads to it, has telling words which no `kept` block has.

    Such a sentence is not shown without its code.
    """
    told: set[str] = set()
    leads: dict[int, str] = {}
    for place in sorted(kept):
        rest = blocks[place]
        if place + 1 < len(blocks) and place + 1 not in kept and announces(blocks, place):
            rest = without_lead_in(blocks[place])
            leads[place + 1] = blocks[place][len(rest) :]
        told.update(words_of(rest))

    def weight(place: int) -> float:
        words = asked.rarity.keys() & words_of(f"{leads.get(place, '')}\n{blocks[place]}")
        return sum(asked.rarity[word] for word in words - told)

    best = max((place for place in range(len(blocks)) if place not in kept), key=weight, default=None)
    return best if best is not None and weight(best) >= _TELLING else None


def _any_tells(blocks: Sequence[str], asked: AskedWords) -> bool:
    """Whether a paragraph or list tells something, and has words of the question if the code has some."""
    told = [block for block in blocks if tells(block)]
    return any(map(asked.weight, told)) or (bool(told) and not any(map(asked.weight, filter(is_code, blocks))))


def shows_command(blocks: Iterable[str], question: str) -> bool:
    """Whether a line of code begins with the first two words of the question: "colcon build source"."""
    words = question.casefold().split()[:2]
    lines = (line.split()[:2] for block in blocks if is_code(block) for line in block.casefold().splitlines()[1:])
    return len(words) == 2 and words in lines


def part_asked_for(question: str, source: Source, least: float) -> str:
    """The block of a passage that a question points at, with what leads to it; "" if it points at none.

    One of its sentences, items or rows has to have at least that share of the question.
    """
    asked, blocks = asked_words(question), shown_blocks(source)
    numbers = [asked.number and not is_lead_in(block) and has_number(block) for block in blocks]
    shares = [
        max(map(asked.share, parts_of(block))) + has_number for block, has_number in zip(blocks, numbers, strict=True)
    ]
    best = max(range(len(blocks)), key=shares.__getitem__, default=None)
    if best is None or shares[best] < least:
        return ""
    best += is_lead_in(blocks[best]) and best + 1 < len(blocks)
    begins = belongs_from(blocks, best)
    if blocks[best].startswith("$$") and best + 1 < len(blocks) and _has_a_letter_of(blocks[best + 1], blocks[best]):
        best += 1  # "where $f_x$ is the focal length"
    return from_within(blocks[: best + 1], begins, is_whole=best + 1 == len(blocks))


def from_within(blocks: Sequence[str], begins: int, *, is_whole: bool = True) -> str:
    """What fits of a passage's blocks from one of them on, with what leads to it; "…" stands for what is left out."""
    begins = belongs_from(blocks, begins)
    begins -= bool(begins) and blocks[begins].startswith("$$") and is_prose(blocks[begins - 1])
    text = printed(blocks, fitting_from(blocks, begins))
    before = [] if not begins else [MORE]
    behind = [] if is_whole or text.endswith(MORE) else [MORE]
    return "\n\n".join([*before, text, *behind])


def _has_a_letter_of(block: str, formula: str) -> bool:
    """Whether a paragraph has one of a formula's letters between dollar signs, and so may say what that stands for."""
    letters = {found for found in _SYMBOL.findall(formula) if not found.startswith("\\")}
    return is_prose(block) and any(letters & set(_SYMBOL.findall(found)) for found in _IN_LINE.findall(block))


def _number_asked_for(blocks: Sequence[str], asked: AskedWords) -> int | None:
    """The block with the number that is asked for: the first of those whose sentence has most of the question."""
    weights = [0.0 if is_long_code(block) else asked.number_weight(block) for block in blocks]
    best = max(weights, default=0.0)
    return weights.index(best) if best * 2 >= asked.whole > 0 else None


def _begins_to_tell(blocks: Sequence[str], *, hidden_only: bool) -> int:
    """Where a quotation begins if no code is asked for: behind code, at the first paragraph that tells, if any does.

    Where nothing is asked for it is 0, unless the code hides that paragraph.
    Code that such a paragraph goes on from ("Both also raise …") is shown before it, where both have room, and so are
    short commands that stand right before it.
    """
    first = next((at for at, block in enumerate(blocks) if tells(block)), None)
    if not blocks or not is_code(blocks[0]) or first is None or (hidden_only and first < fitting(blocks)):
        return 0
    if all(map(is_code, blocks[:first])) and size_of(blocks, range(first)) <= _SHORT_CODE:
        return 0
    if _GOES_ON.search(blocks[first]) and sum(map(len, blocks[: first + 1])) <= MOST_CHARS:
        return 0
    return belongs_from(blocks, first)


def _code_asked_for(blocks: Sequence[str], question: str) -> int | None:
    """The block of code that such a question is after: with its lead-in it has most of the question.

    Code that a quotation shows anyhow goes before later code, unless code is named and the later one has clearly more.
    None where steps are shown instead, or where no code has a word of a question that names more than code.
    """
    shown = fitting(blocks)
    is_named = names_code(question)
    asked = asked_words(question)
    weights = {
        place: asked.weight("\n".join(blocks[max(0, place - 1) : place + 1]))
        for place, block in enumerate(blocks)
        if is_code(block)
    }
    if not weights:
        return None
    best = max(weights, key=weights.__getitem__)
    near = max((place for place in weights if place < shown), key=weights.__getitem__, default=None)
    if near is not None and (not is_named or weights[best] < weights[near] + RARE):
        return near
    if not is_named and are_several_steps(blocks[:shown]):
        return None
    return best if weights[best] or is_named or asked.rarity.keys() <= _OF_CODE else None


def _paragraph_asked_for(blocks: Sequence[str], asked: AskedWords) -> int | None:
    """The block behind a quotation's end that has what is asked for, if the quotation lacks it.

    It is a reason or a list where one is asked for and the quotation has none; or it has rare words of the question
    that no block before it has, or more of the question, by the rarity of its words, than each of them.
    """
    shown = fitting(blocks)
    if shown == len(blocks):
        return None
    if (formed := _form_asked_for(blocks, shown, asked)) is not None:
        return formed
    rarity = asked.rarity
    shares = [frozenset() if is_long_code(block) else rarity.keys() & words_of(block) for block in blocks]
    known = frozenset().union(*shares[:shown])

    def weight(words: Iterable[str]) -> float:
        return sum(rarity[word] for word in words)

    hidden = [place for place in range(shown, len(blocks)) if not is_code(blocks[place])]
    best = max(hidden, key=lambda place: (weight(shares[place] - known), weight(shares[place])), default=None)
    if best is None:
        return None
    is_new = weight(shares[best] - known) >= RARE
    return best if is_new or weight(shares[best]) > max(map(weight, shares[:shown])) else None


def _form_asked_for(blocks: Sequence[str], shown: int, asked: AskedWords) -> int | None:
    """The reason or the list behind a quotation's end, with its lead-in, with enough of the question."""
    weights = [asked.weight("\n".join(blocks[max(0, place - 1) : place + 1])) for place in range(len(blocks))]
    formed = [place for place, block in enumerate(blocks) if weights[place] and asked.is_form(block)]
    if not formed or formed[0] < shown:
        return None
    best = max(formed, key=lambda place: (weights[place], -place))
    return best if weights[best] * 2 >= max(weights) else None
