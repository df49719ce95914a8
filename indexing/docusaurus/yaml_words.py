"""What is wrong with a line of YAML, in the words of whoever writes it; called by `indexing.docusaurus.yaml`.

The parser tells of tokens and block ends; what authors meet is a colon, a quotation mark or a tab. What is not listed
here keeps the parser's own words.
"""

import re

_SECOND_COLON = re.compile(r"\s*[^\s:][^:]*:\s+\S.*:(?:\s|$)")
_NO_SPACE = re.compile(r"\s*[\w-]+:[^\s/]")
_CANNOT_START = re.compile(r"found character '(.+)' that cannot start")
_ESCAPE = re.compile(r"found unknown escape character '(.)'")
_IN_QUOTES = "put the whole value in quotes"
_QUOTE_IN_QUOTES = (
    "text stands behind the quotation mark that ends a value: put the whole value in one pair of quotes, and write "
    'the same mark inside it twice (in single quotes) or as \\" (in double quotes)'
)
_WORDS: tuple[tuple[str, str], ...] = (
    ("unidentified alias", f"a value that begins with `*` is read as a reference: {_IN_QUOTES}"),
    ("expected alphabetic or numeric", f"a value may not begin with `&` or `*`: {_IN_QUOTES}"),
    ("unknown tag", f"a value may not begin with `!`: {_IN_QUOTES}"),
    ("expected chomping", f"a value may not begin with `|` or `>`: {_IN_QUOTES}"),
    ("expected a comment or a line break", f"a value may not begin with `|` or `>`: {_IN_QUOTES}"),
    ("found unexpected end of stream", "a quotation mark opens here and is never closed"),
    ("expected ',' or ']'", "a list opens here with `[` and is not closed with `]`, or a comma is missing in it"),
    ("expected ',' or '}'", "`{` opens here and is not closed with `}`, or a comma is missing behind it"),
    ("sequence entries are not allowed", "a list begins on a line of its own, not behind the name"),
    ("special characters are not allowed", "it holds a control character that cannot be seen: delete it"),
    ("found '-'", "a list item stands where a name should: indent it as the list, or move it below its name"),
    ("<block sequence start>", "a list item is not indented as those above it"),
    ("could not find expected ':'", "this line has no colon behind its name"),
)


def plain_words(problem: str, line: str, above: str) -> str:
    """The parser's `problem` with a line in plain words; `above` is the line before it."""
    if problem.startswith("mapping values are not allowed"):
        return _colon(line, above)
    if problem == "duplicated mapping key":
        return f"`{line.partition(':')[0].strip()}` stands here a second time"
    if match := _CANNOT_START.search(problem):
        return (
            "a tab stands where YAML wants spaces"
            if "t" in match[1]
            else f"a value may not begin with `{match[1]}`: {_IN_QUOTES}"
        )
    if match := _ESCAPE.search(problem):
        return f"`\\{match[1]}` has no meaning in double quotes: use single quotes, or write `\\\\`"
    if "<scalar>" in problem:
        if re.search(r":\s*['\"]", line):
            return _QUOTE_IN_QUOTES
        return "this line does not go on with what stands above: it lacks a colon, or is indented differently"
    return next((words for sign, words in _WORDS if sign in problem), problem)


def _colon(line: str, above: str) -> str:
    if _SECOND_COLON.match(line):
        return f"a value with a colon and a space in it must stand in quotes: {_IN_QUOTES}"
    if _NO_SPACE.match(above):
        return "the line above has no space behind its colon"
    if line[:1].isspace():
        return "it is indented, although the line above has a value already"
    return "the line above has no colon behind its name"
