"""Objects on S3: written once, found again, and refusals that say what was refused."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("boto3", reason="lake-io is installed without its extra `aws`")
pytest.importorskip("moto", reason="AWS on loopback needs moto[server]")

from botocore.awsrequest import AWSResponse
from moto.backends import get_backend

from lake_io import LakeUnreachable, LocalStore, NotInLake, Store
from lake_io.storage.s3 import aws
from lake_io.storage.s3.store import S3Store, parse_s3_uri

KEY = "raw/payload/of=a day/x.gz"


@pytest.fixture
def store(account: Any) -> S3Store:
    return S3Store(account.make_bucket(), pause=lambda _: None)


@pytest.fixture(params=["folder", "bucket", "prefix"])
def any_store(request: pytest.FixtureRequest, account: Any, tmp_path: Path) -> Store:
    if request.param == "folder":
        return LocalStore(tmp_path)
    bucket = account.make_bucket()
    return S3Store(bucket if request.param == "bucket" else f"{bucket}/some/lake/")


def answer(status: int, code: str) -> AWSResponse:
    """S3's answer to a refused request."""

    class Raw:
        def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
            yield f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()

    return AWSResponse("http://s3", status, {}, Raw())


def refusing(operation: str, *answers: AWSResponse) -> list[AWSResponse]:
    """S3 gives these answers first; what is left of them."""
    left = list(answers)
    hook: Callable[..., AWSResponse | None] = lambda **_: left.pop(0) if left else None  # noqa: E731  # a hook
    aws.s3().meta.events.register(f"before-send.s3.{operation}", hook)
    return left


def test_an_object_is_written_once(any_store: Store) -> None:
    """The first `put` of a key writes, and a second neither writes nor fails."""
    assert any_store.put(KEY, b"first")
    assert not any_store.put(KEY, b"second")
    assert any_store.get(KEY) == b"first"


def test_what_is_not_there_is_not_in_the_lake(any_store: Store) -> None:
    """A missing key is NotInLake, in a place that can be reached."""
    any_store.put(KEY, b"")
    with pytest.raises(NotInLake, match="raw/payload/other"):
        any_store.get("raw/payload/other")


def test_keys_are_those_of_one_folder(any_store: Store) -> None:
    """Keys are relative to the lake, and a folder of a like name is another folder."""
    for key in ("raw/a/1", "raw/a/b/2", "raw/ab/3", "staging/4"):
        any_store.put(key, b"")
    assert sorted(any_store.keys("raw/a/")) == ["raw/a/1", "raw/a/b/2"]
    assert list(any_store.keys("raw/none/")) == []


def test_keys_are_listed_to_the_last_page(store: S3Store) -> None:
    """S3 lists a thousand keys at a time; all of them are found."""
    backend = get_backend("s3")["123456789012"]["aws"]
    expected = [f"raw/{number:04d}" for number in range(1001)]
    for key in expected:
        backend.put_object("lake", key, b"")
    assert list(store.keys("raw/")) == expected


def test_a_conditional_write_that_meets_another_is_tried_again(store: S3Store) -> None:
    """S3's 409 says that another write is under way, and nothing about how it ends."""
    busy = answer(409, "ConditionalRequestConflict")
    left = refusing("PutObject", busy, busy)
    assert store.put(KEY, b"x")
    assert left == []


def test_a_key_that_stays_busy_is_given_up(account: Any) -> None:
    """The tries are few, and wait longer each time."""
    waited: list[float] = []
    store = S3Store(account.make_bucket(), waited.append)
    refusing("PutObject", *[answer(409, "ConditionalRequestConflict")] * 10)
    with pytest.raises(LakeUnreachable, match=r"cannot write s3://lake/raw/.*under way"):
        store.put(KEY, b"x")
    assert waited == sorted(waited)
    assert 0 < sum(waited) < 10


@pytest.mark.parametrize(
    ("operation", "call", "said"),
    [
        ("PutObject", lambda store: store.put("raw/k", b""), "cannot write s3://lake/raw/k: "),
        ("GetObject", lambda store: store.get("raw/k"), "cannot read s3://lake/raw/k: "),
        ("ListObjectsV2", lambda store: list(store.keys("raw/")), "cannot list s3://lake/raw/: "),
    ],
)
def test_a_denial_names_the_key(
    store: S3Store, operation: str, call: Callable[[S3Store], Any], said: str
) -> None:
    """One sentence: what was refused, for which key, and by which of AWS's codes."""
    refusing(operation, answer(403, "AccessDenied"))
    with pytest.raises(LakeUnreachable) as raised:
        call(store)
    assert str(raised.value) == f"{said}access denied (AccessDenied)"


@pytest.mark.usefixtures("account")
def test_a_bucket_that_is_not_there_is_said_to_be_so() -> None:
    """A missing bucket is not a missing key."""
    with pytest.raises(LakeUnreachable, match=r"cannot read s3://nowhere/raw/k: .*no such bucket"):
        S3Store("s3://nowhere").get("raw/k")


def test_without_credentials_the_message_says_what_to_do(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the raw zone nor the tables' files are tried anonymously."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    account.clear_clients()
    with pytest.raises(LakeUnreachable, match="no AWS credentials were found; log in"):
        S3Store("s3://lake").put(KEY, b"")
    with pytest.raises(LakeUnreachable, match="no AWS credentials were found; log in"):
        aws.filesystem()


def test_an_endpoint_that_does_not_answer_is_named(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is in the message, for it may be a wrong one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    account.clear_clients()
    with pytest.raises(LakeUnreachable, match=r"127\.0\.0\.1:9"):
        S3Store("s3://lake").put(KEY, b"")


def test_only_an_endpoint_that_somebody_set_is_handed_on(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pyarrow finds AWS's own hosts by itself, by bucket; given one it would ask another way."""
    assert aws._endpoint() is not None
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    account.clear_clients()
    assert aws._endpoint() is None


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://lake", ("lake", "")),
        ("s3://lake/", ("lake", "")),
        ("s3://my.lake-1/some/place/", ("my.lake-1", "some/place")),
    ],
)
def test_a_lake_is_a_bucket_or_a_place_in_one(uri: str, expected: tuple[str, str]) -> None:
    """A slash at the end means nothing."""
    assert parse_s3_uri(uri) == expected


@pytest.mark.parametrize(
    "uri", ["s3://", "s3:///lake", "s3://Lake", "s3://l", "s3://lake//raw", "s3://lake?x=1"]
)
def test_what_names_no_bucket_is_refused(uri: str) -> None:
    """Before anything is asked of AWS, and with the form that is expected."""
    with pytest.raises(LakeUnreachable, match="s3://bucket or s3://bucket/prefix"):
        parse_s3_uri(uri)


def test_only_changed_objects_are_overwritten(store: S3Store, account: Any) -> None:
    """Quality pages may change, unlike raw."""
    old = {"quality/static/same.css": b"same", "quality/index.html": b"old"}
    store.overwrite("quality/", old)
    account.asked.clear()
    sent: list[str] = []
    aws.s3().meta.events.register(
        "provide-client-params.s3.PutObject", lambda params, **_: sent.append(params["Key"])
    )
    store.overwrite("quality/", {**old, "quality/index.html": b"new"})
    assert sent == ["quality/index.html"]
    assert store.get("quality/index.html") == b"new"
    assert (
        aws.s3().head_object(Bucket="lake", Key="quality/index.html")["ContentType"] == "text/html"
    )
