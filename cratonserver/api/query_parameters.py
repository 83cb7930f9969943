# SPDX-License-Identifier: Apache-2.0
"""Read the parameters of a query (wire document, sections 6.1 to 6.3)."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from urllib import parse

from cratonclient import v1
from cratonclient.fields import Field, Sub
from cratonserver import errors
from cratonserver.db import keyset
from cratonserver.db.tables import Kind, Schema
from cratonserver.kinds import rules
from cratonserver.openapi import json_schemas

_FALSE = frozenset({"n", "no", "false", "0", ""})
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,20}\s*")
#: More than anybody means; each costs time before it can be refused.
_MOST = 100


@dataclasses.dataclass(frozen=True)
class ListQuery:
    """What a list is asked for.

    :param filters: values by the name of the parameter.
    :param sort_keys: names of columns.
    :param sort_dir: ``asc`` or ``desc``.
    :param limit: the size of the page.
    :param marker: the id after which it begins, as text.
    :param details: whether each object comes with its variables.
    :param resolved: whether those include the inherited ones.
    :param vars: what the variables must match, ``None`` if that does not matter.
    :param echo: the parameters as the links of the page repeat them.
    """

    filters: dict[str, t.Any]
    sort_keys: tuple[str, ...]
    sort_dir: str
    limit: int
    marker: str | None
    details: bool
    resolved: bool
    vars: str | None
    echo: dict[str, t.Any]


def given(query: str) -> dict[str, str]:
    """Read a query string; the first value of a name counts.

    :raises cratonserver.errors.Refused: with status 400 when it has too many
        parameters, or bytes that are not UTF-8.
    """
    if query.count("&") >= _MOST:
        raise errors.invalid([f"there are more than {_MOST} parameters"])
    try:
        pairs = parse.parse_qsl(query, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as exc:
        raise errors.invalid([f"the parameters are not UTF-8: {exc.object!r}"]) from None
    return dict(reversed(pairs))


def for_list(schema: Schema, kind: Kind, query: str) -> ListQuery:
    """Read the parameters of a list.

    :param query: the query string.
    :raises cratonserver.errors.Refused: with status 400.
    """
    peculiar = rules.of(kind)
    allowed = of_list(schema, kind)
    values = _read(allowed, given(query))
    sort_keys = tuple((values.get("sort_keys") or "").replace(",", " ").split(" "))
    marker = values.get("marker")
    read = ListQuery(
        filters={
            name: peculiar.sought(name, values[name])
            for name in _filters(kind)
            if name in values and (values[name] or name not in peculiar.optional_filters)
        },
        sort_keys=sort_keys if "sort_keys" in values else keyset.DEFAULT_SORT,
        sort_dir=values.get("sort_dir", "asc"),
        limit=values.get("limit", keyset.DEFAULT_LIMIT),
        marker=None if marker is None else str(marker),
        details=values.get("details", False),
        resolved=values.get("resolved-values", True) and bool(kind.resource_class.inherits),
        vars=values.get("vars"),
        echo={},
    )
    read.echo.update({**_always(kind, allowed), **_echo(read, values)})
    return read


def for_one(query: str, *, resolvable: bool) -> bool:
    """Read the parameters of a request for one object.

    :param query: the query string.
    :param resolvable: whether ``resolved-values`` may be given.
    :returns: whether variables include the inherited ones.
    """
    values = _read(of_one(resolvable=resolvable), given(query))
    return bool(values.get("resolved-values", resolvable))


def read(query: str, allowed: t.Mapping[str, json_schemas.Schema]) -> dict[str, t.Any]:
    """Read the parameters of a request for something else.

    :param allowed: their JSON Schemas.
    :raises cratonserver.errors.Refused: with status 400.
    """
    return _read(allowed, given(query))


def of_list(schema: Schema, kind: Kind) -> dict[str, json_schemas.Schema]:
    """Give the JSON Schemas of the parameters of a list."""
    resource = kind.resource_class
    allowed = {name: json_schemas.parameter(field) for name, field in _filters(kind).items()}
    allowed.update(
        limit=_LIMIT,
        marker=json_schemas.identifier(resource, "id of the last object of the page before"),
        sort_keys=_sort_keys(resource),
        sort_dir=_SORT_DIR,
    )
    if schema.has_variables(kind) and _detailed(schema, kind):
        allowed["details"] = _flag("whether each object comes with its variables", False)
    if isinstance(resource.fields().get("variables"), Sub):
        allowed["vars"] = _VARS
    if resource.inherits:
        allowed["resolved-values"] = _RESOLVED
    ignored = rules.of(kind).ignores
    return {**allowed, **dict.fromkeys(ignored, _flag("accepted, without effect", False))}


def of_one(*, resolvable: bool) -> dict[str, json_schemas.Schema]:
    """Give the JSON Schemas of the parameters of a request for one object."""
    return {"resolved-values": _RESOLVED} if resolvable else {}


def _flag(description: str, default: bool) -> json_schemas.Schema:
    return {"description": description, "type": "boolean", "default": default}


_RESOLVED = _flag("whether variables include the inherited ones", True)
_VARS: json_schemas.Schema = {
    "description": "variables that the objects have, as PATH:VALUE, separated by commas",
    "type": "string",
    "example": 'disks[*].size:"2T",rack:"r1"',
}
_LIMIT: json_schemas.Schema = {
    "description": "the most objects of a page",
    "type": "integer",
    "minimum": keyset.MIN_LIMIT,
    "maximum": keyset.MAX_LIMIT,
    "default": keyset.DEFAULT_LIMIT,
}
_SORT_DIR: json_schemas.Schema = {
    "description": "whether to sort up or down",
    "type": "string",
    "enum": ["asc", "desc"],
    "default": "asc",
}


def _sort_keys(resource: t.Any) -> json_schemas.Schema:
    return {
        "description": "fields to sort by, in order",
        "type": "array",
        "items": {"type": "string", "enum": keyset.sortable(resource)},
        "minItems": 1,
        "default": list(keyset.DEFAULT_SORT),
    }


def _filters(kind: Kind) -> dict[str, Field[t.Any]]:
    resource = kind.resource_class
    fields = resource.fields()
    return {**{name: fields[name] for name in resource.filters}, **resource.parameters}


def _detailed(schema: Schema, kind: Kind) -> bool:
    """Tell whether a list can show variables: where they have a path of their own."""
    members = [member.resource_class.fields() for member in schema.members(kind)]
    return all(isinstance(fields.get("variables"), Sub) for fields in members)


def _always(kind: Kind, allowed: t.Container[str]) -> dict[str, t.Any]:
    """Give the flags that links carry although they were not given (section 8)."""
    resource = kind.resource_class
    flags: dict[str, t.Any] = {
        n: False for n, f in resource.parameters.items() if f.type is bool
    }
    if "resolved-values" in allowed:
        flags["resolved-values"] = True
    if "details" in allowed and not (resource.inherits and "variables" in resource.fields()):
        flags["details"] = False
    return flags


def _echo(query: ListQuery, values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Give the parameters that every link carries."""
    return {
        **{name: value for name, value in values.items() if name != "marker"},
        "sort_keys": ",".join(query.sort_keys),
        "sort_dir": query.sort_dir,
        "limit": query.limit,
    }


def _read(
    allowed: t.Mapping[str, json_schemas.Schema], given: t.Mapping[str, str]
) -> dict[str, t.Any]:
    problems = []
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        names = ", ".join(map(repr, unknown))
        verb = "was" if len(unknown) == 1 else "were"
        problems.append(f"Additional properties are not allowed ({names} {verb} unexpected)")
    values: dict[str, t.Any] = {}
    for name in given.keys() & allowed.keys():
        try:
            values[name] = _convert(allowed[name], given[name])
        except ValueError as exc:
            problems.append(f"{name}: {exc}")
    if problems:
        raise errors.invalid(problems)
    return values


def _convert(schema: json_schemas.Schema, text: str) -> t.Any:
    """Read a parameter as its schema has it.

    :raises ValueError: when it does not fit, in the words of jsonschema, which
        takes too long to import to read a list with it.
    """
    if "\0" in text:
        raise ValueError(f"{text!r} has a NUL character")
    if schema["type"] == "boolean":
        return text.lower() not in _FALSE
    if schema["type"] == "integer":
        return _integer(schema, text)
    if text not in schema.get("enum", [text]):
        raise ValueError(f"{text!r} is not one of {schema['enum']}")
    return text


def _integer(schema: json_schemas.Schema, text: str) -> int:
    value = int(text) if _INTEGER.fullmatch(text) else None
    if value is None:
        raise ValueError(f"{text!r} is not of type 'integer'")
    if value < schema.get("minimum", value):
        raise ValueError(f"{value} is less than the minimum of {schema['minimum']}")
    if value > schema.get("maximum", value):
        raise ValueError(f"{value} is greater than the maximum of {schema['maximum']}")
    return value


def collection_path(kind: Kind) -> str:
    """Give the name of a collection as paths spell it."""
    return v1.collection_of(kind).replace("_", "-")
