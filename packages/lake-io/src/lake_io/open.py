"""Open a lake in a folder or on S3."""

from collections.abc import Callable

from lake_io.errors import LakeUnreachable
from lake_io.lake import Lake
from lake_io.storage.local.lake import open_local_lake

__all__ = ["open_lake"]


def open_lake(
    uri: str,
    *,
    rebuild: bool = False,
    lazily: bool = False,
    warn: Callable[[str], None] = lambda _: None,
) -> Lake:
    """Open the lake in the folder `uri`, which is created if missing, or at `s3://bucket[/prefix]`.

    With `rebuild` every table is read whole: damaged tables are moved to `damaged/` (`warn`
    receives a sentence that names the folder), tables of another folder are dropped, raw stays.
    On S3 nothing is dropped, and a fault of the tables is raised by the first read or write;
    `lazily` has the same effect in a folder, for a capture, which must land regardless.

    Raises LakeUnreachable if the folder cannot be used, LakeMoved if its tables were made in
    another folder, and LakeDamaged if their catalogue is broken.
    """
    if uri.startswith("s3://"):
        return _open_on_s3(uri)
    if "://" in uri:
        raise LakeUnreachable(f"{uri}: a lake is a local folder, or s3://bucket")
    return open_local_lake(uri, rebuild=rebuild, lazily=lazily, warn=warn)


def _open_on_s3(uri: str) -> Lake:
    try:
        from lake_io.storage.s3.lake import open_s3_lake
    except ModuleNotFoundError as error:
        needed = "a lake on S3 needs more packages: pip install 'lake-io[aws]'"
        raise LakeUnreachable(f"{uri}: {needed}") from error
    return open_s3_lake(uri)
