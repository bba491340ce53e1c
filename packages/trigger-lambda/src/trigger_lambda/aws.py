"""Protocols of the AWS calls, and the real clients, created on first use.

Region, credentials and endpoints come from the SDK's default chain and standard variables.
"""

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import boto3
from botocore.config import Config

__all__ = ["S3", "SNS", "Glue", "Lambda", "Paginator", "Response", "glue", "lambda_", "s3", "sns"]

Response = Mapping[str, Any]

_TIMEOUTS: Final = {"connect_timeout": 5, "read_timeout": 20}
_RETRY: Final = Config(retries={"mode": "standard", "total_max_attempts": 3}, **_TIMEOUTS)
# Neither start has an idempotency token: a retry after a lost response starts a second run.
_NO_RETRY: Final = Config(retries={"total_max_attempts": 1}, **_TIMEOUTS)


class Paginator(Protocol):
    def paginate(self, **arguments: Any) -> Iterable[Response]: ...


class S3(Protocol):
    def get_object(self, **arguments: Any) -> Response: ...

    def put_object(self, **arguments: Any) -> Response: ...

    def get_paginator(self, operation_name: str, /) -> Paginator: ...


class Glue(Protocol):
    def start_job_run(self, **arguments: Any) -> Response: ...


class Lambda(Protocol):
    def invoke(self, **arguments: Any) -> Response: ...


class SNS(Protocol):
    def publish(self, **arguments: Any) -> Response: ...


@functools.cache
def s3() -> S3:
    client: S3 = boto3.client("s3", config=_RETRY)
    return client


@functools.cache
def glue() -> Glue:
    client: Glue = boto3.client("glue", config=_NO_RETRY)
    return client


@functools.cache
def lambda_() -> Lambda:
    client: Lambda = boto3.client("lambda", config=_NO_RETRY)
    return client


@functools.cache
def sns() -> SNS:
    client: SNS = boto3.client("sns", config=_RETRY)
    return client
