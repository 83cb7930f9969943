# SPDX-License-Identifier: Apache-2.0
"""Only the credentials of the session travel, and only to its server."""

from __future__ import annotations

import base64
import functools
import os
import pathlib
import pickle
import tempfile
import traceback
import typing as t
from unittest import mock

from keystoneauth1 import session as ksa_session

from cratonclient import auth, exceptions, session
from cratonclient.http import credentials, direct
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"
PASSWORD = "hunter2-of-netrc"
GOOD = fakes.Reply(body={"id": 1, "name": "web1"})
HEADERS = {"X-Auth-User": "demo", "X-Auth-Token": "key", "X-Auth-Project": PROJECT}


class LeaksTestCase(base.TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.serve(GOOD)
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        netrc = folder / "netrc"
        netrc.write_text(f"default login root password {PASSWORD}\n", "utf-8")
        netrc.chmod(0o600)
        self.enterContext(mock.patch.dict(os.environ, NETRC=str(netrc)))

    def serve(self, *replies: fakes.Reply) -> fakes.Server:
        server = fakes.Server(*replies)
        self.addCleanup(server.close)
        return server

    def sessions(self) -> list[session.Session]:
        """Return a session of each kind that the library makes."""
        plugin = auth.CratonAuth("demo", PROJECT, "key")
        below = direct.DirectSession(credentials.headers("demo", "key", PROJECT))
        found = [
            session.Session(username="demo", token="key", project_id=PROJECT),
            auth.craton_auth("demo", "key", PROJECT),
            auth.create_session_with(plugin, True),
            auth.bind(ksa_session.Session(auth=plugin)),
            session.Session(session=below),
        ]
        for one in found:
            self.addCleanup(one.close)
        return found

    def authorization(self, seen: fakes.Seen) -> str | None:
        return {n.lower(): v for n, v in seen.headers.items()}.get("authorization")


class TestNetrc(LeaksTestCase):
    def test_requests_alone_would_send_it(self):
        below = ksa_session.Session()
        below.get(self.server.url)
        self.assertIn("Basic", str(self.authorization(self.server.seen[0])))

    def test_it_is_in_no_request(self):
        for craton in self.sessions():
            for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"):
                craton.request(method, self.server.url)
        self.assertEqual(5 * 7, len(self.server.seen))
        for seen in self.server.seen:
            self.assertIsNone(self.authorization(seen))
            self.assertEqual("key", seen.headers["X-Auth-Token"])

    def test_the_proxies_of_the_environment_are_used_all_the_same(self):
        with mock.patch.dict(os.environ, http_proxy=self.server.url):
            for craton in self.sessions():
                craton.get("http://craton.example/v1")
        self.assertEqual(5, len(self.server.seen))

    def test_a_session_of_the_caller_keeps_its_own_settings(self):
        below = ksa_session.Session()
        below.session.auth = ("ada", "chosen")
        below.session.proxies = {"ftp": "http://p"}
        below.session.trust_env = False
        below.session.headers["X-Mine"] = "yes"
        own = below.session.get_adapter("https://h")
        below.session.mount("https://mine.example/", own)

        session.configure(below, timeout=3)
        session.Session(session=below).get(self.server.url)

        self.assertEqual(("ada", "chosen"), below.session.auth)
        self.assertEqual({"ftp": "http://p"}, below.session.proxies)
        self.assertIs(own, below.session.get_adapter("https://mine.example/v1"))
        wanted = "Basic " + base64.b64encode(b"ada:chosen").decode()
        self.assertEqual(wanted, self.authorization(self.server.seen[0]))
        self.assertEqual("yes", self.server.seen[0].headers["X-Mine"])

    def test_a_session_of_the_caller_that_is_bound_keeps_its_credentials(self):
        below = ksa_session.Session()
        below.session.auth = ("ada", "chosen")

        auth.bind(below).get(self.server.url)

        self.assertIn("Basic", str(self.authorization(self.server.seen[0])))


class TestUrls(LeaksTestCase):
    def test_their_user_and_password_are_sent_nowhere(self):
        url = self.server.url.replace("://", f"://ada:{PASSWORD}@")
        for craton in self.sessions():
            craton.get(f"{url}/v1")
            found = client.Client(craton, url)
            self.assertEqual("web1", found.hosts.get(1).name)
            self.assertNotIn(PASSWORD, found.hosts.url)
        for seen in self.server.seen:
            self.assertIsNone(self.authorization(seen))
            self.assertNotIn(PASSWORD, str(seen))

    def test_their_user_and_password_are_in_no_message(self):
        html = fakes.Reply(200, "<html>", {"Content-Type": "text/html"})
        for reply in (fakes.DROP, html, fakes.Reply(404), fakes.Reply(302)):
            server = self.serve(reply)
            url = server.url.replace("://", f"://ada:{PASSWORD}@")
            for craton in self.sessions():
                found = client.Client(craton, url)
                error = self.assertRaises(exceptions.ClientException, found.hosts.get, 1)
                self.assertNotIn(PASSWORD, f"{error!r} {error} {error.__dict__}")

    def test_those_of_a_malformed_url_are_in_no_message(self):
        for start, end in (
            *(
                ("http://ada:p/", "@h/v1"),
                ("http://ada:", "/p@h/v1"),
                ("http://ada:p#", "@h"),
                ("http://ada:p?", "@h"),
            ),
            *(("//ada:", "@h"), ("http:/ada:", "@h"), ("ada:", "@h"), ("http://[ada:", "@h")),
            *(("http://ada:", "@h:99999"), ("http://ada:", "@"), ("http://ada:p ", "@[h")),
        ):
            url = f"{start}{PASSWORD}{end}"
            for craton in self.sessions():
                for call in (
                    *(craton.get, functools.partial(client.Client, craton)),
                    functools.partial(auth.keystone_auth, username="u", password="p"),
                ):
                    error = self.assertRaises(exceptions.ClientException, call, url)
                    found = "".join(traceback.format_exception(error))
                    found += f"{pickle.dumps(error)!r} {error.__dict__}"
                    self.assertNotIn(PASSWORD, found, url)


class TestProxies(LeaksTestCase):
    def test_a_proxy_alone_gets_its_credentials(self):
        proxy = self.server.url.replace("://", f"://ada:{PASSWORD}@")
        with mock.patch.dict(os.environ, http_proxy=proxy):
            for craton in self.sessions():
                craton.get("http://craton.example/v1")
        for seen in self.server.seen:
            self.assertIn("Proxy-Authorization", seen.headers)
            self.assertIsNone(self.authorization(seen))
        self.server.seen.clear()
        with mock.patch.dict(os.environ, http_proxy=proxy, no_proxy="127.0.0.1"):
            for craton in self.sessions():
                craton.get(self.server.url)
        self.assertEqual(5, len(self.server.seen))
        for seen in self.server.seen:
            self.assertNotIn("Proxy-Authorization", seen.headers)

    def test_the_credentials_of_craton_are_not_in_connect(self):
        proxy = ConnectServer(GOOD)
        self.addCleanup(proxy.close)
        with (
            mock.patch.dict(os.environ, https_proxy=proxy.url),
            mock.patch("urllib3.util.retry.time.sleep"),
        ):
            for craton in self.sessions():
                self.assertRaises(
                    exceptions.ConnectionFailed, craton.get, "https://craton.example/v1"
                )
        self.assertEqual({"CONNECT"}, set(proxy.methods))
        for seen in proxy.seen:
            self.assertEqual(set(), set(seen.headers) & set(HEADERS))

    def test_a_proxy_that_wants_credentials_is_named(self):
        for reply in (fakes.Reply(407), fakes.Reply(407, "<p>", {"Content-Type": "text/html"})):
            self.server.replies = [reply]
            proxy = self.server.url.replace("://", "://ada:hidden@")
            with mock.patch.dict(os.environ, http_proxy=proxy):
                for craton in self.sessions():
                    error = self.assertRaises(
                        exceptions.ProxyAuthenticationRequired,
                        craton.get,
                        "http://craton.example/v1",
                    )
                    self.assertIn(f"through the proxy {self.server.url}.", str(error))
                    self.assertNotIn("hidden", str(error))


class ConnectServer(fakes.Server):
    """A proxy that refuses to connect."""

    def _handler(self) -> t.Any:
        made: t.Any = super()._handler()
        made.do_CONNECT = made.do_GET
        self.replies = [fakes.Reply(407)]
        return made


class TestForeignAnswers(LeaksTestCase):
    """Responses of a captive portal or a proxy are errors, for every method and part."""

    ANSWERS: t.ClassVar[dict[str, fakes.Reply]] = {
        "a page": fakes.Reply(200, "<html>", {"Content-Type": "text/html"}),
        "nothing": fakes.Reply(200),
        "JSON of a portal": fakes.Reply(200, {"login": "required"}),
        "a list": fakes.Reply(200, []),
        "null": fakes.Reply(200, "null"),
        "no content": fakes.Reply(204),
        "another status": fakes.Reply(202, "<html>", {"Content-Type": "text/html"}),
    }

    def calls(self, url: str) -> t.Iterator[tuple[str, t.Callable[[], t.Any]]]:
        def lazy(call: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Callable[[], t.Any]:
            return lambda: call(*args, **kwargs)

        for craton in self.sessions():
            found: t.Any = client.Client(craton, url)
            for name in ("hosts", "projects", "users", "network_interfaces"):
                manager = getattr(found, name)
                yield f"{name} get", lazy(manager.get, 1)
                field = {manager.resource_class.NAME_ATTR: "x"}
                yield f"{name} create", lazy(manager.create, **field)
                yield f"{name} update", lazy(manager.update, 1)
                yield f"{name} delete", lazy(manager.delete, 1)
                yield f"{name} list", lazy(lambda m=manager: list(m.list()))
            host = found.hosts.resource_class(found.hosts, {"id": 1}, loaded=True)
            yield "devices list", lazy(lambda f=found: list(f.devices.list()))
            yield "key", lazy(found.users.replace_key, 1)
            yield "host delete", host.delete
            yield "variables get", host.variables.get
            yield "variables update", lazy(host.variables.update, a=1)
            yield "variables delete", lazy(host.variables.delete, "a")
            yield "variables list", lazy(lambda h=host: list(h.variables.list()))
            yield "labels get", host.labels.get
            yield "labels add", lazy(host.labels.add, "a")
            yield "labels remove", lazy(host.labels.remove, "a")

    def test_they_are_errors(self):
        for answer, reply in self.ANSWERS.items():
            server = self.serve(reply)
            for name, call in self.calls(server.url):
                deletes = any(word in name for word in ("delete", "remove"))
                if deletes and answer == "no content":
                    continue
                try:
                    call()
                except exceptions.UnexpectedResponse as error:
                    self.assertIn(server.url, str(error))
                else:
                    self.fail(f"{name}: {answer} is no error")

    def test_the_proxy_is_named_without_its_password(self):
        page = self.ANSWERS["a page"]
        for reply in (page, *(page._replace(status=n) for n in (302, 403, 404, 502, 511))):
            server = self.serve(reply)
            proxy = server.url.replace("://", f"://ada:{PASSWORD}@")
            with (
                mock.patch.dict(os.environ, http_proxy=proxy),
                mock.patch("urllib3.util.retry.time.sleep"),
            ):
                for name, call in self.calls("http://craton.example"):
                    error = self.assertRaises(exceptions.ClientException, call)
                    self.assertIn(f"through the proxy {server.url}.", str(error), name)
                    self.assertNotIn(PASSWORD, str(error))
