"""What a message of the queue says: which objects S3 tells of.

The shape is S3's event notification, version 2
(docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html): keys are
URL-encoded, a space as `+`; one message may carry several records; a new notification
configuration sends an `s3:TestEvent` without any.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from b3_contracts.errors import ContractError
from b3_contracts.layout import MANIFEST_PREFIX, manifest_key
from trigger_lambda.errors import Refused

__all__ = ["Notice", "notices"]


@dataclass(frozen=True)
class Notice:
    """S3's word that something happened to an object; `key` is decoded."""

    event: str
    bucket: str
    key: str

    @property
    def manifest_id(self) -> str | None:
        """The id of the manifest that was written, or None where it was anything else."""
        if not self.event.startswith("ObjectCreated:"):
            return None
        name = self.key.removeprefix(MANIFEST_PREFIX).removesuffix(".json")
        try:
            return name if manifest_key(name) == self.key else None
        except ContractError:
            return None


def notices(body: str) -> list[Notice]:
    """What the message says. Raises Refused where it is no notification of S3."""
    try:
        message = json.loads(body)
        if message.get("Event") == "s3:TestEvent":
            return []
        return [_notice(record) for record in message["Records"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"the message is no notification of S3: {error!r}") from error


def _notice(record: Mapping[str, Any]) -> Notice:
    return Notice(
        event=record["eventName"].removeprefix("s3:"),
        bucket=record["s3"]["bucket"]["name"],
        key=unquote_plus(record["s3"]["object"]["key"], errors="strict"),
    )
