"""Questions for a definition ("what is a node?", "VLA meaning"), and the sentences of a text that define a term.

`engines.understanding.understanding` detects the term, retrieval puts a passage that defines it first, and an answer
without a model begins its quotation with that sentence. Pure functions. The question is recognised in the languages of
the interface; a definition in all of them by the term at the beginning of a sentence, and in English, German, French
and Spanish by the verb behind it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import regex

from engines.understanding import lexicon
from engines.understanding.book_terms import is_recap
from engines.understanding.language_files import entries, words_of
from engines.understanding.words import is_roman_urdu

MOST_WORDS = 6  # of a term
_KEPT_TEXTS, _KEPT_BLOCKS = 1_000, 4_000  # the same sections answer many questions, and are read several times for each
_COLONS = (":", "\uff1a")
_AROUND = " ,:;\"'“”„«»‘’`*()"
_MOST_CHARACTERS = 300  # of a sentence that asks for a definition
DEFINES = 2.0
"""The strength from which a passage is taken to define a term."""

_compiled = partial(lexicon.rich_pattern, "definitions")
_TERM = r"(?P<term>(?:[^?!.;\n]|\.(?=\w)){2,80}?)"  # what "…" of an entry stands for
_END = r"(?:[ ,]+{end_word})*[\s?!.:؟…]*$"
_ASKED_BY_LANGUAGE = {
    language: tuple(_compiled(entry.replace("…", "{term}") + "{end}", term=_TERM, end=_END) for entry in found)
    for language, found in entries("patterns.definitions.asked").items()
}
_ASKED = _ASKED_BY_LANGUAGE["en"]
_ASKED_IN_OTHERS = tuple(each for language, found in _ASKED_BY_LANGUAGE.items() if language != "en" for each in found)
_WORKS = _compiled(r"{how_it_works}{end}", end=r"(?:[ ,]+{end_word})*[\s?!.:؟…]*$")
_ARTICLE = lexicon.expression("definitions", "{article}")
_LETTER_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")
_FIELD = _compiled(r" {in_a_field}(?= \w)")
_IN = lexicon.expression("definitions", "{in_a_field}")
_NAME = r"(?P<field>[^\W\d_]{3,}(?: ?\d{1,2})?)"
_FIELD_BEHIND = regex.compile(rf" {_IN} {_NAME}(?=[\s?!.]*$)", regex.IGNORECASE)
_FIELD_IN_FRONT = regex.compile(rf"(?:{_ARTICLE} )?{_NAME}(?= [^\W\d])", regex.IGNORECASE)
_LARGE_PART, _SMALL_PART = 0.15, 0.08  # of the chunks, that have the name of a field
_HOW = _compiled("^{how_does} ")
_FIELD_BEFORE = _compiled(r"(?P<field>[\w.+#-]+) {field_before}\b")
DEFINITION_OF = _compiled(
    r"(?<=\w)[\s:,]+(?:{word_for_it}(?:(?: and|,| &) {word_for_it})*|{meaning_behind})"
    r"(?=(?: in [\w-]+(?: \w+)?)?[\s?!.]*$)"
)
"""The words behind a term that ask for its definition: "VLA meaning"."""

# What is asked of a thing, and not what the thing is: "what is the difference between …".
_OF_A_THING = _compiled(r"^{of_a_thing}\b")
_VERBS = _compiled(r"\b{verb}\b")


# What is wished for beside a definition: "what does VSLAM mean, and give me an example".
_BESIDE_IT = _compiled(r"[ ,;]+(?:{and_also} )*(?:{beside_it}|{with} (?:\w+ )?{an_example}\w*.*)[\s?!.:…]*$")


def term_asked(sentence: str) -> str:
    """The term whose definition a sentence asks for, as the reader wrote it; "" if it asks for none."""
    return _term_asked(sentence, _ASKED) or _term_asked(sentence, _ASKED_IN_OTHERS)


def asks_how_it_works(sentence: str) -> bool:
    """Whether a sentence asks how a thing works, and names nothing but the thing."""
    return len(sentence) <= _MOST_CHARACTERS and bool(_WORKS.search(sentence))


def in_english(sentence: str) -> str:
    """The English form of a question for a definition, with its term unchanged; other sentences as they are.

    A model that reads English alone finds nothing in "LIDAR kya hota hai?" but the term.
    """
    if _term_asked(sentence, _ASKED):
        return sentence
    term = _term_asked(sentence, _ASKED_IN_OTHERS, alone=True)
    if not term or not term.isascii():
        return sentence
    field = next((match["field"] for match in _FIELD_BEFORE.finditer(sentence)), "")
    return f"what is {_FIELD.sub(' in', term)}{f' in {field}' if field else ''}"


def field_in(sentence: str, is_field: Callable[[str, float], bool]) -> str:
    """What a book is about where a question names it beside its subject: "ros2" of "what is a ros2 topic?"; "" if none.

    `is_field` says whether at least a share of the book has a name. Only a question for what something is or how it
    works has one: ahead of a term it says less than behind it.
    """
    text = " ".join(sentence.split())
    if len(text) > _MOST_CHARACTERS:
        return ""
    behind = _FIELD_BEHIND.search(text)
    rest = text[: behind.start()] if behind else text
    term = without_field(term_asked(text)) or _thing_working(rest)
    if behind and term and is_field(behind["field"], _LARGE_PART):
        return behind["field"]
    before = _FIELD_IN_FRONT.match(term)
    return before["field"] if before and is_field(before["field"], _SMALL_PART) else ""


def _thing_working(sentence: str) -> str:
    found = _WORKS.search(sentence)
    return _HOW.sub("", found[0]) if found else ""


def without_name(text: str, field: str) -> str:
    """A text without the name of the field that it is about."""
    left = regex.sub(rf"(?: {_IN})?(?:^| ){regex.escape(field)}(?!\w)", "", text)
    return left.strip() or text


def without_field(term: str) -> str:
    """A term without where it is used: "fab in Ionic" is "fab"."""
    return _FIELD.split(term, maxsplit=1)[0]


@lru_cache(maxsize=256)  # `in_english` has looked already
def _term_asked(sentence: str, patterns: tuple[regex.Pattern[str], ...], *, alone: bool = False) -> str:
    """The term that one of the patterns finds; with `alone` only where the sentence asks nothing before it."""
    text = " ".join(sentence.split())
    if len(text) > _MOST_CHARACTERS:
        return ""
    text = _BESIDE_IT.sub("", text)
    for pattern in patterns:
        found = pattern.search(text)
        if found is None or (alone and _LETTER_OR_DIGIT.search(text[: found.start()])):
            continue
        term = _behind_urdu(found["term"].strip(_AROUND))
        if (
            len(term) > 1
            and len(term.split()) <= MOST_WORDS
            and not _OF_A_THING.search(term)
            and not _VERBS.search(term)
        ):
            return term
    return ""


def _behind_urdu(term: str) -> str:
    """What follows the last word of Roman Urdu, if only a field precedes it: "node" of "ros2 mein node"."""
    words = _FIELD_BEFORE.sub("", term).split()
    begins = max((place for place, word in enumerate(words, 1) if is_roman_urdu(word.casefold())), default=0)
    if not all(is_roman_urdu(word.casefold()) for word in words[:begins]):
        return term
    return " ".join(words[begins:]).strip(_AROUND)


@dataclass(frozen=True, slots=True)
class Definition:
    """The part of a text that defines a term."""

    strength: float  # `DEFINES` and more where the text defines it
    block: int = 0  # of the text's blocks, the first of which is 0
    item: str = ""  # the line of a list that is the definition


NONE = Definition(0.0)
_OF_LISTS = 0.3  # by which a sentence of a list counts less than one of prose: many lists announce or repeat
_OF_RECAPS = 0.8  # the same, of what a summary says, or a list of what is known before
_MARKUP = regex.compile(r"[*_`]+")
_NAMED_ASIDE = 2.3  # the strength of "Send a *chirp*, a sine whose …": marked as a term, and what it is behind a comma
_LIST_ITEM = regex.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_NUMBERED = regex.compile(r"^\s*\d")
_EXPANDED = regex.compile(r"((?:[\w/'’]+[ -]){1,9}[\w/'’]+) \(_\)")  # of a term that is written as `_`
_EXPANSION = regex.compile(r"_ \(([^()]{5,90})\)")
_SMALL_WORDS = words_of("left_out_of_abbreviations")
_LONGEST_ABBREVIATION = 7  # letters
_WORDS_BEFORE = 2  # of a sentence that begins with it: "In robotics, "
_WRITTEN_OUT = 2.6  # the strength of a sentence that begins with an abbreviation and what it stands for


def definition_in(blocks: Sequence[str], names: Sequence[str], heading: str = "", title: str = "") -> Definition:
    """The best definition of a term, under any of its names, among a text's blocks.

    `heading` is the innermost one above the text, "" where only the page's `title` is: one that asks what the term is,
    is the term or introduces it makes the prose below it a definition. A page begins with less than its sections say,
    so its title adds nothing to a sentence. What a summary or a list of links says of the term counts less.
    """
    best, patterns = NONE, _patterns()
    more, heading = (1.0, heading) if heading else (0.0, title)
    repeats = is_recap(heading)
    for name in filter(None, names):
        marked, first_prose = _marked(heading, name), _first_prose(blocks)
        asks, is_named = bool(patterns.heading.search(marked)), _names_it(marked, patterns)
        of_kind, introduces = bool(patterns.heading_of_kind.search(marked)), bool(patterns.introduces.search(marked))
        for place, block in enumerate(blocks):
            if not is_prose(block):
                continue
            found = _of_block(block, place, name)
            if asks and place == first_prose:
                found = Definition(max(found.strength, DEFINES) + 0.6 * more, place, found.item)
            elif is_named and (found.strength or place == first_prose):
                found = Definition(max(found.strength + 0.4 * more, DEFINES), place, found.item)
            elif (of_kind or introduces or (found.strength and _LETTER in marked)) and place == first_prose:
                found = Definition(max(found.strength + 0.2 * more, DEFINES), place, found.item)
            if repeats and found.strength:
                found = Definition(found.strength - _OF_RECAPS, place, found.item)
            if found.strength > best.strength:
                best = found
    return best


def _first_prose(blocks: Sequence[str]) -> int | None:
    return next((place for place, block in enumerate(blocks) if is_prose(block)), None)


# Patterns that have the term in them take 15 ms to compile for each term. So the term's letters are replaced in the
# text, and these patterns, which look for the replaced letters, are compiled once.
_LETTER = "\N{CYRILLIC LETTER MULTIOCULAR O}"  # in one manuscript of the world, and in no book about technology


@lru_cache(maxsize=256)
def _occurrence(name: str) -> regex.Pattern[str]:
    """The place of the term in a text, in the singular or the plural."""
    words = [regex.escape(word) for word in regex.findall(r"\p{L}[\p{L}\p{M}]*|\p{N}+|[+#]+", name.casefold())]
    term = r"[\s.\-_/]*".join(words)
    return regex.compile(rf"(?<!\w){term}(?:e?s|en|n)?(?!\w)" if words else r"(?!)", regex.IGNORECASE)


_TERM_LETTER = regex.compile(r"[^\s.\-_/]")


def _marked(text: str, name: str) -> str:
    """The text with `_LETTER` in place of each letter of the term; as long, and of as many words."""
    return _occurrence(name).sub(lambda found: _TERM_LETTER.sub(_LETTER, found[0]), text)


@dataclass(frozen=True, slots=True)
class _Patterns:
    """How a term is defined."""

    sentence: regex.Pattern[str]  # "A node is a process …"
    loose: regex.Pattern[str]  # "Nodes are processes …"
    of_kind: regex.Pattern[str]  # "NVIDIA Isaac Sim is a simulator …"
    spelt_out: regex.Pattern[str]  # "Vision-Language-Action (VLA) models are …"
    entry: regex.Pattern[str]  # "node: a process …"
    called: regex.Pattern[str]  # "… is called a node"
    aside: regex.Pattern[str]  # "Send a *chirp*, a sine whose …"
    does: regex.Pattern[str]  # "Topics enable …"
    heading: regex.Pattern[str]  # "What is a node?"
    heading_of_kind: regex.Pattern[str]  # "What is a ROS 2 node?"
    introduces: regex.Pattern[str]  # "Understanding nodes"
    whole: regex.Pattern[str]  # "Nodes"
    any_script: regex.Pattern[str]  # begins with the term and ends with the verb, as in Urdu


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    parts = {
        "term": rf"(?:{{article}} )?{_LETTER}+(?:[\s.\-_/]*{_LETTER}+)*+{{in_brackets}}",
        "in_brackets": r"(?: ?\([^()]{1,60}\))?",
        "bare_term": rf"(?:{{article}} )?{_LETTER}+(?:[\s.\-_/]*{_LETTER}+)*+",
        "written_out": r"(?:[\w-]+ ){0,6}[\w-]+ \({bare_term}\)",  # the term is its abbreviation
        "begins": r"^(?:[^.:]{0,30}\b{label}: )?(?:{opening}[, ]+)?",
        "kind": r"(?!{no_kind}\b)\w+",
        "defined": r"(?!{no_definition}\b)",
        "number": r"^\W*(?:\d[\d.]*\W+)?",
    }
    frames = {
        "sentence": r"{begins}{term}(?: {itself}| {here})? {is_a} (?:{simply} )?{kind_begins} {kind}",
        "loose": r"{begins}{term} {is_a} {defined}(?!\w+(?:ed|en)\b)\w+ \w+",
        "of_kind": r"{begins}(?:{article} )?(?:(?-i:\p{Lu})[\w-]* (?:\d ?)?){1,2}{term} {is_a} {article} {kind}",
        "spelt_out": r"{begins}{written_out}(?: \w+)? {is_a} {defined}\w+",
        "entry": r"^{term}\s*(?:(?::|—|–| - )\s*\w+ \w+|, [^,]{5,60}, \w+s \w+)",
        "called": r"\b{before_called} (?:\w+ )?{called} (?:{bare_term}|{written_out})(?!\w)",
        "aside": rf"(?<![*_])(?P<mark>[*_]{{1,3}}){_LETTER}+(?:[\s.\-_/]*{_LETTER}+)*+(?P=mark), "
        r"{article} {kind} \w+",
        "does": r"{begins}{term}(?: {itself})? (?:\w+ly )?{does}\b",
        "heading": r"{number}{heading_asks} (?:{exactly} )?(?:{term}|{written_out})(?: {heading_ends})?\W*$|"
        r"^\W*{bare_term}{heading_explains}\W*$",
        "heading_of_kind": r"{number}{heading_asks} (?:{article} )?(?:[\w-]+ ){1,3}{term}\W*$",
        "introduces": r"{number}(?:{heading_introduces} {term}\W*$|{heading_how} {term} {heading_works}\W*$|"
        r"{term} {heading_of_basics}\b)",
        "whole": r"(?:\d[\d.]*\W+)?(?:{term}|{written_out})",
        "any_script": r"^{term} \p{Arabic}.*{ends_definition}\b",
    }
    return _Patterns(**{name: _compiled(frame, **parts) for name, frame in frames.items()})


def _names_it(marked: str, patterns: _Patterns) -> bool:
    """Whether a heading is the term, alone or with more behind a colon or a dash: "Topics: asynchronous messages"."""
    plain = _plain(marked)
    return any(patterns.whole.fullmatch(part) for part in (plain, *regex.split(r":\s|\s[–—-]\s", plain)[:1]))


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub("", text).split())


def _of_block(block: str, place: int, name: str) -> Definition:
    best, patterns = NONE, _patterns()
    lines = block.splitlines()
    is_list = len(lines) > 1 and bool(_LIST_ITEM.match(lines[0]))
    for line in lines if is_list else [" ".join(lines)]:
        text = _marked(_plain(_LIST_ITEM.sub("", line)), name)
        if _LETTER not in text:
            continue
        item = line.strip() if is_list else ""
        is_entry = bool(patterns.entry.search(text)) and not _NUMBERED.match(
            line
        )  # numbered ones are steps, or contents
        strength = _of_line(text, patterns, name)
        if strength < _NAMED_ASIDE and patterns.aside.search(_marked(line, name)):
            strength = _NAMED_ASIDE
        strength -= _OF_LISTS if is_list and not is_entry else 0.0
        if strength > best.strength:
            best = Definition(strength, place, item)
    return best


def _of_line(text: str, patterns: _Patterns, name: str) -> float:
    if patterns.entry.search(text):
        return 2.2
    sentences = regex.split(r"(?<=[.!?۔]) ", text)
    best = 0.0
    for number, sentence in enumerate(sentences[:6]):
        if sentence.endswith("?"):
            continue
        later = 0.3 if number else 0.0
        if patterns.sentence.search(sentence) or patterns.spelt_out.search(sentence):
            best = max(best, 3.0 - later)
            continue
        if _LETTER in sentence:
            best = max(best, _written_out(sentence, name) - later)
        if patterns.called.search(sentence):
            best = max(best, 2.3 - later)
        elif patterns.loose.search(sentence) or patterns.any_script.search(sentence):
            best = max(best, 2.4 - later)
        elif patterns.of_kind.search(sentence):
            best = max(best, 2.1 - later)
        elif patterns.does.search(sentence):
            best = max(best, 1.6 - later)
    return best


def _written_out(sentence: str, name: str) -> float:
    """How strongly a sentence says what an abbreviation stands for; 0 where it does not.

    "Visual Simultaneous Localization and Mapping (VSLAM) forms …" and "CLIP (Contrastive Language-Image Pre-training)
    learns …" do, whatever their verb is.
    """
    if not 1 < len(name) <= _LONGEST_ABBREVIATION or " " in name:
        return 0.0
    plain = regex.sub(rf"{_LETTER}+", "_", sentence)
    for pattern in (_EXPANDED, _EXPANSION):
        found = pattern.search(plain)
        if found is None:
            continue
        words = regex.findall(r"-?[\w']+", found[1])
        begins = next((at for at in range(len(words)) if _stands_for(words[at:], name.casefold())), None)
        if begins is None:
            continue
        before = len(regex.findall(r"[\w']+", plain[: found.start()])) + (begins if pattern is _EXPANDED else 0)
        return _WRITTEN_OUT if before <= _WORDS_BEFORE else DEFINES - 0.1
    return 0.0


def _stands_for(words: Sequence[str], letters: str) -> bool:
    """Whether an abbreviation is made of the words' initials; small words and parts after a hyphen may lack theirs."""
    if not words or not letters:
        return not letters and all(map(_may_be_left_out, words))
    initial = words[0].lstrip("-")[0].casefold()
    if initial == letters[0] and _stands_for(words[1:], letters[1:]):
        return True
    return _may_be_left_out(words[0]) and _stands_for(words[1:], letters)


def _may_be_left_out(word: str) -> bool:
    return word.startswith("-") or word.casefold() in _SMALL_WORDS


# The blocks of a text, and what each is: prose, code, or the source of a diagram.

GAP = "[…]"  # stands between pieces of a section that were not found together
DIAGRAM_LANGUAGES = r"(?:mermaid|plantuml|puml|dot|graphviz|d2)\b"
_FENCE = regex.compile(r"[ \t]*(`{3,}|~{3,}|\$\$)(?!.*\$\$)")
_CODE_FENCE = regex.compile(r"[ \t]*(?:`{3}|~{3})")
_NO_CODE = regex.compile(r"[ \t]*[`~]{3,}[ \t]*(?:text|txt|plain)\b", regex.IGNORECASE)
_OF_DIAGRAM = regex.compile(rf"[ \t]*[`~]{{3,}}[ \t]*{DIAGRAM_LANGUAGES}", regex.IGNORECASE)
_NO_LANGUAGE = regex.compile(r"[ \t]*[`~]{3,}[ \t]*(?:text|txt|plain)?[ \t]*\n", regex.IGNORECASE)
_DIAGRAM_BEGINS = regex.compile(  # the first line of a source without its language
    r"\s*(?:(?:graph|flowchart)\s+(?:TB|TD|BT|RL|LR)\b|sequenceDiagram\b|classDiagram(?:-v2)?\b|"
    r"stateDiagram(?:-v2)?\b|erDiagram\b|gantt\s*\n|mindmap\s*\n|timeline\s*\n|journey\s*\n|pie\s+(?:title|showData)\b|"
    r"gitGraph\b|quadrantChart\b|(?:strict\s+)?(?:di)?graph\s+\w*\s*\{|@startuml\b)"
)
_BOXES = regex.compile(r"[┌┐┘╔╗╝▼▲►◄▶◀]|\+-{3,}|-{2,}>|[│|]\s*$\n\s*[vV▼]\s*$", regex.MULTILINE)
_EXAMPLE = _compiled("{example}")
# What a quiz component's properties hold: a question, its options, the number of the right one, an explanation.
_QUIZ = regex.compile(r"(?:.*\n)*?[^\n]*[?？؟…_][*_\"”)]*\n(?:[^\n]+\n){2,8}?[ \t]*\d{1,2}[ \t]*(?:\n|$)")
# The same with a letter before each option: "A) …".
_LETTERED = regex.compile(
    r"(?:.*\n)*?[^\n]*[?？؟][*_\"”)]*\n(?:[ \t]*(?:[-*+][ \t]+)?(?:\*\*)?\(?[A-Fa-f][.)][ \t][^\n]+(?:\n|$)){2,}"
)
_NO_PROSE = regex.compile(r"^\s*(?:`{3}|~{3}|\$\$|\||#|<)")


def text_blocks(text: str) -> list[str]:
    """The parts of a Markdown text between blank lines, with code and formulas whole."""
    return list(_text_blocks(text))


@lru_cache(maxsize=_KEPT_TEXTS)
def _text_blocks(text: str) -> tuple[str, ...]:
    blocks: list[list[str]] = [[]]
    open_fence: str | None = None
    for line in text.strip().splitlines():
        fence = _FENCE.match(line)
        if fence and open_fence is None:
            open_fence = fence[1]
        elif fence and open_fence and fence[1].startswith(open_fence):
            open_fence = None
        if line.strip() or open_fence:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return tuple("\n".join(block) for block in blocks if block)


def is_prose(block: str) -> bool:
    """Whether a block is a paragraph or a list: no code, formula, table, heading or component."""
    return _NO_PROSE.match(block) is None and block != GAP


def is_lead_in(text: str) -> bool:
    """Whether a text is one paragraph that ends with a colon before a list, code or subsections."""
    return text.rstrip().rstrip("*_").endswith(_COLONS) and len(text_blocks(text)) == 1


def is_diagram(block: str) -> bool:
    """Whether a block is the source of a diagram, by its language or, where it names none, by how it begins."""
    if _OF_DIAGRAM.match(block):
        return True
    bare = _NO_LANGUAGE.match(block)
    return bool(bare and _DIAGRAM_BEGINS.match(block, bare.end()))


@lru_cache(maxsize=_KEPT_BLOCKS)
def is_quiz(block: str) -> bool:
    """Whether a block is a quiz question with lettered options, or the number of the right one; it explains nothing."""
    return is_prose(block) and bool(_QUIZ.match(block) or _LETTERED.match(block))


@lru_cache(maxsize=_KEPT_BLOCKS)
def is_code(block: str) -> bool:
    """Whether a block is code: fenced, and neither a diagram nor plain text, such as a drawing of boxes and arrows."""
    if not _CODE_FENCE.match(block) or _NO_CODE.match(block) or is_diagram(block):
        return False
    return not (_NO_LANGUAGE.match(block) and _BOXES.search(block))


def is_example(headings: Iterable[str], text: str) -> bool:
    """Whether a section is called an example, or has code."""
    return any(map(_EXAMPLE.search, headings)) or any(map(is_code, text_blocks(text)))
