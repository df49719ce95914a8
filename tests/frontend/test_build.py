"""The widget's source is typed and linted, and the files that are committed are what it builds to.

The packages come from the lockfile in `frontend/`, into its `node_modules`.
"""

import json
import re
from pathlib import Path

import pytest

from app.widget.router import STATIC_DIR, built_files
from tests.frontend.packages import FRONTEND, NODE, install_packages, run

LOADER_BYTES = 5_000
PANEL_BYTES = 85_000


@pytest.fixture(scope="module")
def packages() -> None:
    install_packages()


@NODE
@pytest.mark.conformance
@pytest.mark.timeout(300)
def test_the_committed_files_are_what_the_source_builds_to(packages: None, tmp_path: Path) -> None:
    run("node", "build.mjs", str(tmp_path))
    assert contents(STATIC_DIR) == contents(tmp_path)


@NODE
@pytest.mark.conformance
@pytest.mark.timeout(300)
def test_types_and_lint_are_clean(packages: None) -> None:
    run("npx", "--no-install", "tsc")
    run("npx", "--no-install", "eslint", ".")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def imported_packages() -> list[str]:
    """The packages that the widget's source names."""
    named = re.compile(r"""(?:\bfrom|\bimport)[ (]*["']((?:@[^/"']+/)?[^./"'][^/"']*)""")
    sources = (path.read_text("utf-8") for path in (FRONTEND / "src").rglob("*.ts*"))
    return sorted({name for source in sources for name in named.findall(source)})


def test_the_loader_and_the_panel_keep_to_their_sizes() -> None:
    manifest = json.loads((STATIC_DIR / "manifest.json").read_text())
    sizes = {name: file["gzip_bytes"] for name, file in manifest["files"].items()}
    assert sizes["widget.js"] <= LOADER_BYTES
    opened = [manifest["panel"], *manifest["shared"], manifest["answers"]]
    assert sum(sizes[name] for name in opened) <= PANEL_BYTES
    loader = (STATIC_DIR / "widget.js").read_text()
    assert all(name in loader for name in (manifest["panel"], *manifest["shared"]))


def test_the_docs_name_the_sizes_of_the_files() -> None:
    manifest = json.loads((STATIC_DIR / "manifest.json").read_text())
    sizes = {name: file["gzip_bytes"] for name, file in manifest["files"].items()}
    panel = sum(sizes[name] for name in (manifest["panel"], *manifest["shared"]))
    docs = (FRONTEND.parent / "docs" / "widget.md").read_text("utf-8")
    row = re.search(r"script; panel; what renders answers \| ([\d.]+) kB; ([\d.]+) kB; ([\d.]+) kB", docs)
    assert row
    for told, size in zip(row.groups(), (sizes["widget.js"], panel, sizes[manifest["answers"]]), strict=True):
        assert abs(float(told) - size / 1000) <= 0.2


def test_the_licences_of_the_bundled_libraries_are_served_with_them() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    licences = (STATIC_DIR / "licences.txt").read_text(encoding="utf-8")
    names = imported_packages()
    for name in names:
        package = lock["packages"][f"node_modules/{name}"]
        names += [each for each in package.get("dependencies", {}) if each not in names]
        assert package["integrity"]  # the released files
        assert f"{name} {package['version']}\n" in licences
    assert {"katex", "markdown-it", "uc.micro"} <= {*names}
    assert licences.count("Copyright") >= len(names)
    assert built_files()["licences.txt"].headers["content-type"] == "text/plain; charset=utf-8"


def test_the_lockfile_names_no_host() -> None:
    for lock in FRONTEND.rglob("package-lock.json"):
        if "node_modules" not in lock.parts:
            assert not re.search(r'"resolved"|https?://(?!\w*\.?(?:github|opencollective|paypal|eslint|tidelift|patreon))', lock.read_text())
