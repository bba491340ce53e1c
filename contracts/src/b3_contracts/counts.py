"""Counts and figures in sentences and tables for people."""

from typing import Final

__all__ = ["counted", "rounded"]

_SMALLEST: Final = 0.001


def counted(number: int, one: str, many: str) -> str:
    """Return a count with its noun: `1 index`, `2,000 indices`."""
    return f"{number:,} {one if number == 1 else many}"


def rounded(number: float) -> str:
    """Return three decimals, as B3's weights have; three digits of what is smaller."""
    digits = ",.3f" if number == 0 or abs(number) >= _SMALLEST else ".3g"
    return format(number or 0.0, digits)  # -0.0 is 0
