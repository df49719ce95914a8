"""`bookrag index build`, with and without `--watch`; the work itself is `indexing.rebuild.Rebuild`."""

from watchfiles import Change, watch

from app.cli.notices import PrintedNotices
from app.cli.output import counted, error_console
from app.cli.progress import shown_progress
from app.cli.watched_files import BookFiles, watched_folders
from engines.embedding.model import describe_model
from engines.settings import EngineSettings
from indexing.progress import Progress, Silent
from indexing.rebuild import BuildOptions, BuildOutcome, Rebuild
from indexing.settings import BookSettings
from storage.errors import BookragError
from storage.settings import StorageSettings, read_settings

DEBOUNCE_MILLISECONDS = 100  # editors write a file in several steps
KEPT_BUILDS = 3


def open_rebuild(progress: Progress) -> Rebuild:
    """A rebuild of the book that the environment names."""
    engines = read_settings(EngineSettings)
    return Rebuild(
        describe_model(engines),
        book=read_settings(BookSettings),
        engines=engines,
        storage=read_settings(StorageSettings),
        progress=progress,
        notices=PrintedNotices(),
    )


def run_build(options: BuildOptions, *, quiet: bool) -> BuildOutcome:
    """Build the index of the book once."""
    with shown_progress(quiet=quiet) as progress, open_rebuild(progress) as rebuild:
        return rebuild.run(options)


def build_and_watch(options: BuildOptions) -> None:
    """Build, and build again whenever a file of the site changes, until interrupted.

    The model, the site's settings and the token counts stay in memory, so that a rebuild costs what changed.
    """
    book = read_settings(BookSettings)
    folders = watched_folders(book)
    files = BookFiles(folders, book, read_settings(StorageSettings).data_dir)
    with open_rebuild(Silent()) as rebuild:
        _ = rebuild.embedding  # loaded now, so that the first save does not wait for it
        _build_again(rebuild, options, files)
        error_console().print(f"watching {', '.join(map(str, folders))}; press Ctrl-C to stop", highlight=False)
        for changed in watch(*folders, watch_filter=files, step=DEBOUNCE_MILLISECONDS, raise_interrupt=False):
            if not all(_is_only_text(*each) for each in changed):
                rebuild.site = None
            _build_again(rebuild, options, files)


def _build_again(rebuild: Rebuild, options: BuildOptions, files: BookFiles) -> None:
    try:
        outcome = rebuild.run(options)
    except BookragError as error:
        # The live build stays, and the next save may correct the error.
        error_console().print(f"not built ({error.code}): {error}", markup=False, style="red")
        return
    finally:
        if rebuild.site is not None:
            files.know(rebuild.site)
    if outcome.changed:
        embedded = counted(outcome.embedded, "chunk")
        error_console().print(f"live after {outcome.seconds:.1f} s: {embedded} embedded, {outcome.reused} reused")
        rebuild.prune_own(KEPT_BUILDS)


def _is_only_text(change: Change, path: str) -> bool:
    """Whether a change is of a page's text alone: not of the site's config, its versions or its languages."""
    return path.endswith((".md", ".mdx")) and (change == Change.modified or "/i18n/" not in path)
