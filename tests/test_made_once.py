"""A folder that tests share is made by one of those that ask for it, and is whole for all of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.made_once import made_once


def test_who_asks_at_once_gets_one_folder_that_is_complete(tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path_factory.getbasetemp()  # made by the first call, which may not be four at once
    asking, made = threading.Barrier(4), []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "half").touch()
        (folder / "whole").touch()

    def ask(_: int) -> list[str]:
        asking.wait()
        return sorted(path.name for path in made_once(tmp_path_factory, "asked-for-at-once", make).iterdir())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [["half", "whole"]] * 4
    assert len(made) == 1


def test_what_a_failed_attempt_left_is_made_anew(tmp_path_factory: pytest.TempPathFactory) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        made_once(tmp_path_factory, "failed-once", fail)
    folder = made_once(tmp_path_factory, "failed-once", lambda folder: (folder / "whole").touch())
    assert [path.name for path in folder.iterdir()] == ["whole"]
