"""Nothing is lost: a store that is away, slow, or answers nonsense; the outbox; time limits; what reaches a log."""

import json
import logging
import stat
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

import storage.conversations.saved
from storage.accounts.reader import Reader
from storage.accounts.store import NewAccount
from storage.conversations.outbox import Outbox
from storage.conversations.saved import SavedConversations
from storage.conversations.turns import (
    Answer,
    Conversation,
    ConversationPage,
    Message,
    OpenConversation,
    OpenTurn,
    Summary,
    TurnRequest,
)
from storage.errors import BookragError, NotFoundError, NotKeptError, StorageUnavailableError
from storage.reader_stores import OUTBOX_NAME, ReaderStores
from tests.reader_stores import PASSWORD, new_guest, sign_up
from tests.supabase_server import Fault, SupabaseServer

GOOD = Answer("Because.", complete=True, finish_reason="stop", sources=[{"number": 1}], timing={"total_ms": 1.0})
FAULTS = {
    "500": Fault(status=500),
    "503": Fault(status=503),
    "HTML with 200": Fault(html_with_200=True),
    "a broken connection": Fault(drop=True),
    "no answer in time": Fault(delay_seconds=1.0),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.conversations.saved, "BEGIN_SECONDS", 0.5)
    monkeypatch.setattr(storage.conversations.saved, "AWAY_SECONDS", 0.0)
    monkeypatch.setenv("SUPABASE_TIMEOUT_SECONDS", "0.9")


class SometimesAway:
    """A store that fails when it is told to, before or after it has done its work."""

    def __init__(self, store: SavedConversations) -> None:
        self.store = store
        self.away = False
        self.fails_after = False

    async def begin_turn(self, reader: Reader, request: TurnRequest) -> OpenTurn:
        self._check()
        turn = await self.store.begin_turn(reader, request)
        self._check_after()
        return turn

    async def finish_turn(self, reader: Reader, turn: OpenTurn, answer: Answer) -> bool:
        self._check()
        await self.store.finish_turn(reader, turn, answer)
        self._check_after()
        return True

    async def save_summary(self, reader: Reader, conversation_id: UUID, summary: Summary) -> None:
        await self.store.save_summary(reader, conversation_id, summary)

    async def page(
        self, reader: Reader, *, limit: int = 20, cursor: str | None = None, search: str | None = None
    ) -> ConversationPage:
        return await self.store.page(reader, limit=limit, cursor=cursor, search=search)

    async def get(self, reader: Reader, conversation_id: UUID) -> Conversation:
        return await self.store.get(reader, conversation_id)

    async def open(self, reader: Reader, conversation_id: UUID) -> OpenConversation:
        return await self.store.open(reader, conversation_id)

    async def rename(self, reader: Reader, conversation_id: UUID, title: str) -> Conversation:
        return await self.store.rename(reader, conversation_id, title)

    async def delete(self, reader: Reader, conversation_id: UUID) -> None:
        await self.store.delete(reader, conversation_id)

    async def delete_all(self, reader: Reader) -> int:
        return await self.store.delete_all(reader)

    async def delete_old(self) -> None:
        await self.store.delete_old()

    async def close(self) -> None:
        pass

    def _check(self) -> None:
        if self.away:
            raise StorageUnavailableError("away")

    def _check_after(self) -> None:
        if self.fails_after:
            raise StorageUnavailableError("away")


@pytest.fixture
def flaky(local_stores: ReaderStores) -> SometimesAway:
    return SometimesAway(local_stores.conversations)


@pytest.fixture
async def saved(flaky: SometimesAway, tmp_path: Path) -> AsyncIterator[SavedConversations]:
    conversations = SavedConversations(flaky, Outbox(tmp_path / "box"))
    yield conversations
    await conversations.close()


def texts(messages: tuple[Message, ...]) -> list[str]:
    return [message.content for message in messages]


async def turn(saved: SavedConversations, reader: Reader, conversation_id: UUID, question: str) -> bool:
    opened = await saved.begin_turn(reader, TurnRequest(conversation_id, question))
    return await saved.finish_turn(reader, opened, replace(GOOD, text=f"A:{question}"))


async def test_turns_wait_in_order_and_are_stored_once(
    saved: SavedConversations, flaky: SometimesAway, local_stores: ReaderStores
) -> None:
    reader, conversation_id = await new_guest(local_stores), uuid4()
    assert await turn(saved, reader, conversation_id, "Q0") is True
    flaky.away = True
    for number in (1, 2, 3):
        assert await turn(saved, reader, conversation_id, f"Q{number}") is False
    flaky.away = False
    for _ in range(2):
        opened = await saved.open(reader, conversation_id)
        assert texts(opened.messages) == ["Q0", "A:Q0", "Q1", "A:Q1", "Q2", "A:Q2", "Q3", "A:Q3"]
    assert {message.status for message in opened.messages} == {"complete"}


async def test_a_turn_that_waits_is_history_for_the_next(
    saved: SavedConversations, flaky: SometimesAway, local_stores: ReaderStores
) -> None:
    reader, conversation_id = await new_guest(local_stores), uuid4()
    flaky.away = True
    await turn(saved, reader, conversation_id, "Q1")
    opened = await saved.begin_turn(reader, TurnRequest(conversation_id, "Q2"))
    assert (opened.stored, texts(opened.history)) == (False, ["Q1", "A:Q1"])


async def test_a_store_that_fails_after_its_work_stores_no_turn_twice(
    saved: SavedConversations, flaky: SometimesAway, local_stores: ReaderStores
) -> None:
    reader, conversation_id = await new_guest(local_stores), uuid4()
    flaky.fails_after = True
    assert await turn(saved, reader, conversation_id, "Q0") is False
    assert await turn(saved, reader, conversation_id, "Q1") is False
    flaky.fails_after = False
    assert texts((await saved.open(reader, conversation_id)).messages) == ["Q0", "A:Q0", "Q1", "A:Q1"]


async def test_an_answer_whose_question_is_stored_waits_alone(
    saved: SavedConversations, flaky: SometimesAway, local_stores: ReaderStores
) -> None:
    reader, conversation_id = await new_guest(local_stores), uuid4()
    opened = await saved.begin_turn(reader, TurnRequest(conversation_id, "Q0"))
    flaky.away = True
    assert await saved.finish_turn(reader, opened, GOOD) is False
    flaky.away = False
    assert texts((await saved.open(reader, conversation_id)).messages) == ["Q0", "Because."]


async def test_the_outbox_outlives_the_process(
    saved: SavedConversations, flaky: SometimesAway, local_stores: ReaderStores, tmp_path: Path
) -> None:
    reader, conversation_id = await new_guest(local_stores), uuid4()
    flaky.away = True
    await turn(saved, reader, conversation_id, "Q0")
    after_restart = SavedConversations(local_stores.conversations, Outbox(tmp_path / "box"))
    assert texts((await after_restart.open(reader, conversation_id)).messages) == ["Q0", "A:Q0"]


async def test_the_outbox_holds_no_token_and_is_its_owners_alone(
    saved: SavedConversations, flaky: SometimesAway, local_stores: ReaderStores, tmp_path: Path
) -> None:
    reader = await new_guest(local_stores)
    flaky.away = True
    await turn(saved, reader, uuid4(), "Q0")
    (path,) = (tmp_path / "box").rglob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert reader.access_token not in path.read_text()


async def test_what_the_store_never_takes_is_set_aside_and_holds_up_nothing(
    saved: SavedConversations, flaky: SometimesAway, local_stores: ReaderStores, tmp_path: Path
) -> None:
    owner, reader = await new_guest(local_stores), await new_guest(local_stores)
    theirs, mine = uuid4(), uuid4()
    await turn(saved, owner, theirs, "Secret")
    flaky.away = True
    await turn(saved, reader, theirs, "Forged")
    await turn(saved, reader, mine, "Q0")
    (tmp_path / "box" / str(reader.id) / "00-broken.json").write_text("{")
    flaky.away = False
    assert texts((await saved.open(reader, mine)).messages) == ["Q0", "A:Q0"]
    assert texts((await saved.open(owner, theirs)).messages) == ["Secret", "A:Secret"]
    assert len(list((tmp_path / "box").rglob("*.rejected"))) == 2


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (replace(GOOD, text="x" * 200_001), None),
        (replace(GOOD, sources=[{"text": "x" * 2_000_001}]), None),
        (replace(GOOD, finish_reason="x" * 201), None),
        (GOOD, Fault(status=413)),
    ],
    ids=["text", "sources", "reason", "413"],
)
async def test_an_answer_that_the_store_refuses_is_set_aside_at_once(
    project: SupabaseServer,
    supabase_stores: ReaderStores,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
    fault: Fault | None,
) -> None:
    reader, conversations = await new_guest(supabase_stores), supabase_stores.conversations
    turn = await conversations.begin_turn(reader, TurnRequest(uuid4(), "Why?"))
    project.faults.rest = fault
    with pytest.raises(NotKeptError):
        await conversations.finish_turn(reader, turn, answer)
    project.faults.rest = None
    (kept,) = (tmp_path / OUTBOX_NAME).glob("*/*-*")
    assert kept.suffix == ".rejected"
    assert json.loads(kept.read_text())["answer"]["text"] == answer.text
    assert "was set aside (bad_input)" in caplog.text
    again = await conversations.begin_turn(reader, TurnRequest(turn.conversation_id, "And now?"))
    assert await conversations.finish_turn(reader, again, GOOD)


async def test_a_refused_answer_holds_up_nothing_that_waits_behind_it(
    project: SupabaseServer, supabase_stores: ReaderStores, tmp_path: Path
) -> None:
    reader, conversations = await new_guest(supabase_stores), supabase_stores.conversations
    conversation = uuid4()
    project.faults.rest = Fault(status=503)
    for question, answer in (("One?", GOOD), ("Two?", replace(GOOD, text="x" * 200_001)), ("Three?", GOOD)):
        turn = await conversations.begin_turn(reader, TurnRequest(conversation, question))
        assert not await conversations.finish_turn(reader, turn, answer)
    project.faults.rest = None
    found = (await conversations.open(reader, conversation)).messages
    assert [message.content for message in found if message.role == "user"] == ["One?", "Two?", "Three?"]
    assert [path.suffix for path in (tmp_path / OUTBOX_NAME).glob("*/*-*")] == [".rejected"]


async def test_what_waits_for_a_user_who_was_deleted_in_the_dashboard_is_deleted(
    project: SupabaseServer, supabase_stores: ReaderStores, tmp_path: Path
) -> None:
    gone, other = await new_guest(supabase_stores), await new_guest(supabase_stores)
    project.faults.rest = Fault(status=503)
    for reader in (gone, other):
        turn = await supabase_stores.conversations.begin_turn(reader, TurnRequest(uuid4(), "Why?"))
        assert not await supabase_stores.conversations.finish_turn(reader, turn, GOOD)
    project.sql("delete from auth.users where id = %s", gone.id)
    project.faults.rest = None
    for reader in (gone, other):
        await supabase_stores.conversations.page(reader)
    assert not (tmp_path / OUTBOX_NAME / str(gone.id)).exists()
    assert len((await supabase_stores.conversations.page(other)).conversations) == 1


async def test_deleting_a_conversation_deletes_what_waits_for_it(
    saved: SavedConversations, flaky: SometimesAway, local_stores: ReaderStores
) -> None:
    reader, conversation_id = await new_guest(local_stores), uuid4()
    await turn(saved, reader, conversation_id, "Q0")
    flaky.away = True
    await turn(saved, reader, conversation_id, "Q1")
    flaky.away = False
    await saved.delete(reader, conversation_id)
    with pytest.raises(NotFoundError):
        await saved.open(reader, conversation_id)


async def test_deleting_everything_deletes_what_was_set_aside_too(
    saved: SavedConversations, flaky: SometimesAway, local_stores: ReaderStores, tmp_path: Path
) -> None:
    reader, other = await new_guest(local_stores), await new_guest(local_stores)
    flaky.away = True
    await turn(saved, reader, uuid4(), "Q0")
    await turn(saved, other, uuid4(), "Theirs")
    folder = tmp_path / "box" / str(reader.id)
    (folder / "00-broken.json").write_text("{")
    flaky.away = False
    await saved.page(reader)
    assert list(folder.glob("*.rejected"))
    await saved.delete_all(reader)
    assert not folder.exists()  # its name is the reader's id
    assert len(list((tmp_path / "box" / str(other.id)).glob("*.json"))) == 1


async def test_the_outbox_is_emptied_without_anybody_asking(
    saved: SavedConversations, flaky: SometimesAway, local_stores: ReaderStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.conversations.saved, "FLUSH_SECONDS", 0.05)
    reader, conversation_id = await new_guest(local_stores), uuid4()
    flaky.away = True
    await turn(saved, reader, conversation_id, "Q0")
    flaky.away = False
    saved.start()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        page = await local_stores.conversations.page(reader)
        if page.conversations:
            break
    assert texts((await local_stores.conversations.open(reader, conversation_id)).messages)[0] == "Q0"


@pytest.mark.parametrize("fault", FAULTS)
async def test_chatting_goes_on_while_supabase_is_away(
    fault: str, project: SupabaseServer, supabase_stores: ReaderStores, tmp_path: Path
) -> None:
    reader, conversation_id = await sign_up(supabase_stores, "a@book.example"), uuid4()
    project.faults.auth = project.faults.rest = project.faults.jwks = FAULTS[fault]
    started = time.monotonic()
    assert (await supabase_stores.accounts.verify(reader.access_token)).id == reader.id
    assert await turn(supabase_stores.conversations, reader, conversation_id, "Q0") is False
    assert time.monotonic() - started < 5
    assert list((tmp_path / OUTBOX_NAME).rglob("*.json"))
    project.faults.auth = project.faults.rest = project.faults.jwks = None
    opened = await supabase_stores.conversations.open(reader, conversation_id)
    assert texts(opened.messages) == ["Q0", "A:Q0"]


async def test_a_conversation_that_waits_is_away_and_not_missing(
    project: SupabaseServer, supabase_stores: ReaderStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.conversations.saved, "AWAY_SECONDS", 60.0)
    conversations, conversation_id = supabase_stores.conversations, uuid4()
    reader = await sign_up(supabase_stores, "a@book.example")
    project.faults.rest = Fault(status=503)
    for question in ("Q0", "Q1", "Q2"):
        assert await turn(conversations, reader, conversation_id, question) is False
    project.faults.rest = None  # back, but left alone for a while after so many failures
    for call in (
        conversations.open(reader, conversation_id),
        conversations.get(reader, conversation_id),
        conversations.rename(reader, conversation_id, "A title"),
    ):
        with pytest.raises(StorageUnavailableError):
            await call
    with pytest.raises(NotFoundError):
        await conversations.open(reader, uuid4())


@pytest.mark.parametrize("content", ["{}", "null", '"x"', "[]", "5", "[5]", '{"question": 1}'])
async def test_an_answer_of_another_shape_is_a_store_that_is_away(
    project: SupabaseServer, supabase_stores: ReaderStores, tmp_path: Path, content: str
) -> None:
    conversations, conversation_id = supabase_stores.conversations, uuid4()
    reader = await sign_up(supabase_stores, "a@book.example")
    assert await turn(conversations, reader, conversation_id, "Q0") is True
    project.faults.rest = Fault(json_with_200=content)
    assert await turn(conversations, reader, conversation_id, "Q1") is False
    assert list((tmp_path / OUTBOX_NAME).rglob("*.json"))
    project.faults.rest = None
    assert texts((await conversations.open(reader, conversation_id)).messages) == ["Q0", "A:Q0", "Q1", "A:Q1"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_signing_in_says_within_its_time_limit_that_it_cannot(
    fault: str, project: SupabaseServer, supabase_stores: ReaderStores
) -> None:
    project.faults.auth = project.faults.rest = FAULTS[fault]
    accounts, reader = supabase_stores.accounts, Reader(uuid4(), is_guest=True, access_token="x", expires_at=0)
    started = time.monotonic()
    for call in (
        accounts.sign_in("a@book.example", PASSWORD),
        accounts.sign_up(NewAccount("a@book.example", PASSWORD)),
        accounts.sign_in_guest(),
        accounts.refresh("token"),
        accounts.account(reader),
        accounts.profile(reader),
        supabase_stores.conversations.page(reader),
    ):
        with pytest.raises(StorageUnavailableError):
            await call
    assert time.monotonic() - started < 7 * 1.5


async def test_nothing_secret_reaches_a_log(
    project: SupabaseServer,
    supabase_stores: ReaderStores,
    local_stores: ReaderStores,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    email, secrets = "very.secret@book.example", [PASSWORD, "very.secret", "a wrong password", "odd-address"]
    for stores in (local_stores, supabase_stores):
        signed_in = await stores.accounts.sign_up(NewAccount(email, PASSWORD))
        assert signed_in.session is not None
        session = signed_in.session
        secrets += [session.access_token, session.refresh_token]
        reader = await stores.accounts.verify(session.access_token)
        await turn(stores.conversations, reader, uuid4(), "Q0")
        for call in (
            stores.accounts.sign_in(email, "a wrong password"),
            stores.accounts.sign_up(NewAccount(email, "a wrong password")),
            stores.accounts.sign_up(NewAccount("odd-address@", PASSWORD)),
            stores.accounts.verify(session.access_token[:-4]),
            stores.accounts.refresh(session.refresh_token + "x"),
        ):
            with pytest.raises(BookragError) as error:
                await call
            logging.getLogger("test").error("as the app logs it", exc_info=error.value)
    for fault in FAULTS.values():
        project.faults.auth = project.faults.rest = fault
        with pytest.raises(BookragError) as error:
            await supabase_stores.accounts.sign_in(email, PASSWORD)
        logging.getLogger("test").error("as the app logs it", exc_info=error.value)
        await turn(supabase_stores.conversations, reader, uuid4(), "Q1")
    assert caplog.records
    for secret in secrets:
        assert secret not in caplog.text
