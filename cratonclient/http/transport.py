# SPDX-License-Identifier: Apache-2.0
"""Transports for URLs with a scheme other than HTTP and HTTPS, such as ``sqlite:``.

A transport is registered in the entry point group ``cratonclient.transport``, by the name
of its URL scheme. The entry point names a function that takes the URL and returns a
:class:`Transport`. ``cratonserver`` registers one for ``sqlite``, which runs the server
inside the process.
"""

from __future__ import annotations

import os
import re
import typing as t
from urllib import parse

from cratonclient import exceptions, secrets
from cratonclient.http import basic_auth
from cratonclient.printable import shown
from cratonclient.process import private_files

if t.TYPE_CHECKING:
    import requests.adapters

GROUP = "cratonclient.transport"

#: Commands that install the transports of this project, by URL scheme.
_INSTALL = {"sqlite": "pip install 'python-cratonclient[server]'"}


class Transport(t.NamedTuple):
    """An HTTP URL and the transport adapter that processes requests to it.

    :param url: base URL of the requests, such as ``'http://fleet.invalid'``.
    :param adapter: transport adapter of requests.
    """

    url: str
    adapter: requests.adapters.BaseAdapter


def is_http(url: str) -> bool:
    """Return True if the scheme of a URL is HTTP or HTTPS, so that it needs no transport.

    >>> is_http('https://craton.example'), is_http('sqlite:///fleet.db')
    (True, False)
    """
    return _scheme(url) in ("http", "https")


def mount(session: t.Any, url: str) -> str:
    """Mount the transport of a URL on a session. An HTTP URL needs no transport.

    :param session: a :class:`cratonclient.session.Session`, modified in place.
    :param url: HTTP URL, or a URL that an installed transport can open.
    :returns: the HTTP URL to send requests to. An HTTP URL is returned without its user
        name and password, which are never sent.
    :raises cratonclient.exceptions.TransportNotFound: if the URL has no scheme or no
        host, if an HTTP URL has a query or a fragment, or if no installed transport
        supports its scheme.
    :raises cratonclient.exceptions.ConnectionFailed: if the transport cannot open it.

    >>> mount(session, 'https://craton.example')
    'https://craton.example'
    """
    if not isinstance(url, str):
        raise exceptions.TransportNotFound(f"{shown(url)} is not a valid URL.")
    if is_http(url):
        check_http(url)
        return basic_auth.without_login(url)
    open_transport = _opener(url)
    opened = open_transport(url)
    session.mount(opened.url, opened.adapter)
    return opened.url


def absolute(url: str) -> str:
    """Return the URL of a file with an absolute path, and other URLs as they are.

    :param url: URL such as ``sqlite:///fleet.db``.

    >>> absolute('sqlite:////var/lib/fleet.db')
    'sqlite:////var/lib/fleet.db'
    """
    scheme, mark, path = url.partition(":///")
    if scheme != "sqlite" or not path or path.startswith("/"):
        return url
    return f"{scheme}{mark}{os.path.abspath(path)}"


def check_http(url: str) -> None:
    """Refuse an HTTP URL without a host, with an invalid port, or with a query.

    :raises cratonclient.exceptions.TransportNotFound: if the URL is refused.
    """
    if not _has_host(url):
        raise exceptions.TransportNotFound(
            f"{secrets.mask_url(url)!r} is not a valid URL. Check its host and its port."
        )
    check_ends_with_path(url)


def check_keystone(url: str) -> None:
    """Refuse a URL of Keystone that is not an HTTP URL, or has a query.

    :raises cratonclient.exceptions.TransportNotFound: if the URL is refused.
    """
    if not (is_http(url) and _has_host(url)):
        raise exceptions.TransportNotFound(
            f"The URL of Keystone, {secrets.mask_url(url)!r}, is not valid. Use a URL such as "
            "https://keystone.example.org/v3."
        )
    check_ends_with_path(url)


def _has_host(url: str) -> bool:
    """Return True if an HTTP URL has a host, and a port that is valid, if any."""
    try:
        parts = parse.urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is not a number, or greater than 65535
        return False


def check_ends_with_path(url: str) -> None:
    """Refuse the URL of a server with a query or a fragment: paths are appended to it.

    :raises cratonclient.exceptions.TransportNotFound: if it has one.

    >>> check_ends_with_path('http://craton.example/v1?x=1')
    Traceback (most recent call last):
    ...
    cratonclient.exceptions.TransportNotFound: 'http://craton.example/v1?x=1' has a query
    ('?x=1'), so no path can be appended to it. Remove it from the URL.
    """
    found = re.search(r"[?#].*", url, re.DOTALL)
    if found:
        shown_url, rest = secrets.mask_url(url), secrets.mask(found[0])
        what = "a query" if rest.startswith("?") else "a fragment"
        raise exceptions.TransportNotFound(
            f"{shown_url!r} has {what} ({rest!r}), so no path can be appended to it. Remove "
            "it from the URL."
        )


def _scheme(url: str) -> str:
    """Return the scheme of a URL, or an empty string if the URL is not valid."""
    try:
        return parse.urlsplit(url).scheme.lower()
    except ValueError:
        return ""


def _opener(url: str) -> t.Callable[[str], Transport]:
    """Return the function that opens URLs with the scheme of a URL.

    Entry points that cannot be imported are ignored: their dependencies are optional.

    :raises cratonclient.exceptions.TransportNotFound: if no entry point can be used.
    """
    private_files.protect_caches()
    from stevedore import extension

    scheme = _scheme(url)
    if not scheme:
        raise exceptions.TransportNotFound(
            f"{secrets.mask_url(url)!r} is not a valid URL. "
            "It must begin with http://, https:// or sqlite:///."
        )
    found: t.Any = extension.ExtensionManager(
        GROUP, on_load_failure_callback=lambda *failure: None
    )
    if scheme in found:
        return t.cast("t.Callable[[str], Transport]", found[scheme].plugin)
    command = _INSTALL.get(scheme)
    hint = (
        f"Install one: {command}"
        if command
        else "Use a URL that begins with http:// or https://."
    )
    raise exceptions.TransportNotFound(
        f"No installed package can open the {scheme}: URL {secrets.mask_url(url)!r}. {hint}"
    )
