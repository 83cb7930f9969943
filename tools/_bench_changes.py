# SPDX-License-Identifier: Apache-2.0
"""``tools/bench changes``: measure the log of changes, and what is built on it.

Each figure is a ratio within one run, as in :mod:`_bench_server`. The fleets are small: what
is measured does not depend on their size, except for the pages of a long history.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import itertools
import json
import pathlib
import shutil
import statistics
import tempfile
import threading
import time
import typing as t

import _bench_server
import sqlalchemy as sa
from _bench_server import Fleet, compare, report
from _bench_waiting import waiting

from cratonserver.identity import FIRST_PROJECT
from cratonserver.serving import server

#: Number of hosts in a change set, and of rounds of the slow measurements.
HOSTS, ROUNDS = 10_000, 3
#: Number of single requests that are measured, and of changes that a follower awaits.
SINGLE, AWAITED = 200, 30
#: Numbers of changes in the short and in the long history.
SHORT, LONG = 1_000, 1_000_000

_names = itertools.count()


def values(number: int) -> dict[str, t.Any]:
    """Return a new host with five variables."""
    return {
        "name": f"h{next(_names)}",
        "ip_address": "192.0.2.1",
        "device_type": "server",
        "cloud_id": 1,
        "region_id": 1,
        "variables": {
            "asset": f"N{number}",
            "rack": {"row": number % 40, "unit": number % 48},
            "os": {"name": "debian", "version": "13.2"},
            "roles": ["compute"],
            "seen": None,
        },
    }


def change_set(region: int = 1) -> dict[str, t.Any]:
    """Return a change set that creates hosts."""
    hosts = [{**values(n), "region_id": region} for n in range(HOSTS)]
    return {"changes": [{"action": "create", "kind": "hosts", "values": v} for v in hosts]}


class Requests:
    """Requests of a user to the application of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._send = functools.partial(_bench_server.call, fleet.application)
        self._user = fleet.user

    def __call__(
        self, method: str, path: str, body: t.Any = None, query: str = "", **headers: str
    ) -> t.Any:
        """Send a request, and return the parsed body of the response."""
        sent = b"" if body is None else json.dumps(body).encode()
        found = self._send(method, query, sent, {**self._user, **headers}, f"/v1{path}")
        return json.loads(found) if found else None

    def tag(self, path: str, query: str) -> str:
        """Return the entity tag of a response."""
        seen: dict[str, str] = {}
        self._send("GET", query, b"", self._user, f"/v1{path}", seen)
        return {name.lower(): value for name, value in seen.items()}["etag"]

    def prepare_many(self, region: int = 1) -> t.Callable[[], t.Any]:
        """Return a function that creates hosts with one change set."""
        body = json.dumps(change_set(region)).encode()
        return lambda: self._send("POST", "", body, self._user, "/v1/changes")

    def create_many(self, region: int = 1) -> int:
        """Create hosts with one change set, and return its revision."""
        return int(json.loads(self.prepare_many(region)())["revision"])


def timed(function: t.Callable[[], t.Any]) -> float:
    """Call a function and return its run time in milliseconds."""
    began = time.perf_counter()
    function()
    return (time.perf_counter() - began) * 1000


def single(fleet: Fleet, other: Fleet) -> None:
    """Compare the creation of a host with the same without the triggers of the log."""
    _drop_triggers(other)
    first, second = Requests(fleet), Requests(other)
    compare(
        "creating a host : without the log",
        lambda: first("POST", "/hosts", values(1)),
        lambda: second("POST", "/hosts", values(1)),
        1.3,
    )


def _drop_triggers(fleet: Fleet) -> None:
    with fleet.store.write() as connection:
        fleet.store.tables.dialect.log.drop(connection)


def bulk(fleet: Fleet, other: Fleet) -> None:
    """Compare a large change set with inserts by hand."""
    _drop_triggers(other)
    send = Requests(fleet)
    at_once, by_hand = [], []
    send.create_many()
    for _ in range(ROUNDS):
        before = _last_rows(fleet)
        at_once.append(timed(send.prepare_many()))
        rows = _rows_since(fleet, before)
        by_hand.append(timed(functools.partial(_insert, other, rows)))
    one, rows_alone = statistics.median(at_once), statistics.median(by_hand)
    report(f"{HOSTS} hosts in a change set : inserts by hand", one, rows_alone, 4)


def variables(fleet: Fleet, _other: Fleet) -> None:
    """Compare setting a variable of many hosts with creating them, in a change set each."""
    send = Requests(fleet)
    hosts: list[int] = []
    creating, setting = [], []

    def create(body: t.Any) -> None:
        hosts[:] = send("POST", "/changes", body)["created"].values()

    for number in range(ROUNDS + 1):
        creating.append(timed(functools.partial(create, change_set())))
        new = {"variables": {"set": {"firmware": f"2.{number}"}}}
        changes = [{"action": "update", "kind": "hosts", "id": host, **new} for host in hosts]
        setting.append(timed(functools.partial(send, "POST", "/changes", {"changes": changes})))
    title = f"a variable of {HOSTS} hosts in a change set : creating them"
    report(title, statistics.median(setting[1:]), statistics.median(creating[1:]), 1)


def requests(fleet: Fleet, _other: Fleet) -> None:
    """Compare a large change set with single requests, both over HTTP on one connection."""
    with _bench_server.running_server(fleet.url) as (_process, address):
        connection = http.client.HTTPConnection(address, timeout=300)
        headers = {**fleet.user, "Content-Type": "application/json"}

        def post(path: str, body: t.Any) -> float:
            """Return the milliseconds from sending a body until the response is there."""
            sent = json.dumps(body)
            began = time.perf_counter()
            connection.request("POST", f"/v1{path}", sent, headers)
            response = connection.getresponse()
            response.read()
            if response.status not in (200, 201):
                raise AssertionError(f"{path}: {response.status}")
            return (time.perf_counter() - began) * 1000

        alone, at_once = [], []
        for _ in range(2 * ROUNDS + 1):
            alone += [post("/hosts", values(1)) for _ in range(SINGLE)]
            at_once.append(post("/changes", change_set()))
    one, many = statistics.median(at_once[1:]), statistics.median(alone) * HOSTS
    report(f"{HOSTS} hosts in a change set : single requests", one, many, 1 / 15)


def _tables(fleet: Fleet) -> list[sa.Table]:
    """Return the tables that a change set with hosts writes to."""
    tables = fleet.store.tables
    names = ("devices", "device_variables", "device_variable_keys", "changes", "change_rows")
    return [tables.metadata.tables[name] for name in names]


def _key(table: sa.Table) -> sa.Column[t.Any]:
    """Return the column whose values grow with each change set."""
    return next(table.c[n] for n in ("owner_id", "seq", "id") if n in table.c)


def _last_rows(fleet: Fleet) -> list[int]:
    with fleet.store.read() as connection:
        queries = (sa.select(sa.func.max(_key(table))) for table in _tables(fleet))
        return [connection.execute(query).scalar() or 0 for query in queries]


def _rows_since(fleet: Fleet, last: list[int]) -> list[list[tuple[t.Any, ...]]]:
    with fleet.store.read() as connection:
        return [
            [tuple(row) for row in connection.execute(sa.select(table).where(_key(table) > n))]
            for table, n in zip(_tables(fleet), last, strict=True)
        ]


def _insert(fleet: Fleet, rows: list[list[tuple[t.Any, ...]]]) -> None:
    """Insert rows as a careful programmer would: some hundred rows in each statement."""
    with fleet.store.write() as connection:
        driver: t.Any = connection.connection.driver_connection
        cursor = driver.cursor()
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        for table, some in zip(_tables(fleet), rows, strict=True):
            columns = ", ".join(f'"{column.name}"' for column in table.c)
            one = f"({', '.join(mark for _ in table.c)})"
            for batch in _batches(some, 30_000 // len(table.c)):
                sql = f"INSERT INTO {table.name} ({columns}) VALUES "  # noqa: S608
                cursor.execute(sql + ", ".join(one for _ in batch), [*itertools.chain(*batch)])


def _batches(rows: t.Sequence[t.Any], number: int) -> t.Iterator[t.Sequence[t.Any]]:
    return (rows[begin : begin + number] for begin in range(0, len(rows), number))


def undo(fleet: Fleet, _other: Fleet) -> None:
    """Compare undoing the deletion of a region with the deletion."""
    send = Requests(fleet)
    deleting, undoing = [], []
    for number in range(ROUNDS):
        body = {"name": f"gone-{number}", "cloud_id": 1}
        region = send("POST", "/regions", body)["id"]
        revision = send.create_many(region) + 1
        deleting.append(timed(functools.partial(send, "DELETE", f"/regions/{region}")))
        undo_it = functools.partial(send, "POST", f"/changes/{revision}/undo")
        undoing.append(timed(undo_it))
    title = f"undoing the deletion of {HOSTS} hosts : the deletion"
    report(title, statistics.median(undoing), statistics.median(deleting), 5)


def history(fleet: Fleet, other: Fleet) -> None:
    """Compare pages of a long history with those of a short one."""
    for one, number in ((other, SHORT), (fleet, LONG)):
        _fill_history(one, number, hosts=number // 200)
    long, short = Requests(fleet), Requests(other)
    for title, query in (
        ("the newest", "limit=100"),
        ("from the middle", "limit=100&marker=500"),
        ("of hosts", "limit=100&kind=hosts"),
        ("of one host", "limit=100&kind=hosts&id=3"),
        ("of a user", "limit=100&username=user"),
    ):
        page = functools.partial(long, "GET", "/changes", query=query)
        if len(page()["changes"]) != 100:
            raise AssertionError(query)
        compare(
            f"a page of {LONG} changes, {title} : of {SHORT}",
            page,
            functools.partial(short, "GET", "/changes", query=query),
            1.3,
        )
    hosts = functools.partial(short, "GET", "/hosts", query="limit=100")
    newest = functools.partial(short, "GET", "/changes", query="limit=100")
    compare("a page of 100 changes : of 100 hosts", newest, hosts, 2)


def _fill_history(fleet: Fleet, number: int, hosts: int) -> None:
    """Add changes of hosts to the log of a fleet.

    :param number: number of changes.
    :param hosts: number of hosts, each of which has as many of the changes.
    """
    store, log = fleet.store, fleet.store.tables.log
    load = store.database.dialect.bulk.load
    [_, _, _, change_id, seq] = _last_rows(fleet)
    with store.write() as connection:
        own = log.revisions.c.project_id == FIRST_PROJECT
        last = connection.execute(sa.select(log.revisions.c.last).where(own)).scalar() or 0
        for batch in _batches(range(1, number + 1), 50_000):
            columns = "id", "project_id", "revision", "created_at", "username", "role"
            rows = [
                (change_id + n, FIRST_PROJECT, last + n, _TIME, "user", "member") for n in batch
            ]
            load(connection, log.changes, columns, rows, len(rows))
            columns = "seq", "change_id", "source", "owner", "before", "after"
            load(
                connection,
                log.rows,
                columns,
                [
                    (seq + n, change_id + n, "host", str(n % hosts + 1), "{}", "{}")
                    for n in batch
                ],
                len(batch),
            )
        connection.execute(sa.update(log.revisions).where(own).values(last=last + number))


_TIME = "2026-01-01T00:00:00.000000"


def polling(fleet: Fleet, _other: Fleet) -> None:
    """Compare a list whose tag the client knows with the list."""
    send = Requests(fleet)
    get = functools.partial(send, "GET", "/hosts", query="limit=100")
    known = {"If-None-Match": send.tag("/hosts", "limit=100")}
    title = "a page of 100 with If-None-Match, nothing new : the page"
    compare(title, lambda: get(**known), get, 0.3)


def following(fleet: Fleet, _other: Fleet) -> None:
    """Measure the time from the response to a change until a waiting client has it."""
    delays = []
    with _bench_server.running_server(fleet.url) as (_process, address):
        post, wait = (http.client.HTTPConnection(address, timeout=60) for _ in range(2))
        headers = {**fleet.user, "Content-Type": "application/json"}

        def send(connection: http.client.HTTPConnection, method: str, path: str) -> t.Any:
            body = json.dumps({"name": f"c{next(_names)}"}) if method == "POST" else None
            connection.request(method, f"/v1{path}", body, headers)
            return json.loads(connection.getresponse().read())

        last = send(wait, "GET", "/changes?limit=10")["last_revision"]

        def follow(revision: int, seen: list[float]) -> None:
            send(wait, "GET", f"/changes?after={revision}&wait=30")
            seen.append(time.perf_counter())

        for number in range(AWAITED):
            seen: list[float] = []
            waiting = threading.Thread(target=follow, args=(last + number, seen))
            waiting.start()
            time.sleep(0.2)
            send(post, "POST", "/clouds")
            began = time.perf_counter()
            waiting.join()
            delays.append((seen[0] - began) * 1000)
    report("from a change to a waiting client : 100 ms", statistics.median(delays), 100, 1)


def size(fleet: Fleet, _other: Fleet) -> None:
    """Compare the bytes of the log of created hosts with those of their rows."""
    Requests(fleet).create_many()
    log = fleet.store.tables.log
    tables = {table.name for table in (log.changes, log.rows)}
    if fleet.store.engine.dialect.name == "sqlite":
        before, rows, logs = _sizes_of_file(fleet, tables)
        report("bytes of the log of a host : of its rows", logs, rows - before, 3, "B")
        return
    query = "SELECT pg_total_relation_size(:name)"
    with fleet.store.read() as connection:
        sizes = {
            table.name: connection.execute(sa.text(query), {"name": table.name}).scalar_one()
            for table in _tables(fleet)
        }
    logs = sum(sizes[name] for name in tables)
    report("bytes of the log of a host : of its rows", logs, sum(sizes.values()) - logs, 3, "B")


def _sizes_of_file(fleet: Fleet, log: t.Collection[str]) -> tuple[float, float, float]:
    """Return the sizes of an empty file, of the rows with their log, and of the log."""
    import sqlite3

    with fleet.store.read() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint")
    path = pathlib.Path(fleet.url.partition("///")[2])
    sizes = []
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "copy.db"
        for emptied in ((), log, {*log, *(table.name for table in _tables(fleet))}):
            shutil.copy(path, copy)
            with contextlib.closing(sqlite3.connect(copy)) as database:
                triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                for (name,) in database.execute(triggers).fetchall():
                    database.execute(f'DROP TRIGGER "{name}"')
                for name in emptied:
                    database.execute(f"DELETE FROM {name}")  # noqa: S608
                database.commit()
                database.execute("VACUUM")
            sizes.append(float(copy.stat().st_size))
    whole, without, empty = sizes
    return empty, without, whole - without


PARTS = (
    *(size, single, bulk, variables, requests, undo, polling, following, waiting),
    history,
)


def _databases(database: str) -> t.Iterator[tuple[str, list[str]]]:
    """Yield the name of each kind of database, and the URLs of two empty databases."""
    if database in ("sqlite", "both"):
        with tempfile.TemporaryDirectory() as folder:
            yield "SQLite", [f"sqlite:///{folder}/fleet-{n}.db" for n in range(2)]
    if database in ("postgresql", "both"):
        from cratonclient.tests import postgresql

        with contextlib.ExitStack() as stack:
            settings = {"fsync": "on", "full_page_writes": "on"}
            running = (postgresql.running(**settings) for _ in range(2))
            yield "PostgreSQL", [stack.enter_context(one).url() for one in running]


def run(database: str, parts: t.Collection[str]) -> None:
    """Measure one or both databases.

    :param database: ``'sqlite'``, ``'postgresql'`` or ``'both'``.
    :param parts: names of measurements; all if empty.
    """
    server.collect_less_garbage()  # as in processes of the server
    for part in PARTS:
        if parts and part.__name__ not in parts:
            continue
        for name, urls in _databases(database):
            keys = _bench_server.fill(urls, 100)
            fleets = [Fleet(*pair) for pair in zip(urls, (100, 100), keys, strict=True)]
            print(f"{name}, {part.__name__}", flush=True)
            try:
                part(*fleets)
            finally:
                for fleet in fleets:
                    fleet.store.close()
