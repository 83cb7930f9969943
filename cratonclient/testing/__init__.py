# SPDX-License-Identifier: Apache-2.0
"""Fleets for the tests of programs that use this library: in the process, or behind a URL.

A test describes its fleet in Python, by names, as the objects live in each other. The fleet
is a real one, on the server of this project: its answers are not mocked. Install it with
``pip install 'python-cratonclient[server]'``. The fixtures for pytest are in
:mod:`cratonclient.pytest_plugin`.
"""

from __future__ import annotations

import contextlib
import typing as t

from cratonclient import auth
from cratonclient.testing import backend, filling, live, references
from cratonclient.testing.description import Described, DescriptionError, read
from cratonclient.testing.live import Login, Server
from cratonclient.v1 import client

__all__ = ["Description", "DescriptionError", "Login", "Server", "fleet", "server"]

#: The description of a fleet, such as ``{'clouds': [{'name': 'prod'}]}``.
Description = t.Mapping[str, t.Any]

# Show the public name in tracebacks.
DescriptionError.__module__ = __name__

#: The user who owns the fleet of a :func:`server`.
_ROOT = "root"


@contextlib.contextmanager
def fleet(description: Description | None = None) -> t.Iterator[client.Client]:
    """Yield a client of a new fleet in this process, which is deleted afterwards.

    Fleets are independent of each other, also in parallel threads and processes.

    :param description: objects of the fleet; see :doc:`/user/testing`. The default is an
        empty fleet.
    :returns: a client with the root role in the first project.
    :raises DescriptionError: if the description is not valid, or the server refuses an
        object.
    :raises cratonclient.exceptions.TransportNotFound: if the server is not installed.

    >>> with fleet({'clouds': [{'name': 'prod'}]}) as craton:
    ...     [cloud.name for cloud in craton.clouds.list()]
    ['prod']
    """
    with _filled(description) as (_fleet, craton, _objects):
        yield craton


@contextlib.contextmanager
def server(description: Description | None = None) -> t.Iterator[Server]:
    """Serve a new fleet at a URL of this machine. The fleet is deleted afterwards.

    The server listens on a free port of ``127.0.0.1``, in threads of this process. It has
    Craton's own authentication: a request with a wrong key gets 401.

    :param description: as for :func:`fleet`.
    :returns: the server, with the credentials of a user with the root role.
    :raises DescriptionError: as for :func:`fleet`.
    :raises cratonclient.exceptions.TransportNotFound: if the server is not installed.

    >>> with server({'clouds': [{'name': 'prod'}]}) as running:
    ...     subprocess.run(['my-program'], env={**os.environ, **running.environment})
    """
    with _filled(description) as (temporary, _craton, objects):
        root = (_ROOT, temporary.add_root_user(_ROOT), temporary.project_id)
        with live.running(temporary.application, root, objects) as found:
            yield found


@contextlib.contextmanager
def _filled(
    described: Description | None,
) -> t.Iterator[tuple[backend.TemporaryFleet, client.Client, list[Described]]]:
    """Yield a new fleet that was filled from a description, a client, and the objects."""
    objects = read({} if described is None else described)
    references.connect(objects)
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(contextlib.closing(backend.temporary_fleet()()))

        def connect(project_id: str) -> client.Client:
            session = auth.create_session_with(None, True)
            stack.callback(session.close)
            opened = temporary.transport(project_id)
            session.mount(opened.url, opened.adapter)
            return client.Client(session, opened.url)

        filling.fill(objects, temporary.project_id, connect)
        yield temporary, connect(temporary.project_id), objects
