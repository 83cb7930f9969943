# SPDX-License-Identifier: Apache-2.0
"""``tools/bench server``: measure pages of a large fleet.

Each figure is the ratio of the medians of two interleaved measurements. The benchmark
calls the WSGI application in process, with the headers of a user. A socket would add the
same time to both measurements.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import itertools
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from unittest import mock
from urllib import parse

import _bench_baseline
import _bench_fleet
import sqlalchemy as sa

from cratonclient.tests.attack import bystander
from cratonserver import composition
from cratonserver.db import variables
from cratonserver.identity import FIRST_PROJECT

BIN = pathlib.Path(sys.executable).parent
#: Number of times that each request is measured.
ROUNDS = 30
#: Number of hosts that :func:`creating` creates.
CREATED = 10_000
#: Number of pages that :func:`memory` reads.
PAGES = 10_000

#: Number of connections of :func:`readers`, its rounds, and the seconds of each.
READERS = 8
READING_ROUNDS = 3
READING_SECONDS = 5.0

Call = t.Callable[[], t.Any]


class Fleet:
    """A fleet of hosts, its WSGI application, and the headers of two users.

    :param url: URL of the database.
    :param hosts: number of hosts.
    :param keys: the API keys of the users.
    """

    def __init__(self, url: str, hosts: int, keys: list[str]) -> None:
        self.url = url
        self.hosts = hosts
        self.store = composition.store_at(url)
        self.root, self.user = (
            {"X-Auth-User": name, "X-Auth-Token": key, "X-Auth-Project": FIRST_PROJECT}
            for name, key in zip(("root", "user"), keys, strict=True)
        )
        self.queries = 0
        sa.event.listen(self.store.engine, "before_cursor_execute", self._count)
        self.application = composition.application_of(self.store)

    def get(self, **parameters: t.Any) -> bytes:
        """Read a page of hosts as an ordinary user, by default with 100 hosts."""
        return self.call("GET", parse.urlencode({"limit": 100, **parameters}), b"")

    def create(self, number: int) -> bytes:
        """Create a host as an ordinary user."""
        values = {
            "name": f"new-{number}.example.org",
            "ip_address": "192.0.2.1",
            "device_type": "server",
            "cloud_id": 1,
            "region_id": 1,
            "cell_id": 1,
            "variables": {"asset": f"N{number}", "rack": {"row": 1, "unit": number}},
            "labels": ["new"],
        }
        return self.call("POST", "", json.dumps(values).encode())

    def put_variables(self, number: int) -> bytes:
        """Set variables of a host as an ordinary user."""
        body = json.dumps({"rack": {"row": number, "unit": 1}, "seen": number}).encode()
        path = f"/v1/hosts/{number % self.hosts + 1}/variables"
        return call(self.application, "PUT", "", body, self.user, path)

    def call(self, method: str, query: str, body: bytes) -> bytes:
        """Send a request as an ordinary user and return the body of the response."""
        return call(self.application, method, query, body, self.user)

    def get_as_root(self) -> bytes:
        """Read a page of 100 hosts as a root user, who sees all projects."""
        return call(self.application, "GET", "limit=100", b"", self.root)

    def baseline(self) -> t.Any:
        """Return the WSGI application that the server is compared with."""
        if self.store.engine.dialect.name == "sqlite":
            import sqlite3

            return _bench_baseline.application(sqlite3.connect(self.url.partition("///")[2]))
        import psycopg

        return _bench_baseline.application(psycopg.connect(self.url, autocommit=True))

    def _count(self, *_: t.Any) -> None:
        self.queries += 1


def call(
    application: t.Any,
    method: str,
    query: str,
    body: bytes,
    headers: dict[str, str],
    path: str = "/v1/hosts",
    seen: dict[str, str] | None = None,
) -> bytes:
    """Send a request to a WSGI application and return the body of the response.

    :param seen: dictionary to which the headers of the response are added.
    :raises AssertionError: if the status is not 200 or 201.
    """
    environ = {
        **{f"HTTP_{n.upper().replace('-', '_')}": value for n, value in headers.items()},
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    statuses: list[str] = []

    def start_response(status: str, found: list[tuple[str, str]], *_: t.Any) -> None:
        statuses.append(status)
        if seen is not None:
            seen.update(found)

    body = b"".join(application(environ, start_response))
    if not statuses[0].startswith(("20", "304")):
        raise AssertionError(f"{method} {query}: {statuses[0]} {body.decode()}")
    return body


def interleaved(*calls: Call) -> list[float]:
    """Call functions alternately and return the median run time of each, in milliseconds."""
    times: list[list[float]] = [[] for _ in calls]
    for round_ in range(ROUNDS + 3):
        for times_of_one, function in zip(times, calls, strict=True):
            began = time.perf_counter()
            function()
            if round_ > 2:  # the first three rounds fill the caches
                times_of_one.append((time.perf_counter() - began) * 1000)
    return [statistics.median(times_of_one) for times_of_one in times]


def report(
    title: str, value: float, base: float, limit: float | None, unit: str = "ms"
) -> None:
    """Print a figure: the ratio of a value and its baseline, and its limit if it has one."""
    ratio = value / base
    result = ""
    if limit is not None:
        result = f"at most {limit:g}: {'met' if ratio <= limit else 'MISSED'}"
    print(f"{ratio:7.2f}  {title:<58} {value:8.2f} : {base:6.2f} {unit:3} {result}", flush=True)


def compare(title: str, value: Call, base: Call, limit: float | None = None) -> None:
    """Measure two functions and print the figure."""
    first, second = interleaved(value, base)
    report(title, first, second, limit)


def pages(fleet: Fleet) -> None:
    """Measure the run times of pages."""
    bare = fleet.baseline()

    def by_hand() -> bytes:
        return call(bare, "GET", "", b"", {})

    if json.loads(by_hand()) != json.loads(fleet.get()):
        raise AssertionError("the baseline and the server return different pages")
    last = fleet.hosts - 100
    compare("a page of 100 : one query and JSON by hand", fleet.get, by_hand, 3)
    compare("the last page : the first", lambda: fleet.get(marker=last), fleet.get, 1.2)
    compare("details=true : without", lambda: fleet.get(details=True), fleet.get, 2.5)
    compare("as root : as an ordinary user", fleet.get_as_root, fleet.get)
    own = {"vars": _bench_fleet.OWN}
    for title, limit, parameters in (
        ("inherited by 1 %", 3, {"vars": _bench_fleet.INHERITED}),
        ("inherited, no match", 3, {"vars": _bench_fleet.INHERITED_NOWHERE}),
        ("own of 1 %", 3, own),
        ("own of 1 %, a later page", 3, {**own, "marker": fleet.hosts // 2}),
        ("own of 1 %, the newest first", 3, {**own, "sort_dir": "desc"}),
        ("own, no match", 3, {"vars": _bench_fleet.NOWHERE}),
        ("own of one host", 3, {"vars": _bench_fleet.ONE}),
        ("of all hosts", None, {"vars": 'owner:"operations"'}),
        ("own of 1 %, by name", None, {**own, "sort_keys": "name"}),
        ("two conditions", None, {"vars": f'{_bench_fleet.OWN},os:"debian"'}),
        ("own of 1 %, with a wildcard", None, {"vars": "rack.*:7"}),
    ):
        filtered = functools.partial(fleet.get, **parameters)
        without = functools.partial(
            fleet.get, **{n: v for n, v in parameters.items() if n != "vars"}
        )
        compare(f"vars, {title} : without", filtered, without, limit)


def queries(fleet: Fleet) -> None:
    """Count the SQL queries for pages of several sizes, including authentication."""
    print("queries for a page of          10   30  100")
    constant = True
    for title, parameters in (
        ("first page", {}),
        ("later page", {"marker": 1000}),
        ("with details", {"details": True}),
        ("with vars", {"vars": _bench_fleet.INHERITED}),
    ):
        counts = []
        for limit in (10, 30, 100):
            before = fleet.queries
            fleet.get(**{**parameters, "limit": limit})
            counts.append(fleet.queries - before)
        constant = constant and len(set(counts)) == 1
        print(f"         {title:<20}", *(f"{number:4}" for number in counts))
    print(f"         constant: {'met' if constant else 'MISSED'}")


def writes(fleet: Fleet) -> None:
    """Compare the run times of writes with that of a page, and count their statements.

    The statements include authentication, and on SQLite the BEGIN.
    """
    numbers = itertools.count(10 * CREATED)
    writers: dict[str, Call] = {
        "creating a host": lambda: fleet.create(next(numbers)),
        "PUT of variables": lambda: fleet.put_variables(next(numbers)),
    }
    for title, write in writers.items():
        compare(f"{title} : a page of 100", write, fleet.get)
        before = fleet.queries
        write()
        print(f"         statements: {fleet.queries - before}")
        without = functools.partial(_without_index, write)
        compare(f"{title} : without the index of variables", write, without, 1.3)


def _without_index(write: Call) -> None:
    """Write only the values of variables, so that the cost of their index shows."""
    rows = variables.rows
    with mock.patch.object(variables, "rows", lambda *a, **options: rows(*a, **options)[:1]):
        write()


def creating(fleet: Fleet) -> None:
    """Compare the time to create the last thousand hosts with that for the first thousand."""
    times = []
    for number in range(CREATED):
        began = time.perf_counter()
        fleet.create(number)
        times.append((time.perf_counter() - began) * 1000)
    first, last = statistics.median(times[:1000]), statistics.median(times[-1000:])
    report(f"creating {CREATED}: last thousand : first thousand", last, first, 1.2)


def memory(fleet: Fleet) -> None:
    """Compare the memory of a server after many pages with that after 100 pages."""
    with running_server(fleet.url, "--processes=1") as (process, address):
        connection = http.client.HTTPConnection(address, timeout=60)
        megabytes: dict[int, float] = {}
        marker = 0
        for number in range(1, PAGES + 1):
            query = {"limit": 10, "details": number % 2, "marker": marker}
            query = {n: v for n, v in query.items() if v or n != "marker"}
            connection.request("GET", f"/v1/hosts?{parse.urlencode(query)}", headers=fleet.user)
            hosts = json.loads(connection.getresponse().read())["hosts"]
            marker = hosts[-1]["id"] if len(hosts) == 10 else 0
            if number in (100, PAGES):
                megabytes[number] = bystander.memory(process.pid)
    title = f"memory after {PAGES} pages : after 100"
    report(title, megabytes[PAGES], megabytes[100], 1.05, "MB")


def readers(fleet: Fleet) -> None:
    """Measure how many pages a second the server sends to several readers at once."""
    rates: dict[int, list[float]] = {1: [], 0: []}
    for _ in range(READING_ROUNDS):
        for processes, measured in rates.items():
            with running_server(fleet.url, f"--processes={processes}") as (_process, address):
                _read(fleet, address, 1)  # fills the caches
                measured.append(_read(fleet, address, READING_SECONDS))
    one, several = (statistics.median(measured) for measured in rates.values())
    title = f"pages with {READERS} readers: processes as usual : one process"
    report(title, several, one, None, "/s")


def _read(fleet: Fleet, address: str, seconds: float) -> float:
    """Read the first page with several readers, and return the pages a second."""
    host, port = address.rsplit(":", 1)
    lines = [f"{name}: {value}" for name, value in fleet.user.items()]
    request = "\r\n".join(["GET /v1/hosts?limit=100 HTTP/1.1", "Host: craton", *lines, "", ""])
    task = {
        "host": host,
        "port": int(port),
        "request": request,
        "seconds": seconds,
        "readers": READERS,
    }
    program = pathlib.Path(__file__).with_name("_bench_readers.py")
    command = [sys.executable, str(program)]
    said = subprocess.run(
        command, input=json.dumps(task), check=True, stdout=subprocess.PIPE, text=True
    )
    return float(said.stdout)


@contextlib.contextmanager
def running_server(url: str, *options: str) -> t.Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server, and yield its process and its address."""
    program = str(BIN / "craton-server")
    # Only the first line of its output is read, so an access log would fill the pipe.
    command = [
        *(program, "run", "--database", url, "--listen", "127.0.0.1:0", "--no-access-log"),
        *options,
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        message = next(iter(process.stderr or ()))
        yield process, message.split(" at http://")[1].split()[0]
    finally:
        process.terminate()
        process.wait()


def measure(fleet: Fleet, parts: t.Collection[str]) -> None:
    """Run all measurements or the given parts."""
    try:
        for part in (pages, queries, memory, readers, writes, creating):
            if not parts or part.__name__ in parts:
                part(fleet)
    finally:
        fleet.store.close()


def fill(urls: list[str], hosts: int) -> list[list[str]]:
    """Fill empty databases at the same time, each in a process of its own.

    :returns: the API keys of the users of each.
    """
    began = time.perf_counter()
    program = str(pathlib.Path(__file__).with_name("_bench_fleet.py"))
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, program, url, str(hosts)],
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for url in urls
        ]
        keys = [process.communicate()[0].split() for process in processes]
    print(f"{hosts} hosts created in {time.perf_counter() - began:.0f} s", flush=True)
    return keys


def run(database: str, hosts: int, parts: t.Collection[str]) -> None:
    """Measure one or both databases.

    :param database: ``'sqlite'``, ``'postgresql'`` or ``'both'``.
    :param hosts: number of hosts.
    :param parts: names of measurements; all if empty.
    """
    urls: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        if database in ("sqlite", "both"):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            urls["SQLite"] = f"sqlite:///{folder}/fleet.db"
        if database in ("postgresql", "both"):
            from cratonclient.tests import postgresql

            cluster = stack.enter_context(postgresql.running(fsync="on", full_page_writes="on"))
            urls["PostgreSQL"] = cluster.url()
        keys = fill([*urls.values()], hosts)
        for (name, url), found in zip(urls.items(), keys, strict=True):
            print(name, flush=True)
            measure(Fleet(url, hosts, found), parts)
