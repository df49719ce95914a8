"""Comments in code that Docusaurus takes for instructions and does not show; called by `document`.

The rules are those of `codeBlockUtils` in @docusaurus/theme-common 3.10: the comments of a language, and that a fence
with a range of lines shows them all.
"""

import re
from functools import lru_cache

from indexing.docusaurus.javascript import SPACE
from indexing.markdown.page import MAGIC_COMMENTS

_RANGE = re.compile(r"\{[\d,-]+\}", re.ASCII)
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


def shown_code(code: str, language: str, info: str, directives: tuple[str, ...] = MAGIC_COMMENTS) -> str:
    """The code without the lines that are such comments; `info` is what stands behind the fence's signs."""
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
