"""Hints: the command that repairs a fault of the lake or of the installation."""

from bovespa_pipeline.cli.language import text
from glue_transform import GateMissing
from lake_io import LakeDamaged, LakeOutdated, RawDamaged

__all__ = ["hint"]


def hint(error: Exception) -> str:
    """Return the end of an error message: the command that repairs it, or nothing."""
    match error:
        case GateMissing():
            return text("hints.gate_missing")
        case RawDamaged():
            return text("hints.raw_damaged")
        case LakeOutdated():
            return text("hints.outdated")
        case LakeDamaged():
            return text("hints.damaged")
        case _:
            return ""
