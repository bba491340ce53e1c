"""A column that is added to the model alone is named, by the first code that lacks it."""

import pyarrow as pa
import pytest

from b3_contracts.backends import arrow
from b3_contracts.errors import ContractError
from b3_contracts.models.tables import Position
from b3_scraper import parse_portfolio, positions
from b3_scraper.testing import SamplePortfolio


def test_a_column_of_the_model_that_no_payload_fills_is_named(
    sample: SamplePortfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = arrow.schema(Position)
    wider = model.append(pa.field("isin", pa.string()))
    for module in (positions, arrow):
        monkeypatch.setattr(module, "schema", lambda _: wider)
    with pytest.raises(ContractError, match="position breaks its contract: isin: is missing"):
        parse_portfolio(sample.to_csv())
