"""S3's events are read as S3 writes them; anything else is refused."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trigger_lambda.errors import Refused
from trigger_lambda.messages import ObjectEvent, object_events

ID = "0123456789abcdef" * 4
KEY = f"raw/manifest/{ID}.json"


def test_a_notification_gives_each_of_its_records(message: Callable[..., str]) -> None:
    """Several records in one message are several object_events, in their order."""
    assert object_events(message(KEY, "raw/a.json")) == [
        ObjectEvent("ObjectCreated:Put", "lake", KEY),
        ObjectEvent("ObjectCreated:Put", "lake", "raw/a.json"),
    ]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_key_is_decoded_to_what_it_was(message: Callable[..., str], key: str) -> None:
    """Spaces, plus signs, equals signs and accents come back as they were written."""
    assert [notice.key for notice in object_events(message(key))] == [key]


def test_the_test_event_of_a_new_notification_holds_nothing() -> None:
    """S3 sends it once, when the notification is configured."""
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "lake"}
    assert object_events(json.dumps(event)) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        "null",
        "{}",
        '{"Records": null}',
        '{"Records": [7]}',
        '{"Records": [{"eventName": "ObjectCreated:Put"}]}',
        '{"Records": [{"eventName": 1, "s3": {}}]}',
        '{"Records": [{"eventName": "","s3": {"bucket": {"name": ""}, "object": {"key": "%ff"}}}]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_notification_is_refused(body: str) -> None:
    """The reason says what was looked for and not found."""
    with pytest.raises(Refused, match="is not an S3 notification"):
        object_events(body)


def test_a_new_manifest_is_known_by_its_key() -> None:
    """The id is what stands between the folder and the ending."""
    assert ObjectEvent("ObjectCreated:Put", "lake", KEY).manifest_id == ID


@pytest.mark.parametrize(
    "key",
    [
        f"raw/manifest/{ID.upper()}.json",
        f"raw/manifest/{ID[1:]}.json",
        f"raw/manifest/x/{ID}.json",
        f"raw/manifest/{ID}.json.json",
        f"raw/manifest/{ID}",
        f"{ID}.json",
        f"raw/payload/{ID}.gz",
        f"../raw/manifest/{ID}.json",
        "",
    ],
)
def test_any_other_key_is_no_manifest(key: str) -> None:
    """Nothing but the exact shape of the layout wakes the job."""
    assert ObjectEvent("ObjectCreated:Put", "lake", key).manifest_id is None


def test_a_manifest_that_was_not_created_is_none() -> None:
    """A deletion's event must not start a run."""
    assert ObjectEvent("ObjectRemoved:Delete", "lake", KEY).manifest_id is None
