"""What every conversation store does, run against SQLite and against Supabase tables under row-level security."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from storage.accounts.reader import Profile, Reader
from storage.conversations.turns import Answer, OpenTurn, Summary, TurnRequest
from storage.errors import CursorError, IdempotencyError, NotFoundError
from storage.reader_stores import ReaderStores
from tests.reader_stores import new_guest, sign_up

GOOD = Answer("Because.", complete=True, finish_reason="stop")


async def ask(stores: ReaderStores, reader: Reader, conversation_id: UUID, question: str, **more: str) -> OpenTurn:
    turn = await stores.conversations.begin_turn(
        reader, TurnRequest(conversation_id, question, idempotency_key=more.get("key"))
    )
    await stores.conversations.finish_turn(reader, turn, replace(GOOD, text=f"Answer to {question}"))
    return turn


class TestTurns:
    async def test_a_question_makes_its_conversation_with_a_title(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        conversation_id = uuid4()
        await ask(stores, reader, conversation_id, "What is a  quaternion,\nand why?")
        (found,) = (await stores.conversations.page(reader)).conversations
        assert found.id == conversation_id
        assert found.title == "What is a quaternion, and why?"

    async def test_the_question_is_stored_before_the_answer(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        turn = await stores.conversations.begin_turn(reader, TurnRequest(uuid4(), "Why?"))
        opened = await stores.conversations.open(reader, turn.conversation_id)
        assert [(m.role, m.content, m.status) for m in opened.messages] == [
            ("user", "Why?", "complete"),
            ("assistant", "", "pending"),
        ]
        assert opened.messages[1].id == turn.answer_id == opened.head_id

    async def test_an_answer_keeps_all_that_belongs_to_it(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        turn = await stores.conversations.begin_turn(
            reader, TurnRequest(uuid4(), "Why?", client_id="c1", selected_text="sel", page_url="/docs/x")
        )
        answer = Answer(
            "Half an ans",
            complete=False,
            finish_reason="error",
            sources=[{"number": 1, "url": "/docs/x#y", "heading_path": ["A", "B"]}],
            build="b1",
            timing={"total_ms": 12.5},
            grounded=True,
            verdict="uncertain",
            understood={"searched_for": "the gait", "corrections": [{"typed": "giat", "searched": "gait"}]},
            error_code="model_unavailable",
            model_version="gemini-3-flash-001",
        )
        assert await stores.conversations.finish_turn(reader, turn, answer) is True
        question, stored = (await stores.conversations.open(reader, turn.conversation_id)).messages
        assert (question.client_id, question.selected_text, question.page_url) == ("c1", "sel", "/docs/x")
        assert (stored.content, stored.status, stored.finish_reason) == ("Half an ans", "incomplete", "error")
        assert stored.model_version == "gemini-3-flash-001"
        assert (stored.build, stored.timing) == ("b1", {"total_ms": 12.5})
        assert (stored.grounded, stored.verdict) == (True, "uncertain")
        assert stored.understood == answer.understood
        assert stored.sources == ({"number": 1, "url": "/docs/x#y", "heading_path": ["A", "B"]},)
        assert (stored.error_code, stored.parent_id) == ("model_unavailable", question.id)

    async def test_history_is_what_was_said_before_within_its_limit(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        conversation_id = uuid4()
        for number in range(4):
            await ask(stores, reader, conversation_id, f"Q{number}")
        turn = await stores.conversations.begin_turn(reader, TurnRequest(conversation_id, "Q4", history_limit=3))
        assert [message.content for message in turn.history] == ["Answer to Q2", "Q3", "Answer to Q3"]
        none = await stores.conversations.begin_turn(reader, TurnRequest(conversation_id, "Q5", history_limit=0))
        assert none.history == ()

    async def test_history_is_what_was_said_without_the_sources(self, stores: ReaderStores) -> None:
        reader, conversation_id = await new_guest(stores), uuid4()
        asked = TurnRequest(conversation_id, "Why?", selected_text="The foot.")
        first = await stores.conversations.begin_turn(reader, asked)
        await stores.conversations.finish_turn(reader, first, replace(GOOD, sources=[{"text": "A passage."}]))
        question, answer = (await stores.conversations.begin_turn(reader, TurnRequest(conversation_id, "And?"))).history
        assert (question.id, question.content, question.selected_text) == (first.question_id, "Why?", "The foot.")
        assert (answer.id, answer.role, answer.status) == (first.answer_id, "assistant", "complete")
        assert (answer.parent_id, answer.sources) == (first.question_id, ())
        stored = (await stores.conversations.open(reader, conversation_id)).messages[1]
        assert stored.sources == ({"text": "A passage."},)

    async def test_a_retry_is_the_same_turn_and_gets_its_answer(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        conversation_id = uuid4()
        first = await stores.conversations.begin_turn(reader, TurnRequest(conversation_id, "Why?", idempotency_key="k"))
        running = await stores.conversations.begin_turn(
            reader, TurnRequest(conversation_id, "Why?", idempotency_key="k")
        )
        assert running.answer is not None
        assert running.finished is None
        await stores.conversations.finish_turn(reader, first, GOOD)
        again = await stores.conversations.begin_turn(reader, TurnRequest(conversation_id, "Why?", idempotency_key="k"))
        assert (again.question_id, again.answer_id) == (first.question_id, first.answer_id)
        assert again.finished is not None
        assert again.finished.content == "Because."
        assert len((await stores.conversations.open(reader, conversation_id)).messages) == 2

    async def test_a_message_id_of_the_client_serves_as_key(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        request = TurnRequest(uuid4(), "Why?", client_id="msg-1")
        first = await stores.conversations.begin_turn(reader, request)
        again = await stores.conversations.begin_turn(reader, request)
        assert again.answer_id == first.answer_id

    async def test_a_key_for_another_question_is_refused(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        conversation_id = uuid4()
        await ask(stores, reader, conversation_id, "Why?", key="k")
        with pytest.raises(IdempotencyError):
            await ask(stores, reader, conversation_id, "What?", key="k")
        assert len((await stores.conversations.open(reader, conversation_id)).messages) == 2

    async def test_many_retries_at_once_are_one_turn(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        request = TurnRequest(uuid4(), "Why?", idempotency_key="k")
        turns = await asyncio.gather(*(stores.conversations.begin_turn(reader, request) for _ in range(8)))
        assert len({turn.answer_id for turn in turns}) == 1
        assert len((await stores.conversations.open(reader, request.conversation_id)).messages) == 2

    async def test_two_questions_at_once_are_put_in_order(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        conversation_id = uuid4()
        await asyncio.gather(*(ask(stores, reader, conversation_id, f"Q{number}") for number in range(6)))
        opened = await stores.conversations.open(reader, conversation_id)
        assert len(opened.messages) == 12
        parents = [message.parent_id for message in opened.messages if message.role == "user"]
        assert len(set(parents)) == 6  # a chain, not a fan

    async def test_an_answer_is_written_once(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        turn = await ask(stores, reader, uuid4(), "Why?")
        await stores.conversations.finish_turn(reader, turn, replace(GOOD, text="Another"))
        opened = await stores.conversations.open(reader, turn.conversation_id)
        assert opened.messages[1].content == "Answer to Why?"

    async def test_regenerating_keeps_the_earlier_answer_as_a_version(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        first = await ask(stores, reader, uuid4(), "Why?")
        for target in (str(first.answer_id), str(first.question_id), None):
            turn = await stores.conversations.begin_turn(
                reader, TurnRequest(first.conversation_id, trigger="regenerate", target=target)
            )
            assert (turn.question, turn.question_id, turn.history) == ("Why?", first.question_id, ())
            await stores.conversations.finish_turn(reader, turn, GOOD)
        opened = await stores.conversations.open(reader, first.conversation_id)
        assert [(m.role, m.version) for m in opened.messages] == [
            ("user", 1),
            ("assistant", 1),
            ("assistant", 2),
            ("assistant", 3),
            ("assistant", 4),
        ]
        assert opened.head_id == opened.messages[-1].id

    async def test_regenerating_again_and_again_is_not_taken_for_a_retry(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        request = TurnRequest(uuid4(), "Why?", client_id="m")
        first = await stores.conversations.begin_turn(reader, request)
        again = replace(request, trigger="regenerate", target=str(first.answer_id))
        ids = {(await stores.conversations.begin_turn(reader, again)).answer_id for _ in range(2)}
        assert len(ids | {first.answer_id}) == 3

    async def test_editing_a_question_branches(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        conversation_id = uuid4()
        await ask(stores, reader, conversation_id, "Q0")
        edited = TurnRequest(conversation_id, "Q1", client_id="m1")
        turn = await stores.conversations.begin_turn(reader, edited)
        await stores.conversations.finish_turn(reader, turn, GOOD)
        other = await stores.conversations.begin_turn(reader, replace(edited, question="Q1 better", target="m1"))
        await stores.conversations.finish_turn(reader, other, GOOD)
        assert [message.content for message in other.history] == ["Q0", "Answer to Q0"]
        after = await stores.conversations.begin_turn(reader, TurnRequest(conversation_id, "Q2"))
        assert [m.content for m in after.history] == ["Q0", "Answer to Q0", "Q1 better", "Because."]
        opened = await stores.conversations.open(reader, conversation_id)
        versions = {m.content: m.version for m in opened.messages if m.role == "user"}
        assert versions == {"Q0": 1, "Q1": 1, "Q1 better": 2, "Q2": 1}

    async def test_a_question_edited_back_to_what_it_was_goes_on_from_its_answer(self, stores: ReaderStores) -> None:
        reader, conversation_id = await new_guest(stores), uuid4()
        store = stores.conversations

        async def sent(question: str, **more: str) -> OpenTurn:
            key = f"u1 {question}"
            asked = TurnRequest(conversation_id, question, client_id="u1", idempotency_key=key, **more)  # type: ignore[arg-type]
            turn = await store.begin_turn(reader, asked)
            await store.finish_turn(reader, turn, replace(GOOD, text=f"Answer to {question}"))
            return turn

        first = await sent("Old")
        edited = await sent("New", target="u1")
        assert (await store.open(reader, conversation_id)).head_id == edited.answer_id
        back = await sent("Old", target="u1")
        assert (back.answer_id, back.finished is not None) == (first.answer_id, True)
        assert (await store.open(reader, conversation_id)).head_id == first.answer_id
        after = await ask(stores, reader, conversation_id, "And?")
        assert [m.content for m in after.history] == ["Old", "Answer to Old"]
        # A late second sending of the edit finds its answer on the branch, and leaves the branch as it is.
        await sent("Old", target="u1")
        assert (await store.open(reader, conversation_id)).head_id == after.answer_id

    async def test_a_turn_may_go_on_from_any_message(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        conversation_id = uuid4()
        first = await ask(stores, reader, conversation_id, "Q0")
        await ask(stores, reader, conversation_id, "Q1")
        request = TurnRequest(conversation_id, "Q2", parent_id=first.answer_id)
        turn = await stores.conversations.begin_turn(reader, request)
        assert [message.content for message in turn.history] == ["Q0", "Answer to Q0"]

    async def test_a_message_that_is_not_there_cannot_be_answered_again(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        turn = await ask(stores, reader, uuid4(), "Why?")
        request = TurnRequest(turn.conversation_id, trigger="regenerate", target=str(uuid4()))
        with pytest.raises(NotFoundError):
            await stores.conversations.begin_turn(reader, request)
        with pytest.raises(NotFoundError):
            await stores.conversations.begin_turn(reader, TurnRequest(turn.conversation_id, "And?", parent_id=uuid4()))

    async def test_any_text_is_stored(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        turn = await stores.conversations.begin_turn(
            reader, TurnRequest(uuid4(), "nul \x00 surrogate \ud800 اردو 𝕊 '; drop table--", client_id="\x00")
        )
        odd = replace(GOOD, text="\x00\udfff", sources=[{"text": "a\x00b", "path": ["\ud800"]}])
        await stores.conversations.finish_turn(reader, turn, odd)
        question, answer = (await stores.conversations.open(reader, turn.conversation_id)).messages
        assert question.content == "nul \ufffd surrogate \ufffd اردو 𝕊 '; drop table--"
        assert answer.content == "\ufffd\ufffd"
        assert answer.sources == ({"text": "a\ufffdb", "path": ["\ufffd"]},)

    async def test_profile_and_summary_come_with_the_turn(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        profile = Profile("Ada", "advanced", True, ("ROS 2", "control"), "hands-on")
        await stores.accounts.save_profile(reader, profile)
        turn = await ask(stores, reader, uuid4(), "Why?")
        await stores.conversations.save_summary(
            reader, turn.conversation_id, Summary("They asked why.", turn.answer_id)
        )
        after = await stores.conversations.begin_turn(reader, TurnRequest(turn.conversation_id, "And?"))
        assert after.profile == profile
        assert after.summary == Summary("They asked why.", turn.answer_id)


class TestOthers:
    async def test_somebody_elses_conversation_is_like_none(self, stores: ReaderStores) -> None:
        owner, other = await sign_up(stores, "a@book.example"), await new_guest(stores)
        turn = await ask(stores, owner, uuid4(), "Secret?")
        store, theirs = stores.conversations, turn.conversation_id
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: store.begin_turn(other, TurnRequest(theirs, "Mine?")),
            lambda: store.begin_turn(other, TurnRequest(theirs, trigger="regenerate")),
            lambda: store.get(other, theirs),
            lambda: store.open(other, theirs),
            lambda: store.rename(other, theirs, "Mine"),
            lambda: store.delete(other, theirs),
            lambda: store.save_summary(other, theirs, Summary("x", uuid4())),
        ]
        for attempt in attempts:
            with pytest.raises(NotFoundError) as theirs_error:
                await attempt()
        with pytest.raises(NotFoundError) as none_error:
            await store.delete(other, uuid4())
        assert str(theirs_error.value) == str(none_error.value)
        assert (await store.page(other)).conversations == ()
        assert (await store.page(other, search="Secret")).conversations == ()
        assert await store.delete_all(other) == 0
        assert len((await store.open(owner, theirs)).messages) == 2

    async def test_nobody_finishes_anothers_turn(self, stores: ReaderStores) -> None:
        owner, other = await sign_up(stores, "a@book.example"), await new_guest(stores)
        turn = await stores.conversations.begin_turn(owner, TurnRequest(uuid4(), "Why?"))
        await stores.conversations.finish_turn(other, turn, replace(GOOD, text="Forged"))
        opened = await stores.conversations.open(owner, turn.conversation_id)
        assert opened.messages[1].status == "pending"

    async def test_the_same_key_of_two_readers_is_two_turns(self, stores: ReaderStores) -> None:
        one, two = await sign_up(stores, "a@book.example"), await new_guest(stores)
        turns = [await ask(stores, reader, uuid4(), "Why?", key="k") for reader in (one, two)]
        assert turns[0].answer_id != turns[1].answer_id


class TestList:
    async def test_pages_hold_each_conversation_once_newest_first(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        ids = [uuid4() for _ in range(7)]
        for number, conversation_id in enumerate(ids):
            await ask(stores, reader, conversation_id, f"Q{number}")
        seen: list[UUID] = []
        cursor = None
        while True:
            page = await stores.conversations.page(reader, limit=3, cursor=cursor)
            seen += [conversation.id for conversation in page.conversations]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == ids[::-1]

    async def test_a_conversation_that_is_used_comes_first_again(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        first, second = uuid4(), uuid4()
        for conversation_id in (first, second, first):
            await ask(stores, reader, conversation_id, "Q")
        assert [c.id for c in (await stores.conversations.page(reader)).conversations] == [first, second]

    async def test_a_cursor_that_was_changed_or_is_anothers_is_refused(self, stores: ReaderStores) -> None:
        reader, other = await sign_up(stores, "a@book.example"), await new_guest(stores)
        for number in range(2):
            await ask(stores, reader, uuid4(), f"Q{number}")
        cursor = (await stores.conversations.page(reader, limit=1)).next_cursor
        assert cursor is not None
        changed = [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(len(cursor))]
        for bad in [*changed, cursor[:-1], cursor + "A", cursor + "=", "", "x", "é", "0" * 900]:
            if bad:
                with pytest.raises(CursorError):
                    await stores.conversations.page(reader, cursor=bad)
        with pytest.raises(CursorError):
            await stores.conversations.page(other, cursor=cursor)

    @pytest.mark.parametrize("words", ["quaternion", "QUATERNION", "50%_sure", "Ärger"])
    async def test_search_finds_words_in_titles_and_messages(self, stores: ReaderStores, words: str) -> None:
        reader = await sign_up(stores, "a@book.example")
        wanted = uuid4()
        await ask(stores, reader, uuid4(), "Something 50 sure else")
        await ask(stores, reader, wanted, "First")
        await ask(stores, reader, wanted, "Is a Quaternion 50%_sure ärger?")
        (found,) = (await stores.conversations.page(reader, search=words)).conversations
        assert found.id == wanted
        assert found.snippet is not None
        assert words.casefold() in found.snippet.casefold()

    async def test_a_conversation_is_renamed_and_deleted(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        turn = await ask(stores, reader, uuid4(), "Why?")
        renamed = await stores.conversations.rename(reader, turn.conversation_id, "Reasons")
        assert renamed.title == "Reasons"
        assert (await stores.conversations.get(reader, turn.conversation_id)).title == "Reasons"
        await stores.conversations.delete(reader, turn.conversation_id)
        with pytest.raises(NotFoundError):
            await stores.conversations.open(reader, turn.conversation_id)

    async def test_deleting_all_leaves_others_alone(self, stores: ReaderStores) -> None:
        reader, other = await sign_up(stores, "a@book.example"), await new_guest(stores)
        for whom in (reader, reader, other):
            await ask(stores, whom, uuid4(), "Why?")
        assert await stores.conversations.delete_all(reader) == 2
        assert (await stores.conversations.page(reader)).conversations == ()
        assert len((await stores.conversations.page(other)).conversations) == 1

    async def test_an_answer_to_a_deleted_conversation_does_not_bring_it_back(self, stores: ReaderStores) -> None:
        reader = await sign_up(stores, "a@book.example")
        turn = await stores.conversations.begin_turn(reader, TurnRequest(uuid4(), "Why?"))
        await stores.conversations.delete(reader, turn.conversation_id)
        assert await stores.conversations.finish_turn(reader, turn, GOOD) is True
        assert (await stores.conversations.page(reader)).conversations == ()


@pytest.mark.parametrize("coming", [40, pytest.param(200, marks=pytest.mark.exhaustive)])
async def test_readers_who_come_at_once_never_see_each_other(stores: ReaderStores, coming: int) -> None:
    readers = [await new_guest(stores) for _ in range(coming)]
    conversation_ids = {reader.id: uuid4() for reader in readers}

    at_once = asyncio.Semaphore(25)  # three times the connections that the stand-in has to the database

    async def come(reader: Reader) -> None:
        async with at_once:
            await visit(reader)

    async def visit(reader: Reader) -> None:
        mine = conversation_ids[reader.id]
        await ask(stores, reader, mine, f"{reader.id} asks")
        opened = await stores.conversations.open(reader, mine)
        assert all(str(reader.id) in message.content for message in opened.messages)
        page = await stores.conversations.page(reader)
        assert [conversation.id for conversation in page.conversations] == [mine]
        assert (await stores.accounts.account(reader)).id == reader.id

    await asyncio.gather(*(come(reader) for reader in readers))
