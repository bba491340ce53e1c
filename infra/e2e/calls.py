"""Requests to a moto server in IAM's terms: principal, action, resource, condition keys.

The server sees every request, those of pyarrow's own S3 client and of PyIceberg among them, so
nothing has to be hooked into the processes that ask. Who asks is told by the access key.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from api_requests import SIGNED, also_recorded_by
from applied import ACCOUNT, REGION

__all__ = ["Call", "Calls", "recorded"]

GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}"
UNKNOWN = ("an action that calls.py does not know",)  # which no policy allows
_DELETED = re.compile(r"<Key>([^<]*)</Key>")


@dataclass(frozen=True)
class Call:
    """One right that a request needs; several requests may need the same."""

    action: str
    resources: tuple[str, ...]
    context: tuple[tuple[str, str], ...] = ()


@dataclass
class Calls:
    """The rights that were needed, by access key."""

    by_key: dict[str, set[Call]] = field(default_factory=dict)

    def add(self, request: object) -> None:
        signed = SIGNED.search(request.headers.get("Authorization", ""))
        if signed and (reader := _READERS.get(signed["service"])):
            self.by_key.setdefault(signed["key"], set()).update(reader(request))


@contextmanager
def recorded() -> Iterator[Calls]:
    """Every request to moto's server until this is left."""
    calls = Calls()
    with also_recorded_by(calls.add):
        yield calls


def _s3(request: object) -> Iterator[Call]:
    url = urlsplit(request.raw_url)
    asked = {name: values[0] for name, values in _query(url.query).items()}
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    arn = f"arn:aws:s3:::{bucket}"
    if key:
        place = (f"{arn}/{key}",)
        yield Call(_object_action(request.method, asked), place, _conditions(request))
        if request.method == "PUT" and "If-Match" in request.headers:
            yield Call("s3:GetObject", place)  # which S3 asks of who compares
    elif "delete" in asked:
        for name in _DELETED.findall(request.get_data(as_text=True)):
            yield Call("s3:DeleteObject", (f"{arn}/{name}",))
    elif "location" in asked:
        yield Call("s3:GetBucketLocation", (arn,))
    elif request.method in {"GET", "HEAD"}:
        prefix = (("s3:prefix", asked["prefix"]),) if "prefix" in asked else ()
        yield Call("s3:ListBucket", (arn,), prefix)
    else:
        yield Call(f"s3:{request.method} of a bucket", UNKNOWN)


def _query(text: str) -> Mapping[str, list[str]]:
    return parse_qs(text, keep_blank_values=True)


def _object_action(method: str, asked: Mapping[str, str]) -> str:
    if method == "DELETE":
        return "s3:AbortMultipartUpload" if "uploadId" in asked else "s3:DeleteObject"
    return "s3:GetObject" if method in {"GET", "HEAD"} else "s3:PutObject"


def _conditions(request: object) -> tuple[tuple[str, str], ...]:
    found = request.headers.get("If-None-Match")
    return (("s3:if-none-match", found),) if found else ()


def _glue(request: object) -> Iterator[Call]:
    action, asked = _target(request), json.loads(request.get_data(as_text=True))
    yield Call(f"glue:{action}", _glue_resources(action, asked))


def _glue_resources(action: str, asked: Mapping[str, object]) -> tuple[str, ...]:
    if action == "StartJobRun":
        return (f"{GLUE}:job/{asked['JobName']}",)
    if action == "GetDatabase":
        return (f"{GLUE}:catalog", f"{GLUE}:database/{asked['Name']}")
    if action in {"CreateTable", "GetTable", "UpdateTable"}:
        database = asked["DatabaseName"]
        table = asked["Name"] if action == "GetTable" else asked["TableInput"]["Name"]
        places = (f"database/{database}", f"table/{database}/{table}")
        return (f"{GLUE}:catalog", *(f"{GLUE}:{place}" for place in places))
    return UNKNOWN


def _sqs(request: object) -> Iterator[Call]:
    asked = json.loads(request.get_data(as_text=True))
    queue = asked.get("QueueUrl", "").rsplit("/", 1)[-1]
    yield Call(f"sqs:{_target(request)}", (f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",))


def _sns(request: object) -> Iterator[Call]:
    asked = _query(request.get_data(as_text=True))
    yield Call(f"sns:{asked['Action'][0]}", tuple(asked.get("TopicArn", UNKNOWN)))


def _target(request: object) -> str:
    return request.headers["X-Amz-Target"].rsplit(".", 1)[-1]


_READERS: Mapping[str, Callable[[object], Iterator[Call]]] = {
    "glue": _glue,
    "s3": _s3,
    "sns": _sns,
    "sqs": _sqs,
}
