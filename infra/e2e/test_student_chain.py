"""The chain in a student account: what the rule starts is captured, refined and published."""

from exchange_days import LATE
from test_requests import ACCEPTED


def test_the_rules_function_starts_the_capture_job(student):
    """The run that was started is the one that captured."""
    assert student.capture.arguments["--JOB_RUN_ID"] == student.started
    assert student.capture.code == 0


def test_the_manifest_starts_the_refine_job(student):
    """One message of the manifest and S3's own test event; neither is given back."""
    assert student.batch == (2, 0)
    assert student.refine.arguments["--manifest"].startswith("raw/manifest/")


def test_the_portfolio_is_published(student):
    """The Glue Catalog has it, in the lab's region."""
    assert student.refine.code == 0
    assert [(row["index_code"], row["reference_date"]) for row in student.portfolios] == [
        ("IBOV", LATE)
    ]


def test_no_request_breaks_the_model_of_its_service(student):
    """Rules, their targets and the functions' own policies are in this account alone."""
    assert student.violations <= set(ACCEPTED)
