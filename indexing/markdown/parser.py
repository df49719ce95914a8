"""The parser for one set of settings; called by `document`."""

from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from indexing.markdown.blocks import BlockParser
from indexing.markdown.inline import InlineParser
from indexing.markdown.scanning import Scan

MAX_NESTING = 100
"""Containers within containers; deeper text is a paragraph. Python's own stack ends at about four times that."""


@lru_cache(maxsize=16)
def _parser(*, mdx: bool, comments: bool, math: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING, "strikethrough_single_tilde": True, "mdx": mdx})
    parser.inline = InlineParser(mdx=mdx, comments=comments, math=math)
    parser.inline.ruler2.enableOnly(["balance_pairs", "strikethrough", "emphasis", "fragments_join"])
    parser.block = BlockParser(mdx=mdx, comments=comments, math=math)
    # A link is kept as it is written: whether it is well-formed is for the check of links to say.
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
    return tokens
