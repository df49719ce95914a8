"""Comments that Docusaurus takes for instructions are no part of the code that its readers see."""

from indexing.markdown.page import MarkdownOptions
from tests.indexing.markdown.reading import blocks
from tests.tables import each_row


@each_row(
    ("language", "comment"),
    [
        ("js", "// highlight-next-line"),
        ("js", "  /* highlight-start */ "),
        ("jsx", "{/* highlight-end */}"),
        ("python", "# highlight-next-line"),
        ("html", "<!-- highlight-next-line -->"),
        ("sql", "-- highlight-next-line"),
        ("lua", "--highlight-start"),
        ("tex", "% highlight-next-line"),
        ("fortran", "! highlight-next-line"),
        ("ocaml", "(* highlight-next-line *)"),
        ("cpp", "// highlight-next-line"),
        ("yaml", "# highlight-end"),
        ("", "// highlight-next-line"),
    ],
)
def test_a_magic_comment_is_not_shown(language: str, comment: str) -> None:
    assert blocks(f"```{language}\n{comment}\nx\n```") == [("code", f"```{language}\nx\n```")]


@each_row(
    ("info", "line"),
    [
        ("js {1}", "// highlight-next-line"),
        ('js title="a" {1,3-4}', "// highlight-next-line"),
        ("python", "// highlight-next-line"),
        ("js", "x() // highlight-next-line"),
        ("js", "// highlight-next-lines"),
        ("js", "// highlight-next-line because"),
    ],
)
def test_any_other_comment_is_shown(info: str, line: str) -> None:
    [(_, text)] = blocks(f"```{info}\n{line}\nx\n```")
    assert line in text


def test_the_config_may_name_its_own() -> None:
    options = MarkdownOptions(magic_comments=("This is wrong",))
    text = "```js\n// This is wrong\n// highlight-next-line\nx\n```"
    assert blocks(text, options) == [("code", "```js\n// highlight-next-line\nx\n```")]
