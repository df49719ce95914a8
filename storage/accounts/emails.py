"""E-mail addresses as they are compared and sent."""

import re

from storage.errors import AccountInputError

MAX_CHARACTERS = 254

# Whether a letter arrives is the only proof of an address; this only catches what cannot be one.
_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)*")


def normal_email(email: str) -> str:
    """The address as it is compared; raises AccountInputError for what cannot be one."""
    email = email.strip().lower()
    if len(email) > MAX_CHARACTERS or not _ADDRESS.fullmatch(email) or not email.isprintable():
        raise AccountInputError("This is not an e-mail address.")
    return email


def sendable(text: str) -> str:
    """The text without what UTF-8 cannot say."""
    return text.encode("utf-8", "replace").decode()
