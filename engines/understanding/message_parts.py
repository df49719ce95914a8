"""The parts of what a reader wrote: their own sentences, those of them that ask, and what they pasted beside them.

A message is split line by line: logs, errors and code are pasted, the rest is the reader's. Of pasted text only what
identifies a problem is searched, without paths, addresses, times and numbers. The reader's own text is split into
sentences, from which greetings, courtesies, lead-ins and requests about the form of an answer are removed; some ask,
the others set the scene. Pure functions of the text; the words are in `languages/*.toml`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise

import regex

from engines.understanding import lexicon
from engines.understanding.book_terms import names_nothing
from engines.understanding.definitions import DEFINITION_OF, term_asked
from engines.understanding.words import is_function_word

_pattern = partial(lexicon.rich_pattern, "sentences")

_NAMES_AN_ERROR = _pattern("{error}")

# Pasted text.
_TELLING_LINES = 3
_TELLING_WORDS = 32
_TELLING_CHARS = 4_000  # what is looked at of a long log: errors stand at its beginning or its end

_FENCE = regex.compile(r"^\s*(?:```|~~~)")
_LOG_LINE = regex.compile(
    r"^\s*(?:"
    r"(?:at|in|from) \S+.*:\d+|at \S+ ?\(|File \"|Traceback \(|caused by:|\.\.\. \d+ more"
    r"|\S+@\S+[:~].*[$#](?: |$)|\$ \S|>>> |\.\.\. |C:\\|PS [A-Z]:|"
    r"(?:npm|yarn|pip|bash|zsh|sh|docker|git|node|error|fatal|cargo|make)(?:\[\d+\])?(?: ERR!?| error| WARN)?: "
    r"|npm (?:ERR|WARN|error|warn)|\[[^\]]{1,40}\][:,]? |\((?:node|python):\d+\)"
    r"|(?!(?:this|that|the|my|our|an?|same|which|what|i|we|any) )(?-i:[A-Z][\w.+]* (?:[A-Z][\w.+]* )?)"
    r"(?:error|warning|exception|notice)\b(?: (?:at|in) \S+| \S{1,12})?(?: \([^)]*\))?: *(?:\S|$)"
    r"|[\w./\\-]+\.\w{1,5}:\d+(?::\d+)?: "
    r"|\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|(?:ERROR|WARN(?:ING)?|INFO|DEBUG|FATAL|TRACE)\b"
    r"|[-•●✕✖×>]? ?"
    r"(?:[\w.$]+(?:Error|Exception|Warning|Timeout|Fault)|Error|Exception|Warning|panic|fatal)(?:[.\w]*): \S"
    r"|(?:PASS|FAIL|Tests?|Test Suites|Snapshots|Time): +\S|(?:PASS|FAIL) \S+$"
    r"|[=*#_~-]{4,}|[│|+^~ -]+$|[{}\[\]();,]+$"
    r")",
    regex.IGNORECASE,
)
_CODE_LINE = regex.compile(
    r"(?:[;{}]|\);?|=>|\[|\\)\s*$"
    r"|^\s*(?:import|from|const|let|var|def|class|return|public|private|static|async|await|func|fn"
    r"|struct|package|using|#include|export|if|for|while|elif|try|except|with)\b.*[:;{(='\"]"
    r"|^\s*(?:@\w+|</?[\w-]+[^>]*>?|//|/\*|\*/|#!|--\w)"
    r"|^\s*[\w.\-\[\]'\"$]+\s*(?:=|:=|\+=)\s*\S"
    r"|^\s+[\w.\-'\"]+:\s*\S*\s*$|^[\w.-]+:\s*$|^\s*[\"'][\w.-]+[\"']\s*:"
    r"|^\s*[\w.]+\([^)]*\)\s*[.;]?\s*\S*$"
    r"|->\s*[\[{(]"
)
_SYMBOLS = regex.compile(r"[{}()\[\]<>=;_/\\|@#$%^&*+~`\"]")
_NOISE = regex.compile(
    r"https?://\S+|\b[\w.+-]{1,64}+@[\w-]+\S*|(?:[A-Za-z]:)?(?:[~.]{0,2}[/\\][\w.@~-]+){2,}[/\\]?|\b0x[\da-fA-F]+|"
    r"\b[\da-fA-F]{8,}\b|\b\d[\d.,:TZ/-]*\w{0,2}\b|\(node:\d+\)|\bline \d+|\bcolumn \d+"
)
_NAMED_WORD = regex.compile(r"[\p{L}_$][\p{L}\p{M}\p{N}_$]*(?:[.:-]+[\p{L}_$][\p{L}\p{M}\p{N}_$]*)*")

# The reader's own sentences.
_SHORT_CLAUSE = 2  # words; a piece of fewer is no clause of its own
_MOST_KEYWORDS = 8  # of what somebody types into a search box
FEWEST_TELLING = 2  # words of a question that says what it is about; "anyone there?" has none
_SHORTEST_LEAD = 3  # words before keywords
_LONGEST_INTRODUCTION = 300  # characters, with what it introduces
_SHORTEST_INTRODUCTION, _LONG_INTRODUCTION = 4, 6  # words; before a colon a long one may begin as a condition does
_CHATTER = lexicon.words("chatter")

_SENTENCE = _pattern(
    r"(?<=[!?…؟۔]['\"”’)]?){no_abbreviation}\s+",
    r"{no_abbreviation}(?<=\.['\"”’)]?)\s+(?=[\p{Lu}\p{Lo}\"'“(]|\p{Ll})",
    r"(?<=[。！？])\s*",
    r"\s*\n+\s*",
    r"(?<=\S)\s+[–—]\s+(?=\S)",
    r"\.{3,}\s+",
    r"(?<=[:;]-?[()D])\s+",
    no_abbreviation=r"(?<!\b{abbreviation}\.)",
)
_QUESTION_MARK = regex.compile(r"[?？؟]")
_ASKS = _pattern(r"^(?:{before_asking} )*{asks}\b")
_ASKS_WITHIN = _pattern(r"\b{asks_within}\b")
_CLAUSE = _pattern(
    r"[,;:]\s+(?=(?:{before_a_clause} )?{asks_in_a_clause}\b)",
    r"\s*[;]\s+",
    r"\s[–—-]\s",
    r":\s+(?=\S+\s+\S)",
    r",\s+(?={joins_a_clause}\s)",
)
# A question behind what introduces it in the same sentence: "our intern just pinged me: how do I …".
_QUESTION_BEHIND = (
    r"(?P<mark>\s*[:;–—]\s+|\s+-\s+|,\s+)[\"“'«(]?"
    r"(?P<ask>(?:{joins_a_question} )?{question_behind}\b(?s:.){12,})$"
)
_LED_AT_FIRST = _pattern("^(?P<lead>[^?？؟]{2,200}?){rest}", rest=_QUESTION_BEHIND)
_LED_AT_LAST = _pattern("^(?P<lead>[^?？؟]{2,200}){rest}", rest=_QUESTION_BEHIND)
# Without a question mark "which I cannot afford" is no question.
_ASKS_AT_ONCE = _pattern(r"(?:{joins_a_question} )?{asks_at_once}\b")
_SPEAKS = _pattern(r"\b{speaks}$")
# What of a question stands before its question word: "if the robot falls, what …".
_CONDITION = _pattern(r"^{condition}\b(?![^,]*:)")
_PERSON = _pattern(r"\b{title}\b")
_GOES_ON = regex.compile(r"[._(]\w")  # an identifier: "describe.each"
_BEFORE_A_SUBJECT = regex.compile(r"\s*[,:;–—]\s+|\s+-\s+")
# Asks for help with what stands elsewhere: "could you look at it?".
_POINTS = _pattern(
    r"\b{would} {somebody}\b[^?.!]{0,40}\b{this_one}\b(?: {for_whom} [^?.!]{1,30}| {behind_this})*\s*[?.!]*$"
)
_POINTING = _pattern(r"\b{pointing}\b")
_WORD = regex.compile(r"[\p{L}\p{N}]+")
_LETTERS = regex.compile(r"[\p{L}\p{N}]")

# What is not about the subject of a sentence.
_EDGE = r"(?:[\s,.!?;:…~\-–—()'\"*^]|\p{Emoji_Presentation}|\p{Extended_Pictographic}|\uFE0F)"
_courtesy = partial(lexicon.rich_pattern, "courtesies", edge=_EDGE)
_GREETING = _courtesy(r"^{edge}*{greeting}\b(?:{edge}+{addressed}\b)*{edge}*")  # at the beginning
# At the end; looked for from the first sign before it alone, as from each of them it would take the square of the time.
_THANKS = _courtesy(r"(?<!{edge}){edge}*\b(?:and )?{thanks}\b(?:{edge}+{thanks_rest}\b)*(?:{edge}|:\)|:-\)|<3)*$")
_COURTESY = _courtesy("^{courtesy}")  # a sentence that is a courtesy or a remark to the helper, from its beginning
# A sentence that only says who asks, in the third person: "my sister Fatima from Karachi was wondering, how …".
_ONLY_REPORTS = _courtesy(r"^[^?!]{2,80}?\b{reports}\W*$")
_LEAD_IN = _courtesy("^{lead_in}")  # how a question is led in: taken off the beginning, as often as one is found
# An instruction at the beginning whose object is the subject: `Explain X`, `What does the book say about X?`.
_TASK_WORDS = _courtesy(r"^(?:please )?{task}\b[\s:]*(?:{of_a_part}\b\s*)?")

# Wishes about the form of an answer: "in a nutshell", "briefly", "tl;dr". Each language has a small grammar of what
# such phrases are made of. One that speaks of wording ("in simple words") is a wish anywhere in a sentence, others
# ("briefly") at its edges. One that may be about a subject as well ("as a list", "quickly") is one where it is set off:
# by itself, by a comma or a colon, or beside an instruction.
#
# Each phrase is replaced by a letter of a private-use area, so that what stands around it can be looked at with short
# patterns: all phrases in each of these would take a second to compile. Behind what would be a wish may stand a
# subject: "a short summary of the chapter on drones".
_PHRASE = lexicon.rich_pattern(
    "wishes",
    r"(?<![\p{L}\p{M}\p{N}_'’-])(?:(?P<always>{always})|(?P<edge>{at_an_edge}|{polite})|(?P<set_off>{set_off}))"
    r"(?![\p{L}\p{M}\p{N}_-]|\s+{of_a_subject}\b)",
    r"(?P<in_a_run>{in_a_run})",  # of Chinese
)
_FIRST_LETTERS = {"always": 0xE000, "in_a_run": 0xE000, "edge": 0xE100, "set_off": 0xE200}
_ALWAYS_MARK, _EDGE_MARK, _MARK = "[\ue000-\ue0ff]", "[\ue000-\ue1ff]", "[\ue000-\ue2ff]"
_MOST_PHRASES = 16  # of one sentence; less than letters for a kind

_SIGNS = "[^\\w\ue000-\ue2ff]*"
_PAUSE = r"(?:[,:;…(–—]|\.\.|-\s)[\s,:;.…(–—-]*"
_JOINED = r"(?:{joined}\s+)?"
_END = r"[\s,.!?;:)…؟。]*$"


def _around(*frames: str) -> regex.Pattern[str]:
    """A pattern of what stands around the letters for phrases."""
    return lexicon.rich_pattern(
        "wishes",
        *frames,
        always_mark=_ALWAYS_MARK,
        edge_mark=_EDGE_MARK,
        mark=_MARK,
        signs=_SIGNS,
        asks_or_beside=r"(?:{asks}(?: {asked_for})*|{beside})(?!\w)",
    )


_WITHIN = _around(r",\s*{mark}\s*(?=,)", r"[\s(–—]*{always_mark}\)?")
_FIRST = _around(rf"^\W*{{mark}}(?:[\s,]*{{mark}})*(?:\s*{_PAUSE}|\s+(?={{begins}}))")
_LAST = _around(rf"(?:[\s,،，;:.(–—-]+{_JOINED}{{edge_mark}}|\s*[,،，;:.(–—-]\s*{_JOINED}{{mark}})+{_END}")
_TOLD = _around(r"^(\W*{instruction})(?:\s+{mark})+(?=[\s:,])")
_INSTRUCTS = _around(r"^\W*(?:{mark}\W*)*{instruction}(?!\w)")
_LAST_OF_AN_INSTRUCTION = _around(rf"(?<=\w)(?:\s+{{mark}})+{_END}")
_ALONE = _around("^{signs}(?:{asks_or_beside}{signs})*+(?:{mark}{signs}(?:{asks_or_beside}{signs})*+)+$")
_BEFORE_A_MARK = regex.compile(r"[\s,;:]+(?=[?؟])|(?<=[¿¡])[\s,;:]+")
_LONGEST, _LONGEST_WISH = 500, 120  # characters; at the edges of a longer sentence a wish weighs little
_PRIVATE = regex.compile("[\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True)
class Parted:
    """A message in two parts: what the reader wrote and what they pasted; either may be empty."""

    prose: str
    pasted: str


def part(text: str) -> Parted:
    """The reader's own lines and the pasted ones."""
    lines = text.splitlines()
    marks = list(_marked(lines))
    if not any(marks):
        return Parted(text.strip(), "")
    prose = "\n".join(line for line, pasted in zip(lines, marks, strict=True) if not pasted)
    pasted = "\n".join(line for line, is_pasted in zip(lines, marks, strict=True) if is_pasted)
    return Parted(prose.strip(), pasted.strip())


def telling(pasted: str) -> str:
    """The part of a pasted text that is worth searching: the words of its errors, or the names of its code."""
    if len(pasted) > 2 * _TELLING_CHARS:
        pasted = f"{pasted[:_TELLING_CHARS]}\n{pasted[-_TELLING_CHARS:]}"
    lines = list(dict.fromkeys(line.strip() for line in pasted.splitlines() if line.strip()))
    errors = [line for line in lines if _NAMES_AN_ERROR.search(line)]
    chosen = errors[:_TELLING_LINES] or lines
    words = (word for line in chosen for word in _NAMED_WORD.findall(_NOISE.sub(" ", line)) if len(word) > 1)
    return " ".join(list(dict.fromkeys(words))[:_TELLING_WORDS])


def is_of_a_log(line: str) -> bool:
    """Whether a line looks like a program's output, or names an error."""
    return bool(_NAMES_AN_ERROR.search(line) or _LOG_LINE.match(line))


def _marked(lines: list[str]) -> Iterator[bool]:
    """For each line whether it was pasted; a blank line goes with the one before it."""
    fenced, before = False, False
    several = sum(bool(line.strip()) for line in lines) > 1
    for above, line in pairwise(["", *lines]):
        if _FENCE.match(line):
            fenced, before = not fenced, True
        elif line.strip():
            goes_on = before and above.strip() and line[:1] in " \t" and not _QUESTION_MARK.search(line[-2:])
            before = fenced or bool(goes_on) or _is_pasted(line, several=several)
        yield before


def _is_pasted(line: str, *, several: bool) -> bool:
    bare = line.strip()
    if bare.endswith(("?", "؟", "？")) and not _LOG_LINE.match(line):
        return False
    if _LOG_LINE.match(line):
        return several or not reads_as_prose(bare)
    if several and line[:1] in " \t" and not reads_as_prose(bare):
        return True
    if _CODE_LINE.search(line) and not reads_as_prose(bare):
        return True
    return len(_SYMBOLS.findall(bare)) > 0.12 * len(bare) and len(bare) > 3


def reads_as_prose(line: str) -> bool:
    """Whether most of a line is plain words, as sentences are."""
    words = line.split()
    plain = sum(word.strip(".,;:!?()'\"").isalpha() for word in words)
    return len(words) >= 5 and plain >= 0.8 * len(words)


@dataclass(frozen=True, slots=True)
class Parts:
    """The sentences of a message without its courtesies; `asking` may be empty."""

    asking: tuple[str, ...]
    scene: tuple[str, ...]
    mentions: tuple[str, ...]  # of those that ask the ones that only speak of a question: "I do not know whether …"
    bare: bool  # whether nothing but courtesies is left


def sentences_of(text: str) -> list[str]:
    """The sentences of a text."""
    return [sentence for sentence in map(str.strip, _SENTENCE.split(text)) if sentence]


def telling_words(text: str) -> set[str]:
    """The words of a text that may say what it is about."""
    words = {word.casefold() for word in _WORD.findall(text)}
    return {word for word in words if word not in _CHATTER and not is_function_word(word, "en")}


def names_its_subject(question: str) -> bool:
    """Whether a question can be understood without what was said around it."""
    return len(telling_words(question)) >= FEWEST_TELLING and not names_nothing(question)


def asked_in(text: str) -> str:
    """The sentences of a text that ask for something that it names."""
    return " ".join(each for each in take_apart(text).asking if not _POINTS.search(each))


def points(sentence: str) -> bool:
    """Whether a sentence refers to what surrounds it: "what does this mean?", "it is ignored"."""
    return bool(_POINTING.search(sentence))


def question_in(text: str) -> str:
    """A text without questions that are about no subject ("could you look at it?"), where it asks something else."""
    if len(take_apart(text).asking) < 2:
        return text
    sentences = sentences_of(text)
    kept = [
        each for each in sentences if not take_apart(each).asking or (telling_words(each) and not _POINTS.search(each))
    ]
    return "\n".join(kept) if take_apart("\n".join(kept)).asking else text


def take_apart(prose: str) -> Parts:
    """The sentences that ask and those that set the scene, both in their order and without words of form."""
    read = [each for each in map(_read, _SENTENCE.split(prose)) if each.content]
    told = [each for each in read if not each.only_reports]
    asking = tuple(each.content for each in told if each.asks)
    scene = tuple(text for each in told for text in (each.lead, "" if each.asks else each.content) if text)
    if not asking and not scene:
        scene = tuple(each.content for each in read)
    mentions = tuple(each.content for each in told if each.mentions)
    return Parts(asking, scene, mentions, bare=not asking and not scene)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence without words of form: its content, what introduces that, and what it does."""

    content: str
    lead: str = ""
    asks: bool = False
    mentions: bool = False  # as in `Parts`; it counts as one that asks
    only_reports: bool = False


@lru_cache(maxsize=2_000)  # each reading of a follow-up has the newest message in it
def _read(sentence: str) -> _Sentence:
    """A sentence as it was typed; without content where it is a courtesy and nothing else."""
    content, lead = without_form(sentence), ""
    if not content:
        return _Sentence("")
    if _ONLY_REPORTS.match(content):
        return _Sentence(content, only_reports=True)
    has_mark = bool(_QUESTION_MARK.search(sentence))
    introduced = _introduced(content, has_mark=has_mark)
    if introduced:
        lead, content = introduced
    asks = bool(has_mark or _ASKS.match(content) or term_asked(content))
    mentions = not asks and bool(_ASKS_WITHIN.search(content))
    return _Sentence(content, lead, asks or mentions, mentions)


def _introduced(content: str, *, has_mark: bool) -> tuple[str, str] | None:
    """What introduces the question of a sentence, and the question: at the first place that fits, else the last."""
    for pattern in (_LED_AT_FIRST, _LED_AT_LAST):
        led = pattern.match(content)
        is_second = led and led["ask"].lower().startswith(("and ", "then "))  # "what is it, and why"
        is_asked = led and not is_second and (has_mark or _ASKS_AT_ONCE.match(led["ask"]))
        if led and is_asked and _introduces(led["lead"], led["mark"].strip()):
            return led["lead"], led["ask"]
    return None


def with_subject_asked(parts: Parts, is_about_the_book: Callable[[str], bool]) -> Parts:
    """The parts of a message that asks nothing, with what only names a subject as what asks.

    That are keywords ("My laptop is new. LIPM equation"), and what stands behind an introduction ("Anneliese wants to
    know, retry flaky tests"; "my boss: explain virtual properties").
    """
    if parts.asking:
        return parts
    asking = tuple(each for each in parts.scene if is_of_keywords(each) and is_about_the_book(each))
    scene = tuple(each for each in parts.scene if each not in asking)
    if not asking and scene:
        led = _subject_behind(scene[-1], is_about_the_book)
        asking, scene = ((without_form(led[1]),), (*scene[:-1], led[0])) if led else ((), scene)
    return replace(parts, asking=asking, scene=scene)


def is_of_keywords(text: str) -> bool:
    """Whether a text is a few words without those that hold sentences together."""
    found = _WORD.findall(text.casefold())
    return 0 < len(found) <= _MOST_KEYWORDS and not any(is_function_word(word, "en") for word in found)


def _subject_behind(sentence: str, is_about_the_book: Callable[[str], bool]) -> tuple[str, str] | None:
    """What introduces the keywords or the instruction of a sentence, and these."""
    if len(sentence) > _LONGEST_INTRODUCTION:
        return None
    for mark in reversed(list(_BEFORE_A_SUBJECT.finditer(sentence))):
        lead, rest = sentence[: mark.start()], sentence[mark.end() :]
        if is_about_the_book(lead) or len(lead.split()) < _SHORTEST_LEAD:
            continue
        if _CONDITION.match(lead) and not _PERSON.search(lead):
            continue
        if (is_of_keywords(rest) or _ASKS.match(rest)) and is_about_the_book(rest):
            return lead, rest
    return None


def _introduces(lead: str, mark: str) -> bool:
    """Whether what stands before a question in its sentence only introduces it; a word or two may be its subject."""
    if _ASKS.search(lead) or _NAMES_AN_ERROR.search(lead):
        return False
    words = len(lead.split())
    if mark == ":" and (words >= _LONG_INTRODUCTION or _SPEAKS.search(lead)):
        return True
    is_long = words >= _SHORTEST_INTRODUCTION or lead.startswith(("@", "cc "))
    return is_long and not (_CONDITION.match(lead) and not _PERSON.search(lead))


def without_form(sentence: str) -> str:
    """A sentence without greeting, thanks, courtesies and wishes about the form; "" where nothing else is in it."""
    text = without_wishes(_GREETING.sub("", sentence.strip(), count=1))
    stripped = _THANKS.sub("", text).strip()
    text = stripped if _LETTERS.search(stripped) else ""
    if _COURTESY.match(text):
        # What follows a courtesy in the same sentence may be the question: "sorry, can I still install it?"
        _, _, rest = text.partition(",")
        return without_form(rest) if len(rest.split()) > _SHORT_CLAUSE else ""
    before, _, remark = text.rpartition(",")  # "how do I install it, sorry for my English"
    if len(before.split()) > _SHORT_CLAUSE and _COURTESY.match(remark.strip()):
        return without_form(before)
    while (match := _LEAD_IN.match(text)) and match.end() < len(text):
        text = without_wishes(text[match.end() :])
    return text.strip() if _LETTERS.search(text) else ""


@lru_cache(maxsize=1_000)
def without_wishes(sentence: str) -> str:
    """A sentence without its wishes about the form; "" where it is nothing else."""
    marked, phrases = _with_marks(sentence)
    if not phrases:
        return sentence
    if len(sentence) <= _LONGEST_WISH and _ALONE.match(marked):
        return ""
    instructs = bool(_INSTRUCTS.match(marked))
    text = _FIRST.sub("", _WITHIN.sub("", marked), count=1)
    text = _TOLD.sub(r"\1", text)
    for last in (_LAST, _LAST_OF_AN_INSTRUCTION) if instructs else (_LAST,):
        text = last.sub(_question_mark, text)
    text = _BEFORE_A_MARK.sub("", _PRIVATE.sub(lambda mark: phrases[ord(mark[0]) % 0x100], text).strip(" ,،，;:–—-"))
    return text if _LETTERS.search(text) else sentence


def is_wish(text: str) -> bool:
    """Whether a message is wishes about the form and nothing else: "shorter please", "in one sentence"."""
    return bool(text.strip()) and len(text) <= _LONGEST_WISH and not without_wishes(text)


def _with_marks(text: str) -> tuple[str, list[str]]:
    """The text with a letter for each phrase, and the phrases."""
    phrases: list[str] = []

    def mark(found: regex.Match[str]) -> str:
        phrases.append(found[0])
        return chr(_FIRST_LETTERS[str(found.lastgroup)] + len(phrases) - 1)

    if len(text) > _LONGEST or _PRIVATE.search(text):
        return text, []
    return _PHRASE.sub(mark, text, count=_MOST_PHRASES), phrases


def _question_mark(end: regex.Match[str]) -> str:
    return next((mark for mark in "?؟" if mark in end[0]), "")


def subject(sentence: str) -> str:
    """What an instruction is about (`Explain X in simple words` → `X`); the sentence itself where it is none."""
    text = sentence.strip().rstrip(" ?.!")
    match = _TASK_WORDS.match(text)
    if match and _GOES_ON.match(text, match.end()):
        match = None
    rest = text[match.end() :].strip(" ?.!:\"'“”") if match else DEFINITION_OF.sub("", text)
    return rest if _LETTERS.search(rest) else sentence


def clauses_of(sentence: str) -> list[str]:
    """The clauses of a sentence that are worth embedding separately; empty for a sentence of one clause."""
    parts = [part.strip() for part in _CLAUSE.split(sentence) if part and len(part.split()) > _SHORT_CLAUSE]
    return parts if len(parts) > 1 else []
