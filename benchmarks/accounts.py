"""What accounts and history cost: a token's check, what history adds before an answer's first word, a long history.

    python -m benchmarks.accounts [--readers 1000] [--store sqlite|supabase]

`supabase` is the test project: the real `supabase` package, a real PostgreSQL with the real policies and functions, and
in between a PostgREST-shaped server in Python with a process of its own. Its floor is the same request over a bare
connection, decoded by nobody: what is above it is ours and the `supabase` package's. PostgREST itself is faster.
"""

import argparse
import asyncio
import contextlib
import json
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from storage.accounts.reader import Reader
from storage.accounts.sqlite_store import LocalAccounts
from storage.accounts.supabase_store import SupabaseAccounts
from storage.conversations.turns import Answer, TurnRequest
from storage.reader_stores import ReaderStores
from storage.sqlite import DATABASE_NAME, Database
from tests.reader_stores import new_guest, opened
from tests.supabase_server import PUBLISHABLE_KEY, SupabaseServer, supabase_project

CONVERSATIONS, MESSAGES = 20, 20
TEXT = "The zero moment point is where the ground reaction acts. " * 8
SOURCES = [
    {"number": n, "url": f"/docs/zmp#{n}", "title": "ZMP", "heading_path": ["ZMP"], "text": TEXT * 2} for n in range(6)
]

Figure = Callable[[], Awaitable[object]]


async def main() -> None:
    """Print the three figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--readers", type=int, default=1_000)
    parser.add_argument("--store", choices=["sqlite", "supabase"])
    arguments = parser.parse_args()
    for kind in [arguments.store] if arguments.store else ["sqlite", "supabase"]:
        print(f"\n{kind}")
        async with prepared(kind, arguments.readers) as (stores, reader, fill, project):
            await token_check(stores, reader)
            await before_the_first_word(stores, reader, project)
            await long_history(stores, reader, fill, arguments.readers, project)


@contextlib.asynccontextmanager
async def prepared(
    kind: str, readers: int
) -> AsyncIterator[tuple[ReaderStores, Reader, Callable[[UUID], None], SupabaseServer | None]]:
    """Stores with a reader, and what fills them with others' conversations and the reader's."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        project = stack.enter_context(supabase_project()) if kind == "supabase" else None
        async with opened(folder, project) as stores:
            reader = await new_guest(stores)
            if project is None:
                yield stores, reader, lambda own: fill_sqlite(folder, own, readers), None
            else:
                url = project.database_url
                yield stores, reader, lambda own: fill_postgresql(url, own, readers), project


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
    if isinstance(accounts, LocalAccounts):  # which reads the token's session from SQLite, too
        verifier = accounts._verifier  # noqa: SLF001 — the floor of the above
        report("  of it, the signature", await measured(lambda: verifier.verify(reader.access_token), 1_000), "–")

        async def at_once() -> object:
            return await asyncio.gather(*(accounts.verify(reader.access_token) for _ in range(100)))

        report("check 100 tokens at once", await measured(at_once, 30), "30 ms")


async def before_the_first_word(stores: ReaderStores, reader: Reader, project: SupabaseServer | None) -> None:
    """`begin_turn` in a conversation of 20 messages: question stored, history and profile read."""
    conversation_id = uuid4()
    for number in range(MESSAGES // 2):
        turn = await stores.conversations.begin_turn(reader, TurnRequest(conversation_id, f"{number} {TEXT}"))
        await stores.conversations.finish_turn(
            reader, turn, Answer(TEXT, complete=True, finish_reason="stop", sources=SOURCES)
        )

    async def begin() -> object:
        return await stores.conversations.begin_turn(reader, TurnRequest(conversation_id, TEXT, history_limit=20))

    report("history before the first word", await measured(begin, 200), "5 ms" if project is None else "15 ms")
    if project:
        async with bare_connection(project, reader) as call:
            asked = {
                "conversation_id": str(conversation_id),
                "trigger": "submit",
                "question": TEXT,
                "history_limit": 20,
            }

            async def begin_bare() -> object:
                ids = {"question_id": str(uuid4()), "answer_id": str(uuid4()), "title": "Title"}
                return await call("begin_turn", {"turn": asked | ids})

            report("  of it, the stand-in", await measured(begin_bare, 200), "the floor")


async def long_history(
    stores: ReaderStores,
    reader: Reader,
    fill: Callable[[UUID], None],
    readers: int,
    project: SupabaseServer | None,
) -> None:
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
    if project:
        chosen = (await stores.conversations.page(reader)).conversations[-1].id
        async with bare_connection(project, reader) as call:

            async def list_and_open_bare() -> object:
                await call("list_conversations", {"max_rows": 21})
                return await call("open_conversation", {"conversation": str(chosen)})

            report("  of it, the stand-in", await measured(list_and_open_bare, 200), "the floor")


Call = Callable[[str, dict[str, Any]], Awaitable[bytes]]


@contextlib.asynccontextmanager
async def bare_connection(project: SupabaseServer, reader: Reader) -> AsyncIterator[Call]:
    """Calls of functions over one connection, written and read as bytes: what the stand-in alone takes."""
    host, port = project.url.removeprefix("http://").split(":")
    stream, writer = await asyncio.open_connection(host, int(port), limit=1 << 24)

    async def call(function: str, arguments: dict[str, Any]) -> bytes:
        body = json.dumps(arguments).encode()
        fields = {
            "host": host,
            "apikey": PUBLISHABLE_KEY,
            "authorization": f"Bearer {reader.access_token}",
            "content-type": "application/json",
            "content-length": str(len(body)),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"POST /rest/v1/rpc/{function} HTTP/1.1\r\n{head}\r\n".encode() + body)
        answer = (await stream.readuntil(b"\r\n\r\n")).lower()
        if not answer.startswith(b"http/1.1 200"):
            raise RuntimeError(answer.decode())
        length = int(answer.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return await stream.readexactly(length)

    try:
        yield call
    finally:
        writer.close()


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
    """Many readers' conversations, `own` among them with the sources of their answers, straight into the tables."""
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
                sources = json.dumps(SOURCES) if message % 2 and user == str(own) else "[]"
                rows.append((str(uuid4()), conversation, parent, role, "complete", TEXT, sources, moment))
                parent = rows[-1][0]
            db.executemany(
                "INSERT INTO messages (id, conversation_id, parent_id, role, status, content, sources, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
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
        connection.execute(
            "update public.messages set sources = %s where role = 'assistant' and user_id = %s",
            (json.dumps(SOURCES), own),
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("analyze")


if __name__ == "__main__":
    asyncio.run(main())
