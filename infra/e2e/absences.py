"""Objects that were asked for and were not there.

To a principal that may not list the bucket S3 answers 403 and not 404, so that code which looks
for an object first ends with "access denied". moto answers 404 to everybody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from api_requests import SIGNED
from flask import Response, request
from moto.core.utils import convert_to_flask_response

__all__ = ["Absences", "recorded_absences"]

Absences = dict[str, set[str]]
"""The buckets of the objects, by access key."""


@contextmanager
def recorded_absences() -> Iterator[Absences]:
    """Every answer of moto's server until this is left."""
    absences: Absences = {}
    respond = convert_to_flask_response.__call__

    def respond_and_record(view: Any, *arguments: Any, **named: Any) -> Response:
        response = respond(view, *arguments, **named)
        signed = SIGNED.search(request.headers.get("Authorization", ""))
        bucket, _, key = request.path.lstrip("/").partition("/")
        if response.status_code == 404 and signed and signed["service"] == "s3" and key:
            absences.setdefault(signed["key"], set()).add(bucket)
        return response

    with mock.patch.object(convert_to_flask_response, "__call__", respond_and_record):
        yield absences
