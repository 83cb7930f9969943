# SPDX-License-Identifier: Apache-2.0
"""Transactions that change a fleet: the gate through which all changes go.

A transaction says which project it changes before its first write. The triggers of the log
refuse all other writes::

    with store.change(origin) as transaction:
        transaction.begin(project_id)
        transaction.connection.execute(…)

A transaction that changes nothing has no entry in the log, and takes no revision.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

import sqlalchemy as sa

from cratonserver import deadlines
from cratonserver.db import clock
from cratonserver.db.change_log.origin import Origin

if t.TYPE_CHECKING:
    from cratonserver.db.dialect import Dialect


class SeveralProjects(Exception):
    """A transaction changes objects of several projects."""


class Transaction:
    """A transaction that changes the fleet, and its entry in the log.

    :param connection: connection that writes.
    :param dialect: dialect of the database.
    :param origin: who makes the change and why.
    """

    def __init__(self, connection: sa.Connection, dialect: Dialect, origin: Origin) -> None:
        self.connection = connection
        #: The time of the change, for all rows that it writes.
        self.now = clock.now()
        #: False if the transaction makes several changes, so that none may roll it back.
        self.is_single = True
        self._dialect = dialect
        self._origin = origin
        #: The revision of the change, once it is complete; ``None`` without changes.
        self.revision: int | None = None
        self._project_id: str | None = None

    def begin(self, project_id: str) -> None:
        """Say which project the following statements change.

        :param project_id: id of the project. A second call must have the same one.
        :raises SeveralProjects: if it has another one.
        """
        if self._project_id is None:
            self._project_id = project_id
            origin = {**dataclasses.asdict(self._origin), "created_at": self.now}
            self._dialect.begin_change(self.connection, {"project_id": project_id, **origin})
        elif self._project_id != project_id:
            raise SeveralProjects(project_id)

    @contextlib.contextmanager
    def attempt(self) -> t.Iterator[None]:
        """Roll back the changes of the block, and nothing else, if it fails."""
        project_id = self._project_id
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            self._project_id = project_id  # a project that began in the block is forgotten
            raise

    def finish(self) -> None:
        """Complete the entry, before the transaction is committed."""
        deadlines.lift()  # the changes are made, and will be committed
        if self._project_id is not None:
            self.revision = self._dialect.finish_change(self.connection)

    @property
    def project_id(self) -> str | None:
        """The id of the project that the transaction changes, ``None`` if nothing has begun."""
        return self._project_id

    @property
    def entry(self) -> tuple[int, int] | None:
        """The id and the revision of the change, ``None`` if nothing has changed yet."""
        if self._project_id is None:
            return None
        return self._dialect.change_entry(self.connection)
