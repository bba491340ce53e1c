"""Says when a session is missing, without a calendar.

On a day without a session B3 already serves the next one, so whoever captures every day always
holds a portfolio of today or later. The newest reference date of an index before today, in São
Paulo, therefore means that its capture has stopped. An index whose newest session was landed
more than ten days ago is taken for ended, and no longer missed.
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
WATCHED: Final = dt.timedelta(days=10)
# A live capture is of a session at most this far ahead; a date beyond is a mistake in the source,
# and believing it would silence the watch until then.
AHEAD: Final = dt.timedelta(days=10)
LOOKBACK: Final = dt.timedelta(days=30)


@dataclass(frozen=True, order=True)
class Newest:
    """The newest session of an index, and when its newest object was landed."""

    index_code: str
    reference_date: dt.date
    landed_at: dt.datetime


def handle(_event: object, context: Any) -> dict[str, Any]:
    """Lambda's entry, on a schedule. A late index is told and raises nothing; AWS's errors are
    raised, so that a watch that cannot see counts as a failed invocation.
    """
    settings = WatchSettings.of(os.environ)
    log = Log(sys.stdout, utc_now, context.aws_request_id)
    return Watch(settings, aws.s3(), aws.sns(), utc_now, log).look()


@dataclass(frozen=True)
class Watch:
    """The handler with its edges given."""

    settings: WatchSettings
    s3: S3
    sns: SNS
    now: Clock
    log: Log

    def look(self) -> dict[str, Any]:
        """Send one message if any watched index is late; the summary says what was seen."""
        watched = sorted(self._watched())
        late = [newest for newest in watched if newest.reference_date < self._today()]
        summary = _summary(self._today(), watched, late)
        if late:
            self.log.warning("sessions are missing", **summary)
            self._tell(late)
        else:
            self.log.info("no session is missing", **summary)
        return summary

    def _today(self) -> dt.date:
        """By the time zone data of the system, which Lambda's Amazon Linux 2023 brings."""
        return self.now().astimezone(ZoneInfo(SAO_PAULO)).date()

    def _watched(self) -> Iterator[Newest]:
        for folder in self._index_folders():
            newest = self._newest(folder)
            if newest and self.now() - newest.landed_at <= WATCHED:
                yield newest

    def _newest(self, folder: str) -> Newest | None:
        """From the last month's objects, and only where there are none from all of them."""
        recent = f"{folder}reference_date={self._today() - LOOKBACK}"
        return self._newest_after(folder, recent) or self._newest_after(folder, folder)

    def _newest_after(self, folder: str, start: str) -> Newest | None:
        return max(self._landed(folder, start), default=None)

    def _index_folders(self) -> Iterator[str]:
        for page in self._pages(Prefix=POSITION_PREFIX, Delimiter="/"):
            yield from (found["Prefix"] for found in page.get("CommonPrefixes", ()))

    def _landed(self, folder: str, after: str) -> Iterator[Newest]:
        for page in self._pages(Prefix=folder, StartAfter=after):
            for found in page.get("Contents", ()):
                newest = _newest_of(found["Key"], found["LastModified"])
                if newest:
                    yield newest

    def _pages(self, **arguments: str) -> Iterator[Mapping[str, Any]]:
        pages = self.s3.get_paginator("list_objects_v2")
        yield from pages.paginate(Bucket=self.settings.bucket, **arguments)

    def _tell(self, late: list[Newest]) -> None:
        self.sns.publish(
            TopicArn=self.settings.alarm_topic,
            Subject=f"B3 index portfolios: {len(late)} without a session of {self._today()}",
            Message=_message(self._today(), late),
        )


def _newest_of(key: str, landed_at: dt.datetime) -> Newest | None:
    parsed = RawPositionKey.parse(key)
    if parsed is None or parsed.entry.reference_date > landed_at.date() + AHEAD:
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
