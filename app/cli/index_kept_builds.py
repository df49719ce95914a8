"""`bookrag index list`, `rollback` and `prune`: the existing builds, and which one is live."""

from rich.table import Table
from rich.text import Text

from app.cli.output import console, counted, error_console, print_json
from engines.embedding.embedding_model import describe_model, index_spec
from engines.settings import EngineSettings
from indexing.book_identity import COMMIT_UNKNOWN, book_name
from storage.environment import read_settings
from storage.settings import StorageSettings
from storage.vectors.build_record import BuildRecord
from storage.vectors.index_store import open_store


def list_builds(*, as_json: bool) -> None:
    """Print all builds, newest first."""
    with open_store(read_settings(StorageSettings)) as store:
        live, records = store.live_name(), store.list_builds()
    if as_json:
        facts = [record.to_facts() | {"live": record.name == live} for record in records]
        print_json(facts, indented=True)
        return
    table = Table()
    for name in ("build", "book", "state", "made", "by", "commit", "pages", "chunks", "checks"):
        is_name = name == "build"  # which `rollback` needs whole
        table.add_column(name, justify="right" if name in {"pages", "chunks"} else "left", no_wrap=is_name)
    for record in records:
        table.add_row(*_row(record, live))
    console().print(table)


def roll_back(name: str | None) -> None:
    """Make an earlier build live."""
    spec = index_spec(describe_model(read_settings(EngineSettings)))
    with open_store(read_settings(StorageSettings)) as store:
        record = store.rollback(name, spec=spec)
    error_console().print(f"{record.name} is live")


def prune(keep: int | None) -> None:
    """Delete old builds and left-overs; without `keep`, as many are kept as after a publish."""
    settings = read_settings(StorageSettings)
    with open_store(settings) as store:
        gone = store.prune(settings.keep_builds if keep is None else keep)
    for record in gone:
        error_console().print(f"removed {record.name} ({record.state})")
    error_console().print(f"{counted(len(gone), 'build')} removed")


def _row(record: BuildRecord, live: str | None) -> tuple[str | Text, ...]:
    state = "live" if record.name == live else record.state
    failed = [check.name for check in record.checks if not check.passed]
    checks = f"failed: {', '.join(failed)}" if failed else f"{len(record.checks)} passed"
    return (
        record.name,
        book_name(record.book),
        Text(state, "bold green" if state == "live" else ""),
        f"{record.created:%Y-%m-%d %H:%M:%S}",
        f"{record.who}@{record.host}",
        (record.git_commit or "")[:10] or f"unknown: {record.book.get(COMMIT_UNKNOWN, 'not recorded')}",
        str(record.counts.get("pages", "")),
        str(record.counts.get("chunks", "")),
        checks + (", forced" if record.forced else ""),
    )
