# SPDX-License-Identifier: Apache-2.0
"""Reach a fleet whose URL is not an http one.

What can open such a URL is found by its scheme in the entry point group
``cratonclient.transport``. An entry point names a function that takes the URL
and returns a :class:`Transport`. ``cratonserver`` registers one for ``sqlite``,
which runs the server inside the process.
"""

from __future__ import annotations

import typing as t
from urllib import parse

from cratonclient import exceptions, secrets

if t.TYPE_CHECKING:
    import requests.adapters

GROUP = "cratonclient.transport"

#: What to install for the schemes that this project itself can open.
_INSTALL = {"sqlite": "pip install 'python-cratonclient[server]'"}


class Transport(t.NamedTuple):
    """How to reach a fleet: an http URL, and the adapter that answers there."""

    url: str
    adapter: requests.adapters.BaseAdapter


def is_http(url: str) -> bool:
    """Tell whether a URL needs no transport.

    >>> is_http('https://craton.example'), is_http('sqlite:///fleet.db')
    (True, False)
    """
    return _scheme(url) in ("http", "https")


def mount(session: t.Any, url: str) -> str:
    """Let a keystoneauth session reach a URL.

    :param session: session of this library.
    :param url: an http URL, or one that a transport can open.
    :returns: the http URL to use instead; the same for an http URL.
    :raises cratonclient.exceptions.TransportNotFound: when no installed
        transport knows the scheme, or the URL has none, or no host.
    :raises cratonclient.exceptions.ConnectionFailed: when it cannot be opened.
    """
    if is_http(url):
        _check(url)
        return url
    opened = _opener(_scheme(url), url)(url)
    session.mount(opened.url, opened.adapter)
    return opened.url


def _check(url: str) -> None:
    """Refuse an http URL that leads nowhere."""
    parts = parse.urlsplit(url)
    try:
        usable = bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        usable = False
    if not usable:
        raise exceptions.TransportNotFound(f"{secrets.mask(url)!r} names no host, or no port.")


def _scheme(url: str) -> str:
    """Give the scheme of a URL, nothing where it is not one."""
    try:
        return parse.urlsplit(url).scheme.lower()
    except ValueError:
        return ""


def _opener(scheme: str, url: str) -> t.Callable[[str], Transport]:
    """Find what opens URLs of a scheme.

    One that does not load, since what it needs is not installed, is not there.
    """
    from stevedore import extension

    if not scheme:
        raise exceptions.TransportNotFound(
            f"{secrets.mask(url)!r} is not a URL. It must begin with http://, https:// or sqlite:///."
        )
    found: t.Any = extension.ExtensionManager(
        GROUP, on_load_failure_callback=lambda *failure: None
    )
    if scheme in found:
        return t.cast("t.Callable[[str], Transport]", found[scheme].plugin)
    cure = _INSTALL.get(scheme)
    hint = f"To install it: {cure}" if cure else "It must begin with http:// or https://."
    raise exceptions.TransportNotFound(
        f"Nothing installed can open {scheme}: URLs such as {secrets.mask(url)!r}. {hint}"
    )
