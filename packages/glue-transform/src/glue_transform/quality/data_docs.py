"""Data Docs without a network: our style sheet replaces those of other hosts.

Great Expectations' pages load style sheets, scripts, icons and a logo from seven other hosts, and
are a column of bare text where those cannot be reached. Nothing that they show needs a script.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import Final

__all__ = ["make_offline"]

_ELSEWHERE: Final = re.compile(
    r"""<script\b.*?</script>            # of other hosts, or on top of those
    |   <link\b[^>]*\bhref="https?:[^>]*>
    |   <link\b[^>]*\brel="shortcut[ ]icon"[^>]*>
    |   <style\b.*?</style>              # laid out on top of a style sheet of another host
    |   <footer\b.*?</footer>            # an invitation to a newsletter""",
    re.DOTALL | re.VERBOSE,
)
_PICTURE: Final = re.compile(r'<img\b[^>]*\bsrc="https?:[^>]*\balt="([^"]*)"[^>]*>', re.DOTALL)


def make_offline(docs: Path) -> None:
    """Rewrite the pages below a folder so that they load nothing."""
    head = f'<link rel="icon" href="data:,"><style>{_style()}</style></head>'
    for page in sorted(docs.rglob("*.html")):
        text = _PICTURE.sub(r"\1", _ELSEWHERE.sub("", page.read_text("utf-8")))
        page.write_text(text.replace("</head>", head, 1), "utf-8")


def _style() -> str:
    return files(__package__).joinpath("data_docs.css").read_text("utf-8")
