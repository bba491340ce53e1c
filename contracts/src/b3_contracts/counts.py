"""Counts in sentences."""

__all__ = ["counted"]


def counted(number: int, one: str, many: str) -> str:
    """Return a count with its noun: `1 index`, `2,000 indices`."""
    return f"{number:,} {one if number == 1 else many}"
