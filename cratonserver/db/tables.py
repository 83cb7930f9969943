# SPDX-License-Identifier: Apache-2.0
"""The tables of a fleet, derived from the declarations.

Each kind has a table with the name of its collection. A kind that extends another kind
shares its table: hosts and network devices share the table ``devices``, and the column
``kind`` tells their rows apart. The parts of the rows of a table are in other tables, such
as ``device_variables``, with a foreign key to the owner.
"""

from __future__ import annotations

import functools
import itertools
import typing as t

import sqlalchemy as sa

from cratonclient import crud
from cratonclient.fields import Field, Ref
from cratonclient.kinds import Kind
from cratonserver.db import column_types, list_query, variable_index
from cratonserver.db.aliases import Clause
from cratonserver.db.change_log import sources
from cratonserver.db.change_log import tables as log_tables
from cratonserver.db.change_log.sources import Source
from cratonserver.db.dialect import Dialect
from cratonserver.db.policy import Policy
from cratonserver.db.prepared import Prepared
from cratonserver.db.rules import Rules
from cratonserver.db.storage import Storage

T = t.TypeVar("T")

#: Key in ``info`` of a table whose rows are derived from other tables. Backups do not contain
#: them. Its value is a function that fills the table, with a connection and the
#: :class:`Tables`.
DERIVED = "craton_derived"

#: The name of the parameter for the project of the user.
PROJECT = "craton_project"

#: The size of the cache of statements and parts of statements. The number of possible
#: statements is unlimited, but only a few of them are common.
_CACHED_STATEMENTS = 512

_TYPES: dict[type, t.Callable[[Field[t.Any]], column_types.Type]] = {
    str: lambda field: column_types.string(field.max_length),
    int: lambda field: sa.Integer(),
    bool: lambda field: sa.Boolean(create_constraint=False),
    list: lambda field: column_types.TextList(),
}


class Ancestry(t.NamedTuple):
    """The places that rows of a kind inherit variables from.

    :param nested: the rows inherit from rows of their own table, by ``parent_id``.
    :param containers: kinds of the other tables that the rows inherit from, by the field
        that refers to them, the nearest first.
    """

    nested: bool
    containers: dict[str, Kind]


class Tables:
    """The tables of a set of kinds.

    :param rules: the kinds with their rules, each kind after the kinds that it refers to.
    :param dialect: the dialect of the database.
    """

    def __init__(self, rules: t.Sequence[Rules], dialect: Dialect) -> None:
        self.kinds = [one.kind for one in rules]
        self.dialect = dialect
        self.metadata = sa.MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        )
        self._rules = {one.kind: one for one in rules}
        self._by_collection = {kind.collection: kind for kind in self.kinds}
        self._cache = functools.lru_cache(_CACHED_STATEMENTS)(
            lambda make, *args: make(self, *args)
        )
        self._roots = {kind: self._find_root(kind) for kind in self.kinds}
        self._parts: dict[Kind, dict[str, sa.Table]] = {}
        for kind in self.kinds:
            if self.root(kind) is kind:
                self._add_family(kind)
        #: The limits of projects that differ from the defaults of the server.
        self.quotas = self._add_quotas()
        #: How much of a quota is used, while it is near.
        self.quota_counts = self._add_quota_counts()
        #: The log of all changes.
        self.log = log_tables.add(self.metadata)
        sa.event.listen(self.metadata, "after_create", self._create_functions)

    def kind(self, collection: str) -> Kind:
        """Return the kind of a collection.

        :raises KeyError: if no kind has this collection.
        """
        return self._by_collection[collection]

    def storage(self, kind: Kind) -> Storage:
        """Return the storage rules of a kind."""
        return self._rules[kind].storage

    def policy(self, kind: Kind) -> Policy:
        """Return the policy of a kind."""
        return self._rules[kind].policy

    def root(self, kind: Kind) -> Kind:
        """Return the kind whose table a kind uses: itself, or the kind that it extends."""
        return self._roots[kind]

    def family(self, kind: Kind) -> list[Kind]:
        """Return the kinds that use the same table, the root first."""
        root = self.root(kind)
        return [k for k in self.kinds if self.root(k) is root]

    def members(self, kind: Kind) -> list[Kind]:
        """Return the kinds in a list of a kind: itself, or all kinds that extend it."""
        return [k for k in self.family(kind) if k.extends(kind)] or [kind]

    def table(self, kind: Kind) -> sa.Table:
        """Return the table that a kind uses."""
        return self.metadata.tables[self.root(kind).collection]

    def part(self, kind: Kind, name: str) -> sa.Table:
        """Return the table of a part.

        :param kind: kind of the owners.
        :param name: name of the part. Its table has the columns ``owner_id``, ``name``
            and ``value`` (JSON) for a mapping, ``owner_id`` and ``label`` for a list.
        """
        return self.metadata.tables[f"{self.root(kind).key}_{name}"]

    def parts(self, kind: Kind) -> t.Mapping[str, sa.Table]:
        """Return the tables of the parts of a kind, by the name of the part."""
        return self._parts[self.root(kind)]

    def logged_parts(self, kind: Kind) -> t.Mapping[str, sa.Table]:
        """Return the tables of the values that the log shows as parts of a kind.

        Quotas are no part of a project in the API, but the log shows them as one.
        """
        parts, project_id = self.parts(kind), self.quotas.c.project_id
        has_quotas = project_id.references(self.table(kind).c.id)
        return {**parts, self.quotas.name: self.quotas} if has_quotas else parts

    def variables(self, kind: Kind) -> sa.Table:
        """Return the table of the variables of a kind."""
        return self.part(kind, "variables")

    def variable_keys(self, kind: Kind) -> sa.Table:
        """Return the table of the keys of the variables of a kind."""
        return self.part(kind, "variable_keys")

    def labels(self, kind: Kind) -> sa.Table:
        """Return the table of the labels of a kind."""
        return self.part(kind, "labels")

    def logged(self) -> list[Source]:
        """Return the tables whose changes are in the log, each after those it refers to."""
        found = []
        for kind in self.kinds:
            if self.root(kind) is kind:
                named = kind.resource_class.NAME_ATTR
                found.append(sources.of_objects(self.table(kind), kind.key, named))
                found += [sources.of_part(table) for table in self._parts[kind].values()]
        return [*found, sources.of_part(self.quotas)]

    def has_variables(self, kind: Kind) -> bool:
        """Return True if the objects in a list of a kind have variables."""
        return any(member.has_variables for member in self.members(kind))

    def ancestry(self, kind: Kind) -> Ancestry:
        """Return the places that rows of a kind inherit variables from."""
        return self.cached(_ancestry, kind)

    def cached(self, make: t.Callable[..., T], *args: t.Any) -> T:
        """Return a statement or a part of a statement from the cache, or build it.

        SQLAlchemy takes longer to build a statement than to run it.

        :param make: function that builds the statement from the tables and ``args``.
        """
        return t.cast("T", self._cache(make, *args))

    def prepared(self, make: t.Callable[..., t.Any], *args: t.Any) -> Prepared:
        """Return a statement from the cache, ready to run, or build it.

        :param make: function that builds the statement from the tables and ``args``.
        """
        return self.cached(_prepared, make, *args)

    def select(self, kind: Kind) -> sa.Select[t.Any]:
        """Return the query for all columns of the table of a kind."""
        return self.cached(_select, kind)

    def kind_conditions(self, kind: Kind) -> list[Clause]:
        """Return the conditions for the rows of a kind in its table."""
        members = self.members(kind)
        table = self.table(kind)
        # The list of the root contains all rows: the root itself has none.
        if "kind" not in table.c or len(members) == len(self.family(kind)) - 1:
            return []
        # Literals, because PostgreSQL needs to know them when it makes a plan.
        keys = [sa.literal_column(f"'{member.key}'", sa.String) for member in members]
        return [table.c.kind == keys[0] if len(keys) == 1 else table.c.kind.in_(keys)]

    def visible(self, kind: Kind, *, all_projects: bool, project: t.Any = None) -> list[Clause]:
        """Return the conditions for the rows of a kind that a user may see.

        :param all_projects: the user sees the rows of all projects.
        :param project: id of the project, by default the parameter :data:`PROJECT`.
        """
        table = self.table(kind)
        project = sa.bindparam(PROJECT) if project is None else project
        own = [] if all_projects else [self.storage(kind).visible(table, project)]
        return [*own, *self.kind_conditions(kind)]

    def _add_quotas(self) -> sa.Table:
        project = sa.ForeignKey("projects.id", ondelete="CASCADE")
        return sa.Table(
            "quotas",
            self.metadata,
            sa.Column("project_id", column_types.identifier(str), project, primary_key=True),
            sa.Column("resource", column_types.string(64), primary_key=True),
            sa.Column("value", sa.BigInteger(), nullable=False),
        )

    def _add_quota_counts(self) -> sa.Table:
        project = sa.ForeignKey("projects.id", ondelete="CASCADE")
        return sa.Table(
            "quota_counts",
            self.metadata,
            sa.Column("project_id", column_types.identifier(str), project, primary_key=True),
            sa.Column("resource", column_types.string(64), primary_key=True),
            sa.Column("quota", sa.BigInteger(), nullable=False),
            sa.Column("used", sa.BigInteger(), nullable=False),
            sa.Column("counted", sa.BigInteger(), nullable=False),
            info={DERIVED: _forget_counts},
        )

    def _find_root(self, kind: Kind) -> Kind:
        # The last resource class is Resource itself, the one before it the root.
        top = [c for c in kind.resource_class.__mro__ if issubclass(c, crud.Resource)][-2]
        return next(k for k in self.kinds if k.resource_class is top)

    def _add_family(self, root: Kind) -> None:
        family = self.family(root)
        columns = list(self._columns(family))
        if len(family) > 1:
            columns.append(sa.Column("kind", column_types.string(64), nullable=False))
        columns.extend(self.storage(root).extra_columns())
        for column in columns:
            if column.name in self.storage(root).unlogged:
                column.info[sources.UNLOGGED] = True
        table = sa.Table(root.collection, self.metadata, *columns, sqlite_autoincrement=True)
        if root.resource_class.unique:
            table.append_constraint(sa.UniqueConstraint(*root.resource_class.unique))
        # The default order of lists, for one project or all, for one kind or all.
        for filtered in _subsets(table.c.get("project_id"), table.c.get("kind")):
            sa.Index(None, *filtered, table.c.created_at, table.c.id)
        self._add_name_indexes(table, root.resource_class.NAME_ATTR)
        for name in _addresses(family):
            sa.Index(None, table.c[name])
        self._add_project_indexes(table, _addresses(family))
        parts: dict[str, type] = {}
        for kind in family:
            parts.update((name, part.type) for name, part in kind.parts.items())
            if kind.has_variables:
                parts["variables"] = dict
        self._parts[root] = {
            name: self._add_part(table, f"{root.key}_{name}", part_type)
            for name, part_type in parts.items()
        }
        if "variables" in parts:
            self._add_index_of_variables(root, table)
            self._add_inheritance_indexes(root, table)

    @staticmethod
    def _add_name_indexes(table: sa.Table, name_field: str) -> None:
        """Add the indexes for lists by name, and for names that begin with a prefix."""
        if name_field not in table.c:
            return
        same_kind = [table.c.kind] if "kind" in table.c else []
        for filtered in _subsets(table.c.get("project_id")):
            sa.Index(None, *filtered, *same_kind, table.c[name_field], table.c.id)

    @staticmethod
    def _add_project_indexes(table: sa.Table, addresses: t.Sequence[str]) -> None:
        """Add indexes so that a list of a project by id or address reads no other projects."""
        if "project_id" not in table.c:
            return
        same_kind = [table.c.kind] if "kind" in table.c else []
        sa.Index(None, table.c.project_id, *same_kind, table.c.id)
        for name in addresses:
            sa.Index(None, table.c.project_id, table.c[name], table.c.id)

    def _add_part(self, owners: sa.Table, name: str, part_type: type) -> sa.Table:
        """Add the table of a part.

        A label has the project and the creation time of its owner, so that the owners with a
        label are read in the default order of lists, and none of other projects.
        """
        owner = sa.ForeignKey(owners.c.id, ondelete="CASCADE")
        columns: list[sa.Column[t.Any]] = [sa.Column("owner_id", owner, primary_key=True)]
        string = column_types.string(255)
        if part_type is not dict:
            columns.append(sa.Column("label", string, primary_key=True))
            copied = [owners.c[c] for c in copied_to_labels(owners)]
            columns += [sa.Column(c.name, c.type, nullable=False) for c in copied]
            table = sa.Table(name, self.metadata, *columns)
            sa.Index(None, table.c.label, *(table.c[c.name] for c in copied), table.c.owner_id)
            return table
        columns.append(sa.Column("name", string, primary_key=True))
        columns.append(sa.Column("value", column_types.text(), nullable=False))
        return sa.Table(name, self.metadata, *columns)

    def _add_index_of_variables(self, root: Kind, owners: sa.Table) -> None:
        """Add the table of the keys of variables (:mod:`cratonserver.db.variable_keys`).

        Each entry has the time when the owner was created, so that the owners with a key are
        read in the default order of lists.
        """
        name = f"{root.key}_variable_keys"
        triggers = self.dialect.deletion_with_owner(owners.name, name)
        owner = [] if triggers else [sa.ForeignKey(owners.c.id, ondelete="CASCADE")]
        entries = sa.Table(
            name,
            self.metadata,
            sa.Column(
                "owner_id", owners.c.id.type, *owner, primary_key=True, autoincrement=False
            ),
            sa.Column("name", column_types.string(255), primary_key=True),
            sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("created", sa.BigInteger, primary_key=True, autoincrement=False),
            sqlite_with_rowid=False,
            info={DERIVED: functools.partial(_fill_index, kind=root)},
        )
        sa.Index(None, entries.c.key, entries.c.created, entries.c.owner_id)
        entries.add_is_dependent_on(owners)
        for statement in triggers:
            creation: t.Any = sa.DDL(statement)  # type: ignore[no-untyped-call]
            sa.event.listen(entries, "after_create", creation)

    def _add_inheritance_indexes(self, root: Kind, table: sa.Table) -> None:
        """Add the indexes for the rows that inherit from a row, in the default order."""
        order = (table.c.created_at, table.c.id)
        for name in self._containers(root):
            sa.Index(None, table.c[name], *order)
        nested = {*root.ancestry} - {"project_id", *self._containers(root)}
        for name in nested:
            same = [table.c[c] for c in ("project_id", "kind") if c in table.c]
            inherits = table.c[name].is_not(None)
            where: t.Any = {"sqlite_where": inherits, "postgresql_where": inherits}
            sa.Index(f"ix_{table.name}_nested", *same, *order, **where)
            projects = [table.c[c] for c in ("project_id",) if c in table.c]
            sa.Index(f"ix_{table.name}_parents", *projects, table.c[name], **where)

    def _containers(self, root: Kind) -> list[str]:
        """Return the references to places in other tables that rows inherit from.

        Each has an index in the default order, and the project others.
        """
        return [
            name
            for name, field in root.ancestry.items()
            if name != "project_id" and self.root(self.kind(field.target)) is not root
        ]

    def _columns(self, family: list[Kind]) -> t.Iterator[sa.Column[t.Any]]:
        """Yield a column for each stored field of any kind in the family."""
        merged: dict[str, Field[t.Any]] = {}
        for kind in family:
            merged.update(kind.fields)
        # The indexes for inheritance begin with these columns.
        indexed = {"project_id", *self._containers(self.root(family[0]))}
        for name, field in merged.items():
            if not field.storage.column:
                continue
            if name == "id":
                yield sa.Column("id", column_types.identifier(field.type), primary_key=True)
                continue
            shared = all(name in kind.fields for kind in family)
            yield sa.Column(
                name,
                _column_type(name, field),
                *([self._foreign_key(field)] if _is_foreign_key(field) else []),
                nullable=field.null or not shared,
                index=_is_foreign_key(field) and name not in indexed,
            )

    def _foreign_key(self, field: Ref[t.Any]) -> sa.ForeignKey:
        target = self.root(self.kind(field.target)).collection
        return sa.ForeignKey(
            f"{target}.id",
            ondelete="CASCADE" if field.storage.cascade else "NO ACTION",
            deferrable=None if field.storage.cascade else self.dialect.deferrable,
        )

    def _create_functions(
        self, _target: t.Any, connection: sa.Connection, **_kw: t.Any
    ) -> None:
        """Create functions after the tables (listener of ``after_create``)."""
        self.dialect.create_functions(connection)


def _prepared(tables: Tables, make: t.Callable[..., t.Any], *args: t.Any) -> Prepared:
    return Prepared(make(tables, *args))


@functools.lru_cache(4)
def tables_of(rules: tuple[Rules, ...], dialect: type[Dialect]) -> Tables:
    """Return the tables of a set of kinds from the cache, or build them.

    Building them takes longer than opening a SQLite file, so all fleets of a process share
    them.
    """
    return Tables(rules, dialect())


def copied_to_labels(owners: sa.Table) -> tuple[str, ...]:
    """Return the columns of owners whose values the rows with their labels have, too."""
    return ("project_id", "created_at") if "project_id" in owners.c else ()


def _select(tables: Tables, kind: Kind) -> sa.Select[t.Any]:
    """Build the query for the rows of a kind. Devices have the kind of their parent, too.

    For example::

        SELECT devices.id, devices.name, …,
            (SELECT parents.kind FROM devices AS parents
             WHERE parents.id = devices.parent_id) AS parent_kind
        FROM devices
    """
    table = tables.table(kind)
    columns: list[t.Any] = [*table.c]
    if "kind" in table.c and tables.ancestry(kind).nested:
        # Text, because SQLAlchemy does not qualify the columns in RETURNING of SQLite.
        row = f"FROM {table} AS parents WHERE parents.id = {table}.parent_id"
        kind_of_parent = sa.literal_column(f"(SELECT parents.kind {row})", sa.String)
        columns.append(kind_of_parent.label("parent_kind"))
    return sa.select(*columns)


def _fill_index(connection: sa.Connection, tables: Tables, kind: Kind) -> None:
    """Write the index of the variables of a kind again."""
    each = tables.table(kind), tables.variables(kind), tables.variable_keys(kind)
    variable_index.fill(connection, tables.dialect.bulk, *each, kind.key)


def _forget_counts(connection: sa.Connection, tables: Tables) -> None:
    """Delete all counts, so that the next request near a quota counts."""
    connection.execute(sa.delete(tables.quota_counts))


def _ancestry(tables: Tables, kind: Kind) -> Ancestry:
    table = tables.table(kind)
    targets = {name: tables.kind(field.target) for name, field in kind.ancestry.items()}
    others = {n: target for n, target in targets.items() if tables.table(target) is not table}
    return Ancestry(len(others) < len(targets), others)


def _addresses(family: list[Kind]) -> list[str]:
    """Return the fields with a format that lists are filtered by. They have an index."""
    compared = {
        list_query.compared(kind, name).name: list_query.compared(kind, name)
        for kind in family
        for name in (*kind.resource_class.filters, *kind.resource_class.parameters)
    }
    return [n for n, field in compared.items() if field.format and field.storage.column]


def _subsets(
    *columns: sa.Column[t.Any] | None,
) -> t.Iterator[tuple[sa.Column[t.Any], ...]]:
    """Yield all subsets of the columns that exist."""
    found = [column for column in columns if column is not None]
    for number in range(len(found) + 1):
        yield from itertools.combinations(found, number)


def _is_foreign_key(field: Field[t.Any]) -> t.TypeGuard[Ref[t.Any]]:
    return isinstance(field, Ref) and field.storage.foreign_key


def _column_type(name: str, field: Field[t.Any]) -> column_types.Type:
    if isinstance(field, Ref):
        return column_types.identifier(field.type)
    if name.endswith("_at"):
        return column_types.TIMESTAMP
    return _TYPES[field.type](field)
