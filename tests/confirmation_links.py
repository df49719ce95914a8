"""The links of confirmation letters, as a page meets them: a redirect with a session in the fragment."""

from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.sync_api import Page

from tests.serving import Served


def session_of(served: Served, name: str) -> dict[str, Any]:
    """The session of a new account `name@book.example`."""
    account = {"email": f"{name}@book.example", "password": "correct horse battery"}
    return dict(httpx.post(f"{served.url}/api/auth/signup", json=account).raise_for_status().json()["session"])


def link(session: dict[str, Any], **changes: object) -> str:
    """The fragment that Supabase Auth redirects with."""
    named = {name: session[name] for name in ("access_token", "expires_at", "expires_in", "refresh_token")}
    return "/#" + urlencode({**named, "token_type": "bearer", "type": "signup", **changes})


def follow(page: Page, address: str) -> None:
    """Come to an address as from a mailbox: by no link of the page."""
    page.goto("about:blank")
    page.goto(address)
