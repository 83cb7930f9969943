# SPDX-License-Identifier: Apache-2.0
"""The tables whose changes are in the log, and the values of their rows as SQL."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

#: Key in ``info`` of a column: its values are not in the log.
UNLOGGED = "craton_unlogged"
#: The log does not repeat it: it is the time of the last change.
_TOUCHED = "updated_at"


class Source(t.NamedTuple):
    """A table whose changes are in the log.

    :param name: name of the table.
    :param kind: key of the kind of its objects; empty for parts, and if a column has it.
    :param owner: column with the id of the object.
    :param member: column that tells the rows of an object apart, ``None`` for the objects
        themselves.
    :param columns: the columns of an object that are in the log.
    :param touched: column of an object that every change moves, also of its parts.
    :param value: column with the JSON value of a member, ``None`` if it has none.
    :param named: column with the name of an object, empty if it has none.
    """

    name: str
    owner: str
    member: str | None = None
    kind: str = ""
    columns: tuple[str, ...] = ()
    touched: str = ""
    value: str | None = None
    named: str = ""

    def source_of(self, row: str) -> str:
        """Return the SQL for the column ``source`` of the log: a kind, or the table of a part.

        :param row: name of the row.
        """
        if self.member is not None:
            return f"'{self.name}'"
        return f"'{self.kind}'" if self.kind else f"{row}.kind"

    @property
    def watched(self) -> tuple[str, ...]:
        """The columns whose changes are in the log."""
        if self.member is None:
            return *self.columns, self.touched
        return () if self.value is None else (self.value,)


def of_objects(table: sa.Table, kind: str, named: str) -> Source:
    """Return the source for a table of objects.

    :param kind: key of their kind, if no column has it.
    :param named: field with their names.
    """
    columns = tuple(c.name for c in table.c if c.name != _TOUCHED and UNLOGGED not in c.info)
    known = "" if "kind" in table.c else kind
    named = named if named in table.c else ""
    return Source(table.name, "id", None, known, columns, _TOUCHED, named=named)


def of_part(table: sa.Table) -> Source:
    """Return the source for a table with a part of objects: its key has two columns."""
    owner, member = (column.name for column in [*table.primary_key][:2])
    value = "value" if "value" in table.c else None
    return Source(table.name, owner, member, value=value)
