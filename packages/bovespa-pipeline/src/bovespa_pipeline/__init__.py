"""The whole pipeline on one machine: B3's answers to audited tables that SQL can ask."""

from bovespa_pipeline.version import __version__

__all__ = ["__version__"]
