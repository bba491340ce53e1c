"""The calls made to AWS, as protocols, and the real clients, made when first asked for.

Region, credentials and endpoints come from the SDK's own chain and standard variables.
"""

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import boto3
from botocore.config import Config

__all__ = ["S3", "SNS", "Answer", "Glue", "Paginator", "glue", "s3", "sns"]

Answer = Mapping[str, Any]

_SECONDS: Final = {"connect_timeout": 5, "read_timeout": 20}
_RETRIED: Final = Config(retries={"mode": "standard", "total_max_attempts": 3}, **_SECONDS)
# StartJobRun knows no idempotency token: repeated after a lost answer it starts a second run.
_ASKED_ONCE: Final = Config(retries={"total_max_attempts": 1}, **_SECONDS)


class Paginator(Protocol):
    def paginate(self, **arguments: Any) -> Iterable[Answer]: ...


class S3(Protocol):
    def get_object(self, **arguments: Any) -> Answer: ...

    def put_object(self, **arguments: Any) -> Answer: ...

    def get_paginator(self, operation_name: str, /) -> Paginator: ...


class Glue(Protocol):
    def start_job_run(self, **arguments: Any) -> Answer: ...


class SNS(Protocol):
    def publish(self, **arguments: Any) -> Answer: ...


@functools.cache
def s3() -> S3:
    client: S3 = boto3.client("s3", config=_RETRIED)
    return client


@functools.cache
def glue() -> Glue:
    client: Glue = boto3.client("glue", config=_ASKED_ONCE)
    return client


@functools.cache
def sns() -> SNS:
    client: SNS = boto3.client("sns", config=_RETRIED)
    return client
