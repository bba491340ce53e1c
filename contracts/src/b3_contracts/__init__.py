"""Contracts shared by the pipeline's packages: tables, keys of the lake, events.

This module and `layout`, `events`, `vocabulary` and `errors` need the standard
library alone, so that a Lambda can import them. `tables` and what is derived
from it need the extra ``b3-contracts[tables]``.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
