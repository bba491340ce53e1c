"""Validation of a table against its contract: rows are checked, offending ones named."""

from typing import TYPE_CHECKING

import pyarrow as pa

from b3_contracts.backends.fast_checks import satisfies

if TYPE_CHECKING:
    from b3_contracts.models.tables import Table
    from b3_contracts.table_spec import TableSpec

__all__ = ["validate"]


def validate(rows: pa.Table, table: "TableSpec | type[Table]") -> pa.Table:
    """Return the rows if they satisfy the table's contract, schema **and** rows.

    Raises ContractError naming each broken rule and its first offending rows. The depth
    is set here: `PANDERA_VALIDATION_DEPTH` in an environment cannot switch rows off.
    """
    if not satisfies(rows, table):
        from b3_contracts.backends.pandera_validation import refuse

        refuse(rows, table)
    return rows
