"""Tell a person once: open an issue with a page, or add the page to the one that is open.

    python .github/scripts/issue.py "B3 has changed" page.md

Needs GitHub's own command, `gh`, which takes GH_TOKEN and GH_REPO from the environment. The
standard library alone.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from workspace import ROOT, ScriptError, output

__all__ = ["main", "tell"]

_LABEL: Final = "b3-changed"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="issue.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("title", help="of the issue, if it has to be opened")
    parser.add_argument("page", type=Path, help="a Markdown file")
    given = parser.parse_args(arguments)
    try:
        sys.stdout.write(tell(given.title, given.page.resolve()))
    except (OSError, ScriptError) as error:
        sys.stderr.write(f"nobody was told, so read {given.page} yourself: {error}\n")
        return 1
    return 0


def tell(title: str, page: Path) -> str:
    """The address of what was written."""
    body = ["--body-file", str(page)]
    number = _open_issue()
    if number is not None:
        return output(["gh", "issue", "comment", str(number), *body], ROOT)
    # --force: a label that is there already is no error.
    output(["gh", "label", "create", _LABEL, "--force"], ROOT)
    return output(["gh", "issue", "create", "--title", title, "--label", _LABEL, *body], ROOT)


def _open_issue() -> int | None:
    asked = ["--label", _LABEL, "--state", "open", "--limit", "1", "--json", "number"]
    found = json.loads(output(["gh", "issue", "list", *asked], ROOT))
    return int(found[0]["number"]) if found else None


if __name__ == "__main__":
    sys.exit(main())
