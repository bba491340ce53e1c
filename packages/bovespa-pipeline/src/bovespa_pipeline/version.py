"""The version of this distribution, from its metadata."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

__all__ = ["__version__"]


def _version() -> str:
    try:
        return version("bovespa-pipeline")
    except PackageNotFoundError:
        return "0+unknown"


__version__: Final = _version()
