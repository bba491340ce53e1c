"""Exchange of tables between Arrow and Spark: Parquet files in a shared folder.

Spark 3.5 neither takes nor gives Arrow tables in public; files serve every version, and a
cluster as well as one machine.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from b3_contracts.layout import STAGING_PREFIX

__all__ = ["Staging", "staging"]


@dataclass(frozen=True)
class Staging:
    """A folder by its URI, which Arrow and Spark read alike."""

    uri: str

    def place(self, name: str) -> str:
        return f"{self.uri}/{name}.parquet"

    def write(self, name: str, rows: pa.Table) -> str:
        """One file, in which any column may hold null: contracts are checked by who reads."""
        files, path = _located(self.place(name))
        may_be_null = pa.schema([pa.field(field.name, field.type) for field in rows.schema])
        pq.write_table(rows.cast(may_be_null), path, filesystem=files)
        return self.place(name)

    def read(self, name: str) -> pa.Table:
        """All files of a folder that Spark wrote."""
        files, path = _located(self.place(name))
        return pq.read_table(path, filesystem=files)


@contextmanager
def staging(lake_uri: str | None = None) -> Iterator[Staging]:
    """A folder for one statement, removed afterwards.

    Below `staging/` of the lake at `lake_uri`, where a cluster's machines reach it and
    storage clears what a crash leaves; without a lake, among this machine's temporary files.
    """
    if lake_uri is None:
        with tempfile.TemporaryDirectory(prefix="bovespa-") as folder:
            yield Staging(Path(folder).as_uri())
        return
    uri = f"{lake_uri.rstrip('/')}/{STAGING_PREFIX}{uuid4().hex}"
    files, path = _located(uri)
    files.create_dir(path)
    try:
        yield Staging(uri)
    finally:
        files.delete_dir(path)


def _located(uri: str) -> tuple[fs.FileSystem, str]:
    """On S3 with the account and the endpoint of the lake, which pyarrow would not find itself."""
    if not uri.startswith("s3://"):
        location: tuple[fs.FileSystem, str] = fs.FileSystem.from_uri(uri)
        return location
    from lake_io.storage.s3.aws import filesystem

    return filesystem(), uri.removeprefix("s3://")
