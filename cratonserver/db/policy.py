# SPDX-License-Identifier: Apache-2.0
"""The policy of a kind: permissions and checks. This is the interface, with its defaults.

Kinds with other rules have a subclass in :mod:`cratonserver.kinds`.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db.aliases import Row
from cratonserver.identity import Identity


class Change(t.NamedTuple):
    """A new or changed row, before the transaction ends.

    :param connection: connection in the transaction.
    :param table: table of the kind.
    :param who: the user.
    :param row: a new row after its creation, an existing row before its update.
    :param values: the values that change. A policy may add to them.
    """

    connection: sa.Connection
    table: sa.Table
    who: Identity
    row: t.Mapping[str, t.Any]
    values: Row


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

    def complete(self, values: Row, who: Identity) -> Row:
        """Add the values that the server chooses to a new row, in place.

        :param values: values of the row.
        :param who: the user.
        :returns: values that only the response to this request shows.
        """
        values["project_id"] = who.project_id
        return {}

    def check_update(self, change: Change) -> None:
        """Refuse a new or changed row that is not valid.

        :raises cratonserver.errors.Refused: with status 400, 403 or 409.
        """

    def check_deletion(self, deletion: Deletion) -> None:
        """Refuse a deletion.

        :raises cratonserver.errors.Refused: with status 403 or 409.
        """
