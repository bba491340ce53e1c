"""The clock and the HTTP client of a command: real ones, unless a caller passes others."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import click

from b3_scraper import Client
from bovespa_pipeline.lake_reader import now

__all__ = ["Context", "pass_context"]


@dataclass(frozen=True)
class Context:
    """`clock` returns the time in UTC; `client` opens a client on a base address."""

    clock: Callable[[], dt.datetime] = now
    client: Callable[[str], Client] = Client


pass_context: Final = click.make_pass_decorator(Context, ensure=True)
