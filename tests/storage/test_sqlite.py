"""The file of accounts and history, shared by the threads of a process and by several processes."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from storage.errors import StorageUnavailableError
from storage.sqlite import Database
from storage.sqlite_schema import SCHEMA, SCHEMA_VERSION

COME_AND_GO = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select * from users').fetchall(); c.close()"
)


async def test_another_process_that_comes_and_goes_leaves_the_log_of_writes_alone(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite3"
    database = Database(path)
    await database.write(lambda db: db.execute("INSERT INTO users (id, created_at) VALUES ('1', 'now')"))
    await database.read(lambda db: db.execute("SELECT 1").fetchone())  # a connection of another thread
    # SQLite deletes the log when the last process closes the file; it knows the others by the locks that they hold.
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", COME_AND_GO, str(path)], check=True)
    assert path.with_name(f"{path.name}-wal").exists()
    await database.close()
    assert not path.with_name(f"{path.name}-wal").exists()


def write_version_1(path: Path) -> None:
    """A file as the first version wrote it: three answers, with, without and before a decision."""
    with sqlite3.connect(path) as old:
        for statement in SCHEMA:
            old.execute(statement)
        old.execute("ALTER TABLE messages DROP COLUMN verdict")
        old.execute("ALTER TABLE messages DROP COLUMN model_version")
        old.execute("ALTER TABLE messages DROP COLUMN understood")
        old.execute("INSERT INTO users (id, created_at) VALUES ('u', 'now')")
        old.execute("INSERT INTO conversations VALUES ('c', 'u', 'Title', NULL, NULL, 'now', 'now')")
        for name, grounded in (("yes", 1), ("no", 0), ("none", None)):
            old.execute(
                "INSERT INTO messages (id, conversation_id, role, status, content, grounded, created_at) "
                "VALUES (?, 'c', 'assistant', 'complete', 'Kept', ?, 'now')",
                (name, grounded),
            )
        old.execute("PRAGMA user_version = 1")
    old.close()


async def test_a_file_of_the_first_version_is_upgraded_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite3"
    write_version_1(path)
    for _ in range(2):  # the second time there is nothing left to do
        database = Database(path)
        rows = await database.read(lambda db: db.execute("SELECT id, content, verdict FROM messages").fetchall())
        (version,) = await database.read(lambda db: db.execute("PRAGMA user_version").fetchone())
        await database.close()
        assert [tuple(row) for row in rows] == [
            ("yes", "Kept", "covered"),
            ("no", "Kept", "not_covered"),
            ("none", "Kept", None),
        ]
        assert version == SCHEMA_VERSION


async def test_an_upgraded_file_has_the_columns_of_a_new_one(tmp_path: Path) -> None:
    write_version_1(tmp_path / "old.sqlite3")
    columns = []
    for name in ("old", "new"):
        database = Database(tmp_path / f"{name}.sqlite3")
        found = await database.read(lambda db: db.execute("PRAGMA table_info(messages)").fetchall())
        columns.append({(row["name"], row["type"], row["notnull"], row["dflt_value"]) for row in found})
        await database.close()
    assert columns[0] == columns[1]


async def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite3"
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.close()
    database = Database(path)
    with pytest.raises(StorageUnavailableError, match="newer version"):
        await database.read(lambda db: db.execute("SELECT 1").fetchone())
    await database.close()
    with sqlite3.connect(path) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)
        assert kept.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    kept.close()
