# SPDX-License-Identifier: Apache-2.0
"""``/metrics``: the metrics for Prometheus, for addresses and tokens of the configuration."""

from __future__ import annotations

import hmac
import ipaddress
import pathlib
import typing as t

import falcon

from cratonserver import errors
from cratonserver.api.view import View
from cratonserver.config import formats, settings

#: Headers of proxies that the server does not trust. If a request has one of them, its
#: address is that of the proxy, and not that of its sender.
_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")


class Source(t.Protocol):
    """An object with the text of the metrics."""

    def text(self) -> bytes:
        """Return the metrics of all processes, in the text format of Prometheus."""


class Scrape(View):
    """The view of the metrics. It is not part of the API, and not in its description.

    :param source: the metrics.
    :param readers: settings that say who may read them.
    :param trusts_proxy: the server takes addresses of clients from a trusted proxy.
    """

    #: Prometheus is no user of the API. This view decides who may read.
    is_open = True

    def __init__(self, source: Source, readers: settings.Metrics, trusts_proxy: bool) -> None:
        self._source = source
        self._trusts_proxy = trusts_proxy
        self._token_file = readers.metrics_token_file
        self._networks = [formats.network(text) for text in readers.metrics_from]

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the metrics."""
        if not (self._has_token(req) or self._is_near(req)):
            headers = {"WWW-Authenticate": "Bearer"} if self._token_file else None
            raise errors.Refused(
                401 if self._token_file else 403,
                "The metrics can be read from the addresses of metrics_from, and with the "
                "token of metrics_token_file.",
                headers=headers,
            )
        resp.content_type = "text/plain; version=0.0.4; charset=utf-8"
        resp.data = self._source.text()

    def _has_token(self, req: falcon.Request) -> bool:
        """Return True if the request has the token of the file. The file may change."""
        if not self._token_file:
            return False
        try:
            token = pathlib.Path(self._token_file).read_bytes().strip()
        except OSError as exc:
            raise errors.Refused(503, "The file of metrics_token_file is missing.") from exc
        sent = (req.get_header("Authorization") or "").encode()
        return bool(token) and hmac.compare_digest(b"Bearer " + token, sent)

    def _is_near(self, req: falcon.Request) -> bool:
        """Return True if the request comes from a configured address, and from no proxy."""
        if any(None is network for network in self._networks):
            return True
        if not self._trusts_proxy and any(name in req.env for name in _FORWARDED):
            return False
        try:
            address = ipaddress.ip_address(req.env.get("REMOTE_ADDR") or "")
        except ValueError:  # such as a socket of Unix
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(network is not None and mapped in network for network in self._networks)
