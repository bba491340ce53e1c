"""Classification of contract changes by the parties they break.

Two parties rely on a table: **producers** write rows that must pass, **readers** rely
on what a row may say. A change breaks

- producers, where rows that passed are refused now: a limit added or tightened, a
  closed list shorter, a null no longer allowed, a new column that must be filled, a
  check of rows or a key added, the columns in another order;
- readers, where they meet what could not be there: a column gone, a null newly allowed
  (sums and joins drop such rows without a word), a closed list **longer** or lifted
  (whoever switches over its values knows no branch for the new one), a key lifted
  (joins multiply), another unit;
- both, where a type changes, or a list or key is neither narrower nor wider.

A pattern that changes counts as tightened, since two patterns cannot be ordered. A
bound or pattern loosened or lifted, a new nullable column and another partition add;
words alone (descriptions, sentences) change nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from b3_contracts.governance.snapshots import Snapshot

__all__ = ["Change", "Effect", "compare"]

Effect = Literal["breaks producers", "breaks readers", "breaks both", "adds", "none"]
EffectOf = Callable[[Any, Any], Effect]
_At = tuple[str, str | None]


@dataclass(frozen=True)
class Change:
    """One difference between two snapshots; `column` is None where it is the table's."""

    table: str
    column: str | None
    what: str
    old: Any
    new: Any
    effect: Effect

    @property
    def breaking(self) -> bool:
        return self.effect.startswith("breaks")

    def __str__(self) -> str:
        where = self.table if self.column is None else f"{self.table}.{self.column}"
        return f"{where}: {self.what} from {self.old!r} to {self.new!r} ({_in_words(self.effect)})"


def compare(old: Mapping[str, Snapshot], new: Mapping[str, Snapshot]) -> list[Change]:
    """Every difference between two sets of snapshots, by table, sorted by name."""
    changes: list[Change] = []
    for table in sorted({*old, *new}):
        if table not in new:
            changes.append(Change(table, None, "table", "there", None, "breaks readers"))
        elif table not in old:
            changes.append(Change(table, None, "table", None, "there", "adds"))
        else:
            changes += _table_changes(table, old[table], new[table])
    return changes


def _in_words(effect: Effect) -> str:
    return {"breaks both": "breaks producers and readers", "none": "breaks nothing"}.get(
        effect, effect
    )


def _table_changes(table: str, old: Snapshot, new: Snapshot) -> Iterator[Change]:
    for what in ("description", "grain"):
        yield from _differing((table, None), what, old, new, _words)
    yield from _differing((table, None), "unique", old, new, _key_effect)
    for what in ("partition_by", "replaced_by"):
        yield from _differing((table, None), what, old, new, _adds)
    yield from _row_check_changes(table, old["checks"], new["checks"])
    yield from _columns_changes(table, _by_name(old), _by_name(new))


def _row_check_changes(
    table: str, old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        yield from _differing((table, None), name, old, new, _row_check_effect)


def _columns_changes(
    table: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    common = [name for name in old if name in new]
    moved = [name for name in new if name in old]
    if common != moved:
        yield Change(table, None, "order of columns", common, moved, "breaks producers")
    for name in old:
        if name not in new:
            yield Change(table, name, "column", old[name]["type"], None, "breaks readers")
    for name, column in new.items():
        if name in old:
            yield from _column_changes(table, name, old[name], column)
        else:
            effect: Effect = "adds" if column["nullable"] else "breaks producers"
            yield Change(table, name, "column", None, column["type"], effect)


def _column_changes(table: str, name: str, old: Snapshot, new: Snapshot) -> Iterator[Change]:
    effects: dict[str, EffectOf] = {
        "type": _both,
        "nullable": lambda _old, new: "breaks readers" if new else "breaks producers",
        "unit": _readers,
        "severity": lambda _old, new: "adds" if new == "warning" else "breaks producers",
        "description": _words,
    }
    for what, effect in effects.items():
        yield from _differing((table, name), what, old, new, effect)
    was, now = old["checks"], new["checks"]
    for what, effect in (("one_of", _list_effect), ("matches", _pattern_effect)):
        yield from _differing((table, name), what, was, now, effect)
    yield from _bound_changes(table, name, was, now)


def _bound_changes(table: str, name: str, old: Snapshot, new: Snapshot) -> Iterator[Change]:
    for what, bound in (("lower bound", _lower), ("upper bound", _upper)):
        was, now = bound(old), bound(new)
        if was == now:
            continue
        tighter = was is None or (now is not None and now.rank > was.rank)
        effect: Effect = "breaks producers" if tighter else "adds"
        yield Change(table, name, what, was and was.text, now and now.text, effect)


@dataclass(frozen=True)
class _Bound:
    """A bound that can be compared: of two, the one of higher rank lets less through."""

    rank: tuple[Decimal, bool]
    text: str


def _lower(checks: Snapshot) -> _Bound | None:
    return _tightest(
        _Bound((Decimal(checks[kind]), kind == "above"), f"{kind} {checks[kind]}")
        for kind in ("above", "at_least")
        if kind in checks
    )


def _upper(checks: Snapshot) -> _Bound | None:
    return _tightest(
        _Bound((-Decimal(checks[kind]), kind == "below"), f"{kind} {checks[kind]}")
        for kind in ("below", "at_most")
        if kind in checks
    )


def _tightest(bounds: Iterable[_Bound]) -> _Bound | None:
    return max(bounds, key=lambda bound: bound.rank, default=None)


def _differing(
    at: _At, what: str, old: Snapshot, new: Snapshot, effect: EffectOf
) -> Iterator[Change]:
    was, now = old.get(what), new.get(what)
    if was != now:
        yield Change(*at, what, was, now, effect(was, now))


def _words(_old: Any, _new: Any) -> Effect:
    return "none"


def _adds(_old: Any, _new: Any) -> Effect:
    return "adds"


def _both(_old: Any, _new: Any) -> Effect:
    return "breaks both"


def _readers(_old: Any, _new: Any) -> Effect:
    return "breaks readers"


def _row_check_effect(old: str | None, new: str | None) -> Effect:
    if old is None:
        return "breaks producers"
    return "adds" if new is None else "none"


def _pattern_effect(_old: str | None, new: str | None) -> Effect:
    return "adds" if new is None else "breaks producers"


def _list_effect(old: list[str] | None, new: list[str] | None) -> Effect:
    if old is None or new is None:
        return "breaks producers" if old is None else "breaks readers"
    if set(new) < set(old):
        return "breaks producers"
    return "breaks readers" if set(new) > set(old) else "breaks both"


def _key_effect(old: list[str], new: list[str]) -> Effect:
    """A key of fewer columns is stricter; no key at all is the loosest."""
    if set(new) == set(old):
        return "none"
    if not old or (new and set(new) < set(old)):
        return "breaks producers"
    return "breaks readers" if not new or set(new) > set(old) else "breaks both"


def _by_name(table: Snapshot) -> dict[str, Any]:
    return {column["name"]: column for column in table["columns"]}
