# SPDX-License-Identifier: Apache-2.0
"""Decide who retries a request: the adapter of this library, or the session above it.

Only one of them does. The adapter of this library does if the request reaches it. An adapter
that the program has mounted does not retry as a program expects, so keystoneauth does.
"""

from __future__ import annotations

import contextlib
import typing as t

from requests import exceptions as requests_exceptions

from cratonclient.http import adapter, retries, wrapped
from cratonclient.http.retries import Numbers


@contextlib.contextmanager
def retrying(session: t.Any, url: str, numbers: Numbers) -> t.Iterator[dict[str, int]]:
    """Let the right one of a session's layers retry the requests in a block.

    :param session: session of any kind.
    :param url: URL of the request.
    :param numbers: the numbers of retries that the program has chosen.
    :returns: further keywords of the request: numbers for keystoneauth.
    """
    inside, keywords = _route(session, url, numbers)
    with retries.chosen(inside):
        yield keywords


def _route(session: t.Any, url: str, numbers: Numbers) -> tuple[Numbers, dict[str, int]]:
    """Return the numbers for the adapter of this library, and keywords for the session."""
    is_keystoneauth = wrapped.is_keystoneauth(session)
    if numbers == retries.UNSET and not is_keystoneauth:
        return numbers, {}
    if not _reaches_adapter(session, url):
        keywords = numbers.keywords()
        return retries.NEVER if keywords else numbers, keywords
    if not is_keystoneauth:
        return numbers, {}
    own = (getattr(session, name, None) for name in (retries.CONNECT, retries.STATUS))
    return numbers.or_else(Numbers(*own)), retries.NEVER.keywords()


def _reaches_adapter(session: t.Any, url: str) -> bool:
    """Return True if a request reaches an adapter of this library.

    :param url: URL of the request. A path is relative to a URL of the catalog.
    """
    inner = wrapped.innermost(session)
    if not wrapped.is_requests(inner):
        return False
    try:
        found = inner.get_adapter(url if "://" in url else "https://")
    except requests_exceptions.InvalidSchema:
        return False
    return isinstance(found, adapter.Adapter)
