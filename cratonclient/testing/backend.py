# SPDX-License-Identifier: Apache-2.0
"""Find the temporary fleets of an installed server.

This package does not import the server. A server registers a class in the entry point group
``cratonclient.testing``, under the name ``fleet``.
"""

from __future__ import annotations

import functools
import typing as t

from cratonclient import exceptions
from cratonclient.http import transport
from cratonclient.process import private_files

GROUP, NAME = "cratonclient.testing", "fleet"

if t.TYPE_CHECKING:
    from wsgiref import types as wsgi


class TemporaryFleet(t.Protocol):
    """A new, empty fleet. Closing it deletes it."""

    #: The id of the project that each new fleet has.
    project_id: str
    #: The WSGI application, with Craton's own authentication.
    application: wsgi.WSGIApplication

    def transport(self, project_id: str | None = None) -> transport.Transport:
        """Return a transport whose requests have the root role in a project."""

    def add_root_user(self, username: str) -> str:
        """Add the root user to the first project, and return the API key of the user."""

    def close(self) -> None:
        """Close the connections to the fleet, and delete it."""


@functools.cache
def temporary_fleet() -> type[TemporaryFleet]:
    """Return the class of the temporary fleets of the installed server.

    :raises cratonclient.exceptions.TransportNotFound: if no server is installed.

    >>> fleet = temporary_fleet()()
    """
    private_files.protect_caches()
    from stevedore import extension

    failures: list[BaseException] = []
    found: t.Any = extension.ExtensionManager(
        GROUP, on_load_failure_callback=lambda _manager, _entry, exc: failures.append(exc)
    )
    if NAME not in found:
        reason = f", which cannot be imported ({failures[0]})" if failures else ""
        raise exceptions.TransportNotFound(
            f"cratonclient.testing needs the Craton server{reason}. "
            "Install it: pip install 'python-cratonclient[server]'"
        )
    return t.cast("type[TemporaryFleet]", found[NAME].plugin)
