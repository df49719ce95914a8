"""`bookrag ask`: a reader's question on the command line, within the limits that the HTTP interface has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.main import main
from storage.settings import StorageSettings
from storage.vectors.index_store import open_store
from tests.storage.vectors.builds import SPEC, chunk

ROOT = Path(__file__).parents[3]

CUP = "Who won the football cup in 1998?"


@pytest.fixture(autouse=True)
def _settings(data_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # where no `.env` is
    monkeypatch.setenv("DATA_DIR", str(data_dir))


def ask(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of `bookrag ask`."""
    monkeypatch.setattr(sys, "argv", ["bookrag", "ask", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_question_may_be_limited_to_a_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, CUP, "--json", "--page-url", "/docs/ros", "--scope", "page") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["grounded"], answer["verdict"]) == (False, "not_covered")
    assert answer["answer"].startswith("This page does not seem to cover")
    assert {source["url"].split("#")[0] for source in answer["sources"]} == {"/docs/ros"}


def test_a_refusal_shows_the_nearest_sections_and_no_sources(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, CUP, "--page-url", "/docs/ros", "--scope", "page") == 0
    text, _, below = capsys.readouterr().out.partition("\n\n\n")
    assert text.startswith("This page does not seem to cover")
    assert "Sources" not in below
    assert "Also read" not in below
    assert below.count("/docs/ros") == text.count("[1]")


def test_what_an_answer_cites_stands_apart_from_what_was_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    question = "Why can the zero moment point not leave the support polygon?"
    assert ask(monkeypatch, question, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["cited"]
    assert ask(monkeypatch, question) == 0
    said = capsys.readouterr().out
    cited, _, read = said.partition("\nSources\n")[2].partition("\nAlso read\n")
    for source in answer["sources"]:
        part, other = (cited, read) if source["number"] in answer["cited"] else (read, cited)
        assert f"[{source['number']}] " in part
        assert f"[{source['number']}] {source['title']}" not in other


def test_the_sources_tell_of_what_was_searched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, CUP, "--sources", "--page-url", "/docs/balance/zmp", "--scope", "chapter") == 0
    assert "This chapter does not cover this: score" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--page-url", "JavaScript:alert(1)"), "page_url: it must be an address of http or https, or a relative one."),
        (("--scope", "page"), "page_url: the scope 'page' needs the address of the page"),
        (("--scope", "chapter", "--page-url", "/nowhere"), "page_url: '/nowhere' is not a page of the book"),
        (("--locale", "xx"), "locale: the book is not in 'xx'"),
        (("--version", "9"), "version: the book has no version '9'"),
        (("--scope", "universe"), "'universe' is not one of"),
    ],
)
def test_what_the_book_does_not_have_is_bad_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert ask(monkeypatch, CUP, *arguments) == 2
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.processes
@pytest.mark.parametrize(("book", "code"), [("none", "index_missing"), ("of another model", "index_mismatch")])
def test_an_index_that_cannot_be_asked_is_told_once(data_dir: Path, tmp_path: Path, book: str, code: str) -> None:
    if book == "none":
        data_dir = tmp_path / "empty"
        data_dir.mkdir()
    else:
        with open_store(StorageSettings(_env_file=None, data_dir=data_dir)) as store:
            build = store.create_build(SPEC)
            build.vector_store.add([chunk("One.")])
            build.finish()
            store.publish(build)
    command = [sys.executable, "-c", "from app.cli.main import main; main()", "ask", CUP]
    environment = os.environ | {"DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode in {1, 2}
    assert done.stderr.startswith(f"error ({code}): ")
    assert done.stderr.count("bookrag index build") == 1
    assert done.stdout == ""
