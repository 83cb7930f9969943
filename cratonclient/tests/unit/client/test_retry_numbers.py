# SPDX-License-Identifier: Apache-2.0
"""The numbers of retries that a program chooses: for a session, a client, a call, a cloud."""

from __future__ import annotations

import os
import textwrap
import typing as t
from unittest import mock

import requests
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import session as ksa_session

from cratonclient import auth, exceptions, session
from cratonclient.http import credentials, direct
from cratonclient.login import clouds_yaml, keystone
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"
BUSY = fakes.Reply(503, {"message": "busy", "status": 503}, {"Retry-After": "0"})
GOOD = fakes.Reply(body={"id": 1, "name": "web1", "hosts": [], "links": []})
CLOUD = """
    clouds:
      prod:
        auth_type: craton
        %s
        auth:
          endpoint: http://craton.example
          username: demo
          token: key
          project_id: b9f10eca66ac4c279c139d01e65f96b4
"""


class OwnAdapter(requests.adapters.HTTPAdapter):
    """A transport adapter that a program has chosen."""


class NumbersTestCase(base.TestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch("urllib3.util.retry.time.sleep"))
        self.file = self.folder() / "clouds.yaml"
        variables = {"HOME": str(self.file.parent), "OS_CLIENT_CONFIG_FILE": str(self.file)}
        self.enterContext(mock.patch.dict(os.environ, variables))
        self.plugin = auth.CratonAuth("demo", PROJECT, "key")
        self.server = fakes.Server(GOOD)
        self.addCleanup(self.server.close)

    def built(self, retries: int | None = None) -> dict[str, session.Session]:
        """Return the sessions with the adapter of the library, made with a number."""
        headers = credentials.headers("demo", "key", PROJECT)
        below = direct.DirectSession(headers, retries=retries)
        configured = ksa_session.Session(auth=self.plugin)
        session.configure(configured, retries=retries)
        chosen = "" if retries is None else f"connect_retries: {retries}"
        chosen += "" if retries is None else f"\n        status_code_retries: {retries}"
        found = {
            "user": auth.craton_auth("demo", "key", PROJECT, retries=retries),
            "own requests": auth.craton_auth(
                "demo", "key", PROJECT, session=requests.Session(), retries=retries
            ),
            "plugin": auth.create_session_with(self.plugin, True, retries=retries),
            "direct": session.Session(session=below),
            "configured": session.Session(session=configured),
            "adapter": session.Session(session=ksa_adapter.Adapter(configured)),
            "bound": auth.bind(configured),
            "cloud": self.cloud(chosen),
        }
        for one in found.values():
            self.addCleanup(one.close)
        return found

    def own(self) -> dict[str, session.Session]:
        """Return sessions with the adapter of keystoneauth, or of the program."""
        mounted = requests.Session()
        mounted.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=1))
        mounted.adapters["http://"].__class__ = type(
            "Own", (requests.adapters.HTTPAdapter,), {}
        )
        below = ksa_session.Session(auth=self.plugin)
        found = {
            "keystoneauth": session.Session(session=below),
            "adapter": session.Session(session=ksa_adapter.Adapter(below)),
            "bound": auth.bind(below),
            "mounted": auth.create_session_with(self.plugin, True, session=mounted),
        }
        for one in found.values():
            self.addCleanup(one.close)
        return found

    def cloud(self, settings: str = "") -> session.Session:
        self.file.write_text(textwrap.dedent(CLOUD) % settings.replace("\n    ", "\n"))
        return clouds_yaml.open_session("prod")

    def sent(
        self, craton: t.Any, reply: fakes.Reply, method: str = "GET", **numbers: int
    ) -> int:
        """Return how often a session sends a request to a server that always fails."""
        self.server.seen.clear()
        self.server.replies = [reply]
        self.assertRaises(
            exceptions.ClientException,
            *(craton.request, method, f"{self.server.url}/v1/hosts"),
            **{"json": {}, **numbers} if method == "POST" else numbers,
        )
        return len(self.server.seen)


class TestNumbersOfSessions(NumbersTestCase):
    def test_the_default_is_three_and_one_for_a_lost_connection(self):
        for name, craton in self.built().items():
            self.assertEqual(4, self.sent(craton, BUSY), name)
            self.assertEqual(2, self.sent(craton, fakes.DROP), name)
            self.assertEqual(1, self.sent(craton, fakes.DROP, "POST"), name)

    def test_zero_turns_them_off(self):
        for name, craton in self.built(0).items():
            for reply in (BUSY, fakes.DROP):
                self.assertEqual(1, self.sent(craton, reply), name)

    def test_another_number(self):
        for name, craton in self.built(5).items():
            for reply in (BUSY, fakes.DROP):
                self.assertEqual(6, self.sent(craton, reply), name)
                self.assertEqual(1, self.sent(craton, reply, "POST"), name)

    def test_a_connection_that_never_came_about(self):
        with mock.patch("urllib3.connection.connection.create_connection") as connect:
            connect.side_effect = ConnectionRefusedError
            for number in (0, 2):
                for name, craton in self.built(number).items():
                    for method in ("GET", "POST"):
                        connect.reset_mock()
                        self.sent(craton, GOOD, method)
                        self.assertEqual(1 + number, connect.call_count, name)


class TestNumbersOfCalls(NumbersTestCase):
    def test_they_win_over_those_of_the_session(self):
        for sessions in (self.built(), self.built(2), self.own()):
            for name, craton in sessions.items():
                for number in (0, 1, 4):
                    found = self.sent(craton, BUSY, status_code_retries=number)
                    self.assertEqual(1 + number, found, name)
                    found = self.sent(craton, fakes.DROP, connect_retries=number)
                    self.assertEqual(1 + number, found, name)

    def test_a_session_keeps_its_own(self):
        for name, craton in self.built(2).items():
            self.sent(craton, BUSY, status_code_retries=0)
            self.assertEqual(3, self.sent(craton, BUSY), name)

    def test_a_post_is_not_repeated_by_the_library(self):
        for name, craton in self.built().items():
            for reply in (BUSY, fakes.DROP):
                found = self.sent(
                    craton, reply, "POST", connect_retries=3, status_code_retries=3
                )
                self.assertEqual(1, found, name)

    def test_a_timeout_is_a_retry_of_the_connection(self):
        for name, craton in self.built().items():
            numbers: dict[str, t.Any] = {"timeout": 0.3, "connect_retries": 2}
            self.assertEqual(3, self.sent(craton, fakes.HANG, **numbers), name)
            self.assertEqual(1, self.sent(craton, fakes.HANG, "POST", **numbers), name)

    def test_each_page_has_them(self):
        page = {"hosts": [{"id": 1}], "links": [{"rel": "next", "href": "?limit=1&marker=1"}]}
        for name, craton in {**self.built(), **self.own()}.items():
            self.server.seen.clear()
            self.server.replies = [BUSY, fakes.Reply(body=page), BUSY, BUSY, GOOD]
            pages = craton.paginate(
                f"{self.server.url}/v1/hosts", "hosts", status_code_retries=2, timeout=5
            )
            self.assertEqual(2, len(list(pages)), name)
            self.assertEqual(5, len(self.server.seen), name)

    def test_invalid_ones_are_refused_before_a_request(self):
        for name in ("connect_retries", "status_code_retries"):
            values: tuple[t.Any, ...] = (-1, 1.5, True, "3", float("nan"), [])
            for value in values:
                for craton in (*self.built().values(), *self.own().values()):
                    wrong: dict[str, t.Any] = {name: value}
                    for call in (
                        lambda c=craton, w=wrong: c.get(self.server.url, **w),
                        lambda c=craton, w=wrong: c.with_retries(**w),
                        lambda c=craton, w=wrong: client.Client(c, self.server.url, **w),
                        lambda w=wrong: session.Session(session=mock.Mock(), **w),
                    ):
                        error = self.assertRaises(exceptions.CommandError, call)
                        self.assertIn(name, str(error))
        for build in (auth.create_session_with, session.configure):
            first = None if build is auth.create_session_with else ksa_session.Session()
            for value in (-1, 1.5, True, "3"):
                wrong = {"retries": value}
                if first is None:
                    wrong["verify"] = True
                error = self.assertRaises(exceptions.CommandError, build, first, **wrong)
                self.assertIn("retries", str(error))
        self.assertEqual([], self.server.seen)


class TestNumbersOfClients(NumbersTestCase):
    def hosts(self, craton: t.Any, reply: fakes.Reply, **numbers: t.Any) -> int:
        self.server.seen.clear()
        self.server.replies = [reply]
        found = client.Client(craton, self.server.url, **numbers)
        self.assertRaises(exceptions.ClientException, found.hosts.get, 1)
        return len(self.server.seen)

    def test_two_clients_share_a_session(self):
        for name, craton in {**self.built(), **self.own()}.items():
            for number in (0, 2):
                found = self.hosts(craton, BUSY, status_code_retries=number)
                self.assertEqual(1 + number, found, name)
                found = self.hosts(craton, fakes.DROP, connect_retries=number)
                self.assertEqual(1 + number, found, name)

    def test_the_session_does_not_change(self):
        for name, craton in self.built().items():
            before = self.sent(craton, BUSY)
            self.hosts(craton, BUSY, status_code_retries=0, connect_retries=0)
            self.assertEqual(before, self.sent(craton, BUSY), name)

    def test_a_session_of_keystoneauth_needs_no_other(self):
        below = ksa_session.Session(auth=self.plugin)
        self.addCleanup(below.session.close)
        self.assertEqual(1, self.hosts(below, BUSY))
        self.assertEqual(4, self.hosts(below, BUSY, status_code_retries=3))

    def test_any_object_with_the_methods_of_a_session_can_have_them(self):
        craton = mock.Mock(spec=session.Session)
        craton.request.return_value = fakes.answer({"id": 1, "name": "web1"})
        found = client.Client(craton, "http://h", connect_retries=2)
        self.assertEqual("web1", found.hosts.get(1).name)
        self.assertEqual(2, craton.request.call_args.kwargs["connect_retries"])
        self.assertNotIn("status_code_retries", craton.request.call_args.kwargs)

    def test_a_client_without_numbers_uses_the_session_itself(self):
        craton = auth.create_session_with(None, True)
        self.assertIs(craton, client.Client(craton, "http://h").hosts.session)


class TestOnlyOneLayerRetries(NumbersTestCase):
    def test_a_session_of_the_program_keeps_its_retries(self):
        for name, craton in self.own().items():
            for reply in (BUSY, fakes.DROP):
                self.assertEqual(1, self.sent(craton, reply), name)
        below = ksa_session.Session(auth=self.plugin, connect_retries=2)
        self.addCleanup(below.session.close)
        self.assertEqual(3, self.sent(session.Session(session=below), fakes.DROP))

    def test_an_adapter_of_the_program_keeps_its_retries(self):
        below = ksa_session.Session(auth=self.plugin)
        self.addCleanup(below.session.close)
        adapter = ksa_adapter.Adapter(below, connect_retries=2, status_code_retries=1)
        craton = session.Session(session=adapter)
        self.assertEqual(3, self.sent(craton, fakes.DROP))
        self.assertEqual(2, self.sent(craton, BUSY))
        self.assertEqual((2, 1), (adapter.connect_retries, adapter.status_code_retries))

    def test_a_configured_session_does_not_retry_twice(self):
        below = ksa_session.Session(auth=self.plugin, connect_retries=4)
        self.addCleanup(below.session.close)
        session.configure(below)
        self.assertEqual(2, self.sent(session.Session(session=below), fakes.DROP))
        adapter = ksa_adapter.Adapter(below, connect_retries=2, status_code_retries=1)
        craton = session.Session(session=adapter)
        self.assertEqual(3, self.sent(craton, fakes.DROP))
        self.assertEqual(2, self.sent(craton, BUSY))
        self.assertEqual(1, self.sent(craton, fakes.DROP, "POST"))


class TestNumbersOfClouds(NumbersTestCase):
    def test_they_are_those_of_the_file(self):
        for settings, statuses, connections in (
            ("", 4, 2),
            ("connect_retries: 0", 4, 1),
            ("status_code_retries: '0'", 1, 2),
            ("fleet_management_status_code_retries: 1", 2, 2),
            ("fleet_management_connect_retries: 4", 4, 5),
        ):
            craton = self.cloud(settings)
            self.addCleanup(craton.close)
            self.assertEqual(statuses, self.sent(craton, BUSY), settings)
            self.assertEqual(connections, self.sent(craton, fakes.DROP), settings)
            self.assertEqual(1, self.sent(craton, BUSY, status_code_retries=0), settings)

    def test_the_programs_use_them_too(self):
        self.cloud("status_code_retries: 1")
        craton = keystone.open_session(keystone.Login({}, "prod"))
        self.addCleanup(craton.close)
        self.assertEqual(2, self.sent(craton, BUSY))

    def test_a_program_can_set_others(self):
        self.cloud("status_code_retries: 1")
        craton = client.Client.from_cloud("prod", status_code_retries=2)
        self.addCleanup(craton.close)
        self.assertEqual(3, self.sent(craton._session, BUSY))

    def test_invalid_ones_are_refused(self):
        for value in ("-1", "many", "1.5x", "[]", "{}"):
            error = self.assertRaises(
                exceptions.ConfigurationError, self.cloud, f"connect_retries: {value}"
            )
            self.assertIn("'prod'", str(error))
            self.assertIn("connect_retries", str(error))
