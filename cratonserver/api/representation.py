# SPDX-License-Identifier: Apache-2.0
"""The representation of rows in responses."""

from __future__ import annotations

import operator
import typing as t

from cratonclient.kinds import Kind
from cratonserver.db.aliases import Row
from cratonserver.db.tables import Tables


class Representation:
    """The representation of the objects of a kind, derived from its declaration.

    :param tables: the tables.
    :param kind: the kind.
    """

    def __init__(self, tables: Tables, kind: Kind) -> None:
        always = {n: f for n, f in kind.fields.items() if f.shown == "always"}
        self._columns = [name for name, field in always.items() if field.storage.column]
        # Faster than a comprehension: a page has a hundred rows.
        self._values = operator.itemgetter(*self._columns)
        self._converted = {name: f.read_as for name, f in always.items() if f.read_as}
        computed = [name for name, field in always.items() if not field.storage.column]
        self._links = "links" in computed
        # Fields without a column, such as API keys, are not stored, so they are null.
        self._nulls = [name for name in computed if name != "links"]
        self._places = [_place(tables, kind, name) for name in kind.ancestry]
        self._family_paths = {member.key: member.path for member in tables.family(kind)}

    def of(self, row: Row, base_url: str) -> dict[str, t.Any]:
        """Return the representation of a row, without its parts.

        :param row: row of the table.
        :param base_url: URL of the API, such as ``https://craton.example/v1``.
        """
        shown = dict(zip(self._columns, self._values(row), strict=True))
        for name in self._nulls:
            shown[name] = None
        for name, read_as in self._converted.items():
            if read_as is not None and shown[name] is not None:
                shown[name] = read_as(shown[name])
        if self._links:
            shown["links"] = [{"href": f"{base_url}/{self._nearest(row)}", "rel": "up"}]
        return shown

    def _nearest(self, row: Row) -> str:
        """Return the path of the nearest place of a row, such as ``cells/7``."""
        for place in self._places:
            item_id = row[place.field]
            if item_id is not None:
                path = place.path
                if place.kind_column:
                    path = self._family_paths[row[place.kind_column]]
                return f"{path}/{item_id}"
        raise LookupError("the row is in no place")


class _Place(t.NamedTuple):
    """A place that a row can be in.

    :param field: reference to the place.
    :param path: path of its kind.
    :param kind_column: column with the kind of the place, if it can be any kind of the
        table of the row: a device can be a part of a host or of a network device.
    """

    field: str
    path: str
    kind_column: str


def _place(tables: Tables, kind: Kind, field: str) -> _Place:
    target = tables.kind(kind.ancestry[field].target)
    shares_table = tables.table(target) is tables.table(kind)
    kind_column = f"{field.removesuffix('_id')}_kind" if shares_table else ""
    return _Place(field, target.path, kind_column)
