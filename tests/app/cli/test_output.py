"""Nothing that a book or a model says reaches a terminal as a command to it."""

import io
import json
import logging
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from app.cli.main import main
from app.cli.output import console, error_console, print_json, print_labelled, print_text
from app.request_log import VisibleFormatter, visible
from tests.app.cli.test_ask_output import QUESTION
from tests.commands import run_command
from tests.gemini_server import GeminiServer, Reply
from tests.tables import each_row

ROOT = Path(__file__).parents[3]
ESCAPES = [
    "\x1b[31m",  # a colour
    "\x1b[2J\x1b[H",  # an empty screen
    "\x1b]0;another title\x07",
    "\x1b]52;c;cm0gLXJm\x1b\\",  # the clipboard
    "\x1b]8;;https://evil.example\x1b\\",  # a link
    "\x1bP+q544e\x1b\\",  # a question that the terminal answers as if it were typed
    "\x9b31m",
    "\x9d0;title\x9c",
    "\x1bc",  # a reset
    "\x1b(0",  # another character set
    "\x1b[",  # cut off
    "\x1b",
    "\r",
    "\x08\x08",
    "\x07",
    "\x7f",
    "\x00",
]
PLAIN = "Gravity – کششِ ثقل 🤖\n\tand  mass"


@each_row("escape", ESCAPES)
def test_escapes_are_left_out_and_words_stay(escape: str) -> None:
    assert visible(f"before{escape}") == "before"
    left = visible(f"before{escape}– after")
    assert left.startswith("before")
    assert left.endswith("after")
    assert left.isprintable()
    assert visible(PLAIN) == PLAIN


@each_row("escape", ESCAPES)
def test_every_way_to_print_goes_without_escapes(escape: str) -> None:
    text = f"x{escape}y"
    table = Table(text)
    table.add_row(text)
    printed, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(errors):
        for out in (console(), error_console()):
            out.print(text)
            out.print(Text(text), table)
        print_text(text)
        print_json({"text": text})
    for shown in (printed.getvalue(), errors.getvalue()):
        assert "".join(shown.split("\n")).isprintable()
    assert json.loads(printed.getvalue().splitlines()[-1]) == {"text": text}


def test_what_looks_like_markup_is_printed_as_it_is() -> None:
    text = "[red]a[/] [1] :100: docs/[id].md"
    printed, errors = io.StringIO(), io.StringIO()
    table = Table("text", box=None)
    table.add_row(text)
    with redirect_stdout(printed), redirect_stderr(errors):
        console().print(text)
        console().print(table)
        print_labelled("error", text)
    assert printed.getvalue().count(text) == 2
    assert errors.getvalue() == f"error {text}\n"


@each_row("escape", ESCAPES)
def test_a_line_of_the_log_goes_without_escapes(escape: str) -> None:
    try:
        int(f"x{escape}y")
    except ValueError:
        record = logging.LogRecord("n", logging.ERROR, "p", 1, "failed: %s", (f"x{escape}y",), sys.exc_info())
    line = VisibleFormatter("%(levelname)s %(name)s: %(message)s").format(record)
    assert line.startswith("ERROR n: failed: x")
    assert "Traceback" in line
    assert "".join(line.split("\n")).isprintable()


HOSTILE = "# A \x1b]0;title\x07 heading\n\nThe capture\x1b[31m point \x9b2Jis here.\n\n[gone](./no\x1b[31mwhere.md)\n"


@pytest.mark.parametrize("arguments", [("pages",), ("pages", "--json"), ("check-links",), ("plan",)])
def test_commands_print_a_hostile_book_without_its_escapes(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    docs = tmp_path / "site" / "docs"
    docs.mkdir(parents=True)
    (docs / "a.md").write_text(HOSTILE, "utf-8")
    environment = {"BOOK_DIR": str(docs), "DATA_DIR": str(tmp_path / "data"), "NO_COLOR": "1"}
    done = run_command("index", *arguments, environment=environment, folder=tmp_path)
    shown = done.stdout + done.stderr
    assert shown.strip()
    assert "".join(shown.split("\n")).isprintable(), repr(shown)


def test_an_answer_of_the_model_is_printed_without_its_escapes(data_dir: Path, tmp_path: Path) -> None:
    with GeminiServer(Reply(chunks=("The ground\x1b]0;", "title\x07 only\x1b", "[31m pushes [1].\x9b2J"))) as gemini:
        settings = {"DATA_DIR": str(data_dir), "GEMINI_API_KEY": "k", "GEMINI_BASE_URL": gemini.url}
        done = run_command("ask", QUESTION, environment=settings, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = done.stdout
    assert "pushes [1]." in shown
    assert "".join(shown.split("\n")).isprintable(), repr(shown)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("arguments", [("index", "pages", "--json"), ("index", "pages"), ("--help",)])
def test_a_full_disk_behind_the_output_is_told_in_a_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\nText.\n", "utf-8")
    environment = os.environ | {"BOOK_DIR": str(tmp_path / "docs"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from app.cli.main import main; main()", *arguments]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, env=environment, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert b"error (storage_unavailable): Nothing more can be written." in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_command_that_is_stopped_while_an_extension_is_imported_ends_as_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted() -> None:
        told = "initialization failed"
        raise ImportError(told) from KeyboardInterrupt()

    monkeypatch.setattr("app.cli.main.cli", interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_a_module_that_is_missing_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        told = "no module named qdrant_client"
        raise ImportError(told)

    monkeypatch.setattr("app.cli.main.cli", missing)
    with pytest.raises(ImportError):
        main()
