"""A version number reflects the kind of change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b3_contracts.errors import ContractError
from b3_contracts.governance.changes import Change, Effect
from b3_contracts.governance.versions import check, required_bump


def change(effect: Effect) -> Change:
    return Change("position", "sector", "type", "string", "long", effect)


@pytest.mark.parametrize(
    ("effect", "version", "bump"),
    [
        ("breaks producers", "0.1.0", "minor"),
        ("breaks readers", "0.1.0", "minor"),
        ("breaks both", "1.4.2", "major"),
        ("adds", "0.1.0", "patch"),
        ("adds", "1.4.2", "minor"),
        ("none", "0.1.0", None),
        ("none", "1.4.2", None),
    ],
)
def test_a_bump_is_asked_for_by_the_effect_and_the_major_version(
    effect: Effect, version: str, bump: str | None
) -> None:
    """While the major version is 0 everything counts one place lower."""
    assert required_bump([change(effect)], version) == bump


def test_the_worst_change_decides() -> None:
    """An addition beside a break is still a break."""
    assert (
        required_bump([change("adds"), change("breaks both"), change("none")], "2.0.0") == "major"
    )


@pytest.mark.parametrize(
    ("effect", "old", "new", "follows"),
    [
        ("breaks both", "0.1.0", "0.1.1", False),
        ("breaks both", "0.1.9", "0.2.0", True),
        ("breaks both", "0.1.9", "1.0.0", True),
        ("breaks both", "1.9.0", "1.10.0", False),
        ("breaks both", "1.9.0", "2.0.0", True),
        ("adds", "0.1.0", "0.1.0", False),
        ("adds", "0.1.0", "0.1.1", True),
        ("adds", "1.1.9", "1.1.10", False),
        ("none", "0.1.0", "0.1.0", True),
        ("none", "0.1.0", "0.0.9", False),
    ],
)
def test_a_version_follows_or_is_told_why_not(
    effect: Effect, old: str, new: str, follows: bool
) -> None:
    """The sentences are there exactly where the version did not follow."""
    assert (check(old, new, [change(effect)]) == []) is follows


def test_only_the_changes_that_ask_for_it_are_named() -> None:
    """A person reads what to raise the version for, not the whole difference."""
    (said,) = check("0.1.0", "0.1.1", [change("adds"), change("breaks both"), change("none")])
    assert said.endswith("asks for a new minor version after 0.1.0, not 0.1.1")


@pytest.mark.parametrize("version", ["1", "0.1", "v0.1.0", "0.1.0rc1", "0.1.0\n", ""])
def test_a_version_of_another_form_is_refused(version: str) -> None:
    """A version that cannot be ordered has no successor."""
    with pytest.raises(ContractError, match=r"must be X\.Y\.Z"):
        check("0.1.0", version, [])


numbers = st.tuples(*[st.integers(0, 20)] * 3)
effects = st.lists(
    st.sampled_from(["breaks producers", "breaks readers", "breaks both", "adds", "none"])
)


@given(numbers, numbers, effects)
def test_a_raised_major_version_always_follows(
    old: tuple[int, ...], new: tuple[int, ...], found: list[Effect]
) -> None:
    """There is always a version that is right, and fewer changes never ask for more."""
    before = ".".join(map(str, old))
    after = ".".join(map(str, (old[0] + 1, *new[1:])))
    assert check(before, after, map(change, found)) == []
    if check(before, before, map(change, found)) == []:
        assert check(before, before, map(change, found[1:])) == []
