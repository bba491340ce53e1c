"""The reader of policies: what it lets pass, what it refuses, and what it does not guess at."""

import pytest
from calls import Call
from policies import granted, refused, unused

READ = {
    "Sid": "Read",
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::lake/raw/*",
}
LIST = {
    "Sid": "List",
    "Effect": "Allow",
    "Action": ["s3:ListBucket"],
    "Resource": "arn:aws:s3:::lake",
    "Condition": {"StringLike": {"s3:prefix": "raw/*"}},
}
ADD = {
    "Sid": "Add",
    "Effect": "Allow",
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::lake/raw/*",
    "Condition": {"StringEquals": {"s3:if-none-match": "*"}},
}
TABLE = {
    "Sid": "Table",
    "Effect": "Allow",
    "Action": "glue:GetTable",
    "Resource": ["catalog", "table/a/*"],
}


def call(action, *resources, **context):
    """A call on objects of the lake, or on what is named in full."""
    pairs = tuple((name.replace("_", "-", 2), value) for name, value in context.items())
    return Call(action, resources, tuple((f"s3:{name}", value) for name, value in pairs))


@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        (READ, call("s3:GetObject", "arn:aws:s3:::lake/raw/x")),
        (LIST, call("s3:ListBucket", "arn:aws:s3:::lake", prefix="raw/position/")),
        (ADD, call("s3:PutObject", "arn:aws:s3:::lake/raw/x", if_none_match="*")),
        (TABLE, call("glue:GetTable", "catalog", "table/a/b")),
    ],
)
def test_what_a_statement_allows_passes_and_is_used(statement, asked):
    """Action, resource and condition all fit."""
    assert refused(granted([statement]), [asked]) == []
    assert unused(granted([statement]), [asked]) == []


@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        (READ, call("s3:DeleteObject", "arn:aws:s3:::lake/raw/x")),
        (READ, call("s3:GetObject", "arn:aws:s3:::lake/warehouse/x")),
        (LIST, call("s3:ListBucket", "arn:aws:s3:::lake")),
        (LIST, call("s3:ListBucket", "arn:aws:s3:::lake", prefix="warehouse/")),
        (ADD, call("s3:PutObject", "arn:aws:s3:::lake/raw/x")),
        (TABLE, call("glue:GetTable", "catalog", "database/a", "table/a/b")),
    ],
)
def test_what_no_statement_allows_is_refused(statement, asked):
    """Another action, place or condition; or one of several resources that is not covered."""
    assert refused(granted([statement]), [asked]) == [asked]


def test_a_right_that_no_call_needs_is_named():
    """Each action on each resource for itself."""
    asked = call("s3:GetObject", "arn:aws:s3:::lake/raw/x")
    assert [right.statement for right in unused(granted([READ, ADD]), [asked])] == ["Add"]


def test_a_condition_that_is_not_known_is_no_guess():
    """It is an error."""
    odd = {**READ, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    with pytest.raises(NotImplementedError, match="IpAddress"):
        refused(granted([odd]), [call("s3:GetObject", "arn:aws:s3:::lake/raw/x")])
