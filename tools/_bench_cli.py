# SPDX-License-Identifier: Apache-2.0
"""tools/bench cli: what the commands cost, beside programs that do no more.

Run times are medians of runs that took turns. The environment has OpenStackClient
and other clients beside this one, since what is installed slows look-ups down.
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

#: The pages of all hosts, by a program that knows nothing but how to read them.
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

#: OpenStackClient as if the plugin were not installed.
WITHOUT = """
import sys
from importlib import metadata
every = metadata.Distribution.entry_points
metadata.Distribution.entry_points = property(lambda self: metadata.EntryPoints(
    e for e in every.fget(self) if "fleet_management" not in e.group + e.name))
from openstackclient import shell
sys.exit(shell.main(sys.argv[1:]))
"""
WITH = """
import sys
from importlib import metadata
from openstackclient import shell
sys.exit(shell.main(sys.argv[1:]))
"""


class Run(t.NamedTuple):
    """What a program took: seconds, and kilobytes at most."""

    seconds: float
    peak: int


def run(command: Command, environment: dict[str, str]) -> Run:
    """Run a program; what it prints is thrown away."""
    began = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(command, env=environment, stdout=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise AssertionError(f"{command[:3]} ended with {process.returncode}")
    return Run(time.perf_counter() - began, usage.ru_maxrss)


def compare(
    title: str,
    command: Command,
    base: Command,
    bar: float,
    environment: dict[str, str],
    runs: int,
) -> bool:
    """Print how long a command takes, in terms of another."""
    taken: list[tuple[float, float]] = []
    for turn in range(runs + 1):
        pair = run(command, environment).seconds, run(base, environment).seconds
        if turn:  # the first one fills the caches
            taken.append(pair)
    ours, theirs = (statistics.median(column) for column in zip(*taken, strict=True))
    return report(title, ours * 1000, theirs * 1000, "ms", bar)


def report(title: str, ours: float, theirs: float, unit: str, bar: float) -> bool:
    """Print a figure; tell whether it holds."""
    ratio = ours / theirs
    held = "met" if ratio <= bar else "MISSED"
    print(
        f"{title:42} {ours:9.1f} {theirs:9.1f} {unit} {ratio:6.2f}  at most {bar:.2f}: {held}",
        flush=True,
    )
    return ratio <= bar


def listing(name: str, *words: str) -> Command:
    """Give the command that lists hosts in a format."""
    return [CRATON, "host", "list", "-f", name, *words]


def main(runs: int, hosts: int) -> bool:
    """Measure all six figures.

    :param runs: how often each program runs.
    :param hosts: how many the long list has.
    :returns: whether all hold.
    """
    print(f"{'':42} {'craton':>9} {'other':>9}")
    held = []
    with _bench.server() as environment:
        get = [sys.executable, "-c", _bench.GET]
        for title, command, base, bar in (
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
            held.append(compare(title, command, base, bar, environment, runs))
    with _bench.server(hosts) as environment:
        walk = [sys.executable, "-c", WALK]
        title = f"host list -f jsonl of {hosts} : a loop"
        held.append(compare(title, listing("jsonl"), walk, 1.25, environment, 3))
        whole = run(listing("jsonl"), environment).peak
        page = run(listing("jsonl", "--limit", "100"), environment).peak
        # A process begins with the peak of the one that made it.
        assert page > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        held.append(report("its memory : that of a page", whole, page, "kB", 1.15))
    return all(held)
