"""What all tests share: an index of the small book, made once, and an environment without anybody's settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import copied, indexed, serving


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
