"""Checks of raw objects against their names, contracts and hashes."""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from b3_contracts import layout
from b3_contracts.errors import ContractError
from b3_contracts.events import Manifest
from b3_contracts.layout import PreviewKey, RawPositionKey, Sighting
from lake_io.errors import LakeDamaged, NotInLake
from lake_io.raw.notes import Receipt, Rejection, parse_note

if TYPE_CHECKING:
    from lake_io.raw.zone import RawZone

__all__ = ["fault_of"]

Check = Callable[["RawZone", str], None]


def fault_of(raw: "RawZone", key: str) -> str | None:
    """How the object under a key differs from what was written, or None.

    Files that nothing here wrote are nobody's fault. Raises LakeUnreachable.
    """
    prefix = next((prefix for prefix in _CHECKS if key.startswith(prefix)), None)
    if prefix is None:
        return None
    try:
        _CHECKS[prefix](raw, key)
    except NotInLake:
        return f"{key} is missing"
    except (ContractError, LakeDamaged) as error:
        return str(error) if key in str(error) else f"{key} is damaged: {error}"
    return None


def _check_payload(raw: "RawZone", key: str) -> None:
    name = key.removeprefix(layout.PAYLOAD_PREFIX).removesuffix(".gz")
    if key == _own(layout.payload_key, name):
        raw.payload(name)


def _check_rows(raw: "RawZone", key: str) -> None:
    if parsed := RawPositionKey.parse(key):
        raw.read_one(parsed)


def _check_preview(raw: "RawZone", key: str) -> None:
    if parsed := PreviewKey.parse(key):
        raw.previews.read_one(parsed)


def _check_manifest(raw: "RawZone", key: str) -> None:
    if Manifest.from_json(raw.get(key)).key != key:
        raise LakeDamaged(f"{key} is damaged: it is another manifest")


def _check_rejection(raw: "RawZone", key: str) -> None:
    if sha256 := layout.rejected_payload(key):
        Rejection.of(key, sha256, parse_note(key, raw.get(key)))


def _check_withdrawal(raw: "RawZone", key: str) -> None:
    if layout.withdrawal(key):
        raw.withdrawals.time_of(key)


def _check_receipt(raw: "RawZone", key: str) -> None:
    if layout.receipt_day(key):
        Receipt.of(key, parse_note(key, raw.get(key)))


def _check_sighting(raw: "RawZone", key: str) -> None:
    if Sighting.parse(key):
        parse_note(key, raw.get(key))


def _check_reference(raw: "RawZone", key: str) -> None:
    digest = key.removesuffix(".gz")[-64:]
    try:
        body = gzip.decompress(raw.get(key))
    except (OSError, EOFError, zlib.error):
        body = b""
    if hashlib.sha256(body).hexdigest() != digest:
        raise LakeDamaged(f"{key} is damaged: its bytes are not those it is named after")


def _own(make: Callable[[str], str], name: str) -> str | None:
    try:
        return make(name)
    except ContractError:
        return None


_CHECKS: Final[Mapping[str, Check]] = {
    layout.PAYLOAD_PREFIX: _check_payload,
    layout.POSITION_PREFIX: _check_rows,
    layout.PREVIEW_PREFIX: _check_preview,
    layout.MANIFEST_PREFIX: _check_manifest,
    layout.REJECTED_PREFIX: _check_rejection,
    layout.WITHDRAWN_PREFIX: _check_withdrawal,
    layout.RECEIPT_PREFIX: _check_receipt,
    layout.SIGHTING_PREFIX: _check_sighting,
    layout.REFERENCE_PREFIX: _check_reference,
}
