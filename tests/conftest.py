"""What all tests share: an index of the small book, made once, and an environment without anybody's settings."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import copied, indexed, serving

_EXPORT = "from app.cli.main import main; main()"


def pytest_configure(config: pytest.Config) -> None:
    """Have the default model exported once for all tests of this checkout: what they start then needs no torch."""
    models = config.rootpath / ".pytest_cache" / "models"
    os.environ["MODELS_DIR"] = str(models)
    if not hasattr(config, "workerinput") and not any(models.glob("*/bookrag-export.json")):
        subprocess.run([sys.executable, "-c", _EXPORT, "model", "export"], cwd=config.rootpath, check=True)


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the small book's index; not to be written to."""
    return indexed(tmp_path_factory.mktemp("small"))


@pytest.fixture
def data_dir(small_index: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own, with the small book's index."""
    return copied(small_index, tmp_path)


@pytest.fixture(scope="module")
def server_url(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server without a model."""
    with serving(copied(small_index, tmp_path_factory.mktemp("served"))) as served:
        yield served.url
