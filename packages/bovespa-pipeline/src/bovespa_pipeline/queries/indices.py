"""The indices that a lake holds, and the refusal of any other."""

from collections.abc import Collection, Sequence
from typing import Final

from b3_scraper.aliases import alias_hint
from lake_io import Lake, LakeSnapshot, NotInLake

__all__ = ["NOTHING_YET", "assert_in_lake", "index_codes", "index_codes_in_raw", "unknown_index"]

NOTHING_YET: Final = "nothing yet: run `bovespa capture` and `bovespa refine`"


def index_codes(snapshot: LakeSnapshot) -> Sequence[str]:
    """The codes of the indices with a published session, in order."""
    codes = snapshot.read("portfolio", columns=("index_code",))["index_code"].unique().to_pylist()
    return sorted(codes)


def index_codes_in_raw(lake: Lake) -> set[str]:
    """The codes of the indices of which raw holds typed rows or a preview."""
    previews = lake.raw.previews.keys()
    return {each.index_code for each in lake.raw.entries()} | {key.index_code for key in previews}


def assert_in_lake(lake: Lake, codes: Collection[str]) -> None:
    """Raises NotInLake for an index of which neither raw nor the tables hold anything."""
    if not codes:
        return
    there = index_codes_in_raw(lake)
    if not there.issuperset(codes):
        there.update(index_codes(lake.refined_tables.snapshot()))
    for code in codes:
        if code not in there:
            raise unknown_index(code, sorted(there))


def unknown_index(code: str, codes: Sequence[str]) -> NotInLake:
    """The refusal of an index that is not among those of the lake; it names the nearest code."""
    near = alias_hint(code) or _nearest(code, codes)
    return NotInLake(f"the lake holds no {code}{near}; it holds {', '.join(codes) or NOTHING_YET}")


def _nearest(code: str, codes: Sequence[str]) -> str:
    from difflib import get_close_matches

    return "".join(f"; the nearest is {each}" for each in get_close_matches(code, codes, n=1))
