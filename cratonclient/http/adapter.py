# SPDX-License-Identifier: Apache-2.0
"""The transport adapter of requests: retries, and limits on the size and time of responses."""

from __future__ import annotations

import logging
import socket
import time
import typing as t

import urllib3
from requests import adapters
from requests import exceptions as requests_exceptions
from urllib3 import exceptions as urllib3_exceptions

from cratonclient import exceptions
from cratonclient.http import deadline, seconds

if t.TYPE_CHECKING:
    import requests

#: Timeout in seconds. It applies separately to the connection, to sending the request, to
#: all headers of the response, and to the whole body of the response.
DEFAULT_TIMEOUT = 60.0

#: Seconds that one request waits in total, if a busy server asks for it with Retry-After.
DEFAULT_MAX_WAIT = 60.0

#: Maximum size of a decompressed response body, in bytes. A page has at most 100
#: objects, so no valid response reaches this limit.
MAX_BODY_SIZE = 256 * 1024 * 1024

#: Statuses of responses that are retried.
_RETRIED_STATUSES = frozenset({429, 502, 503, 504})

#: Logs pauses before a retry, at level INFO.
WAITS = logging.getLogger("cratonclient.wait")


class _Retry(urllib3.Retry):
    """The retries of one request.

    :param max_wait: seconds left to wait for a busy server.
    """

    RETRY_AFTER_STATUS_CODES = _RETRIED_STATUSES  # urllib3 would add 413

    def __init__(
        self, *args: t.Any, max_wait: float = DEFAULT_MAX_WAIT, **kwargs: t.Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.max_wait = max_wait

    def new(self, **changes: t.Any) -> t.Self:
        """Return a copy with changes."""
        return super().new(**{"max_wait": self.max_wait, **changes})

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Return True if a request is sent again after a response with a status."""
        can_wait = self.max_wait > 0 or not has_retry_after
        return can_wait and super().is_retry(method, status_code, has_retry_after)

    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds in a ``Retry-After`` header, or 0 if it is not valid."""
        try:
            return super().parse_retry_after(retry_after)
        except urllib3_exceptions.InvalidHeader:
            return 0.0

    def increment(self, *args: t.Any, **kwargs: t.Any) -> t.Self:
        """Return the retries that are left.

        The connection of a response is closed: its body could be long or slow.
        """
        left = super().increment(*args, **kwargs)
        if response := kwargs.get("response"):
            response.close()
        return left

    def sleep_for_retry(self, response: urllib3.BaseHTTPResponse) -> bool:
        """Sleep for the time in ``Retry-After``, and log it."""
        seconds = min(self.get_retry_after(response) or 0.0, self.max_wait)
        if seconds <= 0:
            return False
        WAITS.info("The server is busy. Retrying in %.0f s.", seconds)
        self.max_wait -= seconds
        time.sleep(seconds)
        return True


#: POST is not in ``allowed_methods``, so it is retried only if the connection failed
#: before any byte of the request was sent.
RETRIES = _Retry(
    total=3,
    connect=3,
    read=1,
    status=3,
    redirect=0,
    other=0,
    allowed_methods=frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}),
    status_forcelist=_RETRIED_STATUSES,
    backoff_factor=0.2,
    backoff_jitter=0.2,
    backoff_max=10,
    respect_retry_after_header=True,
    raise_on_status=False,
    raise_on_redirect=False,
)


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


class Adapter(adapters.HTTPAdapter):
    """A transport adapter that retries safe requests and limits responses.

    The timeout applies to the headers of a response as a whole, and again to its whole
    body. A server that sends single bytes with pauses cannot block the program.

    :param max_wait: seconds that one request waits in total for a busy server.
    :raises cratonclient.exceptions.CommandError: if ``max_wait`` is not valid.
    """

    def __init__(self, max_wait: float = DEFAULT_MAX_WAIT) -> None:
        seconds.check_wait(max_wait)
        super().__init__(max_retries=RETRIES.new(max_wait=max_wait))

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Create the connection pool, with TCP keepalive enabled."""
        super().init_poolmanager(*args, socket_options=_SOCKET_OPTIONS, **kwargs)
        deadline.apply(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
        """Return the connection pool for a proxy."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
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
        if not stream:
            try:
                content = _read_body(response)
            except BaseException:
                response.close()
                raise
            # Otherwise requests would read the body itself, without the limits.
            response._content = content
            response._content_consumed = True
        return response


def mount(session: t.Any, max_wait: float = DEFAULT_MAX_WAIT) -> None:
    """Mount an :class:`Adapter` for HTTP and HTTPS on a session.

    :param session: session of requests or of keystoneauth, modified in place.
    :param max_wait: seconds that one request waits in total for a busy server.
    """
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter(max_wait))


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
