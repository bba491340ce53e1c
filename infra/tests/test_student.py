"""A student account: one role that is there, rules in place of Scheduler, all of it taken down."""

import json

import pytest
from applied import LAB_ROLE, STUDENT
from botocore.exceptions import ClientError
from test_applied import Noted, job, variables

from trigger_lambda.settings import StartSettings, TriggerSettings, WatchSettings


def rule(student, name):
    """A rule's expression and its only target."""
    events = student.client("events")
    (target,) = events.list_targets_by_rule(Rule=name)["Targets"]
    return events.describe_rule(Name=name)["ScheduleExpression"], target


def function(student, output):
    """The configuration of a function."""
    name = student.outputs[output]
    return student.client("lambda").get_function_configuration(FunctionName=name)


def test_a_second_plan_is_empty(student):
    """A second plan is empty: nothing drifts by itself."""
    assert "No changes" in student.plan()


def test_no_role_is_made_and_no_policy_of_one(student):
    """A lab refuses both; schedules of Scheduler would need a role of their own."""
    made = student.terraform("state", "list").splitlines()
    resources = [name for name in made if ".data." not in name and not name.startswith("data.")]
    assert [name for name in resources if "aws_iam" in name or "aws_scheduler" in name] == []


def test_every_part_runs_under_the_role_of_the_lab(student):
    """Jobs and functions alike."""
    jobs = {job(student, student.outputs[f"{name}_job"])["Role"] for name in ("capture", "refine")}
    functions = {
        function(student, f"{name}_function")["Role"]
        for name in ("start_capture", "trigger", "watch")
    }
    assert jobs | functions == {LAB_ROLE}
    assert set(student.outputs["roles"].values()) == {LAB_ROLE}


@pytest.mark.parametrize(
    ("name", "utc", "output"),
    [
        ("capture", "cron(0 11 * * ? *)", "start_capture_function"),
        ("watch", "cron(30 12 * * ? *)", "watch_function"),
    ],
)
def test_a_rule_calls_its_function_three_hours_later_by_utc(student, name, utc, output):
    """08:00 and 09:30 in São Paulo, once a day; the output shows what was computed."""
    expression, target = rule(student, f"bovespa-{name}")
    assert expression == student.outputs["schedules_utc"][name] == utc
    assert target["Arn"] == function(student, output)["FunctionArn"]


@pytest.mark.parametrize(
    ("name", "output"), [("capture", "start_capture_function"), ("watch", "watch_function")]
)
def test_a_function_lets_its_own_rule_call_it(student, name, output):
    """A policy of the function, which a student may set."""
    policy = student.client("lambda").get_policy(FunctionName=student.outputs[output])["Policy"]
    (statement,) = json.loads(policy)["Statement"]
    arn = student.client("events").describe_rule(Name=f"bovespa-{name}")["Arn"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": arn}}


@pytest.mark.parametrize(
    ("output", "settings"),
    [
        ("start_capture_function", StartSettings),
        ("trigger_function", TriggerSettings),
        ("watch_function", WatchSettings),
    ],
)
def test_a_function_is_told_what_its_code_asks_for_and_nothing_else(student, output, settings):
    """A variable renamed on one side alone is found here."""
    told = Noted(variables(student, student.outputs[output]))
    settings.of(told)
    assert told.asked == told.keys()


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_a_run_may_take_ten_minutes(student, name):
    """A run that hangs costs 15 cents, and not the lab's whole credit."""
    assert job(student, student.outputs[f"{name}_job"])["Timeout"] == 10


def test_the_bucket_can_be_taken_down_with_raw_in_it(student):
    """Only TLS is asked for; `destroy` at the end deletes this object with the bucket."""
    s3 = student.client("s3")
    policy = json.loads(s3.get_bucket_policy(Bucket=STUDENT.lake_bucket)["Policy"])
    s3.put_object(Bucket=STUDENT.lake_bucket, Key="raw/payload/x.gz", Body=b"")
    assert [statement["Sid"] for statement in policy["Statement"]] == ["TlsOnly"]


def test_every_alarm_reaches_the_topic(student):
    """Rules that could not call their function stand for dropped schedules."""
    alarms = student.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == {
        "bovespa-capture-rule-failed",
        "bovespa-dead-letters",
        "bovespa-start-capture-errors",
        "bovespa-trigger-errors",
        "bovespa-watch-errors",
        "bovespa-watch-rule-failed",
    }


def test_scheduler_has_nothing(student):
    """A lab has no Scheduler at all."""
    with pytest.raises(ClientError, match="ResourceNotFound"):
        student.client("scheduler").get_schedule(Name="bovespa-capture", GroupName="bovespa")
