# SPDX-License-Identifier: Apache-2.0
"""Parse the ``where`` parameter of a list, which can be repeated.

``where=vars.os.kernel<5.10&where=name~^web`` are two comparisons, both of which must hold. The
grammar is that of :mod:`cratonclient.comparisons`.
"""

from __future__ import annotations

import typing as t

from cratonclient import comparisons, paths, secrets
from cratonclient.comparisons import Comparison
from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.api import vars_parameter
from cratonserver.db.comparisons import test_of
from cratonserver.db.list_query import Condition, Test

#: The maximum number of comparisons of a list, and of characters in all of them.
MAX_COMPARISONS, MAX_LENGTH = 16, 4096


class Where(t.NamedTuple):
    """The comparisons of a list.

    :param conditions: those that the index of variables finds.
    :param tests: the others.
    """

    conditions: tuple[Condition, ...]
    tests: tuple[Test, ...]


def parse(
    kind: Kind, texts: t.Sequence[str], *, has_variables: bool, conditions: int = 0
) -> Where:
    """Parse the values of the parameter.

    :param kind: kind of the objects in the list.
    :param texts: the comparisons.
    :param has_variables: the objects have variables.
    :param conditions: number of the conditions that the list has already.
    :raises cratonserver.errors.Refused: with status 400.
    """
    if len(texts) > MAX_COMPARISONS:
        raise errors.invalid([f"where: at most {MAX_COMPARISONS} comparisons can be given"])
    if sum(map(len, texts)) > MAX_LENGTH:
        raise errors.invalid(
            [f"where: the comparisons have more than {MAX_LENGTH} characters in total"]
        )
    indexed: list[Condition] = []
    tests: list[Test] = []
    problems: list[str] = []
    most = vars_parameter.MAX_PAIRS - conditions
    for text in texts:
        try:
            one = _checked(text)
            test = test_of(kind, one, has_variables=has_variables)
        except ValueError as exc:
            shown = text if not secrets.names_secret(text) else secrets.MASK
            reason = str(exc) if text in str(exc) else f"{shown!r}: {exc}"
            problems.append(f"where: {reason.replace(text, shown)}")
            continue
        path = one.variable
        if one.operator == "=" and path and "variables" in kind.parts and len(indexed) < most:
            indexed.append(Condition(str(path[0]), path[1:], one.value))
        else:
            tests.append(test)
    if problems:
        raise errors.invalid(problems)
    return Where(tuple(indexed), tuple(tests))


def _checked(text: str) -> Comparison:
    """Parse a comparison, and refuse one that costs too much or that nothing can match.

    :raises ValueError: if it is not valid.
    """
    found = comparisons.parse(text)
    if len(found.operand) > vars_parameter.MAX_STEPS + 2:
        raise ValueError(f"the path has more than {vars_parameter.MAX_STEPS} steps")
    try:
        for part in (*found.operand, found.value):
            if not isinstance(part, paths.Every):
                vars_parameter.check_value(part)
    except ValueError as exc:
        raise ValueError(f"no value can match: {exc}") from None
    return found
