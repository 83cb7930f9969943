# SPDX-License-Identifier: Apache-2.0
"""The values of an object that a change changed, as the API shows them."""

from __future__ import annotations

import json
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import column_types
from cratonserver.db.aliases import Row
from cratonserver.db.tables import Tables

#: Columns that an object shows in another way, or not at all.
_OTHER = frozenset({"id", "kind"})


class Changed:
    """An object before a change and after it, from the rows of the log in their order.

    A change may have changed a value several times: the first value before and the last one
    after it count.

    :param tables: the tables.
    :param kind: kind of the object.
    """

    def __init__(self, tables: Tables, kind: Kind) -> None:
        self._kind = kind
        self._columns = tables.table(kind).c
        self._lists = {name for name, one in kind.parts.items() if one.type is not dict}
        self._before: Row | None = {}
        self._after: Row | None = {}

    def add(self, part: str, member: str | None, before: str | None, after: str | None) -> None:
        """Add a row of the log.

        :param part: name of the part, empty for the fields of the object.
        :param member: name of the variable or the label.
        :param before: JSON value before the change, ``None`` without one.
        :param after: the same after it.
        """
        if member is None:
            self._add_fields(before, after)
        elif part in self._lists:
            self._add_label(part, member, before, after)
        else:
            self._add_value(part, member, before, after)

    @property
    def name(self) -> str | None:
        """The name of the object, if the change contains it."""
        named = self._kind.resource_class.NAME_ATTR
        values = (self._after or {}).get(named) or (self._before or {}).get(named)
        return t.cast("str | None", values)

    @property
    def is_passing(self) -> bool:
        """True if the change created the object and deleted it: it never existed for others."""
        return self._before is None and self._after is None

    def shown(self, owner: str, name: str | None) -> Row:
        """Return the object.

        :param owner: its id as a text.
        :param name: its name, if the change does not contain it.
        """
        before, after = self._before, self._after
        action = "created" if before is None else "deleted" if after is None else "updated"
        is_number = isinstance(self._columns.id.type, sa.Integer)
        return {
            "kind": self._kind.collection,
            "id": int(owner) if is_number else owner,
            "name": self.name or name,
            "action": action,
            "before": before,
            "after": after,
        }

    def _add_fields(self, before: str | None, after: str | None) -> None:
        old, new = self._fields(before), self._fields(after)
        if before is not None and after is not None:  # columns that were or became null
            names = {*old, *new}
            old, new = ({name: row.get(name) for name in names} for row in (old, new))
        if before is None:
            self._before = None
        if self._before is not None:
            self._before = {**old, **self._before}
        self._after = None if after is None else {**(self._after or {}), **new}

    def _add_value(self, part: str, name: str, before: str | None, after: str | None) -> None:
        for row, value, first in ((self._before, before, True), (self._after, after, False)):
            if row is None or value is None:
                continue
            known = row.setdefault(part, {})
            if first:
                known.setdefault(name, json.loads(value))
            else:
                known[name] = json.loads(value)

    def _add_label(self, part: str, label: str, before: str | None, after: str | None) -> None:
        for row, value in ((self._before, before), (self._after, after)):
            if row is not None and value is not None:
                row.setdefault(part, []).append(label)

    def _fields(self, text: str | None) -> Row:
        """Return the fields that the API shows."""
        if text is None:
            return {}
        found = json.loads(text)
        return {
            name: _shown(self._columns[name].type, value)
            for name, value in found.items()
            if name not in _OTHER and not self._is_hidden(name)
        }

    def _is_hidden(self, name: str) -> bool:
        field: t.Any = self._kind.fields.get(name)
        return name not in self._columns or (field is not None and field.shown == "never")


def _shown(type_: t.Any, value: t.Any) -> t.Any:
    """Return a value of the log as the API shows it."""
    if isinstance(type_, sa.Boolean):
        return bool(value)
    return json.loads(value) if isinstance(type_, column_types.TextList) else value
