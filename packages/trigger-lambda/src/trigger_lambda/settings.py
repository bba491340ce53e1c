"""Settings of each function, read from environment variables that Terraform sets."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from trigger_lambda.errors import Misconfigured

__all__ = ["StartSettings", "TriggerSettings", "WatchSettings"]


@dataclass(frozen=True)
class StartSettings:
    """Job to start on a schedule."""

    capture_job: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "StartSettings":
        """Parse the environment. Raises Misconfigured, naming the variable."""
        return cls(capture_job=_text(environment, "BOVESPA_CAPTURE_JOB"))


@dataclass(frozen=True)
class TriggerSettings:
    """Bucket of the lake, ARN of what to start, and age up to which a claim is respected."""

    bucket: str
    refine_target: str
    claim_age: dt.timedelta

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "TriggerSettings":
        """Parse the environment. Raises Misconfigured, naming the variable."""
        return cls(
            bucket=_text(environment, "BOVESPA_BUCKET"),
            refine_target=_text(environment, "BOVESPA_REFINE_TARGET"),
            claim_age=_seconds(environment, "BOVESPA_CLAIM_SECONDS"),
        )


@dataclass(frozen=True)
class WatchSettings:
    """Bucket of the lake, and SNS topic of the alarms."""

    bucket: str
    alarm_topic: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "WatchSettings":
        """Parse the environment. Raises Misconfigured, naming the variable."""
        return cls(
            bucket=_text(environment, "BOVESPA_BUCKET"),
            alarm_topic=_text(environment, "BOVESPA_ALARM_TOPIC"),
        )


def _text(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise Misconfigured(f"the environment variable {name} is not set")
    return value


def _seconds(environment: Mapping[str, str], name: str) -> dt.timedelta:
    value = _text(environment, name)
    if not (value.isascii() and value.isdigit() and int(value)):
        raise Misconfigured(f"{name} must be a whole number of seconds above 0, not {value!r}")
    return dt.timedelta(seconds=int(value))
