"""Execute the notebooks and write them as pages: `hatch run notebooks`.

They run on the sample exchange, and on one session after it whose weights were spoiled on
purpose, so that there is a refusal to show. The notebooks themselves keep no outputs.
"""

import base64
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import nbformat
from nbclient import NotebookClient
from sample_lake import sample_lake

__all__ = ["NAMES", "RENDERED", "execute", "main", "page", "pictures", "read"]

FOLDER: Final = Path(__file__).resolve().parent
RENDERED: Final = FOLDER / "rendered"
NAMES: Final = ("athena_notebook", "quality_notebook")
SHOWN: Final = "quantidade.png"  # the first picture, for the README
PATIENCE_SECONDS: Final = 300

Notebook = Any


def read(name: str) -> Notebook:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def execute(notebook: Notebook, lake: str, *, then: Sequence[str] = ()) -> Notebook:
    """The notebook with its outputs on a lake, and those of the cells that come `then`.

    Raises CellExecutionError, with the cell and its traceback.
    """
    cells = [nbformat.v4.new_code_cell(source) for source in then]
    notebook = nbformat.from_dict({**notebook, "cells": [*notebook.cells, *cells]})
    client = NotebookClient(
        notebook, timeout=PATIENCE_SECONDS, resources={"metadata": {"path": str(FOLDER)}}
    )
    environment = {**os.environ, "BOVESPA_LAKE": lake, "MPLBACKEND": _INLINE}
    executed: Notebook = client.execute(env=environment)
    return executed


_INLINE: Final = "module://matplotlib_inline.backend_inline"


def pictures(notebook: Notebook) -> Iterator[bytes]:
    """The figures of an executed notebook, as PNG, in order."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                yield base64.b64decode(output["data"]["image/png"])


def page(notebook: Notebook, title: str) -> str:
    """One HTML page, its pictures in it, that needs nothing from anywhere."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="basic", embed_images=True, exclude_input_prompt=True)
    body, _ = exporter.from_notebook_node(_described(notebook))
    return _PAGE.format(title=title, body=body)


def _described(notebook: Notebook) -> Notebook:
    """Each picture with the sentence that its cell says, for those who do not see it."""
    described = nbformat.from_dict(notebook)
    for cell in described.cells:
        said = [each.text for each in cell.get("outputs", ()) if each.output_type == "stream"]
        for output in cell.get("outputs", ()):
            if said and "image/png" in output.get("data", {}):
                output.metadata["alt"] = said[0].splitlines()[0]
    return described


_PAGE: Final = """\
<!DOCTYPE html>
<html lang="pt-BR">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222;
       font: 16px/1.5 system-ui, sans-serif; }}
pre {{ overflow-x: auto; font-size: 13px; line-height: 1.4; }}
.highlight {{ background: #f6f7f9; padding: 0.2rem 0.8rem; border-radius: 4px; }}
img {{ max-width: 100%; }}
table {{ border-collapse: collapse; font-size: 14px; }}
td, th {{ padding: 0.2rem 0.7rem; text-align: right; border-bottom: 1px solid #e3e5e8; }}
.jp-InputPrompt, .jp-OutputPrompt, .prompt, .anchor-link {{ display: none; }}
</style>
<body>
{body}
</body>
</html>
"""


def main(out: Path = RENDERED) -> None:
    out.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        lake = sample_lake(Path(folder) / "lake")
        executed: Mapping[str, Notebook] = {name: execute(read(name), lake.uri) for name in NAMES}
    for name, notebook in executed.items():
        (out / f"{name}.html").write_text(page(notebook, name), "utf-8")
    shown, *_ = pictures(executed[NAMES[0]])
    (out / SHOWN).write_bytes(shown)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
