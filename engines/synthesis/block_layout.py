"""How blocks of a passage stand in a quotation: which ones belong together, how many have room, how they are printed.

A block is a paragraph, a list, a table, a formula or a piece of code; places are indexes of a passage's blocks. The
limits are of characters: a quotation of 900 is what a phone's screen shows.
"""

import re
from collections.abc import Iterable, Sequence, Set
from itertools import accumulate

import regex

from engines.synthesis.passage_parts import LIST_LINE, RARE, AskedWords, words_of
from engines.understanding import lexicon
from engines.understanding.definitions import (
    GAP,
    is_code,
    is_lead_in,
    is_prose,
)

QUOTED_CHARS = 900
MOST_CHARS = 1_300  # of a quotation, with what a block introduces, or the last of several steps
_LEAST_OF_CODE = 500  # characters that are shown of code which is longer than a quotation
_SHORT = 200  # characters beside code that leave it twice the length of a quotation
_WHOLE_TABLE = 800  # characters; of longer tables, the rows that are asked for are shown
_PART_OF_CODE = 400  # characters; divided code has longer parts than that
_MOST_LEAD_INS = 2  # a title and a sentence
MORE = "…"
_TITLE_WORDS, _TITLE_CHARS = 9, 90
# Begins like a text, and ends without the mark that ends a sentence.
_LONE_LINE = regex.compile(r"[^\W\d_][^\n*`|$<>\[\]]*[\w)\"’”]")
_BOLD_LINE = regex.compile(r"\*\*[^*\n]+\*\*")
_POINTS_AHEAD = lexicon.pattern("quotations", r"\b{points_ahead}\b")
_POINTS_BACK = lexicon.pattern("quotations", r"\b{points_back}\b")
_LINES_OF_CODE = lexicon.pattern("quotations", r"\b{lines_of_code}\W{0,4}\d")
_SENTENCE_ENDS = regex.compile(r"[.!?]\s+\p{Lu}")
_TAIL = lexicon.pattern("quotations", r"{tail_behind_a_formula}\b", flags=re.NOFLAG)  # of a sentence with a formula
_GOES_ON_BELOW = regex.compile(r"[:,({\[\\]\s*$|^\s*(?:#|//|@)|^\s*$")  # of a line of code: no statement ends there
_STEP = regex.compile(r"^[ \t]*(\d{1,3})[.)][ \t]+\S", regex.MULTILINE)
_CELL_ENDS = regex.compile(r"(?<!\\)\|")


def _with_whole_code(blocks: Sequence[str]) -> list[str]:
    """The blocks with the parts of code, or of a table, that was divided among the index's chunks as one block."""
    whole: list[str] = []
    for block in blocks:
        if whole and block.startswith("|") and block.splitlines()[:2] == whole[-1].splitlines()[:2]:
            whole[-1] = "\n".join([whole[-1], *block.splitlines()[2:]])
            continue
        opening, _, rest = block.partition("\n")
        before = whole[-1].splitlines() if whole else [""]
        if rest and is_code(block) and before[0] == opening and len(whole[-1]) >= _PART_OF_CODE:
            whole[-1] = "\n".join([*before[:-1], rest])
        else:
            whole.append(block)
    return whole


def quotable_blocks(blocks: list[str], asked: AskedWords) -> list[str]:
    """The blocks of a passage as a quotation shows them: divided code as a whole, long tables with few rows."""
    whole = _with_whole_code(_from_a_beginning(blocks))
    return [_rows_asked_for(block, asked) if block.startswith("|") else block for block in whole]


def _from_a_beginning(blocks: list[str]) -> list[str]:
    """The blocks without a first one that is the end of a sentence whose formula stands before the passage."""
    return blocks[1:] if len(blocks) > 1 and _TAIL.match(blocks[0]) else blocks


def _rows_asked_for(table: str, asked: AskedWords) -> str:
    """A long table with its header and the rows that have most of the question, "…" for the others."""
    lines = table.splitlines()
    if len(table) <= _WHOLE_TABLE or len(lines) < 4:
        return table
    header, rows = lines[:2], lines[2:]
    weights = [asked.weight(row) for row in rows]
    room = _WHOLE_TABLE - sum(map(len, header))
    chosen: set[int] = set()
    for place in sorted(range(len(rows)), key=lambda place: (-weights[place], place)):
        room -= len(rows[place])
        if chosen and room < 0:
            break
        chosen.add(place)
    kept, gap = [], False
    for place, row in enumerate(rows):
        if place in chosen:
            kept.append(row)
        elif not gap:
            kept.append(f"| {MORE} |" + " |" * (len(_CELL_ENDS.findall(header[0])) - 2))
        gap = place not in chosen
    return "\n".join([*header, *kept])


def tells(block: str) -> bool:
    """Whether a block is a paragraph or a list that says something without what follows it."""
    return is_prose(block) and not is_lead_in(block) and not _BOLD_LINE.fullmatch(block)


def fitting(blocks: Sequence[str]) -> int:
    """How many of the blocks a quotation shows: as many as have room, and one at least.

    A block that introduces another one is followed by it, or is left out with it where both have no room; steps that
    end soon are shown to their end. Code of a quotation's length is the last one: `printed` cuts it where it is longer
    than the room.
    """
    size, shown = 0, len(blocks)
    for number, block in enumerate(blocks):
        is_long = is_long_code(block)
        size += _LEAST_OF_CODE if is_long else len(block)
        if not number or size <= QUOTED_CHARS or (number == 1 and is_lead_in(blocks[0])):
            if is_long:
                shown = number + 1
                break
            continue
        behind = blocks[number - 1].startswith("$$") or MORE in blocks[number - 2 : number + 1]
        belongs = behind or announces(blocks, number - 1) or _goes_on(blocks, number)
        if size > MOST_CHARS or not belongs:
            shown = number
            break
    while 1 < shown < len(blocks) and (blocks[shown - 1] == MORE or _only_announces(blocks, shown - 1)):
        shown -= 1
    return shown


def is_long_code(block: str) -> bool:
    """Whether a block is code that is longer than a quotation: it may be cut, and hides no paragraph on it."""
    return len(block) > QUOTED_CHARS and is_code(block)


def fitting_from(blocks: Sequence[str], begins: int) -> Set[int]:
    """The places that a quotation shows that begins there."""
    return set(range(begins, begins + fitting(blocks[begins:])))


def with_block(blocks: Sequence[str], asked: int, begins: int) -> Set[int]:
    """The first paragraph, what leads to a later block, and that block, as far as they have room; then what follows.

    What the first paragraph introduces, a formula for example, is shown with it.
    """
    lead = belongs_from(blocks, asked)
    needed = set(range(lead, asked + 1))
    first = _first_with(blocks, begins, needed) if lead > begins else set()
    most = QUOTED_CHARS if len(first) == 1 else MOST_CHARS
    chosen = needed | first if first and size_of(blocks, needed | first) <= most else needed
    places = [*sorted(chosen), *range(asked + 1, len(blocks))]
    gap = len(chosen - needed) if chosen - needed and lead - 1 not in chosen else None
    texts = [blocks[place] for place in places]
    with_gap = texts if gap is None else [*texts[:gap], MORE, *texts[gap:]]
    room = fitting(with_gap) - (gap is not None)
    return set(places[: max(room, len(chosen))])


def _first_with(blocks: Sequence[str], begins: int, needed: Set[int]) -> Set[int]:
    """The place of the first block, and of the second one if the first introduces it and both have room."""
    if not announces(blocks, begins) or begins + 1 in needed:
        return {begins}
    both = {begins, begins + 1}
    is_near = blocks[begins + 1].startswith("$$") or min(needed) > begins + 2  # as `fitting` goes
    has_room = size_of(blocks, both | needed) < (MOST_CHARS if is_near else QUOTED_CHARS)
    return both if has_room else set() if _only_announces(blocks, begins) else {begins}


def within(blocks: Sequence[str], shown: Set[int], needed: Set[int], most: int) -> Set[int]:
    """The places of a quotation of so many characters: those that are needed, then the others in their order."""
    if most >= QUOTED_CHARS:
        return shown
    needed = needed | {at + 1 for at in needed & shown if announces(blocks, at)}

    def length(place: int) -> int:
        size = len(blocks[place])
        return min(size, _LEAST_OF_CODE) if is_code(blocks[place]) else size

    kept = {place for at in needed & shown for place in range(belongs_from(blocks, at), at + 1) if place in shown}
    size = sum(map(length, kept))
    for place in sorted(shown - kept):
        size += length(place)
        introduced = place - 1 in kept and announces(blocks, place - 1)
        if kept and size > most and not introduced:
            break
        kept.add(place)
    return kept


def are_several_steps(blocks: Sequence[str]) -> bool:
    """Whether blocks have more than one numbered step."""
    return len(_STEP.findall("\n".join(blocks))) > 1


def size_of(blocks: Sequence[str], places: Iterable[int]) -> int:
    """The characters of the blocks at these places."""
    return sum(len(blocks[place]) for place in places)


def announces(blocks: Sequence[str], place: int) -> bool:
    """Whether a block says little without the next one: it ends with a colon, is a title, or points at its code."""
    block, follows = blocks[place], blocks[place + 1] if place + 1 < len(blocks) else ""
    if not is_prose(block) or not follows or follows == MORE:
        return False
    is_title = len(block) <= _TITLE_CHARS and (_LONE_LINE.fullmatch(block) or _BOLD_LINE.fullmatch(block))
    if is_lead_in(block) or is_title:
        return True
    return is_code(follows) and bool(_POINTS_AHEAD.search(block.rsplit(". ", 1)[-1]))


def _only_announces(blocks: Sequence[str], place: int) -> bool:
    """Whether a block of one sentence, or a title, says nothing else than that the next one follows."""
    return announces(blocks, place) and not without_lead_in(blocks[place])


def without_lead_in(block: str) -> str:
    """A block without its last sentence, or its last line in a list, which introduces what follows; "" for no rest."""
    last_line = block.rfind("\n") if LIST_LINE.match(block, block.rfind("\n") + 1) else -1
    ends = [last_line, *(found.start() + 1 for found in _SENTENCE_ENDS.finditer(block))]
    return block[: max(0, *ends)].rstrip()


def _goes_on(blocks: Sequence[str], place: int) -> bool:
    """Whether a block is one of numbered steps, or the code of one, behind others of them."""
    before = [int(found[1]) for block in blocks[:place] for found in _STEP.finditer(block)]
    here = _STEP.match(blocks[place])
    return bool(before) and (int(here[1]) == before[-1] + 1 if here else is_code(blocks[place]))


def belongs_from(blocks: Sequence[str], place: int) -> int:
    """The place of the first block that a later one needs: what leads to it, its formula, the code it points at."""
    begins = place
    if begins and (_needs_formula(blocks[place], blocks[place - 1]) or _points_back(blocks[place], blocks[place - 1])):
        begins -= 1
    elif (
        begins > 1 and is_lead_in(blocks[begins - 1]) and is_code(blocks[begins - 2]) and tells_of_lines(blocks[place])
    ):
        begins -= 2
    for _ in range(_MOST_LEAD_INS):
        begins -= bool(begins) and announces(blocks, begins - 1)
    return begins


def tells_of_lines(block: str) -> bool:
    """Whether a list tells what the lines of the code before it do: "**Lines 7-13**: …"."""
    return bool(_LINES_OF_CODE.search(block))


def _is_on_lines_of(block: str, before: str) -> bool:
    return is_code(before) and tells_of_lines(block)


def _points_back(block: str, before: str) -> bool:
    """Whether a paragraph speaks of the code before it: "the command above"."""
    return is_code(before) and is_prose(block) and bool(_POINTS_BACK.search(block))


def _needs_formula(block: str, before: str) -> bool:
    """Whether a block is the end of a sentence that a formula before it belongs to: "where $m$ is the mass"."""
    return before.startswith("$$") and bool(_TAIL.match(block))


def printed(blocks: Sequence[str], chosen: Set[int], asked: AskedWords | None = None) -> str:
    """The blocks at the chosen places in their order, with "…" for what is left out between and behind them.

    Where what a block introduces is not shown, its lead-in is not shown either; code that is longer than a quotation
    is cut where it has no room, to the lines that have most of what is `asked`.
    """
    kept: list[str] = []
    size, next_place = 0, None  # the place that needs no "…" before it
    told = _without_idle_lead_ins(blocks, chosen)
    for place, block in told.items():
        later = size_of(blocks, (other for other in told if other > place))
        gap = next_place not in (None, place)
        if is_code(block) and (is_long_code(block) or asked):
            block, is_inside = _cut(block, size + later, asked)
            gap = gap or is_inside
        if gap:
            kept.append(MORE)
        # A line beside a formula is a part of the sentence that the formula stands in.
        in_sentence = any(each.startswith("$$") for each in blocks[max(0, place - 1) : place + 2])
        kept.append(block if in_sentence else _marked(block))
        next_place = place + 1 if block == blocks[place] else -1
        size += len(block)
    if kept and next_place != len(blocks):
        kept.append(MORE)
    gaps = (GAP, MORE)
    return "\n\n".join(
        MORE if each == GAP else each
        for at, each in enumerate(kept)
        if not (at and each in gaps and kept[at - 1] in gaps)
    )


def _without_idle_lead_ins(blocks: Sequence[str], chosen: Set[int]) -> dict[int, str]:
    """The chosen blocks by their places, without lead-ins whose content is not shown; one block at least."""
    told: dict[int, str] = {}
    for place in sorted(chosen, reverse=True):
        block = blocks[place]
        idle = is_prose(block) and (is_lead_in(block) or announces(blocks, place)) and place + 1 not in told
        if kept := without_lead_in(block) if idle else block:
            told[place] = kept
    return dict(sorted(told.items())) or {place: blocks[place] for place in sorted(chosen)[:1]}


def _cut(code: str, others: int, asked: AskedWords | None) -> tuple[str, bool]:
    """Long code beside so many characters, and whether its first lines are left out.

    It ends at a blank line if one is in its second half, or at a statement's end, behind its last line with words that
    are asked for. Where no code is asked for it is short, and begins where its lines have most of the question.
    """
    whole = 2 * QUOTED_CHARS if others <= _SHORT else MOST_CHARS
    if len(code) + others <= whole if asked is None else len(code) <= _LEAST_OF_CODE + _SHORT:
        return code, False
    room = max(_LEAST_OF_CODE, MOST_CHARS - others) if asked is None else _LEAST_OF_CODE
    if asked and others <= _SHORT:
        room += _SHORT
    opening, *lines, fence = code.splitlines()
    room -= len(opening) + len(fence)
    begins = _lines_asked_for(lines, room, asked) if asked else 0
    lines = lines[begins:]
    sizes = list(accumulate(len(line) + 1 for line in lines))
    last = max(1, sum(size <= room for size in sizes))
    wanted = [number for number, line in enumerate(lines[:last], 1) if asked and asked.weight(line)]
    least = max([1 + last // 2, *wanted[-1:]])
    ends = [end for end in range(least, last + 1) if end < len(lines) and not lines[end].strip()]
    ends = ends or [end for end in range(least, last + 1) if _GOES_ON_BELOW.search(lines[end - 1]) is None]
    kept = lines[: ends[-1] if ends and last < len(lines) else last]
    while len(kept) > 1 and not kept[-1].strip():
        kept.pop()
    return "\n".join([opening, *kept, fence]), begins > 0


def _lines_asked_for(lines: Sequence[str], room: int, asked: AskedWords) -> int:
    """The first of the lines, as many as have room, that have most of a question: 0 if no others have more."""
    shares = [asked.rarity.keys() & words_of(line) for line in lines]
    best, begins = 0.0, 0
    for place in range(len(lines)):
        words: set[str] = set()
        size = 0
        for line, share in zip(lines[place:], shares[place:], strict=True):
            size += len(line) + 1
            if size > room // 2:  # what follows them is shown as well
                break
            words |= share
        weight = sum(asked.rarity[word] for word in words)
        if weight > best + (RARE if not place or not begins else 0.0):
            best, begins = weight, place
    return begins


def _marked(block: str) -> str:
    """A line of its own that is no sentence stands out: bold as the title of a box, italic as what a figure shows."""
    if not _LONE_LINE.fullmatch(block):
        return block
    return f"**{block}**" if len(block.split()) <= _TITLE_WORDS else f"*{block}*"
