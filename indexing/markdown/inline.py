"""Inline structure: markdown-it's rules and MDX's own, chosen by their first character; called by `parser`.

Bare addresses are found by GitHub's rules. Nothing inside an address is markup, so its end decides how the following
text is read.
"""

import re
from collections.abc import Callable

from markdown_it import MarkdownIt, rules_inline
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType
from mdit_py_plugins.footnote.index import footnote_ref

from indexing.markdown.mdx import NoTag, scan_tag
from indexing.markdown.scanning import COMMENT, Scan, expression_end, scan_directive_head

_DOMAIN = re.compile(r"[\w.\-]+")
_SCHEME = re.compile(r"https?://(?=[^\W_])", re.IGNORECASE)
_WWW = re.compile(r"www\.(?=.)", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(r"""[^\s<!"&'()*,.:;?\]_~]+""")
_REFERENCE = re.compile(r"&[A-Za-z]+;")
START = r"(?<![A-Za-z])[hH][tT][tT][pP][sS]?://|(?<![^\s(*_\[\]~])[wW]{3}\."
"""Where an address may begin."""


def address_end(text: str, start: int, end: int) -> int:
    """The position after the address that begins at `start`; -1 if there is none."""
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
    """-1 if only closing punctuation follows; otherwise the position up to which it belongs to the address."""
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


Rule = Callable[[StateInline, bool], bool]
_DOLLARS = re.compile(r"\$+")


class InlineParser(ParserInline):
    """markdown-it's inline parser with a table of rules by first character."""

    def __init__(self, *, mdx: bool, comments: bool, math: bool) -> None:
        super().__init__()
        self.by_character = _by_character(mdx=mdx, comments=comments, math=math)
        signs = f"[{re.escape(''.join(self.by_character))}]"
        self.terminator_re = re.compile(signs)
        self._terminator_or_address = re.compile(f"{signs}|{START}")

    def skipToken(self, state: StateInline) -> None:  # noqa: N802
        """Skip one token without creating it."""
        position = state.pos
        cached = state.cache.get(position)
        if cached is not None:
            state.pos = cached
            return
        if state.level < state.md.options["maxNesting"]:
            state.level += 1
            found = self._try(state, True)
            state.level -= 1
            if not found:
                state.pos = position + 1
        else:
            state.pos = state.posMax
        state.cache[position] = state.pos

    def tokenize(self, state: StateInline) -> None:
        """Generate the tokens of a range of text."""
        end = state.posMax
        nesting = state.md.options["maxNesting"]
        while state.pos < end:
            if state.level < nesting and self._try(state, False):
                continue
            state.append_pending(state.src[state.pos])
            state.pos += 1
        if state.pending:
            state.pushPending()

    def _try(self, state: StateInline, silent: bool) -> bool:
        rules = self.by_character.get(state.src[state.pos])
        if rules is not None:
            return any(rule(state, silent) for rule in rules)
        pattern: re.Pattern[str] = state.env["text_end"]
        match = pattern.search(state.src, state.pos)
        stop = match.start() if match else state.posMax
        if stop == state.pos:
            stop = max(address_end(state.src, stop, state.posMax), stop + 1)
        stop = min(stop, state.posMax)
        if not silent:
            state.append_pending(state.src[state.pos : stop])
        state.pos = stop
        return True

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """The tokens of one piece of text; text without special characters is one token."""
        if not self.terminator_re.search(src):
            tokens.append(Token("text", "", 0, content=src))
            return tokens
        outer = env.get("text_end")  # an image's text is parsed during its paragraph
        has_address = "://" in src or "www." in src.lower()
        env["text_end"] = self._terminator_or_address if has_address else self.terminator_re
        super().parse(src, md, env, tokens)
        env["text_end"] = outer
        return tokens


def _by_character(*, mdx: bool, comments: bool, math: bool) -> dict[str, tuple[Rule, ...]]:
    table: dict[str, tuple[Rule, ...]] = {
        "\n": (rules_inline.newline,),
        "\\": (rules_inline.escape,),
        "`": (code_span,),
        "~": (rules_inline.strikethrough.tokenize,),
        "*": (rules_inline.emphasis.tokenize,),
        "_": (rules_inline.emphasis.tokenize,),
        "[": (footnote_ref, link),
        "]": (),
        "!": (image,),
        "&": (rules_inline.entity,),
        ":": (text_directive,),
    }
    table["<"] = ((comment,) if comments else ()) + (
        (jsx_tag,) if mdx else (rules_inline.autolink, rules_inline.html_inline)
    )
    if mdx:
        table["{"] = (expression,)
    if math:
        table["$"] = (math_inline,)
    return table


def link(state: StateInline, silent: bool) -> bool:
    """`[…](…)`; skipped if nothing closes the bracket."""
    return state.html_terminator_last("]") > state.pos and rules_inline.link(state, silent)


def image(state: StateInline, silent: bool) -> bool:
    """`![…](…)`, the same."""
    return state.html_terminator_last("]") > state.pos and rules_inline.image(state, silent)


def comment(state: StateInline, silent: bool) -> bool:
    """`<!-- … -->`, which shows nothing."""
    if not state.src.startswith("<!--", state.pos) or state.html_terminator_last("-->") < state.pos:
        return False
    match = COMMENT.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.push("comment", "", 0)
    state.pos = match.end()
    return True


def jsx_tag(state: StateInline, silent: bool) -> bool:
    """One tag within a text."""
    scan: Scan = state.env["scan"]
    tag = scan_tag(state.src, state.pos, state.posMax, scan.budget)
    if isinstance(tag, NoTag):
        if not silent and state.pos + 1 < state.posMax and not state.src[state.pos + 1].isspace():
            scan.trouble(f"`<` that begins no tag: {_excerpt(state)}")
        return False
    if not silent:
        state.push("jsx_tag", "", 0).meta["tag"] = tag
    state.pos = tag.end
    return True


def expression(state: StateInline, silent: bool) -> bool:
    """`{…}` within a text."""
    scan: Scan = state.env["scan"]
    close = expression_end(state.src, state.pos + 1, scan.budget)
    if not 0 <= close < state.posMax:
        if not silent:
            scan.trouble(f"`{{` that is never closed: {_excerpt(state)}")
        return False
    if not silent:
        state.push("expression", "", 0).content = state.src[state.pos + 1 : close]
    state.pos = close + 1
    return True


def text_directive(state: StateInline, silent: bool) -> bool:
    """`:name[label]{attributes}`: the name is shown to readers, but is not part of an id."""
    position = state.pos
    source = state.src
    if position and source[position - 1] == ":" and source[position - 2 : position - 1] != "\\":
        return False
    head = scan_directive_head(source, position + 1, state.posMax, one_line=False)
    if not head or source.startswith(":", position + 1 + len(head.name)):
        return False
    if not silent:
        token = state.push("directive", "", 0)
        token.info = head.name
        token.content = "" if head.label or head.attributes else f":{head.name}"
        if head.label:
            maximum, (state.pos, state.posMax) = state.posMax, head.label
            state.push("directive_label_open", "", 1)
            state.md.inline.tokenize(state)
            state.push("directive_label_close", "", -1)
            state.posMax = maximum
    state.pos = head.end
    return True


def code_span(state: StateInline, silent: bool) -> bool:
    """Code within a text; `meta["source"]` has the line breaks that a reader sees as spaces and an id does not show."""
    start, count = state.pos, len(state.tokens)
    if not rules_inline.backtick(state, silent):
        return False
    if not silent and len(state.tokens) > count and state.tokens[-1].type == "code_inline":
        token = state.tokens[-1]
        source = state.src[start + len(token.markup) : state.pos - len(token.markup)]
        if "\n" in source:
            token.meta["source"] = source[1:-1] if len(token.content) < len(source) else source
    return True


def math_inline(state: StateInline, silent: bool) -> bool:
    """`$…$`, closed by as many signs as opened it."""
    opening = _DOLLARS.match(state.src, state.pos, state.posMax)
    assert opening is not None  # the table asks this rule at `$` alone  # noqa: S101
    length = len(opening[0])
    for match in _DOLLARS.finditer(state.src, opening.end(), state.posMax):
        if len(match[0]) == length:
            if not silent:
                token = state.push("math_inline", "", 0)
                token.content = _padded(state.src[opening.end() : match.start()])
                token.markup = opening[0]
            state.pos = match.end()
            return True
    if not silent:
        state.append_pending(opening[0])
    state.pos = opening.end()
    return True


def _padded(content: str) -> str:
    if content[:1] in (" ", "\n") and content[-1:] in (" ", "\n") and content.strip(" \n"):
        return content[1:-1]
    return content


def _excerpt(state: StateInline) -> str:
    return state.src[state.pos : state.pos + 40].partition("\n")[0]
