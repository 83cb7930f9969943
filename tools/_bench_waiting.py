# SPDX-License-Identifier: Apache-2.0
"""Measure what clients cost that wait for changes, as a part of ``tools/bench changes``."""

from __future__ import annotations

import contextlib
import http.client
import os
import pathlib
import socket
import statistics
import time
import typing as t

import _bench_server
from _bench_server import Fleet, report

from cratonclient.tests.attack import bystander

#: Number of clients that wait, and of pages that are read meanwhile in each round.
CLIENTS, PAGES = 100, 200
ROUNDS = 3
#: Seconds in which the processor time of the server is measured.
SECONDS = 5.0


class Server:
    """A server, and a client that reads pages of hosts on one connection.

    :param fleet: the fleet.
    :param pid: id of the process of the server.
    :param address: its address.
    """

    def __init__(self, fleet: Fleet, pid: int, address: str) -> None:
        self._headers = fleet.user
        self._address = address
        self._connection = http.client.HTTPConnection(address, timeout=60)
        self.pid = pid

    def pages(self) -> list[float]:
        """Read pages, and return the milliseconds that each took."""
        found = []
        for _ in range(PAGES):
            began = time.perf_counter()
            self._connection.request("GET", "/v1/hosts?limit=100", headers=self._headers)
            self._connection.getresponse().read()
            found.append((time.perf_counter() - began) * 1000)
        return found

    @contextlib.contextmanager
    def waiting(self) -> t.Iterator[None]:
        """Let clients wait for a change in the block."""
        host, port = self._address.split(":")
        lines = [f"{name}: {value}" for name, value in self._headers.items()]
        first = "GET /v1/changes?after=0&wait=60 HTTP/1.1"
        request = "\r\n".join([first, "Host: craton", *lines, "", ""]).encode()
        with contextlib.ExitStack() as stack:
            clients = [
                stack.enter_context(socket.create_connection((host, int(port))))
                for _ in range(CLIENTS)
            ]
            for client in clients:
                client.sendall(request)
            time.sleep(1)
            yield
            for client in clients:
                client.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    raise AssertionError(f"A client did not wait: {client.recv(4096)!r}")

    def processor_seconds(self) -> float:
        """Return the processor time that the server has used, in seconds."""
        ticks = 0
        for pid in bystander.processes(self.pid):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def waiting(fleet: Fleet, _other: Fleet) -> None:
    """Compare pages while clients wait with pages alone, and measure what they use."""
    alone: list[float] = []
    together: list[float] = []
    with _bench_server.running_server(fleet.url, "--processes=1") as (process, address):
        server = Server(fleet, process.pid, address)
        for _ in range(ROUNDS):
            alone += server.pages()
            memory = bystander.memory(server.pid)
            with server.waiting():
                memory = bystander.memory(server.pid) - memory
                together += server.pages()
                used = server.processor_seconds()
                time.sleep(SECONDS)
                used = server.processor_seconds() - used
    pair = statistics.median(together), statistics.median(alone)
    report(f"a page of 100 hosts while {CLIENTS} clients wait : alone", *pair, 1.2)
    report(f"processor time of {CLIENTS} waiting clients : time", used, SECONDS, 0.05, "s")
    report("memory of a waiting client : 1 MB", memory / CLIENTS, 1, 0.1, "MB")
