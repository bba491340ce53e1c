"""Iceberg's view of the models, as the specification writes it."""

import json

import pytest

from b3_contracts.backends.iceberg import schema_json
from b3_contracts.models.tables import TABLES, Portfolio, QualityResult, Table


def test_fields_carry_type_doc_and_whether_they_are_required() -> None:
    """One field of each type the tables use."""
    fields = {field["name"]: field for field in schema_json(Portfolio)["fields"]}
    assert fields["divisor"]["type"] == "decimal(28, 8)"
    assert fields["total_weight_pct"]["type"] == "decimal(9, 3)"
    assert fields["captured_at"]["type"] == "timestamptz"
    assert fields["position_count"]["type"] == "long"
    assert fields["reference_date"] == {
        "id": 2,
        "name": "reference_date",
        "required": True,
        "type": "date",
        "doc": "the session the portfolio is of, from the header of B3's answer",
    }
    assert not fields["divisor"]["required"]


def test_the_key_is_the_identifier() -> None:
    """Readers learn from the table itself what tells its rows apart."""
    assert schema_json(Portfolio)["identifier-field-ids"] == [1, 2]


def test_a_key_that_may_be_null_is_no_identifier() -> None:
    """The specification wants identifiers required."""
    assert "identifier-field-ids" not in schema_json(QualityResult)


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_every_doc_is_a_column_comment_that_glue_takes(model: type[Table]) -> None:
    """One line of 255 characters at most; Glue refuses the whole table for a longer one."""
    docs = {field["name"]: field["doc"] for field in schema_json(model)["fields"]}
    assert [name for name, doc in docs.items() if len(doc) > 255 or not doc.isprintable()] == []


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_pyiceberg_reads_the_schema_without_loss(model: type[Table]) -> None:
    """Types, docs, ids and identifiers come back as they went in."""
    schema = pytest.importorskip(
        "pyiceberg.schema", reason="pyiceberg is what lake-io brings, not this package"
    )
    written = schema_json(model)
    read = schema.Schema.model_validate(written)
    again = json.loads(read.model_dump_json())
    assert again == {"identifier-field-ids": [], **written}
