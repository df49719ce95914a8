"""Measure again what the tables of docs/benchmarks.md show: `python -m benchmarks.refresh [serving load …]`.

Each table stands between a comment that names its command and one that ends it. The command is run, and what it
prints takes the place of the old table, under a line with the date, the commit and the command. Without names all
are run, one after the other.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.table import MARKDOWN_FILE

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
TABLE = re.compile(r"(<!-- python -m benchmarks\.(?P<name>\w+)(?P<options>[^>]*) -->\n).*?(<!-- end -->)", re.DOTALL)


def measured(name: str, options: str) -> str:
    """Run a benchmark, and give its tables in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder) / "tables.md"
        command = [sys.executable, "-m", f"benchmarks.{name}", *shlex.split(options)]
        subprocess.run(command, env=os.environ | {MARKDOWN_FILE: str(tables)}, check=True)
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=PAGE.parent, capture_output=True, text=True, check=True
        )
        shown = f"python -m benchmarks.{name}{options}"
        when = f"{datetime.now(UTC):%Y-%m-%d}, commit {commit.stdout.strip()}: `{shown}`"
        return f"\n{when}\n{tables.read_text(encoding='utf-8')}\n"


def main() -> None:
    """Replace the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="benchmarks whose tables are measured; default: all of the page")
    names = parser.parse_args().names
    page = PAGE.read_text(encoding="utf-8")
    for table in list(TABLE.finditer(page)):
        if not names or table["name"] in names:
            new = f"{table[1]}{measured(table['name'], table['options'])}{table[4]}"
            page = page.replace(table[0], new)
            PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
