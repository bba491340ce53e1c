"""After an apply: the names the code expects, and no permission it does not need."""

import json
import zipfile
from urllib.parse import unquote_plus

import pytest
from applied import ACCOUNT, LAKE_BUCKET, REGION
from botocore.exceptions import ClientError

from trigger_lambda.settings import TriggerSettings, WatchSettings

LAKE = f"arn:aws:s3:::{LAKE_BUCKET}"


class Noted(dict):
    """An environment that remembers what was asked of it."""

    def __init__(self, values):
        super().__init__(values)
        self.asked = set()

    def get(self, name, default=None):
        self.asked.add(name)
        return super().get(name, default)


def listed(value):
    """A policy's element as a list: AWS lets one thing stand for itself."""
    return [value] if isinstance(value, str) else list(value)


def statements(applied):
    """Each role of ours, and each statement of its policies."""
    iam = applied.client("iam")
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            yield from ((name, statement) for statement in document["Statement"])


def variables(applied, function):
    """The environment of a function."""
    found = applied.client("lambda").get_function_configuration(FunctionName=function)
    return found["Environment"]["Variables"]


def job(applied, name):
    """A Glue job."""
    return applied.client("glue").get_job(JobName=name)["Job"]


def delivered(applied):
    """The S3 events that wait in the queue, taken out."""
    sqs = applied.client("sqs")
    answer = sqs.receive_message(QueueUrl=applied.outputs["queue_url"], MaxNumberOfMessages=10)
    found = answer.get("Messages", [])
    for message in found:
        sqs.delete_message(
            QueueUrl=applied.outputs["queue_url"], ReceiptHandle=message["ReceiptHandle"]
        )
    bodies = [json.loads(message["Body"]) for message in found]
    records = [record for body in bodies for record in body.get("Records", [])]
    return [unquote_plus(record["s3"]["object"]["key"]) for record in records]


def test_a_second_plan_is_empty(applied):
    """A second plan is empty: nothing drifts by itself."""
    assert "No changes" in applied.plan()


@pytest.mark.parametrize(
    ("function", "handler"),
    [
        ("trigger_function", "trigger_lambda.trigger.handle"),
        ("watch_function", "trigger_lambda.watch.handle"),
    ],
)
def test_each_function_calls_a_handler_that_its_package_has(applied, build, function, handler):
    """A handler renamed on one side alone would be found by the first manifest on AWS."""
    name = applied.outputs[function]
    found = applied.client("lambda").get_function_configuration(FunctionName=name)
    module, _, called = handler.rpartition(".")
    with zipfile.ZipFile(build / "trigger-lambda.zip") as package:
        source = package.read(f"{module.replace('.', '/')}.py").decode()
    assert found["Handler"] == handler
    assert f"def {called}(" in source


def test_the_trigger_is_told_its_job_its_bucket_and_how_old_a_claim_may_be(applied):
    """A claim is given up when the queue gives its message out again."""
    sqs = applied.client("sqs")
    queue = sqs.get_queue_attributes(
        QueueUrl=applied.outputs["queue_url"], AttributeNames=["VisibilityTimeout"]
    )
    assert variables(applied, applied.outputs["trigger_function"]) == {
        "BOVESPA_BUCKET": LAKE_BUCKET,
        "BOVESPA_CLAIM_SECONDS": queue["Attributes"]["VisibilityTimeout"],
        "BOVESPA_REFINE_TARGET": (
            f"arn:aws:glue:{REGION}:{ACCOUNT}:job/{applied.outputs['refine_job']}"
        ),
    }


def test_the_watch_is_told_its_bucket_and_whom_to_tell(applied):
    """It publishes to the topic that people listen to."""
    assert variables(applied, applied.outputs["watch_function"]) == {
        "BOVESPA_ALARM_TOPIC": applied.outputs["alarm_topic"],
        "BOVESPA_BUCKET": LAKE_BUCKET,
    }


@pytest.mark.parametrize(
    ("function", "settings"),
    [("trigger_function", TriggerSettings), ("watch_function", WatchSettings)],
)
def test_a_function_is_told_what_its_code_asks_for_and_nothing_else(applied, function, settings):
    """A variable renamed on one side alone is found here."""
    told = Noted(variables(applied, applied.outputs[function]))
    settings.of(told)
    assert told.asked == told.keys()


def test_messages_that_fail_are_given_back_one_by_one(applied):
    """A batch is not done again for the sake of one message, and dead letters are kept apart."""
    mapping = applied.client("lambda").list_event_source_mappings()["EventSourceMappings"][0]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_each_job_runs_its_script_on_the_lake(applied, name):
    """Both take the lake's address, and install the archive of wheels without PyPI."""
    found = job(applied, applied.outputs[f"{name}_job"])
    arguments = found["DefaultArguments"]
    assert arguments["--lake"] == f"s3://{LAKE_BUCKET}"
    assert arguments["--python-modules-installer-option"] == "--no-index"
    assert arguments["--additional-python-modules"].endswith("/glue-5.1.gluewheels.zip")
    assert found["Command"]["ScriptLocation"].endswith(f"/jobs/{name}_job.py")


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_each_job_writes_to_log_groups_of_its_own_that_forget(applied, name):
    """Glue appends /error and /output to the prefix."""
    arguments = job(applied, applied.outputs[f"{name}_job"])["DefaultArguments"]
    prefix = arguments["--custom-logGroup-prefix"]
    groups = applied.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    assert {group["logGroupName"]: group["retentionInDays"] for group in groups} == {
        f"{prefix}/error": 90,
        f"{prefix}/output": 90,
    }


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_a_job_may_write_to_its_own_log_groups_alone(applied, name):
    """Neither the other job's groups nor those that all jobs of an account share."""
    places = {
        resource.partition(":log-group:")[2]
        for role, statement in statements(applied)
        if role == f"bovespa-{name}" and statement["Sid"] == "Log"
        for resource in listed(statement["Resource"])
    }
    prefix = f"/aws-glue/jobs/bovespa-{name}"
    assert places == {f"{prefix}/error:*", f"{prefix}/output:*"}


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_a_job_buys_no_metrics(applied, name):
    """Nobody reads them; CloudWatch bills each as a custom metric."""
    arguments = job(applied, applied.outputs[f"{name}_job"])["DefaultArguments"]
    assert "--enable-metrics" not in arguments
    assert "--enable-observability-metrics" not in arguments


def test_iam_alone_decides_on_new_tables(applied):
    """Whatever the account's default in Lake Formation is."""
    database = applied.client("glue").get_database(Name=applied.outputs["database"])["Database"]
    assert database["CreateTableDefaultPermissions"] == [
        {
            "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
            "Permissions": ["ALL"],
        }
    ]


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_a_job_is_started_by_glue_without_a_condition(applied, name):
    """Until a run has shown that Glue names the account: a key that is missing starts no run."""
    role = applied.client("iam").get_role(RoleName=f"bovespa-{name}")["Role"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "glue.amazonaws.com"}
    assert "Condition" not in trust


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_a_run_waits_for_the_one_before_and_is_not_retried_by_glue(applied, name):
    """The queue and the schedule ask again, and know why."""
    found = job(applied, applied.outputs[f"{name}_job"])
    assert found["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    assert found["JobRunQueuingEnabled"] is True
    assert found.get("MaxRetries", 0) == 0


def test_what_the_jobs_and_functions_run_is_there(applied):
    """Every S3 address that a job or a function names has an object behind it."""
    named = [
        address
        for name in ("capture", "refine")
        for found in [job(applied, applied.outputs[f"{name}_job"])]
        for address in (
            found["Command"]["ScriptLocation"],
            found["DefaultArguments"]["--additional-python-modules"],
        )
    ]
    s3 = applied.client("s3")
    for address in named:
        bucket, _, key = address.removeprefix("s3://").partition("/")
        assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0


def test_the_capture_is_scheduled_twice_a_day_in_sao_paulo(applied):
    """Brazil's clock may change its summer time again: the schedule names the zone."""
    schedule = applied.client("scheduler").get_schedule(Name="bovespa-capture", GroupName="bovespa")
    assert schedule["ScheduleExpression"] == "cron(0 8,20 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "America/Sao_Paulo"
    assert json.loads(schedule["Target"]["Input"]) == {"JobName": applied.outputs["capture_job"]}


def test_a_manifest_that_lands_is_announced_once_and_nothing_else_is(applied):
    """Payloads and typed rows come in hundreds: the manifest alone wakes the job."""
    s3 = applied.client("s3")
    delivered(applied)  # S3 says that it was connected
    for key in (f"raw/payload/{'a' * 64}.gz", f"raw/manifest/{'b' * 64}.json"):
        s3.put_object(Bucket=LAKE_BUCKET, Key=key, Body=b"{}", IfNoneMatch="*")
    assert delivered(applied) == [f"raw/manifest/{'b' * 64}.json"]


def test_nothing_is_written_under_raw_without_a_condition(applied):
    """Not even the account's own root may write over what is there."""
    s3 = applied.client("s3")
    with pytest.raises(ClientError, match="403"):
        s3.put_object(Bucket=LAKE_BUCKET, Key="raw/payload/x.gz", Body=b"")


@pytest.mark.parametrize("version", [{}, {"VersionId": "null"}])
def test_nothing_is_deleted_under_raw(applied, version):
    """Neither the object nor a version of it, by anybody."""
    s3 = applied.client("s3")
    with pytest.raises(ClientError, match="403"):
        s3.delete_object(Bucket=LAKE_BUCKET, Key="raw/payload/x.gz", **version)


def test_outside_raw_objects_are_written_and_deleted_as_usual(applied):
    """Iceberg's maintenance deletes files."""
    s3 = applied.client("s3")
    s3.put_object(Bucket=LAKE_BUCKET, Key="warehouse/x", Body=b"")
    s3.delete_object(Bucket=LAKE_BUCKET, Key="warehouse/x")
    left = s3.list_objects_v2(Bucket=LAKE_BUCKET, Prefix="warehouse/x")
    assert left["KeyCount"] == 0


def test_the_policy_denies_everybody_the_deletion_of_raw_and_its_versions(applied):
    """No condition and no exception: an explicit Deny stands over every Allow."""
    policy = applied.client("s3").get_bucket_policy(Bucket=LAKE_BUCKET)["Policy"]
    (found,) = [s for s in json.loads(policy)["Statement"] if s["Sid"] == "NothingDeletesRaw"]
    assert sorted(found.pop("Action")) == ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    assert found == {
        "Sid": "NothingDeletesRaw",
        "Effect": "Deny",
        "Principal": "*",
        "Resource": f"{LAKE}/raw/*",
    }


def test_no_lifecycle_rule_touches_raw_nor_current_objects_but_staging(applied):
    """Iceberg's files of years ago are in use; under raw/ nothing ever goes."""
    s3 = applied.client("s3")
    rules = s3.get_bucket_lifecycle_configuration(Bucket=LAKE_BUCKET)["Rules"]
    prefixes = {rule["Filter"]["Prefix"] for rule in rules}
    expiring = {rule["Filter"]["Prefix"] for rule in rules if "Days" in rule.get("Expiration", {})}
    assert prefixes == {"quality/", "runs/", "staging/", "warehouse/"}
    assert expiring == {"staging/"}


def test_markers_of_deletions_go_when_nothing_is_left_behind_them(applied):
    """Under staging/ the expiration by days removes them too; under raw/ there are none."""
    rules = applied.client("s3").get_bucket_lifecycle_configuration(Bucket=LAKE_BUCKET)["Rules"]
    removed = {
        rule["Filter"]["Prefix"]
        for rule in rules
        if rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker")
    }
    assert removed == {"quality/", "runs/", "warehouse/"}


def test_the_lake_is_versioned_encrypted_and_closed(applied):
    """Nothing of it is public, whatever an object's ACL says."""
    s3 = applied.client("s3")
    encryption = s3.get_bucket_encryption(Bucket=LAKE_BUCKET)
    rules = encryption["ServerSideEncryptionConfiguration"]["Rules"]
    access = s3.get_public_access_block(Bucket=LAKE_BUCKET)["PublicAccessBlockConfiguration"]
    assert s3.get_bucket_versioning(Bucket=LAKE_BUCKET)["Status"] == "Enabled"
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(access.values()) == {True}


def test_no_role_has_a_right_on_everything(applied):
    """Every right names the resources that it is for."""
    unbounded = {
        (role, statement["Sid"])
        for role, statement in statements(applied)
        if "*" in listed(statement["Resource"])
    }
    assert unbounded == set()


def test_no_role_has_a_wildcard_of_actions(applied):
    """Every action is named in full."""
    actions = {action for _, found in statements(applied) for action in listed(found["Action"])}
    assert [action for action in sorted(actions) if "*" in action] == []


def test_only_captures_write_under_raw_and_nobody_may_delete_there(applied):
    """Refine reads raw; a wrong parser cannot spoil what was captured."""
    rights = {
        (role, action)
        for role, statement in statements(applied)
        for resource in listed(statement["Resource"])
        if resource.startswith(f"{LAKE}/raw")
        for action in listed(statement["Action"])
    }
    writers = {role for role, action in rights if action == "s3:PutObject"}
    assert writers == {"bovespa-capture", "bovespa-github-capture"}
    assert not [action for _, action in rights if "Delete" in action]


@pytest.mark.parametrize("name", ["capture", "export"])
def test_github_is_trusted_for_one_branch_of_one_repository(applied, name):
    """A fork or a pull request has another subject."""
    role = applied.client("iam").get_role(RoleName=f"bovespa-github-{name}")["Role"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": (
            "repo:owner@583231/name@1296269:ref:refs/heads/main"
        ),
    }


def test_failed_runs_of_both_jobs_are_told(applied):
    """A refused portfolio fails the run that published the others."""
    rule = applied.client("events").describe_rule(Name="bovespa-job-failed")
    assert json.loads(rule["EventPattern"])["detail"] == {
        "jobName": ["bovespa-capture", "bovespa-refine"],
        "state": ["FAILED", "TIMEOUT", "ERROR"],
    }


def test_every_alarm_reaches_the_topic(applied):
    """Dead letters, errors of both functions, schedules that could not start."""
    alarms = applied.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == {
        "bovespa-dead-letters",
        "bovespa-schedules-dropped",
        "bovespa-trigger-errors",
        "bovespa-watch-errors",
    }
    assert {action for alarm in alarms for action in alarm["AlarmActions"]} == {
        applied.outputs["alarm_topic"]
    }


def test_no_rule_expires_an_image_that_has_a_tag(applied):
    """A function's image is pushed under a tag, which no later push can take from it."""
    ecr, name = applied.client("ecr"), "bovespa-functions"
    (repository,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    policy = json.loads(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert {rule["selection"]["tagStatus"] for rule in policy["rules"]} == {"untagged"}


def test_a_query_is_stopped_at_its_limit(applied):
    """Whoever queries cannot lift it."""
    workgroup = applied.client("athena").get_work_group(WorkGroup=applied.outputs["workgroup"])
    configuration = workgroup["WorkGroup"]["Configuration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == 1024**3
