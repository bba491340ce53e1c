"""The whole pipeline on one machine: B3's answers to audited tables that SQL can ask.

from bovespa_pipeline import open_lake

lake = open_lake("./lake")
lake.members("IBOV", on="2024-12-31").to_pandas()

Importing the package is cheap: modules are imported when a name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bovespa_pipeline.lake_reader import LakeReader, open_lake
    from bovespa_pipeline.queries.results import (
        Answer,
        DatedAnswer,
        Members,
        MissingPackage,
        StaleAnswer,
        WideAnswer,
    )
    from bovespa_pipeline.version import __version__

__all__ = [
    "Answer",
    "DatedAnswer",
    "LakeReader",
    "Members",
    "MissingPackage",
    "StaleAnswer",
    "WideAnswer",
    "__version__",
    "open_lake",
]

_MODULES: Final = {
    "LakeReader": "lake_reader",
    "__version__": "version",
    "open_lake": "lake_reader",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _MODULES.get(name, "queries.results")
    return getattr(import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return [*__all__]
