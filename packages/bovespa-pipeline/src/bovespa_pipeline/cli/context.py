"""The clock and the HTTP client of a command: real ones, unless a caller passes others."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from bovespa_pipeline.dates import now

if TYPE_CHECKING:
    from b3_scraper import Client

__all__ = ["Context", "pass_context"]


def _client(base_url: str) -> "Client":
    from b3_scraper import Client

    return Client(base_url)


@dataclass(frozen=True)
class Context:
    """`clock` returns the time in UTC; `client` opens a client on a base address."""

    clock: Callable[[], dt.datetime] = now
    client: "Callable[[str], Client]" = _client


pass_context: Final = click.make_pass_decorator(Context, ensure=True)
