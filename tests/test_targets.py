"""Every test belongs to a target of the Makefile that continuous integration runs: a mark or a path loses none."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALL = "all"
# Collects for each list of arguments. Modules stay imported, so that the second time takes a fraction of the first.
COLLECT = """
import contextlib, json, os, sys
import pytest

class Collected:
    def pytest_collection_finish(self, session):
        self.items = session.items

def name(item):  # not its id, which escapes a backslash once more each time
    places = item.callspec.indices if hasattr(item, "callspec") else ""
    return f"{item.nodeid.partition('[')[0]}{places}"

def collect(arguments):
    collected = Collected()
    with contextlib.redirect_stdout(sys.stderr):
        code = pytest.main([*arguments, "--collect-only", "-q", "-p", "no:cacheprovider"], plugins=[collected])
    assert code == 0, (arguments, code)
    return {
        name(item): [*{mark.name for mark in item.iter_markers()}, *{"open_page"}.intersection(item.fixturenames)]
        for item in collected.items
    }

print(json.dumps({name: list(map(collect, runs)) for name, runs in json.load(sys.stdin).items()}))
"""

pytestmark = [
    pytest.mark.processes,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed: its targets are not read"),
]


@pytest.fixture(scope="module")
def collected() -> dict[str, dict[str, set[str]]]:
    """Target → each of its tests → its marks; ALL has what pytest finds without any selection."""
    targets = re.findall(r"^target (.+)$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    runs = {target: list(pytest_arguments(target)) for target in targets} | {ALL: [[]]}
    done = subprocess.run(
        [sys.executable, "-c", COLLECT], input=json.dumps(runs), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return {
        target: {test: set(marks) for run in found for test, marks in run.items()}
        for target, found in json.loads(done.stdout).items()
    }


def pytest_arguments(target: str) -> Iterator[list[str]]:
    """The arguments of each pytest that a target starts, with the shell's patterns of files expanded."""
    shown = subprocess.run(
        ["make", "--dry-run", *shlex.split(target)], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for line in shown.replace("\\\n", " ").splitlines():
        words = shlex.split(line)
        if words and Path(words[0]).name == "pytest":
            yield [path for word in words[1:] for path in _expanded(word)]


def _expanded(word: str) -> list[str]:
    if "*" in word and not word.startswith("-"):
        return sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(word))
    return [word]


def test_no_test_is_lost(collected: dict[str, dict[str, set[str]]]) -> None:
    run = {test for target, tests in collected.items() if target != ALL for test in tests}
    assert sorted(collected[ALL].keys() - run) == []
    assert sorted(run - collected[ALL].keys()) == []


def test_each_target_has_tests_and_none_is_run_twice_but_for_a_reason(
    collected: dict[str, dict[str, set[str]]],
) -> None:
    assert all(collected.values())
    whole = collected["test-widget"]  # runs all of its files, those of `make test` as well
    for test, marks in collected[ALL].items():
        targets = [target for target, tests in collected.items() if target != ALL and test in tests]
        assert len(targets) == 1 or "smoke" in marks or test in whole, (test, targets)


def test_what_opens_a_page_says_so(collected: dict[str, dict[str, set[str]]]) -> None:
    for test, marks in collected[ALL].items():
        assert ("browser" in marks) >= ("open_page" in marks), test
