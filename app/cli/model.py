"""`bookrag model`: exports the configured models, so that machines without torch can use them."""

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import console, error_console
from engines.embedding.model_files import MANIFEST, remove_abandoned
from engines.settings import EngineSettings
from storage.drafts import locked_folder
from storage.environment import read_settings
from storage.errors import CheckFailedError, InputError, StorageUnavailableError

_WRITING = ".bookrag-export.writing"

model_app = typer.Typer(no_args_is_help=True, help="Export the models that a book is searched with.")


@model_app.callback()
def model() -> None:
    """Export the models that a book is searched with."""


@model_app.command()
def export(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Write the export here, for EMBED_MODEL=FOLDER; default: where builds store it."),
    ] = None,
    rerank: Annotated[bool, typer.Option("--rerank", help="Export RERANK_MODEL instead of EMBED_MODEL.")] = False,
) -> None:
    """Export the embedding model to ONNX, so that serving needs neither torch nor sentence-transformers."""
    from engines.embedding.cross_encoder import describe_cross_encoder, ensure_cross_encoder_export
    from engines.embedding.embedding_model import describe_model, ensure_export

    settings = read_settings(EngineSettings)
    if folder is not None and folder.exists() and not _is_free(folder):
        raise InputError(f"{folder} exists already and is not empty.")
    remove_abandoned(settings.exports_dir)
    with error_console().status("Exporting the model"):
        if rerank:
            scorer = describe_cross_encoder(settings)
            if scorer is None:
                raise InputError("RERANK_MODEL is not set, so there is nothing to export.")
            described, problem = scorer.export_folder, ensure_cross_encoder_export(replace(scorer, runtime="auto"))
        else:
            embedding = describe_model(settings)
            described, problem = embedding.export_folder, ensure_export(replace(embedding, runtime="auto"), again=True)
    if problem is not None:
        raise CheckFailedError(problem)
    if folder is not None:
        copy_export(described, folder)
    console().print(str(folder or described))


def _is_free(folder: Path, export: Path | None = None) -> bool:
    """Whether an export may be written there: an empty folder, or one with what a killed export has written."""
    if not folder.is_dir():
        return False
    names = {entry.name for entry in folder.iterdir()}
    ours = names if export is None else {_WRITING, *(file.name for file in export.iterdir())}
    return not names or (_WRITING in names and MANIFEST not in names and names <= ours)


def copy_export(export: Path, folder: Path) -> None:
    """Copy an export to a new or empty folder, all or nothing; an empty one may be a mounted volume, which stays."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked_folder(folder, alone=True):
            if not _is_free(folder, export):
                raise InputError(f"{folder} exists already and is not empty.")
            _fill(folder, export)
    except BlockingIOError as exc:
        raise StorageUnavailableError(f"Another export is being written to {folder}.") from exc
    except OSError as exc:
        reason = exc.args[0][0][2] if isinstance(exc, shutil.Error) else exc
        raise StorageUnavailableError(f"The export was not written: {reason}") from exc
    finally:
        if made:
            with suppress(OSError):  # it has the export, or could not be made
                folder.rmdir()


def _fill(folder: Path, export: Path) -> None:
    writing = folder / _WRITING
    try:
        shutil.rmtree(writing, ignore_errors=True)
        shutil.copytree(export, writing)
        # The manifest comes last: without it the folder is no export, and may be written again.
        for file in sorted(writing.iterdir(), key=lambda file: file.name == MANIFEST):
            file.replace(folder / file.name)
    finally:
        shutil.rmtree(writing, ignore_errors=True)
