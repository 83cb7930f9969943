# SPDX-License-Identifier: Apache-2.0
"""Measure pages per second without standbys, and with one and two of them.

::

    python tools/_bench_replicas.py HOSTS

All servers share the processors of this machine, so the pages per second tell what asking for
the position of the log costs. The CPU time of the primary tells how many more pages it could
serve if each standby had a machine of its own.
"""

from __future__ import annotations

import os
import pathlib
import statistics
import sys
import threading
import time
import typing as t

import _bench_fleet
import _bench_server

from cratonclient.tests import postgresql
from cratonserver import composition
from cratonserver.identity import FIRST_PROJECT

THREADS, ROUNDS, SECONDS = 4, 5, 2.0
QUERY = "details=all&limit=100"


def cpu_of(cluster: postgresql.Cluster) -> float:
    """Return the CPU seconds of a PostgreSQL server, with its processes that run."""
    ticks = 0
    for pid in cluster.processes():
        words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def pages(application: t.Any, headers: dict[str, str]) -> int:
    """Read pages in several threads for a while, and return their number."""
    until = time.monotonic() + SECONDS
    read: list[int] = []

    def work() -> None:
        count = 0
        while time.monotonic() < until:
            _bench_server.call(application, "GET", QUERY, b"", headers)
            count += 1
        read.append(count)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(read)


def main(hosts: int) -> None:
    """Print a line for each number of standbys. The rounds alternate."""
    with postgresql.running_pair(standbys=2) as pair:
        store = composition.store_at(pair.url)
        store.open()
        key = _bench_fleet.fill(store, hosts)[1]
        headers = {
            "X-Auth-User": "user",
            "X-Auth-Token": key,
            "X-Auth-Project": FIRST_PROJECT,
        }
        one = postgresql.Pair(pair.primary, pair.standbys[:1])
        read_urls = {"none": "", "one": one.read_url, "two": pair.read_url}
        applications = {
            name: composition.application_of(composition.store_at(pair.url, THREADS, url))
            for name, url in read_urls.items()
        }
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in applications}
        for _ in range(ROUNDS):
            for name, application in applications.items():
                before = cpu_of(pair.primary)
                count = pages(application, headers)
                used = cpu_of(pair.primary) - before
                seen[name].append((count / SECONDS, 1000 * used / count))
        for name, found in seen.items():
            rate, used = (statistics.median(column) for column in zip(*found, strict=True))
            print(
                f"standbys: {name:5}{rate:8.1f} pages/s{used:8.2f} ms CPU of the primary each"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]))
