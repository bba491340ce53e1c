"""The README's lines for a restore, run by a shell as they stand against the applied trigger."""

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from applied import INFRA, LAKE_BUCKET, Missing, skipping

from b3_scraper.testing import sample_portfolio

DAYS = (dt.date(2025, 1, 6), dt.date(2025, 1, 7))
# moto purges a queue and switches a mapping at once: the lines' own waits are for AWS. Without the
# option the AWS CLI 1 sends SQS's requests to the public host, whatever the environment names.
PRELUDE = """set -euo pipefail
sleep() { :; }
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
"""
PATIENCE_SECONDS = 300  # the lines wait for a state: a shell that hangs is an error
COMMANDS = Path(sys.executable).parent


def readme_block(command):
    """The only console block of the README that has this command."""
    readme = (INFRA / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.+?)```", readme, re.DOTALL)
    (block,) = (block for block in blocks if command in block)
    return block


def shell(applied, script):
    """Run the script in Terraform's folder, with this environment's commands and moto as AWS."""
    if shutil.which("aws") is None:
        raise Missing("the AWS CLI is not on the PATH: https://aws.amazon.com/cli/")
    environment = {**os.environ, **applied.terraform.environment, **applied.environment}
    done = subprocess.run(
        ["bash", "-c", PRELUDE + script],
        cwd=applied.terraform.folder,
        env={**environment, "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def backed_up(folder, scratch):
    """A folder's lake with two captures, and so two manifests; the keys of its raw zone."""
    for day in DAYS:
        download = scratch / f"IBOVDia_{day:%d-%m-%y}.csv"
        download.write_bytes(sample_portfolio("IBOV", day).to_csv())
        command = [COMMANDS / "bovespa", "import", download, "--lake", folder]
        subprocess.run(command, check=True, capture_output=True)
    files = (path for path in (folder / "raw").rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in files}


@pytest.fixture(scope="module")
def backup(applied, tmp_path_factory):
    """The keys of a backup that was restored by the README's lines."""
    folder = applied.terraform.folder / "backup"
    keys = backed_up(folder, tmp_path_factory.mktemp("downloads"))
    with skipping():
        shell(applied, readme_block("purge-queue"))
    return keys


def test_a_restore_brings_back_every_object(applied, backup):
    """The bucket's policy denies a write without `If-None-Match`, and `raw copy` has one."""
    pages = applied.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=LAKE_BUCKET, Prefix="raw/").search("Contents[].Key")
    assert len([key for key in backup if key.startswith("raw/manifest/")]) == len(DAYS)
    assert backup <= set(found)


@pytest.mark.usefixtures("backup")
def test_a_restore_leaves_no_manifest_in_the_queue(applied):
    """Each would start a run of its own."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs, queue = applied.client("sqs"), applied.outputs["queue_url"]
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert counts == dict.fromkeys(names, "0")


@pytest.mark.usefixtures("backup")
def test_a_restore_starts_one_run_for_all_manifests(applied):
    """The run refines all that is pending, and is told no manifest."""
    runs = applied.client("glue").get_job_runs(JobName=applied.outputs["refine_job"])["JobRuns"]
    assert ["--manifest" in run["Arguments"] for run in runs] == [False]


@pytest.mark.usefixtures("backup")
def test_after_a_restore_the_trigger_is_on_again(applied):
    """Else the next capture would wait in the queue for ever."""
    (mapping,) = applied.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["State"] == "Enabled"
