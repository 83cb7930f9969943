# SPDX-License-Identifier: Apache-2.0
"""Name the HTTP proxy of a request in messages, without its user name and password."""

from __future__ import annotations

import os
import re
import typing as t

from cratonclient.printable import printable

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


def used_for(url: str, proxies: t.Mapping[str, str] | None = None) -> str | None:
    """Return the URL of the proxy for a request, with its password, or ``None``.

    :param url: URL of the request.
    :param proxies: proxies of the session, by scheme and host, as requests has them. The
        default are those of the environment.
    """
    from requests import utils

    try:
        if proxies is None:
            proxies = utils.get_environ_proxies(url)
        return utils.select_proxy(url, dict(proxies)) if proxies else None
    except ValueError:  # the URL is not valid
        return None


def variables(proxy: str) -> list[str]:
    """Return the names of the environment variables that have the URL of a proxy as value.

    >>> variables('http://proxy.example:3128')
    ['HTTPS_PROXY']
    """
    found = [name for name, value in os.environ.items() if value == proxy]
    return [name for name in found if name.lower().endswith("_proxy")]


def shown(proxy: str) -> str:
    """Return the URL of a proxy without its user name and password.

    >>> shown('http://ada:pa@ss@proxy.example:3128'), shown('ada:pass@proxy.example')
    ('http://proxy.example:3128', 'proxy.example')
    """
    scheme, separator, rest = proxy.partition("://")
    if separator and _SCHEME.fullmatch(scheme):
        return printable(f"{scheme}://{rest.rpartition('@')[2]}")
    return printable(proxy.rpartition("@")[2])


def sentence(url: str, proxies: t.Mapping[str, str] | None = None) -> str:
    """Return a sentence that names the proxy of a request, or an empty string.

    :param url: as for :func:`used_for`.
    :param proxies: as for :func:`used_for`.
    """
    proxy = used_for(url, proxies)
    return f" The request went through the proxy {shown(proxy)}." if proxy else ""


def of_response(response: t.Any) -> str:
    """Return a sentence that names the proxy of a response, or an empty string.

    :param response: response of requests. The adapter of this library keeps the proxies of
        the request in its attribute ``proxies``.
    """
    url, proxies = getattr(response, "url", None), getattr(response, "proxies", None)
    if not isinstance(url, str):
        return ""
    return sentence(url, proxies if isinstance(proxies, dict) else None)
