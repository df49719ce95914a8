"""What accounts and history cost: a token's check, what history adds before an answer's first word, a long history.

    python -m benchmarks.accounts [--readers 1000] [--store sqlite|supabase]

`supabase` is the test project: the real `supabase` package, a real PostgreSQL with the real policies and functions, and
in between a PostgREST-shaped server in Python that shares this process: PostgREST itself is faster.
"""

import argparse
import asyncio
import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from storage.accounts.local import LocalAccounts
from storage.accounts.opening import DATABASE_NAME, ReaderStores
from storage.accounts.reader import Reader
from storage.accounts.supabase import SupabaseAccounts
from storage.conversations.turns import Answer, TurnRequest
from storage.sqlite import Database
from tests.reader_stores import new_guest, opened
from tests.supabase_server import supabase_project

CONVERSATIONS, MESSAGES = 20, 20
TEXT = "The zero moment point is where the ground reaction acts. " * 8

Figure = Callable[[], Awaitable[object]]


async def main() -> None:
    """Print the three figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--readers", type=int, default=1_000)
    parser.add_argument("--store", choices=["sqlite", "supabase"])
    arguments = parser.parse_args()
    for kind in [arguments.store] if arguments.store else ["sqlite", "supabase"]:
        print(f"\n{kind}")
        async with prepared(kind, arguments.readers) as (stores, reader, fill):
            await token_check(stores, reader)
            await before_the_first_word(stores, reader, kind)
            await long_history(stores, reader, fill, arguments.readers)


@contextlib.asynccontextmanager
async def prepared(kind: str, readers: int) -> AsyncIterator[tuple[ReaderStores, Reader, Callable[[UUID], None]]]:
    """Stores with a reader, and what fills them with others' conversations and the reader's."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        project = stack.enter_context(supabase_project()) if kind == "supabase" else None
        async with opened(folder, project) as stores:
            reader = await new_guest(stores)
            if project is None:
                yield stores, reader, lambda own: fill_sqlite(folder, own, readers)
            else:
                url = project.database_url
                yield stores, reader, lambda own: fill_postgresql(url, own, readers)


async def token_check(stores: ReaderStores, reader: Reader) -> None:
    """A token that was never seen, and one that was just checked."""
    accounts = stores.accounts
    if not isinstance(accounts, LocalAccounts | SupabaseAccounts):
        raise TypeError

    async def unseen() -> object:
        accounts._verifier._known.clear()  # noqa: SLF001 — the cache is what is left out here
        return await accounts.verify(reader.access_token)

    report("check a token, never seen", await measured(unseen, 1_000), "0.3 ms")
    report("check a token, seen", await measured(lambda: accounts.verify(reader.access_token), 1_000), "0.3 ms")


async def before_the_first_word(stores: ReaderStores, reader: Reader, kind: str) -> None:
    """`begin_turn` in a conversation of 20 messages: question stored, history and profile read."""
    conversation_id = uuid4()
    for number in range(MESSAGES // 2):
        turn = await stores.conversations.begin_turn(reader, TurnRequest(conversation_id, f"{number} {TEXT}"))
        await stores.conversations.finish_turn(reader, turn, Answer(TEXT, complete=True, finish_reason="stop"))

    async def begin() -> object:
        return await stores.conversations.begin_turn(reader, TurnRequest(conversation_id, TEXT, history_limit=20))

    times = await measured(begin, 200)
    report("history before the first word", times, "5 ms" if kind == "sqlite" else "15 ms")


async def long_history(stores: ReaderStores, reader: Reader, fill: Callable[[UUID], None], readers: int) -> None:
    """List and open one, among many readers with long histories."""
    started = time.perf_counter()
    await asyncio.to_thread(fill, reader.id)
    total = readers * CONVERSATIONS * MESSAGES
    print(f"  ({total:,} messages of {readers:,} readers written in {time.perf_counter() - started:.0f} s)")

    async def list_and_open() -> object:
        page = await stores.conversations.page(reader)
        chosen = random.choice(page.conversations)
        return await stores.conversations.open(reader, chosen.id)

    report("list and open one", await measured(list_and_open, 200), "30 ms (p95)")


async def measured(figure: Figure, times: int) -> list[float]:
    """Milliseconds of each call, after a few that warm up."""
    for _ in range(5):
        await figure()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        await figure()
        taken.append((time.perf_counter() - started) * 1_000)
    return taken


def report(name: str, times: list[float], to_reach: str) -> None:
    """One line."""
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"  {name:32} p50 {statistics.median(times):7.3f} ms   p95 {p95:7.3f} ms   to reach: {to_reach}")


def fill_sqlite(folder: Path, own: UUID, readers: int) -> None:
    """Many readers' conversations, `own` among them, straight into the tables."""
    database = Database(folder / DATABASE_NAME)
    db = database._connect()  # noqa: SLF001 — a million rows one by one would take an hour
    moment = "2026-11-21T00:00:00.000000+00:00"
    db.execute("BEGIN")
    for number in range(readers):
        user = str(own if number == readers // 2 else uuid4())
        db.execute("INSERT OR IGNORE INTO users (id, created_at) VALUES (?, ?)", (user, moment))
        for _ in range(CONVERSATIONS):
            conversation = str(uuid4())
            parent: str | None = None
            db.execute(
                "INSERT INTO conversations (id, user_id, title, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                (conversation, user, "A title", moment, moment),
            )
            rows = []
            for message in range(MESSAGES):
                role = "assistant" if message % 2 else "user"
                rows.append((str(uuid4()), conversation, parent, role, "complete", TEXT, moment))
                parent = rows[-1][0]
            db.executemany(
                "INSERT INTO messages (id, conversation_id, parent_id, role, status, content, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
    db.execute("COMMIT")
    db.close()


def fill_postgresql(url: str, own: UUID, readers: int) -> None:
    """The same, by PostgreSQL itself."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into auth.users (id, is_anonymous) select gen_random_uuid(), true from generate_series(2, %s)",
            (readers,),
        )
        connection.execute(
            "insert into public.conversations (id, user_id, title) "
            "select gen_random_uuid(), u.id, 'A title' from auth.users u, generate_series(1, %s)",
            (CONVERSATIONS,),
        )
        connection.execute(
            "insert into public.messages (id, conversation_id, user_id, role, status, content) "
            "select gen_random_uuid(), c.id, c.user_id, case n %% 2 when 1 then 'user' else 'assistant' end, "
            "'complete', %s from public.conversations c, generate_series(1, %s) n",
            (TEXT, MESSAGES),
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("analyze")


if __name__ == "__main__":
    asyncio.run(main())
