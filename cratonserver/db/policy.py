# SPDX-License-Identifier: Apache-2.0
"""The policy of a kind: permissions and checks. This is the interface, with its defaults.

Kinds with other rules have a subclass in :mod:`cratonserver.kinds`.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db.aliases import Row
from cratonserver.identity import Identity


class Change(t.NamedTuple):
    """A new or changed row.

    :param connection: connection in the transaction.
    :param table: table of the kind.
    :param who: the user.
    :param row: an existing row before its update; the values of a new row, without its id.
    :param values: the values that change. A policy may add to them.
    :param is_new: the row is new.
    :param revision: returns the revision of the change, once it has written something.
    """

    connection: sa.Connection
    table: sa.Table
    who: Identity
    row: t.Mapping[str, t.Any]
    values: Row
    is_new: bool = False
    revision: t.Callable[[], int | None] = lambda: None


class Requirement(t.NamedTuple):
    """The greatest number that something may have before a row is written, such as a count.

    The statement that checks the references of the row reads the number, too, so a
    requirement costs no further statement and no round trip.

    The number is that of the moment when the statement began. Two transactions at the same
    time may both meet a requirement that only one of them should meet, unless both lock
    the same row in an earlier statement, as :meth:`Policy.locks_project` does for updates.

    For example, a limit for the objects of a kind in a project::

        Requirement(_count, {"craton_limited": who.project_id}, limit - 1, refusal)

        def _count(tables, kind):
            table = tables.table(kind)
            project = sa.bindparam("craton_limited")
            return sa.select(sa.func.count()).where(
                table.c.project_id == project, *tables.kind_conditions(kind)
            )

    :param query: function that builds the query for the number, from the tables and the
        kind of the row. The query is cached by this function, so it must be a function of
        a module, and all values must be parameters.
    :param values: values of the parameters. Their names begin with ``craton_``.
    :param most: the greatest number that is accepted.
    :param refusal: function that returns the error for a greater number. Errors about
        references come first.
    """

    query: t.Callable[..., sa.Select[int]]
    values: t.Mapping[str, t.Any]
    most: int
    refusal: t.Callable[[int], errors.Refused]


class Deletion(t.NamedTuple):
    """A row to delete.

    :param connection: connection in the transaction.
    :param table: table of the kind.
    :param who: the user.
    :param item_id: id of the row, which may not exist, or not be visible.
    :param scope: the conditions for the rows that the user may see.
    :param lock: lock the rows that the checks rely on. False in a read-only transaction,
        which only shows what a deletion would do.
    """

    connection: sa.Connection
    table: sa.Table
    who: Identity
    item_id: int | str
    scope: t.Sequence[sa.ColumnElement[bool]]
    lock: bool = True


class Policy:
    """The default policy of a kind.

    :param kind: the kind.
    """

    #: True if a list with ``?id=`` or ``?name=`` finds one object or fails with 404.
    finds_one = False
    #: True if ``GET …/variables`` includes inherited variables by default.
    variables_path_resolves = False
    #: Filters that are ignored when they are empty or zero.
    optional_filters: tuple[str, ...] = ()
    #: Parameters of the list that are accepted without effect.
    ignored_parameters: tuple[str, ...] = ()
    #: True if users with a read-only role may change the objects that :meth:`required` permits.
    readers_change_own = False
    #: True if creating an object takes several statements, in :meth:`created` or in checks.
    needs_transaction = False
    #: The message if the name of an object is taken. Empty for the default message.
    name_taken = ""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        if not self.name_taken:
            named = kind.resource_class.NAME_ATTR
            self.name_taken = f"A {kind.noun} with the given {named} already exists."

    def allow(self, who: Identity, method: str, part: str) -> None:
        """Refuse a request that the user may not make.

        :param who: the user.
        :param method: HTTP method, such as ``GET``.
        :param part: target of the request: ``collection``, ``item``, or the name of a
            part, such as ``variables``.
        :raises cratonserver.errors.Refused: with status 403.
        """

    def required(self, who: Identity) -> Row:
        """Return values that an object must have for the user to see it.

        :param who: the user, who sees no object of another project anyway.
        """
        return {}

    def complete(self, values: Row, who: Identity) -> Row:
        """Add the values that the server chooses to a new row, in place.

        :param values: values of the row.
        :param who: the user.
        :returns: values that only the response to this request shows.
        """
        values["project_id"] = who.project_id
        return {}

    def locks_project(self, values: t.Mapping[str, t.Any]) -> bool:
        """Return True if an update has to lock the project of the row.

        :param values: values in the request.
        """
        return False

    def requirements(self, change: Change) -> t.Sequence[Requirement]:
        """Return what the database has to confirm before a row is written.

        This is the place for checks that need a query: they cost no further statement.

        :param change: the change.
        """
        return ()

    def created(self, change: Change) -> Row:
        """Store the rows of other tables that belong to a new row.

        :param change: the new row.
        :returns: values that only the response to this request shows.
        """
        return {}

    def check_update(self, change: Change) -> None:
        """Refuse a new or changed row that is not valid.

        :raises cratonserver.errors.Refused: with status 400, 403 or 409.
        """

    def check_deletion(self, deletion: Deletion) -> None:
        """Refuse a deletion.

        :raises cratonserver.errors.Refused: with status 403 or 409.
        """

    def check_undone(
        self,
        connection: sa.Connection,
        table: sa.Table,
        who: Identity,
        changed: t.Mapping[str, t.Sequence[Row]],
    ) -> None:
        """Refuse to undo a change, after it was undone in the transaction.

        :param connection: connection in the transaction.
        :param table: table of the kind.
        :param who: the user.
        :param changed: the states in the log of the objects that undoing changed, by id.
        :raises cratonserver.errors.Refused: with status 403 or 409.
        """
