"""The documents are true: settings, commands, files and links that they name exist."""

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

from app.settings import AppSettings
from benchmarks.refresh import TABLE
from benchmarks.table import Row, markdown
from engines.settings import EngineSettings
from indexing.settings import BookSettings
from storage.environment import EnvironmentSettings
from storage.settings import StorageSettings, SupabaseSettings
from tests.commands import run_command
from tests.tables import each_row

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
SETTINGS: tuple[type[EnvironmentSettings], ...] = (
    AppSettings,
    BookSettings,
    EngineSettings,
    StorageSettings,
    SupabaseSettings,
)


def listed_settings() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line[2:].split("=", 1) for line in lines if re.match(r"# [A-Z][A-Z0-9_]*=", line))


def test_the_example_lists_exactly_the_settings() -> None:
    known = {name.upper() for settings in SETTINGS for name in settings.model_fields}
    assert set(listed_settings()) == known


@each_row("settings", SETTINGS)
def test_the_example_shows_defaults_that_are_true(settings: type[EnvironmentSettings]) -> None:
    shown = {name.lower(): value for name, value in listed_settings().items() if value}
    chosen = {name: value for name, value in shown.items() if name in settings.model_fields}
    parsed = settings.model_validate(chosen | _keys(chosen))
    for name, field in settings.model_fields.items():
        if name in chosen and field.default not in (None, ""):
            assert getattr(parsed, name) == field.default, name


def _keys(chosen: dict[str, str]) -> dict[str, str]:
    return {"supabase_publishable_key": "key"} if "supabase_url" in chosen else {}


@each_row("document", DOCUMENTS)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    for target in targets:
        if not re.match(r"[a-z]+:", target):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


@each_row("document", DOCUMENTS)
def test_links_to_sections_lead_somewhere(document: Path) -> None:
    for target, anchor in re.findall(r"\]\(((?![a-z]+:)[^)#\s]*)#([^)\s]+)\)", document.read_text(encoding="utf-8")):
        linked = (document.parent / target).resolve() if target else document
        assert anchor in anchors_of(linked), f"{document.name} links to {target}#{anchor}"


@cache
def anchors_of(document: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a document."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_row("document", DOCUMENTS)
def test_commands_in_documents_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"bookrag ((?:index|eval) [a-z-]+|serve|ask)\b(.*)", text)
    for command, rest in named:
        shown = help_of(command)
        for option in re.findall(r"--[a-z-]+", re.split(r"`|&&|\|(?! -)", rest)[0]):
            assert option in shown, f"{document.name}: bookrag {command} {option}"


def test_make_has_the_targets_that_documents_name() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in DOCUMENTS:
        assert set(re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8"))) <= targets


def test_help_is_quick_because_it_loads_no_model() -> None:
    program = "import sys; sys.argv = ['bookrag', 'index', '--help']\ntry:\n import app.cli.main as m; m.main()\n"
    program += "except SystemExit: pass\nheavy = ('torch', 'llama_index', 'qdrant_client', 'numpy', 'fastapi')\n"
    program += "print('LOADED', [name for name in heavy if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


@cache
def help_of(command: str) -> str:
    """What `--help` of a command prints; asked once for all documents, as most name the same commands."""
    environment = os.environ | {"COLUMNS": "200", "TERM": "dumb"}
    done = run_command(*shlex.split(command), "--help", environment=environment, folder=ROOT)
    assert done.returncode == 0, f"there is no bookrag {command}"
    return done.stdout


def test_modules_in_documents_exist() -> None:
    for document in (ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md"):
        text = document.read_text(encoding="utf-8")
        named = re.findall(r"(?:app|indexing|engines|storage|tests|docs)/[a-z_/]*(?:\.py|\.md|/)", text)
        assert named
        for path in named:
            assert (ROOT / path).exists(), f"{document.name} names {path}"


def test_the_tests_that_the_table_of_books_names_exist() -> None:
    text = (ROOT / "docs" / "books.md").read_text(encoding="utf-8")
    tests = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    files, functions = set(re.findall(r"`((?:\w+/)*test_\w+\.py)`", text)), set(re.findall(r"`(test_\w+)`", text))
    assert files
    assert functions
    assert [name for name in files if not any(path.match(name) for path in tests)] == []
    assert [name for name in functions if not any(f"def {name}(" in code for code in tests.values())] == []


def test_decisions_are_dated() -> None:
    for record in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        lines = record.read_text(encoding="utf-8").splitlines()
        assert re.fullmatch(r"Date: \d{4}-\d{2}-\d{2}", lines[2]), record.name


def test_the_commit_hooks_check_what_lint_checks() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    tools = re.findall(r"\$\(BIN\)/([a-z-]+)", recipe)
    assert set(tools) == {"ruff", "mypy", "lint-imports"}
    assert set(re.findall(r"entry: \.venv/bin/([a-z-]+)", hooks)) == set(tools)


def test_no_document_names_a_model_that_ends() -> None:
    named = [path for path in (ROOT / ".env.example", *DOCUMENTS) if re.search(r"gemini-[12]\.", path.read_text())]
    assert named == []


def test_the_tables_of_the_benchmarks_page_can_be_measured_again() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    tables = list(TABLE.finditer(page))

    assert len(tables) == page.count("<!-- end -->") > 0
    assert [table["name"] for table in tables if not (ROOT / "benchmarks" / f"{table['name']}.py").is_file()] == []


def test_a_benchmark_writes_its_table_in_markdown() -> None:
    rows = [Row("first token", "30 ms", "19 ms", "≤ 2 × floor")]

    assert markdown("Serving", rows).split("\n") == [
        "",
        "| Serving | measured | floor | to reach |",
        "|---|---|---|---|",
        "| first token | 30 ms | 19 ms | ≤ 2 × floor |",
        "",
    ]
