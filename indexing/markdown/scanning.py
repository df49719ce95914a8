"""What the rules of one parse share, and the small grammars they have in common; called by the rules."""

import re
from dataclasses import dataclass, field

from indexing.markdown.javascript import Budget
from indexing.markdown.page import MarkdownOptions

COMMENT = re.compile(r"<!--(?!-?>)-?+.*?--+>", re.DOTALL)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_ATTRIBUTES = re.compile(
    r"""\{\s*+(?:(?:[#.][^\s#.{}"'<>=`]+(?:[#.][^\s#.{}"'<>=`]+)*+|[A-Za-z:_][\w:.\-]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<=>`{}]++))?)\s*+)*+\}"""
)
_ATTRIBUTE = re.compile(r"""([A-Za-z:_][\w:.\-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<=>`{}]+))""")
_BRACKET = re.compile(r"\\.|[\[\]\n]", re.DOTALL)
_MAX_LABEL_DEPTH = 32
MAX_TROUBLES = 50
"""Constructs of one file that are named; a hostile page has one for every character."""


@dataclass(slots=True)
class Trouble:
    """Something that MDX would refuse, by its line in the parsed text."""

    line: int  # from 0
    message: str


@dataclass(slots=True)
class Scan:
    """One parse: its settings, and what it may still cost."""

    options: MarkdownOptions
    budget: Budget
    math: bool
    line: int = 0  # of the text that the inline rules are in
    last_line: int | None = None  # where the directive ends that is being read, which is a document of its own
    last_comment: int = -1  # position of the last `-->`, so that a hopeless `<!--` is not searched for
    troubles: list[Trouble] = field(default_factory=list)
    flow: dict[tuple[int, int, int], object] = field(
        default_factory=dict
    )  # what a line was found to be, see `mdx_lines.flow`
    code: list[str] = field(default_factory=list)  # `import` and `export` lines
    referred: list[str] = field(default_factory=list)  # labels of footnotes, in the order of their references

    def trouble(self, message: str, line: int | None = None) -> None:
        """Note a construct that MDX refuses."""
        if len(self.troubles) < MAX_TROUBLES:
            self.troubles.append(Trouble(self.line if line is None else line, message))


@dataclass(frozen=True, slots=True)
class DirectiveHead:
    """`name[label]{attributes}` of a directive."""

    name: str
    label: tuple[int, int] | None  # where the label's text is
    attributes: dict[str, str]
    end: int


def scan_directive_head(text: str, start: int, end: int, *, one_line: bool) -> DirectiveHead | None:
    """The head whose name is at `start`."""
    name = NAME.match(text, start, end)
    if not name or name[0][-1] in "-_":
        return None
    position = name.end()
    label = None
    if position < end and text[position] == "[":
        close = _label_end(text, position + 1, end, one_line=one_line)
        if close >= 0:
            label = (position + 1, close)
            position = close + 1
    attributes = {}
    if position < end and text[position] == "{":
        match = _ATTRIBUTES.match(text, position, end)
        if match and not (one_line and "\n" in match[0]):
            attributes = {m[1]: m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(match[0])}
            position = match.end()
    return DirectiveHead(name[0], label, attributes, position)


def _label_end(text: str, start: int, end: int, *, one_line: bool) -> int:
    depth = 0
    for match in _BRACKET.finditer(text, start, end):
        sign = match[0]
        if sign == "[":
            depth += 1
            if depth > _MAX_LABEL_DEPTH:
                return -1
        elif sign == "]":
            if depth == 0:
                return match.start()
            depth -= 1
        elif sign == "\n" and one_line:
            return -1
    return -1
