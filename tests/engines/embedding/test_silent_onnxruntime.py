"""The server reports to nobody: ONNX Runtime's telemetry is off in every process that embeds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.conformance
@pytest.mark.parametrize("module", ["engines.embedding.onnx_runtime", "app.preloaded"])
def test_onnx_runtime_writes_no_id_of_the_machine_and_reports_nothing(tmp_path: Path, module: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    code = f"import {module}, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    command = [sys.executable, "-c", code]
    ran = subprocess.run(
        command, env=environment | {"HOME": str(tmp_path)}, capture_output=True, text=True, check=True, timeout=100
    )
    assert ran.stdout.strip() == "1"
    assert not (tmp_path / ".cache" / "Microsoft").exists()
