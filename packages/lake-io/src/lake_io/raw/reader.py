"""Read access to a raw zone, as a refine run needs it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from b3_contracts.layout import PreviewKey, RawEntry, RawPositionKey, Sighting
from lake_io.raw.typed_rows import RawRead

__all__ = ["PreviewReader", "RawReader"]


class PreviewReader(Protocol):
    """The typed previews of a raw zone, or those of an earlier time."""

    def keys(self, indices: Collection[str] = ()) -> list[PreviewKey]:
        """Return the answers of these indices, or of all, in the order in which they came."""
        ...

    def read_one(self, key: PreviewKey) -> pa.Table:
        """Return the typed rows of one answer. Raises ContractError."""
        ...


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

    @property
    def previews(self) -> PreviewReader:
        """The typed answers about the next portfolio."""
        ...

    def read(self, keys: Sequence[RawPositionKey]) -> RawRead:
        """Return the typed rows behind `keys`, checked against the contract."""
        ...
