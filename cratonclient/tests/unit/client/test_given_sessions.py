# SPDX-License-Identifier: Apache-2.0
"""Sessions that a program gives to the library stay as they were."""

from __future__ import annotations

import functools
import typing as t
from unittest import mock

import openstack
import requests
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import session as ksa_session
from openstack import proxy
from requests import adapters

import cratonclient
from cratonclient import auth, exceptions, session
from cratonclient.http import adapter, direct, transport
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"
OURS = f"python-cratonclient/{cratonclient.__version__}"
FILTER = {"service_type": "fleet_management"}
GOOD = fakes.Reply(body={"id": 1, "name": "web1"})


class OwnAdapter(adapters.HTTPAdapter):
    """A transport adapter that a program has chosen."""


def state(one: t.Any) -> dict[str, t.Any]:
    """Return the attributes of a session, and of the sessions inside it."""
    found: dict[str, t.Any] = {}
    for depth in range(4):
        values = dict(vars(one))
        if isinstance(one, requests.Session):
            values["adapters"] = list(one.adapters.items())
            values["headers"] = dict(one.headers)
        found[f"{depth}"] = values
        one = getattr(one, "session", None)
        if one is None:
            break
    return found


class GivenTestCase(base.TestCase):
    def setUp(self):
        super().setUp()
        self.server = fakes.Server(GOOD)
        self.addCleanup(self.server.close)
        self.plugin = auth.CratonAuth("demo", PROJECT, "key")

    def given(self) -> dict[str, t.Any]:
        """Return sessions of a program, of each kind."""
        own = functools.partial(ksa_session.Session, auth=self.plugin)
        with_settings = own(user_agent="mine/1", timeout=9, redirect=2, connect_retries=1)
        with_settings.session.mount("http://", OwnAdapter())
        found = {
            "session": own(),
            "settings": with_settings,
            "adapter": ksa_adapter.Adapter(own(), user_agent="mine/2", connect_retries=1),
            "proxy": self.proxy(),
            "wrapper": Wrapper(),
        }
        for one in found.values():
            self.addCleanup(self.innermost(one).close)
        return found

    def proxy(self) -> proxy.Proxy:
        """Return a proxy of openstacksdk."""
        connection = openstack.connection.Connection(
            session=ksa_session.Session(auth=self.plugin)
        )
        self.addCleanup(connection.close)
        return proxy.Proxy(connection.session, service_type="fleet_management")

    def innermost(self, one: t.Any) -> requests.Session:
        while not isinstance(one, requests.Session):
            one = one.session
        return one

    def agent(self) -> str:
        return self.server.seen[-1].headers["User-Agent"]


class Wrapper:
    """A session that a program has written around one of requests."""

    user_agent = "mine/3"

    def __init__(self) -> None:
        self.session = requests.Session()

    def request(self, method: str, url: str, endpoint_filter: t.Any, **kwargs: t.Any) -> t.Any:
        return self.session.request(method, url, **kwargs)


class TestUnchanged(GivenTestCase):
    def test_using_one_does_not_change_it(self):
        for name, one in self.given().items():
            before = state(one)
            craton = client.Client(one, self.server.url, status_code_retries=None)
            craton.hosts.get(1)
            session.Session(session=one).get(self.server.url)
            # keystoneauth computes the name of the program when it is needed.
            after = state(one)
            for values in (*before.values(), *after.values()):
                values.pop("_determined_user_agent", None)
            self.assertEqual(before, after, name)

    def test_a_fleet_in_a_file_does_not_change_it(self):
        url = f"sqlite:///{self.folder()}/fleet.db"
        for name, one in self.given().items():
            before = state(one)
            with client.Client(one, url) as craton:
                craton.clouds.create(name=name)
                self.assertEqual(before, state(one), name)
            self.assertNotIn(craton._url, str(self.innermost(one).adapters))

    def test_retries_of_a_client_do_not_change_it(self):
        for name, one in self.given().items():
            if name != "wrapper":
                before = state(one)
                client.Client(one, "http://h", connect_retries=2, status_code_retries=0)
                self.assertEqual(before, state(one), name)


class TestUserAgents(GivenTestCase):
    def test_a_session_of_keystoneauth_is_used_with_ours(self):
        given = self.given()
        session.Session(session=given["session"]).get(self.server.url)
        self.assertTrue(self.agent().startswith(f"{OURS} keystoneauth1/"), self.agent())
        given["session"].get(self.server.url)
        self.assertNotIn("cratonclient/", self.agent())
        given["session"].app_name = "tool"
        session.Session(session=given["session"]).get(self.server.url)
        self.assertTrue(self.agent().startswith(f"tool {OURS} "), self.agent())

    def test_the_user_agent_of_the_program_is_kept(self):
        given = self.given()
        for name, agent in (("settings", "mine/1"), ("adapter", "mine/2")):
            session.Session(session=given[name]).get(self.server.url)
            self.assertTrue(self.agent().startswith(agent), self.agent())

    def test_sessions_of_the_library_have_ours(self):
        headers = {"X-Auth-User": "demo"}
        for craton in (
            auth.craton_auth("demo", "key", PROJECT),
            auth.craton_auth("demo", "key", PROJECT, session=requests.Session()),
            session.Session(session=direct.DirectSession(headers)),
        ):
            self.addCleanup(craton.close)
            craton.get(self.server.url)
            self.assertEqual(OURS, self.agent())


class TestDoubles(base.TestCase):
    def test_a_mock_is_called_as_in_2017(self):
        for spec in (None, ksa_session.Session, ksa_adapter.Adapter, requests.Session):
            below = mock.Mock(spec=spec)
            below.request = mock.Mock(return_value=fakes.answer({}))
            session.Session(session=below).get("http://h/v1/hosts", params={"a": 1})
            below.request.assert_called_once_with(
                method="GET", url="http://h/v1/hosts", params={"a": 1}, endpoint_filter=FILTER
            )

    def test_a_mock_whose_request_fails_does_not_hang(self):
        below = mock.Mock()
        below.request.side_effect = requests.ConnectionError("refused")
        self.assertRaises(exceptions.ConnectionFailed, session.Session(session=below).get, "/x")

    def test_an_object_with_nothing_but_request_is_enough(self):
        class Bare:
            __slots__ = ()

            def request(self, **kwargs: t.Any) -> t.Any:
                return fakes.answer({"id": 1, "name": "web1"})

        self.assertEqual("web1", client.Client(Bare(), "http://h").hosts.get(1).name)


class TestRedirects(GivenTestCase):
    def test_a_session_of_keystoneauth_follows_none(self):
        elsewhere = fakes.Server(GOOD)
        self.addCleanup(elsewhere.close)
        self.server.replies = [fakes.Reply(302, headers={"Location": elsewhere.url})]
        for name in ("session", "settings"):
            craton = session.Session(session=self.given()[name])
            self.assertRaises(exceptions.HTTPRedirection, craton.get, self.server.url)
        self.assertEqual([], elsewhere.seen)


class TestGivenRequests(GivenTestCase):
    """The argument ``session=`` of the functions that build sessions."""

    def builders(self, **more: t.Any) -> list[session.Session]:
        built = [
            auth.craton_auth("demo", "key", PROJECT, **more),
            auth.create_session_with(self.plugin, True, **more),
            auth.keystone_auth("https://k.example/v3", "ada", "secret", **more),
        ]
        for one in built:
            self.addCleanup(one.close)
        return built

    def test_it_is_the_session_of_the_requests(self):
        own = requests.Session()
        own.headers["X-Mine"] = "yes"
        for craton in self.builders(session=own)[:2]:
            self.assertIs(own, craton._session.session)
            craton.get(self.server.url)
            self.assertEqual("yes", self.server.seen[-1].headers["X-Mine"])
        self.assertIsNone(own.auth)
        self.assertEqual({"response": []}, own.hooks)

    def test_adapters_that_nobody_chose_are_replaced(self):
        own = requests.Session()
        chosen = OwnAdapter()
        own.mount("https://", chosen)
        own.mount("http://slow.example", chosen)
        self.builders(session=own)
        self.assertIs(chosen, own.get_adapter("https://h"))
        self.assertIs(chosen, own.get_adapter("http://slow.example/v1"))
        self.assertIsInstance(own.get_adapter("http://h"), adapter.Adapter)

    def test_verify_and_cert(self):
        own = requests.Session()
        own.verify = "/etc/ca.pem"
        for craton in self.builders(session=own, cert=("a.pem", "b.key")):
            self.assertEqual("/etc/ca.pem", craton._session.verify)
            self.assertEqual(("a.pem", "b.key"), craton._session.cert)
        found = auth.create_session_with(None, False, session=own)
        self.assertIs(False, found._session.verify)

    def test_timeout(self):
        for craton in self.builders(timeout=7):
            self.assertEqual(7, craton._session.timeout)

    def test_something_else_is_refused(self):
        for wrong in (ksa_session.Session(), "session", 1, adapters.HTTPAdapter()):
            error = self.assertRaises(
                exceptions.CommandError, auth.craton_auth, "d", "k", PROJECT, session=wrong
            )
            self.assertIn("session must be a session of requests", str(error))


class TestConfigure(GivenTestCase):
    def test_adapters_of_the_program_stay(self):
        below = self.given()["settings"]
        chosen = below.session.get_adapter("http://h")
        session.configure(below)
        self.assertIs(chosen, below.session.get_adapter("http://h"))
        self.assertIsInstance(below.session.get_adapter("https://h"), adapter.Adapter)

    def test_restrictions_of_tls_stay(self):
        below = ksa_session.Session(tls_min_version="1.3", tls_ciphers="ECDHE+AESGCM")
        wanted = self.context(below)
        for _ in range(2):
            session.configure(below)
            found = self.context(below)
            self.assertIsInstance(below.session.get_adapter("https://h"), adapter.Adapter)
            self.assertEqual(wanted.minimum_version, found.minimum_version)
            names = [[c["name"] for c in one.get_ciphers()] for one in (wanted, found)]
            self.assertEqual(names[0], names[1])
        adapter_: t.Any = below.session.get_adapter("https://h")
        proxied = adapter_.proxy_manager_for("http://p:1")
        self.assertEqual(
            wanted.minimum_version,
            proxied.connection_pool_kw["ssl_context"].minimum_version,
        )

    def test_without_restrictions_requests_chooses(self):
        below = ksa_session.Session()
        session.configure(below)
        self.assertIsNone(self.context(below))

    def context(self, below: t.Any) -> t.Any:
        found = below.session.get_adapter("https://h").poolmanager.connection_pool_kw
        return found.get("ssl_context")


class TestMount(GivenTestCase):
    def test_it_changes_the_session_of_the_library_only(self):
        for name, one in self.given().items():
            craton = session.Session(session=one)
            before = state(one)
            made = OwnAdapter()
            craton.mount("http://mine.example", made)
            self.assertEqual(before, state(one), name)
            self.assertIs(
                made, self.innermost(craton._sender).get_adapter("http://mine.example")
            )

    def test_the_credentials_are_sent_there_too(self):
        craton = session.Session(session=self.given()["session"])
        craton.mount(self.server.url, OwnAdapter())
        self.assertEqual(self.server.url, transport.mount(craton, self.server.url))
        craton.get(self.server.url)
        self.assertEqual("key", self.server.seen[-1].headers["X-Auth-Token"])


class TestSdk(GivenTestCase):
    def test_a_proxy_keeps_its_retries_and_can_have_others(self):
        self.server.replies = [fakes.DROP]
        one = self.proxy()
        one.connect_retries = 2
        with mock.patch("time.sleep"):
            for numbers, expected in (({}, 3), ({"connect_retries": 0}, 1)):
                self.server.seen.clear()
                craton = client.Client(one, self.server.url, **t.cast("t.Any", numbers))
                self.assertRaises(exceptions.ConnectionFailed, craton.hosts.get, 1)
                self.assertEqual(expected, len(self.server.seen))
        self.assertEqual(2, one.connect_retries)
