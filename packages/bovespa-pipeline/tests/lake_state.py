"""The state of a lake that `kills.py` compares, and the invariants that it breaks."""

import functools
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import killing

from b3_contracts.specification import REFINED
from lake_io import open_lake

State = dict[str, Any]


def inspect(folder: Path) -> State:
    """Look the lake up in a process of its own, so that this one has no threads to fork."""
    answer = folder / "state.json"
    answer.unlink(missing_ok=True)
    code = killing.wait(killing.fork(functools.partial(describe, folder)))
    if code or not answer.exists():
        return {"broken": ["the lake does not open"], "rows": "", "raw": {}, "beside": []}
    state: State = json.loads(answer.read_text())
    return state


def describe(folder: Path) -> None:
    lake = folder / "lake"
    raw = {str(path.relative_to(lake)): path.read_bytes() for path in killing.files(lake / "raw")}
    beside = {path.name for path in lake.glob("*")}
    beside |= {f"staging/{path.name}" for path in lake.glob("staging/*")}
    state = {
        "raw": {key: killing.digest(body) for key, body in raw.items()},
        "beside": sorted(beside),
        "broken": [*damaged(raw)],
        "rows": "nothing",
    }
    if (lake / "catalogue.db").exists():
        snapshot = open_lake(str(lake)).refined_tables.snapshot()
        tables = {name: snapshot.read(name).to_pylist() for name in REFINED}
        state["broken"] += [*doubled(tables), *unwhole(tables), *unaudited(lake, tables)]
        del tables["quality_result"]
        if tables["portfolio"]:
            state["rows"] = killing.digest(repr(killing.rows(lake)).encode())
    (folder / "state.json").write_text(json.dumps(state))


def damaged(raw: dict[str, bytes]) -> Iterator[str]:
    """Payloads that are not the bytes they are named after."""
    for key, body in raw.items():
        name = Path(key).name.split(".")[0]
        if key.startswith("raw/payload/") and _content(body) != name:
            yield f"{key} is damaged"


def _content(body: bytes) -> str:
    try:
        return killing.digest(gzip.decompress(body))
    except (OSError, EOFError, zlib.error):
        return "nothing"


def doubled(tables: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    for name, found in tables.items():
        keys = Counter(tuple(row[k] for k in REFINED[name].unique) for row in found)
        yield from (f"{name} holds {key} {n} times" for key, n in keys.items() if key and n > 1)


def unwhole(tables: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Portfolios whose positions are not as many, or not as much, as they say."""
    held: dict[tuple[Any, Any], list[int]] = {}
    for row in tables["position"]:
        key = (row["index_code"], row["reference_date"])
        held.setdefault(key, []).append(row["theoretical_quantity"])
    for row in tables["portfolio"]:
        there = held.pop((row["index_code"], row["reference_date"]), [])
        if (len(there), sum(there)) != (row["position_count"], row["total_theoretical_quantity"]):
            yield f"{row['index_code']} {row['reference_date']} is not whole"
    yield from (f"{key} has positions and no portfolio" for key in held)


def unaudited(lake: Path, tables: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Published payloads that raw does not hold, or that the gate did not pass."""
    results = tables["quality_result"]
    failed = {
        row["payload_sha256"]
        for row in results
        if row["severity"] == "blocking" and not row["success"]
    }
    payloads = {entry.payload_sha256 for entry in open_lake(str(lake)).raw.entries()}
    for row in tables["portfolio"]:
        if row["payload_sha256"] not in payloads:
            yield f"{row['payload_sha256']} is published and not in raw"
        if row["payload_sha256"] in failed:
            yield f"{row['payload_sha256']} is published although the gate refused it"
    if tables["portfolio"] and not results:
        yield "portfolios are published without results of the gate"
