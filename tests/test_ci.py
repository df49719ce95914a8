"""What continuous integration runs, with other parts in the place of targets and of the container engine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.browser import SKIPPED
from tests.serving import indexed, serving

ROOT = Path(__file__).parents[1]
TARGETS = 10
MAKE = """#!/bin/sh
case " $FAILING " in *" $1 "*) echo "1 failed"; exit 2 ;; esac
case " $SKIPPING " in *" $1 "*)
  echo "SKIPPED [2] tests/a.py:3: redis-server is not installed: running answers are tested on SQLite alone"
  echo "SKIPPED [1] tests/browser.py:57: $REASON"
esac
echo "SKIPPED [4] tests/b.py:7: this user reads every folder"
echo "9 passed of $1"
"""


def run_all(folder: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    """`.ci/run` in a folder, with a `make` that does what it is told to and an `apt-get` that cannot install."""
    tools = folder / "tools"
    tools.mkdir()
    for name, text in (("make", MAKE), ("apt-get", "#!/bin/sh\nexit 100\n")):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    (folder / ".ci").mkdir()
    script = shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "TMPDIR": str(folder), **more}
    return subprocess.run(["bash", script], env=environment, capture_output=True, text=True, timeout=60, check=False)


def results(ran: "subprocess.CompletedProcess[str]") -> list[str]:
    return ran.stdout.partition("\nResults\n")[2].splitlines()


def test_each_target_has_a_line_of_its_result(tmp_path: Path) -> None:
    ran = run_all(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(results(ran)) == TARGETS
    assert all(" passed (" in line for line in results(ran))


def test_all_targets_run_although_some_fail(tmp_path: Path) -> None:
    ran = run_all(tmp_path, FAILING="test-evaluation test-api")
    assert ran.returncode == 1
    failed = [line.split()[0] for line in results(ran) if "FAILED with exit code 2" in line]
    assert failed == ["test-evaluation", "test-api"]
    assert sum(" passed (" in line for line in results(ran)) == TARGETS - 2


@pytest.mark.parametrize(("required", "said"), [("1", "FAILED: skipped 3 tests"), ("", "passed, but skipped 3 tests")])
def test_tests_that_are_skipped_for_want_of_a_part_are_counted_and_named(
    tmp_path: Path, required: str, said: str
) -> None:
    ran = run_all(tmp_path, SKIPPING="test-page", REASON=SKIPPED, REQUIRE_ALL_PARTS=required)
    assert ran.returncode == (1 if required else 0)
    (place,) = [number for number, line in enumerate(results(ran)) if "for want of a part" in line]
    assert results(ran)[place].split(maxsplit=1)[0] == "test-page"
    assert said in results(ran)[place]
    assert "redis-server is not installed" in results(ran)[place + 1]
    assert "Chromium is not installed" in results(ran)[place + 2]
    assert len(results(ran)) == TARGETS + 2


ENGINE = """#!/bin/sh
echo "$@" >>"$CALLS"
"""


@pytest.mark.parametrize("covered", [True, False])
def test_the_image_is_asked_a_question_that_its_book_covers(data_dir: Path, tmp_path: Path, covered: bool) -> None:
    """Without a container engine: the server of this checkout stands for the container's."""
    docs = tmp_path / "kitchen" / "docs"
    docs.mkdir(parents=True)
    (docs / "kettle.md").write_text("# The kettle\n\nThe kettle stands beside a blue door, and boils in two minutes.\n")
    engine = tmp_path / "engine"
    engine.write_text(ENGINE)
    engine.chmod(0o755)
    with serving(data_dir if covered else indexed(tmp_path / "kitchen", docs)) as served:
        environment = os.environ | {
            "ENGINE": str(engine),
            "CALLS": str(tmp_path / "calls"),
            "PORT": served.url.rpartition(":")[2],
        }
        command = ["bash", str(ROOT / ".ci" / "image")]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)
    assert (ran.returncode == 0) == covered, ran.stdout + ran.stderr
    calls = [line.split()[0] for line in (tmp_path / "calls").read_text().splitlines()]
    assert calls == ["build", "run", "logs", "rm"]


def test_the_workflow_runs_both_scripts_and_the_tests_on_each_python() -> None:
    jobs = YAML(typ="safe").load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]
    runs = {name: [step.get("run") for step in job["steps"]] for name, job in jobs.items()}
    assert ".ci/run" in runs["check"]
    assert {"REQUIRE_ALL_PARTS": 1} in [step.get("env") for step in jobs["check"]["steps"]]
    assert ".ci/image" in runs["image"]
    assert "make test" in runs["pythons"]
    assert jobs["pythons"]["strategy"]["matrix"]["python"] == ["3.12", "3.13"]


def test_the_bot_that_raises_pins_reads_each_file_that_has_some() -> None:
    updates = YAML(typ="safe").load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))["updates"]
    read = {each["package-ecosystem"]: each.get("directories") or [each["directory"]] for each in updates}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    locks = ["/" + path.removesuffix("/package-lock.json") for path in tracked if path.endswith("/package-lock.json")]
    assert sorted(read["npm"]) == sorted(locks)
    assert [name for name, folders in read.items() if folders == ["/"]] == [
        "pip",
        "github-actions",
        "docker",
        "docker-compose",
    ]


def test_images_are_named_by_a_release() -> None:
    """A tag of a whole branch, as `redis:8-alpine`, is another image each week."""
    compose = YAML(typ="safe").load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    first = (ROOT / "Dockerfile").read_text("utf-8").partition("\nFROM ")[2].split()[0]
    images = [first, *(service["image"] for service in compose.values() if "image" in service)]
    assert len(images) == 4
    for image in images:
        assert re.search(r":(v?\d+\.\d+\.\d+|[a-z]+-\d{8})(-|$)", image), image
