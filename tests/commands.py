"""`bookrag` in the test's own process: what a command says and its exit code, without seconds of imports each time."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

from app.cli.main import main


def run_command(
    *arguments: str | Path, environment: Mapping[str, str], folder: Path, encoding: str = "utf-8"
) -> "subprocess.CompletedProcess[str]":
    """Run `bookrag` with this environment in this folder, and the exported model that all tests share.

    `encoding` is that of its output, as of a terminal or a pipe.
    """
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
    argv = ["bookrag", *map(str, arguments)]
    with (
        mock.patch.dict(os.environ, {"MODELS_DIR": os.environ["MODELS_DIR"]} | dict(environment), clear=True),
        mock.patch.object(sys, "argv", argv),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        code = _exit_code()
    return subprocess.CompletedProcess(argv, code, _text(output), _text(errors))


def _text(written: io.TextIOWrapper) -> str:
    written.seek(0)
    return written.read()


def _exit_code() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
