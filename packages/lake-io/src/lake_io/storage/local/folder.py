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
        str(path).encode()  # the catalogue stores it as UTF-8
        is_file = path.exists() and not path.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise LakeUnreachable(f"cannot use {uri!r} as a lake: {_reason(uri, error)}") from error
    if is_file:
        raise LakeUnreachable(f"cannot use {uri!r} as a lake: it is a file, not a folder")
    return path


def _reason(uri: str, error: Exception) -> str:
    if isinstance(error, UnicodeEncodeError):
        return "its name is not UTF-8"
    return "its name contains a NUL character" if "\0" in uri else one_line(error)
