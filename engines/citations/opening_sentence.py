"""The first sentences of a passage with complete markup; used by answers that list or excerpt sections.

A sentence does not end inside bold or italic text, code, a formula or a link, and is not cut there, so that no
delimiter is left without the one that closes it.
"""

import re
from collections.abc import Callable, Iterator

from engines.citations.answer_blocks import sentences
from engines.understanding import lexicon
from engines.understanding.definitions import is_quiz, text_blocks

_NO_PROSE = re.compile(r"[ \t]*(?:`{3}|~{3}|\$\$|\\\[|\|)|(?:[ \t]*[-*_]){3,}[ \t]*$")  # code, formula, table, rule
_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_BLOCK_MARK = re.compile(r"[ \t]*(?:#{1,6}|[-*+]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_HEADING_LINES = re.compile(r"\A(?:[ \t]*#{1,6}[ \t][^\n]*\n)+")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
_SPAN = re.compile(
    r"\\.|"  # escaped, so it opens nothing
    r"(?P<whole>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|\$\$.+?\$\$|\$(?=\S)[^$\n]*?(?<=\S)\$(?!\d)|"
    r"\\\(.+?\\\)|!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\([^()]*(?:\([^()]*\)[^()]*)*\))|"
    # Only up to the next delimiter of the same kind; otherwise each unclosed one would read the whole text.
    r"(?P<emphasis>(?P<stars>\*{1,3}|~~)(?=[^\s*])(?:\\.|`[^`]{0,200}`|(?!(?P=stars)).|(?P=stars)(?=\*)){1,1000}?(?<=\S)(?P=stars)|"
    r"(?<!\w)(?P<bars>_{1,3})(?=[^\s_])(?:\\.|`[^`]{0,200}`|(?!(?<!\w)(?P=bars)[^\s_]).){1,1000}?(?<=\S)(?P=bars)(?!\w))",
    re.DOTALL,
)
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]")
_MARKUP = re.compile(r"[*_~`>#\s]+")
_COLONS = (":", "：")
_FEWEST_WORDS = 3  # of a sentence that says something
_FEWEST_WORDS_OF_A_LEAD_IN = 8  # that says something even without the formula or code after it
_UNSPACED_ENDS = ("。", "！", "？")
_ENDS = (".", "!", "?", "…", "؟", "۔", "।", *_UNSPACED_ENDS)
_LABEL = re.compile(r"\s*(?P<stars>\*{1,3}|_{1,3})(?:(?!(?P=stars)).)+(?P=stars)\s*")
_MOST_WORDS_OF_A_LABEL = 6
_NO_TEXT = re.compile(  # what is not a sentence on the page: components, admonition markers, pictures
    r"[ \t]*(?:</?[A-Za-z][^>]*>\s*$|:::|!\[[^\]]*\]\([^)]*\)\s*$|import\s|export\s|\{/\*)"
)
_QUESTION = re.compile(r"[?？؟]\W*$")
# "Where x is the position": of a symbol. "Where users find the setting varies" stands on its own.
_EXPLAINS_A_SYMBOL = lexicon.pattern("sentences", r"\W*{behind_a_formula}:?\s+(?:[^\w\s]|\w{1,2}(?!\w))")
_GOES_ON = lexicon.pattern("sentences", r"\W*(?:{behind_a_formula}|{goes_on_in_small_letters})(?!\w)", flags=re.NOFLAG)
_STAND_IN = "x"  # replaces each character inside markup: neither a space nor the end of a sentence


def opening_sentence(text: str, most_letters: int | None = None) -> str:
    """The first sentence of a text's prose without block markers; "" if the text has no prose.

    A sentence of more than `most_letters` is cut between words, with " …". Headings count if there is nothing else.
    """
    prose = _prose(text)
    block = next((block for block in prose if not _is_heading(block)), prose[0] if prose else "")
    return _within(_first_of(block), most_letters)


def telling_sentence(text: str, most_letters: int | None = None) -> str:
    """The first sentence of a text that says something by itself, as `opening_sentence` gives it; "" for none.

    Lead-ins before a list or code ("you will be able to:"), labels ("**Output**:"), captions and headings do not.
    Sentences of paragraphs come before those of lists.
    """
    found = [piece for block in _prose(text) if not _is_heading(block) for piece in _sentences_of(block)]
    ordered = sorted(found, key=lambda piece: _LIST_ITEM.match(piece) is not None)
    return _within(next(filter(_tells, map(_first_of, ordered)), ""), most_letters)


def telling_sentences(text: str) -> list[str]:
    """The sentences of a text that say something by themselves, as `telling_sentence` tells them, in their order."""
    found = [piece for block in _prose(text) if not _is_heading(block) for piece in _sentences_of(block)]
    return list(filter(_tells, map(_first_of, found)))


def lead_in_with_list(text: str, most_letters: int) -> str:
    """The first sentence of a text, which ends with a colon, with the items behind it; "" where it is no such one."""
    opening = opening_sentence(text)
    items = listed(text, max(0, most_letters - len(opening))) if opening.endswith(_COLONS) else ""
    return f"{opening} {items}" if items else ""


def statement(text: str, most_letters: int | None = None) -> str:
    """The first telling sentence of a text that is no question; "" for none."""
    found = [piece for block in _prose(text) if not _is_heading(block) for piece in _sentences_of(block)]
    ordered = sorted(found, key=lambda piece: _LIST_ITEM.match(piece) is not None)
    told = (piece for piece in map(_first_of, ordered) if _tells(piece) and not _QUESTION.search(piece))
    return _within(next(told, ""), most_letters)


def gist(text: str, most_letters: int, most_of_items: int) -> str:
    """The gist of a text in one line: a telling sentence, or its list, or a long lead-in; "" for none."""
    told = telling_sentence(text, most_letters) or listed(text, most_of_items)
    lead_in = opening_sentence(text, most_letters)
    return told or (lead_in if len(lead_in.split()) >= _FEWEST_WORDS_OF_A_LEAD_IN else "")


def sentence_with(text: str, wanted: Callable[[str], bool], most_letters: int) -> str:
    """The first sentence of a text's prose that is wanted, as one line; "" for none.

    A long one is cut, and not before what makes it wanted.
    """
    for block in _prose(text):
        for piece in () if _is_heading(block) else _sentences_of(block):
            sentence = _first_of(piece)
            cut = _within(sentence, most_letters)
            if sentence and wanted(sentence):
                return cut if wanted(cut) else sentence
    return ""


def listed(text: str, most_letters: int) -> str:
    """The first items of a text's first list, joined by semicolons: as many whole ones as fit `most_letters`.

    "" if the text has no list, or its first item is too long. It describes a section without sentences.
    """
    pieces = [piece for block in _prose(text) for line in block.splitlines() for piece in [line.strip()] if piece]
    items = [_first_of(piece).rstrip(" :;,.") for piece in pieces if _LIST_ITEM.match(piece)]
    found = ""
    for item in filter(None, items):
        longer = f"{found}; {item}" if found else item
        if len(longer) > most_letters:
            return f"{found}; …" if found else ""
        found = longer
    return found


def beginning(text: str, limit: int, count: Callable[[str], int]) -> str:
    """As many whole blocks and sentences from a text's beginning as fit `limit` tokens, unchanged.

    Code, tables and formulas are kept whole or left out; a sentence is cut, between words, only if it is the first and
    exceeds the limit by itself. A lead-in whose list or code does not fit is left out too.
    """
    if count(text) <= limit:
        return text
    kept: list[str] = []
    for block in text_blocks(text):
        if count("\n\n".join([*kept, block])) <= limit:
            kept.append(block)
            continue
        if _NO_PROSE.match(block):
            if kept:
                break
            continue
        part = _that_fits("".join(f"{each}\n\n" for each in kept), block, limit, count)
        if part or kept:
            kept += [part] if part else []
            break
        return _first_words(block, limit, count)
    while len(kept) > 1 and (_MARKUP.sub("", kept[-1]).endswith(_COLONS) or _is_heading(kept[-1])):
        kept.pop()
    return "\n\n".join(kept)


def _that_fits(before: str, block: str, limit: int, count: Callable[[str], int]) -> str:
    """A block's first sentences, as many as fit after the text before it."""
    found = ""
    for end in _sentence_ends(block):
        if count(before + block[:end]) > limit:
            break
        found = block[:end]
    return found.rstrip()


def _first_words(block: str, limit: int, count: Callable[[str], int]) -> str:
    kept = ""
    for word in re.finditer(r"\S+", block):
        if count(block[: word.end()]) > limit:
            break
        kept = block[: word.end()]
    return kept


def _prose(text: str) -> list[str]:
    """The blocks of a text that are not code, formula, table, rule or quiz, without quotation markers."""
    blocks = [_QUOTED.sub("", block) for block in text_blocks(text)]
    return [block for block in blocks if not _NO_PROSE.match(block) and not is_quiz(block)]


def _first_of(block: str) -> str:
    """The first sentence of a block without block markers, as one line."""
    block = _HEADING_LINES.sub("", block) if not _is_heading(block) else block
    block = _BLOCK_MARK.sub("", block, count=1) if _BLOCK_MARK.match(block) else block
    block = block.strip()
    return " ".join(block[: next(_sentence_ends(block), 0)].split())


def _sentences_of(block: str) -> Iterator[str]:
    """The sentences of a block, unchanged."""
    start = 0
    for end in _sentence_ends(block):
        yield block[start:end].strip()
        start = end


def _sentence_ends(block: str) -> Iterator[int]:
    """The ends of a block's sentences."""
    masked, at = _masked(block), 0
    for sentence in sentences(masked):
        at = masked.index(sentence, at) + len(sentence)
        yield at


def _tells(sentence: str) -> bool:
    """Whether a sentence is complete: it ends like one, and is no lead-in, label or end of another one."""
    if _NO_TEXT.match(sentence):
        return False
    plain = _MARKUP.sub(" ", sentence).strip().rstrip(")\"”»’'")
    if _is_a_tail(plain):
        return False
    words = len(plain.split())
    label = not plain.endswith(".") and words <= _MOST_WORDS_OF_A_LABEL and _LABEL.fullmatch(sentence) is not None
    unspaced = plain.endswith(_UNSPACED_ENDS)  # of a script without spaces between its words
    return plain.endswith(_ENDS) and (words >= _FEWEST_WORDS or unspaced) and not label


def _is_a_tail(sentence: str) -> bool:
    """Whether a sentence only ends one that a formula or code stands in: "where x is the position of the foot"."""
    if _QUESTION.search(sentence):
        return False
    return bool(_EXPLAINS_A_SYMBOL.match(sentence) or _GOES_ON.match(sentence))


def _within(sentence: str, most_letters: int | None) -> str:
    if most_letters is None or len(sentence) <= most_letters:
        return sentence
    return f"{_cut(sentence, most_letters)} …"


def _is_heading(block: str) -> bool:
    return all(_HEADING.match(line) for line in block.splitlines())


def _masked(text: str) -> str:
    """The text, of the same length, with placeholders for what is inside markup.

    The last character of bold and italic text is kept: a sentence may end with it.
    """

    def mask(found: re.Match[str]) -> str:
        if found["emphasis"] is None:
            return _STAND_IN * len(found[0])
        delimiter = len(found["stars"] or found["bars"])
        inner = len(found[0]) - 2 * delimiter
        return _STAND_IN * (delimiter + inner - 1) + found[0][-delimiter - 1 :]

    return _SPAN.sub(mask, text)


def _cut(sentence: str, most_letters: int) -> str:
    """The sentence's first words, within `most_letters` if its markup allows; longer bold text loses its markup."""
    masked = _masked(sentence)
    kept = masked[: most_letters + 1].rpartition(" ")[0]
    if kept:
        return sentence[: len(kept)]
    found = _SPAN.match(sentence)
    if found is None or found["emphasis"] is None:
        return sentence[: found.end() if found else most_letters]
    delimiter = len(found["stars"] or found["bars"])
    return _cut(sentence[delimiter : found.end() - delimiter] + sentence[found.end() :], most_letters)
