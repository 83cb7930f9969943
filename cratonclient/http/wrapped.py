# SPDX-License-Identifier: Apache-2.0
"""Find out what a session wraps: keystoneauth, requests, or an object of the program.

``isinstance()`` is True for a mock with a ``spec``, so this module compares ``type()``. A
module that was not imported has no instances, so this module does not import keystoneauth.
"""

from __future__ import annotations

import sys
import typing as t

import requests

#: The maximum number of sessions inside each other. A mock has an endless number of them.
_MAX_DEPTH = 8


def is_keystoneauth_session(value: object) -> bool:
    """Return True for a session of keystoneauth."""
    return _has_type(value, "keystoneauth1.session", "Session")


def is_keystoneauth(value: object) -> bool:
    """Return True for a session or an adapter of keystoneauth, or a proxy of openstacksdk."""
    is_adapter = _has_type(value, "keystoneauth1.adapter", "Adapter")
    return is_adapter or is_keystoneauth_session(value)


def is_requests(value: object) -> bool:
    """Return True for a session of requests."""
    return issubclass(type(value), requests.Session)


def innermost(session: object) -> t.Any:
    """Return the session with the transport adapters: that of requests, or a similar one.

    A session or adapter of keystoneauth keeps the session that it wraps in its attribute
    ``session``.

    :param session: session of any kind.
    :returns: the session, or ``None`` if no session inside has transport adapters.
    """
    layers = list(_layers(session))
    similar = (one for one in layers if hasattr(one, "mount") and hasattr(one, "close"))
    return next(filter(is_requests, layers), None) or next(similar, None)


def separate(session: t.Any) -> t.Any:
    """Return a copy of a session whose transport adapters can be changed.

    The copy shares all other settings with the session, and its connections.

    :param session: session of requests, or an object that wraps one.
    """
    if not is_requests(innermost(session)):
        return session
    copied = object.__new__(type(session))
    copied.__dict__.update(vars(session))
    if is_requests(session):
        copied.adapters = session.adapters.copy()
        return copied
    if is_keystoneauth_session(session):
        # keystoneauth closes this session of requests when the copy is deleted.
        copied._session = None
    copied.session = separate(session.session)
    return copied


def _layers(session: object) -> t.Iterator[object]:
    """Generate a session and the sessions inside it, from the outside to the inside."""
    for _ in range(_MAX_DEPTH):
        if session is None:
            return
        yield session
        session = getattr(session, "session", None)


def _has_type(value: object, module: str, name: str) -> bool:
    cls = getattr(sys.modules.get(module), name, None)
    return isinstance(cls, type) and issubclass(type(value), cls)
