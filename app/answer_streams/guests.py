"""Readers without a token: which of their ids can be trusted to be theirs alone, and what they said before.

Called by `app.answer_streams` and the routes. An id that others may choose as well, `chat` as in many examples, is
neither waited on nor resumed nor remembered: it is private to its request.
"""

import logging
import re
import uuid
from collections.abc import Sequence
from itertools import pairwise

from engines.events import Question, Turn
from storage.conversations.guest_memory import GuestMemory, Said
from storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

_RANDOM_CHARACTERS = 16
_DISTINCT = 8
_KINDS = (("[a-z]", "l"), ("[A-Z]", "u"), ("[0-9]", "d"))
_CHANGES_WITH_DIGITS, _CHANGES = 2, 5  # within the parts of a name; words and years have fewer


def is_hard_to_guess(name: str) -> bool:
    """Whether a name looks random: a UUID of a known version, or 16 characters and more that are no words."""
    try:
        made = uuid.UUID(name)
    except ValueError:
        return _looks_random(name)
    return (made.version is not None and len(set(made.hex)) >= _DISTINCT) or _looks_random(name)


def _looks_random(name: str) -> bool:
    if len(name) < _RANDOM_CHARACTERS or len(set(name)) < _DISTINCT:
        return False
    kinds = re.sub(r"[A-Z](?=[a-z]{2})", "x", name)  # the first letter of a word
    for letters, kind in _KINDS:
        kinds = re.sub(letters, kind, kinds)
    changes = sum(a != b for part in re.split(r"[-._~]", kinds) for a, b in pairwise(part))
    return bool(changes >= (_CHANGES_WITH_DIGITS if "d" in kinds else _CHANGES))


async def remembered(memory: GuestMemory, conversation: uuid.UUID) -> tuple[Turn, ...]:
    """What was said before; nothing where that cannot be read, as an answer without it is better than none."""
    try:
        said = await memory.read(str(conversation))
    except StorageUnavailableError as error:
        logger.warning("The memory of readers without an account is away: %s", error)
        return ()
    return tuple(Turn("user" if role == "user" else "assistant", text, selected) for role, text, selected in said)


async def remember(memory: GuestMemory, conversation_id: str, question: Question, answer: str) -> None:
    """Keep a turn for the next question."""
    said: Sequence[Said] = (
        ("user", question.text, question.selected_text),
        ("assistant", answer, question.selected_text),
    )
    try:
        await memory.add(conversation_id, *said)
    except StorageUnavailableError as error:
        logger.warning("A turn of a reader without an account was not remembered: %s", error)
