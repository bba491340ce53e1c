"""What a name needs to survive a power cut, on each operating system."""

import os
from pathlib import Path
from typing import Final

__all__ = ["sync_folder"]

_OPENS_FOLDERS: Final = os.name != "nt"


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk; Windows opens no folder and does so by itself.

    Raises OSError.
    """
    if not _OPENS_FOLDERS:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
