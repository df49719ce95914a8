"""Where a link in an answer may lead. Called by `engines.citations.processor`."""

import html
import re
from collections.abc import Callable
from urllib.parse import urlsplit

_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")  # Markdown's
_CODE_NAME = re.compile(r"(?!javascript|vbscript|data)[A-Za-z_]\w*::[A-Za-z_]", re.IGNORECASE)  # not a scheme
_FOREIGN = re.compile(r"[\s\x00-\x1f]*/[\t\r\n]*/")  # an address that names a host without a scheme


def link_policy(hosts: frozenset[str]) -> Callable[[str], bool]:
    """Whether a link's target stays on the site, or leads to one of these hosts (in lower case)."""

    def allows(target: str) -> bool:
        # What Markdown and browsers make of it: entities and escapes hide no scheme, and `/\\host` is `//host`.
        address = _ESCAPE.sub(r"\1", html.unescape(target)).strip()
        if _FOREIGN.match(address.replace("\\", "/")):
            return False
        if _CODE_NAME.match(address):
            return True
        if address.lower().startswith("www."):
            address = f"https://{address}"
        try:
            parts = urlsplit(address)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        if not parts.scheme and not parts.netloc:
            return True
        return parts.scheme in {"http", "https"} and host in hosts

    return allows
