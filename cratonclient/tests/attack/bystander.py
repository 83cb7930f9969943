# SPDX-License-Identifier: Apache-2.0
"""A program that measures a server while others attack it.

It is a process of its own, so that the threads of an attack do not slow it down. It reads
one line of JSON, and polls until its standard input ends. Then it prints its measurements.
"""

from __future__ import annotations

import http.client
import json
import pathlib
import select
import sys
import time
import typing as t

#: Seconds between two rounds of requests.
PAUSE = 0.02


def processes(pid: int) -> t.Iterator[int]:
    """Yield the id of a process and of all its descendants."""
    yield pid
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:  # the thread has ended
            continue
        for child in found:
            yield from processes(int(child))


def memory(pid: int) -> float:
    """Return the memory of a process and its descendants, in MB.

    Pages that several processes share count once.
    """
    total = 0
    for process in processes(pid):
        try:
            lines = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:  # the process has ended
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def ask(task: dict[str, t.Any], path: str) -> tuple[float, str]:
    """Request a path on a new connection; return the seconds, and what went wrong."""
    began = time.monotonic()
    wrong = ""
    connection = http.client.HTTPConnection(
        task["host"], task["port"], timeout=task["timeout"], source_address=(task["source"], 0)
    )
    try:
        connection.request("GET", path, headers=task["headers"])
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            wrong = f"{response.status} {body[:200].decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as exc:
        wrong = repr(exc)
    finally:
        connection.close()
    return time.monotonic() - began, wrong


def main() -> None:
    """Poll the paths of the task until standard input ends, then print the measurements."""
    task = json.loads(sys.stdin.readline())
    waits: dict[str, list[float]] = {path: [] for path in task["paths"]}
    wrong = []
    peak = 0.0
    ended = False
    while not ended:
        for path in task["paths"]:
            seconds, problem = ask(task, path)
            waits[path].append(seconds)
            if problem:
                wrong.append(f"{path}: {problem}")
        peak = max(peak, memory(task["pid"]))
        if len(waits[task["paths"][0]]) == 1:
            print("ready", flush=True)
        ended = bool(select.select([sys.stdin], [], [], PAUSE)[0])
    print(json.dumps({"waits": waits, "wrong": wrong, "peak": peak}), flush=True)


if __name__ == "__main__":
    main()
