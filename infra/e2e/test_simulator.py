"""The roles' rights and the bucket's policy by a simulator of IAM, beside the judge of our own."""

import pytest
from applied import ACCOUNT, REGION
from calls import Call
from forbidden import DENIED_TO_EVERYBODY, EVERY_ROLE, FORBIDDEN, ONCE, PAYLOAD, WAREHOUSE
from policies import granted, refused
from simulator import ALLOWED, EXPLICITLY_DENIED, Policies, assumption, decisions
from test_rights import ROLES, called

ADMINISTRATOR = {"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
GROUP = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/bovespa"
PART = (("s3:ObjectCreationOperation", "false"),)


@pytest.fixture(scope="module")
def policies(ended):
    """The policies that hold for a role of this name."""
    buckets = ended.cloud.bucket_policies()

    def of(name):
        return Policies(list(ended.cloud.statements(ended.cloud.role(name))), buckets)

    return of


def forbidden(name):
    """Calls that neither judge may allow."""
    return [*EVERY_ROLE, *FORBIDDEN[name]]


@pytest.mark.parametrize("name", ROLES)
def test_the_simulator_allows_what_a_role_did(ended, node, policies, report, name):
    """The role's policies and the bucket's together, call by call."""
    calls = sorted(called(ended, name), key=repr)
    report(f"simulated {len(calls):3} calls that {name} made: each is allowed")
    outcome = decisions(node, policies(name), calls)
    assert {call: found for call, found in outcome.items() if found != ALLOWED} == {}


@pytest.mark.parametrize("name", ROLES)
def test_both_judges_deny_what_a_role_must_not_do(node, policies, report, name):
    """Each by itself, so that a fault of one of them is no right."""
    calls, found = forbidden(name), policies(name)
    report(f"simulated {len(calls):3} calls that {name} must not make: each is denied")
    outcome = decisions(node, found, calls)
    assert [call for call in calls if outcome[call] == ALLOWED] == []
    assert refused(granted(found.statements), calls) == calls


def test_the_bucket_denies_an_administrator_the_replacement_and_deletion_of_raw(node, policies):
    """An explicit denial, which no policy of a principal overrides."""
    administrator = Policies([ADMINISTRATOR], policies("refine").buckets)
    outcome = decisions(node, administrator, DENIED_TO_EVERYBODY)
    assert set(outcome.values()) == {EXPLICITLY_DENIED}


@pytest.mark.parametrize(
    "call",
    [
        Call("s3:GetObject", (PAYLOAD,)),
        Call("s3:PutObject", (PAYLOAD,), ONCE),
        Call("s3:PutObject", (PAYLOAD,), PART),
        Call("s3:PutObject", (WAREHOUSE,)),
        Call("s3:DeleteObject", (WAREHOUSE,)),
    ],
)
def test_the_bucket_denies_nothing_else(node, policies, call):
    """A conditional write, the part of an upload, and all that maintenance does."""
    administrator = Policies([ADMINISTRATOR], policies("refine").buckets)
    assert decisions(node, administrator, [call]) == {call: ALLOWED}


def test_a_right_that_is_too_wide_is_noticed_by_the_simulator(node, policies):
    """With a wildcard of actions a role may do what it must not."""
    wide = Policies([{**ADMINISTRATOR, "Resource": "arn:aws:s3:::example-lake/*"}])
    (call,) = (call for call in FORBIDDEN["watch"] if call.action == "s3:GetObject")
    assert decisions(node, wide, [call]) == {call: ALLOWED}
    assert decisions(node, policies("watch"), [call]) != {call: ALLOWED}


@pytest.mark.parametrize(
    ("name", "service", "context"),
    [
        ("capture", "glue", {}),
        ("refine", "glue", {}),
        ("capture-schedule", "scheduler", {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": GROUP}),
        ("trigger", "lambda", {}),
        ("watch", "lambda", {}),
    ],
)
def test_a_service_assumes_its_role_with_the_keys_that_it_sends(
    ended, node, name, service, context
):
    """Glue may send no account: a condition on it would let no run start.

    Scheduler sends the account and the group of the schedule.
    """
    role = ended.cloud.client("iam").get_role(RoleName=f"bovespa-{name}")["Role"]
    assert assumption(node, role, f"{service}.amazonaws.com", context) == ALLOWED
    assert assumption(node, role, "ec2.amazonaws.com", context) != ALLOWED


@pytest.mark.parametrize(
    "call",
    [
        Call("s3:DestroyObject", (PAYLOAD,)),
        Call("glue:StartJobRun", (PAYLOAD,)),
        Call("s3:GetObject", (PAYLOAD,), (("s3:if-none-match", "*"),)),
    ],
)
def test_a_call_that_aws_does_not_have_is_an_error_and_no_denial(node, call):
    """An action, a resource of the action, a condition key of the action."""
    with pytest.raises(AssertionError, match=call.action):
        decisions(node, Policies([ADMINISTRATOR]), [call])
