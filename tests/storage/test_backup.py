"""`bookrag backup` and `restore`: what comes back serves as before, and a damaged file changes nothing."""

import fcntl
import gzip
import io
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from storage.accounts.store import NewAccount
from storage.backup import MANIFEST, SERVING_LOCK, read_backup, write_backup
from storage.conversations.turns import TurnRequest
from storage.errors import InputError, StorageUnavailableError
from tests.commands import run_command
from tests.processes import Process
from tests.reader_stores import PASSWORD, opened, sign_up
from tests.serving import copied, serving

EMAIL = "ada@book.example"


def kept(data_dir: Path) -> list[Path]:
    """All that is in a data folder, but for the locks that stay in it."""
    return sorted(path for path in data_dir.rglob("*") if path.name not in {SERVING_LOCK, "backup.lock"})


@pytest.fixture
def unread_dir(data_dir: Path) -> Path:
    """A data folder whose index nobody opens, so without the 130 MB of zeros at the end of its files."""
    for path in data_dir.rglob("*"):
        if path.is_file() and path.stat().st_size > 65_536:
            os.truncate(path, 65_536)
    return data_dir


def question(url: str, token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    return httpx.post(
        f"{url}/api/chat", json={"message": "How does a PD controller work?"}, headers=headers, timeout=60
    )


def test_a_restored_machine_serves_the_same_book_to_the_same_readers(data_dir: Path, tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "backup.tar.gz", tmp_path / "elsewhere"
    with serving(data_dir) as served:
        made = httpx.post(f"{served.url}/api/auth/signup", json={"email": EMAIL, "password": PASSWORD})
        session = made.json()["session"]
        before = question(served.url, session["access_token"]).json()
        contents = write_backup(data_dir, file)  # while the server runs
        assert contents.live_build == before["build"]
    assert file.stat().st_mode & 0o077 == 0  # the signing key is in it
    assert read_backup(file, elsewhere) == contents
    with serving(elsewhere) as served:
        headers = {"authorization": f"Bearer {session['access_token']}"}  # the session goes on
        listed = httpx.get(f"{served.url}/api/conversations", headers=headers).json()["conversations"]
        assert [conversation["title"] for conversation in listed] == ["How does a PD controller work?"]
        again = question(served.url, session["access_token"]).json()
        assert (again["build"], again["answer"]) == (before["build"], before["answer"])


async def test_what_waits_in_the_outbox_and_what_is_written_meanwhile_is_whole(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with opened(data_dir, None) as stores:
        reader = await sign_up(stores, EMAIL)
        for number in range(20):
            await stores.conversations.begin_turn(reader, TurnRequest(uuid4(), f"Question {number}?"))
        waiting = data_dir / "outbox" / str(reader.id) / "0-turn.json"
        waiting.parent.mkdir(parents=True)
        waiting.write_text("{}")
        write_backup(data_dir, tmp_path / "backup.tar.gz")
    read_backup(tmp_path / "backup.tar.gz", tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / waiting.relative_to(data_dir)).read_text() == "{}"
    with sqlite3.connect(tmp_path / "elsewhere" / "bookrag.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM conversations").fetchone() == (20,)


def test_the_index_keeps_its_holes(data_dir: Path, tmp_path: Path) -> None:
    write_backup(data_dir, tmp_path / "backup.tar.gz")
    read_backup(tmp_path / "backup.tar.gz", tmp_path / "elsewhere")
    pages = list((tmp_path / "elsewhere").rglob("*.dat"))
    assert pages
    assert sum(page.stat().st_blocks * 512 for page in pages) < sum(page.stat().st_size for page in pages) / 4


def test_nothing_is_overwritten_unless_it_is_asked_for(unread_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    contents = write_backup(unread_dir, file)
    with pytest.raises(InputError, match="--replace"):
        read_backup(file, unread_dir)
    assert read_backup(file, unread_dir, replace=True).files == contents.files
    (aside,) = unread_dir.glob("before-restore-*")
    assert (aside / "index" / "aliases.json").is_file()


def test_nothing_is_restored_under_a_running_server(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    write_backup(data_dir, file)
    with serving(data_dir), pytest.raises(StorageUnavailableError, match="Stop it first"):
        read_backup(file, data_dir, replace=True)
    read_backup(file, data_dir, replace=True)


async def test_a_log_that_a_killed_server_left_is_not_played_over_what_is_restored(tmp_path: Path) -> None:
    data_dir, file = tmp_path / "data", tmp_path / "backup.tar.gz"
    async with opened(data_dir, None) as stores:
        await sign_up(stores, EMAIL)
        write_backup(data_dir, file)
        await stores.accounts.sign_up(NewAccount("eve@book.example", PASSWORD))
        left = (data_dir / "bookrag.sqlite3-wal").read_bytes()
    assert left
    (data_dir / "bookrag.sqlite3").unlink()
    (data_dir / "signing-key.pem").unlink()
    (data_dir / "bookrag.sqlite3-wal").write_bytes(left)
    with pytest.raises(InputError, match=r"bookrag\.sqlite3-wal"):
        read_backup(file, data_dir)
    read_backup(file, data_dir, replace=True)
    with sqlite3.connect(data_dir / "bookrag.sqlite3") as database:
        assert database.execute("SELECT email FROM users").fetchall() == [(EMAIL,)]


def test_a_restore_that_cannot_be_finished_is_undone(unread_dir: Path, tmp_path: Path) -> None:
    (unread_dir / "signing-key.pem").write_text("the old key")
    file = tmp_path / "backup.tar.gz"
    write_backup(unread_dir, file)
    models = unread_dir / "models"
    models.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "none", models], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    try:
        (models / "file").write_text("x")
        before = kept(unread_dir)
        with pytest.raises(StorageUnavailableError):
            read_backup(file, unread_dir, replace=True)
        assert kept(unread_dir) == before
    finally:
        subprocess.run(["umount", models], check=True)


@pytest.mark.parametrize("target", ["/dev/null", "{data}/index/b.tar.gz", "{data}"])
def test_a_backup_replaces_no_device_and_is_no_part_of_the_next_one(unread_dir: Path, target: str) -> None:
    with pytest.raises(InputError):
        write_backup(unread_dir, Path(target.format(data=unread_dir)))
    assert Path("/dev/null").is_char_device()


def test_a_backup_is_written_through_a_link(unread_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link.tar.gz").symlink_to(tmp_path / "elsewhere" / "b.tar.gz")
    write_backup(unread_dir, tmp_path / "link.tar.gz")
    assert (tmp_path / "elsewhere" / "b.tar.gz").is_file()
    assert (tmp_path / "link.tar.gz").is_symlink()


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _flipped(file: Path) -> None:
    content = bytearray(gzip.decompress(file.read_bytes()))
    place = content.find(b"SQLite format 3") if b"SQLite format 3" in content else len(content) // 2
    content[place + 40] ^= 0xFF
    file.write_bytes(gzip.compress(bytes(content), 1))


def _text(file: Path) -> None:
    file.write_text("no archive")


def _without_list(file: Path) -> None:
    _rewritten(file, lambda name: None if name == MANIFEST else name)


def _climbing(file: Path) -> None:
    _rewritten(file, lambda name: "../outside" if name.endswith("aliases.json") else name)


def _stranger(file: Path) -> None:
    _rewritten(file, lambda name: "cache/x" if name.endswith("aliases.json") else name)


def _odd_list(file: Path) -> None:
    with tarfile.open(file, "w:gz") as archive:
        member = tarfile.TarInfo(MANIFEST)
        member.size = 400_000
        archive.addfile(member, io.BytesIO(b"[" * 400_000))


def _rewritten(file: Path, renamed: object) -> None:
    beside = file.with_suffix(".new")
    with tarfile.open(file) as old, tarfile.open(beside, "w:gz") as new:
        for member in old:
            name = renamed(member.name)  # type: ignore[operator]
            if name is not None:
                content = old.extractfile(member)
                member.name = name
                new.addfile(member, content)
    beside.replace(file)


@pytest.mark.parametrize("damage", [_cut, _flipped, _text, _without_list, _climbing, _stranger, _odd_list])
def test_a_damaged_backup_is_refused_and_changes_nothing(unread_dir: Path, tmp_path: Path, damage: object) -> None:
    file, before = tmp_path / "backup.tar.gz", kept(unread_dir)
    write_backup(unread_dir, file)
    damage(file)  # type: ignore[operator]
    with pytest.raises(InputError, match="not a backup, or is damaged"):
        read_backup(file, unread_dir, replace=True)
    assert kept(unread_dir) == before
    with pytest.raises(InputError):
        read_backup(file, tmp_path / "elsewhere")
    assert kept(tmp_path / "elsewhere") == []
    assert not (tmp_path / "outside").exists()


def test_a_backup_that_cannot_be_written_leaves_the_old_one(unread_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    write_backup(unread_dir, file)
    whole = file.read_bytes()
    (unread_dir / "bookrag.sqlite3").write_text("no database")
    with pytest.raises(StorageUnavailableError):
        write_backup(unread_dir, file)
    assert file.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".backup")] == []


def test_what_killed_backups_and_restores_left_goes_with_the_next_one(unread_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    draft, copies, staged = (
        tmp_path / ".backup.tar.gz.bookrag-backup",
        unread_dir / ".backup-x",
        unread_dir / ".restore-x",
    )
    draft.write_bytes(b"half" * 1_000_000)
    for folder in (copies, staged):
        folder.mkdir()
        (folder / "bookrag.sqlite3").write_text("a copy of the accounts")
    write_backup(unread_dir, file)
    assert not draft.exists()
    assert not copies.exists()
    read_backup(file, unread_dir, replace=True)
    assert not staged.exists()
    assert read_backup(file, tmp_path / "elsewhere").files


def write_a_backup() -> None:
    """Of a folder to a file, for a process of its own."""
    write_backup(Path(sys.argv[1]), Path(sys.argv[2]))


def restore_a_backup() -> None:
    """Of a file into a folder, for a process of its own."""
    read_backup(Path(sys.argv[1]), Path(sys.argv[2]))


def wait_for(folder: Path, pattern: str, process: Process, least_bytes: int = 1) -> Path:
    """The file that a process has begun to write; AssertionError if it ended before it could be seen."""
    while True:
        for path in folder.glob(pattern):
            with suppress(FileNotFoundError):
                if path.stat().st_size >= least_bytes:
                    return path
        assert process.poll() is None
        time.sleep(0.001)


@pytest.fixture
def large_dir(unread_dir: Path) -> Path:
    """A DATA_DIR that takes a second to back up."""
    (unread_dir / "models" / "big").mkdir(parents=True, exist_ok=True)
    (unread_dir / "models" / "big" / "model.onnx").write_bytes(os.urandom(1 << 20) * 64)
    return unread_dir


def test_a_killed_backup_is_removed_by_the_next_one_to_another_file(large_dir: Path, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    (backups / ".mine.draft").write_text("of somebody else")
    with Process(write_a_backup, large_dir, backups / "monday.tar.gz") as process:
        draft = wait_for(backups, ".*.bookrag-backup", process, 1 << 16)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert draft.exists()
    assert list(large_dir.glob(".backup-*"))

    write_backup(large_dir, backups / "tuesday.tar.gz")
    assert sorted(path.name for path in backups.iterdir()) == [".mine.draft", "tuesday.tar.gz"]
    assert not list(large_dir.glob(".backup-*"))


def test_a_backup_that_another_process_is_writing_is_left_alone(
    large_dir: Path, tmp_path: Path, small_index: Path
) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    with Process(write_a_backup, large_dir, backups / "monday.tar.gz") as process:
        draft = wait_for(backups, ".*.bookrag-backup", process, 1 << 16)
        process.send_signal(signal.SIGSTOP)
        other = copied(small_index, tmp_path / "another")
        write_backup(other, backups / "other.tar.gz")
        assert draft.exists()
        process.send_signal(signal.SIGCONT)
        assert process.wait() == 0
    assert sorted(path.name for path in backups.iterdir()) == ["monday.tar.gz", "other.tar.gz"]
    assert read_backup(backups / "monday.tar.gz", tmp_path / "elsewhere").files


def test_a_killed_restore_is_removed_by_the_next_one(large_dir: Path, tmp_path: Path) -> None:
    file, target = tmp_path / "backup.tar.gz", tmp_path / "new"
    write_backup(large_dir, file)
    with Process(restore_a_backup, file, target) as process:
        wait_for(target, ".restore-*/models/big/model.onnx", process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert list(target.glob(".restore-*"))

    assert read_backup(file, target).files
    assert not list(target.glob(".restore-*"))
    restored = target / "models" / "big" / "model.onnx"
    assert restored.read_bytes() == (large_dir / "models" / "big" / "model.onnx").read_bytes()


def test_of_two_backups_at_once_one_is_refused(unread_dir: Path, tmp_path: Path) -> None:
    file, draft = tmp_path / "backup.tar.gz", tmp_path / ".backup.tar.gz.bookrag-backup"
    for busy in (draft, unread_dir / "backup.lock"):
        with busy.open("ab") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            with pytest.raises(StorageUnavailableError, match="Another backup"):
                write_backup(unread_dir, file)
        assert not file.exists()
    write_backup(unread_dir, file)


def test_the_commands_say_what_they_did(data_dir: Path, tmp_path: Path) -> None:
    environment = {"DATA_DIR": str(data_dir)}
    wrote = run_command("backup", "b.tar.gz", environment=environment, folder=tmp_path)
    assert (wrote.returncode, "live build" in wrote.stdout) == (0, True)
    shutil.rmtree(data_dir)
    restored = run_command("restore", "b.tar.gz", environment=environment, folder=tmp_path)
    assert restored.returncode == 0
    assert run_command("index", "list", environment=environment, folder=tmp_path).returncode == 0
    refused = run_command("restore", "b.tar.gz", environment=environment, folder=tmp_path)
    assert (refused.returncode, "--replace" in refused.stderr) == (2, True)
    replaced = run_command("restore", "b.tar.gz", "--replace", environment=environment, folder=tmp_path)
    assert str(next(data_dir.glob("before-restore-*"))) in replaced.stdout
    nothing = run_command("backup", "c.tar.gz", environment={"DATA_DIR": str(tmp_path / "none")}, folder=tmp_path)
    assert nothing.returncode == 2
