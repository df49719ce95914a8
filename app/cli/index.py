"""`bookrag index …`: build the index of the book, see what a build would change, keep and undo builds."""

import time
from typing import Annotated

import typer

from app.cli.output import console, error_console, print_json

index_app = typer.Typer(help="The book's index: build, plan, list, roll back; pages and links.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Problems = Annotated[bool, typer.Option("--problems", help="List every problem; otherwise similar ones are grouped.")]


@index_app.command()
def build(
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Before a server starts: exit with 0 even if pages were left out.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Publish nothing if a page could not be read.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Publish even if a check failed.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build even if nothing changed.")] = False,
    site: Annotated[
        str | None, typer.Option("--site", help="A built site, as folder or URL, that must have every address.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Build again whenever a file of the site is saved.")] = False,
    as_json: Json = False,
) -> None:
    """Build the index of the book beside the live one, check it, and make it live in one step.

    Exit code 1 if a check failed or, without --if-needed, if pages were left out because they could not be read.
    """
    from app.cli.index_build import build_and_watch, build_json, run_build, show_build  # imports what reads a book
    from indexing.rebuild import BuildOptions

    options = BuildOptions(strict=strict, force=force, rebuild=rebuild, site=site)
    if watch:
        build_and_watch(options)
        return
    started = time.monotonic()
    outcome = run_build(options, quiet=as_json)
    seconds = time.monotonic() - started
    if as_json:
        print_json(build_json(outcome, seconds))
    else:
        show_build(outcome, seconds)
        if not (outcome.changed or if_needed):
            console().print("Use --rebuild to build it anyway.")
    if outcome.lost_pages and not if_needed:
        error_console().print(
            "The index does not have what was left out (see above). With --strict, nothing would be published."
        )
        raise typer.Exit(1)


@index_app.command()
def plan(
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown for a pull request.")] = False,
) -> None:
    """Show what a build would change against the live one; nothing is embedded or written.

    Exit code 1 if a live page would disappear because its file cannot be read, or if a new page cannot be published.
    """
    from app.cli.index_plan import make_plan, show_plan

    plan = make_plan(quiet=as_json or as_markdown)
    show_plan(plan, as_json=as_json, as_markdown=as_markdown)
    if plan.left_out or plan.unreadable:
        raise typer.Exit(1)


@index_app.command("list")
def list_(as_json: Json = False) -> None:
    """List the builds, newest first."""
    from app.cli.index_kept_builds import list_builds

    list_builds(as_json=as_json)


@index_app.command()
def rollback(
    build: Annotated[
        str | None, typer.Argument(help="The build's name; default: the one that was live before.")
    ] = None,
) -> None:
    """Make an earlier build live, at once."""
    from app.cli.index_kept_builds import roll_back

    roll_back(build)


@index_app.command()
def prune(
    keep: Annotated[
        int | None,
        typer.Option("--keep", min=0, help="How many builds to keep beside the live one; default: KEEP_BUILDS."),
    ] = None,
) -> None:
    """Delete old builds and left-overs of killed ones; never the live one."""
    from app.cli.index_kept_builds import prune as take_away

    take_away(keep)


@index_app.command()
def pages(as_json: Json = False, problems: Problems = False) -> None:
    """List every published page with its address, in every version and language; --json: one object per line.

    Exit code 1 if the addresses are uncertain, because the site's config could not be read, or if a page has an error
    that stops Docusaurus' build.
    """
    from app.cli.index_pages import print_pages

    if not print_pages(as_json=as_json, all_problems=problems):
        raise typer.Exit(1)


@index_app.command("check-links")
def check_links(
    site: Annotated[str | None, typer.Option("--site", help="A built site: its folder or its URL.")] = None,
    as_json: Json = False,
    problems: Problems = False,
) -> None:
    """Check the book's own links and, with --site, every page and heading address.

    Exit code 1 if one of them is dead, or if the addresses are uncertain, because the site's config could not be read.
    """
    from app.cli.index_pages import print_link_check

    if not print_link_check(site, as_json=as_json, all_problems=problems):
        raise typer.Exit(1)
