"""What the page on operations says, followed literally."""

import re
import sqlite3
import tomllib
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import click
import pytest

from bovespa_pipeline.cli.commands import SUMMARIES, LazyGroup

Run = Callable[..., CompletedProcess[str]]

PACKAGE = Path(__file__).parents[1]
ROOT = PACKAGE.parents[1]
PAGE = (PACKAGE / "docs/operations.md").read_text("utf-8")
DOCKERFILE = (PACKAGE / "Dockerfile").read_text("utf-8")


@pytest.mark.parametrize("reader", ["pyiceberg", "pandas"])
def test_other_programs_read_the_tables(
    reader: str, sample_lake: Path, bovespa: Run, here: Path
) -> None:
    """The page's own lines, on other folders; DuckDB's need an extension from its server."""
    bovespa("export", here / "export", "--format", "parquet", "--lake", sample_lake)
    codes = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    (code,) = (each for each in codes if re.search(rf"^(from|import) {reader}\b", each))
    folders = {"/data/lake": str(sample_lake), "/data/export": str(here / "export")}
    for named, folder in folders.items():
        code = code.replace(named, folder)
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - the page's
    ibov = names["ibov"]
    assert len(ibov) == 1_303  # type: ignore[arg-type] # a table of the page, of no type here


def test_the_catalogue_names_each_newest_metadata_file(sample_lake: Path) -> None:
    """As the page's lines for DuckDB look it up."""
    (newest,) = re.findall(r'^newest = "(.+)"$', PAGE, re.MULTILINE)
    catalogue = sqlite3.connect(f"file:{sample_lake}/catalogue.db?mode=ro", uri=True)
    (metadata,) = catalogue.execute(newest).fetchone()
    catalogue.close()
    assert Path(metadata).is_file()


def test_each_command_on_the_page_is_there() -> None:
    """With the options it is called with."""
    context = click.Context(LazyGroup("bovespa"))
    for command, rest in re.findall(r"\bbovespa (\w+)((?: -{0,2}[\w-]+)*)", PAGE + DOCKERFILE):
        if command not in SUMMARIES:
            continue
        found = LazyGroup("bovespa").get_command(context, command)
        assert found is not None
        options = {name for each in found.params for name in each.opts}
        assert set(re.findall(r"--[\w-]+", rest)) <= options, command


def test_the_image_installs_what_is_here() -> None:
    """Every folder that it copies, and every package that the command needs, with extras."""
    for source in re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE):
        assert (ROOT / source).exists(), source
    installed = re.findall(r'"?\./([\w/-]+?)(?:\[([\w,]+)\])?"?[ \n\\]', DOCKERFILE)
    assert {folder for folder, _ in installed} == {
        "contracts",
        *(f"packages/{name}" for name in ("b3-scraper", "lake-io", "glue-transform")),
        "packages/bovespa-pipeline",
    }
    for folder, extras in installed:
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]
        assert set(filter(None, extras.split(","))) <= set(project["optional-dependencies"])


def test_the_image_runs_as_nobody_in_particular() -> None:
    """Not as root, with one volume, and with a health check."""
    assert "\nUSER bovespa\nVOLUME /lake\n" in DOCKERFILE
    assert 'HEALTHCHECK --interval=1h --timeout=2m CMD ["bovespa", "check"]' in DOCKERFILE
    assert DOCKERFILE.endswith('ENTRYPOINT ["bovespa"]\nCMD ["run", "--only-new"]\n')


def test_the_image_keeps_the_record_of_notifications_on_a_volume() -> None:
    """A container ends with each check; the page's other folder belongs to the image's user."""
    (folder,) = re.findall(r"^ENV .*\bXDG_STATE_HOME=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert Path("/lake") in Path(folder).parents
    (other,) = re.findall(r"-v bovespa-state:(\S+) ", PAGE)
    assert f"-e XDG_STATE_HOME={other} " in PAGE
    assert re.search(rf"install -d -o bovespa -g bovespa .*{other}$", DOCKERFILE, re.MULTILINE)
