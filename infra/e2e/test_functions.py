"""After the chain the functions take over from the jobs: each runs under its own role.

Their code is what is installed here, by Lambda's runtime client; infra/tests/test_image.py runs the
locked versions of their image.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import pytest
from applied import LAKE_BUCKET
from exchange_days import LAST, SESSIONS, showing
from policies import refused, unused
from runtime_api import Function
from test_rights import FAILED_UPLOAD, LAMBDA_LOGS, called, rights

from lake_io import open_lake

ENGINES = (
    "-var=capture_engine=lambda",
    "-var=refine_engine=lambda",
    f"-var=image_digest=sha256:{'0' * 64}",
)
ON_FAILURE = "Lambda publishes the record of a failed call under its role; moto runs no functions"
THERE_ALREADY = "the chain's job created the tables"
IN_TIME = "maintenance comes every thirty publications; the chain's job shows it"
REASONED = {
    "capture": {
        "logs:CreateLogStream": LAMBDA_LOGS,
        "logs:PutLogEvents": LAMBDA_LOGS,
        "sns:Publish": ON_FAILURE,
    },
    "refine": {
        "glue:CreateTable": THERE_ALREADY,
        "logs:CreateLogStream": LAMBDA_LOGS,
        "logs:PutLogEvents": LAMBDA_LOGS,
        "s3:AbortMultipartUpload": FAILED_UPLOAD,
        "s3:DeleteObject": IN_TIME,
        "sns:Publish": ON_FAILURE,
    },
}


class Answers(NamedTuple):
    """What each function told Lambda, and the calls that it made for it."""

    told: dict
    calls: dict


@pytest.fixture(scope="module")
def answers(ended, tmp_path_factory):
    """A capture of a day, and a rebuild of the tables."""
    ended.cloud.applied.change(*ENGINES)
    scratch = tmp_path_factory.mktemp("functions")
    with showing(LAST) as exchange:
        captured = answer(ended.cloud, "capture", {"b3_url": exchange.url}, scratch)
    rebuilt = answer(ended.cloud, "refine", {"rebuild": True}, scratch)
    # Of these two alone: whether a run deletes objects in a race depends on who loses it.
    calls = {name: called(ended, f"{name}-function") for name in REASONED}
    yield Answers({"capture": captured, "refine": rebuilt}, calls)
    ended.cloud.applied.change()


def answer(cloud, name, event, scratch):
    """Call the function as it was applied: its handler, its variables, its role."""
    lambda_ = cloud.client("lambda")
    found = lambda_.get_function_configuration(FunctionName=f"bovespa-{name}")
    (handler,) = found["ImageConfigResponse"]["ImageConfig"]["Command"]
    role = found["Role"].rpartition("/bovespa-")[2]
    environment = {**found["Environment"]["Variables"], **cloud.role(role).environment}
    function = Function(scratch, handler, {**environment, "GX_ANALYTICS_ENABLED": "false"})
    try:
        return function.answer(event)
    finally:
        function.kill()


def published(cloud, table):
    """Every row of a table in the Glue Catalog, in an order of its own."""
    with cloud.here():
        snapshot = open_lake(f"s3://{LAKE_BUCKET}").refined_tables.snapshot()
        return sorted(snapshot.read(table).to_pylist(), key=repr)


def test_both_functions_did_their_work(ended, answers):
    """A refusal that stands fails no second run, as on Glue."""
    assert answers.told == {"capture": ("response", None), "refine": ("response", None)}
    rows = published(ended.cloud, "portfolio")
    assert {row["reference_date"] for row in rows if row["index_code"] == "IBOV"} == set(SESSIONS)


@pytest.mark.usefixtures("answers")
def test_two_rebuilds_at_once_leave_the_rows_of_one(ended, tmp_path):
    """Nothing reserves concurrency: Glue refuses a commit on an old version of a table."""
    before = published(ended.cloud, "position")
    rebuild = partial(answer, ended.cloud, "refine", {"rebuild": True})
    with ThreadPoolExecutor() as threads:
        both = list(threads.map(rebuild, [tmp_path, tmp_path]))
    assert both == [("response", None)] * 2
    assert published(ended.cloud, "position") == before


@pytest.mark.parametrize("name", ["capture", "refine"])
def test_a_functions_role_may_do_what_its_code_asks_and_no_more(ended, answers, name):
    """Each right that was not needed has its reason."""
    role = f"{name}-function"
    assert called(ended, role)
    assert refused(rights(ended, role), called(ended, role)) == []
    left = {right.action for right in unused(rights(ended, role), answers.calls[name])}
    assert left == REASONED[name].keys()
