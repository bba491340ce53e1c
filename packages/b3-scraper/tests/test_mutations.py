"""Ten thousand mutations of whole payloads: refused in a printable sentence, or read as written.

The suite tries every fifth of them; `B3_MUTATIONS=10000` tries all. What is tried depends on
nothing but its number. Real files are mutated where the folder of captures is, and files of
our own everywhere.
"""

import datetime as dt
import json
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from b3_scraper import B3Error, Portfolio, parse_download_name, parse_portfolio
from b3_scraper.testing import sample_portfolio

SHARED = Path(__file__).parents[4] / "shared"
DAY = dt.date(2025, 1, 6)
ALL = 10_000
COUNT = int(os.environ.get("B3_MUTATIONS", "2000"))
BATCHES = 20
SYMBOLS = b';,\t|"\r\n \x00\x1b\x85\xff\xc3.-0189AZaz{}[]:'
STRANGE = (
    "\ud800",
    "\x1b[31m",
    "\u202e",
    "100,000",
    "2.663",
    "",
    None,
    7,
    -1,
    1.5,
    True,
    10**30,
    [],
    {},
)

Row = tuple[str, int, Any]
Mutate = Callable[[random.Random, bytes], bytes]


@dataclass(frozen=True)
class Payload:
    """A whole payload, with what its reader is told."""

    name: str
    body: bytes
    index: str
    date: dt.date | None = None

    @property
    def is_json(self) -> bool:
        return self.body.lstrip(b"\xef\xbb\xbf")[:1] == b"{"

    def read(self, body: bytes) -> Portfolio:
        return parse_portfolio(body, index=self.index, reference_date=self.date).verify()

    @cached_property
    def rows(self) -> list[Row]:
        return rows_of(self.read(self.body))


def rows_of(portfolio: Portfolio) -> list[Row]:
    names = ("ticker", "theoretical_quantity", "weight_pct")
    return list(zip(*(portfolio.positions[name].to_pylist() for name in names), strict=True))


@cache
def payloads() -> list[Payload]:
    return [*own_payloads(), *real_payloads()]


def own_payloads() -> Iterator[Payload]:
    sample = sample_portfolio("IBOV", DAY, position_count=20)
    download = sample.to_csv()
    yield Payload("download", download, "IBOV")
    yield Payload("download by sector", sample.to_csv(sector=True), "IBOV")
    yield Payload("comma download", as_commas(download), "IBOV")
    yield Payload("tab download", download.replace(b";", b"\t"), "IBOV")
    yield Payload("no title", download.split(b"\r\n", 1)[1], "IBOV", DAY)
    yield Payload("no footers", b"\r\n".join(download.split(b"\r\n")[:-3]), "IBOV")
    yield Payload("separators gone", re.sub(rb"\.(?=[0-9]{3})", b"", download), "IBOV")
    for segment in ("1", "2"):
        yield Payload("answer", sample.to_json(segment=segment), "IBOV")
        yield Payload("English", sample.to_json(language="en-us", segment=segment), "IBOV")


def as_commas(body: bytes) -> bytes:
    """All quoted but the title."""
    title, *lines = body.decode("latin-1").splitlines()
    quoted = [",".join(f'"{field}"' for field in line.split(";")) for line in lines]
    return "\n".join([title, *quoted]).encode()


def real_payloads() -> Iterator[Payload]:
    """Captures and cases that are whole, by the folders that they are in."""
    folders = ("captures/day", "captures/sector", "captures/untitled", "cases/resaved")
    for path in sorted(path for folder in folders for path in (SHARED / folder).glob("*.*")):
        claimed = parse_download_name(path.name)
        told = claimed and path.parent.name == "untitled"
        titled = path.read_bytes()[:40].lstrip(b'"').find(b" - ") == 4
        yield Payload(
            path.name,
            path.read_bytes(),
            claimed.index_code if claimed else "IBOV",
            (claimed.reference_date if claimed and told else None) or (None if titled else DAY),
        )
    for path in sorted((SHARED / "cases/english").glob("*.csv")):
        yield Payload("English download", path.read_bytes(), "IBOV")
    for path in sorted((SHARED / "captures/json").glob("GetPortfolioDay_*.json")):
        yield Payload(path.name, path.read_bytes(), "IBOV")


def flipped(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + bytes([body[at] ^ (1 << chance.randrange(8))]) + body[at + 1 :]


def deleted(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + body[at + chance.choice([1, 1, 1, 2, 8]) :]


def inserted(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + bytes([chance.choice(SYMBOLS)]) + body[at:]


def truncated(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body))
    return chance.choice([body[:at], body[at:], body[: len(body) - chance.randrange(200)]])


def digit_changed(chance: random.Random, body: bytes) -> bytes:
    places = [match.start() for match in re.finditer(rb"[0-9]", body)] or [0]
    at = chance.choice(places)
    return body[:at] + str(chance.randrange(10)).encode() + body[at + 1 :]


def delimiter_replaced(chance: random.Random, body: bytes) -> bytes:
    old, new = chance.sample([b";", b",", b"\t", b"|", b".", b'"', b""], 2)
    return body.replace(old or b";", new, chance.choice([1, 5, -1]))


def lines_changed(chance: random.Random, body: bytes) -> bytes:
    lines = body.splitlines(keepends=True)
    one, two = (chance.randrange(len(lines)) for _ in range(2))
    match chance.randrange(4):
        case 0:
            lines[one], lines[two] = lines[two], lines[one]
        case 1:
            lines.insert(one, lines[two])
        case 2:
            del lines[one]
        case _:
            del lines[min(one, two) : max(one, two)]
    return b"".join(lines)


def strange_value(chance: random.Random, body: bytes) -> bytes:
    return changed_document(
        chance, body, lambda place, key: place.update({key: chance.choice(STRANGE)})
    )


def renamed_key(chance: random.Random, body: bytes) -> bytes:
    name = chance.choice(["date", "cod", "x", "\ud800", "\x1b[2J", "part"])
    return changed_document(chance, body, lambda place, key: place.update({name: place.pop(key)}))


def nested(chance: random.Random, body: bytes) -> bytes:
    depth = chance.choice([1, 5, 17, 40])

    def wrap(place: dict[str, Any], key: str) -> None:
        for _ in range(depth):
            place[key] = chance.choice([[place[key]], {"x": place[key]}])

    return changed_document(chance, body, wrap)


def dropped_key(chance: random.Random, body: bytes) -> bytes:
    return changed_document(chance, body, lambda place, key: place.pop(key))


def changed_document(
    chance: random.Random, body: bytes, change: Callable[[dict[str, Any], str], object]
) -> bytes:
    """The JSON after a change of one key of the page, the header, a row or the whole."""
    document = json.loads(body.decode("utf-8-sig"))
    rows = document["results"]
    place = chance.choice([document, document["page"], document["header"], chance.choice(rows)])
    change(place, chance.choice(sorted(place)))
    return json.dumps(document, ensure_ascii=chance.random() < 0.9).encode("utf-8", "surrogatepass")


ANY: tuple[Mutate, ...] = (
    flipped,
    deleted,
    inserted,
    truncated,
    digit_changed,
    delimiter_replaced,
    lines_changed,
)
OF_DOCUMENTS: tuple[Mutate, ...] = (strange_value, renamed_key, nested, dropped_key)


def mutated(number: int) -> tuple[Payload, bytes]:
    """The payload and the mutation that have this number."""
    chance = random.Random(number)  # noqa: S311 - to be the same every time
    payload = payloads()[number % len(payloads())]
    if payload.is_json and chance.random() < 0.6:
        return payload, chance.choice(OF_DOCUMENTS)(chance, payload.body)
    body = payload.body
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        body = chance.choice(ANY)(chance, body) or b"\n"
    return payload, body


def fault(number: int) -> str:
    """The rule that reading the mutation with this number breaks; empty for none."""
    payload, body = mutated(number)
    try:
        portfolio = payload.read(body)
    except B3Error as error:
        return unprintable(str(error))
    return other_figures(payload, body, portfolio)


def unprintable(message: str) -> str:
    if message.isprintable() and message:  # a lone surrogate is not printable either
        return ""
    return f"the message cannot be printed: {message!r}"


def other_figures(payload: Payload, body: bytes, portfolio: Portfolio) -> str:
    """With a total, figures are those of the payload; without, those that stand in the file."""
    before, after = Counter(payload.rows), Counter(rows_of(portfolio))
    if portfolio.total_theoretical_quantity is not None and figures(before) != figures(after):
        return f"other figures: {(after - before).most_common(3)}"
    text = body.decode("utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1")
    lines = re.split(r"[\r\n]+|(?<=\}),", text)
    made_up = [row for row in after - before if not any(is_written(row, line) for line in lines)]
    return f"not in the file: {made_up[:3]}" if made_up else ""


def figures(rows: Counter[Row]) -> list[tuple[int, Any]]:
    return sorted((quantity, weight) for _, quantity, weight in rows.elements())


def is_written(row: Row, line: str) -> bool:
    """True if the line has the row's ticker and all digits of its figures."""
    ticker, quantity, weight = row
    digits = re.sub(r"[.,]", "", line)
    return ticker in line and str(quantity) in digits and significant(weight) in digits


def significant(weight: Any) -> str:
    return str(weight).replace(".", "").strip("0")


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_mutation_is_refused_in_a_printable_sentence_or_read_as_written(batch: int) -> None:
    """No other error, no figure that the file does not have."""
    step = max(1, ALL // COUNT)
    faults = {number: fault(number) for number in range(batch * step, ALL, BATCHES * step)}
    assert {number: text for number, text in faults.items() if text} == {}


def test_what_is_mutated_is_whole() -> None:
    """Each payload is read before it is mutated, so that a refusal is the mutation's."""
    assert [len(payload.rows) > 10 for payload in payloads()] == [True] * len(payloads())
