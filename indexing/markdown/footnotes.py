"""Footnotes apart from the text that refers to them, wherever they are defined in a file; called by `document`."""

from markdown_it.token import Token


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
