"""Room on the disk, looked for before it is needed: the engine writes through mapped files, and where one of them has
no room left to grow the system ends the whole process (SIGBUS), with no error that anybody could catch.
"""

import os
import shutil
from pathlib import Path

from storage.errors import StorageUnavailableError

MARGIN_BYTES = 48_000_000  # the engine's log grows by 32 MB, and other programs write as well
_PEAK = 3  # the log, the points, and for a moment the points once more with their graph: 2.3 to 2.8 times as measured
_TEXT_COPIES = 3  # the quoted text, the text in its metadata, its words as a sparse vector
_CHUNK_BYTES = 1_200  # of the other metadata


def bytes_of_build(chunks: int, text_bytes: int, dimensions: int) -> int:
    """An estimate, on the safe side, of the disk that a build takes while it is written."""
    return _PEAK * (chunks * (4 * dimensions + _CHUNK_BYTES) + _TEXT_COPIES * text_bytes) + MARGIN_BYTES


def require_room(folder: Path, needed: int = MARGIN_BYTES) -> None:
    """Raise StorageUnavailableError where the disk of a folder, which may not exist yet, has less room than needed."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise StorageUnavailableError(
            f"The disk of {folder} is full: {megabytes(free)} are free, and this build needs about "
            f"{megabytes(needed)}. Make room (`bookrag index prune` takes old builds away), or set DATA_DIR to another "
            "disk. Nothing was published; the live build is as it was."
        )


def used_bytes(folder: Path) -> int:
    """What a folder takes on the disk."""
    return sum(Path(walked, name).stat().st_blocks * 512 for walked, _, names in os.walk(folder) for name in names)


def megabytes(size: int) -> str:
    """A size as a reader takes it in."""
    return f"{size / 1e6:,.0f} MB"
