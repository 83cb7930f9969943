# SPDX-License-Identifier: Apache-2.0
"""The storage rules of a kind: columns and filters. This is the interface, with defaults.

Kinds with other rules have a subclass in :mod:`cratonserver.kinds`.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient import formats
from cratonclient.kinds import Kind
from cratonserver.db import list_query
from cratonserver.db.aliases import Clause, Row


class Storage:
    """The default storage rules of a kind.

    :param kind: the kind.
    """

    #: The columns that are not in the log: secrets, and what changes without a request.
    unlogged: frozenset[str] = frozenset()

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def extra_columns(self) -> list[sa.Column[t.Any]]:
        """Return additional columns, which the API does not show."""
        return []

    def visible(self, table: sa.Table, project_id: t.Any) -> Clause:
        """Return the condition for the rows that users of a project may see.

        :param table: table of the kind.
        :param project_id: id of the project, or a parameter of the statement.
        """
        return t.cast("Clause", table.c.project_id == project_id)

    def project_of(self, row: Row, table: sa.Table, connection: sa.Connection) -> str:
        """Return the id of the project that an object belongs to, whose quotas apply.

        :param row: the object, or the values of a new one.
        :param table: table of the kind.
        :param connection: connection in a transaction, if the project has to be looked up.
        """
        return str(row["project_id"])

    def condition(
        self, table: sa.Table, name: str, value: t.Any, given: t.Container[str]
    ) -> Clause | None:
        """Return the condition of a filter that is not a comparison with a column.

        :param table: table of the kind.
        :param name: name of the filter.
        :param value: value of the filter, or a parameter of the statement. If the field
            has a format, the value is the list that :meth:`filter_value` returns.
        :param given: names of all filters of the request.
        :returns: the condition, or ``None`` for a comparison with the column.
        """
        return None

    def filter_value(self, name: str, value: t.Any) -> t.Any:
        """Convert the value of a filter from the request to the value to compare with.

        :param name: name of the filter.
        :param value: value in the request.
        :returns: the value; if the field has a format, a list of all texts that are the
            same value.
        """
        format = list_query.compared(self.kind, name).format
        return value if format is None else formats.spellings(format, value)
