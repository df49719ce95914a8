"""`bookrag index build --watch`: a page that is saved is live a moment later; for authors at work.

The model, the site's settings and the token counts stay in memory, so that a rebuild costs what changed.
"""

from watchfiles import Change, watch

from app.cli.build import Known, prepare, say_other_book
from app.cli.output import counted, error_console
from app.cli.watched_files import BookFiles, watched_folders
from engines.embedding.model import describe_model, index_spec, load_embedding
from engines.settings import EngineSettings
from indexing.chunked_book import TokenCounter
from indexing.progress import Silent
from indexing.rebuild import BuildOptions, BuildOutcome, build_index
from indexing.settings import BookSettings
from storage.errors import BookragError
from storage.settings import StorageSettings, read_settings
from storage.vectors.index_store import IndexStore, open_store
from storage.vectors.vector_cache import open_vector_cache

QUIET_MILLISECONDS = 100  # editors write a file in several steps
KEPT_BUILDS = 3


def build_and_watch(options: BuildOptions) -> None:
    """Build, and build again whenever a file of the site changes, until interrupted."""
    settings = read_settings(StorageSettings)
    book = read_settings(BookSettings)
    model = describe_model(read_settings(EngineSettings))
    known, loaded = Known(model, TokenCounter(model)), load_embedding(model)
    folders = watched_folders(book)
    files = BookFiles(folders, book, settings.data_dir)
    with open_store(settings) as store, open_vector_cache(settings, index_spec(model)) as cache:

        def rebuild() -> None:
            try:
                with store.lock():  # before the book is read: an older one must not go live over a newer one
                    prepared = prepare(Silent(), known)
                    known.site = prepared.site
                    files.know(prepared.site)
                    say_other_book(store, prepared.cut)
                    outcome = build_index(prepared.cut, model, store, cache, Silent(), options, load=lambda _: loaded)
            except BookragError as error:
                # The live build stays, and the next save may mend it.
                error_console().print(f"not built ({error.code}): {error}", markup=False, style="red")
            else:
                _say(outcome, store)

        rebuild()
        error_console().print(f"watching {', '.join(map(str, folders))}; Ctrl-C ends it", highlight=False)
        for changed in watch(*folders, watch_filter=files, step=QUIET_MILLISECONDS, raise_interrupt=False):
            if not all(_is_only_text(*each) for each in changed):
                known.site = None
            rebuild()


def _is_only_text(change: Change, path: str) -> bool:
    """Whether a change cannot be one of the site's config, versions or languages, nor of what they are read from."""
    return path.endswith((".md", ".mdx")) and (change == Change.modified or "/i18n/" not in path)


def _say(outcome: BuildOutcome, store: IndexStore) -> None:
    if outcome.changed:
        embedded = counted(outcome.embedded, "chunk")
        error_console().print(f"live after {outcome.seconds:.1f} s: {embedded} embedded, {outcome.reused} reused")
        store.prune(KEPT_BUILDS)
