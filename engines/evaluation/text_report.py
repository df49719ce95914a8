"""Runs as Markdown and as JUnit XML, for people and for continuous integration."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, fields
from xml.etree.ElementTree import Element, SubElement, tostring

from engines.evaluation.comparing import Comparison
from engines.evaluation.decision import DecisionFigures, OutcomeCounts
from engines.evaluation.metrics import NAMES, Figure, PairedTest, share_interval
from engines.evaluation.questions import FIRST_TURN, LATER_TURN, SMALL_TALK
from engines.evaluation.runner import QuestionRecord, Run

WORST = 10
SMALLEST_P = 1e-4  # that four digits show
_TESTS = (
    "A and B: the means. Difference: B less A, with its bootstrap interval. Effect: the mean difference in standard",
    "deviations of the differences (– where all are the same). p: a paired randomisation test of the mean difference;",
    "p (Holm): the same, corrected for all figures tested here: go by it. Wilcoxon p: of the ranks of the differences,",
    "without equal pairs; it asks another question. Better, worse, equal: questions.",
)


def figure_name(name: str) -> str:
    """`ndcg@10` → `nDCG@10`."""
    kind, _, cutoff = name.partition("@")
    return f"{NAMES.get(kind, kind)}@{cutoff}" if cutoff else kind


def interval_text(figure: Figure) -> str:
    """An interval in four digits; of one value there is none."""
    return f"{figure.low:.4f} to {figure.high:.4f}" if figure.count > 1 else "–"


def run_markdown(run: Run) -> str:
    """A run as a report in Markdown."""
    asked = next(iter(run.figures.values()), Figure(0, 0, 0, 0)).count
    lines = [
        f"# {run.name}",
        "",
        f"{asked} question{'' if asked == 1 else 's'} with judgements, {run.seconds:g} s, {run.when}",
        "",
        "| figure | mean | 95 % interval |",
        "|---|---|---|",
        *(f"| {figure_name(n)} | {f.mean:.4f} | {interval_text(f)} |" for n, f in run.figures.items()),
    ]
    if turns := turn_rows(run):
        lines += ["", *turns]
    if run.grounding:
        lines += ["", *decision_markdown(run)]
    main = main_figure(run)
    if run.groups:
        lines += ["", f"| group | questions | {figure_name(main)} | 95 % interval |", "|---|---|---|---|"]
        lines += [
            f"| {_cell_text(group)} | {f[main].count} | {f[main].mean:.4f} | {interval_text(f[main])} |"
            for group, f in run.groups.items()
        ]
    if worst := worst_questions(run, WORST):
        lines += ["", f"## The {len(worst)} worst questions", ""]
        lines += [
            f"- {record.figures[main]:.2f} **{record.question}** wanted {', '.join(record.relevant[:3]) or 'nothing'}; "
            f"found {', '.join(record.found[:3]) or 'nothing'}"
            for record in worst
        ]
    return "\n".join(lines) + "\n"


def turn_rows(run: Run) -> list[str]:
    """The turns of conversations by their place, found and decided; empty for a set of single questions."""
    if not any({FIRST_TURN, LATER_TURN} & set(record.tags) for record in run.questions):
        return []
    small_talk = [record for record in run.questions if SMALL_TALK in record.tags]
    asked = [record for record in run.questions if SMALL_TALK not in record.tags]
    hit = f"hit@{run.cutoffs[-1]}"
    lines = [
        f"| turns | number | {hit} | covered | uncertain | not covered | no question |",
        "|---|---|---|---|---|---|---|",
    ]
    for tag in (FIRST_TURN, LATER_TURN):
        turns = [record for record in asked if tag in record.tags]
        place = tag.removeprefix("turn:")
        lines.append(_turn_row(f"{place}, answerable", [each for each in turns if each.answerable], hit))
        lines.append(_turn_row(f"{place}, unanswerable", [each for each in turns if not each.answerable], hit))
    return [*lines, _turn_row("small talk", small_talk, hit)]


def _turn_row(name: str, records: Sequence[QuestionRecord], hit: str) -> str:
    judged = [record.figures[hit] for record in records if record.figures]
    found = f"{sum(judged):.0f} of {len(judged)}, {_share(round(sum(judged)), len(judged))}" if judged else "–"
    verdicts = Counter(record.verdict for record in records)
    shown = " | ".join(str(verdicts[verdict]) for verdict in ("covered", "uncertain", "not_covered", None))
    return f"| {name} | {len(records)} | {found} | {shown} |"


def decision_markdown(run: Run) -> list[str]:
    """The verdicts by form and by outcome."""
    figures = DecisionFigures.from_dict(run.grounding or {})
    rows = {"all": figures.everything, **figures.groups}
    everything = figures.everything
    return [
        (
            f"Is it in the book? Covered from {figures.covered_from:.3f}, not covered below "
            f"{figures.not_covered_below:.3f}. Refusals: precision "
            f"{_share(everything.rejected, everything.refused + everything.rejected)}, "
            f"recall {_share(everything.rejected, everything.unanswerable)}."
        ),
        "",
        "Shares with their 95 % intervals by Wilson's score:",
        "",
        "| questions | answerable | not covered | uncertain | unanswerable | covered | not covered |",
        "|---|---|---|---|---|---|---|",
        *(_outcome_row(name, counts) for name, counts in rows.items()),
    ]


def _outcome_row(name: str, counts: OutcomeCounts) -> str:
    yes, no = counts.answerable, counts.unanswerable
    answerable = f"{yes} | {_share(counts.refused, yes)} | {_share(counts.uncertain, yes)}"
    unanswerable = f"{no} | {_share(counts.answered, no)} | {_share(counts.rejected, no)}"
    return f"| {_cell_text(name)} | {answerable} | {unanswerable} |"


def _share(count: int, of: int) -> str:
    """A share with its 95 % interval."""
    low, high = share_interval(count, of)
    return f"{count / of:.1%} ({low:.0%}–{high:.0%})" if of else "–"


def _cell_text(text: str) -> str:
    """A text in a cell of a Markdown table."""
    return text.replace("|", "\\|")


def main_figure(run: Run) -> str:
    """The figure that questions are ordered by."""
    return "ndcg@10" if "ndcg@10" in run.figures else f"ndcg@{run.cutoffs[-1]}"


def worst_questions(run: Run, most: int) -> list[QuestionRecord]:
    """The judged questions whose main figure is below 1, the worst first, at most so many."""
    main = main_figure(run)
    missed = (record for record in run.questions if record.figures and record.figures[main] < 1)
    return sorted(missed, key=lambda record: record.figures[main])[:most]


def comparison_markdown(comparison: Comparison) -> str:
    """A comparison as a report in Markdown."""
    lines = [
        f"# {comparison.second} (B) against {comparison.first} (A)",
        "",
        f"{comparison.questions} questions in both; A and B are the means over these",
        *(f"**Note:** {difference}" for difference in comparison.differences),
        *([f"{len(comparison.left_out)} questions that are not in both are left out"] if comparison.left_out else []),
        "",
        "| figure | A | B | difference | 95 % interval | effect | p | p (Holm) | Wilcoxon p | better | worse | equal |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, test in comparison.tests.items():
        before, after = comparison.means[name]
        lines.append(
            f"| {figure_name(name)} | {before:.4f} | {after:.4f} | {test.difference:+.4f} | "
            f"{test.low:+.4f} to {test.high:+.4f} | {_signed(test.effect)} | {_p(test.p_value)} | {_p(test.holm_p)} | "
            f"{_p(test.wilcoxon_p)} | {test.better} | {test.worse} | {test.equal} |"
        )
    lines += ["", *_TESTS, _smallest_p(comparison)]
    for title, changes in (("Better", comparison.better), ("Worse", comparison.worse)):
        lines += ["", f"## {title} by {figure_name(comparison.figure)}: {len(changes)}", ""]
        lines += [f"- {c.before:.3f} → {c.after:.3f} `{c.id}` {c.question}" for c in changes]
    return "\n".join(lines) + "\n"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _p(value: float | None) -> str:
    """A p-value in four digits; one below them is never printed as 0."""
    return "–" if value is None else f"<{SMALLEST_P:.4f}" if value < SMALLEST_P else f"{value:.4f}"


def _smallest_p(comparison: Comparison) -> str:
    """How many permutations the p-values are counted over, and what the smallest of them can be."""
    most = max(test.permutations for test in comparison.tests.values())
    smallest = 1 / (most + 1)
    return (
        f"p is counted over {most} permutations, or over all of them where there are fewer: it is {smallest:.1g} or "
        f"more, and corrected for {comparison.together} tests {min(1.0, smallest * comparison.together):.1g} or more."
    )


def comparison_rows(comparisons: Sequence[Comparison]) -> list[list[object]]:
    """Comparisons as the rows of a table, the heading first."""
    tests = [each.name for each in fields(PairedTest)]
    rows: list[list[object]] = [["a", "b", "figure", "questions", "mean_a", "mean_b", *tests]]
    for each in comparisons:
        rows += [
            [each.first, each.second, name, each.questions, *each.means[name], *astuple(test)]
            for name, test in each.tests.items()
        ]
    return rows


def run_rows(run: Run) -> list[list[object]]:
    """A run's values as the rows of a table: a question a row, a figure a column, the heading first."""
    names = list(run.figures)
    rows: list[list[object]] = [["id", "question", "answerable", "tags", *names]]
    for record in run.questions:
        values = [record.figures.get(name, "") for name in names]
        rows.append([record.id, record.question, record.answerable, "; ".join(record.tags), *values])
    return rows


def run_junit(run: Run, problems: Sequence[str]) -> str:
    """A run as JUnit XML: a case for each figure, failed where a gate says so."""
    cases = [figure_name(name) for name in run.figures]
    suite = Element("testsuite", name=f"retrieval: {run.name}", tests=str(len(cases)), failures=str(len(problems)))
    for name, figure in run.figures.items():
        case = SubElement(suite, "testcase", classname="retrieval", name=figure_name(name), time="0")
        said = [problem for problem in problems if problem.startswith(f"{name} ")]
        for problem in said:
            SubElement(case, "failure", message=problem)
        SubElement(case, "system-out").text = f"{figure.mean:.6f} ({figure.low:.6f} to {figure.high:.6f})"
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suite, encoding="unicode") + "\n"
