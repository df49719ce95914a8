"""The first sentence of a passage as one line of Markdown whose markup is whole; called where an answer lists sections.

A sentence does not end inside bold or italic text, code, a formula or a link, and is not cut there, so that no
delimiter is left without the one that closes it.
"""

import re

from engines.citations.processor import sentences
from engines.understanding.definitions import text_blocks

_NO_PROSE = re.compile(r"[ \t]*(?:`{3}|~{3}|\$\$|\\\[|\|)|(?:[ \t]*[-*_]){3,}[ \t]*$")  # code, formula, table, rule
_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_BLOCK_MARK = re.compile(r"[ \t]*(?:#{1,6}|[-*+]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_HEADING_LINES = re.compile(r"\A(?:[ \t]*#{1,6}[ \t][^\n]*\n)+")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
_SPAN = re.compile(
    r"\\.|"  # escaped: opens nothing
    r"(?P<whole>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|\$\$.+?\$\$|\$(?=\S)[^$\n]*?(?<=\S)\$(?!\d)|"
    r"\\\(.+?\\\)|!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\([^()]*(?:\([^()]*\)[^()]*)*\))|"
    # Up to the next beginning of the same kind, and only so far: else each one that nothing ends reads all of the text.
    r"(?P<emphasis>(?P<stars>\*{1,3}|~~)(?=[^\s*])(?:\\.|`[^`]{0,200}`|(?!(?P=stars)).|(?P=stars)(?=\*)){1,1000}?(?<=\S)(?P=stars)|"
    r"(?<!\w)(?P<bars>_{1,3})(?=[^\s_])(?:\\.|`[^`]{0,200}`|(?!(?<!\w)(?P=bars)[^\s_]).){1,1000}?(?<=\S)(?P=bars)(?!\w))",
    re.DOTALL,
)
_STAND_IN = "x"  # for each sign inside markup: neither a space nor the end of a sentence


def opening_sentence(text: str, most_letters: int | None = None) -> str:
    """The first sentence of a text's prose without the marks of its block, "" where the text has no prose.

    A sentence of more than `most_letters` is cut between words, with " …". Headings count where there is nothing else.
    """
    blocks = [_QUOTED.sub("", block) for block in text_blocks(text)]
    prose = [block for block in blocks if not _NO_PROSE.match(block)]
    block = next((block for block in prose if not _is_heading(block)), prose[0] if prose else "")
    block = _HEADING_LINES.sub("", block) if not _is_heading(block) else block
    block = _BLOCK_MARK.sub("", block, count=1) if _BLOCK_MARK.match(block) else block
    block = block.strip()
    masked = _masked(block)
    end = len(next(iter(sentences(masked)), ""))
    sentence = " ".join(block[:end].split())
    if most_letters is None or len(sentence) <= most_letters:
        return sentence
    return f"{_cut(sentence, most_letters)} …"


def _is_heading(block: str) -> bool:
    return all(_HEADING.match(line) for line in block.splitlines())


def _masked(text: str) -> str:
    """The text, as long as it was, with stand-ins for what stands inside markup.

    The last sign of bold and italic text stays: a sentence may end with it.
    """

    def mask(found: re.Match[str]) -> str:
        if found["emphasis"] is None:
            return _STAND_IN * len(found[0])
        delimiter = len(found["stars"] or found["bars"])
        inner = len(found[0]) - 2 * delimiter
        return _STAND_IN * (delimiter + inner - 1) + found[0][-delimiter - 1 :]

    return _SPAN.sub(mask, text)


def _cut(sentence: str, most_letters: int) -> str:
    """The sentence's first words, within `most_letters` if its markup allows; bold text as long as that loses it."""
    masked = _masked(sentence)
    kept = masked[: most_letters + 1].rpartition(" ")[0]
    if kept:
        return sentence[: len(kept)]
    found = _SPAN.match(sentence)
    if found is None or found["emphasis"] is None:
        return sentence[: found.end() if found else most_letters]
    delimiter = len(found["stars"] or found["bars"])
    return _cut(sentence[delimiter : found.end() - delimiter] + sentence[found.end() :], most_letters)
