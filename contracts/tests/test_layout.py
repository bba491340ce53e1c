"""Keys say what they say, and nothing can lead out of its folder."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b3_contracts import layout
from b3_contracts.errors import ContractError
from b3_contracts.layout import PreviewKey, RawEntry, RawPositionKey, Reference
from b3_contracts.vocabulary import INDEX_CODE_PATTERN

HASH = "0123456789abcdef" * 4
DAY = dt.date(2025, 1, 6)
ENTRY = RawEntry("IBOV", DAY, HASH)

hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
codes = st.from_regex(re.compile(INDEX_CODE_PATTERN.strip("^$")), fullmatch=True)
entries = st.builds(RawEntry, codes, st.dates(), hashes)
revisions = st.integers(1, 999_999_999)

HOSTILE_CODES = [
    "",
    "ibov",
    "IBO",
    "IBOVESPA",
    "IBOV\n",
    "../..",
    "IB/V",
    "IBOV/..",
    "IB%2F",
    "ÍBOV",
    "1BOV",
]
HOSTILE_HASHES = [
    "",
    HASH[:-1],
    HASH + "0",
    HASH.upper(),
    HASH[:-1] + "\n",
    "../" * 21 + "a",
    "x" * 64,
]


def test_each_thing_has_its_place() -> None:
    """The keys as the lake's description lists them."""
    session = "index_code=IBOV/reference_date=2025-01-06"
    assert layout.payload_key(HASH) == f"raw/payload/{HASH}.gz"
    assert layout.raw_position_key(ENTRY, 2) == f"raw/position/{session}/{HASH}.p2.parquet"
    assert layout.manifest_key(HASH) == f"raw/manifest/{HASH}.json"
    assert layout.rejected_key(HASH) == f"raw/rejected/{HASH}.json"
    assert layout.withdrawn_key(ENTRY) == f"raw/withdrawn/{session}/{HASH}.json"
    assert (
        layout.reference_key(DAY, "GetStockIndex", HASH)
        == f"raw/reference/captured_on=2025-01-06/GetStockIndex-{HASH}.gz"
    )
    assert (
        PreviewKey("IBOV", DAY, HASH, 1).name
        == f"raw/preview/index_code=IBOV/captured_on=2025-01-06/{HASH}.p1.parquet"
    )


@given(entries, revisions)
def test_keys_of_previews_say_what_went_into_them(entry: RawEntry, revision: int) -> None:
    """So do those of the answers they were made from."""
    day, sha256 = entry.reference_date, entry.payload_sha256
    key = PreviewKey(entry.index_code, day, sha256, revision)
    assert PreviewKey.parse(key.name) == key
    reference = Reference(day, f"GetQuartelyPreview-{entry.index_code}", sha256)
    assert Reference.parse(reference.key) == reference


@pytest.mark.parametrize("code", ["", "..", "IBOV/..", "ibov", "IBOV\n"])
def test_a_hostile_index_makes_no_key_of_a_preview(code: str) -> None:
    with pytest.raises(ContractError):
        _ = PreviewKey(code, DAY, HASH, 1).name


@pytest.mark.parametrize("parse", [PreviewKey.parse, Reference.parse])
@pytest.mark.parametrize(
    "key",
    [
        "",
        f"raw/preview/index_code=IBOV/captured_on=2025-02-30/{HASH}.p1.parquet",
        f"raw/preview/index_code=IBOV/captured_on=2025-02-03/{HASH}.p0.parquet",
        f"raw/reference/captured_on=2025-02-30/GetStockIndex-{HASH}.gz",
        "raw/reference/captured_on=2025-02-03/GetStockIndex.gz",
    ],
)
def test_what_looks_like_a_key_of_an_answer_is_none(
    parse: Callable[[str], object], key: str
) -> None:
    assert parse(key) is None


@given(entries, revisions)
def test_a_key_of_a_typed_file_says_what_went_into_it(entry: RawEntry, revision: int) -> None:
    """Pending work is read off the keys alone."""
    key = layout.raw_position_key(entry, revision)
    assert RawPositionKey.parse(key) == RawPositionKey(entry, revision)


@given(entries)
def test_a_key_of_a_withdrawal_says_what_is_withdrawn(entry: RawEntry) -> None:
    """There and back."""
    for number in (0, 1, 2, 37):
        found = layout.withdrawal(layout.withdrawn_key(entry, number))
        assert found == layout.Withdrawal(entry, number)


@given(st.text() | entries.map(lambda entry: layout.raw_position_key(entry, 1)), st.text())
def test_any_text_is_a_key_that_can_be_made_again_or_none(start: str, end: str) -> None:
    """Foreign files in the folder are passed over, never an exception."""
    key = start + end
    parsed = RawPositionKey.parse(key)
    assert parsed is None or layout.raw_position_key(parsed.entry, parsed.parser_revision) == key
    assert layout.withdrawal(key) is None


@pytest.mark.parametrize(
    "key",
    [
        f"raw/position/index_code=IBOV/reference_date=2025-02-30/{HASH}.p1.parquet",
        f"raw/position/index_code=IBOV/reference_date=0000-01-01/{HASH}.p1.parquet",
        f"raw/position/index_code=IBOV/reference_date=\u0662025-01-06/{HASH}.p1.parquet",
        f"raw/position/index_code=A/reference_date=2025-01-06/{HASH}.p1.parquet",
        f"raw/position/index_code=IBOV/reference_date=2025-01-06/{HASH}.p0.parquet",
        f"raw/position/index_code=IBOV/reference_date=2025-01-06/{HASH}.p{'9' * 5000}.parquet",
        f"raw/position/index_code=IBOV/reference_date=2025-01-06/{HASH}.p1.parquet.tmp",
    ],
)
def test_what_only_looks_like_a_key_is_none(key: str) -> None:
    """A date that does not exist and a code too short are no keys of ours."""
    assert RawPositionKey.parse(key) is None


@pytest.mark.parametrize("code", HOSTILE_CODES)
def test_a_hostile_index_code_makes_no_key(code: str) -> None:
    """A path, a control character or another alphabet is refused, and named."""
    entry = RawEntry(code, DAY, HASH)
    with pytest.raises(ContractError, match="index_code: must match"):
        layout.raw_position_key(entry, 1)
    with pytest.raises(ContractError, match="index_code: must match"):
        layout.withdrawn_key(entry)


@pytest.mark.parametrize("sha256", HOSTILE_HASHES)
def test_a_hostile_hash_makes_no_key(sha256: str) -> None:
    """Only 64 lower-case hexadecimal digits stand in a key."""
    entry = RawEntry("IBOV", DAY, sha256)
    makers: list[Callable[[], str]] = [
        lambda: layout.payload_key(sha256),
        lambda: layout.manifest_key(sha256),
        lambda: layout.rejected_key(sha256),
        lambda: layout.raw_position_key(entry, 1),
        lambda: layout.reference_key(DAY, "GetStockIndex", sha256),
    ]
    for make in makers:
        with pytest.raises(ContractError, match="sha256: must be 64 hexadecimal digits"):
            make()


@given(st.text())
def test_any_name_of_a_reference_makes_one_flat_key_or_none(name: str) -> None:
    """No name brings a folder of its own."""
    try:
        key = layout.reference_key(DAY, name, HASH)
    except ContractError:
        return
    assert re.fullmatch(rf"raw/reference/captured_on=2025-01-06/[A-Za-z0-9-]+-{HASH}\.gz", key)


@pytest.mark.parametrize("revision", [0, -1, 10**9])
def test_a_revision_that_no_key_could_be_read_back_with_is_refused(revision: int) -> None:
    """Revisions count from 1."""
    with pytest.raises(ContractError, match="parser_revision: must be"):
        layout.raw_position_key(ENTRY, revision)


def test_a_time_of_day_does_not_slip_into_a_key() -> None:
    """To Python a datetime is a date; as a reference date it is a mistake."""
    noon = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)
    with pytest.raises(ContractError, match="date: must be a day without a time"):
        layout.raw_position_key(RawEntry("IBOV", noon, HASH), 1)
