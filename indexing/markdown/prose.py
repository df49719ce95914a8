"""Tokens as text: what a paragraph, a table cell, a heading and a code block show; called by `document`.

Quoted text is Markdown without addresses and tags. Ids of headings are those of github-slugger 1.5: they keep the
letters, marks and digits of Unicode 13, `_`, `-` and spaces.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from markdown_it.token import Token

from indexing.docusaurus.javascript_text import SPACE, trim, trim_end
from indexing.markdown.mdx import Tag, html_tag
from indexing.markdown.page import MAGIC_COMMENTS
from indexing.markdown.page_scope import PageScope
from indexing.markdown.pieces import MESSAGES, Gap, Piece, around_hole, text_of, undefined_component
from indexing.markdown.scanning import is_comment
from indexing.markdown.values import Unknown
from indexing.pages import Heading

BREAKS = {"softbreak": "\n", "hardbreak": ""}
_MARKS = frozenset({"em_open", "em_close", "strong_open", "strong_close", "s_open", "s_close"})
_RANGE = re.compile(r"\{[\d,-]+\}", re.ASCII)
# Comments that Docusaurus treats as instructions and does not show: those of `codeBlockUtils` in
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
_CLASSIC_ID = re.compile(r"\{#(?P<id>(?:[^\n\r\u2028\u2029](?!\{#|\}))*[^\n\r\u2028\u2029])\}\Z")
_ONE_COMMENT = re.compile(r"\s*(?:/\*(?P<block>(?:[^*]|\*(?!/))*)\*/|//(?P<line>[^\n]*)\n)\s*")
_HTML_COMMENT = re.compile(r"<!--(.*)-->\Z", re.DOTALL)
_SPACES = re.compile(r"[ \t\n]+")
_ASCII_DROPPED = re.compile(r"[^a-zA-Z0-9_\- ]+")


def source_text(children: Iterable[Token], *, skip_html: bool = True) -> str:
    """The text from which an id is made: without markup, with the source of expressions and the text of images."""
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
    """A paragraph's two parts without marks of emphasis that open in one and close in the other."""
    before, behind = list(before), list(behind)
    for mark in ("**", "__", "*", "_", "~~"):
        if before.count(mark) % 2:
            del before[len(before) - 1 - before[::-1].index(mark)]
            if mark in behind:
                behind.remove(mark)
    return before, behind


def _figure(token: Token) -> str:
    """An image in words: its alternative text and, if that adds anything, its title."""
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
    """The code without the comments that are `directives`; `info` is the fence's info string.

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
    """Replace shortcodes by emoji in texts; code and addresses keep them.

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


def name_headings(
    tokens: list[Token], scope: PageScope, *, maintain_case: bool, has_emoji: bool, is_partial: bool
) -> tuple[Token | None, list[tuple[Token, Gap]]]:
    """Set a `Heading` in the `meta` of each heading's token, in the file's order, which may not be the page's.

    Returns the heading that is the page's title, None for a page without one, and what is unknown of their texts.
    """
    slugger = Slugger(maintain_case=maintain_case)
    title: Token | None = None
    unknown: list[tuple[Token, Gap]] = []
    may_be_title = not is_partial
    for place, token in enumerate(tokens):
        if token.type == "hr":
            may_be_title = False
        elif token.type == "heading_open":
            children = tokens[place + 1].children or []
            level = int(token.tag[1])
            anchor = take_id(children, slugger)
            if has_emoji:
                show_emoji(tokens[place + 1 : place + 2])
            text, gaps = reader_text(children, scope)
            unknown += [(token, gap) for gap in gaps]
            token.meta["heading"] = Heading(level, text, None if level == 1 else anchor, is_partial)
            if may_be_title and level == 1:
                title = token
            may_be_title = False
    return title, unknown


def _shown(code_or_tag: str | Tag, scope: PageScope) -> list[Piece]:
    """The text that an expression, or a component's tag, adds to a heading."""
    if isinstance(code_or_tag, str):
        return scope.show(code_or_tag)
    tag = code_or_tag
    try:
        component = scope.component(tag.name)
        if component is None and tag.name[:1].isupper() and scope.is_undefined(tag.name):
            return [] if tag.closing else [undefined_component(tag.name)]
        pieces = scope.expand(component, tag) if callable(component) else []
    except Unknown as exc:
        return [] if tag.closing else [Gap(f"what <{tag.name}> shows is known at run time only: {exc}")]
    before, behind = around_hole(pieces)
    return (behind or []) if tag.closing else before


def reader_text(children: Iterable[Token], scope: PageScope) -> tuple[str, list[Gap]]:
    """The text that readers see, and what is unknown of it."""
    parts: list[str] = []
    gaps: list[Gap] = []
    message: tuple[Tag, int] | None = None  # its tag, and the start of its text
    for token in children:
        kind = token.type
        if kind in ("text", "text_special", "code_inline", "math_inline", "directive"):
            parts.append(token.content)
        elif kind in BREAKS:
            parts.append(" ")
        elif kind == "image":
            parts.append(source_text(token.children or ()))
        elif kind == "jsx_tag" and token.meta["tag"].name in MESSAGES and not token.meta["tag"].self_closing:
            if not token.meta["tag"].closing:
                message = token.meta["tag"], len(parts)
            elif message is not None:
                tag, start = message
                parts[start:] = [text_of(scope.message(tag, "".join(parts[start:]).strip()))]
        elif kind in ("expression", "jsx_tag"):
            if kind == "jsx_tag" and token.meta["tag"].name == "br":
                parts.append(" ")
            pieces = _shown(token.content if kind == "expression" else token.meta["tag"], scope)
            gaps += [piece for piece in pieces if isinstance(piece, Gap)]
            parts.append(text_of(pieces))
    return trim(_SPACES.sub(" ", "".join(parts))), gaps


def take_id(children: list[Token], slugger: "Slugger") -> str | None:
    """The id of a heading; an explicit id is removed from the tokens. None: the published page has none."""
    explicit = _comment_id(children)
    if explicit:
        children.pop()
        return explicit
    # A heading of only raw HTML keeps it.
    text = source_text(children, skip_html=any(token.type != "html_inline" for token in children))
    classic = _CLASSIC_ID.search(text) if text.endswith("}") else None
    if classic:
        _drop_tail(children, classic[0])
        return trim(classic["id"]) or None
    return slugger.slug(text) or None


def _comment_id(children: list[Token]) -> str | None:
    last = children[-1] if children else None
    comment = None
    if last and last.type == "expression" and is_comment(last.content):
        match = _ONE_COMMENT.fullmatch(last.content)
        comment = (match["block"] if match["block"] is not None else match["line"]) if match else None
    elif last and last.type == "html_inline":
        html = _HTML_COMMENT.match(last.content)
        comment = html[1] if html else None
    if comment is None:
        return None
    first = trim(comment).split(" ")[0]
    return first[1:] if first.startswith("#") else None


def _drop_tail(children: list[Token], tail: str) -> None:
    """Remove the id from the end of the heading's last text token, if all of it is there."""
    missing = len(tail)
    for token in reversed(children):
        if token.type not in ("text", "text_special"):
            return
        taken = min(missing, len(token.content))
        token.content = token.content[: len(token.content) - taken]
        missing -= taken
        if missing == 0:
            token.content = trim_end(token.content)
            return


KEPT_RANGES = """
20 2d 30-39 41-5a 5f 61-7a aa b5 ba c0-d6 d8-f6 f8-2c1 2c6-2d1 2e0-2e4 2ec 2ee 300-374 376-377 37a-37d 37f
386 388-38a 38c 38e-3a1 3a3-3f5 3f7-481 483-52f 531-556 559 560-588 591-5bd 5bf 5c1-5c2 5c4-5c5 5c7 5d0-5ea
5ef-5f2 610-61a 620-669 66e-6d3 6d5-6dc 6df-6e8 6ea-6fc 6ff 710-74a 74d-7b1 7c0-7f5 7fa 7fd 800-82d 840-85b
860-86a 8a0-8b4 8b6-8c7 8d3-8e1 8e3-963 966-96f 971-983 985-98c 98f-990 993-9a8 9aa-9b0 9b2 9b6-9b9 9bc-9c4
9c7-9c8 9cb-9ce 9d7 9dc-9dd 9df-9e3 9e6-9f1 9fc 9fe a01-a03 a05-a0a a0f-a10 a13-a28 a2a-a30 a32-a33 a35-a36
a38-a39 a3c a3e-a42 a47-a48 a4b-a4d a51 a59-a5c a5e a66-a75 a81-a83 a85-a8d a8f-a91 a93-aa8 aaa-ab0 ab2-ab3
ab5-ab9 abc-ac5 ac7-ac9 acb-acd ad0 ae0-ae3 ae6-aef af9-aff b01-b03 b05-b0c b0f-b10 b13-b28 b2a-b30 b32-b33
b35-b39 b3c-b44 b47-b48 b4b-b4d b55-b57 b5c-b5d b5f-b63 b66-b6f b71 b82-b83 b85-b8a b8e-b90 b92-b95 b99-b9a
b9c b9e-b9f ba3-ba4 ba8-baa bae-bb9 bbe-bc2 bc6-bc8 bca-bcd bd0 bd7 be6-bef c00-c0c c0e-c10 c12-c28 c2a-c39
c3d-c44 c46-c48 c4a-c4d c55-c56 c58-c5a c60-c63 c66-c6f c80-c83 c85-c8c c8e-c90 c92-ca8 caa-cb3 cb5-cb9 cbc-
cc4 cc6-cc8 cca-ccd cd5-cd6 cde ce0-ce3 ce6-cef cf1-cf2 d00-d0c d0e-d10 d12-d44 d46-d48 d4a-d4e d54-d57
d5f-d63 d66-d6f d7a-d7f d81-d83 d85-d96 d9a-db1 db3-dbb dbd dc0-dc6 dca dcf-dd4 dd6 dd8-ddf de6-def df2-df3
e01-e3a e40-e4e e50-e59 e81-e82 e84 e86-e8a e8c-ea3 ea5 ea7-ebd ec0-ec4 ec6 ec8-ecd ed0-ed9 edc-edf f00
f18-f19 f20-f29 f35 f37 f39 f3e-f47 f49-f6c f71-f84 f86-f97 f99-fbc fc6 1000-1049 1050-109d 10a0-10c5 10c7
10cd 10d0-10fa 10fc-1248 124a-124d 1250-1256 1258 125a-125d 1260-1288 128a-128d 1290-12b0 12b2-12b5
12b8-12be 12c0 12c2-12c5 12c8-12d6 12d8-1310 1312-1315 1318-135a 135d-135f 1380-138f 13a0-13f5 13f8-13fd
1401-166c 166f-167f 1681-169a 16a0-16ea 16ee-16f8 1700-170c 170e-1714 1720-1734 1740-1753 1760-176c
176e-1770 1772-1773 1780-17d3 17d7 17dc-17dd 17e0-17e9 180b-180d 1810-1819 1820-1878 1880-18aa 18b0-18f5
1900-191e 1920-192b 1930-193b 1946-196d 1970-1974 1980-19ab 19b0-19c9 19d0-19d9 1a00-1a1b 1a20-1a5e
1a60-1a7c 1a7f-1a89 1a90-1a99 1aa7 1ab0-1ac0 1b00-1b4b 1b50-1b59 1b6b-1b73 1b80-1bf3 1c00-1c37 1c40-1c49
1c4d-1c7d 1c80-1c88 1c90-1cba 1cbd-1cbf 1cd0-1cd2 1cd4-1cfa 1d00-1df9 1dfb-1f15 1f18-1f1d 1f20-1f45
1f48-1f4d 1f50-1f57 1f59 1f5b 1f5d 1f5f-1f7d 1f80-1fb4 1fb6-1fbc 1fbe 1fc2-1fc4 1fc6-1fcc 1fd0-1fd3
1fd6-1fdb 1fe0-1fec 1ff2-1ff4 1ff6-1ffc 203f-2040 2054 2071 207f 2090-209c 20d0-20f0 2102 2107 210a-2113
2115 2119-211d 2124 2126 2128 212a-212d 212f-2139 213c-213f 2145-2149 214e 2160-2188 24b6-24e9 2c00-2c2e
2c30-2c5e 2c60-2ce4 2ceb-2cf3 2d00-2d25 2d27 2d2d 2d30-2d67 2d6f 2d7f-2d96 2da0-2da6 2da8-2dae 2db0-2db6
2db8-2dbe 2dc0-2dc6 2dc8-2dce 2dd0-2dd6 2dd8-2dde 2de0-2dff 2e2f 3005-3007 3021-302f 3031-3035 3038-303c
3041-3096 3099-309a 309d-309f 30a1-30fa 30fc-30ff 3105-312f 3131-318e 31a0-31bf 31f0-31ff 3400-4dbf
4e00-9ffc a000-a48c a4d0-a4fd a500-a60c a610-a62b a640-a672 a674-a67d a67f-a6f1 a717-a71f a722-a788
a78b-a7bf a7c2-a7ca a7f5-a827 a82c a840-a873 a880-a8c5 a8d0-a8d9 a8e0-a8f7 a8fb a8fd-a92d a930-a953
a960-a97c a980-a9c0 a9cf-a9d9 a9e0-a9fe aa00-aa36 aa40-aa4d aa50-aa59 aa60-aa76 aa7a-aac2 aadb-aadd
aae0-aaef aaf2-aaf6 ab01-ab06 ab09-ab0e ab11-ab16 ab20-ab26 ab28-ab2e ab30-ab5a ab5c-ab69 ab70-abea abec-
abed abf0-abf9 ac00-d7a3 d7b0-d7c6 d7cb-d7fb f900-fa6d fa70-fad9 fb00-fb06 fb13-fb17 fb1d-fb28 fb2a-fb36
fb38-fb3c fb3e fb40-fb41 fb43-fb44 fb46-fbb1 fbd3-fd3d fd50-fd8f fd92-fdc7 fdf0-fdfb fe00-fe0f fe20-fe2f
fe33-fe34 fe4d-fe4f fe70-fe74 fe76-fefc ff10-ff19 ff21-ff3a ff3f ff41-ff5a ff66-ffbe ffc2-ffc7 ffca-ffcf
ffd2-ffd7 ffda-ffdc 10000-1000b 1000d-10026 10028-1003a 1003c-1003d 1003f-1004d 10050-1005d 10080-100fa
10140-10174 101fd 10280-1029c 102a0-102d0 102e0 10300-1031f 1032d-1034a 10350-1037a 10380-1039d 103a0-103c3
103c8-103cf 103d1-103d5 10400-1049d 104a0-104a9 104b0-104d3 104d8-104fb 10500-10527 10530-10563 10600-10736
10740-10755 10760-10767 10800-10805 10808 1080a-10835 10837-10838 1083c 1083f-10855 10860-10876 10880-1089e
108e0-108f2 108f4-108f5 10900-10915 10920-10939 10980-109b7 109be-109bf 10a00-10a03 10a05-10a06 10a0c-10a13
10a15-10a17 10a19-10a35 10a38-10a3a 10a3f 10a60-10a7c 10a80-10a9c 10ac0-10ac7 10ac9-10ae6 10b00-10b35
10b40-10b55 10b60-10b72 10b80-10b91 10c00-10c48 10c80-10cb2 10cc0-10cf2 10d00-10d27 10d30-10d39 10e80-10ea9
10eab-10eac 10eb0-10eb1 10f00-10f1c 10f27 10f30-10f50 10fb0-10fc4 10fe0-10ff6 11000-11046 11066-1106f
1107f-110ba 110d0-110e8 110f0-110f9 11100-11134 11136-1113f 11144-11147 11150-11173 11176 11180-111c4
111c9-111cc 111ce-111da 111dc 11200-11211 11213-11237 1123e 11280-11286 11288 1128a-1128d 1128f-1129d
1129f-112a8 112b0-112ea 112f0-112f9 11300-11303 11305-1130c 1130f-11310 11313-11328 1132a-11330 11332-11333
11335-11339 1133b-11344 11347-11348 1134b-1134d 11350 11357 1135d-11363 11366-1136c 11370-11374 11400-1144a
11450-11459 1145e-11461 11480-114c5 114c7 114d0-114d9 11580-115b5 115b8-115c0 115d8-115dd 11600-11640 11644
11650-11659 11680-116b8 116c0-116c9 11700-1171a 1171d-1172b 11730-11739 11800-1183a 118a0-118e9 118ff-11906
11909 1190c-11913 11915-11916 11918-11935 11937-11938 1193b-11943 11950-11959 119a0-119a7 119aa-119d7
119da-119e1 119e3-119e4 11a00-11a3e 11a47 11a50-11a99 11a9d 11ac0-11af8 11c00-11c08 11c0a-11c36 11c38-11c40
11c50-11c59 11c72-11c8f 11c92-11ca7 11ca9-11cb6 11d00-11d06 11d08-11d09 11d0b-11d36 11d3a 11d3c-11d3d
11d3f-11d47 11d50-11d59 11d60-11d65 11d67-11d68 11d6a-11d8e 11d90-11d91 11d93-11d98 11da0-11da9 11ee0-11ef6
11fb0 12000-12399 12400-1246e 12480-12543 13000-1342e 14400-14646 16800-16a38 16a40-16a5e 16a60-16a69
16ad0-16aed 16af0-16af4 16b00-16b36 16b40-16b43 16b50-16b59 16b63-16b77 16b7d-16b8f 16e40-16e7f 16f00-16f4a
16f4f-16f87 16f8f-16f9f 16fe0-16fe1 16fe3-16fe4 16ff0-16ff1 17000-187f7 18800-18cd5 18d00-18d08 1b000-1b11e
1b150-1b152 1b164-1b167 1b170-1b2fb 1bc00-1bc6a 1bc70-1bc7c 1bc80-1bc88 1bc90-1bc99 1bc9d-1bc9e 1d165-1d169
1d16d-1d172 1d17b-1d182 1d185-1d18b 1d1aa-1d1ad 1d242-1d244 1d400-1d454 1d456-1d49c 1d49e-1d49f 1d4a2
1d4a5-1d4a6 1d4a9-1d4ac 1d4ae-1d4b9 1d4bb 1d4bd-1d4c3 1d4c5-1d505 1d507-1d50a 1d50d-1d514 1d516-1d51c
1d51e-1d539 1d53b-1d53e 1d540-1d544 1d546 1d54a-1d550 1d552-1d6a5 1d6a8-1d6c0 1d6c2-1d6da 1d6dc-1d6fa
1d6fc-1d714 1d716-1d734 1d736-1d74e 1d750-1d76e 1d770-1d788 1d78a-1d7a8 1d7aa-1d7c2 1d7c4-1d7cb 1d7ce-1d7ff
1da00-1da36 1da3b-1da6c 1da75 1da84 1da9b-1da9f 1daa1-1daaf 1e000-1e006 1e008-1e018 1e01b-1e021 1e023-1e024
1e026-1e02a 1e100-1e12c 1e130-1e13d 1e140-1e149 1e14e 1e2c0-1e2f9 1e800-1e8c4 1e8d0-1e8d6 1e900-1e94b
1e950-1e959 1ee00-1ee03 1ee05-1ee1f 1ee21-1ee22 1ee24 1ee27 1ee29-1ee32 1ee34-1ee37 1ee39 1ee3b 1ee42 1ee47
1ee49 1ee4b 1ee4d-1ee4f 1ee51-1ee52 1ee54 1ee57 1ee59 1ee5b 1ee5d 1ee5f 1ee61-1ee62 1ee64 1ee67-1ee6a
1ee6c-1ee72 1ee74-1ee77 1ee79-1ee7c 1ee7e 1ee80-1ee89 1ee8b-1ee9b 1eea1-1eea3 1eea5-1eea9 1eeab-1eebb
1f130-1f149 1f150-1f169 1f170-1f189 1fbf0-1fbf9 20000-2a6dd 2a700-2b734 2b740-2b81d 2b820-2cea1 2ceb0-2ebe0
2f800-2fa1d 30000-3134a e0100-e01ef
"""
"""Inclusive ranges of code points, in hexadecimal."""


@cache
def _dropped() -> re.Pattern[str]:
    """A pattern of the characters that an id drops."""
    kept = []
    for word in KEPT_RANGES.split():
        first, _, last = word.partition("-")
        kept.append(f"\\U{int(first, 16):08x}-\\U{int(last or first, 16):08x}")
    return re.compile(f"[^{''.join(kept)}]+")


def slugify(text: str, *, maintain_case: bool = False) -> str:
    """The id of a heading, if no other one on its page has the same."""
    if not maintain_case:
        text = text.lower()
    dropped = _ASCII_DROPPED if text.isascii() else _dropped()
    return dropped.sub("", text).replace(" ", "-")


class Slugger:
    """Gives each heading of one file a unique id."""

    def __init__(self, *, maintain_case: bool = False) -> None:
        self._maintain_case = maintain_case
        self._counts: dict[str, int] = {}

    def slug(self, text: str) -> str:
        """The next free id for a heading with this text; "" for the first one without letters."""
        original = candidate = slugify(text, maintain_case=self._maintain_case)
        while candidate in self._counts:
            self._counts[original] += 1
            candidate = f"{original}-{self._counts[original]}"
        self._counts[candidate] = 0
        return candidate
