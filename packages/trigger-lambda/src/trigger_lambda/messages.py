"""Parse S3 event notifications out of SQS messages.

Format: S3 event notification, version 2
(docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html). Keys are
URL-encoded, with a space as `+`; a message may contain several records; a new notification
configuration sends an `s3:TestEvent` without records.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from b3_contracts.errors import ContractError
from b3_contracts.layout import MANIFEST_PREFIX, manifest_key
from trigger_lambda.errors import Refused

__all__ = ["ObjectEvent", "object_events"]


@dataclass(frozen=True)
class ObjectEvent:
    """An event on one S3 object; `key` is decoded."""

    event: str
    bucket: str
    key: str

    @property
    def manifest_id(self) -> str | None:
        """The id of the manifest that was created, or None for any other event."""
        if not self.event.startswith("ObjectCreated:"):
            return None
        name = self.key.removeprefix(MANIFEST_PREFIX).removesuffix(".json")
        try:
            return name if manifest_key(name) == self.key else None
        except ContractError:
            return None


def object_events(body: str) -> list[ObjectEvent]:
    """Parse the events of a message. Raises Refused if it is not an S3 notification."""
    try:
        message = json.loads(body)
        if message.get("Event") == "s3:TestEvent":
            return []
        return [_object_event(record) for record in message["Records"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"the message is not an S3 notification: {error!r}") from error


def _object_event(record: Mapping[str, Any]) -> ObjectEvent:
    return ObjectEvent(
        event=record["eventName"].removeprefix("s3:"),
        bucket=record["s3"]["bucket"]["name"],
        key=unquote_plus(record["s3"]["object"]["key"], errors="strict"),
    )
