# SPDX-License-Identifier: Apache-2.0
"""Parse the parameters of a query string."""

from __future__ import annotations

import re
import typing as t
from urllib import parse

from cratonclient import secrets
from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.api import strict_json, vars_parameter, where_parameter
from cratonserver.db import list_query
from cratonserver.db.list_query import ListQuery
from cratonserver.db.markers import Marker
from cratonserver.db.tables import Tables
from cratonserver.openapi import parameter_schemas
from cratonserver.openapi.json_schemas import JsonSchema
from cratonserver.openapi.operations import REPEATED

_FALSE = frozenset({"n", "no", "false", "0", ""})
_INTEGER = r"\s*[+-]?[0-9]{1,20}\s*"
#: The maximum number of parameters. Each costs time, even if it is refused.
_MAX_PARAMETERS = 100


class ListRequest(t.NamedTuple):
    """A request for a page of a list.

    :param query: the query for the rows.
    :param details: include the variables of each object.
    :param echo: parameters that the links of the page repeat.
    """

    query: ListQuery
    details: bool
    echo: dict[str, t.Any]


def for_list(tables: Tables, kind: Kind, query_string: str) -> ListRequest:
    """Parse the parameters of a list.

    :raises cratonserver.errors.Refused: with status 400.
    """
    allowed = tables.cached(parameter_schemas.of_list, kind)
    values = read(query_string, allowed)
    conditions = None if "vars" not in values else vars_parameter.parse(values["vars"])
    where = where_parameter.parse(
        kind,
        values.get("where", ()),
        has_variables=tables.has_variables(kind),
        conditions=len(conditions or ()),
    )
    if where.conditions:
        conditions = (*(conditions or ()), *where.conditions)
    query = ListQuery(
        filters=_filters(tables, kind, values),
        limit=values.get("limit", list_query.DEFAULT_LIMIT),
        sort_keys=_sort_keys(values),
        descending=values.get("sort_dir") == "desc",
        marker=_marker(values),
        variables=conditions,
        resolved=values.get("resolved-values", True) and bool(kind.inherits),
        name_prefix=values.get("name_prefix", ""),
        comparisons=where.tests,
    )
    echo = {**_flags(kind, allowed), **_echo(query, values)}
    return ListRequest(query, values.get("details", False), echo)


def for_item(query_string: str, *, resolvable: bool) -> bool:
    """Parse the parameters of a request for one object.

    :param resolvable: allow the parameter ``resolved-values``.
    :returns: True if the variables include inherited variables.
    :raises cratonserver.errors.Refused: with status 400.
    """
    values = read(query_string, parameter_schemas.of_item(resolvable=resolvable))
    return bool(values.get("resolved-values", resolvable))


def read(query_string: str, allowed: t.Mapping[str, JsonSchema]) -> dict[str, t.Any]:
    """Parse parameters and convert them to the types of their schemas.

    :param allowed: schemas of the parameters by name.
    :raises cratonserver.errors.Refused: with status 400.
    """
    given = _parse(query_string)
    problems = []
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        names = ", ".join(map(repr, unknown))
        verb = "was" if len(unknown) == 1 else "were"
        problems.append(f"Additional properties are not allowed ({names} {verb} unexpected)")
    values: dict[str, t.Any] = {}
    for name in given.keys() & allowed.keys():
        try:
            if allowed[name].get(REPEATED):
                values[name] = [_convert(allowed[name], one) for one in given[name]]
            else:
                values[name] = _convert(allowed[name], given[name][0])
        except ValueError as exc:
            text = given[name][0]
            value = repr(text)
            secret = secrets.is_secret(name) or secrets.names_secret(text)
            reason = str(exc).replace(value, secrets.MASK if secret else value)
            problems.append(f"{name}: {reason}")
    if problems:
        raise errors.invalid(problems)
    return values


def _parse(query: str) -> dict[str, list[str]]:
    """Parse a query string: the values of each name, in order.

    If a parameter that cannot be repeated has several values, the first one counts.

    :raises cratonserver.errors.Refused: with status 400, if there are too many parameters
        or bytes that are not UTF-8.
    """
    if query.count("&") >= _MAX_PARAMETERS:
        raise errors.invalid([f"there are more than {_MAX_PARAMETERS} parameters"])
    try:
        pairs = parse.parse_qsl(query, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as exc:
        raise errors.invalid([f"the parameters are not UTF-8: {exc.object!r}"]) from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _filters(tables: Tables, kind: Kind, values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    storage, optional = tables.storage(kind), tables.policy(kind).optional_filters
    return {
        name: storage.filter_value(name, values[name])
        for name in parameter_schemas.filters(kind)
        if name in values and (values[name] or name not in optional)
    }


def _marker(values: t.Mapping[str, t.Any]) -> Marker | None:
    """Return the marker of a list.

    :raises cratonserver.errors.Refused: with status 400.
    """
    text = values.get("marker_values")
    if "marker" not in values:
        if text is not None:
            raise errors.invalid(["marker_values: 'marker' is required"])
        return None
    if text is None:
        return Marker(str(values["marker"]))
    try:
        found, problems = strict_json.loads(text)
    except ValueError:
        found, problems = None, ()
    if any(problems) or not isinstance(found, list):
        raise errors.invalid([f"marker_values: {text!r} is not a JSON array"])
    return Marker(str(values["marker"]), tuple(found))


def _sort_keys(values: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    if "sort_keys" not in values:
        return list_query.DEFAULT_SORT
    return tuple(values["sort_keys"].replace(",", " ").split(" "))


def _flags(kind: Kind, allowed: t.Container[str]) -> dict[str, t.Any]:
    """Return the flags that links contain even if the request does not."""
    flags: dict[str, t.Any] = {
        name: False
        for name, field in kind.resource_class.parameters.items()
        if field.type is bool
    }
    if "resolved-values" in allowed:
        flags["resolved-values"] = True
    if "details" in allowed and not (kind.inherits and kind.has_variables):
        flags["details"] = False
    return flags


def _echo(query: ListQuery, values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the parameters of the request that every link contains."""
    return {
        **{n: value for n, value in values.items() if n not in ("marker", "marker_values")},
        "sort_keys": ",".join(query.sort_keys),
        "sort_dir": "desc" if query.descending else "asc",
        "limit": query.limit,
    }


def _convert(schema: JsonSchema, text: str) -> t.Any:
    """Convert a parameter to the type of its schema.

    This does not use jsonschema, which takes too long to import for a list. The messages
    are those of jsonschema.

    :raises ValueError: if the value violates the schema.
    """
    if "\0" in text:
        raise ValueError(f"{text!r} has a NUL character")
    if schema["type"] == "boolean":
        return text.lower() not in _FALSE
    if schema["type"] == "integer":
        return _integer(schema, text)
    if text not in schema.get("enum", [text]):
        raise ValueError(f"{text!r} is not one of {schema['enum']}")
    if not re.search(schema.get("pattern", ""), text):
        raise ValueError(f"{text!r} does not match {schema['pattern']!r}")
    return text


def _integer(schema: JsonSchema, text: str) -> int:
    if not re.fullmatch(_INTEGER, text):
        raise ValueError(f"{text!r} is not of type 'integer'")
    if not re.search(schema.get("pattern", ""), text):
        raise ValueError(f"{text!r} is not an id as the server prints it")
    value = int(text)
    if value < schema.get("minimum", value):
        raise ValueError(f"{value} is less than the minimum of {schema['minimum']}")
    if value > schema.get("maximum", value):
        raise ValueError(f"{value} is greater than the maximum of {schema['maximum']}")
    return value
