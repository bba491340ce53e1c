"""The watch names each index whose next session is missing, by the lake alone."""

import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from trigger_lambda import aws as clients
from trigger_lambda import watch
from trigger_lambda.log import Log
from trigger_lambda.settings import WatchSettings
from trigger_lambda.watch import Watch

SHA = "0123456789abcdef" * 4
MORNING = dt.datetime(2025, 1, 7, 12, 30, tzinfo=dt.UTC)  # 09:30 in São Paulo
TUESDAY = "2025-01-07"


class Morning:
    """A lake on moto, watched at 09:30 in São Paulo, and what the topic's readers got."""

    def __init__(self, aws: Callable[[str], Any]) -> None:
        self.s3, self.sqs = aws("s3"), aws("sqs")
        self.sns = aws("sns")
        self.topic = self.sns.create_topic(Name="alarms")["TopicArn"]
        self.inbox = self.sqs.create_queue(QueueName="inbox")["QueueUrl"]
        wanted = ["QueueArn"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.inbox, AttributeNames=wanted)
        arn = answer["Attributes"]["QueueArn"]
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)
        self.now = MORNING
        self.stream = io.StringIO()

    def land(self, index: str, date: str, *, days_ago: float = 1, name: str = SHA) -> None:
        key = f"raw/position/index_code={index}/reference_date={date}/{name}.p1.parquet"
        self.s3.put_object(Bucket="lake", Key=key, Body=b"")
        _set_last_modified(key, MORNING - dt.timedelta(days=days_ago))

    def check_freshness(self) -> dict[str, Any]:
        log = Log(self.stream, lambda: self.now, "one")
        settings = WatchSettings("lake", self.topic)
        return Watch(settings, self.s3, self.sns, lambda: self.now, log).check_freshness()

    def told(self) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", ())]


def _set_last_modified(key: str, time: dt.datetime) -> None:
    """moto gives every object the present time and has no way to say another."""
    bucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets["lake"]
    bucket.keys[key].last_modified = time.replace(tzinfo=None)


@pytest.fixture
def morning(aws: Callable[[str], Any]) -> Morning:
    return Morning(aws)


def test_a_lake_with_todays_session_is_quiet(morning: Morning) -> None:
    """Nothing is sent, and one line says what was looked at."""
    morning.land("IBOV", TUESDAY)
    morning.land("IBOV", "2025-01-06")
    assert morning.check_freshness() == {"today": TUESDAY, "watched": 1, "late": {}}
    assert morning.told() == []
    assert json.loads(morning.stream.getvalue())["message"] == "no session is missing"


def test_a_weekend_needs_no_calendar(morning: Morning) -> None:
    """On Saturday B3 serves Monday's portfolio, so a lake that holds it is on time."""
    morning.land("IBOV", "2025-01-13")
    assert morning.check_freshness()["late"] == {}


def test_late_indices_are_told_in_one_message(morning: Morning) -> None:
    """It names each index with its newest session; those on time are left out."""
    morning.land("IBOV", "2025-01-06")
    morning.land("IBOV", "2025-01-03")
    morning.land("IBRA", TUESDAY)
    morning.land("SMLL", "2025-01-02", days_ago=5)
    assert morning.check_freshness()["late"] == {"IBOV": "2025-01-06", "SMLL": "2025-01-02"}
    (message,) = morning.told()
    assert message["Subject"] == "B3 index portfolios: 2 without a session of 2025-01-07"
    assert (
        "IBOV: newest session 2025-01-06\nSMLL: newest session 2025-01-02\n" in message["Message"]
    )
    assert "IBRA" not in message["Message"]


def test_the_alarm_is_a_line_of_json_too(morning: Morning) -> None:
    """A metric filter can count it."""
    morning.land("IBOV", "2025-01-06")
    summary = morning.check_freshness()
    line = json.loads(morning.stream.getvalue())
    assert line["level"] == "WARN"
    assert line.items() >= summary.items()


def test_an_index_not_landed_for_ten_days_is_no_longer_watched(morning: Morning) -> None:
    """It has ended, or its old sessions were imported long ago."""
    morning.land("IFNC", "2022-05-06", days_ago=10)
    morning.land("GONE", "2024-12-20", days_ago=10.01)
    assert morning.check_freshness() == {
        "today": TUESDAY,
        "watched": 1,
        "late": {"IFNC": "2022-05-06"},
    }


def test_today_is_that_of_sao_paulo(morning: Morning) -> None:
    """At 01:00 UTC on Wednesday it is still Tuesday there."""
    morning.land("IBOV", TUESDAY)
    morning.now = dt.datetime(2025, 1, 8, 1, tzinfo=dt.UTC)
    assert morning.check_freshness()["late"] == {}
    morning.now = dt.datetime(2025, 1, 8, 3, tzinfo=dt.UTC)
    assert morning.check_freshness()["late"] == {"IBOV": TUESDAY}


def test_a_date_too_far_ahead_does_not_silence_the_watch(morning: Morning) -> None:
    """A mistyped year in a payload is not believed; ten days ahead of its landing is."""
    morning.land("IBOV", "2205-01-07")
    morning.land("IBOV", "2025-01-06")
    morning.land("IBRA", "2025-01-16")
    assert morning.check_freshness()["late"] == {"IBOV": "2025-01-06"}


def test_what_is_no_typed_raw_file_is_not_looked_at(morning: Morning) -> None:
    """Strange keys under the folder neither count nor break the watch."""
    for key in ("raw/position/x", "raw/position/index_code=IBOV/x", "raw/position/y/z"):
        morning.s3.put_object(Bucket="lake", Key=key, Body=b"")
    assert morning.check_freshness()["watched"] == 0


def test_every_page_is_read(morning: Morning, monkeypatch: pytest.MonkeyPatch) -> None:
    """With pages of two, the newest session of each of five indices is still found."""
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    indices = ["IBOV", "IBRA", "IFNC", "SMLL", "UTIL"]
    for index in indices:
        for day in range(2, 7):
            morning.land(index, f"2025-01-0{day}")
    assert morning.check_freshness()["late"] == dict.fromkeys(indices, "2025-01-06")


def test_an_empty_lake_is_quiet(morning: Morning) -> None:
    """Nothing was ever seen, so nothing is missed."""
    assert morning.check_freshness() == {"today": TUESDAY, "watched": 0, "late": {}}


def test_the_handler_looks_and_answers(morning: Morning, monkeypatch: pytest.MonkeyPatch) -> None:
    """`handle` puts the environment, the clients and the core together."""
    morning.land("IBOV", "2025-01-06")
    monkeypatch.setenv("BOVESPA_BUCKET", "lake")
    monkeypatch.setenv("BOVESPA_ALARM_TOPIC", morning.topic)
    monkeypatch.setattr(watch, "utc_now", lambda: MORNING)
    for client in (clients.s3, clients.sns):
        client.cache_clear()
    context = type("Context", (), {"aws_request_id": "one"})
    assert watch.handle({}, context)["late"] == {"IBOV": "2025-01-06"}
    assert len(morning.told()) == 1
