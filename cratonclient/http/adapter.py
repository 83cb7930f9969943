# SPDX-License-Identifier: Apache-2.0
"""The transport adapter of requests: retries, and limits on the size of responses."""

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

if t.TYPE_CHECKING:
    import requests

#: Timeout in seconds. It applies separately to the connection, to each wait for data,
#: and to the transfer of a whole response body.
DEFAULT_TIMEOUT = 60.0

#: Maximum size of a decompressed response body, in bytes. A page has at most 100
#: objects, so no valid response reaches this limit.
MAX_BODY_SIZE = 256 * 1024 * 1024

#: Statuses of responses that are retried.
_RETRIED_STATUSES = frozenset({429, 502, 503, 504})

#: Logs pauses before a retry, at level INFO.
WAITS = logging.getLogger("cratonclient.wait")


class _Retry(urllib3.Retry):
    RETRY_AFTER_STATUS_CODES = _RETRIED_STATUSES  # urllib3 would add 413

    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds in a ``Retry-After`` header, or 0 if it is not valid."""
        try:
            return super().parse_retry_after(retry_after)
        except urllib3_exceptions.InvalidHeader:
            return 0.0

    def sleep_for_retry(self, response: urllib3.BaseHTTPResponse) -> bool:
        """Sleep for the time in ``Retry-After``, and log it."""
        seconds = self.get_retry_after(response)
        if seconds:
            WAITS.info("The server is busy. Retrying in %.0f s.", seconds)
        return super().sleep_for_retry(response)


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
    retry_after_max=60,
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

    The timeout applies to each wait for data, and again to the whole response body. A
    server that sends single bytes with pauses cannot block the program forever.
    """

    def __init__(self) -> None:
        super().__init__(max_retries=RETRIES)

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Create the connection pool, with TCP keepalive enabled."""
        super().init_poolmanager(*args, socket_options=_SOCKET_OPTIONS, **kwargs)

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
        response = super().send(request, stream, timeout, verify, cert, proxies)
        if not stream:
            try:
                content = _read_body(response, timeout)
            except BaseException:
                response.close()
                raise
            # Otherwise requests would read the body itself, without the limits.
            response._content = content
            response._content_consumed = True
        return response


def mount(session: t.Any) -> None:
    """Mount an :class:`Adapter` for HTTP and HTTPS on a session.

    :param session: session of requests or of keystoneauth, modified in place.
    """
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())


def _read_body(response: requests.Response, timeout: t.Any) -> bytes:
    """Return the decompressed body of a response.

    :raises cratonclient.exceptions.UnexpectedResponse: if the body exceeds ``MAX_BODY_SIZE``.
    :raises requests.exceptions.RequestException: if the body is incomplete, cannot be
        decompressed, or does not arrive before the timeout.
    """
    seconds = timeout if isinstance(timeout, (int, float)) else float("inf")
    end = time.monotonic() + seconds
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
            if time.monotonic() > end:
                raise requests_exceptions.ReadTimeout(response.url)
    except urllib3_exceptions.ReadTimeoutError as exc:
        raise requests_exceptions.ReadTimeout(exc) from exc
    except urllib3_exceptions.DecodeError as exc:
        raise requests_exceptions.ContentDecodingError(exc) from exc
    except (urllib3_exceptions.HTTPError, OSError) as exc:
        if isinstance(exc, requests_exceptions.RequestException):
            raise
        raise requests_exceptions.ChunkedEncodingError(exc) from exc
    return b"".join(parts)
