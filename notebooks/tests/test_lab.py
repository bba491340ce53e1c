"""`hatch run lab`: JupyterLab in its environment, on a lake that is there."""

import sys
import tomllib
from pathlib import Path

# The script beside this folder: tests are imported without their folder on the path.
sys.path.insert(0, str(Path(__file__).parents[1]))

import lab

HATCH = tomllib.loads((lab.ROOT / "hatch.toml").read_text("utf-8"))["envs"]


def test_the_environment_has_jupyterlab_and_the_default_one_has_not() -> None:
    """The name that the script hands to hatch is an environment of hatch.toml."""
    name = lab.command([])[1]
    needed = {requirement.partition(">")[0] for requirement in HATCH[name]["dependencies"]}
    assert {"ipykernel", "jupyterlab"} <= needed
    assert not any("jupyterlab" in each for each in HATCH["default"]["dependencies"])
    assert HATCH["default"]["scripts"]["lab"] == "python notebooks/lab.py {args}"


def test_its_server_shows_the_notebooks_and_takes_more_arguments() -> None:
    words = lab.command(["--no-browser"])
    assert words[-1] == "--no-browser"
    assert f"--ServerApp.root_dir={Path(lab.__file__).parent}" in words


def test_a_lake_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "lake/raw").mkdir(parents=True)
    assert lab.lake_folder(tmp_path / "lake") == tmp_path / "lake"
    assert [path.name for path in (tmp_path / "lake").iterdir()] == ["raw"]
