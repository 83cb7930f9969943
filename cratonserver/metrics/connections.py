# SPDX-License-Identifier: Apache-2.0
"""Metrics of the connections to the database."""

from __future__ import annotations

from cratonserver.metrics.collection import Metrics


class Connections:
    """An observer of a connection pool that updates gauges.

    :param metrics: the metrics with the gauges.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def opened(self, change: int) -> None:
        """Count an open connection."""
        self._metrics.connections.inc(change)

    def used(self, change: int) -> None:
        """Count a connection that is in use."""
        self._metrics.connections_in_use.inc(change)

    def waited(self, change: int) -> None:
        """Count a thread that waits for a connection."""
        self._metrics.connections_waiting.inc(change)
