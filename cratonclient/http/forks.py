# SPDX-License-Identifier: Apache-2.0
"""Open new connections in a forked process.

A child process that used the connections of its parent would read responses to requests of
the parent.
"""

from __future__ import annotations

import contextlib
import os
import typing as t
import weakref

from requests import adapters

#: The sessions of this process.
_SESSIONS: weakref.WeakSet[t.Any] = weakref.WeakSet()


def watch(session: t.Any) -> None:
    """Call ``renew_connections`` of a session in each child process.

    :param session: object with this method. It can still be deleted.
    """
    _SESSIONS.add(session)


def renew(adapter: object) -> None:
    """Let a transport adapter open new connections, and leave the present ones alone.

    :param adapter: transport adapter of requests. One that is not an ``HTTPAdapter`` has no
        connections to servers, and does not change.
    """
    if issubclass(type(adapter), adapters.HTTPAdapter):
        http_adapter = t.cast("t.Any", adapter)
        # Create the connection pools, as for an unpickled adapter.
        http_adapter.__setstate__(http_adapter.__getstate__())


def _renew_all() -> None:
    for session in list(_SESSIONS):
        with contextlib.suppress(Exception):  # the others need new connections as well
            session.renew_connections()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
