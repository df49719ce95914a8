"""`bookrag backup` and `bookrag restore`: the contents of DATA_DIR, in one file."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import console, counted
from storage.backup import BackupContents, read_backup, write_backup
from storage.environment import read_settings
from storage.settings import StorageSettings


def backup(file: Annotated[Path, typer.Argument(help="The file to write, such as bookrag.tar.gz.")]) -> None:
    """Write accounts, history and index to one file; a server may run meanwhile."""
    settings = read_settings(StorageSettings)
    _report("Wrote", file, write_backup(settings.data_dir, file))
    if settings.qdrant_url:
        console().print("The index is on the Qdrant server of QDRANT_URL: take snapshots of it there.")
    if settings.supabase_url:
        console().print("Accounts and history are in Supabase, which has backups of its own.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `bookrag backup` wrote.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Move what is in DATA_DIR aside first.")] = False,
) -> None:
    """Restore a backup into DATA_DIR; stop the server first."""
    contents = read_backup(file, read_settings(StorageSettings).data_dir, replace=replace)
    _report("Restored", file, contents)
    if contents.moved_aside:
        console().print(f"What was there before is in {contents.moved_aside}.", soft_wrap=True)


def _report(done: str, file: Path, contents: BackupContents) -> None:
    build = f", live build {contents.live_build}" if contents.live_build else ", no index"
    console().print(f"{done} {file}: {counted(len(contents.files), 'file')} of {contents.made_at}{build}.")
