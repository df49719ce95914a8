"""Which part of a passage is quoted: its beginning, a definition, or the code or paragraph that a question asks for."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import regex

from engines.events import Source
from engines.retrieval.passages import is_lead_in
from engines.understanding import lexicon
from engines.understanding.definitions import (
    DEFINES,
    GAP,
    definition_in,
    is_code,
    is_diagram,
    is_prose,
    is_quiz,
    text_blocks,
)
from engines.understanding.understanding import words_of_subject
from engines.understanding.words import detected_language, zipf
from storage.vectors.bm25 import tokens

QUOTED_CHARS = 900
LATER_CHARS = 700  # of the quotations behind the first one: an answer has room on a phone's screen or two
_MOST_CHARS = 1_300  # with what a block introduces, or the last of several steps
_LEAST_OF_CODE = 500  # characters that are shown of code which is longer than a quotation
_SHORT = 200  # characters beside code that leave it twice the length of a quotation
_SHORT_CODE = 300  # characters of code that is quoted beside prose though no code is asked for: a formula, a command
_WHOLE_TABLE = 800  # characters; of longer tables, the rows that are asked for are shown
_PART_OF_CODE = 400  # characters; divided code has longer parts than that
_MOST_LEAD_INS = 2  # a title and a sentence
_EVERYDAY = 6.0  # Zipf frequency: a word this frequent tells nothing
_TELLING = 2.0  # below `_EVERYDAY`, of words that code alone has: it is shown for them
_RARE = 1.0  # below `_EVERYDAY`, of the words together: "caller" has 2.1, "keep" 0.4
_SEEN_WITH_IT = 500  # characters before a definition that do not hide it
_MORE = "…"
_TITLE_WORDS, _TITLE_CHARS = 9, 90
# Begins like a text, and ends without the mark that ends a sentence.
_LONE_LINE = regex.compile(r"[^\W\d_][^\n*`|$<>\[\]]*[\w)\"’”]")
_BOLD_LINE = regex.compile(r"\*\*[^*\n]+\*\*")
_POINTS_AHEAD = lexicon.pattern("quotations", r"\b{points_ahead}\b")
_POINTS_BACK = lexicon.pattern("quotations", r"\b{points_back}\b")
_OF_LINES = lexicon.pattern("quotations", r"\b{lines_of_code}\W{0,4}\d")
_GOES_ON = lexicon.pattern(  # from what stands before it
    "quotations",
    r"^\W*(?i:{goes_on})\b",
    r"^[^.!?]*\b(?i:{goes_on_within})\b",
    r"\b{points_back}\b",
    flags=re.NOFLAG,
)
_SENTENCE_ENDS = regex.compile(r"[.!?]\s+\p{Lu}")
_TAIL = lexicon.pattern("quotations", r"{tail_behind_a_formula}\b", flags=re.NOFLAG)  # of a sentence with a formula
_LIST_LINE = regex.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]")
_QUESTION_MARKS = ("?", "？", "؟")
_GOES_ON_BELOW = regex.compile(r"[:,({\[\\]\s*$|^\s*(?:#|//|@)|^\s*$")  # of a line of code: no statement ends there
_ITEM_OR_ROW = regex.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+\S|[ \t]*\|.*\|")
_IN_HEADING = 0.5  # of the weight of a word in a part, of one in the heading above it
_STEP = regex.compile(r"^[ \t]*(\d{1,3})[.)][ \t]+\S", regex.MULTILINE)
_ASKS_HOW = lexicon.pattern("quotations", "{word:asks_how}")
_ASKS_FOR_PROSE = lexicon.pattern("quotations", "{word:asks_for_prose}")
_ASKS_FOR_NUMBER = lexicon.pattern("quotations", "{word:asks_for_number}")
_ASKS_WHY = lexicon.pattern("quotations", "{word:asks_why}")
_GIVES_REASON = lexicon.pattern("quotations", "{word:gives_reason}")
_ASKS_FOR_LIST = lexicon.pattern("quotations", "{word:asks_for_list}")
_FOR_EXAMPLE = lexicon.pattern("quotations", "{word:asks_for_example}")
_NAMES_CODE = lexicon.pattern("quotations", "{word:names_code}")
_IDENTIFIER = regex.compile(r"\b(?:\w+(?:[_.]\w+)+|\p{Ll}+\p{Lu}\w*)")  # `\b`: a long word is read once
_HAS_NUMBER = regex.compile(r"\d")
_SENTENCES = regex.compile(r"(?<=[.!?])\s+(?=\p{Lu})")
_SYMBOL = regex.compile(r"\\?\p{L}+(?:_(?:\w|\{[^{}]*\}))?")  # of a formula: $f_x$
_IN_LINE = regex.compile(r"\$([^$\n]+)\$")
_CELL_ENDS = regex.compile(r"(?<!\\)\|")
_OF_CODE = frozenset(tokens(" ".join(lexicon.words("of_code")), "en"))


def quoted_text(source: Source, question: str, names: Sequence[str], most: int = QUOTED_CHARS) -> str:
    """What is shown of a passage, from what the question asks for on: a definition of `names`, or code if it asks how.

    It has `most` characters or a little more. Where no code is asked for, longer code is left out beside what tells. A
    definition that is an entry of a list stands alone. Code that comes later than a quotation goes is put behind the
    passage's first paragraph, where both have room, and so is a later paragraph that has rarer words of the question
    than the beginning. The sources of diagrams are left out: they are pictures to readers, and a passage of them alone
    has no text. Only the places of blocks are chosen here; `_printed` shows them in the passage's order.
    """
    asked = _asked(question)
    blocks = _with_whole_code(_from_a_beginning(shown_blocks(source)))
    blocks = [_rows_asked_for(block, asked) if block.startswith("|") else block for block in blocks]
    if (asks_for_code(question) and not names) or shows_command(blocks, question):
        code = _code_asked_for(blocks, question)
        shown = _fitting_from(blocks, 0)
        if code is not None and code not in shown:
            shown = _with_block(blocks, code, 0)
        needed = {_heaviest(blocks, shown, asked)} | (set() if code is None else {code})
        return _printed(blocks, _within(blocks, shown, needed, most))
    told = _told_places(blocks, question)
    telling = [blocks[place] for place in told]
    heading = source.heading_path[-1] if source.heading_path else ""
    found = definition_in(telling, names, heading, source.title)
    if found.strength < DEFINES:
        places = _places_told(telling, asked, most)
    elif found.item:
        return "\n\n".join([found.item, *([_MORE] if len(blocks) > 1 or "\n" in blocks[0] else [])])
    else:
        before = telling[: found.block]
        seen = sum(map(len, before)) <= _SEEN_WITH_IT and not any(map(is_code, before))
        begins = 0 if seen else _belongs_from(telling, found.block)
        places = _within(telling, _fitting_from(telling, begins), {found.block}, most)
    return _printed(blocks, {told[place] for place in places}, asked if asked.rarity else None)


def _places_told(blocks: Sequence[str], asked: "_Asked", most: int) -> Set[int]:
    """The places that are shown for a question that asks for no code."""
    begins = _begins_to_tell(blocks, hidden_only=not asked.rarity or not _any_tells(blocks, asked))
    number = _number_asked_for(blocks[begins:], asked) if asked.number else None
    if number is not None:
        before = blocks[begins : begins + number]
        if sum(map(len, before)) > _SEEN_WITH_IT or any(map(is_code, before)):
            begins, number = _belongs_from(blocks, begins + number), None
        shown = _fitting_from(blocks, begins)
        return _within(blocks, shown, {begins if number is None else begins + number}, most)
    later = _paragraph_asked_for(blocks[begins:], asked)
    if later is None:
        shown = _fitting_from(blocks, begins)
        return _within(blocks, shown, {_heaviest(blocks, shown, asked)}, most)
    return _within(blocks, _with_block(blocks, begins + later, begins), {begins + later}, most)


def _heaviest(blocks: Sequence[str], shown: Set[int], asked: "_Asked") -> int:
    """The first of the shown places whose block has most of the question."""
    return max(sorted(shown), key=lambda place: asked.weight(blocks[place]), default=0)


def _told_places(blocks: Sequence[str], question: str) -> Sequence[int]:
    """The places of blocks that may be shown where no code is asked for: without longer code, if the others tell.

    Code stays that a paragraph behind it speaks of, that has the number that is asked for, or that alone, or with the
    sentence that leads to it, has an identifier or telling words of the question.
    """
    asked = _asked(question)
    kept = [place for place, block in enumerate(blocks) if not is_code(block) or len(block) <= _SHORT_CODE]
    if not asked.rarity or _FOR_EXAMPLE.search(question) or not _any_tells(blocks, asked):
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
        return is_told_of or any(map(_OF_LINES.search, follows))

    return [place for place in range(len(blocks)) if place in kept or is_needed(place)]


def _code_with_telling_words(blocks: Sequence[str], kept: Set[int], asked: "_Asked") -> int | None:
    """The place of the code that, with the sentence that leads to it, has telling words which no `kept` block has.

    Such a sentence is not shown without its code.
    """
    told: set[str] = set()
    leads: dict[int, str] = {}
    for place in sorted(kept):
        rest = blocks[place]
        if place + 1 < len(blocks) and place + 1 not in kept and _announces(blocks, place):
            rest = _without_lead_in(blocks[place])
            leads[place + 1] = blocks[place][len(rest) :]
        told.update(tokens(rest, None))

    def weight(place: int) -> float:
        words = asked.rarity.keys() & tokens(f"{leads.get(place, '')}\n{blocks[place]}", None)
        return sum(asked.rarity[word] for word in words - told)

    best = max((place for place in range(len(blocks)) if place not in kept), key=weight, default=None)
    return best if best is not None and weight(best) >= _TELLING else None


def _any_tells(blocks: Sequence[str], asked: "_Asked") -> bool:
    """Whether a paragraph or list tells something, and has words of the question if the code has some."""
    told = [block for block in blocks if tells(block)]
    return any(map(asked.weight, told)) or (bool(told) and not any(map(asked.weight, filter(is_code, blocks))))


def shows_command(blocks: Iterable[str], question: str) -> bool:
    """Whether a line of code begins with the first two words of the question: "colcon build source"."""
    words = question.casefold().split()[:2]
    lines = (line.split()[:2] for block in blocks if is_code(block) for line in block.casefold().splitlines()[1:])
    return len(words) == 2 and words in lines


@dataclass(frozen=True, slots=True)
class _Asked:
    """The words of a question by which the parts of a passage are weighed: a rare word tells more."""

    rarity: Mapping[str, float]
    number: bool  # whether it asks for a number, a size or a value
    why: bool
    several: bool  # whether it asks for a list

    def is_form(self, block: str) -> bool:
        """Whether a block has the form that is asked for: a reason, or a list or table."""
        is_list = bool(_LIST_LINE.match(block)) or block.startswith("|")
        return (self.why and bool(_GIVES_REASON.search(block))) or (self.several and is_list)

    def weight(self, text: str) -> float:
        """How much of the question a text has."""
        return sum(self.rarity[token] for token in self.rarity.keys() & tokens(text, None))

    def share(self, part: str, heading: str = "") -> float:
        """The share of the question that a part of a passage has, with its heading's words at half; 0 to 1."""
        words, above = _words_of(part), _words_of(heading)
        found = (
            weight * (1 if word in words else _IN_HEADING if word in above else 0)
            for word, weight in self.rarity.items()
        )
        return sum(found) / whole if (whole := sum(self.rarity.values())) else 0.0

    def number_weight(self, text: str) -> float:
        """The same of the sentence, item or line with a number that has most of it; 0 for none."""
        header = ""
        parts: list[tuple[str, str]] = []
        for line in text.splitlines():
            in_table = line.startswith("|")
            header = (header or line) if in_table else ""
            parts += [(line, f"{header}\n{line}")] if in_table else [(part, part) for part in _SENTENCES.split(line)]
        numbered = (whole for part, whole in parts if _HAS_NUMBER.search(_LIST_LINE.sub("", part)))
        return max(map(self.weight, numbered), default=0.0)


@lru_cache(maxsize=64)  # the passages of one question are read one after the other
def _asked(question: str) -> _Asked:
    languages = {"en", detected_language(question) or "en"}
    rarity = {
        token: max(0.0, _EVERYDAY - max(zipf(word, language) for language in languages))
        for word in words_of_subject(question, "en")
        for token in tokens(word, None)
    }
    forms = (_ASKS_FOR_NUMBER, _ASKS_WHY, _ASKS_FOR_LIST)
    return _Asked(rarity, *(bool(form.search(question)) for form in forms))


@lru_cache(maxsize=4_000)  # the same sections are close to the same questions
def _words_of(part: str) -> frozenset[str]:
    return frozenset(tokens(part, None))


def _parts_of(block: str) -> list[str]:
    """The items of a list, the rows of a table, or the sentences of a paragraph; code as a whole."""
    if is_code(block):
        return [block]
    return [line for line in block.splitlines() if _ITEM_OR_ROW.match(line)] or _SENTENCES.split(block)


def best_part_share(question: str, source: Source, in_code: float) -> float:
    """The share of a question that one sentence, item or row of a passage has; one in code counts `in_code` of it."""
    asked, heading = _asked(question), source.heading_path[-1] if source.heading_path else ""
    shares = (
        asked.share(part, heading) * (in_code if is_code(block) else 1)
        for block in shown_blocks(source)
        for part in _parts_of(block)
    )
    return max(shares, default=0.0)


def part_asked_for(question: str, source: Source, least: float) -> str:
    """The block of a passage that a question points at, with what leads to it; "" if it points at none.

    One of its sentences, items or rows has to have at least that share of the question.
    """
    asked, blocks = _asked(question), shown_blocks(source)
    numbers = [asked.number and not is_lead_in(block) and bool(_HAS_NUMBER.search(block)) for block in blocks]
    shares = [
        max(map(asked.share, _parts_of(block))) + has_number for block, has_number in zip(blocks, numbers, strict=True)
    ]
    best = max(range(len(blocks)), key=shares.__getitem__, default=None)
    if best is None or shares[best] < least:
        return ""
    best += is_lead_in(blocks[best]) and best + 1 < len(blocks)
    begins = _belongs_from(blocks, best)
    if blocks[best].startswith("$$") and best + 1 < len(blocks) and _has_a_letter_of(blocks[best + 1], blocks[best]):
        best += 1  # "where $f_x$ is the focal length"
    return from_within(blocks[: best + 1], begins, is_whole=best + 1 == len(blocks))


def from_within(blocks: Sequence[str], begins: int, *, is_whole: bool = True) -> str:
    """What fits of a passage's blocks from one of them on, with what leads to it; "…" stands for what is left out."""
    begins = _belongs_from(blocks, begins)
    begins -= bool(begins) and blocks[begins].startswith("$$") and is_prose(blocks[begins - 1])
    text = _printed(blocks, _fitting_from(blocks, begins))
    before = [] if not begins else [_MORE]
    behind = [] if is_whole or text.endswith(_MORE) else [_MORE]
    return "\n\n".join([*before, text, *behind])


def _has_a_letter_of(block: str, formula: str) -> bool:
    """Whether a paragraph has one of a formula's letters between dollar signs, and so may say what that stands for."""
    letters = {found for found in _SYMBOL.findall(formula) if not found.startswith("\\")}
    return is_prose(block) and any(letters & set(_SYMBOL.findall(found)) for found in _IN_LINE.findall(block))


def share_of(question: str, text: str) -> float:
    """How much of a question a text has, from 0 to 1, by the rarity of its words."""
    asked = _asked(question)
    whole = sum(asked.rarity.values())
    return asked.weight(text) / whole if whole else 0.0


def number_share(question: str, text: str) -> float:
    """The same of the sentence with a number that has most of it; 0 if no number is asked for."""
    asked = _asked(question)
    whole = sum(asked.rarity.values())
    return asked.number_weight(text) / whole if whole and asked.number else 0.0


def _number_asked_for(blocks: Sequence[str], asked: _Asked) -> int | None:
    """The block with the number that is asked for: the first of those whose sentence has most of the question."""
    weights = [0.0 if _is_long_code(block) else asked.number_weight(block) for block in blocks]
    best = max(weights, default=0.0)
    return weights.index(best) if best * 2 >= sum(asked.rarity.values()) > 0 else None


def _rows_asked_for(table: str, asked: _Asked) -> str:
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
            kept.append(f"| {_MORE} |" + " |" * (len(_CELL_ENDS.findall(header[0])) - 2))
        gap = place not in chosen
    return "\n".join([*header, *kept])


def _within(blocks: Sequence[str], shown: Set[int], needed: Set[int], most: int) -> Set[int]:
    """The places of a quotation of so many characters: those that are needed, then the others in their order."""
    if most >= QUOTED_CHARS:
        return shown
    needed = needed | {at + 1 for at in needed & shown if _announces(blocks, at)}

    def length(place: int) -> int:
        size = len(blocks[place])
        return min(size, _LEAST_OF_CODE) if is_code(blocks[place]) else size

    kept = {place for at in needed & shown for place in range(_belongs_from(blocks, at), at + 1) if place in shown}
    size = sum(map(length, kept))
    for place in sorted(shown - kept):
        size += length(place)
        introduced = place - 1 in kept and _announces(blocks, place - 1)
        if kept and size > most and not introduced:
            break
        kept.add(place)
    return kept


def _from_a_beginning(blocks: list[str]) -> list[str]:
    """The blocks without a first one that is the end of a sentence whose formula stands before the passage."""
    return blocks[1:] if len(blocks) > 1 and _TAIL.match(blocks[0]) else blocks


def shown_blocks(source: Source) -> list[str]:
    """The blocks of a passage that a quotation can show: no sources of diagrams, and no quiz beside other text."""
    blocks = [block for block in text_blocks(source.text) if not is_diagram(block)]
    return [block for block in blocks if not is_quiz(block)] or [part for block in blocks for part in _solved(block)]


def _solved(quiz: str) -> list[str]:
    """The lines of a quiz with the right option in place of all of them and its number; they are counted from 0."""
    solved: list[str] = []
    options = 0  # the place in `solved` of the first one
    for line in map(str.strip, quiz.splitlines()):
        if line.isdecimal() and int(line) < len(solved) - options:
            solved[options:] = [solved[options + int(line)]]
            continue
        solved.append(line)
        if line.endswith(_QUESTION_MARKS):
            options = len(solved)
    return solved


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


def asks_for_code(question: str) -> bool:
    """Whether code or commands may answer a question by themselves: it names them, or asks how to do something."""
    return bool(_ASKS_HOW.search(question) or _NAMES_CODE.search(question)) and not _ASKS_FOR_PROSE.search(question)


def asks_for_prose(question: str, names: Sequence[str]) -> bool:
    """Whether code alone answers nothing: the question asks what a thing of these names is, why, or to explain it."""
    return bool(names) or bool(_ASKS_FOR_PROSE.search(question))


def _begins_to_tell(blocks: Sequence[str], *, hidden_only: bool) -> int:
    """Where a quotation begins if no code is asked for: behind code, at the first paragraph that tells, if any does.

    Where nothing is asked for it is 0, unless the code hides that paragraph.
    Code that such a paragraph goes on from ("Both also raise …") is shown before it, where both have room, and so are
    short commands that stand right before it.
    """
    first = next((at for at, block in enumerate(blocks) if tells(block)), None)
    if not blocks or not is_code(blocks[0]) or first is None or (hidden_only and first < fitting(blocks)):
        return 0
    if all(map(is_code, blocks[:first])) and _size(blocks, range(first)) <= _SHORT_CODE:
        return 0
    if _GOES_ON.search(blocks[first]) and sum(map(len, blocks[: first + 1])) <= _MOST_CHARS:
        return 0
    return _belongs_from(blocks, first)


def tells(block: str) -> bool:
    """Whether a block is a paragraph or a list that says something without what follows it."""
    return is_prose(block) and not is_lead_in(block) and not _BOLD_LINE.fullmatch(block)


def fitting(blocks: Sequence[str]) -> int:
    """How many of the blocks a quotation shows: as many as have room, and one at least.

    A block that introduces another one is followed by it, or is left out with it where both have no room; steps that
    end soon are shown to their end. Code of a quotation's length is the last one: `_printed` cuts it where it is longer
    than the room.
    """
    size, shown = 0, len(blocks)
    for number, block in enumerate(blocks):
        is_long = _is_long_code(block)
        size += _LEAST_OF_CODE if is_long else len(block)
        if not number or size <= QUOTED_CHARS or (number == 1 and is_lead_in(blocks[0])):
            if is_long:
                shown = number + 1
                break
            continue
        behind = blocks[number - 1].startswith("$$") or _MORE in blocks[number - 2 : number + 1]
        belongs = behind or _announces(blocks, number - 1) or _goes_on(blocks, number)
        if size > _MOST_CHARS or not belongs:
            shown = number
            break
    while 1 < shown < len(blocks) and (blocks[shown - 1] == _MORE or _only_announces(blocks, shown - 1)):
        shown -= 1
    return shown


def _is_long_code(block: str) -> bool:
    """Whether a block is code that is longer than a quotation: it may be cut, and hides no paragraph on it."""
    return len(block) > QUOTED_CHARS and is_code(block)


def _fitting_from(blocks: Sequence[str], begins: int) -> Set[int]:
    """The places that a quotation shows that begins there."""
    return set(range(begins, begins + fitting(blocks[begins:])))


def _only_announces(blocks: Sequence[str], place: int) -> bool:
    """Whether a block of one sentence, or a title, says nothing else than that the next one follows."""
    return _announces(blocks, place) and not _without_lead_in(blocks[place])


def _without_lead_in(block: str) -> str:
    """A block without its last sentence, or its last line in a list, which introduces what follows; "" for no rest."""
    last_line = block.rfind("\n") if _LIST_LINE.match(block, block.rfind("\n") + 1) else -1
    ends = [last_line, *(found.start() + 1 for found in _SENTENCE_ENDS.finditer(block))]
    return block[: max(0, *ends)].rstrip()


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
    """The block of code that such a question is after: with its lead-in it has most of the question.

    Code that a quotation shows anyhow goes before later code, unless code is named and the later one has clearly more.
    None where steps are shown instead, or where no code has a word of a question that names more than code.
    """
    shown = fitting(blocks)
    names_code = bool(_NAMES_CODE.search(question))
    asked = _asked(question)
    weights = {
        place: asked.weight("\n".join(blocks[max(0, place - 1) : place + 1]))
        for place, block in enumerate(blocks)
        if is_code(block)
    }
    if not weights:
        return None
    best = max(weights, key=weights.__getitem__)
    near = max((place for place in weights if place < shown), key=weights.__getitem__, default=None)
    if near is not None and (not names_code or weights[best] < weights[near] + _RARE):
        return near
    if not names_code and len(_STEP.findall("\n".join(blocks[:shown]))) > 1:
        return None
    return best if weights[best] or names_code or asked.rarity.keys() <= _OF_CODE else None


def _paragraph_asked_for(blocks: Sequence[str], asked: _Asked) -> int | None:
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
    shares = [frozenset() if _is_long_code(block) else rarity.keys() & tokens(block, None) for block in blocks]
    known = frozenset().union(*shares[:shown])

    def weight(words: Iterable[str]) -> float:
        return sum(rarity[word] for word in words)

    hidden = [place for place in range(shown, len(blocks)) if not is_code(blocks[place])]
    best = max(hidden, key=lambda place: (weight(shares[place] - known), weight(shares[place])), default=None)
    if best is None:
        return None
    is_new = weight(shares[best] - known) >= _RARE
    return best if is_new or weight(shares[best]) > max(map(weight, shares[:shown])) else None


def _form_asked_for(blocks: Sequence[str], shown: int, asked: _Asked) -> int | None:
    """The reason or the list behind a quotation's end, with its lead-in, with enough of the question."""
    weights = [asked.weight("\n".join(blocks[max(0, place - 1) : place + 1])) for place in range(len(blocks))]
    formed = [place for place, block in enumerate(blocks) if weights[place] and asked.is_form(block)]
    if not formed or formed[0] < shown:
        return None
    best = max(formed, key=lambda place: (weights[place], -place))
    return best if weights[best] * 2 >= max(weights) else None


def _with_block(blocks: Sequence[str], asked: int, begins: int) -> Set[int]:
    """The first paragraph, what leads to a later block, and that block, as far as they have room; then what follows.

    What the first paragraph introduces, a formula for example, is shown with it.
    """
    lead = _belongs_from(blocks, asked)
    needed = set(range(lead, asked + 1))
    first = _first_with(blocks, begins, needed) if lead > begins else set()
    most = QUOTED_CHARS if len(first) == 1 else _MOST_CHARS
    chosen = needed | first if first and _size(blocks, needed | first) <= most else needed
    places = [*sorted(chosen), *range(asked + 1, len(blocks))]
    gap = len(chosen - needed) if chosen - needed and lead - 1 not in chosen else None
    texts = [blocks[place] for place in places]
    with_gap = texts if gap is None else [*texts[:gap], _MORE, *texts[gap:]]
    room = fitting(with_gap) - (gap is not None)
    return set(places[: max(room, len(chosen))])


def _first_with(blocks: Sequence[str], begins: int, needed: Set[int]) -> Set[int]:
    """The place of the first block, and of the second one if the first introduces it and both have room."""
    if not _announces(blocks, begins) or begins + 1 in needed:
        return {begins}
    both = {begins, begins + 1}
    is_near = blocks[begins + 1].startswith("$$") or min(needed) > begins + 2  # as `fitting` goes
    has_room = _size(blocks, both | needed) < (_MOST_CHARS if is_near else QUOTED_CHARS)
    return both if has_room else set() if _only_announces(blocks, begins) else {begins}


def _size(blocks: Sequence[str], places: Iterable[int]) -> int:
    return sum(len(blocks[place]) for place in places)


def _belongs_from(blocks: Sequence[str], place: int) -> int:
    """The place of the first block that a later one needs: what leads to it, its formula, the code it points at."""
    begins = place
    if begins and (_needs_formula(blocks[place], blocks[place - 1]) or _points_back(blocks[place], blocks[place - 1])):
        begins -= 1
    elif begins > 1 and is_lead_in(blocks[begins - 1]) and _tells_of_lines(blocks[place], blocks[begins - 2]):
        begins -= 2
    for _ in range(_MOST_LEAD_INS):
        begins -= bool(begins) and _announces(blocks, begins - 1)
    return begins


def _tells_of_lines(block: str, before: str) -> bool:
    """Whether a list tells what the lines of the code before it do: "**Lines 7-13**: …"."""
    return is_code(before) and bool(_OF_LINES.search(block))


def _points_back(block: str, before: str) -> bool:
    """Whether a paragraph speaks of the code before it: "the command above"."""
    return is_code(before) and is_prose(block) and bool(_POINTS_BACK.search(block))


def _needs_formula(block: str, before: str) -> bool:
    """Whether a block is the end of a sentence that a formula before it belongs to: "where $m$ is the mass"."""
    return before.startswith("$$") and bool(_TAIL.match(block))


def beginning(text: str) -> str:
    """As many whole blocks as fit, at least one: tables and formulas are never cut in two."""
    blocks = text_blocks(text)
    return _printed(blocks, _fitting_from(blocks, 0))


def _printed(blocks: Sequence[str], chosen: Set[int], asked: _Asked | None = None) -> str:
    """The blocks at the chosen places in their order, with "…" for what is left out between and behind them.

    Where what a block introduces is not shown, its lead-in is not shown either; code that is longer than a quotation
    is cut where it has no room, to the lines that have most of what is `asked`.
    """
    kept: list[str] = []
    size, next_place = 0, None  # the place that needs no "…" before it
    told = _without_idle_lead_ins(blocks, chosen)
    for place, block in told.items():
        later = _size(blocks, (other for other in told if other > place))
        gap = next_place not in (None, place)
        if is_code(block) and (_is_long_code(block) or asked):
            block, is_inside = _cut(block, size + later, asked)
            gap = gap or is_inside
        if gap:
            kept.append(_MORE)
        # A line beside a formula is a part of the sentence that the formula stands in.
        in_sentence = any(each.startswith("$$") for each in blocks[max(0, place - 1) : place + 2])
        kept.append(block if in_sentence else _marked(block))
        next_place = place + 1 if block == blocks[place] else -1
        size += len(block)
    if kept and next_place != len(blocks):
        kept.append(_MORE)
    gaps = (GAP, _MORE)
    return "\n\n".join(
        _MORE if each == GAP else each
        for at, each in enumerate(kept)
        if not (at and each in gaps and kept[at - 1] in gaps)
    )


def _without_idle_lead_ins(blocks: Sequence[str], chosen: Set[int]) -> dict[int, str]:
    """The chosen blocks by their places, without lead-ins whose content is not shown; one block at least."""
    told: dict[int, str] = {}
    for place in sorted(chosen, reverse=True):
        block = blocks[place]
        idle = is_prose(block) and (is_lead_in(block) or _announces(blocks, place)) and place + 1 not in told
        if kept := _without_lead_in(block) if idle else block:
            told[place] = kept
    return dict(sorted(told.items())) or {place: blocks[place] for place in sorted(chosen)[:1]}


def _cut(code: str, others: int, asked: _Asked | None) -> tuple[str, bool]:
    """Long code beside so many characters, and whether its first lines are left out.

    It ends at a blank line if one is in its second half, or at a statement's end, behind its last line with words that
    are asked for. Where no code is asked for it is short, and begins where its lines have most of the question.
    """
    whole = 2 * QUOTED_CHARS if others <= _SHORT else _MOST_CHARS
    if len(code) + others <= whole if asked is None else len(code) <= _LEAST_OF_CODE + _SHORT:
        return code, False
    room = max(_LEAST_OF_CODE, _MOST_CHARS - others) if asked is None else _LEAST_OF_CODE
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


def _lines_asked_for(lines: Sequence[str], room: int, asked: _Asked) -> int:
    """The first of the lines, as many as have room, that have most of a question: 0 if no others have more."""
    shares = [asked.rarity.keys() & tokens(line, None) for line in lines]
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
        if weight > best + (_RARE if not place or not begins else 0.0):
            best, begins = weight, place
    return begins


def _marked(block: str) -> str:
    """A line of its own that is no sentence stands out: bold as the title of a box, italic as what a figure shows."""
    if not _LONE_LINE.fullmatch(block):
        return block
    return f"**{block}**" if len(block.split()) <= _TITLE_WORDS else f"*{block}*"
