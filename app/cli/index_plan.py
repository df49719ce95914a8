"""`bookrag index plan`: the plan as a table, as JSON, or as Markdown for the comment on a pull request."""

import re
from collections.abc import Iterator
from dataclasses import asdict

from rich.table import Table

from app.cli.index_build import open_rebuild
from app.cli.output import console, counted, print_json
from app.cli.progress import shown_progress
from engines.embedding.embedding_model import index_spec
from indexing.book_identity import different_site
from indexing.diff import Changes, ChunkHead, Plan, compare, estimate_seconds
from indexing.rebuild import TOKENS_A_SECOND, is_current
from storage.conversations.citations import count_citations
from storage.environment import read_settings
from storage.settings import StorageSettings
from storage.vectors import payload
from storage.vectors.index_store import IndexStore

MOST_SHOWN = 30
_KEYS = (payload.URL, payload.ANCHOR, payload.LOCALE, payload.VERSION, payload.CONTENT_HASH, payload.SOURCE)


def make_plan(*, quiet: bool) -> Plan:
    """Compare the book of the settings with the live build; no model is loaded and nothing is written."""
    with shown_progress(quiet=quiet) as progress, open_rebuild(progress) as rebuild:
        chunked = rebuild.chunked_book()
        live = rebuild.announce_other_book(chunked)
        compared = compare(_stored(rebuild.store, live.name) if live else (), chunked)
        lost = compared.lost_addresses
        chunks = chunked.chunks
        contents = {chunk.content_hash for chunk in chunks}
        known = contents & rebuild.cache.get(sorted(contents)).keys()
    spec = index_spec(rebuild.model)
    citations = count_citations(read_settings(StorageSettings), chunked.book.locale_urls.values())
    return Plan(
        live=live.name if live else None,
        pages=compared.pages,
        sections=compared.sections,
        lost_addresses=lost,
        chunks=len(chunks),
        to_embed=len(contents - known),
        reused=sum(chunk.content_hash in known for chunk in chunks),
        seconds=estimate_seconds(chunks, known, live.figures.get(TOKENS_A_SECOND) if live else None),
        different_settings=live.spec.differences(spec) | different_site(live, chunked.book) if live else {},
        current=live is not None and is_current(live, chunked, rebuild.model),
        citations=None if citations is None else {each: citations[each] for each in lost if each in citations},
        measured=live is not None and TOKENS_A_SECOND in live.figures,
        retargeted=compared.retargeted,
        left_out=compared.left_out,
        problems=chunked.book.problems,
    )


def show_plan(plan: Plan, *, as_json: bool, as_markdown: bool) -> None:
    """Print a plan."""
    out = console()
    if as_json:
        print_json(asdict(plan), indented=True)
    elif as_markdown:
        out.print(markdown(plan))
    else:
        _print_table(plan)


def markdown(plan: Plan) -> str:
    """The plan as Markdown for a pull request's comment; names from the book are kept inside code spans."""
    lines = ["### What a rebuild of the book's index would change", ""]
    lines += ["| | added | changed | moved | removed | unchanged |", "|---|---:|---:|---:|---:|---:|"]
    for name, changes in (("pages", plan.pages), ("sections", plan.sections)):
        lines.append(f"| {name} | " + " | ".join(str(count) for count in _counts(changes)) + " |")
    lines += ["", _work(plan)]
    lines += ["", _cited(plan)] if plan.lost_addresses else []
    lines += [
        f"\n**{name}** differs: {code_span(str(old))} live, {code_span(str(new))} now."
        for name, (old, new) in plan.different_settings.items()
    ]
    for warning in _warnings(plan):
        lines += ["", f"**{warning}**"]
    for title, names in _details(plan):
        lines += ["", f"<details><summary>{title}: {len(names)}</summary>", ""]
        lines += [f"- {code_span(name)}" for name in names[:MOST_SHOWN]]
        lines += [f"- … and {len(names) - MOST_SHOWN} more"] if len(names) > MOST_SHOWN else []
        lines += ["", "</details>"]
    return "\n".join(lines)


def code_span(text: str) -> str:
    """`text` as one Markdown code span, which no backtick or line break in the text can end."""
    line = " ".join(text.split("\n")).replace("\r", " ")
    ticks = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}" if line.strip() else "(nothing)"


def _warnings(plan: Plan) -> Iterator[str]:
    if plan.left_out:
        pages = counted(len(plan.left_out), "page")
        yield f"{pages} would disappear because of an error, not because of a deletion: see the reasons below."
    if plan.unreadable:
        yield f"{counted(len(plan.unreadable), 'file')} cannot be read, and will not be published: see the reasons."


def _stored(store: IndexStore, name: str) -> Iterator[ChunkHead]:
    return (ChunkHead(*(values[key] for key in _KEYS)) for values in store.payloads(name, _KEYS))


def _print_table(plan: Plan) -> None:
    out = console()
    table = Table(title=f"Against {plan.live}" if plan.live else "Nothing is live yet", title_justify="left")
    table.add_column("")
    for name in ("added", "changed", "moved", "removed", "unchanged"):
        table.add_column(name, justify="right")
    table.add_row("pages", *(str(count) for count in _counts(plan.pages)))
    table.add_row("sections", *(str(count) for count in _counts(plan.sections)))
    out.print(table)
    for title, names in _details(plan):
        out.print(f"{title}:", style="bold")
        for name in names[:MOST_SHOWN]:
            out.print(f"  {name}")
        if len(names) > MOST_SHOWN:
            out.print(f"  … and {len(names) - MOST_SHOWN} more; --json lists them all")
    for name, (old, new) in plan.different_settings.items():
        out.print(f"setting {name}: {old!r} live, {new!r} now")
    for warning in _warnings(plan):
        out.print(warning, style="bold yellow")
    if plan.lost_addresses:
        out.print(_cited(plan))
    out.print(_work(plan))


def _counts(changes: Changes) -> tuple[int, ...]:
    return len(changes.added), len(changes.changed), len(changes.moved), len(changes.removed), changes.unchanged


def _work(plan: Plan) -> str:
    if plan.current:
        return f"Nothing changed: {counted(plan.chunks, 'chunk')}, all as in the live build."
    repeated = plan.chunks - plan.to_embed - plan.reused
    shared = f", {repeated} with the text of another one" if repeated else ""
    embedded = f"{plan.to_embed} to embed ({_duration(plan)})"
    return f"{counted(plan.chunks, 'chunk')}: {embedded}{shared}, {plan.reused} reused."


def _duration(plan: Plan) -> str:
    if plan.measured:
        return f"about {plan.seconds:.0f} s, by this index's last build"
    return f"about {plan.seconds:.0f} s on a machine with two cores; the build corrects this after its first batches"


def _cited(plan: Plan) -> str:
    """What happens to the citations in stored answers."""
    if plan.citations is None:
        return (
            f"Addresses that disappear: {len(plan.lost_addresses)}. It is not known how many stored answers cite them: "
            "in Supabase each reader sees only their own history, and a local history could not be read."
        )
    return (
        f"Addresses that disappear: {len(plan.lost_addresses)}. Citations of {len(plan.citations)} of them in stored "
        f"answers: {sum(plan.citations.values())}."
    )


def _details(plan: Plan) -> Iterator[tuple[str, list[str]]]:
    if plan.unreadable:
        yield "Files that cannot be read", [f"{each.place}: {each.message}" for each in plan.unreadable]
    if plan.live is None:
        return
    if plan.left_out:
        yield (
            "Pages that disappear because of an error",
            [
                f"{page.page}: {page.source}{f':{page.line}' if page.line else ''}: {page.reason}"
                for page in plan.left_out
            ],
        )
    if plan.retargeted:
        yield (
            "Addresses that show another page",
            [f"{each.address}: {each.before} → {each.after}" for each in plan.retargeted],
        )
    for kind, changes in (("Pages", plan.pages), ("Sections", plan.sections)):
        for what in ("added", "changed", "removed"):
            if names := list(getattr(changes, what)):
                yield f"{kind} {what}", names
        if changes.moved:
            yield f"{kind} moved", [f"{origin} → {place}" for origin, place in changes.moved]
    if plan.lost_addresses:
        cited = plan.citations or {}
        yield (
            "Addresses that disappear",
            [
                f"{address} (cited in stored answers: {cited[address]})" if address in cited else address
                for address in sorted(plan.lost_addresses, key=lambda address: -cited.get(address, 0))
            ],
        )
