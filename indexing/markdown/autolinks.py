"""Bare addresses in a text, `https://…` and `www.…`, as GitHub finds them; called by `inline`.

Nothing inside an address is markup, so where it ends decides what the text around it is.
"""

import re

_DOMAIN = re.compile(r"[\w.\-]+")
_SCHEME = re.compile(r"https?://(?=[^\W_])", re.IGNORECASE)
_WWW = re.compile(r"www\.(?=.)", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(r"""[^\s<!"&'()*,.:;?\]_~]+""")
_REFERENCE = re.compile(r"&[A-Za-z]+;")
START = r"(?<![A-Za-z])[hH][tT][tT][pP][sS]?://|(?<![^\s(*_\[\]~])[wW]{3}\."
"""Where an address may begin."""


def address_end(text: str, start: int, end: int) -> int:
    """The position after the address that begins at `start`; -1: there is none."""
    if text.count("[", 0, start) > text.count("]", 0, start):
        return -1
    scheme = _SCHEME.match(text, start, end)
    if not scheme and not _WWW.match(text, start, end):
        return -1
    domain = _DOMAIN.match(text, scheme.end() if scheme else start, end)
    if not domain:
        return -1
    name = domain[0].rstrip("._")
    if not name or any("_" in segment for segment in name.split(".")[-2:]):
        return -1
    return _path_end(text, domain.start() + len(name), end)


def _path_end(text: str, position: int, end: int) -> int:
    opened = closed = 0
    while position < end:
        plain = _PLAIN.match(text, position, end)
        if plain:
            position = plain.end()
            continue
        character = text[position]
        if character == "(":
            opened += 1
            position += 1
        elif character == ")" and closed < opened:
            closed += 1
            position += 1
        elif character == "<" or character.isspace():
            break
        else:
            stop = _trail_end(text, position, end)
            if stop < 0:
                break
            closed += text.count(")", position, stop)
            position = stop
    return position


def _trail_end(text: str, position: int, end: int) -> int:
    """-1 where nothing but closing punctuation follows; else the position up to which it belongs to the address."""
    stop = position
    while stop < end:
        character = text[stop]
        if character in "!\"'*,.:;?_~)":
            stop += 1
        elif character == "&":
            reference = _REFERENCE.match(text, stop, end)
            if not reference:
                return max(stop, position + 1)
            stop = reference.end()
        elif character == "]":
            stop += 1
            if stop >= end or text[stop] in "([" or text[stop].isspace():
                return -1
        elif character == "<" or character.isspace():
            return -1
        else:
            return max(stop, position + 1)
    return -1
