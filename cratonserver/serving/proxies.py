# SPDX-License-Identifier: Apache-2.0
"""Reverse proxies: trusted headers and the public URL."""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t
from urllib import parse

from cratonserver import errors, wsgi_keys
from cratonserver.config import formats
from cratonserver.config.settings import Proxies

if t.TYPE_CHECKING:
    from _typeshed import wsgi

#: The headers by which servers such as gunicorn set ``wsgi.url_scheme``.
_SCHEME_HEADERS = ("X_FORWARDED_PROTO", "X_FORWARDED_PROTOCOL", "X_FORWARDED_SSL")
#: A pair of the header ``Forwarded`` (RFC 7239), such as ``for="[2001:db8::1]:4711"``.
_PAIR = re.compile(r'\s*(for|by|host|proto)=(?:"([^"]*)"|([^\s;"]*))\s*', re.IGNORECASE)


class Forwarding:
    """The headers in which a proxy says what its client sent.

    They are read under any WSGI server, and only if a trusted proxy sent the request.

    :param proxies: the settings.
    """

    def __init__(self, proxies: Proxies) -> None:
        self._trusted = proxies.trusted_proxy
        self._count = proxies.trusted_proxy_count
        self._accepted = {
            name.upper().replace("-", "_") for name in proxies.trusted_proxy_headers
        }

    def apply(self, environ: wsgi.WSGIEnvironment) -> None:
        """Change the environment of a request to what the client of the proxy sent, once.

        :raises cratonserver.errors.Refused: with status 400, if a header of the proxy is
            malformed.
        """
        if environ.get(wsgi_keys.FORWARDED):
            return
        environ[wsgi_keys.FORWARDED] = True
        if any(f"HTTP_{name}" in environ for name in _SCHEME_HEADERS):
            # The WSGI server may have believed the header of a stranger.
            environ["wsgi.url_scheme"] = "https" if _has_tls(environ) else "http"
        if not is_trusted(environ.get("REMOTE_ADDR", ""), self._trusted):
            _forget_prefix(environ)
            return
        forwarded = self._forwarded(environ)
        if client := forwarded.get("for"):
            environ["REMOTE_ADDR"] = _client(client)
        if scheme := forwarded.get("proto"):
            if scheme.lower() not in ("http", "https"):
                raise _malformed("scheme", scheme)
            environ["wsgi.url_scheme"] = scheme.lower()
        if host := forwarded.get("host"):
            port = forwarded.get("port", "")
            known = ("", "443" if environ["wsgi.url_scheme"] == "https" else "80")
            has_port = re.search(r":\d+$", host)
            environ["HTTP_HOST"] = host if port in known or has_port else f"{host}:{port}"

    def _forwarded(self, environ: wsgi.WSGIEnvironment) -> dict[str, str]:
        """Return the values of the accepted headers: ``for``, ``host``, ``proto``, ``port``.

        Each proxy appends its client to the headers, so those of the outermost trusted proxy
        come as many values before the end as there are trusted proxies.
        """
        found = {}
        if "FORWARDED" in self._accepted and (text := environ.get("HTTP_FORWARDED")):
            pairs = [_PAIR.fullmatch(pair) for pair in self._last(text).split(";")]
            if not all(pairs):
                raise _malformed("Forwarded", text)
            found = {pair[1].lower(): pair[2] or pair[3] for pair in pairs if pair}
        for name in ("for", "host", "proto", "port"):
            header = f"X_FORWARDED_{name.upper()}"
            if header in self._accepted and (text := environ.get(f"HTTP_{header}")):
                found[name] = self._last(text)
        return found

    def _last(self, text: str) -> str:
        values = [value.strip() for value in text.split(",")]
        return values[-self._count :][0]


def _has_tls(environ: wsgi.WSGIEnvironment) -> bool:
    """Return True if the WSGI server itself terminates TLS."""
    # gunicorn says so in nothing but the type of its socket.
    return environ.get("HTTPS") in ("on", "1") or hasattr(
        environ.get("gunicorn.socket"), "cipher"
    )


def _forget_prefix(environ: wsgi.WSGIEnvironment) -> None:
    """Undo that gunicorn took a part of the path for ``SCRIPT_NAME``, as a header said."""
    prefix = environ.get("SCRIPT_NAME", "")
    if prefix and prefix == environ.get("HTTP_SCRIPT_NAME") and "gunicorn.socket" in environ:
        environ["PATH_INFO"] = parse.unquote(prefix, "latin-1") + environ["PATH_INFO"]
        environ["SCRIPT_NAME"] = ""


class _Forwarded:
    """A WSGI layer that applies :class:`Forwarding`."""

    def __init__(self, application: wsgi.WSGIApplication, proxies: Proxies) -> None:
        self._application = application
        self._forwarding = Forwarding(proxies)

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        self._forwarding.apply(environ)
        return self._application(environ, start_response)


class _PublicURL:
    """A WSGI layer that makes the application build links from a fixed URL."""

    def __init__(self, application: wsgi.WSGIApplication, url: str) -> None:
        parts = parse.urlsplit(url.rstrip("/"))
        self._application = application
        self._public = {
            "wsgi.url_scheme": parts.scheme,
            "HTTP_HOST": parts.netloc,
            "SCRIPT_NAME": parts.path,
        }

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        environ.update(self._public)
        return self._application(environ, start_response)


def behind(application: wsgi.WSGIApplication, proxies: Proxies) -> wsgi.WSGIApplication:
    """Wrap an application so that it sees requests as the client sent them to the proxy.

    :param application: WSGI application.
    :param proxies: the settings. With the defaults, no header of a proxy is trusted.
    """
    if proxies.public_url:
        application = _PublicURL(application, proxies.public_url)
    return _Forwarded(application, proxies)


@functools.lru_cache(maxsize=1024)
def is_trusted(address: str, trusted: str) -> bool:
    """Return True if an address belongs to a trusted proxy.

    :param trusted: the setting ``trusted_proxy``.

    >>> is_trusted('10.1.2.3', '192.0.2.7, 10.0.0.0/8')
    True
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # a Unix domain socket
        found = None
    found = getattr(found, "ipv4_mapped", None) or found
    return any(
        network is None or (found is not None and found in network)
        for network in map(formats.network, filter(None, re.split(r"[\s,]+", trusted)))
    )


def _client(text: str) -> str:
    """Return the address of a client, without a port.

    :raises cratonserver.errors.Refused: with status 400, if it is not an address.
    """
    bare = re.sub(r"^\[(.*)\](:\d+)?$|^([^:]*):\d+$", r"\1\3", text)
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        raise _malformed("address of the client", text) from None


def _malformed(what: str, value: str) -> errors.Refused:
    return errors.Refused(400, f"The proxy sent a malformed header: {what} {value!r}.")
