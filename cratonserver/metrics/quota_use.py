# SPDX-License-Identifier: Apache-2.0
"""Metrics of the use of quotas, which all processes read from the database.

Counting all objects takes a while in a large fleet, so a thread counts every few minutes, if
somebody reads the metrics. A scrape shows the last result, and never waits.
"""

from __future__ import annotations

import logging
import threading
import time
import typing as t

from prometheus_client import core, registry

from cratonclient.v1 import quotas
from cratonserver.db import usage
from cratonserver.db.store import Store, StoreError

LOG = logging.getLogger(__name__)

#: Seconds for which a result is shown before the next count begins.
LIFETIME = 300.0


class QuotaUse(registry.Collector):
    """A collector of metrics.

    :param store: the store.
    :param with_projects: include the numbers of each project, with its id.
    """

    def __init__(self, store: Store, with_projects: bool) -> None:
        self._store = store
        self._with_projects = with_projects
        self._counting = threading.Lock()
        self._counted = -LIFETIME
        self._found: list[core.Metric] = []

    def collect(self) -> t.Iterable[core.Metric]:
        """Return the metrics of the last count, and begin another one if it is old."""
        is_old = time.monotonic() - self._counted >= LIFETIME
        if is_old and self._counting.acquire(blocking=False):
            threading.Thread(target=self._count, daemon=True).start()
        return self._found

    def _count(self) -> None:
        """Count, in a thread of its own."""
        try:
            self._found = [*self._measure()]
        except StoreError as exc:
            LOG.warning("The use of quotas could not be counted: %s", exc)
        except Exception:
            LOG.exception("The use of quotas could not be counted")
        finally:
            self._counted = time.monotonic()
            self._counting.release()

    def _measure(self) -> t.Iterator[core.Metric]:
        total = core.GaugeMetricFamily(
            "craton_quota_total_in_use",
            "How much all projects use together, in objects or in bytes.",
            labels=["resource"],
        )
        highest = core.GaugeMetricFamily(
            "craton_quota_highest_use_ratio",
            "Highest use of a quota by any project, as a share of its limit.",
            labels=["resource"],
        )
        used = core.GaugeMetricFamily(
            "craton_quota_in_use",
            "How much a project uses, in objects or in bytes.",
            labels=["project", "resource"],
        )
        limit = core.GaugeMetricFamily(
            "craton_quota_limit",
            "Limit of a project, in objects or in bytes. Without a limit, there is no value.",
            labels=["project", "resource"],
        )
        for resource, numbers, limits in self._read():
            total.add_metric([resource], sum(numbers.values()))
            shares = [numbers[p] / limits[p] for p in numbers if limits[p] > 0]
            highest.add_metric([resource], max(shares, default=0.0))
            for project, number in numbers.items():
                used.add_metric([project, resource], number)
                if limits[project] != quotas.UNLIMITED:
                    limit.add_metric([project, resource], limits[project])
        yield from (total, highest)
        if self._with_projects:
            yield from (used, limit)

    def _read(self) -> t.Iterator[tuple[str, dict[str, int], dict[str, int]]]:
        """Yield resources, each with the numbers and the limits of all projects."""
        for name, one in usage.resources(self._store.tables).items():
            if one.scope != "project":
                continue
            with self._store.read() as connection:
                numbers = usage.count_all(connection, self._store.tables, name)
                own = self._store.quotas.limits_of_all(connection, name)
            default = self._store.quotas.defaults[name]
            yield name, numbers, {project: own.get(project, default) for project in numbers}
