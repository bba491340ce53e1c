"""A lake on AWS: raw zone, data files and quality pages on S3, tables in the Glue catalogue."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from lake_io.lake import Lake
from lake_io.raw.zone import RawZone
from lake_io.storage.local.scratch import temporary_folder
from lake_io.storage.s3.glue import GlueTables
from lake_io.storage.s3.pages import S3Pages
from lake_io.storage.s3.store import S3Store
from lake_io.tables.refined_tables import RefinedTables

__all__ = ["open_s3_lake"]


def _unlocked(
    wait: float | None = None,  # noqa: ARG001 - the lock's own
    told: Callable[[str], None] | None = None,  # noqa: ARG001 - the lock's own
) -> AbstractContextManager[None]:
    return nullcontext()


def open_s3_lake(uri: str) -> Lake:
    """Open the lake at `s3://bucket[/prefix]`; the first read or write makes the first request.

    Refining takes no lock: the Glue job runs once at a time, and of two publishers one gets
    a Conflict.
    """
    store, root = S3Store(uri), uri.rstrip("/")
    return Lake(
        root,
        RawZone(store),
        RefinedTables(GlueTables(root)),
        S3Pages(root, store),
        scratch=temporary_folder,
        refining=_unlocked,
        lock_holder=lambda: None,
    )
