"""The figures of runs by other tools: ir_measures and ranx read the exported files, and each mean stands beside ours.

python benchmarks/other_tools.py FOLDER RUN.json …   (docs/evaluation.md has the commands before it)

FOLDER is what `bookrag eval export --trec FOLDER RUN.json …` wrote. Nothing of bookrag is imported, so that this runs
where the other tools are installed: `pip install ir-measures==0.4.3 ranx==0.3.21`. Exit code 1 if a figure differs.
"""

import json
import sys
from pathlib import Path
from typing import Any

MEASURES = {  # figure → its name in ir_measures and in ranx, at a cut-off
    "ndcg": ("nDCG", "ndcg"),
    "recall": ("R", "recall"),
    "precision": ("P", "precision"),
    "map": ("AP", "map"),
    "mrr": ("RR", "mrr"),
    "hit": ("Success", "hit_rate"),
}
TOLERANCE = 1e-12


def main(folder: Path, runs: list[Path]) -> int:
    """Print the table of all runs; 1 if a figure differs by more than the order of its additions explains."""
    import ir_measures  # type: ignore[import-not-found]  # this script's own, in an environment of their own
    import ranx  # type: ignore[import-not-found]

    furthest = 0.0
    print("| run | questions | figure | bookrag | ir_measures | ranx |\n|---|---|---|---|---|---|")
    for path in runs:
        run: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        qrels, results = (str(folder / f"{path.stem}.{kind}") for kind in ("qrels", "run"))
        names = list(run["figures"])
        measured = ir_measures.calc_aggregate(
            [ir_measures.parse_measure(measure_names(name)[0]) for name in names],
            list(ir_measures.read_trec_qrels(qrels)),
            list(ir_measures.read_trec_run(results)),
        )
        by_name = {str(measure): value for measure, value in measured.items()}
        ranked = ranx.evaluate(
            ranx.Qrels.from_file(qrels, kind="trec"),
            ranx.Run.from_file(results, kind="trec"),
            [measure_names(name)[1] for name in names],
            make_comparable=True,
        )
        for name in names:
            ours, (one, other) = run["figures"][name]["mean"], measure_names(name)
            values = (ours, by_name[str(ir_measures.parse_measure(one))], float(ranked[other]))
            furthest = max(furthest, *(abs(value - ours) for value in values))
            figures = " | ".join(map(repr, values))
            print(f"| {path.stem} | {run['figures'][name]['count']} | {name} | {figures} |")
    print(f"\nThe furthest from bookrag's: {furthest:.1e}")
    return int(furthest > TOLERANCE)


def measure_names(name: str) -> tuple[str, str]:
    """The names of `ndcg@10` in ir_measures and in ranx."""
    kind, _, cutoff = name.partition("@")
    one, other = MEASURES[kind]
    return f"{one}@{cutoff}", f"{other}@{cutoff}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]]))
