# SPDX-License-Identifier: Apache-2.0
"""The formats of settings: addresses, URLs, networks, quotas and files.

Each function raises ValueError for a wrong text, and the message says what a valid one is.
"""

from __future__ import annotations

import ipaddress
import pathlib
import re
from urllib import parse


def address(text: str) -> tuple[str, int]:
    """Parse HOST:PORT, with an IPv6 address in brackets.

    :returns: host without brackets, and port.
    :raises ValueError: if the text is not HOST:PORT.

    >>> address('[::1]:7780')
    ('::1', 7780)
    """
    host, colon, port = text.rpartition(":")
    bare = host.strip("[]")
    bracketed = host == f"[{bare}]"
    if not (
        colon
        and bare
        and bracketed == (":" in bare)
        and (bracketed or host == bare)
        and port.isascii()
        and port.isdigit()
        and int(port) < 65536
    ):
        raise ValueError("must be HOST:PORT, such as 127.0.0.1:7780 or [::1]:7780")
    return bare, int(port)


def url_of(host: str, port: int) -> str:
    """Return the URL of the server at an address.

    >>> url_of('::1', 7780)
    'http://[::1]:7780'
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def http_url(text: str) -> str:
    """Parse the URL of a server.

    :returns: the URL, without a slash at its end.
    :raises ValueError: if the text is not such a URL.
    """
    try:
        parts = parse.urlsplit(text)
        usable = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port or 80) > 0
            and parts.username is None
            and not any(mark in text for mark in "?#")
            and text.isascii()
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be the http:// or https:// URL of a server, without ? and #")
    return text.rstrip("/")


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Parse an address, a network such as ``10.0.0.0/8``, or ``*``.

    :returns: the network, ``None`` for ``*``, which means any address.
    :raises ValueError: if the text is nothing of that.
    """
    if text == "*":
        return None
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("must be addresses, networks such as 10.0.0.0/8, or *") from None


def quota(text: str) -> tuple[str, int]:
    """Parse RESOURCE:LIMIT, such as ``hosts:5000`` or ``users:-1``.

    :returns: name of the resource, and its limit; -1 for no limit.
    :raises ValueError: if the text is nothing of that.
    """
    resource, _, number = text.partition(":")
    try:
        if re.fullmatch("[a-z][a-z_]*", resource):
            return resource, limit(number)
    except ValueError:
        pass
    raise ValueError("must be RESOURCE:LIMIT, such as hosts:5000, or hosts:-1 for no limit")


def limit(text: str) -> int:
    """Parse the limit of a quota.

    :raises ValueError: if the text is not a whole number or -1.
    """
    if not re.fullmatch("-1|[0-9]{1,18}", text):
        raise ValueError("must be a whole number, or -1 for no limit")
    return int(text)


def readable_file(text: str) -> None:
    """Check that a text is empty or the path of a file that can be read.

    :raises ValueError: if it is not.
    """
    try:
        if text:
            pathlib.Path(text).read_bytes()
    except OSError as exc:
        raise ValueError(f"must be a file that can be read ({exc.strerror})") from None


def trusted_proxies(text: str) -> None:
    """Check the addresses and networks of proxies, which are separated by commas.

    :raises ValueError: if one of them is neither, and not ``*``.
    """
    for word in text.split(",") if text else ():
        network(word.strip())
