"""Checks on a body before it is parsed: size, encoding, kind of content."""

import base64
import binascii
import json
import re
from typing import Final, Literal

from b3_scraper.errors import Refused

__all__ = [
    "MAX_BODY_BYTES",
    "as_utf8",
    "check_characters",
    "decode",
    "is_html",
    "is_nothing",
    "kind_of",
    "unwrap",
]

MAX_BODY_BYTES: Final = 8 * 1024 * 1024

_BOM: Final = b"\xef\xbb\xbf"
_SIGNATURES: Final = (
    (b"PK\x03\x04", "a ZIP archive (or a spreadsheet)"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PAR1", "a Parquet file"),
)
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
# Control, zero-width, direction and lone surrogate characters, and the replacement
# character: none stands in a portfolio, and each can hide in one.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff]"
)

Kind = Literal["csv", "json"]


def kind_of(body: bytes) -> Kind:
    """CSV or JSON, by content. Refuses what is neither, saying what it seems to be."""
    _refuse_size(body)
    for signature, name in _SIGNATURES:
        if body.startswith(signature):
            raise Refused(f"this is no portfolio: it seems to be {name}")
    if is_html(body):
        raise Refused("this is no portfolio: it seems to be a web page (HTML)")
    if b"\0" in body:
        raise Refused("this is no portfolio: it seems to be binary (it has NUL bytes)")
    return "json" if body.removeprefix(_BOM).lstrip()[:1] in (b"{", b"[") else "csv"


def as_utf8(body: bytes) -> bytes:
    """The body, out of UTF-16 where its first bytes show it (a spreadsheet's "Unicode text")."""
    if not body.startswith(_UTF_16):
        return body
    _refuse_size(body)
    try:
        return body.decode("utf-16").encode()
    except UnicodeDecodeError as error:
        raise Refused(f"this seems to be UTF-16 text, cut or damaged: {error.reason}") from error


def is_html(body: bytes) -> bool:
    """True if the body opens as HTML or XML, whatever its status was."""
    return body[:1024].removeprefix(_BOM).lstrip().startswith(b"<")


def is_nothing(body: bytes) -> bool:
    """True if the body holds no answer: only white space, or JSON's `null`."""
    return body.strip().removeprefix(_BOM).strip() in (b"", b"null")


def unwrap(body: bytes) -> bytes:
    """The CSV inside GetDownloadPortfolioDay's base64, or the body itself."""
    text = body.removeprefix(_BOM).strip()
    if text.startswith(b'"') and text.endswith(b'"') and b"\n" not in text:
        text = _unquoted(text)
    if not _BASE64.fullmatch(text):
        return body
    try:
        inner = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Refused(f"this seems to be base64 text, cut or damaged: {error}") from error
    if kind_of(inner) != "csv":
        raise Refused("this is base64 text of something that is no CSV download")
    return inner


def decode(body: bytes) -> tuple[str, ...]:
    """The possible texts of a download: UTF-8, or else latin-1 or a spreadsheet's older codes.

    Only one of them gives the header its letters.
    """
    try:
        return (body.decode("utf-8-sig"),)
    except UnicodeDecodeError:
        return tuple(body.decode(encoding) for encoding in ("latin-1", "cp850", "mac_roman"))


def check_characters(text: str) -> None:
    """Refuse characters that no portfolio has (line ends are to be taken out before)."""
    match = _FORBIDDEN.search(text)
    if match:
        shown = text[max(0, match.start() - 20) : match.start()]
        code = f"U+{ord(match.group()):04X}"
        raise Refused(f"the text has the character {code}, damaged or hidden, after {shown!r}")


def _refuse_size(body: bytes) -> None:
    if not body.strip():
        raise Refused("this is no portfolio: it is empty")
    if len(body) > MAX_BODY_BYTES:
        limit = MAX_BODY_BYTES // 1024 // 1024
        raise Refused(f"this is no portfolio: it has {len(body):,} bytes, more than {limit} MiB")


def _unquoted(text: bytes) -> bytes:
    try:
        return str(json.loads(text)).encode("ascii")
    except (ValueError, RecursionError):  # not a JSON string: a quoted first field of a CSV
        return text
