"""Inline tokens as the Markdown that is quoted: without addresses, tags and code; called by `document`."""

from collections.abc import Callable, Iterable, Iterator

from markdown_it.token import Token

from indexing.markdown.headings import source_text
from indexing.markdown.scope import Piece
from indexing.markdown.tags import html_tag

_MARKS = frozenset({"em_open", "em_close", "strong_open", "strong_close", "s_open", "s_close"})


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


def table_markdown(rows: list[list[str]]) -> str:
    """A table, its header first."""
    if not rows:
        return ""
    lines = [_row(rows[0]), _row(["---"] * len(rows[0]))]
    lines += [_row(row) for row in rows[1:]]
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


def fenced(content: str, info: str) -> str:
    """Code in a fence that is longer than any run of backticks at the start of its lines."""
    fence = "```"
    while fence in content:
        fence += "`"
    body = content if content.endswith("\n") or not content else content + "\n"
    return f"{fence}{info.strip()}\n{body}{fence}"
