# SPDX-License-Identifier: Apache-2.0
"""Check what a change requires in one statement: its references, and numbers.

For example, a new host in a cell on PostgreSQL. The rows are locked from top to bottom
until the transaction ends, in the same order as by a deletion, which avoids deadlocks with
deletions: a cloud before its regions. Other transactions can still refer to them. On SQLite
the statement has no ``FOR``, because only one transaction writes at a time::

    SELECT 'project_id' AS what, NULL AS number, true AS fits,
        NULL AS cloud_id, NULL AS region_id
    FROM (SELECT id FROM projects WHERE id = :project_id AND id = :craton_project
          FOR KEY SHARE) AS anon_1
    UNION ALL
    SELECT 'region_id', NULL, coalesce(anon_2.cloud_id = :craton_own_cloud_id, true),
        anon_2.cloud_id, NULL
    FROM (SELECT id, cloud_id FROM regions
          WHERE id = :region_id AND project_id = :craton_project
              AND project_id = :craton_owner_project FOR KEY SHARE) AS anon_2
    UNION ALL
    SELECT 'cell_id', NULL, …, anon_3.cloud_id, anon_3.region_id
    FROM (SELECT … FROM cells …) AS anon_3
    UNION ALL
    SELECT '0', number, number <= :craton_most_0, NULL, NULL        -- a requirement
    FROM (SELECT count(*) AS number FROM …) AS anon_4

A row that is missing in the result does not exist.
"""

from __future__ import annotations

import dataclasses
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import references
from cratonserver.db.aliases import Row
from cratonserver.db.dialect import PREPARE
from cratonserver.db.policy import Requirement
from cratonserver.db.references import Reference
from cratonserver.db.rows import Rows
from cratonserver.db.tables import PROJECT, Tables

#: The name of the parameter for the project of the row to write.
_OWNER_PROJECT = "craton_owner_project"


class Shape(t.NamedTuple):
    """The shape of a statement, which depends on nothing else.

    :param kind: kind of the row to write.
    :param fields: its references.
    :param numbers: functions that build the queries of the further requirements.
    :param all_projects: the user sees all projects.
    """

    kind: Kind
    fields: tuple[str, ...]
    numbers: tuple[t.Callable[..., sa.Select[int]], ...]
    all_projects: bool


@dataclasses.dataclass(frozen=True)
class Required:
    """The requirements of a change.

    :param rows: rows of the kind to write.
    :param values: values of all fields after the change.
    :param references: the references to check.
    :param others: further requirements.
    """

    rows: Rows
    values: Row
    references: t.Mapping[str, Reference]
    others: t.Sequence[Requirement]

    @property
    def shape(self) -> Shape:
        """All that the statement depends on."""
        numbers = tuple(other.query for other in self.others)
        return Shape(self.rows.kind, tuple(self.references), numbers, self.rows.who.is_root)

    @property
    def parameters(self) -> Row:
        """The parameters of the statement."""
        given = {
            PROJECT: self.rows.who.project_id,
            _OWNER_PROJECT: self.values.get("project_id"),
            **{field: self.values[field] for field in self.references},
        }
        for one in self.references.values():
            given.update({_own(name): self.values.get(name) for name in one.shared})
        for number, other in enumerate(self.others):
            given.update({_most(number): other.most, **other.values})
        return given

    @property
    def number(self) -> int:
        """The number of references and further requirements."""
        return len(self.references) + len(self.others)

    def check(self) -> None:
        """Lock and check everything.

        :raises cratonserver.errors.Refused: as :meth:`verify`.
        """
        if self.number:
            query = self.rows.tables.prepared(_query, self.shape)
            self.verify(query.dicts(self.rows.connection, self.parameters))

    def verify(self, rows: t.Iterable[Row]) -> None:
        """Check the result of the statement.

        :param rows: its rows.
        :raises cratonserver.errors.Refused: with status 404 for an object that does not
            exist, 400 for references that contradict each other, and the error of the
            first further requirement that is not met.
        """
        found = {row["what"]: row for row in rows}
        for field, one in self.references.items():
            if field not in found:
                raise self._missing(field, one)
        pairs = (
            (field, one, {**found[field], "id": self.values[field]})
            for field, one in self.references.items()
        )
        problems = references.conflicts(self.rows.kind, pairs, self.values)
        if problems:
            raise errors.invalid(problems)
        for index, other in enumerate(self.others):
            number = found[str(index)]["number"]
            if number > other.most:
                raise other.refusal(number)

    def _missing(self, field: str, one: Reference) -> errors.Refused:
        where = ""
        if "project_id" in self.rows.tables.table(one.target).c and "project_id" in self.values:
            where = f" in the project {self.values.get('project_id')}"
        noun, item_id = one.target.noun, self.values[field]
        return errors.Refused(404, f"{field}: {noun} {item_id} does not exist{where}")


def union(tables: Tables, shape: Shape) -> sa.CompoundSelect[t.Any]:
    """Build the query of the example at the top of this module."""
    known = references.of_kind(tables, shape.kind)
    wanted = {field: known[field] for field in shape.fields}
    # PostgreSQL has to know the types of columns that are null in the first rows.
    table = tables.table(shape.kind)
    shared = {name: table.c[name] for one in wanted.values() for name in one.shared}
    queries: list[sa.Select[t.Any]] = []
    number: sa.ColumnElement[t.Any]
    for field, one in wanted.items():
        row = _lock(tables, shape, field, one).subquery()
        fits = [
            sa.func.coalesce(row.c[name] == _parameter(_own(name), shared[name]), sa.true())
            for name in one.shared
        ]
        theirs = [
            row.c[name] if name in one.shared else _null(column)
            for name, column in shared.items()
        ]
        number = sa.cast(sa.null(), sa.Integer)
        head = _head(field, number, sa.and_(sa.true(), *fits))
        queries.append(sa.select(*head, *theirs).select_from(row))
    for index, make in enumerate(shape.numbers):
        found = sa.select(make(tables, shape.kind).scalar_subquery().label("number"))
        number = found.subquery().c.number
        most = sa.bindparam(_most(index), type_=sa.Integer())
        head = _head(str(index), number, number <= most)
        queries.append(sa.select(*head, *map(_null, shared.values())))
    return sa.union_all(*queries)


def _query(tables: Tables, shape: Shape) -> t.Any:
    return union(tables, shape).execution_options(**{PREPARE: True})


def _head(
    what: str, number: sa.ColumnElement[t.Any], fits: sa.ColumnElement[bool]
) -> tuple[t.Any, ...]:
    name = sa.literal_column(f"'{what}'", sa.String)
    return name.label("what"), number.label("number"), fits.label("fits")


def _null(column: sa.Column[t.Any]) -> sa.ColumnElement[t.Any]:
    """Return NULL with the type and the name of a column."""
    return sa.cast(sa.null(), column.type).label(column.name)


def _parameter(name: str, column: sa.Column[t.Any]) -> sa.BindParameter[t.Any]:
    return sa.bindparam(name, type_=column.type)


def _own(name: str) -> str:
    """Return the name of the parameter for a reference that a target must have, too."""
    return f"craton_own_{name}"


def _most(index: int) -> str:
    """Return the name of the parameter for the greatest number."""
    return f"craton_most_{index}"


def _lock(tables: Tables, shape: Shape, field: str, one: Reference) -> sa.Select[t.Any]:
    """Lock a referenced row.

    References to another project are refused, even if the user sees several projects, unless
    the project of the object is that of the referenced row.
    """
    table = tables.table(one.target)
    item_id = sa.bindparam(field, type_=table.c.id.type)
    select = sa.select(*(table.c[name] for name in ("id", *one.shared))).where(
        table.c.id == item_id, *tables.visible(one.target, all_projects=shape.all_projects)
    )
    if "project_id" in table.c and "project_id" in tables.table(shape.kind).c:
        owner = sa.bindparam(_OWNER_PROJECT, type_=table.c.project_id.type)
        select = select.where(table.c.project_id == owner)
    return select.with_for_update(read=True, key_share=True)
