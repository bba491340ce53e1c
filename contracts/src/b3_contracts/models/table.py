"""The base of all models."""

from typing import Any

import pandera.pyarrow as pandera

__all__ = ["Table"]


class Table(pandera.DataFrameModel):
    """The rules of every table: exactly its columns, in their order, of their types."""

    class Config:
        strict = True
        ordered = True
        metadata: dict[str, Any] = {}
