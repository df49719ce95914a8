"""The text of lists and quotations, CommonMark's container blocks, gathered line by line; called by `document`."""

from markdown_it.token import Token


class Containers:
    """The list items and quotations that are open, and what was gathered in the outermost of them."""

    def __init__(self) -> None:
        self._prefixes: list[list[str]] = []  # (of the first line, of the others) of each list item and quotation
        self._lines: list[str] = []
        self._lines_start = 0

    @property
    def are_open(self) -> bool:
        """Whether the reader is in one."""
        return bool(self._prefixes)

    def follow(self, token: Token) -> None:
        """Go into a list item or a quotation, or out of one; other tokens change nothing."""
        kind = token.type
        if kind == "list_item_open":
            marker = f"{token.info}{token.markup}" if token.info else token.markup
            box = ("[x] " if token.meta["checked"] else "[ ] ") if "checked" in token.meta else ""
            self._prefixes.append([f"{marker} {box}", " " * (len(marker) + 1)])
        elif kind == "blockquote_open":
            self._prefixes.append(["> ", "> "])
        elif kind in ("list_item_close", "blockquote_close") and self._prefixes:
            self._prefixes.pop()

    def add(self, text: str, line: int) -> None:
        """Gather text that stands at `line` of the file, each of its lines behind the markers."""
        if not self._lines:
            self._lines_start = line
        for part in text.split("\n"):
            self._lines.append("".join(prefix[0] for prefix in self._prefixes) + part)
            for prefix in self._prefixes:
                prefix[0] = prefix[1]

    def take(self) -> tuple[str, int] | None:
        """What was gathered and the line where it began, to be gathered no longer; None where there is nothing."""
        if not self._lines:
            return None
        text, self._lines = "\n".join(self._lines), []
        return text, self._lines_start
