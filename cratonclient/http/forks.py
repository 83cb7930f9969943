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

import requests
from requests import adapters

#: The sessions of this process.
_SESSIONS: weakref.WeakSet[t.Any] = weakref.WeakSet()


#: The connection pools of the parent process.
_INHERITED: list[t.Any] = []


def watch(session: t.Any) -> None:
    """Call ``renew_connections`` of a session in each child process.

    :param session: object with this method. It can still be deleted.
    """
    _SESSIONS.add(session)


def renew(session: t.Any) -> None:
    """Let a session of requests open new connections, and leave the present ones alone.

    A thread of the parent process may have held a lock of the connection pools or of the
    cookies, and the child process has no such thread. So both are made anew, as if they were
    unpickled. The old pools are kept, because deleting them needs their locks.

    :param session: session of requests, modified in place.
    """
    for adapter in session.adapters.values():
        if issubclass(type(adapter), adapters.HTTPAdapter):
            _INHERITED.extend((adapter.poolmanager, adapter.proxy_manager))
            adapter.__setstate__(adapter.__getstate__())
    cookies = session.cookies
    if isinstance(cookies, requests.cookies.RequestsCookieJar):
        session.cookies = object.__new__(type(cookies))
        session.cookies.__setstate__(cookies.__getstate__())


def _renew_all() -> None:
    for session in list(_SESSIONS):
        with contextlib.suppress(Exception):  # the others need new connections as well
            session.renew_connections()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
