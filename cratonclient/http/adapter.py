# SPDX-License-Identifier: Apache-2.0
"""The transport adapter of requests: retries, and limits on the size and time of responses."""

from __future__ import annotations

import socket
import ssl
import sys
import typing as t

import urllib3
from requests import adapters
from requests import exceptions as requests_exceptions
from urllib3 import exceptions as urllib3_exceptions

from cratonclient import exceptions
from cratonclient.http import arguments, deadline, retries, seconds

if t.TYPE_CHECKING:
    import requests

#: Timeout in seconds. It applies separately to the connection, to sending the request, to
#: all headers of the response, and to the whole body of the response.
DEFAULT_TIMEOUT = 60.0

#: The number of idle connections to one server that are kept open: as many as threads can
#: use one client. A connection is opened only when it is needed.
DEFAULT_POOL_SIZE = 256

#: Maximum size of a decompressed response body, in bytes. A page has at most 100
#: objects, so no valid response reaches this limit.
MAX_BODY_SIZE = 256 * 1024 * 1024

#: TCP keepalive after 60 seconds without data. It keeps the connection open in NAT
#: routers and detects a dead connection. Some systems do not define all names.
_SOCKET_OPTIONS = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
        if hasattr(socket, name)
    ),
]


class TLS(t.NamedTuple):
    """Restrictions of TLS, as a session of keystoneauth takes them.

    :param ciphers: the allowed ciphers, as OpenSSL spells them.
    :param min_version: the minimum version, such as ``1.3``.
    """

    ciphers: str | None = None
    min_version: str | None = None

    def keywords(self) -> dict[str, t.Any]:
        """Return the keywords of a connection pool with these restrictions."""
        if not any(self):
            return {}
        context = ssl.create_default_context()
        if self.min_version:
            version = ssl.TLSVersion[f"TLSv{self.min_version.replace('.', '_')}"]
            context.minimum_version = version
        if self.ciphers:
            context.set_ciphers(self.ciphers)
        return {"ssl_context": context}


class Adapter(adapters.HTTPAdapter):
    """A transport adapter that retries safe requests and limits responses.

    The timeout applies to the headers of a response as a whole, and again to its whole
    body. A server that sends single bytes with pauses cannot block the program.

    :param max_wait: seconds that one request waits in total for a busy server.
    :param retry: retries of one request, or a number for each reason.
    :param pool_size: number of idle connections to one server that are kept open.
    :param tls: restrictions of TLS.
    :raises cratonclient.exceptions.CommandError: if an argument is not valid.
    """

    #: The attributes in pickles.
    __attrs__ = [*adapters.HTTPAdapter.__attrs__, "tls"]  # noqa: RUF012, requests declares it

    def __init__(
        self,
        max_wait: float = retries.DEFAULT_MAX_WAIT,
        retry: int | retries.Numbers | None = None,
        pool_size: int = DEFAULT_POOL_SIZE,
        tls: TLS = TLS(),  # noqa: B008, it is immutable
    ) -> None:
        seconds.check_wait(max_wait)
        arguments.check_count("pool_size", pool_size)
        self.tls = tls
        super().__init__(pool_maxsize=pool_size, max_retries=retries.policy(retry, max_wait))

    @property
    def max_retries(self) -> t.Any:
        """The retries of the request that is sent now."""
        return retries.current(self._retries)

    @max_retries.setter
    def max_retries(self, value: t.Any) -> None:
        self._retries = value

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Create the connection pool, with TCP keepalive enabled."""
        super().init_poolmanager(
            *args, **{"socket_options": _SOCKET_OPTIONS, **self.tls.keywords(), **kwargs}
        )
        deadline.apply(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
        """Return the connection pool for a proxy."""
        known = proxy in self.proxy_manager
        settings = {} if known else self.tls.keywords()
        manager = super().proxy_manager_for(proxy, **{**settings, **kwargs})
        if not known:
            deadline.apply(manager)
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: t.Any = None,
        verify: bool | str = True,
        cert: t.Any = None,
        proxies: t.Any = None,
    ) -> requests.Response:
        """Send a request and read the whole response, unless ``stream`` is set.

        :raises cratonclient.exceptions.UnexpectedResponse: if the body is too large.
        """
        if not verify and not isinstance(verify, int):
            # requests would not verify certificates for an empty text, as of an empty
            # setting. Only False says so.
            verify = True
        response = super().send(request, stream, timeout, verify, cert, proxies)
        response.proxies = proxies  # type: ignore[attr-defined]  # for error messages
        # Other libraries give responses of their own, and requests reads those.
        if not stream and isinstance(response.raw, urllib3.HTTPResponse):
            try:
                content = _read_body(response)
            except BaseException:
                response.close()
                raise
            # Otherwise requests would read the body itself, without the limits.
            response._content = content
            response._content_consumed = True
        return response


def mount(session: t.Any, **settings: t.Any) -> None:
    """Mount an :class:`Adapter` for HTTP and HTTPS, unless the program has mounted others.

    The adapter keeps the restrictions of TLS of the adapter that it replaces.

    :param session: session of requests or of keystoneauth, modified in place.
    :param settings: arguments of :class:`Adapter`.
    :raises cratonclient.exceptions.CommandError: if a setting is not valid.
    """
    for prefix in ("http://", "https://"):
        present = session.adapters.get(prefix)
        made = Adapter(tls=_tls_of(present, session), **settings)
        if _is_default(present):
            session.mount(prefix, made)


def _is_default(present: object) -> bool:
    """Return True for an adapter that a library has mounted by default."""
    keystoneauth = sys.modules.get("keystoneauth1.session")
    default = getattr(keystoneauth, "TCPKeepAliveAdapter", None)
    return type(present) in (type(None), adapters.HTTPAdapter, Adapter, default)


def _tls_of(present: object, session: object) -> TLS:
    """Return the restrictions of TLS of an adapter, or else those of its session."""
    if isinstance(present, Adapter):
        return present.tls
    names = ("tls_ciphers", "tls_min_version")
    return TLS(*(getattr(present, n, None) or getattr(session, n, None) for n in names))


def _read_body(response: requests.Response) -> bytes:
    """Return the decompressed body of a response.

    :raises cratonclient.exceptions.UnexpectedResponse: if the body exceeds ``MAX_BODY_SIZE``.
    :raises requests.exceptions.RequestException: if the body is incomplete, cannot be
        decompressed, or does not arrive before the timeout.
    """
    parts, size = [], 0
    try:
        while part := response.raw.read1(65536, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > MAX_BODY_SIZE:
                raise exceptions.UnexpectedResponse(
                    f"The response from {response.url} exceeds {MAX_BODY_SIZE >> 20} MiB. "
                    "Check that the URL belongs to a Craton server."
                )
    except urllib3_exceptions.ReadTimeoutError as exc:
        raise requests_exceptions.ReadTimeout(exc) from exc
    except urllib3_exceptions.DecodeError as exc:
        raise requests_exceptions.ContentDecodingError(exc) from exc
    except (urllib3_exceptions.HTTPError, OSError) as exc:
        raise requests_exceptions.ChunkedEncodingError(exc) from exc
    return b"".join(parts)
