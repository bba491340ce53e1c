"""Commands that mend a fault of the lake."""

from lake_io import LakeDamaged, RawDamaged

__all__ = ["hint"]


def hint(error: Exception) -> str:
    """Return the end of an error message: the command that mends it, or nothing."""
    match error:
        case RawDamaged():
            return "; run `bovespa verify --repair`"
        case LakeDamaged():
            return "; run `bovespa refine --rebuild`"
        case _:
            return ""
