# SPDX-License-Identifier: Apache-2.0
"""Disable Basic authentication with credentials that the program did not choose.

requests takes a user name and a password from ``.netrc`` and from the URL, and sends them
in the header ``Authorization``.
"""

from __future__ import annotations

import typing as t
from urllib import parse

if t.TYPE_CHECKING:
    import requests


def none(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add no credentials to a request. requests then looks for no others.

    :param request: the request, which is returned unchanged.
    """
    return request


def disable(session: requests.Session) -> None:
    """Let a session send no credentials of ``.netrc`` or of the URL.

    :param session: session of requests, modified in place. It keeps credentials that the
        program has set, and the proxies and the CA bundle of the environment.
    """
    if session.auth is None:
        session.auth = none


def without_login(url: str) -> str:
    """Return a URL without its user name and password, so that no message contains them.

    >>> without_login('https://ada:secret@craton.example/v1')
    'https://craton.example/v1'
    """
    if "@" not in url:
        return url
    try:
        parts = parse.urlsplit(url)
    except ValueError:
        return url
    return parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
