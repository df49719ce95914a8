"""`bookrag ask`: one question on the command line, answered in the same way as a reader's."""

import asyncio
import re
import sys
from collections.abc import Iterator
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text

from app.answer_json import AnswerState, explanation_json, grounding_json, source_json, understood_json
from app.cli.output import console, print_json, print_labelled
from app.request_log import visible
from app.validation import ADDRESS_RULE, PAGE_ADDRESS
from engines.events import Event, Failed, Question, Scope, Source, TextDelta, Understood
from storage.errors import InputError

if TYPE_CHECKING:
    from engines.coverage.explanation import Explanation

_PASTED_CHARACTERS = 160
_REASONS = {
    "score": "",
    "language": "; not refused, since question and book are in different languages",
    "related_term": "; not refused, since the book has a term close to one of the question's",
    "definition": "; covered, since a passage defines what is asked for",
    "far": "; refused, since nothing in the book is close to it in meaning",
    "nothing_found": "; nothing was found",
}


def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    sources: Annotated[bool, typer.Option("--sources", help="Show what was found, and why; ask no model.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    k: Annotated[int | None, typer.Option("--k", min=1, max=50, help="How many passages; default: TOP_K.")] = None,
    locale: Annotated[str | None, typer.Option(help="Look in this locale.")] = None,
    version: Annotated[str | None, typer.Option(help="Look in this version.")] = None,
    page_url: Annotated[str | None, typer.Option(help="The page that the reader is on.")] = None,
    limit: Annotated[
        Literal["page", "chapter", "book"], typer.Option("--scope", help="What to search around --page-url.")
    ] = "book",
) -> None:
    """Ask the book a question."""
    if not question.strip():
        raise typer.BadParameter("the question is empty")
    if limit != "book" and not page_url:
        raise InputError(
            f"page_url: the scope {limit!r} needs the address of the page that the reader is on: --page-url."
        )
    if page_url and not re.match(PAGE_ADDRESS, page_url):
        raise InputError(f"page_url: it {ADDRESS_RULE}.")
    scope = Scope(locale=locale or None, version=version or None, page_url=page_url, limit=limit)
    # First, as in `app.preloaded`: it looks up the source of all imports around its own, 0.1 s of 2.9 s of CPU.
    import wordfreq  # noqa: F401

    _require_index()
    failed = asyncio.run(_ask(Question(question.strip(), scope=scope), sources_only=sources, as_json=as_json, k=k))
    if failed:
        sys.exit(1)


def _require_index() -> None:
    """Raise if the index cannot be searched, before the models are loaded, which takes seconds."""
    from engines.embedding.embedding_model import describe_model, index_spec
    from engines.settings import EngineSettings
    from storage.environment import read_settings
    from storage.errors import IndexMissingError
    from storage.settings import StorageSettings
    from storage.vectors.build_record import check_spec
    from storage.vectors.index_store import open_store

    with open_store(read_settings(StorageSettings)) as store:
        record = store.live()
    if record is None:
        raise IndexMissingError("The book has not been indexed yet. Run `bookrag index build`.")
    check_spec(record, index_spec(describe_model(read_settings(EngineSettings))))


async def _ask(question: Question, *, sources_only: bool, as_json: bool, k: int | None) -> bool:
    # Both import the vector store's client, which `--help` does not need. `app.services` would open more, for readers,
    # and take half a second of imports.
    from engines.book import open_book
    from engines.coverage.explanation import explain

    async with open_book(embedding_threads=1) as book:  # for a single question
        build = await book.index.pin()
        await book.chat.check_against(question, build)
        if sources_only:
            found = await book.search(question.text, question.scope, k)
            explanation = explain(question.text, found, has_page=bool(question.scope.page_url))
            if as_json:
                content = {
                    "grounding": grounding_json(found.grounding),
                    "explanation": explanation_json(explanation),
                    "results": [source_json(source) for source in found.sources],
                }
                print_json(content, indented=True)
            else:
                _print_sources(found.sources, scores=True)
                _print_explanation(explanation)
            return False
        answer = AnswerState()
        async for event in book.chat.answer(question, build):
            answer.take(event)
            if not as_json:
                _print_event(event)
        return _finish(answer, as_json=as_json)


def _print_event(event: Event) -> None:
    """Print the text of an answer as it comes."""
    if isinstance(event, Understood):
        console().print(f"Searched for: {event.searched_for}", style="italic")
    if isinstance(event, TextDelta):
        sys.stdout.write(visible(event.text))
        sys.stdout.flush()


def _finish(answer: AnswerState, *, as_json: bool) -> bool:
    found, grounding, understood = answer.sources, answer.grounding, answer.understood
    failed = answer.end if isinstance(answer.end, Failed) else None
    cited = tuple(citation.source for citation in answer.resolved.cited) if answer.resolved else ()
    if as_json:
        content: dict[str, Any] = {
            "answer": answer.answer,
            "sources": [source_json(source) for source in found],
            "cited": [source.number for source in cited],
            "grounded": grounding.grounded if grounding else None,
            "verdict": grounding.verdict if grounding else None,
            "understood": understood_json(understood) if understood else None,
        }
        if failed:
            content["error"] = {"code": failed.code, "message": failed.message}
        print_json(content, indented=True)
    else:
        sys.stdout.write("\n\n")
        refused = grounding is not None and not grounding.grounded
        _print_titled("Nearest sections" if refused else "Sources", cited)
        if not refused:
            _print_titled("Also read", tuple(source for source in found if source not in cited))
        if failed:
            print_labelled("error", f"({failed.code}): {failed.message}")
    return failed is not None


def _print_titled(title: str, sources: tuple[Source, ...]) -> None:
    """Print sources below a title that says what they are; nothing if there are none."""
    if sources:
        console().print(title)
        _print_sources(sources, scores=False)


def _print_sources(sources: tuple[Source, ...], *, scores: bool) -> None:
    out = console()
    for source in sources:
        heading = " › ".join((source.title, *source.heading_path))
        out.print(f"[{source.number}] {heading}", style="bold")
        out.print(f"    {source.url}")
        if scores:
            dense, sparse = source.dense_rank or "–", source.sparse_rank or "–"
            out.print(f"    fused {source.score:.4f}, dense rank {dense}, sparse rank {sparse}")
            out.print("    " + " ".join(source.text.split())[:240], style="dim")


def _print_explanation(explanation: "Explanation") -> None:
    """Print how the question was understood and how the verdict came about, in one table."""
    table = Table("", "", "value", "effect", box=None, pad_edge=False)
    for name, value in _understanding_rows(explanation):
        table.add_row(name, Text(value), "", "")
    table.add_section()
    for each in explanation.signals:
        table.add_row(each.name.replace("_", " "), Text(each.meaning), f"{each.value:.3f}", f"{each.effect:+.2f}")
    out = console()
    out.print(table)
    out.print(_conclusion(explanation))


def _understanding_rows(explanation: "Explanation") -> Iterator[tuple[str, str]]:
    """Rows for the parts of the question and how they were understood; absent parts have no row."""
    asked, intent = explanation.understood, explanation.intent
    yield "understood as", f"{intent.kind}: {intent.task}".replace("_", " ") if intent.task else "question"
    yield "searched for", " ".join(asked.search_text.split())
    if asked.corrections:
        yield "corrected", ", ".join(f"{typed} → {searched}" for typed, searched in asked.corrections)
    if beside := (*asked.terms, *asked.meanings):
        yield "also searched for", ", ".join(f"{term} for {typed}" for typed, term in beside)
    if asked.scene:
        yield "asks", " ".join(asked.asked.split())
        yield "sets the scene", " ".join(asked.scene)
    if asked.clauses:
        yield "clauses", " | ".join(asked.clauses)
    if asked.pasted:
        yield "pasted", shorten(asked.pasted, _PASTED_CHARACTERS, placeholder=" …")
    language = f"{asked.language}, {asked.foreign:.0%} of the words in another language"
    yield "language", language if asked.foreign else asked.language


def _conclusion(explanation: "Explanation") -> str:
    """The verdict, and what decided it."""
    grounding, searched = explanation.grounding, explanation.searched
    place = "The book" if searched.part == "book" else f"This {searched.part}"
    edition = f" ({searched.edition})" if searched.edition else ""
    covers = {"covered": "covers", "uncertain": "may not cover"}.get(grounding.verdict or "", "does not cover")
    detail = (
        f"score {grounding.score:.3f}, covered from {grounding.covered_from:.3f}, "
        f"not covered below {grounding.not_covered_below:.3f}"
    )
    return f"{place}{edition} {covers} this: {detail}{_REASONS[explanation.reason]}"
