"""The embedding model on ONNX Runtime beside the same model on torch: CPU seconds on one thread, and memory.

`python -m benchmarks.embedding` measures each runtime in a process of its own, in turn, with the texts of the sample
book, or of the one that BOOK_DIR names; and how alike the vectors are.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.table import Row, print_table
from engines.embedding.embedding_model import describe_model, ensure_export
from engines.settings import EngineSettings

RUNS = 3
QUESTIONS = 60
PASSAGES = 100
_MEASURE = """
import json, sys, time
started = time.process_time()
from dataclasses import replace
from pathlib import Path
from statistics import median
from engines.embedding.embedding_model import describe_model, load_embedding
from engines.settings import EngineSettings
runtime, models, texts = sys.argv[1], Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text())
model = replace(describe_model(EngineSettings(models_dir=models)), runtime=runtime)
embedding = load_embedding(model, threads=1)
loaded = time.process_time() - started
vectors, questions = [], []
for question in texts["questions"]:
    before = time.process_time()
    vectors.append(embedding.get_query_embeddings([question])[0])
    questions.append(time.process_time() - before)
status = Path("/proc/self/status").read_text()
resident = int(status.partition("VmRSS:")[2].split()[0]) // 1024
before = time.process_time()
embedding.get_text_embedding_batch(texts["passages"])
print(json.dumps({"load": loaded, "question": median(questions), "passages": time.process_time() - before,
                  "resident": resident, "vectors": vectors}))
"""


def measured(runtime: str, models: Path, texts: Path) -> dict[str, Any]:
    """What one process with this runtime needed."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, "-W", "ignore", "-c", _MEASURE, runtime, str(models), str(texts)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure both runtimes in turn and print the medians."""
    book = Path(os.environ.get("BOOK_DIR", "book/docs"))
    pages = [path.read_text(encoding="utf-8") for path in sorted(book.rglob("*.md*"))]
    words = " ".join(pages).split()
    with tempfile.TemporaryDirectory() as folder:
        texts, models = Path(folder) / "texts.json", Path(folder) / "models"
        texts.write_text(
            json.dumps(
                {
                    "questions": [" ".join(words[at * 40 : at * 40 + 12]) + "?" for at in range(QUESTIONS)],
                    "passages": [" ".join(words[at * 100 : at * 100 + 100]) for at in range(PASSAGES)],
                }
            )
        )
        problem = ensure_export(replace(describe_model(EngineSettings(models_dir=models)), runtime="auto"))
        if problem:
            raise SystemExit(problem)
        runs = [(measured("onnx", models, texts), measured("torch", models, texts)) for _ in range(RUNS)]
    cosine = float(np.min(np.sum(np.array(runs[0][0]["vectors"]) * np.array(runs[0][1]["vectors"]), axis=1)))

    def row(name: str, key: str, unit: str, scale: float, target: str) -> Row:
        onnx, torch = (median(run[side][key] for run in runs) for side in (0, 1))
        return Row(name, f"{onnx * scale:.1f} {unit} ({onnx / torch:.2f})", f"{torch * scale:.1f} {unit}", target)

    print_table(
        "The embedding model: ONNX Runtime, beside torch",
        [
            row("a question, CPU, median", "question", "ms", 1000, "0.5 of torch"),
            row(f"{PASSAGES} passages of 100 words, CPU", "passages", "s", 1, "0.7 of torch"),
            row("import and load, CPU", "load", "s", 1, "–"),
            row("resident after the questions", "resident", "MB", 1, "–"),
            Row("least cosine of a question's two vectors", f"{cosine:.7f}", "1", "0.9999"),
        ],
    )


if __name__ == "__main__":
    main()
