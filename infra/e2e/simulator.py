"""A second judge of policies: a simulator of IAM that others maintain, with AWS's list of actions.

It evaluates wildcards, every condition operator, and the bucket's policy beside a role's own. It
refuses an action, a resource or a condition key that AWS does not have.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from applied import ACCOUNT
from calls import Call
from node import Node

__all__ = ["ALLOWED", "EXPLICITLY_DENIED", "Policies", "assumption", "decisions"]

ALLOWED = "Allowed"
EXPLICITLY_DENIED = "ExplicitlyDenied"

_PRINCIPAL = f"arn:aws:iam::{ACCOUNT}:role/simulated"

Statements = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Policies:
    """The statements of a principal, and the policies of buckets by the bucket's name."""

    statements: Statements
    buckets: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def decisions(node: Node, policies: Policies, calls: Sequence[Call]) -> dict[Call, str]:
    """Return the decision on each call: Allowed only where it is so on all its resources."""
    requests = [(call, resource) for call in calls for resource in call.resources]
    simulations = [_judged(policies, *request) for request in requests]
    outcome = dict.fromkeys(calls, ALLOWED)
    for (call, _), decision in zip(requests, node.run("simulate.mjs", simulations), strict=True):
        if decision != ALLOWED:
            outcome[call] = decision
    return outcome


def assumption(
    node: Node, role: Mapping[str, object], service: str, context: Mapping[str, str]
) -> str:
    """Return the decision on a service's call of sts:AssumeRole, by the role's trust policy."""
    simulation = {
        **_simulation(service, Call("sts:AssumeRole", ()), str(role["Arn"]), context),
        "resourcePolicy": role["AssumeRolePolicyDocument"],
    }
    (decision,) = node.run("simulate.mjs", [simulation])
    return str(decision)


def _judged(policies: Policies, call: Call, resource: str) -> dict[str, object]:
    simulation = _simulation(_PRINCIPAL, call, resource, dict(_context(call)))
    simulation["identityPolicies"] = [{"name": "role", "policy": _document(policies.statements)}]
    bucket = resource.removeprefix("arn:aws:s3:::").partition("/")[0]
    if bucket in policies.buckets:
        simulation["resourcePolicy"] = policies.buckets[bucket]
    return simulation


def _simulation(
    principal: str, call: Call, resource: str, context: Mapping[str, str]
) -> dict[str, object]:
    return {
        "request": {
            "principal": principal,
            "action": call.action,
            "resource": {"resource": resource, "accountId": ACCOUNT},
            "contextVariables": context,
        },
        "identityPolicies": [],
        "resourceControlPolicies": [],
        "serviceControlPolicies": [],
    }


def _context(call: Call) -> Iterator[tuple[str, str]]:
    """Keys that S3 sets with every request, where the call does not say otherwise."""
    if call.action.startswith("s3:"):
        yield "aws:SecureTransport", "true"
    if call.action == "s3:PutObject":
        yield "s3:ObjectCreationOperation", "true"
    yield from call.context


def _document(statements: Statements) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
