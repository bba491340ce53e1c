"""Requests to a moto server, each validated against the model of the service it is for.

moto reads most parameters and validates few. The requests of Terraform's provider, which knows
no service model, are among those that reach the server.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from unittest import mock

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.moto_api import recorder
from service_models import service_model, violations
from werkzeug.exceptions import HTTPException

__all__ = ["SIGNED", "ValidatedRequests", "also_recorded_by", "validated"]

SIGNED: Final = re.compile(r"Credential=(?P<key>[^/]+)/\d+/[^/]+/(?P<service>[^/]+)/")
_UNREADABLE: Final = (
    HTTPException,
    NotImplementedError,
    RequestParserError,
    UnknownServiceError,
    ValueError,
)
_SERVICES: Final = {"monitoring": "cloudwatch"}  # where the name in a signature is another


@dataclass
class ValidatedRequests:
    """How many requests were validated, by service and operation, and what they violate."""

    operations: Counter[tuple[str, str]] = field(default_factory=Counter)
    violations: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)  # the server has a thread a request

    def add(self, request: Request) -> None:
        """Validate a signed request. One that cannot be read counts as a violation."""
        if signed := SIGNED.search(request.headers.get("Authorization", "")):
            service = _SERVICES.get(signed["service"], signed["service"])
            with self._lock:
                self._add(service, request)

    def _add(self, service: str, request: Request) -> None:
        try:
            self._validate(service, request)
        except _UNREADABLE as error:
            self.violations.add(f"{service} {request.method} {request.path}: {_summary(error)}")

    def _validate(self, service: str, request: Request) -> None:
        request.get_data()  # which keeps it: a form that is read first leaves nothing to others
        operation, labels = get_service_router(service).match(request)
        self.operations[service, operation.name] += 1
        shape = service_model(service).operation_model(operation.name).input_shape
        if shape is not None:
            broken = violations(shape, _parameters(service, operation, labels, request))
            self.violations.update(f"{service} {operation.name}: {one}" for one in broken)

    def __str__(self) -> str:
        services = {service for service, _ in self.operations}
        return (
            f"{self.operations.total():,} requests of {len(services)} services "
            f"({len(self.operations)} operations) against botocore's models"
        )


@contextmanager
def validated() -> Iterator[ValidatedRequests]:
    """Every request to moto's server until this is left."""
    requests = ValidatedRequests()
    with also_recorded_by(requests.add):
        yield requests


@contextmanager
def also_recorded_by(record: Callable[[Request], None]) -> Iterator[None]:
    """Hand every request to `record`, and to whoever recorded before."""
    before = recorder._record_request

    def both(request: Request) -> None:
        before(request)
        record(request)

    with mock.patch.object(recorder, "_record_request", both):
        yield


def _parameters(
    service: str, operation: OperationModel, labels: dict[str, str], request: Request
) -> dict[str, object]:
    protocol = determine_request_protocol(get_service_model(service), request.content_type)
    # An object's content is no parameter.
    body = b"" if operation.has_streaming_input else request.get_data()
    parsed = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "body": body,
            "headers": request.headers,
            "method": request.method,
            "url_params": labels,
            "url_path": request.path,
            "values": request.values,
        }
    )
    return {name: value for name, value in parsed.items() if _is_sent(operation, name, value)}


def _is_sent(operation: OperationModel, name: str, value: object) -> bool:
    """The parser has an empty list for a query parameter, or headers, that are not there."""
    location = operation.input_shape.members[name].serialization.get("location")
    return bool(value) or location not in {"headers", "querystring"}


def _summary(error: Exception) -> str:
    if isinstance(error, HTTPException):
        return f"{error.code} {error.name}"
    return f"{type(error).__name__}: {error}"
