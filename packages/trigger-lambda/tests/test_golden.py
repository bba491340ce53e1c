"""The event and the manifests that every admitted version of the contract wrote start a run."""

import json
from pathlib import Path
from typing import Any

import pytest

from b3_contracts.governance import golden

PACKAGE = Path(__file__).parents[1]
CONTRACTS = PACKAGE.parents[1] / "contracts"
VERSIONS = golden.admitted(CONTRACTS, PACKAGE / "pyproject.toml")


@pytest.mark.parametrize("version", VERSIONS, ids=lambda folder: folder.name)
def test_each_manifest_starts_one_run(world: Any, version: Path) -> None:
    """However often the event is delivered."""
    files = sorted((version / "lake" / "raw" / "manifest").iterdir())
    for file in files:
        world.bucket.objects[f"raw/manifest/{file.name}"] = file.read_bytes()
    event = json.loads((version / "event.json").read_text("utf-8").replace("b3-lake", "lake"))
    for _ in range(2):
        assert world.trigger().deliver(event) == {"batchItemFailures": []}
    assert sorted(world.runs) == [file.stem for file in files]
