# SPDX-License-Identifier: Apache-2.0
"""What a page of a list is asked for."""

from __future__ import annotations

import dataclasses
import typing as t

from cratonclient.kinds import Kind
from cratonclient.paths import Path

DEFAULT_SORT = ("created_at", "id")
#: Rows of a page.
DEFAULT_LIMIT, MIN_LIMIT, MAX_LIMIT = 30, 10, 100


class Condition(t.NamedTuple):
    """A condition on a variable.

    :param name: name of the variable.
    :param steps: path from its value to the part that is meant.
    :param wanted: JSON value that this part must contain.
    """

    name: str
    steps: Path
    wanted: t.Any


class Shape(t.NamedTuple):
    """A list query without its values: all that its statement depends on.

    :param kind: kind of the objects.
    :param all_projects: whether to list the objects of all projects.
    :param filters: names of the filters.
    :param sort_keys: names of the columns to sort by.
    :param descending: whether to sort from high to low.
    :param limit: maximum number of rows.
    :param follows: whether the page follows a marker.
    """

    kind: Kind
    all_projects: bool
    filters: tuple[str, ...]
    sort_keys: tuple[str, ...]
    descending: bool
    limit: int
    follows: bool


@dataclasses.dataclass(frozen=True)
class ListQuery:
    """A page of a list.

    :param filters: values to compare with, by name of the filter.
    :param limit: maximum number of rows.
    :param sort_keys: names of the columns to sort by.
    :param descending: whether to sort from high to low.
    :param marker: id of the last row of the page before, as text. ``None`` for the first
        page.
    :param variables: conditions on variables, all of which must hold. ``None`` for none.
    :param resolved: whether inherited variables count.
    """

    filters: dict[str, t.Any]
    limit: int
    sort_keys: tuple[str, ...] = DEFAULT_SORT
    descending: bool = False
    marker: str | None = None
    variables: tuple[Condition, ...] | None = None
    resolved: bool = False

    def shape(self, kind: Kind, *, all_projects: bool) -> Shape:
        """Return what the statement of this query depends on."""
        return Shape(
            kind,
            all_projects,
            tuple(self.filters),
            self.sort_keys,
            self.descending,
            self.limit,
            self.marker is not None,
        )


def sortable(kind: Kind) -> list[str]:
    """Return the names of the fields that a list can be sorted by."""
    return [name for name, field in kind.fields.items() if field.storage.column]
