"""Readers that poll while others publish, replace and compact: each answer is one whole moment."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lake_io import NotInLake, open_lake, query

POLLS = 10
WHOLE = """
select p.index_code, p.reference_date, p.position_count, p.total_theoretical_quantity,
       count(q.ticker), sum(q.theoretical_quantity)::bigint
from portfolio p left join position q using (index_code, reference_date)
group by all
"""


def torn_by_read(snapshot: Any, factories: ModuleType) -> list[Any]:
    """The portfolios of this view that do not have exactly their positions."""
    held = factories.view_of(snapshot)
    portfolios = snapshot.read("portfolio").to_pylist()
    said = {
        factories.Session(row["index_code"], row["reference_date"]): (
            row["position_count"],
            row["total_theoretical_quantity"],
        )
        for row in portfolios
    }
    there = {of: (len(each), sum(each.values())) for of, each in held.items()}
    return [of for of in {*said, *there} if said.get(of) != there.get(of)]


def torn_by_sql(snapshot: Any) -> list[Any]:
    rows = [tuple(row.values()) for row in query(snapshot, WHOLE).to_pylist()]
    return [row for row in rows if row[2:4] != row[4:6]]


def test_a_reader_sees_whole_moments_only_while_others_publish_and_compact(
    tmp_path: Path, factories: ModuleType, start: Callable[..., Any]
) -> None:
    """By `read` and by SQL. A moment may expire under a reader, which then reads anew."""
    lake = open_lake(str(tmp_path / "lake"))
    factories.publish(lake.refined_tables, "first", {factories.session("IBOV", 6): {"PETR4": 1}})
    publishers = [start("busy", lake.uri, code) for code in ("IBOV", "SMLL")]
    answers, retried = 0, list[str]()
    for _ in range(POLLS):
        refined_tables = open_lake(lake.uri).refined_tables
        try:
            snapshot = refined_tables.snapshot()
            assert torn_by_read(snapshot, factories) == []
            assert torn_by_sql(snapshot) == []
            answers += 1
        except NotInLake as error:
            retried.append(str(error))
    for publisher in publishers:
        publisher.join(300)
    assert [publisher.exitcode for publisher in publishers] == [0, 0]
    assert answers > 0
    assert all("has expired: read the lake anew" in message for message in retried)
    last = open_lake(lake.uri).refined_tables.snapshot()
    assert torn_by_read(last, factories) == []
    assert torn_by_sql(last) == []


def test_files_of_an_expired_moment_are_expired_and_not_damaged(
    tmp_path: Path, factories: ModuleType, start: Callable[..., Any]
) -> None:
    """The reader knows the snapshot still; another process has deleted what it names."""
    lake = open_lake(str(tmp_path / "lake"))
    snapshot = factories.publish(
        lake.refined_tables, "first", {factories.session("IBOV", 6): {"PETR4": 1}}
    )
    assert snapshot.read("position").num_rows == 1
    publisher = start("busy", lake.uri, "IBOV")
    publisher.join(300)
    assert publisher.exitcode == 0
    with pytest.raises(NotInLake, match="has expired: read the lake anew"):
        snapshot.read("position")
