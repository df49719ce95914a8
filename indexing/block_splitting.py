"""Splits a block that is larger than a chunk: code and maths by lines, tables by rows, prose by sentences.

Every part is still what it was: code keeps its fence, a table its header. What has no such joints is cut between
words, and a single word that is too long (a base64 image, a minified line) between characters.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from indexing.pages import Block

CountTokens = Callable[[Sequence[str]], list[int]]

_SENTENCE_END = re.compile(r"(?<=[.!?…۔؟])\s+|(?<=[。！？])\s*|\n+")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,}|\$\$)")
_WIDEST_WORD = 200  # characters; a longer run without white space is cut before it is counted


def split_block(block: Block, room: int, count: CountTokens) -> Iterator[tuple[str, int]]:
    """The parts of a block with their sizes in tokens, each at most `room`, in order."""
    head, units, tail, joint = _joints(block)
    frame = sum(count([head, tail]))
    if frame > room // 2:  # a header this large would be most of each part
        head, tail, frame = "", "", 0
    for text, tokens in _fill(_small_enough(units, room - frame, count), room - frame, joint):
        parts = [part for part in (head, text.strip() if block.kind == "text" else text, tail) if part]
        yield "\n".join(parts), tokens + frame


def _joints(block: Block) -> tuple[str, list[str], str, str]:
    """Head, units, tail of a block and what joins its units."""
    lines = block.text.splitlines()
    fence = _FENCE.match(lines[0]) if lines else None
    if block.kind != "text" and block.kind != "table" and fence:
        closed = len(lines) > 1 and lines[-1].strip().startswith(fence[1])
        return lines[0], lines[1 : -1 if closed else None], fence[1], "\n"
    if block.kind == "table" and len(lines) > 2:
        return "\n".join(lines[:2]), lines[2:], "", "\n"
    if block.kind == "text":
        return "", _sentences(block.text), "", ""
    return "", lines, "", "\n"


def _sentences(text: str) -> list[str]:
    """Sentences with the white space behind them, so that joining them gives the text again."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    parts = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    return [part for part in parts if part.strip()]


def _small_enough(units: Sequence[str], room: int, count: CountTokens) -> Iterator[tuple[str, int]]:
    """The units with their sizes; those larger than `room` cut between words, then between characters."""
    for unit, tokens in zip(units, count(units), strict=True):
        if tokens <= room:
            yield unit, tokens
        else:
            words = [piece for word in _words(unit) for piece in _narrow(word)]
            yield from _fill(_fitting(words, room, count), room, "")


def _words(unit: str) -> list[str]:
    """Words with the white space behind them, so that joining them gives the unit again."""
    return re.findall(r"\S+\s*|\s+", unit)


def _narrow(word: str) -> list[str]:
    return [word[start : start + _WIDEST_WORD] for start in range(0, len(word), _WIDEST_WORD)]


def _fitting(words: Sequence[str], room: int, count: CountTokens) -> Iterator[tuple[str, int]]:
    """Words with their sizes, halved until each fits; a single character counts as `room` at most."""
    for word, tokens in zip(words, count(words), strict=True):
        if tokens <= room or len(word) == 1:
            yield word, min(tokens, room)
        else:
            middle = len(word) // 2
            yield from _fitting([word[:middle], word[middle:]], room, count)


def _fill(units: Iterator[tuple[str, int]], room: int, joint: str) -> Iterator[tuple[str, int]]:
    """Units joined for as long as they fit."""
    filled: list[str] = []
    size = 0
    for unit, tokens in units:
        if filled and size + tokens > room:
            yield joint.join(filled), size
            filled, size = [], 0
        filled.append(unit)
        size += tokens
    if filled:
        yield joint.join(filled), size
