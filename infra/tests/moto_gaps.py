"""APIs that moto lacks and these tests need, for a moto server in this process.

- In a bucket's policy it reads Deny, but not the `Condition` beside it: left so, "deny a
  PutObject without If-None-Match" denies every PutObject. Here the conditions that this project's
  policies use are weighed by the request at hand; one not known is an error and not a guess.
  Plain HTTP on loopback stands for the TLS that AWS is spoken to with.
- Athena's DeleteNamedQuery is not there.
- Glue forgets whether a job's runs are queued.
- SQS gives a redrive policy back with other blanks than it took, which plans see as a change.
- EventBridge sends to queues and logs, but to no SNS topic.
"""

import fnmatch
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

from flask import request
from moto.athena.responses import AthenaResponse
from moto.events.models import Rule
from moto.events.utils import EventTemplateParser
from moto.glue.models import FakeJob
from moto.glue.responses import GlueResponse
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket
from moto.sns.models import sns_backends
from moto.sqs.models import Queue

__all__ = ["filled"]


@contextmanager
def filled() -> Iterator[None]:
    """The gaps are filled until this is left."""
    attributes = vars(Queue)["attributes"].fget
    with (
        mock.patch.object(FakeBucket, "get_permission", _permission),
        mock.patch.object(AthenaResponse, "delete_named_query", _delete_named_query, create=True),
        mock.patch.object(GlueResponse, "create_job", _create_job(GlueResponse.create_job)),
        mock.patch.object(FakeJob, "as_dict", _with_queuing(FakeJob.as_dict)),
        mock.patch.object(Rule, "send_to_targets", _to_topics),
        mock.patch.object(Queue, "attributes", property(lambda queue: _compact(attributes(queue)))),
    ):
        yield


def _delete_named_query(response: Any) -> str:
    response.athena_backend.named_queries.pop(response._get_param("NamedQueryId"), None)
    return "{}"


def _create_job(create: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def remembering(response: Any) -> Any:
        answer = create(response)
        job = response.glue_backend.get_job(response._get_param("Name"))
        job.queuing = bool(response._get_param("JobRunQueuingEnabled"))
        return answer

    return remembering


def _with_queuing(as_dict: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    return lambda job: {**as_dict(job), "JobRunQueuingEnabled": job.queuing}


def _to_topics(rule: Any, event: Any, _transform_input: bool = True) -> None:
    """Rules of ours that wait for events have topics alone as their targets.

    moto takes a rule with a schedule and no pattern to wait for every event.
    """
    if not rule.scheduled_expression and rule.event_pattern.matches_event(event):
        for target in rule.targets:
            said = target["InputTransformer"]
            text = EventTemplateParser.parse(said["InputTemplate"], said["InputPathsMap"], event)
            topics = sns_backends[rule.account_id][rule.region_name]
            topics.publish(json.dumps(text), target["Arn"])


def _compact(attributes: dict[str, Any]) -> dict[str, Any]:
    redrive = attributes.get("RedrivePolicy")
    if not redrive:
        return attributes
    compact = json.dumps(json.loads(redrive), separators=(",", ":"), sort_keys=True)
    return {**attributes, "RedrivePolicy": compact}


def _permission(bucket: Any, action: str, resource: str) -> PermissionResult:
    statements = json.loads(bucket.policy)["Statement"] if bucket.policy else []
    denied = any(_denies(statement, action, resource) for statement in statements)
    return PermissionResult.DENIED if denied else PermissionResult.NEUTRAL


def _denies(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    return (
        statement["Effect"] == "Deny"
        and _matches(statement["Action"], action)
        and _matches(statement["Resource"], resource)
        and all(_holds(*one) for one in _conditions(statement))
    )


def _conditions(statement: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    for operator, keys in statement.get("Condition", {}).items():
        yield from ((operator, key, value) for key, value in keys.items())


def _holds(operator: str, key: str, value: str) -> bool:
    found = _context()[key]
    if operator == "Null":
        return (found is None) == (value == "true")
    if operator == "Bool":
        return found == value
    raise NotImplementedError(f"the condition {operator} {key} in a bucket's policy")


def _context() -> dict[str, str | None]:
    """Only a part of a multipart upload, or its beginning, creates no object."""
    part = "partNumber" in request.args or "uploads" in request.args
    return {
        "aws:SecureTransport": "true",
        "s3:ObjectCreationOperation": "false" if part else "true",
        "s3:if-none-match": request.headers.get("If-None-Match"),
    }


def _matches(patterns: str | list[str], name: str) -> bool:
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
