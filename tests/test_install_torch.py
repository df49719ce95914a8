"""`make run` on Linux without a GPU takes the CPU build of torch if its index answers, and says what it took."""

import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REQUIREMENT = next(
    line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line.startswith("torch==")
)
VERSION = REQUIREMENT.partition("==")[2]

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        sys.platform != "linux" or Path("/proc/driver/nvidia/version").exists(),
        reason="the choice is one of Linux and CPUs",
    ),
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with pip and without torch; not to be written to."""
    folder = tmp_path_factory.mktemp("made") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def python(environment: Path, tmp_path: Path) -> Path:
    """The interpreter of an environment of the test's own."""
    return Path(shutil.copytree(environment, tmp_path / "venv", symlinks=True)) / "bin" / "python"


def test_the_cpu_build_comes_from_an_index_that_answers(python: Path, tmp_path: Path) -> None:
    with _index(tmp_path / "index", {f"torch-{VERSION}+cpu-py3-none-any.whl": f"{VERSION}+cpu"}) as url:
        assert _installed(python, url) == f"torch: the CPU build from {url}."

    found = subprocess.run(
        [python, "-c", "import importlib.metadata as m; print(m.version('torch'))"], capture_output=True, text=True
    )
    assert found.stdout.strip() == f"{VERSION}+cpu"
    assert _installed(python, url) == "", "what is installed is not looked for again"


def test_an_index_that_does_not_answer_leaves_the_choice_to_pip(python: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert _installed(python, url) == f"torch: the build that pip finds, as {url} does not answer."


def test_an_index_without_this_version_leaves_the_choice_to_pip(python: Path, tmp_path: Path) -> None:
    with _index(tmp_path / "index", {"torch-0.0.1-py3-none-any.whl": "0.0.1"}) as url:
        said = _installed(python, url)

    assert said == f"torch: the build that pip finds, as {url} has no {REQUIREMENT} for this machine."


def test_an_empty_variable_turns_it_off(python: Path) -> None:
    assert _installed(python, "") == "torch: the build that pip finds (TORCH_INDEX is empty)."


def _installed(python: Path, index: str) -> str:
    """What the script says; pip may read no index but the one given, and no settings of this machine."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(python.parent),
        "TORCH_INDEX": index,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_TRUSTED_HOST": "127.0.0.1",
        "PIP_RETRIES": "0",
    }
    done = subprocess.run(
        [shutil.which("bash") or "bash", "scripts/install_torch.sh", str(python)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return done.stdout.strip()


@contextmanager
def _index(folder: Path, wheels: dict[str, str]) -> Iterator[str]:
    """A package index on the loopback with wheels of `torch` that hold nothing: file name → version."""
    (folder / "torch").mkdir(parents=True)
    for name, version in wheels.items():
        information = f"torch-{version}.dist-info"
        with zipfile.ZipFile(folder / "torch" / name, "w") as wheel:
            wheel.writestr("torch/__init__.py", "")
            wheel.writestr(f"{information}/METADATA", f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
            wheel.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{information}/RECORD", "")
    links = "".join(f'<a href="{name.replace("+", "%2B")}">{name}</a>' for name in wheels)
    (folder / "torch" / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
