# SPDX-License-Identifier: Apache-2.0
"""The representation of rows in responses."""

from __future__ import annotations

import typing as t

from cratonclient.kinds import Kind
from cratonserver.db.tables import Tables

Row = t.Mapping[str, t.Any]


class Representation:
    """The representation of the objects of a kind, derived from its declaration.

    :param tables: the tables.
    :param kind: the kind.
    """

    def __init__(self, tables: Tables, kind: Kind) -> None:
        self._kind = kind
        always = {n: f for n, f in kind.fields.items() if f.shown == "always"}
        self._columns = [name for name, field in always.items() if field.storage.column]
        self._converted = {name: f.read_as for name, f in always.items() if f.read_as}
        computed = [name for name, field in always.items() if not field.storage.column]
        self._links = "links" in computed
        # Fields without a column, such as API keys, are not stored, so they are null.
        self._nulls: dict[str, t.Any] = dict.fromkeys(computed)
        self._paths = {name: tables.kind(f.target).path for name, f in kind.ancestry.items()}
        self._family_paths = {member.key: member.path for member in tables.family(kind)}

    def of(self, row: Row, base_url: str) -> dict[str, t.Any]:
        """Return the representation of a row, without its parts.

        :param row: row of the table.
        :param base_url: URL of the API, such as ``https://craton.example/v1``.
        """
        shown = {name: row[name] for name in self._columns}
        shown.update(self._nulls)
        for name, read_as in self._converted.items():
            if read_as is not None and shown[name] is not None:
                shown[name] = read_as(shown[name])
        if self._links:
            shown["links"] = [{"href": f"{base_url}/{self._nearest(row)}", "rel": "up"}]
        return shown

    def _nearest(self, row: Row) -> str:
        """Return the path of the nearest place of a row, such as ``cells/7``."""
        field = next(name for name in self._kind.ancestry if row[name] is not None)
        # A parent can be of any kind that shares the table.
        path = self._family_paths.get(row.get(f"{field.removesuffix('_id')}_kind", ""))
        return f"{path or self._paths[field]}/{row[field]}"
