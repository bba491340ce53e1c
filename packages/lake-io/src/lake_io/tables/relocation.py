"""Relocation: the metadata of a table written again with the paths of another place.

Iceberg records absolute paths in metadata files, manifest lists and manifests. All three are
written anew beside the old ones, with the same snapshots, sequence numbers and statistics;
data files stay as they are. The table is at its new place once its catalogue names the new
metadata file.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pyiceberg.manifest import (
    DataFile,
    ManifestContent,
    ManifestEntry,
    ManifestFile,
    write_manifest,
    write_manifest_list,
)
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.metadata import TableMetadataUtil
from pyiceberg.table.snapshots import Snapshot

from lake_io.errors import LakeError

__all__ = ["relocate_table"]

Place = Callable[[str], str]
"""The new path of a file, from the path that the table records."""

_FORMAT: Final = 2
_COMPRESSION: Final = "deflate"
_PATHS: Final = {
    "metadata-log": "metadata-file",
    "partition-statistics": "statistics-path",
    "statistics": "statistics-path",
}
# Positions in PyIceberg's records, which have no setters for paths.
_MANIFEST_PATH: Final = 0
_MANIFEST_LENGTH: Final = 1
_FILE_PATH: Final = 1


def relocate_table(table: IcebergTable, place: Place) -> str:
    """Write the table's metadata with new paths; return the path of the new metadata file.

    A table whose paths are those already is not written. Raises LakeError for one with row deletes,
    which nothing here writes.
    """
    recorded = (table.location(), table.metadata_location)
    if tuple(map(place, recorded)) == recorded:
        return table.metadata_location
    lists = _Lists(table, place)
    metadata = json.loads(table.metadata.model_dump_json())
    metadata["location"] = place(table.location())
    for entry, snapshot in zip(metadata["snapshots"], table.metadata.snapshots, strict=True):
        entry["manifest-list"] = lists.write(snapshot)
    for name, path in _PATHS.items():
        for entry in metadata.get(name, ()):
            entry[path] = place(entry[path])
    return _write_metadata(table, metadata)


def _write_metadata(table: IcebergTable, metadata: dict[str, Any]) -> str:
    number = int(table.metadata_location.rpartition("/")[2].partition("-")[0])
    location = f"{metadata['location']}/metadata/{number + 1:05d}-{uuid.uuid4()}.metadata.json"
    output = table.io.new_output(location)
    ToOutputFile.table_metadata(TableMetadataUtil.parse_obj(metadata), output)
    return location


@dataclass
class _Lists:
    """The manifest lists of one table, and the manifests that several of them share."""

    table: IcebergTable
    place: Place
    manifests: dict[str, ManifestFile] = field(default_factory=dict)

    def write(self, snapshot: Snapshot) -> str:
        """Write a snapshot's manifest list and its manifests; return the path of the list."""
        manifests = [self._manifest(each) for each in snapshot.manifests(self.table.io)]
        location = self._location(f"snap-{snapshot.snapshot_id}-0-{uuid.uuid4()}.avro")
        with write_manifest_list(
            _FORMAT,
            self.table.io.new_output(location),
            snapshot.snapshot_id,
            snapshot.parent_snapshot_id,
            snapshot.sequence_number,
            _COMPRESSION,
        ) as writer:
            writer.add_manifests(manifests)
        return location

    def _manifest(self, manifest: ManifestFile) -> ManifestFile:
        path = manifest.manifest_path
        if path not in self.manifests:
            self.manifests[path] = self._write_manifest(manifest)
        return self.manifests[path]

    def _write_manifest(self, manifest: ManifestFile) -> ManifestFile:
        """Write a manifest; return its line of a list, which has the counts of the old one."""
        if manifest.content != ManifestContent.DATA:
            name = self.table.name()[-1]
            raise LakeError(f"the paths of {name} cannot be rewritten: it has deletes by row")
        output = self.table.io.new_output(self._location(f"{uuid.uuid4()}-m0.avro"))
        with write_manifest(
            _FORMAT,
            self._spec(manifest),
            self.table.schema(),
            output,
            manifest.added_snapshot_id or 0,
            _COMPRESSION,
        ) as writer:
            for entry in self._entries(manifest):
                writer.add_entry(entry)
        moved = ManifestFile(*(manifest[position] for position in range(len(manifest))))
        moved[_MANIFEST_PATH], moved[_MANIFEST_LENGTH] = output.location, len(output)
        return moved

    def _entries(self, manifest: ManifestFile) -> Sequence[ManifestEntry]:
        """All entries, deleted ones too, with their sequence numbers written out."""
        entries = manifest.fetch_manifest_entry(self.table.io, discard_deleted=False)
        for entry in entries:
            data_file: DataFile = entry.data_file
            data_file[_FILE_PATH] = self.place(data_file.file_path)
        return entries

    def _spec(self, manifest: ManifestFile) -> PartitionSpec:
        return self.table.specs()[manifest.partition_spec_id]

    def _location(self, name: str) -> str:
        return f"{self.place(self.table.location())}/metadata/{name}"
