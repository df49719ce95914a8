"""Runs as one HTML page: plots drawn as SVG in it, nothing loaded from anywhere, readable on paper as well."""

from collections.abc import Sequence
from html import escape

from engines.evaluation.comparing import differences
from engines.evaluation.decision import DecisionFigures
from engines.evaluation.runner import QuestionRecord, Run
from engines.evaluation.svg_charts import bars, histogram, lines
from engines.evaluation.text_report import figure_name, interval_text, main_figure, worst_questions
from storage.errors import InputError

WORST = 25

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c1e21;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #d5d8dc;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto;min-width:34rem}
.wide,figure{overflow-x:auto}h1,p,li,summary,td{overflow-wrap:anywhere}svg text{font:12px system-ui}
details{margin:.4rem 0;break-inside:avoid}summary{cursor:pointer}.dim{color:#57606a}
.hit{color:#116329;font-weight:600}figure{margin:1rem 0;break-inside:avoid}figcaption{font-size:.85rem;color:#57606a}
@media print{svg{min-width:0}body{max-width:none;margin:0}details>*{display:block}}
@media (prefers-color-scheme:dark){@media screen{body{background:#16181c;color:#e6e8eb}th,td{border-color:#3a3f46}
svg text{fill:#e6e8eb}.dim,figcaption{color:#9aa4af}.hit{color:#6fdd8b}}}
"""


def report_page(runs: Sequence[Run]) -> str:
    """The page of one or several runs; the last one is shown in full."""
    if not runs:
        raise InputError("There is no run to report.")
    run = runs[-1]
    parts = [
        f"<h1>{escape(run.name)}</h1>",
        f'<p class="dim">{escape(run.when)} · {len(run.questions)} questions · {run.seconds:g} s</p>',
        _figures(run),
        _side_by_side(runs),
        _recall(run),
        _decision(run),
        _groups(run),
        _over_time(runs),
        _worst(run),
        _settings(run),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(run.name)}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _figures(run: Run) -> str:
    if not run.figures:
        return "<p>No question has judgements: there are no figures of retrieval.</p>"
    kinds = list(dict.fromkeys(name.partition("@")[0] for name in run.figures))
    head = "".join(f'<th class="n">@{cutoff}</th>' for cutoff in run.cutoffs)
    rows = "".join(
        f"<tr><th>{escape(figure_name(f'{kind}@{run.cutoffs[0]}').partition('@')[0])}</th>"
        + "".join(_cell(run, f"{kind}@{cutoff}") for cutoff in run.cutoffs)
        + "</tr>"
        for kind in kinds
    )
    return f"<h2>Figures, with 95 % intervals</h2>{_table(f'<tr><th></th>{head}</tr>{rows}')}"


def _cell(run: Run, name: str) -> str:
    figure = run.figures[name]
    return f'<td class="n">{figure.mean:.4f}<br><span class="dim">{interval_text(figure)}</span></td>'


def _recall(run: Run) -> str:
    if not run.figures:  # of a set of unanswerable questions
        return ""
    series = {
        label: [(cutoff, run.figures[f"{kind}@{cutoff}"].mean) for cutoff in run.cutoffs]
        for kind, label in (("recall", "recall"), ("hit", "hit rate"))
    }
    return _figure("Recall and hit rate by cut-off", lines(series, x_label="k"))


def _decision(run: Run) -> str:
    if not run.grounding:
        return ""
    figures = DecisionFigures.from_dict(run.grounding)
    scores: dict[str, list[float]] = {"answerable": [], "unanswerable": []}
    for record in run.questions:
        scores["answerable" if record.answerable else "unanswerable"].append(record.score or 0.0)
    rows = "".join(
        f'<tr><th>{escape(name)}</th><td class="n">{found.refused} of {found.answerable}</td>'
        f'<td class="n">{found.uncertain}</td><td class="n">{found.answered} of {found.unanswerable}</td></tr>'
        for name, found in {"all": figures.everything, **figures.groups}.items()
    )
    heads = "".join(
        f'<th class="n">{head}</th>' for head in ("answerable, refused", "uncertain", "unanswerable, answered")
    )
    plot = histogram(scores, mark=figures.not_covered_below)
    title = "Scores of “is it in the book?”, with the threshold of a refusal"
    return _figure(title, plot) + f"<table><tr><th>questions</th>{heads}</tr>{rows}</table>"


def _groups(run: Run) -> str:
    main = main_figure(run)
    values = [(f"{group} ({found[main].count})", found[main].mean) for group, found in run.groups.items()]
    return _figure(f"{figure_name(main)} by chapter and tag", bars(values)) if values else ""


def _side_by_side(runs: Sequence[Run]) -> str:
    """The figures that runs over the last one's set and book share, a run a column, and the last difference."""
    compared = [run for run in runs if not differences(run, runs[-1])]
    names = [name for name in runs[-1].figures if all(name in run.figures for run in compared)]
    if len(compared) < 2 or not names:
        return ""
    head = "".join(f'<th class="n">{escape(run.name)}</th>' for run in compared)
    rows = "".join(
        f"<tr><th>{escape(figure_name(name))}</th>"
        + "".join(f'<td class="n">{run.figures[name].mean:.4f}</td>' for run in compared)
        + f'<td class="n">{compared[-1].figures[name].mean - compared[-2].figures[name].mean:+.4f}</td></tr>'
        for name in names
    )
    table = _table(f'<tr><th></th>{head}<th class="n">last change</th></tr>{rows}')
    return f"<h2>Runs side by side</h2>{table}<p class=dim>`bookrag eval compare` tests whether a change is chance.</p>"


def _over_time(runs: Sequence[Run]) -> str:
    if len(runs) < 2:
        return ""
    compared = [(place, run) for place, run in enumerate(runs, 1) if not differences(run, runs[-1])]
    shared = [name for name in runs[-1].figures if all(name in run.figures for _, run in compared)]
    chosen = [name for name in shared if name in {main_figure(runs[-1]), "mrr@10", "recall@10", "hit@5"}]
    series = {figure_name(n): [(float(i), run.figures[n].mean) for i, run in compared] for n in chosen}
    listed = "".join(
        f"<li>{escape(run.name)} <span class=dim>{escape('; '.join([run.when, *_left_out(run, runs[-1])]))}</span></li>"
        for run in runs
    )
    plot = _figure("Runs over time", lines(series, x_label="run")) if len(compared) > 1 else "<h2>Runs</h2>"
    return f"{plot}<ol>{listed}</ol>"


def _left_out(run: Run, last: Run) -> list[str]:
    """Why a run is in no line with the last one."""
    return [f"not drawn with the last run: {difference}" for difference in differences(run, last)]


def _worst(run: Run) -> str:
    main = main_figure(run)
    worst = worst_questions(run, WORST)
    return f"<h2>The worst questions</h2>{''.join(_question(record, main) for record in worst)}" if worst else ""


def _question(record: QuestionRecord, main: str) -> str:
    relevant = set(record.relevant)
    rows = "".join(
        f'<tr class="{"hit" if item["address"] in relevant else ""}"><td>{escape(str(item["address"]))}</td>'
        f'<td class="n">{item["dense_rank"] or "–"}</td><td class="n">{item["sparse_rank"] or "–"}</td>'
        f'<td class="n">{item["score"]:.4f}</td></tr>'
        for item in record.top
    )
    return (
        f"<details><summary>{record.figures[main]:.2f} · {escape(record.question)}</summary>"
        f"<p>Wanted: {escape(', '.join(record.relevant))}</p>"
        + _table(
            "<tr><th>found</th><th class=n>dense rank</th><th class=n>sparse rank</th><th class=n>score</th></tr>"
            + rows
        )
        + "</details>"
    )


def _settings(run: Run) -> str:
    rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(str(v))}</td></tr>" for k, v in run.settings.items())
    return f"<h2>Settings</h2>{_table(rows)}"


def _table(rows: str) -> str:
    """A table that scrolls by itself where the screen is narrower than it."""
    return f'<div class="wide"><table>{rows}</table></div>'


def _figure(title: str, svg: str) -> str:
    return f"<h2>{escape(title)}</h2><figure>{svg}</figure>"
