# SPDX-License-Identifier: Apache-2.0
"""Read the parameters of a query (wire document, sections 6.1 to 6.3)."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from cratonclient import v1
from cratonclient.fields import Field, Sub
from cratonserver import errors, paging, rules
from cratonserver.tables import Kind, Schema

_FALSE = frozenset({"n", "no", "false", "0", ""})
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,20}\s*")
_MAX_INTEGER = 2**31 - 1


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


def for_list(schema: Schema, kind: Kind, given: t.Mapping[str, str]) -> ListQuery:
    """Read the parameters of a list.

    :param given: the parameters, the first of each name.
    :raises cratonserver.errors.Refused: with status 400.
    """
    peculiar = rules.of(kind)
    filters = _filters(kind)
    allowed: dict[str, Field[t.Any]] = {**filters, **_paging()}
    detailed = schema.has_variables(kind) and _detailed(schema, kind)
    if detailed:
        allowed["details"] = Field(bool, "")
    if isinstance(kind.resource_class.fields().get("variables"), Sub):
        allowed["vars"] = Field(str, "")
    ignored = dict.fromkeys(peculiar.ignores, Field(bool, ""))
    if kind.resource_class.inherits:
        allowed["resolved-values"] = Field(bool, "")
    allowed.update(ignored)
    values = _read(allowed, given)
    sort_keys = tuple((values.get("sort_keys") or "").replace(",", " ").split(" "))
    query = ListQuery(
        filters={
            name: values[name]
            for name in filters
            if name in values and (values[name] or name not in peculiar.optional_filters)
        },
        sort_keys=sort_keys if "sort_keys" in values else paging.DEFAULT_SORT,
        sort_dir=values.get("sort_dir", "asc"),
        limit=values.get("limit", paging.DEFAULT_LIMIT),
        marker=values.get("marker"),
        details=values.get("details", False),
        resolved=values.get("resolved-values", True) and bool(kind.resource_class.inherits),
        vars=values.get("vars"),
        echo={},
    )
    query.echo.update({**_always(kind, allowed), **_echo(query, values)})
    return query


def for_one(given: t.Mapping[str, str], *, resolvable: bool) -> bool:
    """Read the parameters of a request for one object.

    :param resolvable: whether ``resolved-values`` may be given.
    :returns: whether variables include the inherited ones.
    """
    allowed = {"resolved-values": Field(bool, "")} if resolvable else {}
    return bool(_read(allowed, given).get("resolved-values", resolvable))


def _filters(kind: Kind) -> dict[str, Field[t.Any]]:
    resource = kind.resource_class
    fields = resource.fields()
    return {**{name: fields[name] for name in resource.filters}, **resource.parameters}


def _paging() -> dict[str, Field[t.Any]]:
    return {
        "limit": Field(int, ""),
        "marker": Field(str, ""),
        "sort_keys": Field(str, ""),
        "sort_dir": Field(str, ""),
    }


def _detailed(schema: Schema, kind: Kind) -> bool:
    """Tell whether a list can show variables: where they have a path of their own."""
    members = [member.resource_class.fields() for member in schema.members(kind)]
    return all(isinstance(fields.get("variables"), Sub) for fields in members)


def _always(kind: Kind, allowed: t.Mapping[str, Field[t.Any]]) -> dict[str, t.Any]:
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
    allowed: t.Mapping[str, Field[t.Any]], given: t.Mapping[str, str]
) -> dict[str, t.Any]:
    problems = []
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        names = ", ".join(map(repr, unknown))
        verb = "was" if len(unknown) == 1 else "were"
        problems.append(f"Additional properties are not allowed ({names} {verb} unexpected)")
    values: dict[str, t.Any] = {}
    for name, text in given.items():
        if name not in allowed:
            continue
        try:
            values[name] = _convert(allowed[name].type, text)
        except ValueError:
            problems.append(f"{name}: {text!r} is not of type 'integer'")
    problems.extend(_out_of_bounds(values))
    if problems:
        raise errors.invalid(problems)
    return values


def _convert(python_type: type, text: str) -> t.Any:
    if python_type is bool:
        return text.lower() not in _FALSE
    if python_type is int:
        value = int(text) if _INTEGER.fullmatch(text) else _MAX_INTEGER + 1
        if abs(value) > _MAX_INTEGER:
            raise ValueError(text)
        return value
    return text


def _out_of_bounds(values: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    limit = values.get("limit", paging.DEFAULT_LIMIT)
    if limit < paging.MIN_LIMIT:
        yield f"{limit} is less than the minimum of {paging.MIN_LIMIT}"
    if limit > paging.MAX_LIMIT:
        yield f"{limit} is greater than the maximum of {paging.MAX_LIMIT}"
    direction = values.get("sort_dir", "asc")
    if direction not in ("asc", "desc"):
        yield f"{direction!r} is not one of ['asc', 'desc']"


def collection_path(kind: Kind) -> str:
    """Give the name of a collection as paths spell it."""
    return v1.collection_of(kind).replace("_", "-")
