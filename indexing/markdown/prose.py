"""Tokens as text: what a paragraph, a table's cell and a code block show; called by `document` and `headings`.

What is quoted of a page is Markdown without addresses and tags.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from markdown_it.token import Token

from indexing.docusaurus.javascript_text import SPACE
from indexing.markdown.mdx import html_tag
from indexing.markdown.page import MAGIC_COMMENTS
from indexing.markdown.pieces import Piece

BREAKS = {"softbreak": "\n", "hardbreak": ""}
_MARKS = frozenset({"em_open", "em_close", "strong_open", "strong_close", "s_open", "s_close"})
_RANGE = re.compile(r"\{[\d,-]+\}", re.ASCII)
# Comments that Docusaurus takes for instructions and does not show: those of `codeBlockUtils` in
# @docusaurus/theme-common 3.10, by the style of a comment and the language of a fence.
_COMMENTS = {
    "js": (r"//", ""),
    "jsBlock": (r"/\*", r"\*/"),
    "jsx": (rf"\{{[{SPACE}]*/\*", rf"\*/[{SPACE}]*\}}"),
    "bash": ("#", ""),
    "html": ("<!--", "-->"),
    "lua": ("--", ""),
    "wasm": (";;", ""),
    "tex": ("%", ""),
    "vb": ("['‘’]", ""),
    "vbnet": (rf"(?:_[{SPACE}]*)?['‘’]", ""),
    "rem": (r"[Rr][Ee][Mm]\b", ""),
    "f90": ("!", ""),
    "ml": (r"\(\*", r"\*\)"),
    "cobol": (r"\*>", ""),
}
_POPULAR = ("js", "jsBlock", "jsx", "bash", "html")
_LANGUAGES = {
    **dict.fromkeys(("js", "javascript", "ts", "typescript"), ("js", "jsBlock")),
    **dict.fromkeys(("jsx", "tsx"), ("js", "jsBlock", "jsx")),
    "html": ("js", "jsBlock", "html"),
    **dict.fromkeys(("python", "py", "bash"), ("bash",)),
    **dict.fromkeys(("markdown", "md"), ("html", "jsx", "bash")),
    **dict.fromkeys(("tex", "latex", "matlab"), ("tex",)),
    **dict.fromkeys(("lua", "haskell"), ("lua",)),
    "sql": ("lua", "jsBlock"),
    "wasm": ("wasm",),
    **dict.fromkeys(("vb", "vba", "visual-basic"), ("vb", "rem")),
    "vbnet": ("vbnet", "rem"),
    "batch": ("rem",),
    "basic": ("rem", "f90"),
    "fsharp": ("js", "ml"),
    **dict.fromkeys(("ocaml", "sml"), ("ml",)),
    "fortran": ("f90",),
    "cobol": ("cobol",),
}
SHORTCODE = re.compile(r":(\+1|-1|[\w-]+):", re.ASCII)


def source_text(children: Iterable[Token], *, skip_html: bool = True) -> str:
    """The text that an id is made of: markup gone, the source of expressions and the text of images kept."""
    parts = []
    for token in children:
        kind = token.type
        if kind in ("text", "text_special", "math_inline", "expression"):
            parts.append(token.content)
        elif kind == "code_inline":
            parts.append(token.meta.get("source", token.content))
        elif kind in BREAKS:
            parts.append(BREAKS[kind])
        elif kind == "image":
            parts.append(source_text(token.children or (), skip_html=False))
        elif kind == "html_inline" and not (skip_html and token.level == 0):
            parts.append(token.content)
    return "".join(parts)


def inline_pieces(children: list[Token], show: Callable[[str], Iterable[Piece]]) -> Iterator[Piece]:
    """Text and the tags within it, in order; `show` gives what an expression shows."""
    for token in children:
        kind = token.type
        if kind in ("text", "text_special", "directive"):
            yield token.content
        elif kind == "code_inline":
            yield _code_span(token)
        elif kind in _MARKS:
            yield token.markup
        elif kind in ("softbreak", "hardbreak"):
            yield "\n"
        elif kind == "image":
            yield _figure(token)
        elif kind == "math_inline":
            yield f"{token.markup}{token.content}{token.markup}"
        elif kind == "expression":
            yield from show(token.content)
        elif kind == "jsx_tag":
            yield token.meta["tag"]
        elif kind == "html_inline":
            tag = html_tag(token.content)
            if tag:
                yield tag


def without_split_marks(before: list[Piece], behind: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """A paragraph's two parts without the marks of emphasis that one opens and the other closes."""
    before, behind = list(before), list(behind)
    for mark in ("**", "__", "*", "_", "~~"):
        if before.count(mark) % 2:
            del before[len(before) - 1 - before[::-1].index(mark)]
            if mark in behind:
                behind.remove(mark)
    return before, behind


def _figure(token: Token) -> str:
    """What an image says in words: its alternative text and, where it says more, its title."""
    text = source_text(token.children or (), skip_html=False)
    title = str(token.attrs.get("title", "")).strip()
    return text if not title or title in text else f"{text} ({title})" if text else title


def _code_span(token: Token) -> str:
    content = token.content
    if content[:1] == "`" or content[-1:] == "`":
        content = f" {content} "
    return f"{token.markup}{content}{token.markup}"


def fenced(content: str, info: str) -> str:
    """Code in a fence that is longer than any run of backticks at the start of its lines."""
    fence = "```"
    while fence in content:
        fence += "`"
    body = content if content.endswith("\n") or not content else content + "\n"
    return f"{fence}{info.strip()}\n{body}{fence}"


def shown_code(code: str, language: str, info: str, directives: tuple[str, ...] = MAGIC_COMMENTS) -> str:
    """The code without the comments that are `directives`; `info` is what stands behind the fence's signs.

    Docusaurus shows them all in a fence with a range of lines.
    """
    if not directives or not any(directive in code for directive in directives):
        return code
    if _RANGE.search(info.partition(" ")[2]):
        return code
    pattern = _pattern(_LANGUAGES.get(language, _POPULAR), directives)
    return "\n".join(line for line in code.split("\n") if not pattern.fullmatch(line))


@lru_cache(maxsize=64)
def _pattern(styles: tuple[str, ...], directives: tuple[str, ...]) -> re.Pattern[str]:
    # Docusaurus takes a directive's text for a part of the pattern, as it is.
    names = "|".join(re.escape(directive) for directive in directives)
    forms = (rf"{start}[{SPACE}]*(?:{names})[{SPACE}]*{end}" for start, end in (_COMMENTS[style] for style in styles))
    return re.compile(rf"[{SPACE}]*(?:{'|'.join(forms)})[{SPACE}]*")


def show_emoji(tokens: Iterable[Token]) -> None:
    """Put emoji in the place of their shortcodes, in texts alone: code and addresses keep them.

    `emoji.json` has the 1,570 names that Docusaurus 3.10 knows (remark-emoji 4 over node-emoji 2 and emojilib 2).
    """
    for token in tokens:
        children = token.children or []
        for is_text, run in groupby(children, key=lambda child: child.type in ("text", "text_special")):
            texts = list(run) if is_text else []
            written = "".join(child.content for child in texts)  # an escaped colon is a colon
            shown = (
                SHORTCODE.sub(lambda match: _emoji().get(match[1], match[0]), written) if ":" in written else written
            )
            if shown != written:
                for child in texts:
                    child.content = ""
                texts[0].content = shown


@cache
def _emoji() -> dict[str, str]:
    return dict(json.loads(Path(__file__).with_name("emoji.json").read_text("utf-8")))
