"""A target gets the wheels of its lock and no others; what it cannot use is refused."""

import hashlib
import zipfile
from pathlib import Path

import locks
import pytest
import wheelhouse
from distributions import Wheel, faults
from locks import Pin
from targets import GLUE, TARGETS, Target
from workspace import ScriptError

GLUE_51 = GLUE["5.1"]
MACHINE = Target(
    name="machine",
    description="a machine with Python 3.11",
    python="3.11",
    architecture="x86_64",
    glibc=34,
    packages=("ours[fast]",),
    engine=frozenset({"pyspark"}),
)


def wheel(folder: Path, name: str, *requires: str, tags: str = "py3-none-any", python="") -> Wheel:
    """A wheel without code."""
    lines = [f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {one}" for one in requires)]
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name.replace('-', '_')}-1.0-{tags}.whl"
    with zipfile.ZipFile(file, "w") as archive:
        python_lines = [f"Requires-Python: {python}"] if python else []
        metadata = "\n".join(["Metadata-Version: 2.1", *lines, *python_lines, ""])
        archive.writestr(zipfile.ZipInfo(f"{file.stem}.dist-info/METADATA"), metadata)
    return Wheel(file)


def of_wheel(messages: list[str]) -> list[str]:
    """Those of the wheel `some`; our own packages are missed beside it."""
    return [message for message in messages if message.startswith("some")]


@pytest.fixture
def locked(monkeypatch, tmp_path):
    """Lock these wheels for the machine, which has no wheels of ours to build."""

    def lock(*wheels: Wheel, hashes: str | None = None) -> Path:
        pins = [Pin(one.name, "1.0", frozenset({hashes or one.sha256})) for one in wheels]
        monkeypatch.setattr(locks, "pins", lambda _: {pin.name: pin for pin in pins})
        monkeypatch.setattr(locks, "siblings", lambda _: [])
        return tmp_path / "cache"

    return lock


@pytest.mark.parametrize(
    "tags",
    [
        "cp311-cp311-manylinux_2_28_x86_64",
        "cp310-abi3-manylinux2014_x86_64",
        "cp311-cp311-manylinux_2_34_x86_64.manylinux_2_39_x86_64",
        "py3-none-any",
        "py2.py3-none-any",
    ],
)
def test_a_wheel_for_glue_is_taken(tmp_path, tags) -> None:
    """Glue 5.1 has Python 3.11 and glibc 2.34."""
    assert of_wheel(faults(GLUE_51, [wheel(tmp_path, "some", tags=tags)])) == []


@pytest.mark.parametrize(
    "tags",
    [
        "cp313-cp313-manylinux_2_28_x86_64",
        "cp312-abi3-manylinux_2_28_x86_64",
        "cp311-cp311-manylinux_2_28_aarch64",
        "cp311-cp311-manylinux_2_39_x86_64",
        "cp311-cp311-musllinux_1_2_x86_64",
        "cp311-cp311-macosx_11_0_arm64",
        "cp311-cp311-win_amd64",
    ],
)
def test_a_wheel_for_another_python_or_platform_is_refused(tmp_path, tags) -> None:
    """By its name, here and not at 20:00 by Glue."""
    assert of_wheel(faults(GLUE_51, [wheel(tmp_path, "some", tags=tags)])) == [
        f"some-1.0-{tags}.whl is built for another Python or platform"
    ]


def test_a_wheel_that_wants_another_python_is_refused(tmp_path) -> None:
    """A pure one too: its tags say nothing of it."""
    found = faults(MACHINE, [wheel(tmp_path, "ours", python=">=3.12")])
    assert found == ["ours-1.0-py3-none-any.whl wants Python >=3.12"]


def test_requirements_are_followed_by_extra_and_marker(tmp_path) -> None:
    """What only other systems or other extras need is not missed; pyspark comes with the engine."""
    ours = wheel(
        tmp_path,
        "ours",
        "plain<2; python_version < '3.12'",
        "windows; sys_platform == 'win32'",
        "quick[more]; extra == 'fast'",
        "slow; extra == 'slow'",
        "pyspark>=3",
    )
    quick = wheel(tmp_path, "quick", "deep>=2; extra == 'more'")
    deep = wheel(tmp_path, "deep")
    assert faults(MACHINE, [ours, quick, deep]) == [
        'quick requires deep>=2; extra == "more", and 1.0 is there',
        'ours requires plain<2; python_version < "3.12", and no version is there',
    ]


def test_a_requirement_that_the_machine_meets_is_met(tmp_path, monkeypatch) -> None:
    """A wheel's version goes before the machine's."""
    monkeypatch.setattr(locks, "base", lambda _: {"plain": "1.5", "quick": "0.1"})
    ours = wheel(tmp_path, "ours", "plain>=1.4", "quick>=1")
    assert faults(MACHINE, [ours, wheel(tmp_path, "quick")]) == []


def test_the_folder_holds_the_locks_wheels_and_names_each_with_its_hash(tmp_path, locked) -> None:
    """From the cache, without a package index."""
    ours = wheel(tmp_path / "cache" / "machine", "ours")
    cache = locked(ours) / "machine"
    wheelhouse.fill(MACHINE, tmp_path / "out", cache)
    digest = hashlib.sha256(ours.file.read_bytes()).hexdigest()
    text = (tmp_path / "out" / "requirements.txt").read_text()
    assert text == f"ours==1.0 --hash=sha256:{digest}\n"


def test_a_wheel_with_other_bytes_than_the_locks_is_not_used(tmp_path, locked) -> None:
    """It is asked for anew, of the package index, which is not there."""
    cache = locked(wheel(tmp_path / "cache", "ours"), hashes="0" * 64)
    with pytest.raises(ScriptError, match="the wheels for machine were not downloaded"):
        wheelhouse.fill(MACHINE, tmp_path / "out", cache)


def test_a_folder_with_a_wheel_that_the_target_cannot_use_is_refused(tmp_path, locked) -> None:
    """The message names the machine and every fault."""
    cache = locked(wheel(tmp_path / "cache", "ours", "plain"))
    with pytest.raises(ScriptError) as refused:
        wheelhouse.fill(MACHINE, tmp_path / "out", cache)
    assert str(refused.value).splitlines() == [
        "these wheels are not for a machine with Python 3.11:",
        "ours requires plain, and no version is there",
    ]


def test_what_the_target_brings_in_the_locks_version_is_not_shipped() -> None:
    """What it brings in another version is."""
    names = {pin.name for pin in wheelhouse.missing_pins(GLUE_51)}
    assert {"narwhals", "pyiceberg"} <= names
    assert not names & {"boto3", "numpy", "pandas", "pyarrow", "requests"}


def test_where_nothing_is_installed_all_of_the_lock_is_shipped() -> None:
    """Lambda's image and GitHub's runner begin with a bare Python."""
    target = TARGETS["lambda"]
    assert len(wheelhouse.missing_pins(target)) == len(locks.pins(target))
