# SPDX-License-Identifier: Apache-2.0
"""Measure how the library reads whole fleets.

Each program is a process of its own that prints its seconds and its memory in megabytes,
without the time and memory of its imports. The programs alternate.

- ``hosts.list()`` is compared with a loop over the same pages that keeps bare dictionaries.
- The largest pages are compared with those that a server sends by default.
- ``list(workers=4)`` is compared with one thread, with PostgreSQL and several processes, on
  this machine and as if the server was far away.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import time
import typing as t

import requests

from cratonclient.tests import postgresql

BIN = pathlib.Path(sys.executable).parent
FLEET = str(pathlib.Path(__file__).with_name("_bench_fleet.py"))

#: The beginning of each program. ``memory`` is the largest so far.
_BEGIN = """
import json, os, resource, sys, time
import requests
from cratonclient import auth
from cratonclient.v1 import client
options = json.loads(sys.argv[1])
user = (os.environ["OS_USERNAME"], os.environ["OS_PASSWORD"], os.environ["OS_PROJECT_ID"])
url = os.environ["CRATON_URL"]
craton = client.Client(auth.craton_auth(*user), url)
next(craton.hosts.list(limit=10, autopaginate=False))
def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
class Slow(requests.adapters.HTTPAdapter):
    def send(self, *args, **kwargs):
        time.sleep(delay)
        return super().send(*args, **kwargs)
delay = options.pop("delay", 0)
if delay:
    craton._session.mount(url, Slow())
before, start, processor = memory(), time.perf_counter(), time.process_time()
"""
_END = """
print(json.dumps([
    time.perf_counter() - start, memory() - before, time.process_time() - processor, len(found)
]))
"""

#: The bare dictionaries: the loop that a program without the library has.
DICTIONARIES = """
found = []
session = requests.Session()
session.headers.update(zip(("X-Auth-User", "X-Auth-Token", "X-Auth-Project"), user))
link = f"{url}/v1/hosts?limit=100"
while link:
    body = session.get(link).json()
    found += body["hosts"]
    links = [one["href"] for one in body["links"] if one["rel"] == "next"]
    link = links[0] if body["hosts"] else None
"""
OBJECTS = "found = list(craton.hosts.list(**options))"


class Program(t.NamedTuple):
    """A program to measure.

    :param title: title in the report.
    :param code: code of the measured part.
    :param options: keywords of ``hosts.list()``.
    """

    title: str
    code: str
    options: t.Mapping[str, t.Any] = {}


def measure(
    programs: t.Sequence[Program], environment: dict[str, str], runs: int
) -> list[tuple[float, ...]]:
    """Run programs alternately, and return three medians of each.

    :returns: seconds, megabytes, and seconds of the client's processor time.
    """
    found: list[list[list[float]]] = [[] for _ in programs]
    for _ in range(runs):
        for program, results in zip(programs, found, strict=True):
            code = _BEGIN + program.code + _END
            command = [sys.executable, "-c", code, json.dumps(program.options)]
            output = subprocess.check_output(command, env=environment, text=True)
            results.append(json.loads(output))
    counts = {result[-1] for results in found for result in results}
    if len(counts) != 1:
        raise SystemExit(f"The programs found different numbers of hosts: {counts}")
    return [
        tuple(statistics.median(result[n] for result in results) for n in range(3))
        for results in found
    ]


def compare(
    title: str, programs: t.Sequence[Program], environment: dict[str, str], runs: int
) -> None:
    """Print a table. The first program is the base of the ratios."""
    medians = measure(programs, environment, runs)
    print(f"\n{title}\n{'':32}{'s':>8}{'ratio':>8}{'MB':>8}{'ratio':>8}{'CPU s':>8}")
    for program, (seconds, megabytes, processor) in zip(programs, medians, strict=True):
        print(
            f"{program.title:32}{seconds:8.2f}{seconds / medians[0][0]:8.2f}"
            f"{megabytes:8.0f}{megabytes / max(medians[0][1], 1):8.2f}{processor:8.2f}"
        )


@contextlib.contextmanager
def processes(url: str, number: int) -> t.Iterator[str]:
    """Serve a fleet with several processes, and yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        command = [
            *(str(BIN / "gunicorn"), "--workers", str(number), "--worker-class", "gthread"),
            *("--threads", "4", "--bind", f"fd://{listening.fileno()}"),
            *("--log-level", "warning", "cratonserver.wsgi:application"),
        ]
        environment = {
            **os.environ,
            "CRATON_DATABASE": url,
            "OS_LOG__ACCESS_LOG": "false",
        }
        serving = subprocess.Popen(
            command, env=environment, pass_fds=[listening.fileno()], stdout=subprocess.DEVNULL
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthcheck")
            yield f"http://127.0.0.1:{port}"
        finally:
            serving.terminate()
            serving.wait()


def _wait_for(url: str) -> None:
    for _ in range(100):
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(url, timeout=10).ok:
                return
        time.sleep(0.1)
    raise SystemExit(f"{url} does not respond")


def run(hosts: int, runs: int, workers: int) -> None:
    """Print the measurements.

    :param hosts: number of hosts in the fleet.
    :param runs: runs of each program.
    :param workers: number of processes of the server, and of threads of the client.
    """
    with postgresql.running(fsync="on", full_page_writes="on") as cluster:
        filling = [sys.executable, FLEET, cluster.url(), str(hosts)]
        key = subprocess.check_output(filling, text=True).split()[0]
        with processes(cluster.url(), workers) as url:
            environment = {
                "PATH": os.environ["PATH"],
                "CRATON_URL": url,
                "OS_USERNAME": "root",
                "OS_PASSWORD": key,
                "OS_PROJECT_ID": "00000000-0000-0000-0000-000000000001",
            }
            objects = Program("hosts.list()", OBJECTS)
            bare = Program("bare dictionaries", DICTIONARIES)
            compare(f"{hosts} hosts", [bare, objects], environment, runs)
            details = {"details": True, "max_items": hosts + 1}
            sizes = [
                Program(f"limit={limit}, with variables", OBJECTS, {**details, "limit": limit})
                for limit in (30, 100)
            ]
            compare("Sizes of pages", sizes, environment, runs)
            for delay in (0, 0.02):
                more, what = {"delay": delay}, f"{delay * 1000:.0f} ms to the server"
                threads = [
                    Program("one thread", OBJECTS, more),
                    Program(f"workers={workers}", OBJECTS, {**more, "workers": workers}),
                ]
                compare(f"{workers} processes, {what}", threads, environment, runs)
