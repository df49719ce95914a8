"""`bookrag`: the commands, and how errors are reported on the command line.

Exit codes: 0 done, 1 a check failed or the work could not be done now, 2 bad input or configuration.
"""

import errno
import gc
import logging
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Annotated

import typer

from app.cli.accounts import accounts_app
from app.cli.ask import ask
from app.cli.backup import backup, restore
from app.cli.eval import eval_app
from app.cli.index import index_app
from app.cli.model import model_app
from app.cli.output import print_labelled
from app.request_log import VisibleFormatter
from storage.errors import BookragError, ConfigurationError, InputError, StorageUnavailableError

# Commands import 700,000 objects that stay: with its default settings the garbage collector walks them again and again,
# which is a fifth of the time that a command takes to start.
GC_THRESHOLD = (100_000, 20, 50)
_FRAME_WORDS = 40_000  # of the frame of `main`, which calls all others
_INTERRUPTED = 130  # as shells report a command that was ended by Ctrl+C
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS))

cli = typer.Typer(
    name="bookrag",
    help="Index a Docusaurus book, serve answers about it, and measure them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cli.add_typer(index_app, name="index")
cli.add_typer(eval_app, name="eval")
cli.add_typer(model_app, name="model")
cli.add_typer(accounts_app, name="accounts")
cli.command()(ask)
cli.command()(backup)
cli.command()(restore)


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on; default: HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port to listen on; default: PORT.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="The number of worker processes; default: WORKERS.")
    ] = None,
) -> None:
    """Serve the chat page and the HTTP interface."""
    from app.cli.serve import serve as run_server  # imports the server and everything it serves

    run_server(host, port, workers)


@cli.command()
def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False) -> None:
    """Try every configured part and say how to fix what fails; exit code 1 if a part fails."""
    from app.cli.doctor import doctor as run_doctor  # brings all parts

    run_doctor(as_json=as_json)


def main() -> None:
    """Run the command line; what `bookrag` calls."""
    gc.set_threshold(*GC_THRESHOLD)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a character that a pipe's encoding lacks must not end the answer
    if logging.lastResort:  # prints the warnings of commands, which configure no log
        logging.lastResort.setFormatter(VisibleFormatter())
    try:
        try:
            cli()
        finally:
            sys.stdout.flush()  # so that a full disk behind `>` fails here, and not when Python exits
    except BookragError as error:
        print_labelled("error", f"({error.code}): {error}")
        sys.exit(2 if isinstance(error, ConfigurationError | InputError) else 1)
    except ImportError as error:
        if not _was_interrupted(error):
            raise
        sys.exit(_INTERRUPTED)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        place = f"{error.filename}: " if error.filename else ""
        message = f"Nothing more can be written. {place}{error.strerror}."
        print_labelled("error", f"({StorageUnavailableError.code}): {message}")
        with suppress(OSError, ValueError):  # the rest of the output would not fit either
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


# CPython since 3.11 keeps its frames in chunks of 16 KB, allocates one when it is needed, and frees it as soon as it is
# empty. A loop whose calls cross the end of a chunk maps and unmaps memory each time: 63,000 page faults and 0.5 s of
# the 3.2 s of CPU of `bookrag ask`, in whichever import ran there. A frame that fits in no such chunk gets one of 512
# KB, whose rest has room for all frames that it calls. Memory that no frame has touched is not used.
main.__code__ = main.__code__.replace(co_stacksize=_FRAME_WORDS)


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether an import failed because of Ctrl+C, which an extension module reports as its own failure."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False
