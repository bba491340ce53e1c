"""Hints: the command that repairs a fault of the lake or of what is installed."""

from glue_transform import GateMissing
from lake_io import LakeDamaged, LakeMoved, LakeOutdated, RawDamaged

__all__ = ["hint"]

INSTALL_GATE = (
    ": run `pip install 'bovespa-pipeline[refine]'`. "
    "Captured sessions stay in raw; `bovespa refine` publishes them then"
)


def hint(error: Exception) -> str:
    """Return the end of an error message: the command that repairs it, or nothing."""
    match error:
        case GateMissing():
            return INSTALL_GATE
        case RawDamaged():
            return "; run `bovespa verify --repair`"
        case LakeMoved():
            return ": move the folder back, or run `bovespa refine --rebuild`"
        case LakeOutdated():
            return (
                "; run `bovespa refine --rebuild`, "
                "on S3 after dropping the tables from the Glue Catalog"
            )
        case LakeDamaged():
            return "; run `bovespa refine --rebuild`"
        case _:
            return ""
