# SPDX-License-Identifier: Apache-2.0
"""The tables of the store, derived from the declarations.

Every kind of resource has a table of the name of its collection; a kind that
extends another (hosts extend devices) shares the table of that one, with a
column that tells them apart. Variables and labels have a table for each kind of
owner, so that the database itself keeps them in step with their owners.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import typing as t

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from cratonclient import crud, v1
from cratonclient.fields import Field, Ref
from cratonserver.db import json_contains
from cratonserver.kinds import rules

T = t.TypeVar("T")
#: So many queries and parts of them are kept: what one asks, many ask, but what
#: could be asked has no end.
_KEPT = 512
Kind = type[crud.CRUDClient[t.Any]]


def string(length: int) -> sa.types.TypeEngine[t.Any]:
    """Give a type of texts that sort by character, wherever the database lives."""
    here = postgresql.VARCHAR(length, collation="C")
    return sa.String(length).with_variant(here, "postgresql")


def text() -> sa.types.TypeEngine[t.Any]:
    """Give a type of longer texts."""
    return sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


#: ``YYYY-MM-DDTHH:MM:SS.ffffff``: shown as it is stored, and sorts by time.
TIMESTAMP = string(26)
_TYPES: dict[type, t.Callable[[Field[t.Any]], sa.types.TypeEngine[t.Any]]] = {
    str: lambda field: string(field.max_length) if field.max_length < 1000 else text(),
    int: lambda field: sa.Integer(),
    bool: lambda field: sa.Boolean(create_constraint=False),
}


class Schema:
    """The tables of a set of kinds.

    :param kinds: the manager classes, those that are referred to first.
    :param dialect: the database, by SQLAlchemy's name.
    """

    def __init__(self, kinds: t.Sequence[Kind], dialect: str = "sqlite") -> None:
        self.kinds = kinds
        self.dialect = dialect
        # Whether what stays may still refer to what was deleted is asked when
        # all that goes with it is gone. SQLite asks at the end of the statement,
        # PostgreSQL after each step of it, unless it is told to wait.
        self._deferring = True if dialect == "postgresql" else None
        self.metadata = sa.MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        )
        self._by_collection = {v1.collection_of(kind): kind for kind in kinds}
        self._made = functools.lru_cache(_KEPT)(lambda make, *args: make(self, *args))
        self._roots = {kind: self._find_root(kind) for kind in kinds}
        for kind in kinds:
            if self.root(kind) is kind:
                self._add_family(kind)
        sa.event.listen(self.metadata, "after_create", json_contains.create_in_postgresql)

    def kind(self, collection: str) -> Kind:
        """Give the kind of a collection."""
        return self._by_collection[collection]

    def root(self, kind: Kind) -> Kind:
        """Give the kind whose table a kind lives in: itself, or what it extends."""
        return self._roots[kind]

    def family(self, kind: Kind) -> list[Kind]:
        """Give the kinds that live in the same table, the root first."""
        root = self.root(kind)
        return [k for k in self.kinds if self.root(k) is root]

    def members(self, kind: Kind) -> list[Kind]:
        """Give the kinds whose rows a kind's list shows: itself, or all that extend it."""
        below = [
            k
            for k in self.family(kind)
            if k is not kind and issubclass(k.resource_class, kind.resource_class)
        ]
        return below or [kind]

    def table(self, kind: Kind) -> sa.Table:
        """Give the table that a kind lives in."""
        return self.metadata.tables[v1.collection_of(self.root(kind))]

    def once(self, make: t.Callable[..., T], *args: t.Any) -> T:
        """Give a query, or a part of one, that depends on the tables and ``args`` alone.

        SQLAlchemy runs a query faster than it puts one together, so what many
        requests need is made for the first one.

        :param make: what makes it from the schema and ``args``.
        """
        return t.cast("T", self._made(make, *args))

    def rows(self, kind: Kind) -> sa.Select[t.Any]:
        """Give the query for all that the server knows of the rows of a kind's table."""
        return self.once(_rows, kind)

    def variables(self, kind: Kind) -> sa.Table:
        """Give the table of a kind's variables: owner_id, name, value (JSON text)."""
        return self.metadata.tables[f"{self.root(kind).key}_variables"]

    def labels(self, kind: Kind) -> sa.Table:
        """Give the table of a kind's labels: owner_id, label."""
        return self.metadata.tables[f"{self.root(kind).key}_labels"]

    def has_variables(self, kind: Kind) -> bool:
        """Tell whether objects of a kind carry variables."""
        return any("variables" in k.resource_class.fields() for k in self.members(kind))

    @contextlib.contextmanager
    def deferring(self, connection: sa.Connection) -> t.Iterator[None]:
        """Ask at the end of a deletion, not before, whether something refers into it.

        :raises sqlalchemy.exc.IntegrityError: when it does.
        """
        if self._deferring:
            connection.execute(sa.text("SET CONSTRAINTS ALL DEFERRED"))
        yield
        if self._deferring:
            connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))

    def rows_of(self, kind: Kind) -> list[sa.ColumnElement[bool]]:
        """Give the conditions that pick the rows of a kind from those of its table."""
        members = self.members(kind)
        table = self.table(kind)
        if "kind" not in table.c or len(members) == len(self.family(kind)) - 1:
            return []
        # Constants, since PostgreSQL shall know them when it makes a plan.
        keys = [sa.literal_column(f"'{member.key}'", sa.String) for member in members]
        return [table.c.kind == keys[0] if len(keys) == 1 else table.c.kind.in_(keys)]

    def _find_root(self, kind: Kind) -> Kind:
        top = [c for c in kind.resource_class.__mro__ if issubclass(c, crud.Resource)][-2]
        return next(k for k in self.kinds if k.resource_class is top)

    def _add_family(self, root: Kind) -> None:
        family = self.family(root)
        columns = list(self._columns(family))
        if len(family) > 1:
            columns.append(sa.Column("kind", string(64), nullable=False))
        columns.extend(rules.of(root).extra_columns())
        name = v1.collection_of(root)
        table = sa.Table(name, self.metadata, *columns, sqlite_autoincrement=True)
        if root.resource_class.unique:
            table.append_constraint(sa.UniqueConstraint(*root.resource_class.unique))
        # What a list walks along, unless it is asked for another order: the rows of
        # a project or of all, and of one kind or of all that share the table.
        for narrowed in _subsets(table.c.get("project_id"), table.c.get("kind")):
            sa.Index(None, *narrowed, table.c.created_at, table.c.id)
        owner: dict[str, t.Any] = {"ondelete": "CASCADE"}
        if any("variables" in k.resource_class.fields() for k in family):
            values = sa.Table(
                f"{root.key}_variables",
                self.metadata,
                sa.Column("owner_id", sa.ForeignKey(table.c.id, **owner), primary_key=True),
                sa.Column("name", string(255), primary_key=True),
                sa.Column("value", text(), nullable=False),
            )
            sa.Index(
                f"ix_{values.name}_name_value",
                values.c.name,
                json_contains.beginning(values.c.value),
            )
        if any("labels" in k.resource_class.fields() for k in family):
            sa.Table(
                f"{root.key}_labels",
                self.metadata,
                sa.Column("owner_id", sa.ForeignKey(table.c.id, **owner), primary_key=True),
                sa.Column("label", string(255), primary_key=True, index=True),
            )

    def _columns(self, family: list[Kind]) -> t.Iterator[sa.Column[t.Any]]:
        """Give a column for each stored field of any kind in the family."""
        declared = [kind.resource_class.fields() for kind in family]
        merged: dict[str, Field[t.Any]] = {}
        for fields in declared:
            merged.update(fields)
        for name, field in merged.items():
            if not field.stored:
                continue
            if name == "id":
                yield sa.Column("id", _id_type(field.type), primary_key=True)
                continue
            shared = all(name in fields for fields in declared)
            args: list[t.Any] = []
            if isinstance(field, Ref):
                target = v1.collection_of(self.root(self.kind(field.target)))
                key = sa.ForeignKey(
                    f"{target}.id",
                    ondelete="CASCADE" if field.cascade else "NO ACTION",
                    deferrable=None if field.cascade else self._deferring,
                )
                args.append(key)
            yield sa.Column(
                name,
                _column_type(name, field),
                *args,
                nullable=field.null or not shared,
                index=isinstance(field, Ref) and name != "project_id",
            )


@functools.lru_cache(4)
def schema(kinds: tuple[Kind, ...], dialect: str) -> Schema:
    """Give the tables of a set of kinds; the fleets of a process share them.

    To make them takes longer than to open a file of SQLite.
    """
    return Schema(kinds, dialect)


def _rows(schema: Schema, kind: Kind) -> sa.Select[t.Any]:
    table = schema.table(kind)
    return sa.select(*table.c, *rules.of(kind).computed(table))


def _subsets(
    *columns: sa.Column[t.Any] | None,
) -> t.Iterator[tuple[sa.Column[t.Any], ...]]:
    """Give all choices of the columns that there are."""
    found = [column for column in columns if column is not None]
    for number in range(len(found) + 1):
        yield from itertools.combinations(found, number)


def _id_type(python_type: type) -> sa.types.TypeEngine[t.Any]:
    return string(36) if python_type is str else sa.Integer()


def _column_type(name: str, field: Field[t.Any]) -> sa.types.TypeEngine[t.Any]:
    if isinstance(field, Ref):
        return _id_type(field.type)
    if name in ("created_at", "updated_at"):
        return TIMESTAMP
    return _TYPES[field.type](field)
