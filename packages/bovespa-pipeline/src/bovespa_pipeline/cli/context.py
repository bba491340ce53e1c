"""The clock, HTTP client and gate of a command: real ones, unless a caller passes others."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from bovespa_pipeline.dates import now

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from b3_scraper import Client
    from glue_transform import QualityCheck

__all__ = ["Context", "pass_context"]


def _client(base_url: str) -> "Client":
    from b3_scraper import Client

    return Client(base_url)


def _bulletin_client(bulletin_url: str) -> "Client":
    from b3_scraper import Client

    return Client(bulletin_url=bulletin_url)


def _gate() -> "AbstractContextManager[QualityCheck | None]":
    from bovespa_pipeline.gate_process import gate_process

    return gate_process()


@dataclass(frozen=True)
class Context:
    """`clock` returns the time in UTC; `client` opens a client on a base address.

    `bulletin_client` opens one on the base address of bulletins. `gate` starts the gate of a
    capture's run; without a check, refine has its own.
    """

    clock: Callable[[], dt.datetime] = now
    client: "Callable[[str], Client]" = _client
    bulletin_client: "Callable[[str], Client]" = _bulletin_client
    gate: "Callable[[], AbstractContextManager[QualityCheck | None]]" = _gate


pass_context: Final = click.make_pass_decorator(Context, ensure=True)
