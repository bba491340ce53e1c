"""Checks of raw objects against their names, contracts and hashes."""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from b3_contracts import layout
from b3_contracts.errors import ContractError
from b3_contracts.events import Manifest
from b3_contracts.layout import PreviewKey, RawPositionKey, Reference, Sighting
from lake_io.errors import LakeDamaged, NotInLake
from lake_io.raw.notes import Receipt, Rejection, parse_note

if TYPE_CHECKING:
    from lake_io.raw.zone import RawZone

__all__ = ["fault_of", "is_raw_key"]

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


def is_raw_key(key: str) -> bool:
    """True for the key of an object that a raw zone writes, or has set aside."""
    if key.startswith(layout.DAMAGED_PREFIX):
        return not key.endswith("/")
    return any(key.startswith(prefix) and parse(key) for prefix, parse in _PARSERS.items())


def _payload_hash(key: str) -> str | None:
    name = key.removeprefix(layout.PAYLOAD_PREFIX).removesuffix(".gz")
    return name if key == _own(layout.payload_key, name) else None


def _manifest_id(key: str) -> str | None:
    name = key.removeprefix(layout.MANIFEST_PREFIX).removesuffix(".json")
    return name if key == _own(layout.manifest_key, name) else None


def _check_payload(raw: "RawZone", key: str) -> None:
    if name := _payload_hash(key):
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

_PARSERS: Final[Mapping[str, Callable[[str], object]]] = {
    layout.PAYLOAD_PREFIX: _payload_hash,
    layout.POSITION_PREFIX: RawPositionKey.parse,
    layout.PREVIEW_PREFIX: PreviewKey.parse,
    layout.MANIFEST_PREFIX: _manifest_id,
    layout.REJECTED_PREFIX: layout.rejected_payload,
    layout.WITHDRAWN_PREFIX: layout.withdrawal,
    layout.RECEIPT_PREFIX: layout.receipt_day,
    layout.SIGHTING_PREFIX: Sighting.parse,
    layout.REFERENCE_PREFIX: Reference.parse,
}
