"""The file of accounts and history, shared by the threads of a process and by several processes."""

import asyncio
import subprocess
import sys
from pathlib import Path

from storage.sqlite import Database

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
