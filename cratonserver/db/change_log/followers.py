# SPDX-License-Identifier: Apache-2.0
"""Clients that wait for the next change of a project.

A thread asks the database for the last revisions of their projects, as long as somebody
waits: one query for all of them.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import typing as t

import sqlalchemy as sa

from cratonserver.db.dialect import PREPARE, StoreError
from cratonserver.db.tables import Tables

LOG = logging.getLogger(__name__)

#: The seconds between two queries.
INTERVAL = 0.05
#: The seconds between two queries while the database fails.
_PAUSE = 1.0
_PROJECTS = "craton_projects"

Read = t.Callable[..., t.ContextManager[sa.Connection]]


class Follower(t.NamedTuple):
    """A client that waits.

    :param project_id: id of the project.
    :param revision: the last revision that it knows.
    :param tell: function that is called once, in the thread, when there is a later one.
    """

    project_id: str
    revision: int
    tell: t.Callable[[], object]


class Followers:
    """All clients of a process that wait.

    :param tables: the tables.
    :param read: function that opens a transaction that reads, :meth:`.Store.read`.
    """

    def __init__(self, tables: Tables, read: Read) -> None:
        self._tables = tables
        self._read = read
        self._lock = threading.Lock()
        self._waiting: dict[int, Follower] = {}
        self._numbers = 0
        self._process = 0

    def add(self, follower: Follower) -> t.Callable[[], None]:
        """Let a client wait.

        :returns: function that ends waiting.
        """
        with self._lock:
            if self._process != os.getpid():  # threads do not survive a fork
                self._waiting.clear()
                self._process = 0
            number = self._numbers = self._numbers + 1
            self._waiting[number] = follower
            if not self._process:
                self._process = os.getpid()
                threading.Thread(target=self._watch, daemon=True).start()

        def end() -> None:
            with self._lock:
                self._waiting.pop(number, None)

        return end

    def _watch(self) -> None:
        """Watch the projects until nobody waits."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._process = 0
                    return
                waiting = dict(self._waiting)
            time.sleep(INTERVAL if self._tell(waiting) else _PAUSE)

    def _tell(self, waiting: t.Mapping[int, Follower]) -> bool:
        """Tell the clients that have something to read, and return False after an error."""
        projects = sorted({follower.project_id for follower in waiting.values()})
        query = self._tables.prepared(_last_revisions)
        try:
            with self._read(single_query=True) as connection:
                last = dict(query.rows(connection, {_PROJECTS: projects}))
        except StoreError:
            return False
        for number, follower in waiting.items():
            if last.get(follower.project_id, 0) > follower.revision:
                with self._lock:
                    found = self._waiting.pop(number, None)
                if found is not None:
                    found.tell()
        return True


def _last_revisions(tables: Tables) -> sa.Select[t.Any]:
    revisions = tables.log.revisions.c
    known = tables.dialect.in_parameter(revisions.project_id, _PROJECTS)
    query = sa.select(revisions.project_id, revisions.last).where(known)
    return query.execution_options(**{PREPARE: True})
