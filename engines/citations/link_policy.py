"""Where links in an answer may lead: to the book's own site, and to hosts that the settings allow."""

import html
from collections.abc import Callable
from urllib.parse import urlsplit


def link_policy(hosts: frozenset[str]) -> Callable[[str], bool]:
    """Whether a link's target stays on the site, or leads to one of these hosts (in lower case)."""

    def allows(target: str) -> bool:
        # What Markdown makes of it: entities and escapes do not hide a scheme.
        address = html.unescape(target).replace("\\", "").strip()
        if address.lower().startswith("www."):
            address = f"https://{address}"
        try:
            parts = urlsplit(address)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        if not parts.scheme and not parts.netloc:
            return not address.startswith("//")
        return parts.scheme in {"http", "https"} and host in hosts

    return allows
