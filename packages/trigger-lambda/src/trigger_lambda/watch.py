"""Freshness check: report indices whose newest session is late, without a calendar.

On a day without a session B3 already serves the next one, so a daily capture always has a
portfolio of today or later. A newest reference date before today, in São Paulo, therefore means
that the capture of the index has stopped. An index whose newest session was landed more than
ten days ago counts as discontinued and is not reported.
"""

import datetime as dt
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from b3_contracts.layout import POSITION_PREFIX, RawPositionKey
from trigger_lambda import aws
from trigger_lambda.aws import S3, SNS
from trigger_lambda.clock import Clock, utc_now
from trigger_lambda.log import Log
from trigger_lambda.settings import WatchSettings

__all__ = ["Newest", "Watch", "handle"]

SAO_PAULO: Final = "America/Sao_Paulo"
WATCH_PERIOD: Final = dt.timedelta(days=10)
# A live capture is of a session at most this far ahead. A later date is an error of the source,
# and accepting it would silence the check until then.
MAX_AHEAD: Final = dt.timedelta(days=10)
LOOKBACK: Final = dt.timedelta(days=30)


@dataclass(frozen=True, order=True)
class Newest:
    """Newest session of an index, and the time its newest object was landed."""

    index_code: str
    reference_date: dt.date
    landed_at: dt.datetime


def handle(_event: object, context: Any) -> dict[str, Any]:
    """Check freshness on a schedule.

    Late indices are reported by SNS and are no error. AWS errors are raised: a check that
    cannot list the lake counts as a failed invocation.
    """
    settings = WatchSettings.of(os.environ)
    log = Log(sys.stdout, utc_now, context.aws_request_id)
    return Watch(settings, aws.s3(), aws.sns(), utc_now, log).check_freshness()


@dataclass(frozen=True)
class Watch:
    """The handler, with its clients passed in."""

    settings: WatchSettings
    s3: S3
    sns: SNS
    now: Clock
    log: Log

    def check_freshness(self) -> dict[str, Any]:
        """Send one message if any watched index is late; return a summary."""
        watched = sorted(self._watched())
        late = [newest for newest in watched if newest.reference_date < self._today()]
        summary = _summary(self._today(), watched, late)
        if late:
            self.log.warning("sessions are missing", **summary)
            self._notify(late)
        else:
            self.log.info("no session is missing", **summary)
        return summary

    def _today(self) -> dt.date:
        """Needs the system's time zone data, which Amazon Linux 2023 has."""
        return self.now().astimezone(ZoneInfo(SAO_PAULO)).date()

    def _watched(self) -> Iterator[Newest]:
        for folder in self._index_folders():
            newest = self._newest(folder)
            if newest and self.now() - newest.landed_at <= WATCH_PERIOD:
                yield newest

    def _newest(self, folder: str) -> Newest | None:
        """Look at the last month's objects first, and at all of them only if there is none."""
        recent = f"{folder}reference_date={self._today() - LOOKBACK}"
        return self._newest_after(folder, recent) or self._newest_after(folder, folder)

    def _newest_after(self, folder: str, start: str) -> Newest | None:
        return max(self._newest_objects(folder, start), default=None)

    def _index_folders(self) -> Iterator[str]:
        for page in self._pages(Prefix=POSITION_PREFIX, Delimiter="/"):
            yield from (item["Prefix"] for item in page.get("CommonPrefixes", ()))

    def _newest_objects(self, folder: str, after: str) -> Iterator[Newest]:
        for page in self._pages(Prefix=folder, StartAfter=after):
            for item in page.get("Contents", ()):
                newest = _newest_of(item["Key"], item["LastModified"])
                if newest:
                    yield newest

    def _pages(self, **arguments: str) -> Iterator[Mapping[str, Any]]:
        pages = self.s3.get_paginator("list_objects_v2")
        yield from pages.paginate(Bucket=self.settings.bucket, **arguments)

    def _notify(self, late: list[Newest]) -> None:
        self.sns.publish(
            TopicArn=self.settings.alarm_topic,
            Subject=f"B3 index portfolios: {len(late)} without a session of {self._today()}",
            Message=_message(self._today(), late),
        )


def _newest_of(key: str, landed_at: dt.datetime) -> Newest | None:
    parsed = RawPositionKey.parse(key)
    if parsed is None or parsed.entry.reference_date > landed_at.date() + MAX_AHEAD:
        return None
    return Newest(parsed.entry.index_code, parsed.entry.reference_date, landed_at)


def _message(today: dt.date, late: list[Newest]) -> str:
    lines = [f"{newest.index_code}: newest session {newest.reference_date}" for newest in late]
    return "\n".join(
        [
            f"No portfolio of {today} (São Paulo) or later has been captured for:",
            *lines,
            "",
            "B3 keeps no history: capture today, or the session is lost.",
        ]
    )


def _summary(today: dt.date, watched: list[Newest], late: list[Newest]) -> dict[str, Any]:
    return {
        "today": today.isoformat(),
        "watched": len(watched),
        "late": {newest.index_code: newest.reference_date.isoformat() for newest in late},
    }
