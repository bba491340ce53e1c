"""The Glue Data Catalog as PyIceberg has it, bound to one lake and lazy.

A capture holds no right to Glue and must not need one: nothing is asked of it before the
first table is. An account has one database `bovespa` a region; a lake in another bucket
than its tables is told so instead of being given another lake's rows.
"""

from typing import Any, Final

from pyiceberg.catalog import LOCATION
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import NoSuchNamespaceError
from pyiceberg.table import CommitTableResponse
from pyiceberg.table import Table as IcebergTable
from pyiceberg.typedef import Identifier

from lake_io.errors import LakeMoved
from lake_io.storage.s3 import aws
from lake_io.storage.s3.aws import translate_aws_errors
from lake_io.storage.s3.files import S3Files
from lake_io.tables.refined_tables import NAMESPACE

__all__ = ["ROOT", "GlueTables"]

ROOT: Final = "bovespa.root"


class GlueTables(GlueCatalog):
    """The tables of the lake at `root`, an `s3://` URI without a slash at its end."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._warehouse = f"{root}/warehouse"
        files = {"py-io-impl": f"{S3Files.__module__}.{S3Files.__name__}"}
        super().__init__(NAMESPACE, client=LazyGlueClient(), warehouse=self._warehouse, **files)

    def load_table(self, identifier: str | Identifier) -> IcebergTable:
        with translate_aws_errors(f"read the Glue table {_name(identifier)}"):
            table = super().load_table(identifier)
        if not table.location().startswith(f"{self._warehouse}/"):
            raise self._elsewhere(table.location())
        return table

    def create_table(
        self,
        identifier: str | Identifier,
        schema: Any,
        location: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> IcebergTable:
        with translate_aws_errors(f"create the Glue table {_name(identifier)}"):
            self._find_or_make_database()
            location = location or f"{self._warehouse}/{self.table_name_from(identifier)}"
            return super().create_table(identifier, schema, location, *args, **kwargs)

    def commit_table(self, table: IcebergTable, *changes: Any) -> CommitTableResponse:
        with translate_aws_errors(f"commit to the Glue table {_name(table.name())}"):
            return super().commit_table(table, *changes)

    def _find_or_make_database(self) -> None:
        """Create the database where Terraform has not, if the role may."""
        try:
            made_for = self.load_namespace_properties(NAMESPACE).get(ROOT, self._root)
        except NoSuchNamespaceError:
            place = {ROOT: self._root, LOCATION: self._warehouse}
            self.create_namespace_if_not_exists(NAMESPACE, place)
            return
        if made_for != self._root:
            raise self._elsewhere(made_for)

    def _elsewhere(self, location: str) -> LakeMoved:
        return LakeMoved(
            f"Glue's database {NAMESPACE} has its tables in {location}, not in {self._root}: name "
            "that lake, or take another region, for an account has one lake in each"
        )


class LazyGlueClient:
    """The Glue client, made when it is first asked for something."""

    def __getattr__(self, name: str) -> Any:
        return getattr(aws.glue(), name)


def _name(identifier: str | Identifier) -> str:
    return identifier if isinstance(identifier, str) else ".".join(identifier)
