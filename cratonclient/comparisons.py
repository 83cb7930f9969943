# SPDX-License-Identifier: Apache-2.0
r"""Comparisons: the texts of the parameter ``where`` of lists, such as ``vars.os.kernel<5.10``.

A comparison is about a field (``name``) or about a variable (``vars.`` and its path, in the
grammar of :mod:`cratonclient.paths`):

=================== =================================================================
``name~^web``       the text matches a regular expression (RE2), anywhere in the text
``vars.cores>=16``  ``=``, ``!=``, ``<``, ``<=``, ``>`` and ``>=`` compare values
``vars.rack``       there is a value
``!vars.rack``      there is no value
=================== =================================================================

Blanks around the operator are ignored. A name that contains an operator, or one of
``. [ ] " '``, needs quotes: ``vars."a<b"=1``.

The rule of :mod:`cratonclient.typed_values` reads the value: ``true``, ``false``, ``null``,
whole numbers, ``{…}``, ``[…]`` and ``"…"`` are JSON, everything else is text. A value without
quotes also has a second meaning, so that nobody must know how a variable is stored: ``<5.10``
compares numbers with the number 5.10, and texts with the text. A colon before the operator
requires JSON, which has one meaning only: ``vars.load:<5.10``. A regular expression is taken as
it is, unless it is a JSON string.
"""

from __future__ import annotations

import json
import re
import typing as t

from cratonclient import exceptions, json_values, paths, secrets, typed_values
from cratonclient.fields import Field

#: The operators between an operand and a value.
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~")
#: The operators without a value.
EXISTS, ABSENT = "exists", "absent"
#: The first step of the paths of variables.
VARIABLES = "vars"

#: Characters of operators, as a typing error may combine them.
_SIGNS = "=<>!~"
#: A name ends before blanks and an operator, and before blanks or a colon at the end.
_NAME = rf"""(?!\s)(?:(?!\s*:?(?:[{_SIGNS}]|\Z))[^."'\[\]{_SIGNS}])+"""
_GRAMMAR = paths.Grammar(
    variable=_NAME, member=rf"""(?!\*(?:\s*:?[{_SIGNS}]|[."'\[\]]|\s*\Z)){_NAME}"""
)
_OPERATOR = re.compile(rf"\s*(?P<exact>:?)(?P<signs>[{_SIGNS}]+)\s*")
_QUOTED = re.compile(r'"[^\n]*"')
#: A number of JSON, which an unquoted value may be beside its text.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
#: Operators of other languages, and those of this one.
_HINTS = {"==": "=", "=~": "~", "~=": "~", "=<": "<=", "=>": ">=", "<>": "!=", "=!": "!="}


class Comparison(t.NamedTuple):
    """One comparison.

    :param operand: path of a field, such as ``('name',)``, or of a variable:
        ``('vars', 'os', 'kernel')``.
    :param operator: one of :data:`OPERATORS`, :data:`EXISTS` or :data:`ABSENT`.
    :param value: JSON value to compare with; the regular expression for ``~``.
    :param bare: the value as it was written, if it is a number without quotes, which can be
        compared with texts, too. ``None`` for other values.
    """

    operand: paths.Path
    operator: str
    value: t.Any = None
    bare: str | None = None

    @property
    def variable(self) -> paths.Path | None:
        """The path of the variable, ``None`` for a field."""
        return self.operand[1:] if self.operand[0] == VARIABLES else None

    @property
    def meanings(self) -> tuple[t.Any, ...]:
        """The values that an order compares with: the value, and its second meaning.

        >>> parse('vars.os.kernel<5.10').meanings, parse('vars.os.kernel<"5.10"').meanings
        (('5.10', 5.1), ('5.10',))
        """
        if self.bare is None:
            return (self.value,)
        if isinstance(self.value, str):
            return (self.value, typed_values.parse_json(self.bare))
        return (self.value, self.bare)


def parse(text: str) -> Comparison:
    """Parse a comparison.

    :param text: text of the comparison.
    :raises cratonclient.paths.PathError: if it is not valid. The message names the text.

    >>> parse('name~^web')
    Comparison(operand=('name',), operator='~', value='^web', bare=None)
    >>> parse('!vars.rack').operator, parse('vars.cores>=16').value
    ('absent', 16)
    """
    stripped = text.strip() if isinstance(text, str) else ""
    if stripped.startswith("!"):
        operand, end = _operand(text, stripped, 1)
        if end < len(stripped):
            raise _invalid(text, 'A comparison with "!" in front has no operator.')
        return Comparison(operand, ABSENT)
    operand, end = _operand(text, stripped, 0)
    if end == len(stripped):
        return Comparison(operand, EXISTS)
    operator, exact, end = _operator(text, stripped, end)
    return with_value(text, operand, operator, stripped[end:], exact=exact)


def parse_variable(text: str) -> Comparison:
    """Parse a comparison about a variable, without ``vars.`` in front.

    :param text: text of the comparison, such as ``os.kernel<5.10`` or ``!rack``.
    :raises cratonclient.paths.PathError: if it is not valid.

    >>> parse_variable('!os.kernel').operand
    ('vars', 'os', 'kernel')
    """
    stripped = text.strip()
    sign = "!" if stripped.startswith("!") else ""
    rest = stripped[len(sign) :].lstrip()
    if not rest:
        raise _invalid(text, "The name of a variable is missing, as in rack=r1 or !rack.")
    try:
        return parse(f"{sign}{VARIABLES}.{rest}")
    except paths.PathError as exc:
        raise paths.PathError(str(exc).replace(f"{VARIABLES}.{rest}", rest)) from None


def operator_in(text: str) -> str:
    """Return the signs after the operand in a text, even if they are not an operator.

    >>> operator_in('vars.a=>b'), operator_in('vars.a')
    ('=>', '')
    """
    _, end = _GRAMMAR.scan(text)
    found = _OPERATOR.match(text, end)
    return found["signs"] if found else ""


def with_value(
    text: str, operand: paths.Path, operator: str, given: str, *, exact: bool
) -> Comparison:
    """Return the comparison with a value as it was written.

    :param text: text of the comparison, for messages.
    :param operand: path of the field or the variable.
    :param operator: one of :data:`OPERATORS`.
    :param given: text of the value.
    :param exact: the value must be JSON.
    :raises cratonclient.paths.PathError: if it is not valid.
    """
    quoted = _QUOTED.fullmatch(given) is not None
    try:
        if operator == "~":
            value = typed_values.parse_json(given) if exact or quoted else given
            if not isinstance(value, str):
                raise _invalid(text, "A regular expression is a text.")
            return Comparison(operand, operator, value)
        value = (typed_values.parse_json if exact else typed_values.parse)(given)
    except paths.PathError:
        raise
    except ValueError as exc:
        reason = getattr(exc, "msg", None) or str(exc)
        raise _invalid(text, f"The value is not valid JSON: {reason}.") from None
    if given == "" and operator not in ("=", "!="):
        raise _invalid(text, 'There is no value. Write "" for the empty text.')
    is_bare = not (exact or quoted) and _is_number(given)
    return Comparison(operand, operator, value, given if is_bare else None)


def _is_number(given: str) -> bool:
    try:
        return bool(_NUMBER.fullmatch(given)) and typed_values.parse_json(given) is not None
    except ValueError:  # too large
        return False


def comparable(fields: t.Mapping[str, Field[t.Any]]) -> dict[str, Field[t.Any]]:
    """Return the fields that can be compared: those that all lists show.

    :param fields: fields of a kind, by name.
    """
    return {
        name: field
        for name, field in fields.items()
        if field.storage.column and field.shown == "always" and not field.secret
    }


def all_of(given: object) -> list[Comparison]:
    """Return comparisons as programs write them.

    :param given: the text of a comparison, or a sequence of them. In place of a text, there
        can be a :class:`Comparison`, or its operand, operator and value, such as
        ``('name', '!=', 'web-1')``. Such a value has its own type: a text is not a number.
    :raises cratonclient.exceptions.BadRequest: if one is not valid.

    >>> [write(one) for one in all_of(['!vars.rack', ('vars.load', '<', 5.1)])]
    ['!vars.rack', 'vars.load:<5.1']
    """
    try:
        if isinstance(given, (str, Comparison)):
            return [_one(given)]
        if isinstance(given, t.Iterable) and not isinstance(given, (bytes, t.Mapping)):
            return [_one(one) for one in given]
    except exceptions.CommandError as exc:
        raise exceptions.BadRequest(f"where: {exc}") from None
    raise exceptions.BadRequest(f"where: {given!r} is not a list of comparisons.")


def _one(given: t.Any) -> Comparison:
    if isinstance(given, Comparison):
        return given
    if isinstance(given, str):
        return parse(given)
    if not (isinstance(given, (tuple, list)) and len(given) == 3):
        raise _invalid(given, "A comparison is a text, or an operand, an operator and a value.")
    operand, operator, value = given
    found = parse(operand)
    if found.operator != EXISTS or operator not in OPERATORS:
        raise _invalid(given, f"{operator!r} is not an operator, or {operand!r} no operand.")
    if operator == "~" and not isinstance(value, str):
        raise _invalid(given, "A regular expression is a text.")
    return Comparison(found.operand, operator, json_values.checked(value))


def write(comparison: Comparison) -> str:
    """Return the text of a comparison, so that :func:`parse` returns the same comparison.

    >>> write(parse('vars."a b" < 5.10')), write(Comparison(('vars', 'load'), '<', 5.1))
    ('vars.a b<5.10', 'vars.load:<5.1')
    """
    operand = _GRAMMAR.write(comparison.operand)
    if comparison.operator == EXISTS:
        return operand
    if comparison.operator == ABSENT:
        return f"!{operand}"
    given = comparison.value if comparison.bare is None else comparison.bare
    if isinstance(given, str) and _reads(f"{operand}{comparison.operator}{given}", comparison):
        return f"{operand}{comparison.operator}{given}"
    return f"{operand}:{comparison.operator}{json.dumps(json_values.checked(comparison.value))}"


def _reads(text: str, comparison: Comparison) -> bool:
    """Return True if a text is the text of a comparison."""
    try:
        return parse(text) == comparison
    except paths.PathError:
        return False


def _operand(text: str, stripped: str, at: int) -> tuple[paths.Path, int]:
    """Parse the field or the variable at a position."""
    at += len(stripped[at:]) - len(stripped[at:].lstrip())
    path, end = _GRAMMAR.scan(stripped, at)
    if not path:
        raise _invalid(
            text,
            "A comparison begins with a field, or with vars. and a variable: name~^web, "
            "vars.os.kernel<5.10, vars.rack or !vars.rack.",
        )
    if path[0] != VARIABLES and len(path) > 1:
        raise _invalid(
            text, f"{paths.write(path[:1])} has no members. Write vars. in front of a variable."
        )
    if path[0] == VARIABLES:
        _check_variable(text, path[1:])
    return path, end


def _check_variable(text: str, path: paths.Path) -> None:
    """Refuse a path that is not one of a variable."""
    if not path or not isinstance(path[0], str):
        raise _invalid(text, "After vars. comes the name of a variable.")
    if any(isinstance(step, int) and step < 0 for step in path):
        raise _invalid(text, "A filter accepts no negative index. Use 0 or more, or [*].")
    try:
        paths.check_name(path[0])
    except paths.PathError as exc:
        raise _invalid(text, str(exc)) from None


def _operator(text: str, stripped: str, at: int) -> tuple[str, bool, int]:
    """Parse the operator at a position."""
    found = _OPERATOR.match(stripped, at)
    if not found:
        raise _invalid(text, f"There is no operator after {stripped[:at]!r}.")
    signs = found["signs"]
    if signs in OPERATORS:
        return signs, bool(found["exact"]), found.end()
    if signs[0] == "~" and signs[1] != "=":  # the rest begins the regular expression
        return "~", bool(found["exact"]), found.start("signs") + 1
    hint = next((right for wrong, right in _HINTS.items() if signs.startswith(wrong)), "")
    instead = f" Write {hint}. A value that begins with a sign needs quotes." if hint else ""
    known = "" if hint else f" The operators are {' '.join(OPERATORS)}."
    raise _invalid(text, f"{signs!r} is not an operator.{instead}{known}")


def _invalid(text: object, reason: str) -> paths.PathError:
    shown = secrets.MASK if secrets.names_secret(str(text)) else repr(text)
    return paths.PathError(f"{shown} is not a valid comparison. {reason}")
