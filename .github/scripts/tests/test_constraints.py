"""CI's constraints cover every requirement of the packages."""

import constraints
import pytest

HATCH = '[envs.default]\ndependencies = ["pytest>=9"]\n'
PINNED = "# pins\nhatch==1.18.0\npip-audit==2.10.1\npytest==9.0.1\nuv==0.9.0\n"


@pytest.fixture
def pinned(repository):
    """A repository whose `asking` needs `requests`, with pins."""

    def write(pins: str):
        repository.write("hatch.toml", HATCH)
        repository.replace("packages/asking/pyproject.toml", "= [", '= ["requests>=2.32,<3", ')
        repository.write(constraints.FILE, PINNED + pins)
        return repository.root

    return write


def test_what_is_pinned_and_fits_is_in_order(pinned) -> None:
    """Twice where Pythons differ."""
    pins = "requests==2.32.5 ; python_version < '3.12'\nrequests==2.33.0\n"
    assert constraints.missing(pinned(pins)) == []


@pytest.mark.parametrize("pins", ["", "requests==2.31.0\n", "requests==3.0.0\n"])
def test_what_is_not_pinned_or_does_not_fit_is_named(pinned, pins) -> None:
    """With what to run."""
    (said,) = constraints.missing(pinned(pins))
    assert said.startswith(".github/constraints.txt pins nothing that meets requests>=2.32,<3: run")


def test_our_own_packages_are_not_pinned(pinned) -> None:
    """They are what is tested."""
    assert "b3-contracts" not in " ".join(constraints.wanted(pinned("")))


def test_without_uv_it_is_said_how_to_get_it(monkeypatch, capsys, pinned) -> None:
    """It comes with hatch."""
    monkeypatch.setattr(constraints, "ROOT", pinned(""))
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("HATCH_UV", raising=False)
    assert constraints.main(["write"]) == 1
    said = "uv is needed and not here: use `hatch run`, which has it, or pip install uv\n"
    assert capsys.readouterr().err == said
