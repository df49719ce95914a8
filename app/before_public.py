"""What a server leaves open that is harmless on one's own machine and is to be decided before strangers reach it.

The defaults suit a first run. `bookrag doctor` and the log at the start name what they leave open; the list "Before it
is public" of docs/deploy.md has all of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.settings import OFF, AppSettings

RESERVED = (".example", ".invalid", ".test")  # domains that exist nowhere (RFC 2606)


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """One thing that strangers may do, and the setting that decides it."""

    message: str
    mend: str


def reachable_by_others(settings: AppSettings) -> bool:
    """Whether the server listens beyond this machine, or pages of a site on the network may call it (by a proxy)."""
    return not _own(settings.host) or any(origin == "*" or not _own_origin(origin) for origin in settings.origins)


def left_open(settings: AppSettings, *, has_model: bool, site: str = "") -> Iterator[LeftOpen]:
    """What these settings leave open, with or without a model that is paid for, for a book of the origin `site`."""
    in_all = (settings.questions_in_all, settings.tokens_in_all)
    if has_model and all(rate in (None, "", OFF) for rate in in_all):
        who = "anybody, without an account," if settings.allow_guests else "anybody who signs up"
        yield LeftOpen(
            f"{who} may ask the model, and nothing limits what all readers together ask of it in a day",
            "Set TOKENS_IN_ALL or QUESTIONS_IN_ALL, such as 2000000/day, and a budget at the model's provider.",
        )
    if settings.metrics and not settings.metrics_token:
        yield LeftOpen(
            "GET /metrics needs no token: who reaches the server's port reads its figures and costs",
            "Set METRICS_TOKEN, or let the proxy refuse the address, as deploy/nginx.conf does, or set METRICS=false.",
        )
    if site.rstrip("/").lower().endswith(RESERVED):
        yield LeftOpen(
            f"the book is of {site}, which exists nowhere: it is the sample book, or a book before its site is named",
            "Build the index of your own book: BOOK_DIR=… bookrag index build.",
        )


def _own_origin(origin: str) -> bool:
    return _own(urlsplit(origin).hostname or "")


def _own(host: str) -> bool:
    """Whether this host is this machine, seen from itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
