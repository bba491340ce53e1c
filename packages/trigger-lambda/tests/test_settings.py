"""The environment is read once, and what is wrong with it is named."""

import datetime as dt

import pytest

from trigger_lambda.errors import Misconfigured
from trigger_lambda.settings import StartSettings, TriggerSettings, WatchSettings

ENVIRONMENT = {
    "BOVESPA_BUCKET": "lake",
    "BOVESPA_CAPTURE_JOB": "bovespa-capture",
    "BOVESPA_REFINE_TARGET": "arn:aws:glue:us-east-1:123456789012:job/bovespa-refine",
    "BOVESPA_CLAIM_SECONDS": "900",
    "BOVESPA_ALARM_TOPIC": "arn:aws:sns:us-east-1:123456789012:alarms",
}
EVERY = (StartSettings, TriggerSettings, WatchSettings)


def test_each_function_reads_its_own_variables() -> None:
    """The names are those that Terraform sets."""
    trigger, watch = TriggerSettings.of(ENVIRONMENT), WatchSettings.of(ENVIRONMENT)
    assert StartSettings.of(ENVIRONMENT) == StartSettings("bovespa-capture")
    target = ENVIRONMENT["BOVESPA_REFINE_TARGET"]
    assert trigger == TriggerSettings("lake", target, dt.timedelta(minutes=15))
    assert watch == WatchSettings("lake", "arn:aws:sns:us-east-1:123456789012:alarms")


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_variable_that_is_not_set_is_named(name: str) -> None:
    """Missing and empty are the same mistake."""
    for environment in ({**ENVIRONMENT, name: ""}, {**ENVIRONMENT}):
        if environment[name]:
            del environment[name]
        with pytest.raises(Misconfigured, match=name):
            _ = [settings.of(environment) for settings in EVERY]


@pytest.mark.parametrize("seconds", ["0", "-1", "1.5", "٣", "15m"])
def test_claim_seconds_are_a_whole_number_above_zero(seconds: str) -> None:
    """A claim that is never or always old would start no run, or two."""
    with pytest.raises(Misconfigured, match="BOVESPA_CLAIM_SECONDS must be a whole number"):
        TriggerSettings.of(ENVIRONMENT | {"BOVESPA_CLAIM_SECONDS": seconds})
