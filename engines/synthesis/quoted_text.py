"""Which part of a passage is quoted: its beginning, a definition, or the code or paragraph that a question asks for."""

import re
from collections.abc import Iterable, Sequence

import regex

from engines.events import Source
from engines.retrieval.passages import is_lead_in
from engines.understanding import lexicon
from engines.understanding.definitions import DEFINES, definition_in, is_code, is_diagram, is_prose, text_blocks
from engines.understanding.understanding import words_of_subject
from engines.understanding.words import detected_language, zipf
from storage.vectors.bm25 import tokens

QUOTED_CHARS = 900
_MOST_CHARS = 1_300  # with what a block introduces, or the last of several steps
_EVERYDAY = 6.0  # Zipf frequency: a word this frequent tells nothing
_RARE = 1.0  # below `_EVERYDAY`, of the words together: "caller" has 2.1, "keep" 0.4
_SEEN_WITH_IT = 500  # characters before a definition that do not hide it
_MORE = "…"
_TITLE_WORDS, _TITLE_CHARS = 9, 90
# Begins like a text, and ends without the mark that ends a sentence.
_LONE_LINE = regex.compile(r"[^\W\d_][^\n*`|$<>\[\]]*[\w)\"’”]")
_BOLD_LINE = regex.compile(r"\*\*[^*\n]+\*\*")
_POINTS_AHEAD = lexicon.pattern("quotations", r"\b{points_ahead}\b")
_POINTS_BACK = lexicon.pattern("quotations", r"\b{points_back}\b")
_GOES_ON = lexicon.pattern(  # from what stands before it
    "quotations",
    r"^\W*(?i:{goes_on})\b",
    r"^[^.!?]*\b(?i:{goes_on_within})\b",
    r"\b{points_back}\b",
    flags=re.NOFLAG,
)
_SENTENCE_ENDS = regex.compile(r"[.!?]\s+\p{Lu}")
_TAIL = lexicon.pattern("quotations", r"{tail_behind_a_formula}\b", flags=re.NOFLAG)  # of a sentence with a formula
_STEP = regex.compile(r"^[ \t]*(\d{1,3})[.)][ \t]+\S", regex.MULTILINE)
_ASKS_HOW = lexicon.pattern("quotations", r"\b{asks_how}\b")
_ASKS_FOR_PROSE = lexicon.pattern("quotations", r"\b{asks_for_prose}\b")
_OF_CODE = frozenset(tokens(" ".join(lexicon.words("of_code")), "en"))
_STEPS = regex.compile(r"^[ \t]*\d{1,3}[.)][ \t]+\S.*\n(?:.*\n)*?[ \t]*\d{1,3}[.)][ \t]+\S", regex.MULTILINE)


def quoted_text(source: Source, question: str, names: Sequence[str]) -> str:
    """The passage's text from what the question asks for on: a definition of `names`, or code if it asks how.

    A definition that is an entry of a list stands alone. Code that comes later than a quotation goes is put behind the
    passage's first paragraph, where both have room, and so is a later paragraph that has rarer words of the question
    than the beginning; any other question gets a paragraph before the code, unless it goes on from it. The sources of
    diagrams are left out: they are pictures to readers, and a passage of them alone has no text.
    """
    blocks = _from_a_beginning(shown_blocks(source))
    heading = source.heading_path[-1] if source.heading_path else ""
    found = definition_in(blocks, names, heading, source.title)
    before = sum(map(len, blocks[: found.block]))
    if found.strength >= DEFINES:
        if found.item:
            return "\n\n".join([found.item, *([_MORE] if len(blocks) > 1 or "\n" in blocks[0] else [])])
        seen = before <= _SEEN_WITH_IT and not any(map(is_code, blocks[: found.block]))
        return "\n\n".join(blocks if seen else blocks[_belongs_from(blocks, found.block) :])
    if not asks_for_code(question):
        blocks = _prose_first(blocks)
        later = _paragraph_asked_for(blocks, question)
        return "\n\n".join(blocks) if later is None else _with_block(blocks, later)
    code = _code_asked_for(blocks, question)
    return "\n\n".join(blocks) if code is None else _with_block(blocks, code)


def _from_a_beginning(blocks: list[str]) -> list[str]:
    """The blocks without a first one that is the end of a sentence whose formula stands before the passage."""
    return blocks[1:] if len(blocks) > 1 and _TAIL.match(blocks[0]) else blocks


def shown_blocks(source: Source) -> list[str]:
    """The blocks of a passage that a quotation can show: all but the sources of diagrams."""
    return [block for block in text_blocks(source.text) if not is_diagram(block)]


def asks_for_code(question: str) -> bool:
    """Whether code or commands may answer a question by themselves, since it asks how to do something."""
    return bool(_ASKS_HOW.search(question)) and not _ASKS_FOR_PROSE.search(question)


def asks_for_prose(question: str, names: Sequence[str]) -> bool:
    """Whether code alone answers nothing: the question asks what a thing of these names is, why, or to explain it."""
    return bool(names) or bool(_ASKS_FOR_PROSE.search(question))


def _prose_first(blocks: list[str]) -> list[str]:
    """The blocks, where they begin with code, with the first paragraph that does not only lead to more code ahead.

    A paragraph that goes on from the code ("Both also raise …") stays behind it, where both have room.
    """
    if not blocks or not is_code(blocks[0]):
        return blocks
    first = next((at for at, block in enumerate(blocks) if tells(block)), None)
    if first is None:
        return blocks
    if _GOES_ON.search(blocks[first]) and sum(map(len, blocks[: first + 1])) <= _MOST_CHARS:
        return blocks
    return [blocks[first], *blocks[:first], *blocks[first + 1 :]]


def tells(block: str) -> bool:
    """Whether a block is a paragraph or a list that says something without what follows it."""
    return is_prose(block) and not is_lead_in(block)


def fitting(blocks: Sequence[str]) -> int:
    """How many of the blocks a quotation shows: as many whole ones as have room, and one at least.

    A block that introduces another one is followed by it, or is left out with it where both have no room; steps that
    end soon are shown to their end.
    """
    size, shown = 0, len(blocks)
    for number, block in enumerate(blocks):
        size += len(block)
        if not number or size <= QUOTED_CHARS or (number == 1 and is_lead_in(blocks[0])):
            continue
        behind = blocks[number - 1].startswith("$$") or _MORE in blocks[number - 2 : number + 1]
        belongs = behind or _announces(blocks, number - 1) or _goes_on(blocks, number)
        if size > _MOST_CHARS or not belongs:
            shown = number
            break
    while 1 < shown < len(blocks) and (blocks[shown - 1] == _MORE or _only_announces(blocks, shown - 1)):
        shown -= 1
    return shown


def _only_announces(blocks: Sequence[str], place: int) -> bool:
    """Whether a block of one sentence, or a title, says nothing else than that the next one follows."""
    return _announces(blocks, place) and not _SENTENCE_ENDS.search(blocks[place])


def _announces(blocks: Sequence[str], place: int) -> bool:
    """Whether a block says little without the next one: it ends with a colon, is a title, or points at its code."""
    block, follows = blocks[place], blocks[place + 1] if place + 1 < len(blocks) else ""
    if not is_prose(block) or not follows or follows == _MORE:
        return False
    is_title = len(block) <= _TITLE_CHARS and (_LONE_LINE.fullmatch(block) or _BOLD_LINE.fullmatch(block))
    if is_lead_in(block) or is_title:
        return True
    return is_code(follows) and bool(_POINTS_AHEAD.search(block.rsplit(". ", 1)[-1]))


def _goes_on(blocks: Sequence[str], place: int) -> bool:
    """Whether a block is one of numbered steps, or the code of one, behind others of them."""
    before = [int(found[1]) for block in blocks[:place] for found in _STEP.finditer(block)]
    here = _STEP.match(blocks[place])
    return bool(before) and (int(here[1]) == before[-1] + 1 if here else is_code(blocks[place]))


def _code_asked_for(blocks: Sequence[str], question: str) -> int | None:
    """The block of code that such a question is after, the first one where it names no more than code.

    None where a quotation shows code or steps anyhow.
    """
    shown = fitting(blocks)
    if any(map(is_code, blocks[:shown])) or _STEPS.search("\n".join(blocks[:shown])):
        return None
    asked = frozenset(token for word in words_of_subject(question, "en") for token in tokens(word, None))
    shared = {
        place: len(asked.intersection(tokens("\n".join(blocks[place - 1 : place + 1]), None)))
        for place, block in enumerate(blocks)
        if is_code(block)
    }
    best = max(shared, key=shared.__getitem__, default=None)
    return best if best is not None and (shared[best] or asked <= _OF_CODE) else None


def _paragraph_asked_for(blocks: Sequence[str], question: str) -> int | None:
    """The block behind a quotation's end that has what the question asks for, if the quotation lacks it.

    It has rare words of the question that no block before it has, or more of the question, by the rarity of its words,
    than each of them.
    """
    shown = fitting(blocks)
    if shown == len(blocks):
        return None
    languages = {"en", detected_language(question) or "en"}
    rarity = {
        token: max(0.0, _EVERYDAY - max(zipf(word, language) for language in languages))
        for word in words_of_subject(question, "en")
        for token in tokens(word, None)
    }
    shares = [rarity.keys() & tokens(block, None) for block in blocks]
    known = frozenset().union(*shares[:shown])

    def weight(words: Iterable[str]) -> float:
        return sum(rarity[word] for word in words)

    hidden = [place for place in range(shown, len(blocks)) if not is_code(blocks[place])]
    best = max(hidden, key=lambda place: (weight(shares[place] - known), weight(shares[place])), default=None)
    if best is None:
        return None
    is_new = weight(shares[best] - known) >= _RARE
    return best if is_new or weight(shares[best]) > max(map(weight, shares[:shown])) else None


def _with_block(blocks: Sequence[str], asked: int) -> str:
    """The first paragraph, what leads to a later block, and that block, as far as they have room; then what follows.

    What the first paragraph introduces, a formula for example, is shown with it.
    """
    lead = blocks[_belongs_from(blocks, asked) : asked]
    rest = blocks[asked + 1 :]
    begins = asked - len(lead)
    first = blocks[:1] if begins else []
    if first and begins > 1 and is_lead_in(first[0]):
        both = blocks[:2]
        is_shown = blocks[1].startswith("$$") or begins > len(both)  # as `fitting` goes
        most = _MOST_CHARS if is_shown else QUOTED_CHARS
        first = both if sum(map(len, [*both, *lead, blocks[asked]])) < most else first
    size = sum(map(len, [*first, *lead, blocks[asked]]))
    if first and size <= (QUOTED_CHARS if len(first) == 1 else _MOST_CHARS):
        gap = [_MORE] if begins > len(first) else []
        return "\n\n".join([*first, *gap, *lead, blocks[asked], *rest])
    return "\n\n".join([*lead, blocks[asked], *rest])


def _belongs_from(blocks: Sequence[str], place: int) -> int:
    """The place of the first block that a later one needs: what leads to it, its formula, the code it points at."""
    begins = place
    if begins and (_needs_formula(blocks[place], blocks[place - 1]) or _points_back(blocks[place], blocks[place - 1])):
        begins -= 1
    return begins - 1 if begins and is_lead_in(blocks[begins - 1]) else begins


def _points_back(block: str, before: str) -> bool:
    """Whether a paragraph speaks of the code before it: "the command above"."""
    return is_code(before) and is_prose(block) and bool(_POINTS_BACK.search(block))


def _needs_formula(block: str, before: str) -> bool:
    """Whether a block is the end of a sentence that a formula before it belongs to: "where $m$ is the mass"."""
    return before.startswith("$$") and bool(_TAIL.match(block))


def beginning(text: str) -> str:
    """As many whole blocks as fit, at least one: code, tables and formulas are never cut in two."""
    blocks = text_blocks(text)
    shown = fitting(blocks)
    kept = []
    for before, block, after in zip(["", *blocks], blocks[:shown], [*blocks[1:], ""], strict=False):
        # A line beside a formula is a part of the sentence that the formula stands in.
        in_sentence = before.startswith("$$") or after.startswith("$$")
        kept.append(block if in_sentence else _marked(block))
    return "\n\n".join([*kept, *([_MORE] if shown < len(blocks) else [])])


def _marked(block: str) -> str:
    """A line of its own that is no sentence stands out: bold as the title of a box, italic as what a figure shows."""
    if not _LONE_LINE.fullmatch(block):
        return block
    return f"**{block}**" if len(block.split()) <= _TITLE_WORDS else f"*{block}*"
