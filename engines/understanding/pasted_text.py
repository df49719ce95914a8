"""What a reader pasted beside their own words: logs, errors and code, line by line, and what of them is searched.

Of pasted text only what identifies a problem is searched, without paths, addresses, times and numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from engines.understanding.sentences import NAMES_AN_ERROR

TELLING_LINES = 3
TELLING_WORDS = 32
_TELLING_CHARS = 4_000  # what is looked at of a long log: errors stand at its beginning or its end

_FENCE = regex.compile(r"^\s*(?:```|~~~)")
LOG_LINE = regex.compile(
    r"^\s*(?:"
    r"(?:at|in|from) \S+.*:\d+|at \S+ ?\(|File \"|Traceback \(|caused by:|\.\.\. \d+ more"
    r"|\S+@\S+[:~].*[$#](?: |$)|\$ \S|>>> |\.\.\. |C:\\|PS [A-Z]:|(?:npm|yarn|pip|bash|zsh|sh|docker|git|node|error|fatal|cargo|make)(?:\[\d+\])?(?: ERR!?| error| WARN)?: "
    r"|npm (?:ERR|WARN|error|warn)|\[[^\]]{1,40}\][:,]? |\((?:node|python):\d+\)"
    r"|\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|(?:ERROR|WARN(?:ING)?|INFO|DEBUG|FATAL|TRACE)\b"
    r"|[-•●✕✖×>]? ?(?:[\w.$]+(?:Error|Exception|Warning|Timeout|Fault)|Error|Exception|Warning|panic|fatal)(?:[.\w]*): \S"
    r"|(?:PASS|FAIL|Tests?|Test Suites|Snapshots|Time): +\S|(?:PASS|FAIL) \S+$"
    r"|[=*#_~-]{4,}|[│|+^~ -]+$|[{}\[\]();,]+$"
    r")",
    regex.IGNORECASE,
)
_CODE_LINE = regex.compile(
    r"(?:[;{}]|\);?|=>|\[|\\)\s*$"
    r"|^\s*(?:import|from|const|let|var|def|class|return|public|private|static|async|await|func|fn|struct|package|using|#include|export|if|for|while|elif|try|except|with)\b.*[:;{(='\"]"
    r"|^\s*(?:@\w+|</?[\w-]+[^>]*>?|//|/\*|\*/|#!|--\w)"
    r"|^\s*[\w.\-\[\]'\"$]+\s*(?:=|:=|\+=)\s*\S"
    r"|^\s+[\w.\-'\"]+:\s*\S*\s*$|^[\w.-]+:\s*$|^\s*[\"'][\w.-]+[\"']\s*:"
    r"|^\s*[\w.]+\([^)]*\)\s*[.;]?\s*\S*$"
    r"|->\s*[\[{(]"
)
_SYMBOLS = regex.compile(r"[{}()\[\]<>=;_/\\|@#$%^&*+~`\"]")
_NOISE = regex.compile(
    r"https?://\S+|\b[\w.+-]+@[\w-]+\S*|(?:[A-Za-z]:)?(?:[~.]{0,2}[/\\][\w.@~-]+){2,}[/\\]?|\b0x[\da-fA-F]+|"
    r"\b[\da-fA-F]{8,}\b|\b\d[\d.,:TZ/-]*\w{0,2}\b|\(node:\d+\)|\bline \d+|\bcolumn \d+"
)
_WORD = regex.compile(r"[\p{L}_$][\p{L}\p{M}\p{N}_$]*(?:[.:-]+[\p{L}_$][\p{L}\p{M}\p{N}_$]*)*")


@dataclass(frozen=True, slots=True)
class Parted:
    """A message in two: what the reader wrote and what they pasted; either may be empty."""

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
    """What is worth a search of a pasted text: the words of its errors, or the names of its code."""
    if len(pasted) > 2 * _TELLING_CHARS:
        pasted = f"{pasted[:_TELLING_CHARS]}\n{pasted[-_TELLING_CHARS:]}"
    lines = list(dict.fromkeys(line.strip() for line in pasted.splitlines() if line.strip()))
    errors = [line for line in lines if NAMES_AN_ERROR.search(line)]
    chosen = errors[:TELLING_LINES] or lines
    words = dict.fromkeys(word for line in chosen for word in _WORD.findall(_NOISE.sub(" ", line)) if len(word) > 1)
    return " ".join(list(words)[:TELLING_WORDS])


def _marked(lines: list[str]) -> Iterator[bool]:
    """For each line whether it was pasted; a blank line goes with the one before it."""
    fenced, before = False, False
    several = sum(bool(line.strip()) for line in lines) > 1
    for line in lines:
        if _FENCE.match(line):
            fenced, before = not fenced, True
        elif line.strip():
            before = fenced or _is_pasted(line, several=several)
        yield before


def _is_pasted(line: str, *, several: bool) -> bool:
    bare = line.strip()
    if bare.endswith(("?", "؟", "？")) and not LOG_LINE.match(line):
        return False
    if LOG_LINE.match(line):
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
