"""Validation of a request's parameters against AWS's own service models, as botocore ships them.

botocore validates types, required members and minima before it sends a request. The service
validates patterns, enumerations and maxima as well, and so does this module.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import regex
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

__all__ = ["SERVICES_OF_THIS_PROJECT", "compiled", "service_model", "violations"]

SERVICES_OF_THIS_PROJECT: Final = (
    "athena",
    "cloudwatch",
    "events",
    "glue",
    "iam",
    "lambda",
    "logs",
    "s3",
    "scheduler",
    "sns",
    "sqs",
    "sts",
)

# Java spells what lies beyond the basic plane as a pair of surrogates.
_SURROGATES: Final = r"\uD800\uDC00-\uDBFF\uDFFF"
_ASTRAL: Final = r"\U00010000-\U0010FFFF"
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "blob": (bytes, str),
    "boolean": (bool,),
    "double": (int, float),
    "float": (int, float),
    "integer": (int,),
    "list": (list,),
    "long": (int,),
    "map": (dict,),
    "string": (str,),
    "structure": (dict,),
    "timestamp": (dt.datetime,),
}


@cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of the service, without any emulator's changes to it."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def compiled(pattern: str) -> regex.Pattern[str]:
    r"""Compile a pattern of a model, which is one of Java's.

    Java's `\w`, `\d` and `\s` are ASCII, its `\p{L}` is not; `regex` has one switch for both.
    """
    flags = 0 if r"\p{" in pattern else regex.ASCII
    return regex.compile(pattern.replace(_SURROGATES, _ASTRAL), flags)


def violations(shape: Shape, value: object, member: str = "") -> Iterator[str]:
    """Yield each violation of the shape, as `member: rule`.

    A document, whose content no model describes, is not validated.
    """
    if shape.metadata.get("document"):
        return
    types = _TYPES[shape.type_name]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield f"{member}: {type(value).__name__} is no {shape.type_name}"
        return
    yield from _nested(shape, value, member)
    yield from (f"{member}: {rule}" for rule in _broken_rules(shape, value))


def _nested(shape: Shape, value: object, member: str) -> Iterator[str]:
    match shape, value:
        case StructureShape(), dict():
            yield from _structure(shape, value, member)
        case ListShape(), list():
            for position, item in enumerate(value):
                yield from violations(shape.member, item, f"{member}[{position}]")
        case MapShape(), dict():
            for key, item in value.items():
                yield from violations(shape.key, key, f"{member}, key {key}")
                yield from violations(shape.value, item, f"{member}[{key}]")


def _structure(shape: StructureShape, value: Mapping[str, object], member: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield f"{_path(member, name)}: required"
    if shape.is_tagged_union and len(value) != 1:
        yield f"{member}: {len(value)} members of a union, which takes one"
    for name, item in value.items():
        if name in shape.members:
            yield from violations(shape.members[name], item, _path(member, name))
        else:
            yield f"{_path(member, name)}: unknown"


def _path(member: str, name: str) -> str:
    return f"{member}.{name}" if member else name


def _broken_rules(shape: Shape, value: object) -> Iterator[str]:
    rules = shape.metadata
    size, unit = _size(shape, value)
    if size is not None and size < rules.get("min", size):
        yield f"{size}{unit}, minimum {rules['min']}"
    if size is not None and size > rules.get("max", size):
        yield f"{size}{unit}, maximum {rules['max']}"
    if isinstance(value, str):
        yield from _broken_text_rules(rules, value)


def _broken_text_rules(rules: Mapping[str, Any], value: str) -> Iterator[str]:
    if (pattern := rules.get("pattern")) and not compiled(pattern).fullmatch(value):
        yield f"{value!r} does not match {pattern}"
    if (enum := rules.get("enum")) and value not in enum:
        yield f"{value!r} is none of {', '.join(enum)}"


def _size(shape: Shape, value: object) -> tuple[float | None, str]:
    """The quantity that `min` and `max` bound, and its unit.

    A text counts in bytes of UTF-8, as Glue counts. Other services count characters, which are
    never more.
    """
    match value:
        case bool() | dt.datetime():
            return None, ""
        case int() | float():
            return value, ""
        case str() if shape.type_name == "string":
            return len(value.encode()), " bytes"
        case str() | bytes() | list() | dict():
            return len(value), " items"
    return None, ""
