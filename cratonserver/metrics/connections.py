# SPDX-License-Identifier: Apache-2.0
"""Metrics of the connections to the database."""

from __future__ import annotations

from cratonserver.metrics.collection import Metrics


class Connections:
    """An observer of a connection pool that updates gauges.

    :param metrics: the metrics with the gauges.
    :param database: ``primary``, or ``standby`` for the databases that are only read.
    """

    def __init__(self, metrics: Metrics, database: str) -> None:
        self._open = metrics.connections.labels(database)
        self._in_use = metrics.connections_in_use.labels(database)
        self._waiting = metrics.connections_waiting.labels(database)

    def opened(self, change: int) -> None:
        """Count an open connection."""
        self._open.inc(change)

    def used(self, change: int) -> None:
        """Count a connection that is in use."""
        self._in_use.inc(change)

    def waited(self, change: int) -> None:
        """Count a thread that waits for a connection."""
        self._waiting.inc(change)
