"""Runs `docusaurus.config.*` with Node and takes what it exports as plain data.

The config is a program of the book's own, run as `docusaurus build` would run it: in the site's folder, with the
environment except what looks like a secret, and with a time limit.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexing.settings import BookSettings
from storage.errors import ConfigurationError, InputError

CONFIG_EXTENSIONS = (".ts", ".mts", ".cts", ".js", ".mjs", ".cjs")  # in the order in which Docusaurus looks
MAX_OUTPUT = 20_000_000  # characters; a config's data is a few thousand
_SCRIPT = Path(__file__).parent / "node" / "read_config.cjs"
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|DATABASE_URL|DSN", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ConfigRun:
    """What a config exports, and what it exports for each of its languages."""

    data: dict[str, Any]
    locales: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def find_config(folder: Path) -> Path | None:
    """The site's config; None where there is none."""
    candidates = (folder / f"docusaurus.config{extension}" for extension in CONFIG_EXTENSIONS)
    return next((path for path in candidates if path.is_file()), None)


def run_config(settings: BookSettings, config: Path) -> ConfigRun:
    """The config as data; raises InputError with the reason where it cannot be run.

    Raises ConfigurationError where NODE_COMMAND is set to what does not exist.
    """
    if not settings.run_site_config:
        raise InputError("RUN_SITE_CONFIG is false")
    node = shutil.which(settings.node_command)
    if node is None and "node_command" in settings.model_fields_set:
        raise ConfigurationError(f"NODE_COMMAND: there is no program {settings.node_command} on this machine")
    if node is None:
        raise InputError(f"there is no `{settings.node_command}` on this machine")
    output = _run([node, str(_SCRIPT), str(config)], config.parent, settings.node_timeout_seconds)
    try:
        answer = json.loads(output)
        if "error" in answer:
            raise InputError(str(answer["error"]))
        return ConfigRun(answer["data"], answer["locales"], tuple(answer["notes"]))
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise InputError("running it gave nothing that can be read") from exc


def _run(command: list[str], folder: Path, timeout_seconds: float) -> str:
    """What `command` writes to its file descriptor 3; the config may print to the other two what it likes."""
    reader, writer = os.pipe()
    environment = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    environment |= {"NODE_ENV": "production", "BABEL_ENV": "production", "BOOKRAG_OUTPUT_FD": str(writer)}
    with open(reader, encoding="utf-8", errors="replace") as pipe:  # noqa: PTH123  # a file descriptor
        try:
            process = subprocess.Popen(  # noqa: S603  # the script is ours, the config is the book's
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(writer,),
                start_new_session=True,
            )
        except OSError as exc:
            raise InputError(f"node cannot be started: {exc.strerror}") from exc
        finally:
            os.close(writer)
        timer = _kill_after(process, timeout_seconds)
        output = pipe.read(MAX_OUTPUT)
        code = process.wait()
        if timer():
            raise InputError(f"it did not end within {timeout_seconds:g} s")
    if not output:
        raise InputError(f"node ended with {code} and no answer")
    return output


def _kill_after(process: "subprocess.Popen[bytes]", seconds: float) -> Callable[[], bool]:
    """Ends `process` and what it started after `seconds`; the result cancels that, and tells whether it was needed."""
    fired = threading.Event()

    def kill() -> None:
        fired.set()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()

    def cancel() -> bool:
        timer.cancel()
        return fired.is_set()

    return cancel
