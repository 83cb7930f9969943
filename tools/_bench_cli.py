# SPDX-License-Identifier: Apache-2.0
"""``tools/bench cli``: compare the cost of commands with that of minimal programs.

Run times are medians of interleaved runs. OpenStackClient and other clients are installed
in the same environment, because each installed package slows down entry point look-ups.
"""

from __future__ import annotations

import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time
import typing as t

import _bench

BIN = pathlib.Path(sys.executable).parent
CRATON, OPENSTACK = str(BIN / "craton"), str(BIN / "openstack")
Command = list[str]

#: A minimal program that reads all pages of the list of hosts.
WALK = """
import json, os, requests
session = requests.Session()
session.headers.update({
    "X-Auth-User": os.environ["OS_USERNAME"],
    "X-Auth-Token": os.environ["OS_PASSWORD"],
    "X-Auth-Project": os.environ["OS_PROJECT_ID"],
})
url = os.environ["CRATON_URL"] + "/v1/hosts?limit=100"
while url:
    page = json.loads(session.get(url, timeout=60).content)
    for host in page["hosts"]:
        print(json.dumps(host))
    following = [link["href"] for link in page["links"] if link["rel"] == "next"]
    url = following[0] if following and len(page["hosts"]) == 100 else None
"""

#: OpenStackClient without the plugin: its entry points are hidden.
WITHOUT = """
import sys
from importlib import metadata
every = metadata.Distribution.entry_points
metadata.Distribution.entry_points = property(lambda self: metadata.EntryPoints(
    e for e in every.fget(self) if "fleet_management" not in e.group + e.name))
from openstackclient import shell
sys.exit(shell.main(sys.argv[1:]))
"""
#: OpenStackClient with the plugin.
WITH = """
import sys
from importlib import metadata
from openstackclient import shell
sys.exit(shell.main(sys.argv[1:]))
"""


class Run(t.NamedTuple):
    """The cost of a program run: its time, and its peak resident memory in kilobytes."""

    seconds: float
    peak: int


def run(command: Command, environment: dict[str, str]) -> Run:
    """Run a program, discard its output, and return its cost.

    :raises AssertionError: if the program fails.
    """
    began = time.perf_counter()
    with open(os.devnull, "w") as null:
        process = subprocess.Popen(command, env=environment, stdout=null)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise AssertionError(f"{command[:3]} failed with exit status {process.returncode}")
    return Run(time.perf_counter() - began, usage.ru_maxrss)


def compare(
    title: str,
    command: Command,
    base: Command,
    limit: float,
    environment: dict[str, str],
    runs: int,
) -> bool:
    """Measure the run times of a command and of a baseline, and print their ratio.

    :param title: label of the figure.
    :param command: the command to measure.
    :param base: the baseline.
    :param limit: maximum ratio.
    :param environment: environment variables of both programs.
    :param runs: number of runs of each.
    :returns: True if the ratio is within the limit.
    """
    times: list[tuple[float, float]] = []
    for number in range(runs + 1):
        pair = run(command, environment).seconds, run(base, environment).seconds
        if number:  # the first run fills the caches
            times.append(pair)
    value, baseline = (statistics.median(column) for column in zip(*times, strict=True))
    return report(title, value * 1000, baseline * 1000, "ms", limit)


def report(title: str, value: float, baseline: float, unit: str, limit: float) -> bool:
    """Print a figure and return True if its ratio is within the limit."""
    ratio = value / baseline
    result = "met" if ratio <= limit else "MISSED"
    print(
        f"{title:42} {value:9.1f} {baseline:9.1f} {unit} {ratio:6.2f}"
        f"  at most {limit:.2f}: {result}",
        flush=True,
    )
    return ratio <= limit


def listing(form: str, *words: str) -> Command:
    """Return the command that lists hosts in an output format."""
    return [CRATON, "host", "list", "-f", form, *words]


def main(runs: int, hosts: int) -> bool:
    """Measure and print all six figures.

    :param runs: number of runs of each program.
    :param hosts: number of hosts in the long list.
    :returns: True if all figures are within their limits.
    """
    print(f"{'':42} {'craton':>9} {'baseline':>9}")
    results = []
    with _bench.server() as environment:
        get = [sys.executable, "-c", _bench.GET]
        for title, command, base, limit in (
            ("host list -f json : a GET", listing("json"), get, 1.35),
            ("host list : a GET", listing("table"), get, 1.50),
            (
                "help host list : import cliff.app",
                [CRATON, "help", "host", "list"],
                [sys.executable, "-c", "import cliff.app"],
                1.3,
            ),
            (
                "openstack help server list : without",
                [sys.executable, "-c", WITH, "help", "server", "list"],
                [sys.executable, "-c", WITHOUT, "help", "server", "list"],
                1.05,
            ),
        ):
            results.append(compare(title, command, base, limit, environment, runs))
    with _bench.server(hosts) as environment:
        walk = [sys.executable, "-c", WALK]
        title = f"host list -f jsonl of {hosts} : a loop"
        results.append(compare(title, listing("jsonl"), walk, 1.25, environment, 3))
        whole = run(listing("jsonl"), environment).peak
        page = run(listing("jsonl", "--limit", "100"), environment).peak
        # A child process inherits the peak of its parent. Check that it did not hide the
        # peak of the child.
        assert page > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        results.append(report("its memory : that of one page", whole, page, "kB", 1.15))
    return all(results)
