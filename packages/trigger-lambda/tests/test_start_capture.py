"""A rule's event starts one run of the capture job."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from trigger_lambda import aws as clients
from trigger_lambda import start_capture

CONTEXT = type("Context", (), {"aws_request_id": "one"})
# docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
EVENT = {
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-11-27T11:00:00Z",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/bovespa-capture"],
    "detail": {},
}


@pytest.fixture
def glue(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Glue with the job that the environment names."""
    monkeypatch.setenv("BOVESPA_CAPTURE_JOB", "bovespa-capture")
    clients.glue.cache_clear()
    glue = aws("glue")
    command = {"Name": "glueetl", "ScriptLocation": "s3://artifacts/capture_job.py"}
    glue.create_job(Name="bovespa-capture", Role="role", Command=command)
    return glue


def test_an_event_starts_one_run_of_the_job(glue: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """With the arguments of the job itself; the log names the run and the event."""
    started = start_capture.handle(EVENT, CONTEXT)
    (run,) = glue.get_job_runs(JobName="bovespa-capture")["JobRuns"]
    line = capsys.readouterr().out
    assert started == {"job_run_id": run["Id"]}
    assert run["Id"] in line
    assert EVENT["id"] in line


def test_a_job_that_is_not_there_is_an_error(glue: Any) -> None:
    """Lambda tries twice more, and counts an error, which has an alarm."""
    glue.delete_job(JobName="bovespa-capture")
    with pytest.raises(ClientError, match="EntityNotFound"):
        start_capture.handle(EVENT, CONTEXT)
