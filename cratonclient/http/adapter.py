# SPDX-License-Identifier: Apache-2.0
"""What stands between requests and the network: retries, and bounds for answers."""

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

#: Seconds that a server may take to accept a connection, to send more, and to
#: send the whole body of an answer.
DEFAULT_TIMEOUT = 60.0

#: Bytes that an answer may have, once it is unpacked. A page has a hundred
#: objects, so this is far more than there can be.
LARGEST = 256 * 1024 * 1024

_RETRIED = frozenset({429, 502, 503, 504})

#: Where it is said that something has to wait.
WAITS = logging.getLogger("cratonclient.wait")


class _Retry(urllib3.Retry):
    RETRY_AFTER_STATUS_CODES = _RETRIED  # urllib3 would add 413

    def parse_retry_after(self, retry_after: str) -> float:
        """Read the header; one that says neither when nor how long says nothing."""
        try:
            return super().parse_retry_after(retry_after)
        except urllib3_exceptions.InvalidHeader:
            return 0.0

    def sleep_for_retry(self, response: urllib3.BaseHTTPResponse) -> bool:
        """Wait as long as the server asks, and say so."""
        asked = self.get_retry_after(response)
        if asked:
            WAITS.info("The server is busy: asking again in %.0f s.", asked)
        return super().sleep_for_retry(response)


#: POST is not among the methods: it is repeated only while it is sure that
#: none of its bytes went out, that is, when no connection came about.
RETRIES = _Retry(
    total=3,
    connect=3,
    read=1,
    status=3,
    redirect=0,
    other=0,
    allowed_methods=frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}),
    status_forcelist=_RETRIED,
    backoff_factor=0.2,
    backoff_jitter=0.2,
    backoff_max=10,
    respect_retry_after_header=True,
    retry_after_max=60,
    raise_on_status=False,
    raise_on_redirect=False,
)


#: A connection that nothing has come over for a minute is probed, so that no
#: router on the way forgets it and one that is dead shows. Not every system has
#: the names.
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
    """An adapter that repeats what is safe to repeat and reads no answer for ever.

    The time-out holds for each silence of the server, and again for the whole
    of an answer's body; so one that sends a byte now and then does not keep a
    program waiting.
    """

    def __init__(self) -> None:
        super().__init__(max_retries=RETRIES)

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Let the connections be kept alive."""
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
        """Send a request, and read the answer."""
        response = super().send(request, stream, timeout, verify, cert, proxies)
        if not stream:
            try:
                content = _read(response, timeout)
            except BaseException:
                response.close()
                raise
            response._content = content
            response._content_consumed = True
        return response


def mount(session: t.Any) -> None:
    """Let a session reach servers by adapters of this module.

    :param session: of requests or of keystoneauth.
    """
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())


def _read(response: requests.Response, timeout: t.Any) -> bytes:
    """Read the body of an answer, within its bounds."""
    allowed = timeout if isinstance(timeout, (int, float)) else float("inf")
    end = time.monotonic() + allowed
    parts, size = [], 0
    try:
        while part := response.raw.read1(65536, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                raise exceptions.UnexpectedResponse(
                    f"The answer from {response.url} has more than {LARGEST >> 20} MiB, which "
                    "no answer of Craton has.",
                    response=None,
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
