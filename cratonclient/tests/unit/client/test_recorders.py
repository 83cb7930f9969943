# SPDX-License-Identifier: Apache-2.0
"""The libraries with which programs record, replay and fake HTTP requests."""

from __future__ import annotations

import gzip
import json
import typing as t
import warnings

import requests
import requests_mock
import responses
import vcr
from keystoneauth1 import session as ksa_session
from keystoneauth1.fixture import keystoneauth_betamax

from cratonclient import auth, exceptions, session
from cratonclient.http import credentials, direct
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"
HOST = {"id": 1, "name": "web1", "note": "Zürich"}
GOOD = fakes.Reply(body=HOST)


class RecordersTestCase(base.TestCase):
    def setUp(self):
        super().setUp()
        self.server = fakes.Server(GOOD)
        self.addCleanup(self.server.close)

    def made_by_library(self) -> dict[str, t.Callable[[], session.Session]]:
        """Return functions that build sessions of keystoneauth."""
        plugin = auth.CratonAuth("demo", PROJECT, "key")
        return {
            "user": lambda: auth.craton_auth("demo", "key", PROJECT),
            "plugin": lambda: auth.create_session_with(plugin, True),
            "credentials": lambda: session.Session(None, "demo", "key", PROJECT),
        }

    def sessions(self) -> dict[str, t.Callable[[], session.Session]]:
        """Return functions that build sessions of all kinds."""
        plugin = auth.CratonAuth("demo", PROJECT, "key")
        headers = credentials.headers("demo", "key", PROJECT)
        own = requests.Session
        return {
            **self.made_by_library(),
            "direct": lambda: session.Session(session=direct.DirectSession(headers)),
            "requests": lambda: auth.craton_auth("demo", "key", PROJECT, session=own()),
            "keystoneauth": lambda: session.Session(session=ksa_session.Session(auth=plugin)),
            "bound": lambda: auth.bind(ksa_session.Session(auth=plugin)),
        }

    def connect(self, build: t.Callable[[], session.Session]) -> client.Client:
        craton = client.Client(build(), self.server.url)
        self.addCleanup(craton.close)
        return craton

    def check(self, craton: client.Client) -> None:
        """Use a client, and check the responses."""
        found = craton.hosts.get(1)
        self.assertEqual(("web1", "Zürich"), (found.name, found.note))
        hosts: t.Any = craton.hosts
        self.assertEqual("web1", hosts.create(name="web1").name)


class TestBetamaxFixture(RecordersTestCase):
    def use(self, name: str, folder: str, build: t.Any, record: str | bool) -> None:
        with (
            warnings.catch_warnings(action="ignore"),
            keystoneauth_betamax.BetamaxFixture(name, folder, record=record),
        ):
            self.check(self.connect(build))

    def test_it_records_and_replays(self):
        folder = str(self.folder())
        for name, build in self.made_by_library().items():
            self.server.seen.clear()
            self.use(name, folder, build, "once")
            self.assertEqual(["GET", "POST"], self.server.methods, name)
            self.use(name, folder, build, False)
            self.assertEqual(["GET", "POST"], self.server.methods, name)

    def test_it_replays_keystone_as_well(self):
        self.server.reply = self.with_keystone  # type: ignore[method-assign]
        folder = str(self.folder())

        def build() -> session.Session:
            return auth.keystone_auth(f"{self.server.url}/v3", "ada", "secret")

        for record in ("once", False):
            self.use("keystone", folder, build, record)
            self.assertEqual(["POST", "GET", "POST"], self.server.methods)

    def with_keystone(self, seen: fakes.Seen) -> fakes.Reply:
        """Return the reply of a server that is a Keystone as well."""
        if not seen.path.endswith("/auth/tokens"):
            return GOOD
        token = {
            "methods": ["password"],
            "expires_at": "2100-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "user": {"id": "u", "name": "ada", "domain": {"id": "d", "name": "Default"}},
        }
        return fakes.Reply(201, {"token": token}, {"X-Subject-Token": "token-of-ada"})


class TestVcr(RecordersTestCase):
    def test_it_records_and_replays(self):
        for name, build in self.sessions().items():
            path = str(self.folder() / f"{name}.yaml")
            self.server.seen.clear()
            for expected in (0, 2):
                with vcr.use_cassette(path) as cassette:
                    self.check(self.connect(build))
                self.assertEqual(expected, cassette.play_count, name)
                self.assertEqual(["GET", "POST"], self.server.methods, name)

    def test_it_sees_the_requests_of_a_client_that_is_older(self):
        craton = self.connect(self.sessions()["user"])
        craton.hosts.get(1)
        path = str(self.folder() / "older.yaml")
        for expected in (0, 2):
            with vcr.use_cassette(path) as cassette:
                self.check(craton)
            self.assertEqual(expected, cassette.play_count)
        craton.hosts.get(1)
        self.assertEqual(["GET", "GET", "POST", "GET"], self.server.methods)

    def test_errors_are_replayed(self):
        self.server.replies = [fakes.Reply(404, {"message": "Not Found", "status": 404})]
        for name, build in self.sessions().items():
            path = str(self.folder() / f"{name}.yaml")
            for _ in range(2):
                with vcr.use_cassette(path):
                    craton = self.connect(build)
                    self.assertRaises(exceptions.NotFound, craton.hosts.get, 1)
        self.assertEqual(len(self.sessions()), len(self.server.seen))

    def test_a_compressed_body_can_be_read(self):
        packed = gzip.compress(json.dumps(HOST).encode())
        self.server.reply = lambda seen: fakes.Reply(  # type: ignore[method-assign]
            body=packed, headers={"Content-Encoding": "gzip"}
        )
        for name, build in self.sessions().items():
            path = str(self.folder() / f"{name}.yaml")
            for _ in range(2):
                with vcr.use_cassette(path):
                    self.assertEqual("web1", self.connect(build).hosts.get(1).name)


class TestResponses(RecordersTestCase):
    def test_its_responses_are_used(self):
        for name, build in self.sessions().items():
            with responses.RequestsMock() as mocked:
                mocked.get("http://craton.example/v1/hosts/1", json=HOST)
                mocked.post("http://craton.example/v1/hosts", json=HOST, status=201)
                craton = client.Client(build(), "http://craton.example")
                self.check(craton)
                self.assertEqual(2, len(mocked.calls), name)
                sent = mocked.calls[1].request
                self.assertEqual({"name": "web1"}, json.loads(t.cast("str", sent.body)))

    def test_it_counts_the_retries(self):
        for name, build in self.sessions().items():
            with responses.RequestsMock() as mocked:
                mocked.get("http://craton.example/v1/hosts/1", status=404, json={})
                craton = client.Client(build(), "http://craton.example")
                self.assertRaises(exceptions.NotFound, craton.hosts.get, 1)
                self.assertEqual(1, len(mocked.calls), name)

    def test_an_exception_of_the_test_becomes_one_of_the_library(self):
        for build in self.sessions().values():
            with responses.RequestsMock() as mocked:
                body = requests.exceptions.ConnectTimeout("too slow")
                mocked.get("http://craton.example/v1/hosts/1", body=body)
                craton = client.Client(build(), "http://craton.example")
                self.assertRaises(exceptions.Timeout, craton.hosts.get, 1)


class TestRequestsMock(RecordersTestCase):
    def test_its_responses_are_used(self):
        for name, build in self.sessions().items():
            with requests_mock.Mocker() as mocked:
                mocked.get("http://craton.example/v1/hosts/1", json=HOST)
                mocked.post("http://craton.example/v1/hosts", json=HOST, status_code=201)
                self.check(client.Client(build(), "http://craton.example"))
                self.assertEqual(2, mocked.call_count, name)

    def test_an_exception_of_the_test_becomes_one_of_the_library(self):
        for build in self.sessions().values():
            with requests_mock.Mocker() as mocked:
                mocked.get("http://craton.example/v1/hosts/1", exc=requests.ReadTimeout)
                craton = client.Client(build(), "http://craton.example")
                self.assertRaises(exceptions.Timeout, craton.hosts.get, 1)

    def test_it_can_be_mounted(self):
        own = requests.Session()
        adapter = requests_mock.Adapter()
        own.mount("https://", adapter)
        adapter.register_uri("GET", "https://craton.example/v1/hosts/1", json=HOST)
        craton = auth.craton_auth("demo", "key", PROJECT, session=own)
        self.assertEqual(
            "web1", client.Client(craton, "https://craton.example").hosts.get(1).name
        )
        self.assertIs(adapter, own.get_adapter("https://h"))
