"""From a file's text to tokens: Docusaurus' own changes to the text, the parser, unbalanced tags.

Called by `document`. The changes work on lines, not on Markdown: inside code fences as well, as in Docusaurus.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from indexing.markdown.blocks import BlockParser
from indexing.markdown.inline import InlineParser
from indexing.markdown.mdx import Tag
from indexing.markdown.page import MarkdownOptions
from indexing.markdown.scanning import Scan

_WRAPPED = {
    marks: re.compile(
        rf"(?P<begin>\A|\r?\n)\x20*{marks}\x20*mdx-code-block\r?\n(?P<inside>.*?)\r?\n\x20*{marks}(?P<end>\r?\n|\Z)",
        re.DOTALL,
    )
    for marks in ("```", "````")
}
_FORMULA = re.compile(r"(?<![\\$\w])\$(?![\s$\d])[^$\n`]{0,200}\\[A-Za-z]{2,}[^$\n`]{0,200}(?<!\s)\$(?!\w)")
"""A TeX command between two dollar signs; prices and shell variables have none."""
_HASH_LINE = re.compile(r"(?:\A|(?<=\n))#{1,6}(?!#)[^\n\r\u2028\u2029]*")
MAX_NESTING = 100
"""Maximum nesting of containers; deeper text is a paragraph. Python's own stack ends at about four times that."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text that is parsed, and the places of its lines in the file."""

    text: str
    lines: tuple[int, ...] | None  # the file's line of each line of `text`; None: they only differ by `first_line`
    first_line: int

    def line(self, index: int) -> int:
        """The file's line, from 1, of the line `index` of the text, from 0."""
        if self.lines is None:
            return self.first_line + index
        if not self.lines:
            return self.first_line
        return self.lines[min(index, len(self.lines) - 1)]


def preprocess(text: str, options: MarkdownOptions, first_line: int) -> SourceText:
    """The text for the parser."""
    lines: tuple[int, ...] | None = None
    if "mdx-code-block" in text:
        text, lines = _unwrap_code_blocks(text, first_line)
    if options.heading_ids and "{#" in text:
        text = _HASH_LINE.sub(_escape_heading_id, text)
    if options.admonition_titles and options.admonitions and ":::" in text:
        text = _label_admonition_titles(text, options.admonitions)
    return SourceText(text, lines, first_line)


def looks_like_math(text: str) -> bool:
    """Whether a page looks as if it was written for remark-math, for sites whose settings do not say."""
    return "$$" in text or ("$" in text and _FORMULA.search(text) is not None)


def _unwrap_code_blocks(text: str, first_line: int) -> tuple[str, tuple[int, ...]]:
    """The text without its ```mdx-code-block fences, and the file's line of each remaining line."""
    numbers = list(range(first_line, first_line + text.count("\n") + 1))
    for pattern in _WRAPPED.values():
        pieces: list[str] = []
        kept: list[int] = []
        position = line = 0
        for match in pattern.finditer(text):
            inside = match["inside"]
            before = text[position : match.start()] + match["begin"]
            opening = line + before.count("\n")
            closing = opening + 1 + inside.count("\n") + 1
            kept += numbers[line:opening] + numbers[opening + 1 : closing]
            pieces += [before, inside, match["end"]]
            position = match.end()
            line = closing + 1
        numbers = kept + numbers[line:]
        text = "".join(pieces) + text[position:]
    return text, tuple(numbers)


def _escape_heading_id(match: re.Match[str]) -> str:
    return match[0].replace("{#", "\\{#", 1).replace("\\\\{#", "\\{#", 1)


def _label_admonition_titles(text: str, keywords: tuple[str, ...]) -> str:
    names = "|".join(re.escape(keyword) for keyword in keywords)
    pattern = re.compile(
        rf"^(?P<before>(?:>\x20?)*(?:\x20+|\t+)?:{{3,}}(?:{names}))\x20+(?P<title>[^\n\r\u2028\u2029]*)$", re.M
    )
    return pattern.sub(r"\g<before>[\g<title>]", text)


@lru_cache(maxsize=16)
def _parser(*, mdx: bool, comments: bool, math: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING, "strikethrough_single_tilde": True, "mdx": mdx})
    parser.inline = InlineParser(mdx=mdx, comments=comments, math=math)
    parser.inline.ruler2.enableOnly(["balance_pairs", "strikethrough", "emphasis", "fragments_join"])
    parser.block = BlockParser(mdx=mdx, comments=comments, math=math)
    # A link is kept as written: the link check decides whether it is well-formed.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def parse_tokens(text: str, scan: Scan) -> list[Token]:
    """The tokens of a text, with those of its inline parts."""
    options = scan.options
    parser = _parser(mdx=options.format == "mdx", comments=options.comments, math=scan.math)
    scan.last_comment = text.rfind("-->")
    env: dict[str, Any] = {"scan": scan}
    tokens = parser.parse(text, env)
    for token in tokens:
        if token.type == "inline":
            scan.line = token.map[0] if token.map else 0
            parser.inline.parse(token.content, parser, env, token.children if token.children is not None else [])
    footnotes = env.get("footnotes", {})
    scan.referred = [note["label"] for note in footnotes.get("list", {}).values() if "label" in note]
    if options.format == "mdx" and "<" in text:
        for line, message in unbalanced_tags(tokens):
            scan.trouble(message, line)
    return tokens


_PARTS = {
    "list_item": "list item",
    "blockquote": "quotation",
    "directive": "admonition",
    "footnote_reference": "footnote",
    "em": "emphasis",
    "strong": "emphasis",
    "s": "struck text",
    "link": "link",
    "heading": "heading",
    "directive_label": "title",
    "tr": "cell",
}
"""The part in which a tag must be closed, by its opening token's kind; other text is a paragraph."""


def split_footnotes(tokens: list[Token]) -> tuple[list[Token], dict[str, list[Token]]]:
    """The tokens of the text, and those of each footnote by its label."""
    body: list[Token] = []
    definitions: dict[str, list[Token]] = {}
    open_labels: list[str] = []
    for token in tokens:
        if token.type == "footnote_reference_open":
            open_labels.append(token.meta["label"])
            definitions.setdefault(token.meta["label"], [])
        elif token.type == "footnote_reference_close":
            open_labels.pop()
        elif open_labels:
            definitions[open_labels[-1]].append(token)
        else:
            body.append(token)
    return body, definitions


@dataclass(slots=True)
class _Part:
    """A part that, by MDX's rules, must close the tags that it opens."""

    name: str
    tags: list[tuple[str, int]] = field(default_factory=list)  # open ones, each with its line from 0


def unbalanced_tags(tokens: Iterable[Token]) -> list[tuple[int, str]]:
    """Tags that are not closed, or close nothing, in their part of the page: (line from 0, message)."""
    balance = _Balance()
    for token in tokens:
        balance.follow(token)
    balance.end_of_page()
    return balance.found


class _Balance:
    """The open parts, outermost first, and the errors found."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self._parts = [_Part("page")]
        self._line = 0

    def follow(self, token: Token) -> None:
        if token.map:
            self._line = token.map[0]
        if token.type == "mdx_flow":
            for item in token.meta["items"]:
                if isinstance(item, Tag):
                    self._tag(item)
        elif token.type == "inline":
            self._text(token)
        else:
            self._part(token)

    def end_of_page(self) -> None:
        while self._parts:
            part = self._parts.pop()
            self.found += [(line, f"<{name}> is never closed") for name, line in part.tags]

    def _text(self, token: Token) -> None:
        name = self._parts[-1].name
        self._parts.append(_Part(name if name in ("heading", "title", "cell") else "paragraph"))
        for child in token.children or ():
            if child.type in ("softbreak", "hardbreak"):
                self._line += 1
            elif child.type == "jsx_tag":
                self._tag(child.meta["tag"])
            elif child.nesting:
                self._part(child)
        self._end_part()

    def _part(self, token: Token) -> None:
        name = _PARTS.get(token.type.rpartition("_")[0])
        if name is not None and token.nesting == 1:
            self._parts.append(_Part(name))
        elif name is not None and token.nesting == -1:
            self._end_part()

    def _end_part(self) -> None:
        part = self._parts.pop()
        self.found += [(line, f"<{name}> is not closed in the {part.name} that opens it") for name, line in part.tags]

    def _tag(self, tag: Tag) -> None:
        part = self._parts[-1]
        if tag.self_closing:
            return
        if not tag.closing:
            part.tags.append((tag.name, self._line))
        elif part.tags and part.tags[-1][0] == tag.name:
            part.tags.pop()
        else:
            self._closes_nothing(tag, part)

    def _closes_nothing(self, tag: Tag, part: _Part) -> None:
        if part.tags:
            self.found.append((self._line, f"</{tag.name}> stands where <{part.tags[-1][0]}> must be closed first"))
            if any(name == tag.name for name, _ in part.tags):
                while part.tags.pop()[0] != tag.name:
                    pass
        elif any(name == tag.name for outer in self._parts for name, _ in outer.tags):
            message = f"</{tag.name}> closes no tag in its {part.name}: <{tag.name}> opens outside of it"
            self.found.append((self._line, message))
            for outer in reversed(self._parts):
                if outer.tags and outer.tags[-1][0] == tag.name:
                    outer.tags.pop()
                    break
        else:
            self.found.append((self._line, f"</{tag.name}> closes no tag that is open here"))
