"""Cursors of conversation pages: where the last page ended, for one reader, with a checksum that notices tampering.

The checksum is no secret: a forged cursor only names another place in the reader's own list.
"""

import base64
import binascii
import hashlib
import json
from datetime import datetime
from uuid import UUID

from storage.errors import CursorError

_CHECKSUM_BYTES = 8
_FOREIGN = "The cursor is not one that this list gave out."


def write_cursor(reader_id: UUID, updated_at: str, conversation_id: str) -> str:
    """The cursor of what follows this conversation."""
    place = json.dumps([updated_at, conversation_id], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_checksum(reader_id, place) + place).decode().rstrip("=")


def read_cursor(reader_id: UUID, cursor: str) -> tuple[str, str]:
    """When the conversation before was last used, and its id; raises CursorError."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        updated_at, conversation_id = json.loads(raw[_CHECKSUM_BYTES:])
        datetime.fromisoformat(updated_at)
        UUID(conversation_id)
        again = write_cursor(reader_id, updated_at, conversation_id)
    except (binascii.Error, ValueError, TypeError, AttributeError) as exc:
        raise CursorError(_FOREIGN) from exc
    # Compared as text: base64 has several spellings of the same bytes, and only the one given out is taken.
    if again != cursor:
        raise CursorError(_FOREIGN)
    return updated_at, conversation_id


def _checksum(reader_id: UUID, place: bytes) -> bytes:
    return hashlib.sha256(reader_id.bytes + place).digest()[:_CHECKSUM_BYTES]
