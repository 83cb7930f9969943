# SPDX-License-Identifier: Apache-2.0
"""The query for a page of a list: filters, order, limit and marker."""

from __future__ import annotations

import dataclasses
import typing as t

from cratonclient import paths
from cratonclient.fields import Field, Ref
from cratonclient.kinds import Kind
from cratonclient.paths import Path
from cratonserver.db.aliases import Row
from cratonserver.db.markers import Marker

DEFAULT_SORT = ("created_at", "id")
#: The number of rows on a page.
DEFAULT_LIMIT, MIN_LIMIT, MAX_LIMIT = 30, 10, 100
#: The last character of Unicode.
_LAST_CHARACTER = "\U0010ffff"

#: The parts of a value at the path of a comparison; none if there is no value.
Parts = t.Sequence[t.Any]
Holds = t.Callable[[Parts], bool]


class Condition(t.NamedTuple):
    """A condition on a variable.

    :param name: name of the variable.
    :param steps: path from the value of the variable to a part of it.
    :param wanted: JSON value that this part must contain.
    """

    name: str
    steps: Path
    wanted: t.Any


class Test(t.NamedTuple):
    """A comparison that can be tested.

    :param name: name of the field or the variable.
    :param steps: path from the value of the variable to the parts to compare, ``None`` for a
        field.
    :param holds: function that returns True if the comparison holds for these parts.
    """

    name: str
    steps: paths.Path | None
    holds: Holds

    def of(self, row: Row, values: t.Mapping[str, t.Any]) -> bool:
        """Return True if the comparison holds for a row.

        :param row: the row.
        :param values: its variables.
        """
        if self.steps is None:
            value = row[self.name]
            return self.holds(() if value is None else (value,))
        if self.name not in values:
            return self.holds(())
        return self.holds(paths.match(values[self.name], self.steps))


class Shape(t.NamedTuple):
    """The shape of a list query. The SQL statement depends on the shape only.

    :param kind: kind of the objects.
    :param all_projects: list the objects of all projects.
    :param filters: names of the filters.
    :param sort_keys: names of the columns to sort by. The last one is the id.
    :param descending: sort from high to low.
    :param limit: maximum number of rows.
    :param follows: the page follows a marker.
    :param prefixed: the names begin with a prefix.
    :param by_values: the values of the marker are parameters, because its row is gone.
    :param columns: names of the columns to read, for a list that is scanned. Empty for all
        columns, and the marker of the previous page.
    """

    kind: Kind
    all_projects: bool
    filters: tuple[str, ...]
    sort_keys: tuple[str, ...]
    descending: bool
    limit: int
    follows: bool
    prefixed: bool = False
    by_values: bool = False
    columns: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class ListQuery:
    """The query for a page of a list.

    :param filters: values to compare with, by name of the filter.
    :param limit: maximum number of rows.
    :param sort_keys: names of the columns to sort by.
    :param descending: sort from high to low.
    :param marker: position of the last row of the previous page. ``None`` for the first
        page.
    :param variables: conditions on variables, all of which must hold, or ``None``.
    :param resolved: inherited variables count, too.
    :param name_prefix: beginning of the names; empty for all names.
    :param comparisons: tests of rows, all of which must hold.
    """

    filters: dict[str, t.Any]
    limit: int
    sort_keys: tuple[str, ...] = DEFAULT_SORT
    descending: bool = False
    marker: Marker | None = None
    variables: tuple[Condition, ...] | None = None
    resolved: bool = False
    name_prefix: str = ""
    comparisons: tuple[Test, ...] = ()

    def shape(self, kind: Kind, *, all_projects: bool, columns: tuple[str, ...] = ()) -> Shape:
        """Return the shape of this query for objects of a kind."""
        return Shape(
            kind,
            all_projects,
            tuple(self.filters),
            _unique(self.sort_keys),
            self.descending,
            self.limit,
            self.marker is not None,
            bool(self.name_prefix),
            columns=columns,
        )


def _unique(sort_keys: t.Iterable[str]) -> tuple[str, ...]:
    """Return the columns that decide the order: up to the id, which no two rows share.

    >>> _unique(["created_at"]), _unique(["name", "id", "name"])
    (('created_at', 'id'), ('name', 'id'))
    """
    names = [*dict.fromkeys((*sort_keys, "id"))]
    return tuple(names[: names.index("id") + 1])


def end_of_prefix(prefix: str) -> str:
    """Return the first text after all names that begin with a prefix.

    Names sort by code point, so these names are a range of an index. A comparison needs no
    wildcards that would have to be escaped, as LIKE does.

    >>> end_of_prefix("web-1")
    'web-2'
    """
    kept = prefix.rstrip(_LAST_CHARACTER)
    if not kept:
        return _LAST_CHARACTER * 256  # longer than any name
    code = ord(kept[-1]) + 1
    # No text contains the code points of surrogates.
    return kept[:-1] + chr(0xE000 if code == 0xD800 else code)


def compared(kind: Kind, name: str) -> Field[t.Any]:
    """Return the field that a filter compares with, or the parameter if there is none.

    :param name: name of the filter: a field, or a parameter such as ``label``.
    """
    parameter = kind.resource_class.parameters.get(name)
    if parameter is None:
        return kind.fields[name]
    return kind.fields[parameter.compares] if parameter.compares else parameter


def is_indexed(kind: Kind, name: str) -> bool:
    """Return True if the rows that pass a filter are found by an index."""
    field = compared(kind, name)
    return (
        field.name in ("id", kind.resource_class.NAME_ATTR, *kind.parts)
        or bool(field.format)
        or isinstance(field, Ref)
    )


def sortable(kind: Kind) -> list[str]:
    """Return the names of the fields that a list can be sorted by."""
    return [name for name, field in kind.fields.items() if field.storage.column]
