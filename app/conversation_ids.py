"""The conversation ids that clients choose: which are valid, and which of them nobody else can guess.

Many sites give all their readers one id, such as `chat` or `robotics101textbook2024chat`. Without a token, only an id
that looks random may be waited for, resumed and remembered: a UUID, or one with 16 characters in a row that people do
not write.

People write words, names, numbers and dates. Each character has a cost in bits, which is high where the characters
before it do not predict it: for a letter by the two letters before it (`conversation_ids_letter_costs.txt`); for a
digit more after a letter than within a number; and next to nothing within years, runs such as `1234` or `qwert`,
repetitions, and words that are common in ids. Ids that people write have up to 4.2 bits per character, random ones 6
and more.

A password meter does not tell them apart: of the tests' 109 long ids that people write, zxcvbn 4.5 rates 73 as hard to
guess as 16 random characters.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path

CONVERSATION_NAMESPACE = uuid.UUID("0c9f1a52-70a4-5d0e-8d35-6b1f3f1c2a77")

# It is part of addresses (resume, stop, history), so only characters that need no encoding are allowed. `export` would
# be confused with `/api/conversations/export`.
_NAME = re.compile(r"(?!export\Z)[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}")
NAME_RULE = (
    "A conversation's id is a UUID, or 1 to 200 letters, digits and `-._~` without a dot in front; `export` is taken."
)

_RANDOM_CHARACTERS = 16  # in a row
_BITS = 4.25  # per character, on average; the tests have ids on both sides of it
_HEX_BITS = 3.0  # per digit of an id in the form of a UUID that has no valid version
_DISTINCT = 8  # characters that are considered: of any id, and of a UUID

# In bits. A number, a capital or a letter after a number begins a new part; people write parts of three or more.
_DIGIT, _SEPARATOR, _NEW_PART, _NEW_PART_SOON = 3.3, 3.0, 2.0, 4.0
_SHORT_PART = 3
_WORD_WITHIN = 3.0  # a word begins without a separator or capital
_CAPITALS_WITHIN = 2.0  # a capital after another one, in a name that has small letters
_LEET = 1.0  # a digit that stands for a letter
_EXPECTED = 1.0  # predictable from what precedes it
_WHOLE_WORD = 8.0  # one of `_WORDS`, all of its letters together
_ALONE = 4.2  # a letter of a short group between separators: `urdf`
_LONG = 5.0  # a letter of many of one case, in a name that mixes them: `Krishnamurthy`

_WORDS = """agent agents ahmad ahmed alex ali alpha anna anonymous answer api app artificial ask assistant auth ayesha
babe backend bar baz beef beta bilal book books bot buch build cafe campus chapter chat chatbot class client code
collection conversation conversations course curriculum daniel david dead default demo dev dialog discussion docs
document docusaurus doe embedded every exercise face fastapi fatima feed final first foo forum frontend gazebo gemini
general global group guest hackathon hassan hello help history home http https human humanoid identifier index init
intelligence intro introduction isaac jane jetson john json khan lab latest learn learning lesson llm local localhost
machine main maria message michael module mohammad muhammad name native new nvidia openai page panel paul peter
physical plugin postgres prod production project public qdrant query question quick quux qux rag random reader readers
release robot robotics room ros sarah school second secret section semester server session shared site smith staging
stream student supabase support system teacher temp test testing text textbook thread token topic tutor umar unique
university user vector version visitor web website week widget world xml year your"""
_START = 3  # letters; no word is shorter
_WORDS_BY_START: dict[str, list[str]] = {}  # longest first; a pattern of so many alternatives takes ten times as long
for _word in sorted(_WORDS.split(), key=len, reverse=True):
    for _spelt in (_word, _word.title(), _word.upper()):
        _WORDS_BY_START.setdefault(_spelt[:_START], []).append(_spelt)
_LEET_DIGITS = re.compile(r"(?<=[a-z])[01345789]{1,2}(?=[a-z])|(?<=[a-z])[01345789](?![\da-z])", re.IGNORECASE)
_LETTERS_OF_LEET = str.maketrans("01345789", "oieastbg")
_GROUP = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z]?[a-z]{2,8}|[A-Z]{2,8}|[a-z](?=\d))\d{0,2}(?![A-Za-z0-9])")
_LONG_RUN = re.compile(r"[A-Z]?[a-z]{10,}|[A-Z]{7,}")
_CAPITALS = re.compile(r"[A-Z]{2,}")
_REPEATED = re.compile(r"(?=(.{3,}?)\1)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d")
_ROWS = "abcdefghijklmnopqrstuvwxyz 01234567890 qwertyuiop asdfghjkl zxcvbnm 1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik 9ol"
_RUNS = frozenset(row[at : at + 3] for row in (_ROWS, _ROWS[::-1]) for at in range(len(_ROWS) - 2))

# `c`, milliseconds since 1970, a counter, a fingerprint, random characters; the digits of base 36.
_CUID = re.compile(r"c([a-z0-9]{8})[a-z0-9]{16}")
_CUID_YEARS = range(1_300_000_000_000, 4_000_000_000_000)  # 2011 to 2096
_CUID_RANDOM = 12
_CUID_BITS = 3.6


def is_name(name: str) -> bool:
    """Whether a client may use this as a conversation's name."""
    return _NAME.fullmatch(name) is not None


def conversation_uuid(name: str, owner: str) -> uuid.UUID:
    """A conversation's id: the client's UUID, or a UUID derived from this owner's name for it."""
    return _as_uuid(name) or uuid.uuid5(CONVERSATION_NAMESPACE, f"{owner}/{name}")


@lru_cache(maxsize=4096)  # 0.1 ms, and a conversation is asked for more than once
def is_hard_to_guess(name: str) -> bool:
    """Whether an id looks random: a UUID of a known version, a cuid, or 16 characters in a row that nobody writes."""
    if not is_name(name):
        return False  # no conversation has it, but an address may
    made = _as_uuid(name)
    if made is not None:
        various = len(set(made.hex)) >= _DISTINCT
        return various and (
            made.version is not None or sum(_costs(made.hex, made.hex, _bounds(made.hex))) >= _HEX_BITS * len(made.hex)
        )
    bounds = list(_bounds(name))
    costs = _costs(name, name, bounds)
    if not _has_random_part(name, costs):
        return _is_cuid(name, costs)
    without_leet = _LEET_DIGITS.sub(lambda digits: digits[0].translate(_LETTERS_OF_LEET), name)
    if without_leet == name or _has_random_part(name, _costs(name, without_leet, bounds)):
        return True
    return _is_cuid(name, costs)


def _as_uuid(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name)
    except ValueError:
        return None


def _has_random_part(name: str, costs: list[float]) -> bool:
    parts = ((start, start + _RANDOM_CHARACTERS) for start in range(len(name) - _RANDOM_CHARACTERS + 1))
    return any(
        sum(costs[start:end]) >= _BITS * _RANDOM_CHARACTERS and len(set(name[start:end])) >= _DISTINCT
        for start, end in parts
    )


def _is_cuid(name: str, costs: list[float]) -> bool:
    found = _CUID.fullmatch(name)
    if found is None or int(found[1], 36) not in _CUID_YEARS:
        return False
    return sum(costs[-_CUID_RANDOM:]) >= _CUID_BITS * _CUID_RANDOM


def _costs(name: str, read: str, bounds: Iterable[tuple[int, float]]) -> list[float]:
    """The cost of each character of a name when it is read as these characters, with letters for some digits."""
    costs: list[float] = []
    part, kind_before = 0, ""  # how many characters of one kind precede
    for at, sign in enumerate(read):
        kind = _kind(sign)
        cost = _cost(read[max(0, at - 2) : at], sign, _NEW_PART if part >= _SHORT_PART else _NEW_PART_SOON)
        costs.append(cost if name[at] == sign else cost + _LEET)
        begins_word = kind_before == "capital" and kind == "small"
        part = part + 1 if kind == kind_before else 2 if begins_word else 1
        kind_before = kind
    mixed = not name.islower() and not name.isupper()
    for at in _places(_CAPITALS, read) if mixed else ():
        costs[at] += _CAPITALS_WITHIN if at and read[at - 1].isupper() else 0.0
    for at, most in chain(bounds, _words(read)):
        costs[at] = min(costs[at], most if name[at] == read[at] else most + _LEET)
    return costs


def _bounds(name: str) -> Iterator[tuple[int, float]]:
    """The spans of what people write, words excepted, each with its maximum cost."""
    yield from ((at, _ALONE) for at in _places(_GROUP, name))
    if not name.islower() and not name.isupper():
        yield from ((at, _LONG) for at in _places(_LONG_RUN, name))
    yield from ((at, _EXPECTED) for at in _places(_YEAR, name))
    for again in _REPEATED.finditer(name):
        yield from ((at, _EXPECTED) for at in range(again.end(1), again.end(1) + len(again[1])))
    folded = name.lower()
    for at in range(len(name) - 2):
        run, folded_run = name[at : at + 3], folded[at : at + 3]
        if run == 3 * run[0] or (folded_run in _RUNS and run in (folded_run, run.upper())):
            yield from ((at + 1, _EXPECTED), (at + 2, _EXPECTED))
    # Alternating letters and digits: `a1b2c3`.
    steps = [ord(later) - ord(sign) in (0, 1) for sign, later in zip(folded, folded[2:], strict=False)]
    for at in range(len(steps) - 3):
        if all(steps[at : at + 4]):
            yield from ((place, _EXPECTED) for place in range(at + 2, at + 6))


def _words(read: str) -> Iterator[tuple[int, float]]:
    """The spans of words, the longest at each position, each with its maximum cost."""
    at = 0
    while at < len(read):
        spelt = _WORDS_BY_START.get(read[at : at + _START], ())
        length = next((len(word) for word in spelt if read.startswith(word, at)), 0)
        yield from ((place, _WHOLE_WORD / length) for place in range(at, at + length))
        at += length or 1


def _cost(before: str, sign: str, new_part: float) -> float:
    """The cost of a character after the one or two before it."""
    last = before[-1:]
    if sign.isdigit():
        return _DIGIT + new_part * last.isalpha()
    if not sign.isalpha():
        return _SEPARATOR + new_part - _NEW_PART
    letter = _index(sign)
    first = _letter_costs()[0][letter]
    if not last.isalpha():
        return first + new_part * last.isdigit()
    if last.islower() and sign.isupper():
        return first + new_part - 1
    begins = not before[:-1].isalpha() or (before[0].islower() and last.isupper())
    row = _index(last) + (0 if begins else 26 * (_index(before[0]) + 1))
    return min(_letter_costs()[1 + row][letter], first + _WORD_WITHIN)


def _places(pattern: re.Pattern[str], text: str) -> Iterator[int]:
    return (at for found in pattern.finditer(text) for at in range(*found.span()))


def _kind(sign: str) -> str:
    return "digit" if sign.isdigit() else "capital" if sign.isupper() else "small" if sign.islower() else "separator"


def _index(letter: str) -> int:
    return ord(letter.lower()) - ord("a")


@cache
def _letter_costs() -> list[list[int]]:
    """The costs of a to z, in bits, one row for each context.

    The first row is for a word's first letter, then come the rows after each first letter a to z, then those after each
    pair of letters aa to zz. A cost is minus the binary logarithm of the letter's frequency in the words of wordfreq's
    small lists (en de fr es it pt nl id tr pl sv fi cs ro fil ms vi). A word is weighted by the square root of its
    frequency, and English five times as much as another language.
    """
    rows = Path(__file__).with_name("conversation_ids_letter_costs.txt").read_text(encoding="ascii").split()
    return [[int(cost) for cost in row] for row in rows]
