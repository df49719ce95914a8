"""The product's modules that one question and one rebuild cross, in the order in which they are entered.

`python -m benchmarks.straight_line` indexes a small book, serves it, and traces one guest's question on a warm server:
without a key, with a key (a model server on this machine), and about a selection. Then it traces two rebuilds:
after one page has changed, and of the unchanged book.
A module counts when one of its functions runs; what its import ran does not count. `--functions` prints them too.
"""

import argparse
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import httpx

from engines.embedding.embedding_model import describe_model
from engines.settings import EngineSettings
from indexing.progress import Silent
from indexing.rebuild import BuildOptions, Rebuild
from indexing.settings import BookSettings
from storage.settings import StorageSettings
from storage.vectors.embedded_qdrant.client import EmbeddedEngine
from tests.gemini_server import GeminiServer
from tests.serving import build_small_index, serving
from tests.small_book import write_small_book

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "indexing", "engines", "storage")
# Each way is asked a question of its own: what is kept of a text would hide what reads it.
WARMING = "How does a robot keep its balance?"
QUESTION = "What is the zero moment point?"
QUESTION_WITH_A_KEY = "What is the capture point?"
QUESTION_ABOUT_A_SELECTION = "Why can the zero moment point not leave it?"
SELECTION = (
    "The ground only pushes and never pulls, so the zero moment point cannot leave the support polygon of the feet."
)
AIMS = {"question": 45, "rebuild": 50}


class Trace:
    """Which functions of the product run while it is on, in any thread that begins after it was made."""

    def __init__(self) -> None:
        self.functions: dict[tuple[str, str], None] = {}
        self._on = False
        self._known: dict[str, str | None] = {}
        threading.setprofile(self._called)

    @contextmanager
    def on(self) -> Iterator[None]:
        """Record what runs meanwhile, from nothing."""
        self.functions = {}
        self._on = True
        sys.setprofile(self._called)
        try:
            yield
        finally:
            self._on = False
            sys.setprofile(None)

    @property
    def modules(self) -> list[str]:
        """The modules in the order in which they were entered."""
        return list(dict.fromkeys(module for module, _ in self.functions))

    def _called(self, frame: FrameType, event: str, arg: Any) -> None:
        if event != "call" or not self._on:
            return
        code = frame.f_code
        module = self._module(code.co_filename)
        if module is not None and code.co_name != "<module>":
            self.functions.setdefault((module, code.co_qualname))

    def _module(self, filename: str) -> str | None:
        if filename not in self._known:
            path = Path(filename)
            inside = path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in PACKAGES
            self._known[filename] = str(path.relative_to(ROOT)) if inside else None
        return self._known[filename]


def ask(url: str, question: str, **body: str) -> None:
    """One question of a guest's, read to its end."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the client's own lines are no part of the question's way
    with httpx.Client(base_url=url, timeout=60) as client:
        client.post("/api/chat", json={"message": question, **body}).raise_for_status()


def report(title: str, trace: Trace, aim: int, *, functions: bool) -> None:
    """Print a traced line."""
    print(f"\n{title}: {len(trace.modules)} modules (aim: at most {aim}), {len(trace.functions)} functions")
    for place, module in enumerate(trace.modules, 1):
        print(f"  {place:3} {module}")
        if functions:
            print("".join(f"        {name}\n" for found, name in trace.functions if found == module), end="")


def unnamed(crossed: Iterable[str]) -> list[str]:
    """The modules that docs/architecture.md names neither by themselves nor by their folder."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return sorted({path for path in crossed if f"`{path}`" not in text and f"`{Path(path).parent}/`" not in text})


def trace_questions(data_dir: Path, trace: Trace, show: Callable[[str], None]) -> None:
    """A warm question in each of the three ways."""
    with serving(data_dir) as server:
        ask(server.url, WARMING)
        with trace.on():
            ask(server.url, QUESTION)
        show("question without a key")
    with GeminiServer() as gemini, serving(data_dir, gemini_url=gemini.url) as server:
        ask(server.url, WARMING)
        with trace.on():
            ask(server.url, QUESTION_WITH_A_KEY)
        show("question with a key")
        ask(server.url, WARMING, selected_text=SELECTION)
        with trace.on():
            ask(server.url, QUESTION_ABOUT_A_SELECTION, selected_text=SELECTION)
        show("question about a selection, with a key")


def trace_rebuilds(data_dir: Path, docs: Path, trace: Trace, show: Callable[[str], None]) -> None:
    """A rebuild as the command runs it: after one page has changed, and again without a change."""
    book, engines, storage = BookSettings(book_dir=docs), EngineSettings(), StorageSettings(data_dir=data_dir)

    def rebuild() -> None:
        notices = Silent()
        model = describe_model(engines)
        with Rebuild(model, book=book, engines=engines, storage=storage, progress=notices, notices=notices) as line:
            line.run(BuildOptions())

    rebuild()
    page = docs / "intro.md"
    page.write_text(page.read_text("utf-8") + "\nIt has a page on the zero moment point.\n", "utf-8")
    for title in ("rebuild after one page has changed", "rebuild of an unchanged book"):
        with trace.on():
            rebuild()
        show(title)


def main() -> None:
    """Trace the lines and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--functions", action="store_true", help="print the functions of each module too")
    functions = parser.parse_args().functions
    # The export that the tests make: a deployment runs the model on ONNX Runtime too.
    os.environ.setdefault("MODELS_DIR", str(ROOT / ".pytest_cache" / "models"))
    # A server looks where the alias points five times a second, asked or not: that is no part of a question's way.
    EmbeddedEngine.poll_seconds = 3_600.0
    trace = Trace()
    with tempfile.TemporaryDirectory() as folder:
        data_dir, site = Path(folder) / "data", write_small_book(Path(folder) / "site")
        build_small_index(data_dir, site)
        crossed: set[str] = set()

        def show(title: str, aim: int) -> None:
            report(title, trace, aim, functions=functions)
            crossed.update(trace.modules)

        trace_questions(data_dir, trace, lambda title: show(title, AIMS["question"]))
        trace_rebuilds(data_dir, site, trace, lambda title: show(title, AIMS["rebuild"]))
    if missing := unnamed(crossed):
        sys.exit(f"docs/architecture.md does not name {', '.join(missing)}")


if __name__ == "__main__":
    main()
