"""Whether the data folder can be written; asked before a server starts, and by `/readyz`."""

import os
import tempfile
from pathlib import Path

_PROBE_BYTES = 64 * 1024  # a turn with its sources, and more than one block of any file system


def require_room(folder: Path) -> None:
    """Write a small file and delete it; raises OSError where the disk is full or the folder cannot be written."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\0" * _PROBE_BYTES)
        file.flush()
        os.fsync(file.fileno())
