"""The output files of `bookrag eval`, checked before the work, so that no run is lost to an unwritable file."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from storage.errors import InputError


def prepare_outputs(*paths: Path | None, inputs: Iterable[Path | None] = ()) -> None:
    """Create the folders of these files.

    Raises InputError for a file that cannot be written, that is one of the `inputs`, or that is named twice.
    """
    taken = {path.resolve() for path in inputs if path is not None}
    for path in filter(None, paths):
        if path.resolve() in taken:
            raise InputError(f"{path} is read or written already: name another file for this output")
        taken.add(path.resolve())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise InputError(f"{path} cannot be written: {exc.strerror}") from exc
        if path.is_dir():
            raise InputError(f"{path} cannot be written: it is a folder")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise InputError(f"{path} cannot be written: permission denied")
        existed = path.exists()
        try:
            with path.open("a"):  # some folders claim to be writable and are not (`/proc`)
                pass
            if not existed:
                path.unlink()
        except OSError as exc:
            raise InputError(f"{path} cannot be written: {exc.strerror}") from exc


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write rows as CSV; numbers to their last digit.

    A text that a spreadsheet would run as a formula gets a leading apostrophe, as in OWASP's guide to CSV injection.
    """
    from engines.evaluation.run_files import replace_file  # imports LlamaIndex

    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    replace_file(path, written.getvalue())


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
