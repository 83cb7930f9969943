# SPDX-License-Identifier: Apache-2.0
"""Every failure of the library is a ClientException, whatever is passed to it."""

from __future__ import annotations

import contextlib
import os
import traceback
import typing as t
from unittest import mock

import requests

from cratonclient import auth, exceptions, session
from cratonclient.diagnosis import proxies
from cratonclient.http import credentials, direct, failures
from cratonclient.login import keystone
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"
PASSWORD = "hunter2-of-the-proxy"


def circle() -> list[t.Any]:
    """Return a list that contains itself."""
    found: list[t.Any] = []
    found.append(found)
    return found


def nested(depth: int) -> list[t.Any]:
    """Return a deeply nested list."""
    found: list[t.Any] = []
    for _ in range(depth):
        found = [found]
    return found


#: Values that a JSON body cannot contain.
NO_JSON = (
    {1, 2},
    b"bytes",
    object(),
    float("nan"),
    float("inf"),
    10**5000,
    circle(),
    nested(100_000),
    {(1, 2): 3},
    1j,
)
#: Values that are wrong nearly everywhere.
STRANGE: tuple[t.Any, ...] = (
    *NO_JSON,
    "\ud800",
    "\x00",
    "a\r\nX: y",
    "١",  # noqa: RUF001  # a digit
    "",
    " ",
    ".",
    "../x",
    True,
    -1,
    1.5,
    [],
    {},
    ["a"],
    "é" * 10,
    "😀",
    "x" * 100_000,
)
URLS = (
    "",
    "x",
    "http:",
    "http://",
    "http://[",
    "http://[::1",
    "http://h:x",
    "http://h:99999",
    "http://.example",
    "http://*",
    "http://" + "a" * 64 + ".example",
    "http://\ud800",
    "http://a b",
    "http://\x00",
    "http://é.\u2024",
    "http:///path",
    "ftp://h",
    "file:///etc/passwd",
    "//h",
    "javascript:x",
    "http://user:pa:ss@@[",
)
PROXIES = (
    f"http://u:{PASSWORD}@[",
    f"u:{PASSWORD}@h:x",
    f"ftp://u:{PASSWORD}@h",
    f"socks5://u:{PASSWORD}@h:1",
    f"http://u:{PASSWORD}@h:99999",
    f"http://u:{PASSWORD}/x@h",
    f"http://u:{PASSWORD}@" + "a" * 64 + ".example",
    "http://",
)


class FailuresTestCase(base.TestCase):
    def setUp(self):
        super().setUp()
        self.server = fakes.Server(fakes.Reply(404, {"message": "Not Found", "status": 404}))
        self.addCleanup(self.server.close)
        self.enterContext(mock.patch("urllib3.util.retry.time.sleep"))

    def sessions(self, verify: t.Any = True, timeout: t.Any = 20) -> list[session.Session]:
        """Return a session with keystoneauth and a session without it."""
        below = direct.DirectSession({}, verify, timeout)
        found = [
            auth.create_session_with(None, verify, timeout=timeout),
            session.Session(session=below),
        ]
        for one in found:
            self.addCleanup(one.close)
        return found

    @contextlib.contextmanager
    def only_ours(self, *what: object) -> t.Iterator[None]:
        """Fail if anything but a ClientException is raised."""
        try:
            yield
        except exceptions.ClientException as error:
            self.assertNotIn(PASSWORD, "".join(traceback.format_exception(error)))
        except Exception as error:
            shown = [repr(one)[:60] if not isinstance(one, int) else "int" for one in what]
            raise AssertionError(f"{type(error).__name__}: {error} for {shown}") from error

    def refused(self, cls: type[Exception], call: t.Callable[..., t.Any], *args: t.Any) -> str:
        """Return the message of the error that a call raises."""
        return str(self.assertRaises(cls, call, *args))


class TestUrls(FailuresTestCase):
    def test_clients_and_sessions_refuse_invalid_ones(self):
        for craton in self.sessions():
            for url in (*URLS, *STRANGE):
                with self.only_ours(url):
                    client.Client(craton, url).hosts.get(1)
                if isinstance(url, str) and url not in ("http:///path",):
                    with self.only_ours(url):
                        craton.get(url)

    def test_an_invalid_one_is_named(self):
        for craton in self.sessions():
            for url in ("http://[", "http://h:x", "http://.example", "ftp://h", 5, None):
                said = self.refused(exceptions.TransportNotFound, craton.get, url)
                self.assertIn(str(url), said)

    def test_methods_are_words(self):
        for craton in self.sessions():
            for method in ("", "GE T", "GET\r\n", 5, None, "É"):
                call = craton.request
                self.refused(exceptions.CommandError, call, method, self.server.url)


class TestArguments(FailuresTestCase):
    def test_of_requests(self):
        for craton in self.sessions():
            for value in STRANGE:
                for options in (
                    {"json": value},
                    {"json": {"a": [value]}},
                    {"params": value},
                    {"params": {"a": value}},
                    {"headers": value},
                    {"headers": {"X-A": value}},
                    {"data": value},
                    {"timeout": value},
                    {"nosuch": value},
                ):
                    with self.only_ours(*options.items()):
                        craton.post(self.server.url, **t.cast("t.Any", options))

    def test_values_that_json_cannot_hold_are_named(self):
        for craton in self.sessions():
            hosts = client.Client(craton, self.server.url).hosts
            for value in NO_JSON:
                error = self.assertRaises(
                    exceptions.CommandError, hosts.create, name="web1", note=value
                )
                self.assertIn("'note' cannot be sent as JSON", str(error))
        self.assertEqual([], self.server.seen)

    def test_of_managers(self):
        for craton in self.sessions():
            found = client.Client(craton, self.server.url)
            for value in STRANGE:
                for name in ("hosts", "projects", "users", "network_interfaces"):
                    manager = getattr(found, name)
                    for call in (
                        lambda m=manager, v=value: m.get(v),
                        lambda m=manager, v=value: m.delete(v),
                        lambda m=manager, v=value: m.update(v, note="x"),
                        lambda m=manager, v=value: m.update(1, note=v),
                        lambda m=manager, v=value: m.create(name=v),
                        lambda m=manager, v=value: list(m.list(region_id=v)),
                        lambda m=manager, v=value: list(m.list(limit=v, marker=v)),
                        lambda m=manager, v=value: list(m.pages(id=v)),
                        lambda m=manager, v=value: m.get(1, base_path=v),
                    ):
                        with self.only_ours(name, value):
                            call()
                host = found.hosts.resource_class(found.hosts, {"id": 1}, loaded=True)
                for call in (
                    lambda h=host, v=value: h.variables.update({"a": v}),
                    lambda h=host, v=value: h.variables.update(v),
                    lambda h=host, v=value: h.variables.delete(v),
                    lambda h=host, v=value: h.labels.add(v),
                    lambda h=host, v=value: h.labels.remove(v),
                    lambda u=found.users, v=value: u.replace_key(v),
                    lambda f=found, v=value: list(f.inventory(v).hosts.list()),
                ):
                    with self.only_ours(value):
                        call()

    def test_of_sessions(self):
        for verify in ("/no/such/bundle.pem", __file__, "", *STRANGE):
            for craton in self.sessions(verify=verify):
                with self.only_ours(verify):
                    craton.get("https://127.0.0.1:1/v1")

    def test_a_bundle_that_does_not_exist_is_named(self):
        for craton in self.sessions(verify="/no/such/bundle.pem"):
            said = self.refused(exceptions.ConfigurationError, craton.get, "https://h/v1")
            self.assertIn("/no/such/bundle.pem", said)

    def test_a_bundle_of_the_environment_is_named(self):
        with mock.patch.dict(os.environ, REQUESTS_CA_BUNDLE="/no/such/env.pem"):
            for craton in self.sessions():
                said = self.refused(exceptions.ConfigurationError, craton.get, "https://h/v1")
                self.assertIn("/no/such/env.pem", said)
                self.assertIn("REQUESTS_CA_BUNDLE", said)

    def test_the_variable_of_an_absent_bundle_is_named(self):
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            clean = {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", name: "/no/such/env.pem"}
            with mock.patch.dict(os.environ, clean):
                for craton in self.sessions():
                    said = self.refused(
                        exceptions.ConfigurationError, craton.get, "https://h/v1"
                    )
                    self.assertIn(f"The CA bundle /no/such/env.pem of {name} does not", said)
                    self.assertIn(f"unset {name}", said)
                for craton in self.sessions(verify="/no/such/other.pem"):
                    said = self.refused(
                        exceptions.ConfigurationError, craton.get, "https://h/v1"
                    )
                    self.assertIn("The CA bundle /no/such/other.pem does not exist", said)
                    self.assertNotIn(name, said)

    def test_the_variable_of_a_key_log_is_named(self):
        url = self.server.url.replace("http:", "https:")
        for path in ("/no/such/keys", str(self.folder()), f"{__file__}/keys"):
            with mock.patch.dict(os.environ, SSLKEYLOGFILE=path):
                for craton in self.sessions():
                    said = self.refused(exceptions.ConfigurationError, craton.get, url)
                    self.assertIn(f"The file of SSLKEYLOGFILE, {path!r}, cannot be", said)
                    self.assertIn("Unset SSLKEYLOGFILE", said)
                    self.assertEqual(404, self.status(craton))  # it matters for https only

    def test_a_key_log_that_can_be_written_is_not_blamed(self):
        path = self.folder() / "keys"
        with mock.patch.dict(os.environ, SSLKEYLOGFILE=str(path)):
            for craton in self.sessions():
                url = self.server.url.replace("http:", "https:")
                said = self.refused(exceptions.ConnectionFailed, craton.get, url)
                self.assertNotIn("SSLKEYLOGFILE", said)

    def test_a_variable_that_requests_does_not_read_is_named(self):
        reason = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] failed")
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            clean = {"REQUESTS_CA_BUNDLE": "", "SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}
            with mock.patch.dict(os.environ, {**clean, name: "/no/x"}):
                said = str(failures.error_for(reason, "https://h"))
                self.assertIn(f"{name} is not read: name the CA bundle in REQUESTS_", said)
                other = requests.exceptions.ConnectionError("refused")
                self.assertNotIn(name, str(failures.error_for(other, "https://h")))
            with mock.patch.dict(os.environ, {**clean, name: "/x", "REQUESTS_CA_BUNDLE": "/y"}):
                self.assertNotIn(name, str(failures.error_for(reason, "https://h")))

    def test_keystone_needs_the_files_too(self):
        url = self.server.url.replace("http:", "https:")
        login = keystone.Login(
            {"auth_url": f"{url}/v3", "username": "u", "password": "p", "user_domain_id": "d"}
        )
        for name in ("SSLKEYLOGFILE", "REQUESTS_CA_BUNDLE"):
            with mock.patch.dict(os.environ, {name: "/no/such/file"}):
                said = self.refused(exceptions.ConfigurationError, keystone.open_session, login)
                self.assertIn(name, said)
                self.assertIn("/no/such/file", said)

    def status(self, craton: session.Session) -> int | None:
        """Return the status of a request without TLS."""
        error = self.assertRaises(exceptions.HTTPError, craton.get, self.server.url)
        return error.status_code


class TestCredentials(FailuresTestCase):
    def test_strange_ones(self):
        for value in (*STRANGE, None, "key\n", " key", "key ", b"key", "ключ"):
            for triple in ((value, "t", PROJECT), ("u", value, PROJECT), ("u", "t", value)):
                with self.only_ours(*triple):
                    auth.craton_auth(*triple).get(self.server.url)
                with self.only_ours(*triple):
                    below = direct.DirectSession(credentials.headers(*triple))
                    session.Session(session=below).get(self.server.url)

    def test_blanks_around_them_are_refused_at_once(self):
        for value in (" key", "key\t", "key\n", "кey", "key ", b"key"):
            error = self.assertRaises(
                exceptions.UnableToAuthenticate, auth.craton_auth, "demo", value, PROJECT
            )
            self.assertIn("token", str(error))
            self.assertNotIn("key", str(error).replace("token", ""))

    def test_values_of_headers_are_in_no_message(self):
        for craton in self.sessions():
            for value in (
                f"{PASSWORD}\n",
                (PASSWORD,),
                f" 'a\"{PASSWORD}".encode(),
                [PASSWORD],
            ):
                with self.only_ours(value):
                    craton.get(self.server.url, headers={"X-Api-Key": value})


class TestProxies(FailuresTestCase):
    URL = "http://craton.example/v1"

    def test_invalid_ones_are_named_without_their_passwords(self):
        for proxy in PROXIES:
            with mock.patch.dict(os.environ, http_proxy=proxy):
                for craton in self.sessions():
                    with self.only_ours(proxy):
                        craton.get(self.URL)

    def test_the_variables_are_named(self):
        for proxy in PROXIES[:3]:
            with mock.patch.dict(os.environ, http_proxy=proxy):
                for craton in self.sessions():
                    said = self.refused(exceptions.ConfigurationError, craton.get, self.URL)
                    self.assertIn("Check http_proxy.", said)
                    self.assertIn(proxies.shown(proxy), said)

    def test_one_with_the_line_end_of_windows(self):
        with mock.patch.dict(os.environ, HTTP_PROXY="http://ada:HUNTER2@127.0.0.1:9\r"):
            for craton in self.sessions():
                said = self.refused(exceptions.ConfigurationError, craton.get, self.URL)
                self.assertIn("variable HTTP_PROXY ends with a carriage return", said)

    def test_socks_needs_its_library(self):
        with mock.patch.dict(os.environ, http_proxy=PROXIES[3]):
            for craton in self.sessions():
                said = self.refused(exceptions.ConfigurationError, craton.get, self.URL)
                self.assertIn("requests[socks]", said)
                self.assertIn("socks5://h:1", said)

    def test_a_proxy_that_cannot_be_reached_is_named(self):
        proxy = f"http://u:{PASSWORD}@{self.server.url.removeprefix('http://')}"
        self.server.close()
        for name, url in (("http_proxy", self.URL), ("https_proxy", "https://h/v1")):
            with mock.patch.dict(os.environ, {name: proxy}):
                for craton in self.sessions():
                    said = self.refused(exceptions.ConnectionFailed, craton.get, url)
                    self.assertIn(f"through the proxy {self.server.url}", said)
                    self.assertNotIn(PASSWORD, said)

    def test_a_proxy_of_the_session_is_named_too(self):
        for craton in self.sessions():
            craton._session.session.proxies = {"http": f"http://u:{PASSWORD}@127.0.0.1:1"}
            said = self.refused(exceptions.ConnectionFailed, craton.get, self.URL)
            self.assertIn("through the proxy http://127.0.0.1:1.", said)

    def test_a_bundle_without_certificates(self):
        url = self.server.url.replace("http:", "https:")
        with mock.patch.dict(os.environ, REQUESTS_CA_BUNDLE=os.devnull):
            for craton in self.sessions():
                said = self.refused(exceptions.ConfigurationError, craton.get, url)
                self.assertIn("The CA bundle contains no certificates", said)
                self.assertIn("REQUESTS_CA_BUNDLE", said)

    def test_a_client_certificate_that_does_not_exist(self):
        url = self.server.url.replace("http:", "https:")
        for cert, message in (
            ("/nowhere.pem", "The client certificate /nowhere.pem does not exist"),
            ((os.devnull, "/nowhere.key"), "The key /nowhere.key of the client does not exist"),
        ):
            craton = auth.craton_auth("u", "t", "b9f10eca66ac4c279c139d01e65f96b4", cert=cert)
            said = self.refused(exceptions.ConfigurationError, craton.get, url)
            self.assertIn(message, said)

    def test_a_proxy_that_refuses_says_so(self):
        proxy = f"http://u:{PASSWORD}@{self.server.url.removeprefix('http://')}"
        with mock.patch.dict(os.environ, https_proxy=proxy):
            for craton in self.sessions():
                said = self.refused(exceptions.ConnectionFailed, craton.get, "https://h/v1")
                self.assertIn("Tunnel connection failed: ", said)
                self.assertIn(f"through the proxy {self.server.url}", said)

    def test_passwords_are_in_no_name(self):
        for proxy, shown in (
            ("http://ada:pa@ss@proxy:1", "http://proxy:1"),
            ("ada:pass@proxy", "proxy"),
            ("u:p://w@proxy:1", "proxy:1"),
            ("http://u:p/w@proxy:1", "http://proxy:1"),
            ("http://proxy:1", "http://proxy:1"),
        ):
            self.assertEqual(shown, proxies.shown(proxy))
