"""Hints: the command that repairs a fault of the lake."""

from lake_io import LakeDamaged, LakeMoved, LakeOutdated, RawDamaged

__all__ = ["hint"]


def hint(error: Exception) -> str:
    """Return the end of an error message: the command that repairs it, or nothing."""
    match error:
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
