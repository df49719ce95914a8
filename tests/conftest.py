"""What all tests share: an index of the small book, made once, and an environment without anybody's settings."""

import contextlib
import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import hypothesis
import pytest

from tests.made_once import made_once

# Fixtures import the product themselves: the process that starts the others needs none of it, and they wait for it.
if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser import OpenPage, Start
    from tests.page_server import PageServer
    from tests.supabase_server import SupabaseServer

MEMORY = Path("/dev/shm")  # a file system in memory, on Linux
MEMORY_BYTES = 4 << 30  # a run takes less than a quarter of it, because the folder of a passed test is deleted
# What takes one process longest. It is begun first, so that no process works alone at the end.
LONGEST = (
    "app/test_widget_docusaurus.py",  # of `make test-widget`: it begins with the build of a site
    "storage/vectors/test_store.py",
    "indexing/test_rebuilding.py",
    "app/test_page.py",
    "app/test_account_limits.py",
    "app/test_supabase_faults.py",
    "storage/conversations/test_contract.py",
    "storage/accounts/test_supabase_rules.py",
    "indexing/markdown/test_robustness.py",
    "indexing/test_rebuild.py",
    "app/test_conversation.py",
    "app/test_auth_and_history.py",
    "app/test_summaries.py",
    "app/cli/test_index.py",
    "app/answer_streams/test_lost_answers.py",
    "docusaurus/test_published_sites.py",
    "app/test_bad_input.py",
    "app/answer_streams/test_manager.py",
    "engines/evaluation/test_answers.py",
    "indexing/docusaurus/test_page_functions.py",
    "storage/test_backup.py",
)
_EXPORT = "from app.cli.main import main; main()"


def pytest_configure(config: pytest.Config) -> None:
    """Have the default model exported once for all tests of this checkout: what they start then needs no torch."""
    _keep_temporary_files_in_memory()
    # An example takes as long as a busy machine lets it take.
    hypothesis.settings.register_profile("any machine", hypothesis.settings(), deadline=None)
    hypothesis.settings.load_profile("any machine")
    if hasattr(config, "workerinput"):
        import wordfreq  # noqa: F401  # it looks up the source of all imports around its own, which become many later
    else:  # workers inherit the environment
        _trust_one_certificate(config.rootpath)
    models = config.rootpath / ".pytest_cache" / "models"
    os.environ["MODELS_DIR"] = str(models)
    if not hasattr(config, "workerinput") and not any(models.glob("*/bookrag-export.json")):
        subprocess.run([sys.executable, "-c", _EXPORT, "model", "export"], cwd=config.rootpath, check=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest files."""
    places = {config.rootpath / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Spare the garbage collector what imports make: a million objects that stay, looked through again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def _keep_temporary_files_in_memory() -> None:
    """Every write of an index or a database waits for the disk, for most of the run, and no test needs its files later.

    TMPDIR, where it is set, is kept; pytest's `--basetemp` goes before both.
    """
    with contextlib.suppress(FileNotFoundError):
        room = os.statvfs(MEMORY)
        if not room.f_flag & os.ST_NOEXEC and room.f_bavail * room.f_frsize >= MEMORY_BYTES:
            os.environ.setdefault("TMPDIR", str(MEMORY))
            tempfile.tempdir = None  # to be read anew


def _trust_one_certificate(root: Path) -> None:
    """Each HTTP client reads all that it trusts, 20 ms of CPU, and no test asks a server that has a certificate."""
    bundle = Path(certifi.where()).read_text("ascii")
    end = "-----END CERTIFICATE-----\n"
    file = root / ".pytest_cache" / "certificate.pem"
    file.parent.mkdir(exist_ok=True)
    own = file.with_name(f"certificate-{os.getpid()}.pem")  # another process may read the file at this moment
    own.write_text(bundle[bundle.index("-----BEGIN") :].partition(end)[0] + end)
    own.replace(file)
    os.environ["SSL_CERT_FILE"] = str(file)


@pytest.fixture(scope="session")
def kept_model() -> list[object]:
    """The default model, loaded as servers and as commands load it: while it is, all of this process share it."""
    from engines.embedding.embedding_model import describe_model, load_embedding
    from engines.settings import EngineSettings

    model, cores = describe_model(EngineSettings(_env_file=None)), os.cpu_count() or 1
    return [load_embedding(model, threads=threads) for threads in {max(1, min(4, cores - 1)), cores}]


@pytest.fixture(scope="session")
def small_index(kept_model: list[object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the small book's index, beside the book's `site`; not to be written to."""
    from tests.serving import copied, indexed

    made = made_once(tmp_path_factory, "small", indexed)
    return (
        copied(made, tmp_path_factory.mktemp("small")) / "data"
    )  # commands open it, and leave copies of their own in it


@pytest.fixture
def data_dir(small_index: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own, with the small book's index."""
    from tests.serving import copied

    return copied(small_index, tmp_path)


@pytest.fixture
def start(tmp_path: Path) -> Iterator["Start"]:
    """Starts a server: `start(host_site(…))` enters its context, which ends after the test, once its pages are closed.

    A page that outlives its server may still ask for something, and logs that as an error. What a server writes is in
    `tmp_path`, which is deleted later.
    """
    with contextlib.ExitStack() as servers:
        yield servers.enter_context


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from tests.browser import running_chromium

    with running_chromium() as chromium:
        yield chromium


@pytest.fixture
def open_page(browser: "Browser", start: "Start") -> Iterator["OpenPage"]:
    """Opens an address in a fresh profile. What `start` started is stopped later, as this fixture asks for it."""
    from tests.browser import opened_pages

    with opened_pages(browser) as open_at:
        yield open_at


@pytest.fixture
def server(start: "Start") -> "PageServer":
    """Serves the chat page and the widget, with the answers that a test writes down."""
    from tests.page_server import PageServer

    return start(PageServer())


@pytest.fixture(scope="module")
def server_url(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server without a model and without limits: all tests of a module ask from one address."""
    from app.settings import AppSettings
    from tests.serving import copied, serving

    limits = AppSettings(questions_per_reader="off", questions_per_address="off")
    with serving(copied(small_index, tmp_path_factory.mktemp("served")), app=limits) as served:
        yield served.url


@pytest.fixture(scope="session")
def running_project() -> Iterator["SupabaseServer"]:
    """A Supabase project, shared by all tests of a process: a module that imported this fixture would have its own."""
    from tests.supabase_server import supabase_project

    with supabase_project() as server:
        yield server
