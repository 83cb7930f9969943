# SPDX-License-Identifier: Apache-2.0
"""Features: what a server can do beyond the API of 2017.

The version document of a server lists them. An original server of 2017 has no such document,
so it has no features. The document is requested once for each session, when a feature is first
asked for.
"""

from __future__ import annotations

import re
import threading
import typing as t
import weakref

from cratonclient import exceptions, secrets
from cratonclient.http.response import body_of

if t.TYPE_CHECKING:
    from cratonclient.session import Session

#: What a server without a feature does not have, in words.
_IN_WORDS = {
    "change_sets": "change sets",
    "changes": "a history of changes",
    "comparisons": "comparisons in filters",
    "entity_tags": "entity tags, which protect the changes of others",
    "follow": "requests that wait for changes",
    "lookups": "a request that looks up many objects",
    "moving": "moving objects to another place",
    "undo": "a way to undo changes",
    "webhooks": "webhooks",
}

#: The name of a feature. A server could send anything.
_NAME = re.compile("[a-z][a-z0-9_]{0,63}")

#: Errors of a request that could not be answered. They say nothing about the server.
_UNKNOWN = (
    exceptions.Unauthorized,
    exceptions.ProxyAuthenticationRequired,
    exceptions.TooManyRequests,
    exceptions.BadGateway,
    exceptions.ServiceUnavailable,
    exceptions.GatewayTimeout,
    exceptions.ConnectionFailed,
)


class _Asked:
    """The features of the servers of one session, by URL."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: dict[str, frozenset[str]] = {}


_asked: weakref.WeakKeyDictionary[t.Any, _Asked] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def of(session: Session, url: str) -> frozenset[str]:
    """Return the names of the features of a server. They are requested once.

    :param session: session of a client.
    :param url: URL of the API, including its version.
    :returns: the names; none for an original server, and for a response that is not a
        version document.
    :raises cratonclient.exceptions.ClientException: if the server cannot be reached, or
        refuses the credentials.

    >>> sorted(of(session, 'https://craton.example/v1'))
    ['change_sets', 'changes', 'entity_tags', 'follow', 'undo']
    """
    # Sessions with other retries, or with a reason, share the session that they wrap.
    below = getattr(session, "_session", session)
    with _lock:
        asked = _asked.setdefault(below, _Asked())
    with asked.lock:
        if url not in asked.found:
            asked.found[url] = _requested(session, url)
        return asked.found[url]


def require(session: Session, url: str, name: str) -> None:
    """Raise an exception if a server does not have a feature.

    :param session: session of a client.
    :param url: URL of the API, including its version.
    :param name: name of the feature, such as ``moving``.
    :raises cratonclient.exceptions.FeatureMissing: if the server does not have it.

    >>> require(session, 'https://craton.example/v1', 'moving')
    """
    if name not in of(session, url):
        raise exceptions.FeatureMissing(
            f"The server at {secrets.mask_url(url)} does not have "
            f"{_IN_WORDS.get(name, name)}: its version document does not list the feature "
            f"{name!r}. Original servers of 2017 have no features."
        )


def _requested(session: Session, url: str) -> frozenset[str]:
    """Return the features in the version document of a server."""
    try:
        body = body_of(session.get(url))
    except exceptions.UnexpectedResponse:
        return frozenset()
    except exceptions.HTTPError as exc:
        if isinstance(exc, _UNKNOWN):
            raise
        return frozenset()
    return frozenset(_names(body))


def _names(body: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Generate the features in a version document. Ignore what is not one."""
    versions = body.get("versions")
    for version in versions if isinstance(versions, list) else ():
        if isinstance(version, dict) and str(version.get("id")).startswith("v1"):
            found = version.get("features")
            for name in found if isinstance(found, list) else ():
                if isinstance(name, str) and _NAME.fullmatch(name):
                    yield name
