# SPDX-License-Identifier: Apache-2.0
"""Post a message to the URL of a webhook, signed and in bounded time.

The signature is that of Standard Webhooks (https://www.standardwebhooks.com), so receivers
verify it with a library of their language. Each message has a connection of its own. Redirects
are not followed, proxies of the environment are not used, and the body of the response is not
read.
"""

from __future__ import annotations

import datetime
import http
import http.client
import socket
import ssl
import time
import typing as t
from urllib import parse

import standardwebhooks
import urllib3
from urllib3 import connection as connections

from cratonclient.http import deadline
from cratonserver.webhooks import addresses

#: Timeouts of a message together: connecting, TLS, sending and the response.
PHASES = 4


class Outcome(t.NamedTuple):
    """The outcome of posting a message.

    :param status: HTTP status of the response, ``None`` without one.
    :param error: why it failed, ``None`` if it was delivered.
    :param seconds: time that it took.
    """

    status: int | None
    error: str | None
    seconds: float

    @property
    def is_gone(self) -> bool:
        """True if the receiver wants no further messages: 410."""
        return self.status == http.HTTPStatus.GONE


class Refused(OSError):
    """The message must not be sent to this address."""


class Sender:
    """Post messages.

    :param networks: networks that webhooks may point to, besides public addresses.
    :param http: allow URLs of the scheme ``http``.
    :param timeout: seconds for each of connecting, TLS, sending, and the response.
    """

    def __init__(self, networks: t.Sequence[str], http: bool, timeout: float) -> None:
        self.networks = tuple(networks)
        self.http = http
        self.timeout = timeout

    def post(self, url: str, secret: str, message_id: str, body: bytes) -> Outcome:
        """Post a message. A failure raises nothing.

        :param url: URL of the webhook.
        :param secret: secret of the webhook, which signs the message.
        :param message_id: id of the message. It stays the same when the message is repeated.
        :param body: the message.
        """
        began = time.monotonic()
        status, error = None, None
        try:
            addresses.check_url(url, self.networks, self.http)
            status = self._post(url, _headers(secret, message_id, body), body)
            error = _refusal(status)
        except (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException) as exc:
            error = _reason(exc, self.timeout)
        except ValueError as exc:
            error = f"url: {exc}"
        return Outcome(status, error, round(time.monotonic() - began, 3))

    def _post(self, url: str, headers: t.Mapping[str, str], body: bytes) -> int:
        parts = parse.urlsplit(url)
        made = _Secure if parts.scheme == "https" else _Plain
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        host = t.cast("str", parts.hostname)
        connection = made(
            f"[{host}]" if ":" in host else host, parts.port, timeout=self.timeout
        )
        connection.networks = self.networks
        connection.response_class = deadline.Response
        try:
            connection.request("POST", path, body=body, headers=headers, preload_content=False)
            connection.sock.settimeout(self.timeout)
            # That of urllib3 would log URLs, which may contain secrets.
            return http.client.HTTPConnection.getresponse(connection).status
        finally:
            connection.close()


class _Checked(connections.HTTPConnection):
    """A connection that is only made to an allowed address."""

    networks: tuple[str, ...] = ()

    def _new_conn(self) -> socket.socket:
        """Return a socket that is connected to the first address that accepts.

        :raises Refused: if one of the addresses is not allowed.
        :raises OSError: if no address accepts.
        """
        timeout = t.cast("float", self.timeout)
        end = time.monotonic() + timeout
        found = socket.getaddrinfo(
            self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM
        )
        for *_, place in found:
            if not addresses.is_allowed(addresses.parsed(str(place[0])), self.networks):
                raise Refused("the name resolves to an address that webhooks may not reach")
        failure: OSError = TimeoutError("timed out")
        for family, kind, protocol, _, place in found:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            one = socket.socket(family, kind, protocol)
            try:
                one.settimeout(left)
                one.connect(place)
                one.settimeout(timeout)
                return one
            except OSError as exc:
                one.close()
                failure = exc
        raise failure


class _Plain(_Checked):
    """A connection for URLs of the scheme ``http``."""


class _Secure(_Checked, connections.HTTPSConnection):
    """A connection for URLs of the scheme ``https``, which verifies the certificate."""


def _headers(secret: str, message_id: str, body: bytes) -> dict[str, str]:
    now = datetime.datetime.now(datetime.UTC)
    signature = standardwebhooks.Webhook(secret).sign(message_id, now, body.decode())
    return {
        "Content-Type": "application/json",
        "User-Agent": "craton-server",
        "Connection": "close",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


def _refusal(status: int) -> str | None:
    """Return why a response means a failure, ``None`` for a success."""
    if 200 <= status < 300:
        return None
    known = status in {one.value for one in http.HTTPStatus}
    phrase = f" {http.HTTPStatus(status).phrase}" if known else ""
    hint = "; redirects are not followed" if 300 <= status < 400 else ""
    return f"the response was {status}{phrase}{hint}"


def _reason(error: Exception, timeout: float) -> str:
    """Return why a message was not delivered, without what the receiver sent."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and len(chain) < 10:
        chain.append(cause)
    for one in chain:
        if isinstance(one, Refused):
            return str(one)
        if isinstance(one, ssl.SSLCertVerificationError):
            return f"the certificate is not valid: {one.verify_message}"
    for one in chain:
        if isinstance(one, socket.gaierror):
            return "the host name does not resolve"
        if isinstance(one, TimeoutError | urllib3.exceptions.TimeoutError):
            return f"timed out after {timeout:g} seconds"
        if isinstance(one, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(one, ConnectionError):
            return "the receiver closed the connection"
        if isinstance(one, ssl.SSLError):
            return "TLS failed"
        if isinstance(one, OSError) and one.strerror:
            return one.strerror
    return "the receiver did not send a valid response"
