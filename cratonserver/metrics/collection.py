# SPDX-License-Identifier: Apache-2.0
"""The metrics of a server process.

The number of time series is bounded, whatever clients send: a route is a template such as
``/v1/hosts/{item_id}``, and all unknown paths and methods have one value each.
"""

from __future__ import annotations

import typing as t

import prometheus_client
from prometheus_client import multiprocess
from prometheus_client.registry import Collector

from cratonserver import errors
from cratonserver.metrics import processes

# Without this, each counter has a second time series with the time of its creation.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

#: The content type of the text that :meth:`Metrics.text` returns.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: The value of the label ``route`` for paths that the API does not have.
UNKNOWN = "unknown"
#: The value of the label ``method`` for all methods that no path has.
OTHER_METHOD = "other"
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

#: Upper bounds of the durations, in seconds. A page takes a few milliseconds, and a request
#: ends after the deadline.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

#: The values of the label ``result`` of messages to webhooks.
_RESULTS = ("delivered", "failed")

#: Reasons of refusals that are not because of a limit, by status.
_REASONS = {
    400: "invalid",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    409: "conflict",
    499: "client_gone",
    503: "unavailable",
}


class Metrics:
    """The metrics of this process, and the text with those of all processes."""

    def __init__(self) -> None:
        #: Function that returns the template of a path, ``None`` for an unknown path.
        self.route_of: t.Callable[[str], str | None] = lambda path: None
        self._registry = registry = prometheus_client.CollectorRegistry()
        self._collectors: list[Collector] = []
        self._requests = prometheus_client.Counter(
            "craton_requests",
            "Number of requests that were answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = prometheus_client.Histogram(
            "craton_request_duration_seconds",
            "Time between a request and the end of its response.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._refusals = prometheus_client.Counter(
            "craton_refusals",
            "Number of requests that were refused, by the limit or the kind of refusal.",
            ["reason"],
            registry=registry,
        )
        self._deliveries = prometheus_client.Counter(
            "craton_webhook_deliveries",
            "Number of messages to webhooks, by result: delivered, or failed.",
            ["result"],
            registry=registry,
        )
        for result in _RESULTS:  # so that the metric exists before the first message
            self._deliveries.labels(result)
        self.connections = self._gauge(
            "craton_database_connections", "Number of open connections to the database."
        )
        self.connections_in_use = self._gauge(
            "craton_database_connections_in_use",
            "Number of connections to the database that a request uses.",
        )
        self.connections_waiting = self._gauge(
            "craton_database_connections_waiting",
            "Number of requests that wait for a connection to the database.",
        )

    def _gauge(self, name: str, help: str) -> prometheus_client.Gauge:
        """Return a gauge of connections that is the sum over all running processes."""
        return prometheus_client.Gauge(
            name,
            f"{help} By database: primary, or standby.",
            ["database"],
            registry=self._registry,
            multiprocess_mode="livesum",
        )

    def add(self, collector: Collector) -> None:
        """Add metrics that are the same in all processes.

        :param collector: object whose ``collect`` yields the metrics.
        """
        self._collectors.append(collector)

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request.

        :param method: HTTP method as the client sent it.
        :param path: path as the client sent it.
        :param status: HTTP status of the response.
        :param seconds: time between the request and the end of its response.
        """
        known = method if method in _METHODS else OTHER_METHOD
        route = self.route_of(path) or UNKNOWN
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def refused(self, refused: errors.Refused) -> None:
        """Count a refusal: the limit that it names, or else its kind."""
        kind = _REASONS.get(refused.status, "server_error")
        self._refusals.labels(refused.reason or kind).inc()

    def delivered(self, success: bool) -> None:
        """Count a message to a webhook."""
        self._deliveries.labels(_RESULTS[not success]).inc()

    def text(self) -> bytes:
        """Return the metrics of all processes, in the text format of Prometheus."""
        registry, folder = self._registry, processes.folder()
        if folder is not None:
            processes.forget_ended(folder)
            registry = prometheus_client.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        parts = [prometheus_client.generate_latest(registry)]
        for collector in self._collectors:
            alone = prometheus_client.CollectorRegistry()
            alone.register(collector)
            parts.append(prometheus_client.generate_latest(alone))
        return b"".join(parts)
