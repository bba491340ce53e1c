"""`bovespa raw copy`: from a lake to a place from which the tables can be made again."""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Run = Callable[..., CompletedProcess[str]]
Rows = Mapping[str, list[dict[str, Any]]]


@pytest.fixture
def source(sample_lake: Path, here: Path) -> Path:
    """The raw zone of the demo's lake, to change."""
    shutil.copytree(sample_lake / "raw", here / "source" / "raw")
    return here / "source"


@pytest.mark.usefixtures("quick_gate")
def test_the_tables_are_made_again_from_a_copy(
    sample_lake: Path, lake: Path, bovespa: Run, tables: Callable[[Path], Rows]
) -> None:
    """A back-up is restored by a copy in the other direction and a rebuild."""
    done = bovespa("raw", "copy", sample_lake, lake)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "copied 102 objects; already there: 0; not copied: 0\n"
    assert bovespa("refine", "--rebuild").returncode == 0
    assert tables(lake) == tables(sample_lake)


def test_a_second_copy_copies_nothing(source: Path, lake: Path, bovespa: Run) -> None:
    bovespa("raw", "copy", source, lake)
    done = bovespa("raw", "copy", source, lake)
    assert done.stdout == "copied 0 objects; already there: 102; not copied: 0\n"


def test_a_dry_run_creates_nothing(source: Path, lake: Path, bovespa: Run) -> None:
    done = bovespa("raw", "copy", source, lake, "--dry-run")
    assert done.stdout == "would copy 102 objects; already there: 0; not copied: 0\n"
    assert not lake.exists()


def test_what_differs_or_is_damaged_is_named_and_the_rest_copied(
    source: Path, lake: Path, bovespa: Run
) -> None:
    """Ends with 1; a file of another program is named too, and is no failure."""
    bovespa("raw", "copy", source, lake)
    manifest = next((lake / "raw" / "manifest").iterdir())
    manifest.write_bytes(b"other")
    (source / "raw" / "notes.txt").write_bytes(b"mine")
    payload = next((source / "raw" / "payload").iterdir())
    payload.write_bytes(b"damaged")
    (lake / "raw" / "payload" / payload.name).unlink()
    done = bovespa("raw", "copy", source, lake)
    assert done.returncode == 1
    assert done.stdout == "copied 0 objects; already there: 100; not copied: 2\n"
    damaged, differs, foreign = done.stderr.splitlines()
    assert damaged.startswith(f"damaged: raw/payload/{payload.name}: ")
    assert differs == (
        f"differs: raw/manifest/{manifest.name}: the target has damaged content, which is kept; to "
        f"replace it, move {lake}/raw/manifest/{manifest.name} out of the raw zone and copy again"
    )
    assert foreign == "not copied: raw/notes.txt: not an object of a raw zone"
    assert manifest.read_bytes() == b"other"


@pytest.mark.usefixtures("quick_gate")
@pytest.mark.parametrize("kind", ["position", "manifest", "receipt", "preview"])
def test_the_command_that_a_damaged_object_names_helps(
    source: Path, lake: Path, bovespa: Run, kind: str
) -> None:
    """Once it has run, the whole raw zone is copied."""
    damaged = next(path for path in (source / "raw" / kind).rglob("*") if path.is_file())
    damaged.write_bytes(b"damaged")
    done = bovespa("raw", "copy", source, lake)
    assert done.returncode == 1
    command = f"bovespa verify --repair --lake {source}"
    assert done.stderr.endswith(f"; run `{command}`, then copy again\n")
    bovespa(*command.split()[1:])
    assert bovespa("raw", "copy", source, lake).returncode == 0


def test_an_object_that_is_damaged_in_the_target_is_replaced_once_it_is_moved(
    source: Path, here: Path, lake: Path, bovespa: Run
) -> None:
    bovespa("raw", "copy", source, lake)
    payload = next((lake / "raw" / "payload").iterdir())
    payload.write_bytes(b"damaged")
    done = bovespa("raw", "copy", source, lake)
    assert (done.returncode, f"move {payload} out of the raw zone" in done.stderr) == (1, True)
    payload.rename(here / "elsewhere.gz")
    assert bovespa("raw", "copy", source, lake).stdout.startswith("copied 1 object;")


def test_an_object_that_is_damaged_in_the_source_is_not_blamed_on_the_target(
    source: Path, lake: Path, bovespa: Run
) -> None:
    bovespa("raw", "copy", source, lake)
    payload = next((source / "raw" / "payload").iterdir())
    payload.write_bytes(b"damaged")
    done = bovespa("raw", "copy", source, lake)
    assert done.stderr.startswith(f"damaged: raw/payload/{payload.name}: ")
    assert done.stderr.endswith(
        "import the same file again, or copy it from a back-up: nothing else holds it, "
        "then copy again\n"
    )


def test_its_outcome_as_json_is_an_object_a_line(source: Path, lake: Path, bovespa: Run) -> None:
    """The objects that were copied, and the numbers of all."""
    done = bovespa("raw", "copy", source, lake, "--json")
    *events, summary = map(json.loads, done.stdout.splitlines())
    assert {event["event"] for event in events} == {"copied"}
    assert [event["key"] for event in events if "/receipt/" in event["key"]] != []
    assert all(dt.datetime.fromisoformat(each.pop("time")).tzinfo for each in (*events, summary))
    assert summary == {
        "event": "summary",
        "dry_run": False,
        "copied": len(events),
        "present": 0,
        "differs": 0,
        "damaged": 0,
        "foreign": 0,
    }


@pytest.mark.parametrize(
    ("target", "refusal"),
    [
        ("source/", (2, "the same lake")),
        ("source/raw/payload", (2, "lies in its raw zone")),
        ("ftp://host/lake", (3, "a lake is a local folder, or s3://bucket")),
        ("file", (3, "it is a file, not a folder")),
    ],
)
def test_a_target_that_cannot_be_one_is_refused(
    source: Path, here: Path, bovespa: Run, target: str, refusal: tuple[int, str]
) -> None:
    code, message = refusal
    (here / "file").write_text("no folder")
    done = bovespa("raw", "copy", source.name, target)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


def test_a_source_without_a_raw_zone_is_refused(here: Path, lake: Path, bovespa: Run) -> None:
    """And no lake is made under a mistyped name."""
    done = bovespa("raw", "copy", "nowhere", lake)
    assert (done.returncode, done.stderr) == (2, "bovespa: there is no raw zone at nowhere\n")
    assert list(here.iterdir()) == []
