"""The second step of an apply: an image was pushed, and functions take over from the Glue jobs."""

import json

import pytest
from applied import ACCOUNT, LAKE_BUCKET, REGION
from test_applied import listed, statements, variables

DIGEST = f"sha256:{'0' * 64}"
ENGINES = (
    "-var=capture_engine=lambda",
    "-var=refine_engine=lambda",
    f"-var=image_digest={DIGEST}",
)
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"


@pytest.fixture(scope="module")
def functions(applied):
    """The infrastructure with both functions; without them again when the module ends."""
    applied.change(*ENGINES)
    yield applied
    applied.change()
    assert "No changes" in applied.plan()


def test_a_plan_after_the_second_step_is_empty(functions):
    """Nothing drifts by itself."""
    assert "No changes" in functions.plan(*ENGINES)


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_a_function_is_the_image_with_its_handler(functions, name):
    """By digest, on one whole arm64 processor, for a quarter of an hour at most."""
    found = functions.client("lambda").get_function(FunctionName=f"bovespa-{name}")
    configuration = found["Configuration"]
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/bovespa-functions@{DIGEST}"
    assert found["Code"]["ImageUri"] == image
    assert (configuration["Architectures"], configuration["MemorySize"]) == (["arm64"], 1769)
    assert configuration["Timeout"] == 900
    assert configuration["ImageConfigResponse"]["ImageConfig"]["Command"] == [
        f"bovespa_pipeline.lambda_handlers.{name}.handle"
    ]
    assert variables(functions, f"bovespa-{name}") == {"BOVESPA_LAKE": f"s3://{LAKE_BUCKET}"}


@pytest.mark.parametrize(("name", "retries"), [("capture", 2), ("refine", 0)])
def test_a_function_says_why_it_failed(functions, name, retries):
    """The record of its last try goes to the topic that people listen to."""
    lambda_ = functions.client("lambda")
    found = lambda_.get_function_event_invoke_config(FunctionName=f"bovespa-{name}")
    assert found["MaximumRetryAttempts"] == retries
    assert found["DestinationConfig"]["OnFailure"] == {
        "Destination": functions.outputs["alarm_topic"]
    }


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_a_function_reserves_nothing_of_the_accounts_quota(functions, name):
    """A new account's quota is 10, and Lambda lets none of them be reserved."""
    limit = functions.client("lambda").get_function_concurrency(FunctionName=f"bovespa-{name}")
    assert "ReservedConcurrentExecutions" not in limit


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_the_roles_name_the_functions_beside_the_jobs(functions, name):
    """An engine that is changed back leaves the job's role where it was."""
    roles = json.loads(functions.terraform("output", "-json", "roles"))
    lambda_ = functions.client("lambda")
    role = lambda_.get_function_configuration(FunctionName=f"bovespa-{name}")["Role"]
    assert roles[f"{name}_function"] == role != roles[name]


def test_the_schedule_calls_the_function_and_no_longer_the_job(functions):
    """Both in São Paulo's time; the job can still be started by hand."""
    scheduler = functions.client("scheduler")
    job = scheduler.get_schedule(Name="bovespa-capture", GroupName="bovespa")
    function = scheduler.get_schedule(Name="bovespa-capture-function", GroupName="bovespa")
    assert (job["State"], function["State"]) == ("DISABLED", "ENABLED")
    assert function["ScheduleExpression"] == job["ScheduleExpression"]
    assert function["ScheduleExpressionTimezone"] == "America/Sao_Paulo"
    assert function["Target"]["Arn"] == f"{FUNCTION}:bovespa-capture"
    assert json.loads(function["Target"]["Input"]) == {}


def test_a_manifest_starts_the_function_and_nothing_else_may_be_started(functions):
    """The trigger's right follows its target."""
    target = f"{FUNCTION}:bovespa-refine"
    assert variables(functions, "bovespa-trigger")["BOVESPA_REFINE_TARGET"] == target
    rights = [
        (listed(found["Action"]), listed(found["Resource"]))
        for role, found in statements(functions)
        if role == "bovespa-trigger" and found["Sid"] == "StartTheRun"
    ]
    assert rights == [(["lambda:InvokeFunction"], [target])]


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_a_function_has_the_lakes_rights_of_its_job_and_no_others_of_it(functions, name):
    """Glue's log, its artifacts and Spark's questions are not a function's."""
    of = {role: {} for role in (f"bovespa-{name}", f"bovespa-{name}-function")}
    for role, found in statements(functions):
        if role in of:
            of[role][found["Sid"]] = json.dumps(found, sort_keys=True)
    job, function = of.values()
    assert function.keys() - job.keys() == {"SayWhyItFailed"}
    assert job.keys() - function.keys() <= {"FindTheLake", "ReadWhatItRuns", "WriteScratch"}
    assert {sid for sid in job.keys() & function.keys() if job[sid] != function[sid]} == {"Log"}


def test_a_reason_that_is_lost_raises_an_alarm(functions):
    """A failure that nobody hears of would be a session that nobody captures."""
    alarms = functions.client("cloudwatch").describe_alarms()["MetricAlarms"]
    found = {alarm["AlarmName"]: alarm["MetricName"] for alarm in alarms}
    assert found["bovespa-capture-reasons-lost"] == "DestinationDeliveryFailures"
    assert found["bovespa-refine-reasons-lost"] == "DestinationDeliveryFailures"
