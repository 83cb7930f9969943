# SPDX-License-Identifier: Apache-2.0
"""Temporary fleets, for the tests of programs: the server behind :mod:`cratonclient.testing`.

A fleet is a SQLite file in a temporary folder. A file behaves as that of a real fleet: with
several connections, threads and processes.
"""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import tempfile
import typing as t
from urllib import parse

import sqlalchemy as sa

from cratonclient.http import transport
from cratonserver import composition, embedded, identity

if t.TYPE_CHECKING:
    from _typeshed import wsgi

    from cratonserver.db.store import Store


class TemporaryFleet:
    """A new, empty fleet with a WSGI application. Closing it deletes it.

    >>> fleet = TemporaryFleet()
    >>> transport = fleet.transport()
    >>> fleet.close()
    """

    #: The id of the project that each new fleet has.
    project_id = identity.FIRST_PROJECT

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="craton-")
        path = pathlib.Path(self._folder.name, "fleet.db")
        path.write_bytes(_empty_fleet())
        self._store = _store(path)
        #: The URL of the database.
        self.url = self._store.name
        #: The WSGI application of the server, with Craton's own authentication.
        self.application: wsgi.WSGIApplication = composition.application_of(
            self._store, embedded.SETTINGS
        )

    def transport(self, project_id: str | None = None) -> transport.Transport:
        """Return a transport whose requests need no credentials.

        :param project_id: id of the project of the requests. The default is the first
            project. The requests have the root role.
        """
        who = dataclasses.replace(identity.OWNER, project_id=project_id or self.project_id)
        adapter = embedded.Adapter(self.application, self._store, self.url, who)
        return transport.Transport(adapter.base_url, adapter)

    def add_root_user(self, username: str) -> str:
        """Add the root user to the first project, and return the API key of the user.

        :param username: name of the user.
        """
        return str(self._store.add_root_user(username))

    def close(self) -> None:
        """Close the connections to the database, and delete it."""
        self._store.close()
        self._folder.cleanup()


@functools.cache
def _empty_fleet() -> bytes:
    """Return the contents of the file of an empty fleet.

    Writing them to a new file takes a tenth of the time that the creation of the tables
    takes, so each process creates the tables once.
    """
    with tempfile.TemporaryDirectory(prefix="craton-") as folder:
        path = pathlib.Path(folder, "fleet.db")
        store = _store(path)
        store.open()
        store.close()  # moves the write-ahead log to the file
        return path.read_bytes()


def _store(path: pathlib.Path) -> Store:
    """Return the store of a file that need not survive a power failure."""
    store = composition.store_at(f"sqlite:///{parse.quote(str(path))}")

    # Called after the listener that configures the connections of all fleets.
    @sa.event.listens_for(store.engine, "connect")
    def write_without_waiting(connection: t.Any, _record: t.Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    return store
