# SPDX-License-Identifier: Apache-2.0
"""The benchmarks behind tools/bench."""

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

#: The same request as ``craton host list -f json`` makes, by a program that
#: knows nothing but how to make it.
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

#: Hosts on the one page that is listed.
HOSTS = 20


@contextlib.contextmanager
def server(hosts: int = HOSTS) -> t.Iterator[dict[str, str]]:
    """Serve a fleet on loopback; give the environment to reach it with."""
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
            said = next(iter(serving.stderr or ()))
            yield {
                "PATH": os.environ["PATH"],
                "HOME": folder,
                "CRATON_URL": said.split(" at ")[1].split()[0],
                "OS_USERNAME": "root",
                "OS_PASSWORD": key.strip(),
                "OS_PROJECT_ID": "00000000-0000-0000-0000-000000000001",
            }
        finally:
            serving.terminate()
            serving.wait()


def interleaved(
    commands: dict[str, list[str]], environment: dict[str, str], runs: int
) -> dict[str, float]:
    """Time commands in turn; give the median seconds of each."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            if run:  # the first one fills the caches
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in seconds.items()}


def startup(runs: int) -> None:
    """Compare a list of hosts with the same GET: at most 1.35 times as long."""
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
    commands.add_parser("startup").add_argument("runs", nargs="?", type=int, default=20)
    cli = commands.add_parser("cli", help="commands, beside programs that do no more")
    cli.add_argument("runs", nargs="?", type=int, default=20)
    cli.add_argument("--hosts", type=int, default=100_000, help="on the long list")
    server = commands.add_parser("server", help="pages of a large fleet")
    server.add_argument("--hosts", type=int, default=100_000)
    server.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    server.add_argument("parts", nargs="*", help="pages, queries, memory, creating")
    options = parser.parse_args()
    if options.what == "startup":
        startup(options.runs)
    elif options.what == "server":
        import _bench_server

        _bench_server.run(options.database, options.hosts, options.parts)
    else:
        import _bench_cli

        sys.exit(not _bench_cli.main(options.runs, options.hosts))


if __name__ == "__main__":
    main()
