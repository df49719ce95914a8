"""Runs `docusaurus.config.*` with Node and takes what it exports as plain data.

The config is a program of the book, run as `docusaurus build` would run it: in the site's folder, with the environment
except what looks like a secret, and with a time limit. `SITE_CONFIG_ENV` names variables that it gets nevertheless.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexing.settings import BookSettings
from storage.errors import ConfigurationError, InputError

CONFIG_EXTENSIONS = (".ts", ".mts", ".cts", ".js", ".mjs", ".cjs")  # in the order in which Docusaurus looks
MAX_OUTPUT = 200_000_000  # characters; a config's data is a few thousand, the pages of a large book are 20 million
_SCRIPT = Path(__file__).parent / "node" / "read_config.cjs"
_UNREADABLE = "running it gave no readable result"
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|DATABASE_URL|DSN", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ConfigRun:
    """A config's export, and its export for each of its languages."""

    data: dict[str, Any]
    locales: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()  # why the addresses may differ, for example presets of the site that cannot be called
    withheld: tuple[str, ...] = ()  # variables that the config read and did not get, since they look like secrets


def find_config(folder: Path) -> Path | None:
    """The site's config; None where there is none."""
    candidates = (folder / f"docusaurus.config{extension}" for extension in CONFIG_EXTENSIONS)
    return next((path for path in candidates if path.is_file()), None)


def run_config(settings: BookSettings, config: Path, variables: Mapping[str, str] | None = None) -> ConfigRun:
    """The config as data; raises InputError with the reason if it cannot be run.

    `variables` are set in addition to the environment's. Raises ConfigurationError if NODE_COMMAND is not a program.
    """
    answer = _ask(settings, config, variables=variables or {})
    try:
        return ConfigRun(
            data=answer["data"],
            locales=answer["locales"],
            notes=tuple(answer["notes"]),
            doubts=tuple(answer["doubts"]),
            withheld=tuple(answer["withheld"]),
        )
    except (KeyError, TypeError) as exc:
        raise InputError(_UNREADABLE) from exc


def parse_names(
    settings: BookSettings, config: Path, paths: Sequence[Sequence[str | int]], names: Sequence[str]
) -> list[dict[str, str | None]]:
    """For each of `paths`, at which the config has a `numberPrefixParser`: name → the name without its number.

    None stands for a name on which the parser failed. Raises InputError if the config cannot be run.
    """
    answer = _ask(settings, config, "--names", given=json.dumps({"paths": paths, "names": names}))
    try:
        return [dict(parsed) for parsed in answer["parsed"]]
    except (KeyError, TypeError, ValueError) as exc:
        raise InputError(_UNREADABLE) from exc


def call_with_pages(
    settings: BookSettings,
    config: Path,
    files: Sequence[tuple[str, str]],
    parsed: Sequence[tuple[str, dict[str, Any]]],
) -> tuple[list[dict[str, Any]], list[str]]:
    """The results of the config's `parseFrontMatter` and `preprocessor` for each of `files`, (path, text).

    `parsed`: (text, result of Docusaurus' own front matter reader), for the files and for other texts that the
    functions ask for. The second result has the texts that were missing: the call must be repeated with them. Raises
    InputError if the config cannot be run.
    """
    answer = _ask(settings, config, "--pages", given=json.dumps({"files": files, "parsed": parsed}))
    try:
        pages, wanted = [dict(page) for page in answer["pages"]], [str(text) for text in answer["wanted"]]
    except (KeyError, TypeError, ValueError) as exc:
        raise InputError(_UNREADABLE) from exc
    if len(pages) != len(files):
        raise InputError(_UNREADABLE)
    return pages, wanted


def _ask(
    settings: BookSettings, config: Path, *arguments: str, given: str = "", variables: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The script's result; raises InputError if it reports an error or has no result."""
    if not settings.run_site_config:
        raise InputError("RUN_SITE_CONFIG is false")
    node = shutil.which(settings.node_command)
    if node is None and "node_command" in settings.model_fields_set:
        raise ConfigurationError(f"NODE_COMMAND: there is no program {settings.node_command} on this machine")
    if node is None:
        raise InputError(f"there is no `{settings.node_command}` on this machine")
    environment = _environment(settings.site_config_variables) | dict(variables or {})
    output = _run(
        [node, str(_SCRIPT), str(config), *arguments], config.parent, environment, given, settings.node_timeout_seconds
    )
    try:
        answer = json.loads(output)
        if "error" in answer:
            raise InputError(f"{answer['error']}{withheld_hint(answer.get('withheld', ()))}")
    except (ValueError, TypeError, AttributeError, RecursionError) as exc:
        raise InputError(_UNREADABLE) from exc
    else:
        return dict(answer)


def withheld_hint(names: Sequence[str]) -> str:
    """A hint on passing the withheld variables on; "" if there are none."""
    if not names:
        return ""
    listed = ",".join(names)
    return (
        f" (bookrag withheld {listed} from the config, as the name looks like a secret's: "
        f"SITE_CONFIG_ENV={listed} lets it through)"
    )


def _environment(allowed: Sequence[str]) -> dict[str, str]:
    """The config's environment: this process's, without variables that look like secrets, whose names are reported."""
    withheld = [name for name in os.environ if _SECRET.search(name) and name not in allowed]
    environment = {name: value for name, value in os.environ.items() if name not in withheld}
    return environment | {
        "NODE_ENV": "production",
        "BABEL_ENV": "production",
        "BOOKRAG_WITHHELD": json.dumps(withheld),
    }


def _run(command: list[str], folder: Path, environment: Mapping[str, str], given: str, timeout_seconds: float) -> str:
    """What `command` writes to a separate pipe; the config may print anything to the other two.

    `given` is its standard input.
    """
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as standard_input, open(reader, encoding="utf-8", errors="replace") as pipe:  # noqa: PTH123  # a file descriptor
        standard_input.write(given.encode())
        standard_input.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603  # the script is ours, the config is the book's
                command,
                cwd=folder,
                env={**environment, "BOOKRAG_OUTPUT_FD": str(writer)},
                stdin=standard_input,
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
    """Kills `process` and its children after `seconds`; the result cancels that, and says whether it was needed."""
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
