"""Open a lake in a folder or on S3."""

from collections.abc import Callable
from pathlib import PurePath, PurePosixPath

from b3_contracts.layout import RAW_PREFIX
from lake_io.errors import LakeUnreachable, NotInLake
from lake_io.lake import Lake
from lake_io.storage.local.folder import folder_of
from lake_io.storage.local.lake import open_existing_lake, open_local_lake
from lake_io.storage.local.relocation import relocate_folder
from lake_io.storage.local.sqlite import DATABASE
from lake_io.storage.store import LocalStore, Store

__all__ = ["are_nested", "open_lake", "open_store", "relocate_lake"]


def open_lake(
    uri: str,
    *,
    create: bool = True,
    rebuild: bool = False,
    lazily: bool = False,
    warn: Callable[[str], None] = lambda _: None,
) -> Lake:
    """Open the lake in the folder `uri`, which is created if missing, or at `s3://bucket[/prefix]`.

    Without `create`, for readers, nothing is created, neither a folder nor a file, and
    a folder in which no lake is raises NotInLake.

    With `rebuild` every table is read whole: damaged tables are moved to `damaged/` (`warn`
    receives a sentence that names the folder), outdated ones are dropped, raw stays.
    On S3 nothing is dropped, and a fault of the tables is raised by the first read or write;
    `lazily` has the same effect in a folder, for a capture, which must land regardless.

    Raises LakeUnreachable if the folder cannot be used, and LakeDamaged if the catalogue of its
    tables is broken.
    """
    if _is_on_s3(uri):
        from lake_io.storage.s3.lake import open_s3_lake

        return open_s3_lake(uri)
    if not create:
        return open_existing_lake(uri)
    return open_local_lake(uri, rebuild=rebuild, lazily=lazily, warn=warn)


def open_store(uri: str) -> Store:
    """Open the objects of the lake at `uri` without its tables; nothing is created.

    Raises LakeUnreachable if no lake can have that name.
    """
    if _is_on_s3(uri):
        from lake_io.storage.s3.store import S3Store

        return S3Store(uri)
    return LocalStore(folder_of(uri))


def relocate_lake(
    uri: str, *, wait: float | None = None, told: Callable[[str], None] = lambda _: None
) -> tuple[str, ...]:
    """Rewrite the paths in the tables of a folder to its present place; return the tables' names.

    This package finds a moved lake's files without it; other programs do not. The lock of the lake
    is waited for, for ever or for `wait` seconds; `told` is called with who holds it.

    Raises NotInLake if the folder has no tables, LakeUnreachable on S3, or if the lock is not had
    or the folder cannot be written, LakeDamaged, and Conflict if another program has published.
    """
    if _is_on_s3(uri):
        raise LakeUnreachable(f"{uri}: the paths of a lake on S3 cannot be rewritten")
    root = folder_of(uri)
    if not (root / DATABASE).is_file():
        raise NotInLake(f"there are no tables in {root}")
    return relocate_folder(root, wait, told)


def are_nested(one: str, other: str) -> bool:
    """True if two URIs name one lake, or if one lies in the raw zone of the other."""
    places = _place(one), _place(other)
    return any(a == b or a.is_relative_to(b / RAW_PREFIX) for a, b in (places, places[::-1]))


def _place(uri: str) -> PurePath:
    if uri.startswith("s3://"):
        return PurePosixPath(uri.replace("s3://", "/s3/", 1))
    return folder_of(uri)


def _is_on_s3(uri: str) -> bool:
    """Raises LakeUnreachable for another scheme, and where the packages for S3 are missing."""
    if not uri.startswith("s3://"):
        if "://" in uri:
            raise LakeUnreachable(f"{uri}: a lake is a local folder, or s3://bucket")
        return False
    try:
        import lake_io.storage.s3.store  # noqa: F401 - looks for the packages of the extra
    except ModuleNotFoundError as error:
        needed = "a lake on S3 needs more packages: pip install 'lake-io[aws]'"
        raise LakeUnreachable(f"{uri}: {needed}") from error
    return True
