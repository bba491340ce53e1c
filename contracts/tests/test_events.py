"""The manifest: one id for one set of entries, and nothing slipped in between."""

import datetime as dt
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b3_contracts.errors import ContractError
from b3_contracts.events import Manifest
from b3_contracts.layout import RawEntry

NOON = dt.datetime(2025, 1, 6, 12, 30, 15, 123456, tzinfo=dt.UTC)
ENTRIES = [
    RawEntry("IBOV", dt.date(2025, 1, 6), "a" * 64),
    RawEntry("IBRA", dt.date(2025, 1, 6), "b" * 64),
]

entries = st.builds(
    RawEntry,
    st.sampled_from(["IBOV", "IBRA", "SMLL", "IBXX"]),
    st.dates(),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
)
times = st.datetimes(
    min_value=dt.datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.timezones(),
)


@given(st.lists(entries), st.randoms(use_true_random=False), times)
def test_the_id_depends_on_the_set_of_entries_alone(
    found: list[RawEntry], order: random.Random, time: dt.datetime
) -> None:
    """Captured again, in another order, twice, at another time: the same manifest."""
    again = [*found, *found]
    order.shuffle(again)
    assert Manifest.of(again, time).id == Manifest.of(found, NOON).id


@given(st.lists(entries, unique=True, min_size=1))
def test_another_set_of_entries_has_another_id(found: list[RawEntry]) -> None:
    """One entry fewer is another manifest."""
    assert Manifest.of(found, NOON).id != Manifest.of(found[1:], NOON).id


@given(st.lists(entries), times)
def test_a_manifest_is_read_back_as_it_was_written(
    found: list[RawEntry], time: dt.datetime
) -> None:
    """Whatever the zone it was captured in."""
    manifest = Manifest.of(found, time)
    read = Manifest.from_json(manifest.to_json())
    assert read.entries == manifest.entries
    assert read.captured_at == time.astimezone(dt.UTC)


def test_the_key_is_made_of_the_id() -> None:
    """The id is a hash, so it is fit for a key."""
    manifest = Manifest.of(ENTRIES, NOON)
    assert manifest.key == f"raw/manifest/{manifest.id}.json"


def test_the_body_is_readable() -> None:
    """A golden event is readable in a text editor."""
    assert json.loads(Manifest.of(ENTRIES[:1], NOON).to_json()) == {
        "manifest_version": 1,
        "id": Manifest.of(ENTRIES[:1], NOON).id,
        "captured_at": "2025-01-06T12:30:15.123456+00:00",
        "entries": [
            {"index_code": "IBOV", "reference_date": "2025-01-06", "payload_sha256": "a" * 64}
        ],
    }


@pytest.mark.parametrize(
    "tampered",
    [
        {"id": "0" * 64},
        {"id": None},
        {"entries": []},
        {"entries": [{"index_code": "IBOV"}]},
        {"entries": {"index_code": "IBOV"}},
        {"entries": 7},
        {"manifest_version": 2},
        {"captured_at": "yesterday"},
        {"captured_at": "2025-01-06T12:00:00"},
        {"captured_at": None},
    ],
)
def test_a_manifest_that_was_tampered_with_is_refused(tampered: dict[str, Any]) -> None:
    """The entries must hash to the id, and every part must be there."""
    body = {**json.loads(Manifest.of(ENTRIES, NOON).to_json()), **tampered}
    with pytest.raises(ContractError, match="manifest breaks its contract"):
        Manifest.from_json(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("index_code", "../../IBOV"),
        ("index_code", 7),
        ("payload_sha256", "../" * 21 + "a"),
        ("reference_date", "2025-02-30"),
        ("reference_date", "../.."),
    ],
)
def test_an_entry_that_could_not_be_a_key_is_refused(part: str, value: object) -> None:
    """Even where whoever wrote it computed the id."""
    body = json.loads(Manifest.of(ENTRIES, NOON).to_json())
    body["entries"][0][part] = value
    with pytest.raises(ContractError, match="manifest"):
        Manifest.from_json(json.dumps(body).encode())


@given(st.binary())
def test_any_bytes_are_a_manifest_or_refused(body: bytes) -> None:
    """A handler meets one kind of error only."""
    with pytest.raises(ContractError):
        Manifest.from_json(body)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"{}", b"[]", b"null", b"\xff\xfe", b'"id"'])
def test_json_of_another_shape_is_refused(body: bytes) -> None:
    """Nesting without end too."""
    with pytest.raises(ContractError, match="cannot be read"):
        Manifest.from_json(body)


def test_a_time_without_a_zone_is_refused() -> None:
    """It would mean another moment on every machine."""
    with pytest.raises(ContractError, match="captured_at: must name its time zone"):
        Manifest.of(ENTRIES, dt.datetime(2025, 1, 6))  # noqa: DTZ001 - the mistake itself
