"""Shortcodes of emoji as Docusaurus shows them, unless `markdown.emoji` is off; called by `document`.

`emoji.json` has the 1,570 names that Docusaurus 3.10 knows (remark-emoji 4 over node-emoji 2 and emojilib 2).
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from markdown_it.token import Token

SHORTCODE = re.compile(r":(\+1|-1|[\w-]+):", re.ASCII)


def show_emoji(tokens: Iterable[Token]) -> None:
    """Put emoji in the place of their shortcodes, in texts alone: code and addresses keep them."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "text" and ":" in child.content:
                child.content = SHORTCODE.sub(lambda match: _emoji().get(match[1], match[0]), child.content)


@cache
def _emoji() -> dict[str, str]:
    return dict(json.loads(Path(__file__).with_name("emoji.json").read_text("utf-8")))
