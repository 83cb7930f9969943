# SPDX-License-Identifier: Apache-2.0
"""tools/bench server: what pages of a large fleet cost.

A figure is a ratio of two medians, of runs that took turns. Requests are made
to the application itself, with the headers of a user: a socket would only add
the same to both.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from urllib import parse

import _bench_baseline
import _bench_fleet
import sqlalchemy as sa

from cratonserver import composition
from cratonserver.identity import FIRST_PROJECT

BIN = pathlib.Path(sys.executable).parent
ROUNDS = 30
CREATED = 10_000
PAGES = 10_000

Call = t.Callable[[], t.Any]


class Fleet:
    """A fleet of hosts and those who ask about it.

    :param url: of an empty database.
    :param hosts: how many.
    """

    def __init__(self, url: str, hosts: int) -> None:
        self.url = url
        self.hosts = hosts
        self.store = composition.store_at(url)
        self.store.open()
        began = time.perf_counter()
        keys = _bench_fleet.fill(self.store, hosts)
        print(f"{hosts} hosts written in {time.perf_counter() - began:.0f} s", flush=True)
        self.root, self.user = (
            {"X-Auth-User": name, "X-Auth-Token": key, "X-Auth-Project": FIRST_PROJECT}
            for name, key in zip(("root", "user"), keys, strict=True)
        )
        self.queries = 0
        sa.event.listen(self.store.engine, "before_cursor_execute", self._count)
        self._application = composition.application_of(self.store)

    def get(self, **parameters: t.Any) -> bytes:
        """Read a page of hosts, of 100 unless ``limit`` says otherwise."""
        return self.call("GET", parse.urlencode({"limit": 100, **parameters}), b"")

    def create(self, number: int) -> bytes:
        """Create a host."""
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

    def call(self, method: str, query: str, body: bytes) -> bytes:
        """Make a request as an ordinary user."""
        return call(self._application, method, query, body, self.user)

    def get_as_root(self) -> bytes:
        """Read a page as a user who sees all projects."""
        return call(self._application, "GET", "limit=100", b"", self.root)

    def baseline(self) -> t.Any:
        """Make the application that a page is compared with."""
        if self.store.engine.dialect.name == "sqlite":
            import sqlite3

            return _bench_baseline.application(sqlite3.connect(self.url.partition("///")[2]))
        import psycopg

        return _bench_baseline.application(psycopg.connect(self.url, autocommit=True))

    def _count(self, *_: t.Any) -> None:
        self.queries += 1


def call(
    application: t.Any, method: str, query: str, body: bytes, headers: dict[str, str]
) -> bytes:
    """Make a request to an application of WSGI; give the body of the answer."""
    environ = {
        **{f"HTTP_{n.upper().replace('-', '_')}": value for n, value in headers.items()},
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": "/v1/hosts",
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
    answer = b"".join(application(environ, lambda status, *_: statuses.append(status)))
    if not statuses[0].startswith("20"):
        raise AssertionError(f"{method} {query}: {statuses[0]} {answer.decode()}")
    return answer


def interleaved(*calls: Call) -> list[float]:
    """Call functions in turn; give the median milliseconds of each."""
    taken: list[list[float]] = [[] for _ in calls]
    for round_ in range(ROUNDS + 3):
        for times, function in zip(taken, calls, strict=True):
            began = time.perf_counter()
            function()
            if round_ > 2:  # the first ones fill the caches
                times.append((time.perf_counter() - began) * 1000)
    return [statistics.median(times) for times in taken]


def report(title: str, value: float, base: float, bar: float | None, unit: str = "ms") -> None:
    """Print a figure."""
    ratio = value / base
    held = "" if bar is None else f"at most {bar:g}: {'met' if ratio <= bar else 'MISSED'}"
    print(f"{ratio:7.2f}  {title:<58} {value:8.2f} : {base:6.2f} {unit:3} {held}", flush=True)


def compare(title: str, value: Call, base: Call, bar: float | None = None) -> None:
    """Measure a figure and print it."""
    first, second = interleaved(value, base)
    report(title, first, second, bar)


def pages(fleet: Fleet) -> None:
    """Measure what pages cost."""
    bare = fleet.baseline()

    def by_hand() -> bytes:
        return call(bare, "GET", "", b"", {})

    if json.loads(by_hand()) != json.loads(fleet.get()):
        raise AssertionError("the page that is compared with is another one")
    last = fleet.hosts - 100
    compare("a page of 100 : one query and JSON by hand", fleet.get, by_hand, 3)
    compare("the last page : the first", lambda: fleet.get(marker=last), fleet.get, 1.2)
    compare("details=true : without", lambda: fleet.get(details=True), fleet.get, 2.5)
    compare(
        "vars, nested, inherited by 1 % : without",
        lambda: fleet.get(vars=_bench_fleet.INHERITED),
        fleet.get,
        6,
    )
    compare("as root : as an ordinary user", fleet.get_as_root, fleet.get)
    for title, asked in (
        ("vars, inherited, no match : without", _bench_fleet.INHERITED_NOWHERE),
        ("vars, nested, own of 1 % : without", _bench_fleet.OWN),
        ("vars, nested, own, no match : without", _bench_fleet.NOWHERE),
        ("vars, own of one host : without", _bench_fleet.ONE),
        ("vars, what all have : without", 'owner:"operations"'),
    ):
        compare(title, lambda asked=asked: fleet.get(vars=asked), fleet.get)  # type: ignore[misc]


def queries(fleet: Fleet) -> None:
    """Count the queries of pages of several sizes, the log-in included."""
    print("queries for a page of          10   30  100")
    same = True
    for title, parameters in (
        ("the first", {}),
        ("a later one", {"marker": 1000}),
        ("with details", {"details": True}),
        ("with vars", {"vars": _bench_fleet.INHERITED}),
    ):
        counted = []
        for limit in (10, 30, 100):
            before = fleet.queries
            fleet.get(**{**parameters, "limit": limit})
            counted.append(fleet.queries - before)
        same = same and len(set(counted)) == 1
        print(f"         {title:<20}", *(f"{number:4}" for number in counted))
    print(f"         constant: {'met' if same else 'MISSED'}")


def creating(fleet: Fleet) -> None:
    """Measure whether the ten-thousandth host takes longer to create than the first."""
    taken = []
    for number in range(CREATED):
        began = time.perf_counter()
        fleet.create(number)
        taken.append((time.perf_counter() - began) * 1000)
    first, last = statistics.median(taken[:1000]), statistics.median(taken[-1000:])
    report(f"creating {CREATED}: last thousand : first thousand", last, first, 1.2)


def memory(fleet: Fleet) -> None:
    """Measure what a server holds after many pages."""
    with _serving(fleet.url) as (process, address):
        connection = http.client.HTTPConnection(address, timeout=60)
        found: dict[int, float] = {}
        marker = 0
        for number in range(1, PAGES + 1):
            query = {"limit": 10, "details": number % 2, "marker": marker}
            query = {n: v for n, v in query.items() if v or n != "marker"}
            connection.request("GET", f"/v1/hosts?{parse.urlencode(query)}", headers=fleet.user)
            hosts = json.loads(connection.getresponse().read())["hosts"]
            marker = hosts[-1]["id"] if len(hosts) == 10 else 0
            if number in (100, PAGES):
                found[number] = _resident(process.pid)
    title = f"memory after {PAGES} pages : after 100"
    report(title, found[PAGES], found[100], 1.05, "MB")


@contextlib.contextmanager
def _serving(url: str) -> t.Iterator[tuple[subprocess.Popen[str], str]]:
    program = str(BIN / "craton-server")
    # Nobody reads what it says after the first line: a log would fill the pipe.
    command = [program, "run", "--database", url, "--listen", "127.0.0.1:0", "--no-access-log"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        said = next(iter(process.stderr or ()))
        yield process, said.split(" at http://")[1].split()[0]
    finally:
        process.terminate()
        process.wait()


def _resident(pid: int) -> float:
    """Give the megabytes that a process holds in memory."""
    words = ["ps", "-o", "rss=", "-p", str(pid)]
    return int(subprocess.check_output(words, text=True)) / 1024


def measure(url: str, hosts: int, parts: t.Collection[str]) -> None:
    """Fill a database and print all figures, or some."""
    fleet = Fleet(url, hosts)
    try:
        for part in (pages, queries, memory, creating):
            if not parts or part.__name__ in parts:
                part(fleet)
    finally:
        fleet.store.close()


def run(database: str, hosts: int, parts: t.Collection[str]) -> None:
    """Measure one or both of the databases."""
    if database in ("sqlite", "both"):
        print("SQLite: ", end="")
        with tempfile.TemporaryDirectory() as folder:
            measure(f"sqlite:///{folder}/fleet.db", hosts, parts)
    if database in ("postgresql", "both"):
        from cratonclient.tests import postgresql

        print("PostgreSQL: ", end="")
        with postgresql.running(fsync="on", full_page_writes="on") as cluster:
            measure(cluster.url(), hosts, parts)
