"""The whole pipeline on one machine: B3's answers to audited tables that SQL can ask.

from bovespa_pipeline import open_lake

lake = open_lake("./lake")
lake.members("IBOV", on="2024-12-31").to_pandas()

Importing it is cheap: what asks the tables is imported when it is first named.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bovespa_pipeline.library import Lake, open_lake
    from bovespa_pipeline.queries.results import Answer, Members, MissingPackage, StaleAnswer
    from bovespa_pipeline.version import __version__

__all__ = [
    "Answer",
    "Lake",
    "Members",
    "MissingPackage",
    "StaleAnswer",
    "__version__",
    "open_lake",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "__version__":
        from bovespa_pipeline import version

        return version.__version__
    from bovespa_pipeline import library
    from bovespa_pipeline.queries import results

    return getattr(library if hasattr(library, name) else results, name)


def __dir__() -> list[str]:
    return [*__all__]
