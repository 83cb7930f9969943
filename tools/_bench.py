# SPDX-License-Identifier: Apache-2.0
"""Run the benchmarks of tools/bench."""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

BIN = pathlib.Path(sys.executable).parent
FLEET = str(pathlib.Path(__file__).with_name("_bench_fleet.py"))

#: A minimal program that makes the same request as ``craton host list -f json``.
GET = """
import json, os, requests
response = requests.get(
    os.environ["CRATON_URL"] + "/v1/hosts?limit=100",
    headers={
        "X-Auth-User": os.environ["OS_USERNAME"],
        "X-Auth-Token": os.environ["OS_PASSWORD"],
        "X-Auth-Project": os.environ["OS_PROJECT_ID"],
    },
    timeout=60,
)
response.raise_for_status()
print(json.dumps(response.json()["hosts"]))
"""

#: Number of hosts in the short list: they fit on one page.
HOSTS = 20


@contextlib.contextmanager
def server(hosts: int = HOSTS) -> t.Iterator[dict[str, str]]:
    """Serve a fleet on 127.0.0.1.

    :param hosts: number of hosts in the fleet.
    :returns: a context manager that yields the environment variables for a client.
    """
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/fleet.db"
        filling = [sys.executable, FLEET, database, str(hosts)]
        key = subprocess.run(filling, check=True, capture_output=True, text=True).stdout
        program = str(BIN / "craton-server")
        command = [program, "run", "--database", database, "--listen", "127.0.0.1:0"]
        serving = subprocess.Popen(
            [*command, "--no-access-log"], stderr=subprocess.PIPE, text=True
        )
        try:
            message = next(iter(serving.stderr or ()))
            yield {
                "PATH": os.environ["PATH"],
                "HOME": folder,
                "CRATON_URL": message.split(" at ")[1].split()[0],
                "OS_USERNAME": "root",
                "OS_PASSWORD": key.split()[0],
                "OS_PROJECT_ID": "00000000-0000-0000-0000-000000000001",
            }
        finally:
            serving.terminate()
            serving.wait()


def interleaved(
    commands: dict[str, list[str]], environment: dict[str, str], runs: int
) -> dict[str, float]:
    """Run commands alternately and return the median run time of each, in seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            if run:  # the first run fills the caches
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in seconds.items()}


def startup(runs: int) -> None:
    """Compare ``craton host list`` with a minimal program. The maximum ratio is 1.35."""
    commands = {
        "a GET with requests": [sys.executable, "-c", GET],
        "craton host list -f json": [str(BIN / "craton"), "host", "list", "-f", "json"],
        "craton host list": [str(BIN / "craton"), "host", "list"],
    }
    with server() as environment:
        medians = interleaved(commands, environment, runs)
    base = medians["a GET with requests"]
    for name, median in medians.items():
        print(f"{median * 1000:7.1f} ms  {median / base:5.2f}  {name}")
    ratio = medians["craton host list -f json"] / base
    print(f"at most 1.35: {'met' if ratio <= 1.35 else 'missed'}")


def main() -> None:
    """Run a benchmark."""
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    startup_parser = commands.add_parser(
        "startup", help="compare craton host list with a minimal program"
    )
    cli = commands.add_parser("cli", help="compare commands with minimal programs")
    for command in (startup_parser, cli):
        command.add_argument(
            "runs", nargs="?", type=int, default=20, help="runs of each program (default: 20)"
        )
    cli.add_argument(
        "--hosts", type=int, default=100_000, help="hosts in the long list (default: 100000)"
    )
    server = commands.add_parser("server", help="measure requests to a server with many hosts")
    server.add_argument(
        "--hosts", type=int, default=100_000, help="hosts in the fleet (default: 100000)"
    )
    server.add_argument(
        "--database",
        choices=("sqlite", "postgresql", "both"),
        default="both",
        help="databases to measure (default: both)",
    )
    server.add_argument(
        "parts",
        nargs="*",
        help="measurements: pages, queries, memory, readers, writes, creating (default: all)",
    )
    changes = commands.add_parser("changes", help="measure the history and change sets")
    changes.add_argument(
        "--database",
        choices=("sqlite", "postgresql", "both"),
        default="both",
        help="databases to measure (default: both)",
    )
    changes.add_argument(
        "parts",
        nargs="*",
        help="measurements: size, single, bulk, requests, undo, polling, following, history "
        "(default: all)",
    )
    library = commands.add_parser("library", help="measure how the library reads fleets")
    library.add_argument(
        "runs", nargs="?", type=int, default=5, help="runs of each program (default: 5)"
    )
    library.add_argument(
        "--hosts", type=int, default=100_000, help="hosts in the fleet (default: 100000)"
    )
    library.add_argument(
        "--workers", type=int, default=4, help="processes of the server (default: 4)"
    )
    options = parser.parse_args()
    if options.what == "startup":
        startup(options.runs)
    elif options.what == "library":
        import _bench_library

        _bench_library.run(options.hosts, options.runs, options.workers)
    elif options.what == "changes":
        import _bench_changes

        _bench_changes.run(options.database, options.parts)
    elif options.what == "server":
        import _bench_server

        _bench_server.run(options.database, options.hosts, options.parts)
    else:
        import _bench_cli

        sys.exit(not _bench_cli.main(options.runs, options.hosts))


if __name__ == "__main__":
    main()
