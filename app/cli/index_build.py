"""`bookrag index build`, with and without `--watch`; the work itself is done by `indexing.rebuild.Rebuild`."""

import contextlib
from collections.abc import Set
from pathlib import Path

from watchfiles import Change, watch

from app.cli.notices import PrintedNotices
from app.cli.output import counted, error_console
from app.cli.problems import problem_json
from app.cli.progress import shown_progress
from app.cli.watched_files import BookFiles, watched_folders
from app.service_metrics import count_on_disk
from engines.embedding.embedding_model import describe_model
from engines.settings import EngineSettings
from indexing.docusaurus.site import Site
from indexing.progress import Progress, Silent
from indexing.rebuild import BuildOptions, BuildOutcome, Rebuild
from indexing.settings import BookSettings
from storage.environment import read_settings
from storage.errors import BookragError, CheckFailedError
from storage.settings import StorageSettings

DEBOUNCE_MILLISECONDS = 100  # editors write a file in several steps
TICK_MILLISECONDS = 200  # how often a watcher without a change checks whether to stop
MOST_ADDRESSES = 5  # addresses named for one save


def open_rebuild(progress: Progress, *, only_new_problems: bool = False) -> Rebuild:
    """A rebuild of the book that the environment names."""
    engines = read_settings(EngineSettings)
    return Rebuild(
        describe_model(engines),
        book=read_settings(BookSettings),
        engines=engines,
        storage=read_settings(StorageSettings),
        progress=progress,
        notices=PrintedNotices(only_new=only_new_problems),
    )


def run_build(options: BuildOptions, *, quiet: bool) -> BuildOutcome:
    """Build the index of the book once."""
    with shown_progress(quiet=quiet) as progress, open_rebuild(progress) as rebuild:
        outcome = _counted_run(rebuild, options)
        if outcome.changed:  # a rollback goes to the newest of those that are kept
            rebuild.store.prune(read_settings(StorageSettings).keep_builds)
        return outcome


def build_json(outcome: BuildOutcome, seconds: float) -> dict[str, object]:
    """What `bookrag index build --json` prints."""
    return outcome.record.to_facts() | {
        "changed": outcome.changed,
        "embedded": outcome.embedded,
        "reused": outcome.reused,
        "seconds": round(seconds, 2),
        "problems": [problem_json(problem) for problem in outcome.lost_pages],
    }


def show_build(outcome: BuildOutcome, seconds: float) -> None:
    """Print one line that says what a build published, or that nothing changed."""
    record = outcome.record
    if not outcome.changed:
        error_console().print(f"Nothing changed: {record.name} stays live")
        if outcome.measured:  # the questions have changed
            error_console().print(outcome.measured.detail)
        return
    pages, chunks = counted(record.counts["pages"], "page"), counted(record.counts["chunks"], "chunk")
    repeated = record.counts["chunks"] - outcome.embedded - outcome.reused
    shared = f"{repeated} with the text of another one, " if repeated > 0 else ""
    error_console().print(
        f"Published {record.name}: {pages}, {chunks}, {outcome.embedded} embedded, {shared}"
        f"{outcome.reused} reused, {seconds:.1f} s"
    )
    for check in record.checks:
        if check.name == "questions":  # which runs were compared
            error_console().print(check.detail)


def _counted_run(rebuild: Rebuild, options: BuildOptions) -> BuildOutcome:
    """Run a rebuild, and count its outcome for `GET /metrics`."""
    result = "rebuilds_failed"
    try:
        outcome = rebuild.run(options)
        result = "rebuilds_published" if outcome.changed else "rebuilds_unchanged"
    except CheckFailedError:
        result = "rebuilds_refused"
        raise
    finally:
        with contextlib.suppress(OSError):  # a full disk ends the build with a message of its own
            count_on_disk(read_settings(StorageSettings).data_dir, result)
    return outcome


def build_and_watch(options: BuildOptions) -> None:
    """Build, and build again whenever a file of the site changes, until interrupted.

    The model, the site's settings and the token counts stay in memory, so that a rebuild costs what changed.
    """
    book = read_settings(BookSettings)
    folders = watched_folders(book)
    files = BookFiles(folders, book, read_settings(StorageSettings).data_dir)
    with open_rebuild(Silent(), only_new_problems=True) as rebuild:
        _ = rebuild.embedding  # loaded now, so that the first save does not wait for it
        changes = watch(
            *folders,
            watch_filter=files,
            step=DEBOUNCE_MILLISECONDS,
            raise_interrupt=False,
            rust_timeout=TICK_MILLISECONDS,
            yield_on_timeout=True,
        )
        if next(changes, None) is None:  # from here on the system reports changes, including those during the build
            return
        _build_again(rebuild, options, files)
        error_console().print(f"watching {', '.join(map(str, folders))}; press Ctrl-C to stop")
        for changed in filter(None, changes):
            _say_saved(changed)
            if rebuild.site is None or not all(_is_only_text(*each, rebuild.site) for each in changed):
                rebuild.site = None
            _build_again(rebuild, options, files)


def _build_again(rebuild: Rebuild, options: BuildOptions, files: BookFiles) -> None:
    out, before = error_console(), rebuild.addresses
    try:
        outcome = _counted_run(rebuild, options)
    except BookragError as error:
        # The live build stays, and the next save may correct the error.
        out.print(f"not built ({error.code}): {error}", style="red")
        return
    finally:
        if rebuild.site is not None:
            files.know(rebuild.site)
    if before:
        _say_addresses(before, rebuild.addresses)
    if not outcome.changed:
        out.print(f"nothing changed: {outcome.record.name} stays live")
        if outcome.measured:
            out.print(outcome.measured.detail)
        return
    embedded = counted(outcome.embedded, "chunk")
    out.print(f"live after {outcome.seconds:.1f} s: {embedded} embedded, {outcome.reused} reused")
    rebuild.prune_own(read_settings(StorageSettings).keep_builds)


def _say_saved(changed: Set[tuple[Change, str]]) -> None:
    first = min(Path(path).name for _, path in changed)
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    error_console().print(f"saved: {first}{more}")


def _say_addresses(before: Set[str], after: Set[str]) -> None:
    """Print which pages' addresses are gone, since citations of them are dead, and which are new."""
    out = error_console()
    for what, addresses in (("address gone", sorted(before - after)), ("new address", sorted(after - before))):
        for address in addresses[:MOST_ADDRESSES]:
            out.print(f"{what}: {address}")
        if len(addresses) > MOST_ADDRESSES:
            out.print(f"{what}: {len(addresses) - MOST_ADDRESSES} more")


def _is_only_text(change: Change, path: str, site: Site) -> bool:
    """Whether a change only concerns a page's text, and not the site's config, versions or languages."""
    if not path.endswith((".md", ".mdx")) or site.depends_on_texts:
        return False
    return change == Change.modified or not (site.depends_on_names or "/i18n/" in path)
