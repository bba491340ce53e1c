"""A lake: its raw zone, its refined tables, its quality pages and its lock, in one place."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from lake_io.raw.zone import RawZone
from lake_io.storage.local.lock import Holder
from lake_io.tables.refined_tables import RefinedTables

__all__ = ["FRONT_PAGE", "Lake", "QualityPages"]

FRONT_PAGE: Final = "index.html"


class QualityPages(Protocol):
    """The files of the quality report, named by their path from its front page."""

    uri: str
    """The folder or prefix of the report."""

    @property
    def front_page(self) -> str:
        """The path or URI of the front page, which need not exist yet."""
        ...

    def names(self) -> Iterator[str]:
        """The name of every file."""
        ...

    def read(self, name: str) -> bytes:
        """The bytes of one file. Raises LakeUnreachable or NotInLake."""
        ...

    def add(self, folder: Path) -> None:
        """Add the pages of one run, except its front page. Raises LakeUnreachable."""
        ...

    def write_front_page(self, page: bytes) -> None:
        """Replace the front page, whole. Raises LakeUnreachable."""
        ...


@dataclass(frozen=True)
class Lake:
    """The parts of a lake; `open_lake` makes one from a URI."""

    uri: str
    raw: RawZone
    refined_tables: RefinedTables
    quality: QualityPages
    scratch: Callable[[str], AbstractContextManager[Path]]
    """A temporary folder for one piece of work, by the name of that work."""
    refining: Callable[..., AbstractContextManager[object]]
    """The lock of a refine run: a second one in the same folder waits.

    For ever, or for `wait` seconds; `told` is called with who holds it.
    """
    lock_holder: Callable[[], Holder | None]
    """Who holds that lock now, as far as it can be told."""
