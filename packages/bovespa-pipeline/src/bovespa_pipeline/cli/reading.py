"""Start of a command that only reads the lake."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

from b3_scraper.console import starting

__all__ = ["reading"]


@contextmanager
def reading() -> Iterator[None]:
    """Guard the imports of a command that reads, as `starting` does, without pandas.

    pyarrow imports pandas, where it is installed, to recognise its objects. Nothing here has
    any, and importing it would take longer than the answer. `to_pandas` imports it later.
    """
    with starting():
        _import_pyarrow()
        yield


def _import_pyarrow() -> None:
    if "pyarrow.dataset" in sys.modules or "pandas" in sys.modules:
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        import pyarrow.dataset  # noqa: F401 - the module that looks for pandas
    finally:
        sys.meta_path.remove(finder)


class _NoPandas:
    """A finder for which pandas is not installed."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(name=fullname)
