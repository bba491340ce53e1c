"""Read access to a raw zone, as a refine run needs it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from b3_contracts.layout import RawEntry, RawPositionKey, Sighting
from lake_io.raw.typed_rows import RawRead

__all__ = ["RawReader"]


class RawReader(Protocol):
    """A raw zone, or the state of one at an earlier time."""

    def entries(self) -> Mapping[RawEntry, RawPositionKey]:
        """Return every entry, with its key of the highest parser revision."""
        ...

    def withdrawn(self) -> frozenset[RawEntry]:
        """Return the withdrawn entries."""
        ...

    def sightings(self) -> Mapping[RawEntry, Sequence[Sighting]]:
        """Return the later sightings of each entry that has any."""
        ...

    def read(self, keys: Sequence[RawPositionKey]) -> RawRead:
        """Return the typed rows behind `keys`, checked against the contract."""
        ...
