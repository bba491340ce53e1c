"""The folder of a lake, from the name that a person gives it."""

from pathlib import Path

from lake_io.errors import LakeUnreachable, one_line

__all__ = ["folder_of"]


def folder_of(uri: str) -> Path:
    """Return the absolute path of the folder `uri`, which need not exist.

    Raises LakeUnreachable if no folder can have that name, or if a file has it.
    """
    try:
        path = Path(uri).expanduser().resolve()
        is_file = path.exists() and not path.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        reason = "its name contains a NUL character" if "\0" in uri else one_line(error)
        raise LakeUnreachable(f"cannot use {uri!r} as a lake: {reason}") from error
    if is_file:
        raise LakeUnreachable(f"cannot use {uri!r} as a lake: it is a file, not a folder")
    return path
