"""A role's policies as IAM reads them, and what of them a list of calls makes use of.

Only what this project's policies say is understood; a condition not known is an error and not a
guess. The bucket's own policy, with its denials, is moto's to enforce (`moto_gaps`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from calls import Call

__all__ = ["Right", "granted", "refused", "unused"]


@dataclass(frozen=True, order=True)
class Right:
    """One action on one resource, as one statement allows it."""

    statement: str
    action: str
    resource: str
    conditions: tuple[tuple[str, str, str], ...] = ()

    def covers(self, call: Call, resource: str) -> bool:
        """Return whether the statement allows the call on this resource."""
        context = dict(call.context)
        return (
            self.action == call.action
            and fnmatchcase(resource, self.resource)
            and all(_holds(*condition, context) for condition in self.conditions)
        )


def granted(statements: Iterable[Mapping[str, object]]) -> list[Right]:
    """Each right for itself, so that one not used is not hidden by its neighbours."""
    return [right for statement in statements for right in _rights(statement)]


def refused(rights: Iterable[Right], calls: Iterable[Call]) -> list[Call]:
    """The calls that would be denied: a call names several resources, and needs them all."""
    rights = list(rights)
    return [call for call in calls if not _is_allowed(rights, call)]


def unused(rights: Iterable[Right], calls: Iterable[Call]) -> list[Right]:
    """The rights that no call needed."""
    asked = [(call, resource) for call in calls for resource in call.resources]
    return sorted(right for right in rights if not any(right.covers(*one) for one in asked))


def _is_allowed(rights: list[Right], call: Call) -> bool:
    return all(any(right.covers(call, one) for right in rights) for one in call.resources)


def _rights(statement: Mapping[str, object]) -> Iterator[Right]:
    assert statement["Effect"] == "Allow"
    conditions = tuple(_conditions(statement.get("Condition", {})))
    for action in _listed(statement["Action"]):
        for resource in _listed(statement["Resource"]):
            yield Right(statement["Sid"], action, resource, conditions)


def _conditions(found: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    for operator, keys in found.items():
        for key, values in keys.items():
            yield from ((operator, key, value) for value in _listed(values))


def _holds(operator: str, key: str, value: str, context: Mapping[str, str]) -> bool:
    found = context.get(key)
    if operator == "StringLikeIfExists":
        return found is None or fnmatchcase(found, value)
    if operator == "StringLike":
        return found is not None and fnmatchcase(found, value)
    if operator == "StringEquals":
        return found == value
    raise NotImplementedError(f"the condition {operator} {key}")


def _listed(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
