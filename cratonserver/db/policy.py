# SPDX-License-Identifier: Apache-2.0
"""What may be done with objects of a kind: the interface, with its defaults.

A kind with peculiarities has a subclass in :mod:`cratonserver.kinds`.

Consistency of places
    An object refers to a cloud, a region and a cell by ids of its own, so a host could
    name a cell of another region. :meth:`Policy.check_update` is the place for that
    check. It is not made: an original server accepts such objects, and so does this
    one. References to other projects are refused, by
    :class:`cratonserver.db.objects.Objects`.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.identity import Identity

Row = dict[str, t.Any]


class Change(t.NamedTuple):
    """A new or changed row, before the transaction ends.

    :param connection: in the transaction.
    :param table: table of the kind.
    :param who: the user.
    :param row: the row: after creating it, or before updating it.
    :param values: the values that change. A policy may add to them.
    """

    connection: sa.Connection
    table: sa.Table
    who: Identity
    row: t.Mapping[str, t.Any]
    values: Row


class Deletion(t.NamedTuple):
    """A row that is going to be deleted.

    :param connection: in the transaction.
    :param table: table of the kind.
    :param who: the user.
    :param item_id: id of the row, which may not exist, or not be visible.
    :param scope: the conditions for the rows that the user may see.
    """

    connection: sa.Connection
    table: sa.Table
    who: Identity
    item_id: int | str
    scope: t.Sequence[sa.ColumnElement[bool]]


class Policy:
    """The policy of a kind without peculiarities.

    :param kind: the kind.
    """

    #: Whether ``?id=`` and ``?name=`` find one object, or fail with 404.
    finds_one = False
    #: Whether ``GET …/variables`` includes inherited variables unless told otherwise.
    variables_path_resolves = False
    #: Filters that are ignored when they are empty or zero.
    optional_filters: tuple[str, ...] = ()
    #: Parameters of the list that are accepted without effect.
    ignored_parameters: tuple[str, ...] = ()
    #: The message when the name of an object is taken. Empty for the usual one.
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
        :param part: what the request is about: ``collection``, ``item``, or the name of
            a part, such as ``variables``.
        :raises cratonserver.errors.Refused: with status 403.
        """

    def complete(self, values: Row, who: Identity) -> Row:
        """Add the values of a new row that the server chooses, in place.

        :param values: values of the row.
        :param who: the user.
        :returns: what only the answer to this request shows.
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
