"""Where neither the history nor the outbox can be written, nobody is told that a turn waits there."""

import time
import uuid
from pathlib import Path

import pytest

from app.answer_json import AnswerIdentity, NotSaved
from app.ui_message_stream import UiMessageEncoder
from storage.accounts.reader import Reader
from storage.conversations.outbox import Outbox
from storage.conversations.saved import SavedConversations
from storage.conversations.sqlite_store import LocalConversations
from storage.conversations.turns import Answer, TurnRequest
from storage.disk import require_room
from storage.errors import NotKeptError
from storage.sqlite import Database


@pytest.mark.parametrize("outbox_works", [True, False])
async def test_a_turn_that_cannot_be_kept_is_said_to_be_lost(tmp_path: Path, outbox_works: bool) -> None:
    (tmp_path / "history.sqlite3").mkdir()  # no database can be opened here
    if not outbox_works:
        (tmp_path / "outbox").write_text("in the way")
    database = Database(tmp_path / "history.sqlite3")
    store = SavedConversations(LocalConversations(database), Outbox(tmp_path / "outbox"))
    reader = Reader(uuid.uuid4(), is_guest=True, access_token="token", expires_at=int(time.time()) + 60)
    turn = await store.begin_turn(reader, TurnRequest(uuid.uuid4(), "What is the capture point?"))
    answer = Answer("Where the foot lands.", complete=True, finish_reason="stop")
    if outbox_works:
        assert await store.finish_turn(reader, turn, answer) is False
    else:
        with pytest.raises(NotKeptError):
            await store.finish_turn(reader, turn, answer)
    await store.close()
    await database.close()


@pytest.mark.parametrize(("waits", "promised"), [(True, True), (False, False)])
def test_only_a_turn_that_waits_is_promised_to_be_saved(waits: bool, promised: bool) -> None:
    encoder = UiMessageEncoder(AnswerIdentity("c", "m", None))
    said = b"".join(encoder.event(NotSaved(waits=waits)))
    assert (b"It will be as soon as the history is back" in said) is promised
    assert b"could not be saved" in said


def test_a_folder_that_cannot_be_written_is_found_before_a_turn_is_lost(tmp_path: Path) -> None:
    require_room(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="No such file"):
        require_room(tmp_path / "missing")
