"""Block structure by markdown-it's rules and the project's own; called by `parser`.

A line's first character decides which few rules can match, so that prose is read without asking all of them.
"""

from collections.abc import Callable

from markdown_it import rules_block
from markdown_it.parser_block import ParserBlock
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.fence import make_fence_rule
from mdit_py_plugins.footnote.index import footnote_def

from indexing.markdown.directive_blocks import container_directive, leaf_directive
from indexing.markdown.lists import list_block
from indexing.markdown.mdx import comment_flow, esm, flow
from indexing.markdown.tables import table, table_follows

Rule = Callable[[StateBlock, int, int, bool], bool]
_MATH = "math_block"
math_block = make_fence_rule(markers=("$",), token_type=_MATH, disallow_marker_in_info=("$",), min_markers=2)

_UNDERLINES = frozenset("-=")


class BlockParser(ParserBlock):
    """markdown-it's block parser with a table of rules by first character."""

    def __init__(self, *, mdx: bool, comments: bool, math: bool) -> None:
        super().__init__()
        self._mdx = mdx
        self.starts = _starts(mdx=mdx, comments=comments, math=math)
        self.interrupts = {
            character: tuple(rule for rule in rules if rule not in (esm, rules_block.reference))
            for character, rules in self.starts.items()
        }
        self.ruler = Ruler()
        # markdown-it's own rules ask the ruler which rules end a block: one each, which looks at the character.
        self.ruler.push("interrupt", self._interrupts_paragraph, {"alt": ["paragraph", "reference"]})
        self.ruler.push("outside", self._interrupts_quote, {"alt": ["blockquote"]})
        self.ruler.push("hr", rules_block.hr, {"alt": ["list"]})
        if not mdx:
            self.ruler.push("code", rules_block.code, {"alt": []})

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803
        """Generate the tokens of a range of lines."""
        line = startLine
        empty_lines = False
        while line < endLine:
            state.line = line = state.skipEmptyLines(line)
            if line >= endLine or state.sCount[line] < state.blkIndent:
                break
            self._parse_block(state, line, endLine)
            state.tight = not empty_lines
            line = state.line
            if line - 1 < endLine and state.isEmpty(line - 1):
                empty_lines = True
            if line < endLine and state.isEmpty(line):
                empty_lines = True
                line += 1
                state.line = line

    def _parse_block(self, state: StateBlock, line: int, end: int) -> None:
        position = state.bMarks[line] + state.tShift[line]
        if state.level < state.md.options["maxNesting"]:
            if not self._mdx and rules_block.code(state, line, end, False):
                return
            if table_follows(state, line, end) and table(state, line, end, False):
                return
            for rule in self.starts.get(state.src[position], ()):
                if rule(state, line, end, False):
                    return
        self._content(state, line)

    def _interrupts_paragraph(self, state: StateBlock, line: int, end: int, silent: bool) -> bool:
        position = state.bMarks[line] + state.tShift[line]
        rules = self.interrupts.get(state.src[position], ())
        if any(rule(state, line, end, True) for rule in rules):
            return True
        return table_follows(state, line, end) and table(state, line, end, True)

    def _interrupts_quote(self, state: StateBlock, line: int, end: int, silent: bool) -> bool:
        position = state.bMarks[line] + state.tShift[line]
        return any(rule(state, line, end, True) for rule in self.interrupts.get(state.src[position], ()))

    def _content(self, state: StateBlock, start: int) -> None:
        """A paragraph, or a heading where it is underlined."""
        parent, state.parentType = state.parentType, "paragraph"
        line, level = self._content_end(state, start)
        state.parentType = parent
        text = state.getLines(start, line, state.blkIndent, False).strip(" \t\n")
        kind = "heading" if level else "paragraph"
        tag = f"h{level}" if level else "p"
        state.line = line + 1 if level else line
        opening = state.push(f"{kind}_open", tag, 1)
        opening.map = [start, state.line]
        opening.markup = "=" if level else ""
        inline = state.push("inline", "", 0)
        inline.content, inline.map, inline.children = text, [start, line], []
        state.push(f"{kind}_close", tag, -1)

    def _content_end(self, state: StateBlock, start: int) -> tuple[int, int]:
        """The line after the text, and the level where that line underlines it."""
        line = start + 1
        while line < state.lineMax and not state.isEmpty(line):
            indent = state.sCount[line] - state.blkIndent
            if self._mdx or indent <= 3:
                if indent >= 0:
                    level = _underline(state, line)
                    if level:
                        return line, level
                if state.sCount[line] >= 0 and self._interrupts_paragraph(state, line, state.lineMax, True):
                    break
            line += 1
        return line, 0


def _starts(*, mdx: bool, comments: bool, math: bool) -> dict[str, tuple[Rule, ...]]:
    starts: dict[str, tuple[Rule, ...]] = {
        "#": (rules_block.heading,),
        "`": (rules_block.fence,),
        "~": (rules_block.fence,),
        ">": (rules_block.blockquote,),
        "_": (rules_block.hr,),
        "-": (rules_block.hr, list_block),
        "*": (rules_block.hr, list_block),
        "+": (list_block,),
        "[": (footnote_def, rules_block.reference),
        ":": (container_directive, leaf_directive),
        **dict.fromkeys("0123456789", (list_block,)),
    }
    starts["<"] = ((comment_flow,) if comments else ()) + ((flow,) if mdx else (rules_block.html_block,))
    if math:
        starts["$"] = (math_block,)
    if mdx:
        starts["{"] = (flow,)
        starts["i"] = starts["e"] = (esm,)
    return starts


def _underline(state: StateBlock, line: int) -> int:
    position = state.bMarks[line] + state.tShift[line]
    marker = state.src[position]
    if marker not in _UNDERLINES:
        return 0
    rest = state.src[position : state.eMarks[line]].rstrip(" \t")
    if rest.strip(marker):
        return 0
    return 1 if marker == "=" else 2
