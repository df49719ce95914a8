"""Texts of others on a terminal: commands print, and servers log, without what would be a command to it.

Texts of a book, of a model and of readers may hold control characters that recolour, overwrite or retitle a terminal,
or write to its clipboard.
"""

import logging
import re

# ECMA-48: command strings (OSC, DCS, SOS, PM, APC) up to their end on the same line, control sequences (CSI), other
# escapes; then every control character but the line feed and the tab.
_ESCAPES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


def visible(text: str) -> str:
    """The text without terminal escapes and control characters."""
    return _ESCAPES.sub("", text)


class VisibleFormatter(logging.Formatter):
    """Formats lines of a log, tracebacks included, without terminal escapes."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return visible(super().format(record))
