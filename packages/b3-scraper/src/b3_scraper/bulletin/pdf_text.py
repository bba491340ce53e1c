"""Text of a bulletin: extracted from its PDF, or as somebody extracted it before.

Nothing of a PDF is run: pypdf reads content streams and knows no scripts. Pages, characters and
bytes are bounded.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from b3_scraper.errors import ExtraMissing, Refused

if TYPE_CHECKING:
    from pypdf import PdfReader

__all__ = ["MAX_BULLETIN_BYTES", "BulletinText", "is_pdf", "text_of"]

MAX_BULLETIN_BYTES: Final = 64 * 1024 * 1024
_MAX_PAGES: Final = 2_000
_MAX_CHARACTERS: Final = 32 * 1024 * 1024
_HEAD_BYTES: Final = 1024  # the PDF specification lets this much stand before the signature


@dataclass(frozen=True)
class BulletinText:
    """The lines of a bulletin, and warnings about the file they come from."""

    lines: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def is_pdf(body: bytes) -> bool:
    """True if the body has the signature of a PDF."""
    return b"%PDF-" in body[:_HEAD_BYTES]


def text_of(body: bytes) -> BulletinText:
    """The text of a PDF, or of extracted text in UTF-8.

    Raises Refused for a PDF that is damaged, encrypted or too large, ExtraMissing without pypdf.
    """
    if len(body) > MAX_BULLETIN_BYTES:
        raise Refused(f"this is no bulletin: it has more than {MAX_BULLETIN_BYTES >> 20} MiB")
    if is_pdf(body):
        return _extracted(body)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("this is no bulletin: neither a PDF nor text in UTF-8") from error
    return BulletinText(tuple(text.splitlines()))


def _extracted(body: bytes) -> BulletinText:
    try:
        from pypdf import PdfReader
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            "reading a PDF needs pypdf: pip install 'b3-scraper[bulletin]'"
        ) from error
    with _quiet():
        try:
            reader = PdfReader(BytesIO(body))
            _refuse_encrypted(reader)
            return BulletinText(tuple(_lines(reader)), _warnings(reader))
        except Refused:
            raise
        except Exception as error:  # a damaged PDF raises anything: pypdf parses on demand
            reason = str(error)[:200] or type(error).__name__
            raise Refused(f"the PDF is cut or damaged: {reason}") from error


def _refuse_encrypted(reader: "PdfReader") -> None:
    if reader.is_encrypted:
        raise Refused("the PDF is encrypted: save it without a password, or give its text")


def _lines(reader: "PdfReader") -> Iterator[str]:
    count = len(reader.pages)
    if count > _MAX_PAGES:
        raise Refused(f"the PDF has {count:,} pages, more than {_MAX_PAGES:,}")
    characters = 0
    for page in reader.pages:
        text = page.extract_text()
        characters += len(text)
        if characters > _MAX_CHARACTERS:
            raise Refused(f"the PDF has more than {_MAX_CHARACTERS >> 20} million characters")
        yield from text.splitlines()


def _warnings(reader: "PdfReader") -> tuple[str, ...]:
    root = reader.root_object
    names = root.get("/Names")
    has_scripts = (
        "/OpenAction" in root
        or "/AA" in root
        or (names is not None and "/JavaScript" in names.get_object())
    )
    return ("the PDF holds actions or scripts; none was run",) if has_scripts else ()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pypdf's remarks about sloppy PDFs from standard error."""
    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
