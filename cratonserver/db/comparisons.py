# SPDX-License-Identifier: Apache-2.0
"""Test values: the comparisons of a list, as functions.

The rules, which :doc:`/specs/comparisons` explains:

- ``=`` finds what the parameter ``vars`` finds: a list contains its elements.
- ``!=`` finds the objects that have a value and that ``=`` does not find.
- ``<``, ``<=``, ``>`` and ``>=`` compare numbers with numbers, texts that look like versions
  with such texts, and other texts with all texts. Values of other types do not match.
- ``~`` matches texts only.
- If a path leads to several parts, one that matches is enough, except for ``!=`` and for the
  absence of a value.
"""

from __future__ import annotations

import json
import operator
import typing as t

from cratonclient import formats, paths
from cratonclient.comparisons import ABSENT, EXISTS, Comparison, comparable
from cratonclient.fields import Field
from cratonclient.kinds import Kind
from cratonserver import patterns, version_order
from cratonserver.db import json_contains
from cratonserver.db.list_query import Holds, Parts, Test

#: A function that tests one value.
_Matches = t.Callable[[t.Any], bool]

_ORDERS: dict[str, t.Callable[[t.Any, t.Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
#: Fields with times, which are declared as texts.
_TIMES = ("created_at", "updated_at")


def test_of(kind: Kind, comparison: Comparison, *, has_variables: bool) -> Test:
    """Return the test of a comparison.

    :param kind: kind of the objects.
    :param comparison: the comparison.
    :param has_variables: the objects have variables.
    :raises ValueError: if the kind has no such field, or the field no such values. The
        message says what to do.
    """
    path = comparison.variable
    if path is None:
        field = comparable(kind.fields).get(str(comparison.operand[0]))
        if field is None:
            known = ", ".join(comparable(kind.fields))
            if has_variables:
                known += "; vars. comes before the name of a variable"
            raise ValueError(
                f"a {kind.noun} has no field {comparison.operand[0]!r} to compare. Known: "
                f"{known}"
            )
        return Test(field.name, None, _of_field(field, comparison))
    if not has_variables:
        raise ValueError(f"a {kind.noun} has no variables")
    several = any(isinstance(step, paths.Every) for step in path)
    return Test(str(path[0]), path[1:], _of_variable(comparison, several))


def _of_variable(comparison: Comparison, several: bool) -> Holds:
    """Return the test of the parts of a variable.

    :param several: the path may lead to several parts.
    """
    wanted = comparison.value
    if comparison.operator in ("=", "!="):

        def has(parts: Parts) -> bool:
            value = parts if several else parts[0]
            return json_contains.contains([*value] if several else value, wanted)

        return _equality(comparison.operator, has)
    if comparison.operator in (EXISTS, ABSENT):
        return _presence(comparison.operator)
    matches = _pattern(comparison) if comparison.operator == "~" else _ordered(comparison)
    return lambda parts: any(map(matches, parts))


def _of_field(field: Field[t.Any], comparison: Comparison) -> Holds:
    """Return the test of the value of a field.

    :raises ValueError: if the field cannot have a value that matches.
    """
    sign = comparison.operator
    if sign in (EXISTS, ABSENT):
        return _presence(sign)
    if comparison.value is None and sign != "~":
        raise ValueError(f"write !{field.name} for objects without {field.name}")
    if sign == "~":
        if field.type is not str:
            raise ValueError(f"{field.name} is no text, so ~ cannot match it")
        matches = _pattern(comparison)
        return lambda parts: any(map(matches, parts))
    typed = _typed(field, comparison)
    format = "time" if field.name in _TIMES else field.format
    if field.type is str and format is not None:
        return _formatted(format, typed)
    if sign in ("=", "!="):
        return _equality(sign, lambda parts: bool(parts[0] == typed.value))
    matches = _ordered(typed)
    return lambda parts: any(map(matches, parts))


def _typed(field: Field[t.Any], comparison: Comparison) -> Comparison:
    """Return a comparison whose value has the type of a field.

    :raises ValueError: if the value cannot have this type.
    """
    value = comparison.value
    if field.type is str:
        value = value if comparison.bare is None else comparison.bare
        wanted = "a text. Write the value in double quotes"
    elif field.type is int:
        value = next(filter(_is_number, comparison.meanings), value)
        wanted = "a number"
    else:
        wanted = "true or false"
    fits = _is_number(value) if field.type is int else isinstance(value, field.type)
    if not fits:
        raise ValueError(f"{field.name} is compared with {value!r}, but it is {wanted}")
    return comparison._replace(value=value, bare=None)


def _formatted(format: formats.Format, comparison: Comparison) -> Holds:
    """Return the test of an address, an address range, a netmask or a time."""
    text = comparison.value
    try:
        group, wanted = formats.order(format, text)
    except ValueError as exc:
        raise ValueError(f"{text!r} {exc}") from None

    def place(value: str) -> t.Any:
        try:
            found_group, found = formats.order(format, value)
        except ValueError:  # a server of 2017 stored it
            return None
        return found if found_group == group else None

    if comparison.operator in ("=", "!="):
        return _equality(comparison.operator, lambda parts: bool(place(parts[0]) == wanted))
    compare = _ORDERS[comparison.operator]

    def holds(parts: Parts) -> bool:
        found = place(parts[0]) if parts else None
        return found is not None and compare(found, wanted)

    return holds


def _equality(sign: str, has: Holds) -> Holds:
    """Return the test for ``=`` or ``!=``.

    :param has: function for ``=`` and at least one part.
    """
    if sign == "=":
        return lambda parts: bool(parts) and has(parts)
    return lambda parts: bool(parts) and not has(parts)


def _presence(sign: str) -> Holds:
    return (lambda parts: bool(parts)) if sign == EXISTS else (lambda parts: not parts)


def _pattern(comparison: Comparison) -> _Matches:
    """Return the test for a regular expression."""
    try:
        search = patterns.compile(comparison.value)
    except ValueError as exc:
        raise ValueError(
            f"{comparison.value!r} is not a valid regular expression: {exc}"
        ) from None
    return lambda part: isinstance(part, str) and search(part)


def _ordered(comparison: Comparison) -> _Matches:
    """Return the test for an order.

    :raises ValueError: if the value has no order.
    """
    compare = _ORDERS[comparison.operator]
    numbers = [m for m in comparison.meanings if _is_number(m)]
    texts = [m for m in comparison.meanings if isinstance(m, str)]
    if not (numbers or texts):
        raise ValueError(
            f"{comparison.operator} compares numbers and texts, not "
            f"{json.dumps(comparison.value)}"
        )
    version = version_order.key(texts[0]) if texts else None
    plain = bool(texts) and version is None and comparison.bare is None

    def matches(part: t.Any) -> bool:
        if isinstance(part, str):
            if plain:
                return compare(part, texts[0])
            found = None if version is None else version_order.key(part)
            return found is not None and compare(found, version)
        return bool(numbers) and _is_number(part) and compare(part, numbers[0])

    return matches


def _is_number(value: t.Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
