# SPDX-License-Identifier: Apache-2.0
"""Processes, threads and the connections of clients: forks, pickles, pools, closing."""

from __future__ import annotations

import contextlib
import copy
import functools
import gc
import http.server
import logging
import os
import pickle
import socketserver
import threading
import typing as t
import warnings
from concurrent import futures

import requests
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import session as ksa_session

from cratonclient import auth, exceptions, session
from cratonclient.http import credentials, direct
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"
REQUESTS = 20


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answer with the path of the request, and keep the connection open."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for each response, or the client waits for the second

    def do_GET(self) -> None:
        body = f'{{"id": 1, "name": "{self.path}"}}'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: t.Any) -> None:
        pass


class EchoServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A server that answers with the path of the request, and knows its connections."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.connections = 0
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    def process_request(self, request: t.Any, client_address: t.Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class ConnectionsTestCase(base.TestCase):
    def setUp(self):
        super().setUp()
        self.server = EchoServer()
        self.addCleanup(self.server.close)

    def clients(self) -> dict[str, client.Client]:
        """Return a client of each kind of session."""
        plugin = auth.CratonAuth("demo", PROJECT, "key")
        headers = credentials.headers("demo", "key", PROJECT)
        below = ksa_session.Session(auth=plugin)
        sessions = {
            "user": auth.craton_auth("demo", "key", PROJECT),
            "own requests": auth.craton_auth(
                "demo", "key", PROJECT, session=requests.Session()
            ),
            "direct": session.Session(session=direct.DirectSession(headers)),
            "keystoneauth": ksa_session.Session(auth=plugin),
            "adapter": ksa_adapter.Adapter(below),
            "bound": auth.bind(below),
        }
        found = {name: client.Client(one, self.server.url) for name, one in sessions.items()}
        for one in found.values():
            self.addCleanup(one.close)
        return found


def wrong(craton: t.Any, start: int) -> list[int]:
    """Return the ids for which a client got the response to another request."""
    ids = range(start, start + REQUESTS)
    return [n for n in ids if craton.hosts.get(n).name != f"/v1/hosts/{n}"]


def in_child(work: t.Callable[[], object]) -> t.Callable[[], object]:
    """Fork, run a function in the child, and return a function that waits for its result."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            try:
                result: object = work()
            except BaseException as exc:
                result = repr(exc)
            os.write(writer, pickle.dumps(result))
        os._exit(0)
    os.close(writer)

    def result_of() -> object:
        with open(reader, "rb") as file:
            data = file.read()
        os.waitpid(pid, 0)
        return pickle.loads(data)  # noqa: S301  # made here

    return result_of


class TestForks(ConnectionsTestCase):
    def test_a_child_does_not_use_the_connections_of_its_parent(self):
        for name, craton in self.clients().items():
            self.assertEqual([], wrong(craton, 0), name)
            results = [in_child(functools.partial(wrong, craton, n)) for n in (1000, 2000)]
            self.assertEqual([], wrong(craton, 3000), name)
            self.assertEqual([[], []], [result() for result in results], name)
            before = self.server.connections
            self.assertEqual([], wrong(craton, 4000), name)
            self.assertEqual(before, self.server.connections, "the parent kept its connection")

    def test_a_child_of_a_child(self):
        craton = self.clients()["user"]
        wrong(craton, 0)

        def grandchild() -> object:
            wrong(craton, 100)
            result = in_child(lambda: wrong(craton, 200))
            return wrong(craton, 300), result()

        self.assertEqual(([], []), in_child(grandchild)())

    def test_adapters_of_the_program_keep_their_settings(self):
        below = ksa_session.Session(tls_min_version="1.3", tls_ciphers="ECDHE+AESGCM")
        craton = session.Session(session=below)

        def settings() -> object:
            adapter: t.Any = below.session.get_adapter("https://h")
            found = adapter.poolmanager.connection_pool_kw
            return int(found["ssl_context"].minimum_version), len(found["socket_options"])

        self.assertEqual(settings(), in_child(settings)())
        self.assertIs(below, craton._session)


class TestForksOfFleets(base.FleetTestCase):
    def test_a_child_opens_the_file_anew(self):
        with client.Client(url=self.database) as craton:
            craton.clouds.create(name="parent")

            def work() -> object:
                names = [craton.clouds.create(name=f"child-{n}").name for n in range(5)]
                return names, len(list(craton.clouds.list()))

            names, count = t.cast("t.Any", in_child(work)())
            self.assertEqual(([f"child-{n}" for n in range(5)], 6), (names, count))
            self.assertEqual(6, len(list(craton.clouds.list())))
            craton.clouds.create(name="after")

    def test_writers_in_several_processes_lose_nothing(self):
        with client.Client(url=self.database) as craton:
            craton.clouds.create(name="parent")
            with futures.ThreadPoolExecutor(2) as threads:
                parents = [
                    threads.submit(craton.clouds.create, name=f"p{n}") for n in range(10)
                ]
                results = [in_child(functools.partial(create, craton, k)) for k in range(3)]
                for one in parents:
                    one.result()
            for result in results:
                self.assertEqual(5, len(t.cast("list[str]", result())))
            self.assertEqual(1 + 10 + 15, len(list(craton.clouds.list())))


def create(craton: client.Client, number: int) -> list[str]:
    """Create five clouds, and return their names."""
    names = [f"c{number}-{n}" for n in range(5)]
    return [craton.clouds.create(name=name).name for name in names]


class TestThreads(ConnectionsTestCase):
    def test_forty_threads_cause_no_warning(self):
        for name in ("user", "direct", "own requests"):
            craton = self.clients()[name]
            together = threading.Barrier(40)

            def work(n: int, craton: t.Any = craton, together: t.Any = together) -> list[int]:
                together.wait(30)
                return wrong(craton, n * REQUESTS)

            with (
                self.assertNoLogs("urllib3", logging.WARNING),
                futures.ThreadPoolExecutor(40) as threads,
            ):
                found = list(threads.map(work, range(40)))
            self.assertEqual([[]] * 40, found, name)

    def test_the_size_of_the_pool_can_be_set(self):
        plugin = auth.CratonAuth("demo", PROJECT, "key")
        for below in (
            auth.craton_auth("demo", "key", PROJECT, pool_size=3)._session.session,
            auth.create_session_with(plugin, True, pool_size=3)._session.session,
            direct.DirectSession({}, pool_size=3).session,
        ):
            adapter: t.Any = below.get_adapter("http://h")
            pool = adapter.poolmanager.connection_from_url("http://h")
            self.assertEqual(3, pool.pool.maxsize)
        for value in (0, -1, 1.5, True, "3", None):
            for build in (auth.create_session_with, direct.DirectSession):
                first: t.Any = None if build is auth.create_session_with else {}
                more: dict[str, t.Any] = {"pool_size": value, "verify": True}
                error = self.assertRaises(exceptions.CommandError, build, first, **more)
                self.assertIn("pool_size", str(error))


class TestClosing(ConnectionsTestCase):
    def test_a_with_block_closes_the_connections_of_each_door(self):
        with warnings.catch_warnings(record=True, action="always") as caught:
            for name, craton in self.clients().items():
                with craton as same:
                    self.assertIs(craton, same)
                    craton.hosts.get(1)
                    pools = self.pools(craton)
                    self.assertNotEqual([], pools, name)
                self.assertEqual([], self.pools(craton), name)
                craton.hosts.get(1)  # it can be used again
                craton.close()
                craton.close()
            del craton, same, pools
            gc.collect()
        self.assertEqual([], [str(one.message) for one in caught])

    def pools(self, craton: t.Any) -> list[t.Any]:
        below: t.Any = craton._session._session
        while not isinstance(below, requests.Session):
            below = below.session
        adapter: t.Any = below.get_adapter(self.server.url)
        return list(adapter.poolmanager.pools.keys())

    def test_a_with_block_ends_with_the_exception(self):
        craton = self.clients()["user"]

        def work() -> None:
            with craton:
                raise KeyError("x")

        self.assertRaises(KeyError, work)

    def test_an_object_without_connections_can_be_closed(self):
        below = fakes.FakeSession(fakes.answer({"id": 1}))
        with client.Client(below, "http://h") as craton:
            self.assertEqual(1, craton.hosts.get(1).id)


class TestPickles(ConnectionsTestCase):
    def test_a_client_can_be_pickled_and_copied(self):
        found = self.clients()
        # An adapter and an old version of keystoneauth itself cannot be pickled.
        for name in ("user", "own requests", "direct"):
            for other in (fakes.pickled(found[name]), copy.deepcopy(found[name])):
                self.addCleanup(other.close)
                self.assertEqual([], wrong(other, 0), name)

    def test_numbers_of_retries_are_kept(self):
        craton = auth.craton_auth("demo", "key", PROJECT, retries=5)
        other = fakes.pickled(client.Client(craton, "http://h", connect_retries=2))._session
        self.assertEqual((2, None), other._retries)
        adapter: t.Any = other._session.session.get_adapter("http://h")
        self.assertEqual(5, adapter.max_retries.total)

    def test_restrictions_of_tls_are_kept(self):
        below = ksa_session.Session(tls_min_version="1.3")
        session.configure(below)
        adapter: t.Any = fakes.pickled(below.session).get_adapter("https://h")
        context = adapter.poolmanager.connection_pool_kw["ssl_context"]
        self.assertEqual("TLSv1_3", context.minimum_version.name)


class TestPicklesOfFleets(base.FleetTestCase):
    def test_a_client_can_be_pickled_and_copied(self):
        self.make_cloud(name="prod")
        with client.Client(url=self.database) as craton:
            for one in (craton, self.craton):
                for make in (fakes.pickled, copy.deepcopy, copy.copy):
                    other = make(one)
                    self.assertEqual(["prod"], [found.name for found in other.clouds.list()])
                    other.close()
            self.assertEqual(1, len(list(craton.clouds.list())))

    def test_an_absent_fleet_is_not_created_by_a_pickle(self):
        path = self.folder() / "absent.db"
        other = fakes.pickled(client.Client(url=f"sqlite:///{path}"))
        self.addCleanup(other.close)
        self.assertFalse(path.exists())
        self.assertEqual("prod", other.clouds.create(name="prod").name)
        self.assertTrue(path.exists())


class TestFleetsWithoutSessions(base.FleetTestCase):
    def test_a_url_is_enough(self):
        with client.Client(url=self.database) as craton:
            craton.clouds.create(name="prod")
            self.assertEqual("prod", craton.clouds.get(1).name)
        with client.Client(None, self.database) as craton:
            self.assertEqual("prod", craton.clouds.get(1).name)

    def test_a_server_needs_a_session(self):
        for given in ({}, {"url": "http://craton.example"}, {"url": "https://h/v1"}):
            error = self.assertRaises(
                exceptions.UnableToAuthenticate, client.Client, **t.cast("t.Any", given)
            )
            self.assertIn("session=auth.craton_auth", str(error))

    def test_an_invalid_url_is_refused(self):
        for url in ("", "craton.example", 5, "gopher://h"):
            self.assertRaises(
                exceptions.TransportNotFound, client.Client, url=t.cast("t.Any", url)
            )
