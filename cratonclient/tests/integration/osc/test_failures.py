# SPDX-License-Identifier: Apache-2.0
"""Failures: the exit status, and one line that says what to do."""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import socket
import threading
import typing as t
from unittest import mock

from cratonclient.tests import base
from cratonclient.tests.integration.osc import programs

KEY = "4c1d8a52-key-that-no-log-may-hold"
CREDENTIALS = {"OS_USERNAME": "x", "OS_PASSWORD": KEY, "OS_PROJECT_ID": programs.PROJECT}
TRACEBACK = "Traceback (most recent call last)"


class Answer(t.NamedTuple):
    """The response of a fake server to every request."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class FakeServer:
    """A server in a thread that sends the same response to every request.

    :param answer: the response; ``None`` sends nothing until the server is stopped.
    """

    def __init__(self, answer: Answer | None) -> None:
        self.requests: list[str] = []
        stopped, requests = threading.Event(), self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(f"{self.command} {self.path}")
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                if answer is None:
                    stopped.wait(60)
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body)))
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            do_POST = do_GET

            def log_message(self, *args: t.Any) -> None:
                """Log nothing."""

        self._stopped = stopped
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop the server and wait for its threads."""
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class TestWithoutServer(programs.CommandTestCase):
    """The server is missing or cannot be reached."""

    def test_no_credentials(self):
        refused = programs.craton("host", "list")
        self.assert_refused(
            refused, 4, "CRATON_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_ID"
        )

    def test_variables_that_are_misspelled(self):
        refused = programs.craton("host", "list", CRATON_ULR="x", OS_PROJECTID="x", OS_X="x")
        self.assert_refused(refused, 4, "CRATON_ULR is not read: did you mean CRATON_URL?")
        self.assertIn("OS_PROJECTID is not read: did you mean OS_PROJECT_ID?", refused.err)
        self.assertNotIn("OS_X", refused.err)

    def test_some_credentials(self):
        for name in CREDENTIALS:
            some = {n: v for n, v in CREDENTIALS.items() if n != name}
            url = {"CRATON_URL": "http://127.0.0.1:9"}
            refused = programs.craton("host", "list", **url, **some)
            self.assert_refused(refused, 4, f"--{name.lower().replace('_', '-')} or {name}")
            for other in some:
                self.assertNotIn(other, refused.err)
            self.assertNotIn(KEY, refused.err)

    def test_no_url(self):
        self.assert_refused(programs.craton("host", "list", **CREDENTIALS), 4, "CRATON_URL")

    def test_nobody_listens(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))  # no listen(): connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        refused = programs.craton("host", "list", CRATON_URL=url, **CREDENTIALS)
        self.assert_refused(refused, 7, url, "refused")

    def test_a_name_that_no_resolver_knows(self):
        url = "http://craton.invalid"
        failed = mock.patch("socket.getaddrinfo", side_effect=socket.gaierror(-2, "unknown"))
        with failed:
            refused = programs.craton("host", "list", CRATON_URL=url, **CREDENTIALS)
        self.assert_refused(refused, 7, url)

    def test_a_url_that_is_none(self):
        for url in ("fleet.db", "/var/lib/fleet.db", "localhost", "http://[::1"):
            refused = programs.craton("host", "list", CRATON_URL=url, **CREDENTIALS)
            self.assert_refused(refused, 7, url, "http://", "sqlite:///")

    def test_a_scheme_that_nothing_opens(self):
        refused = programs.craton("host", "list", CRATON_URL="ftp://craton.example")
        self.assert_refused(refused, 7, "ftp")

    def test_an_invalid_url_is_reported_before_missing_credentials(self):
        for url in ("http:/127.0.0.1", "http://:80", "http://craton:port"):
            with self.subTest(url):
                refused = programs.craton("cloud", "list", CRATON_URL=url)
                self.assert_refused(refused, 7, url, "not a valid URL")

    def test_control_characters_in_a_url(self):
        refused = programs.craton("host", "list", CRATON_URL="ft\x1b[2Jp://x")
        self.assert_refused(refused, 7)
        self.assertNotIn("\x1b", refused.err)

    def test_the_server_extra_is_not_installed(self):
        """Check the message if the entry point exists but its dependencies do not."""
        folder = self.folder()
        (folder / "sitecustomize.py").write_text(
            "import sys\nfor name in ('sqlalchemy', 'falcon'): sys.modules[name] = None\n"
        )
        refused = self.program(
            "craton", "host", "list", CRATON_URL="sqlite:///fleet.db", PYTHONPATH=str(folder)
        )
        self.assert_refused(refused, 7, "pip install 'python-cratonclient[server]'")

    def test_the_server_package_is_not_installed(self):
        """Check the message if the entry point does not exist either."""
        folder = self.folder()
        (folder / "sitecustomize.py").write_text(
            "import importlib.metadata as m\n"
            "every = m.Distribution.entry_points\n"
            "m.Distribution.entry_points = property(lambda self: m.EntryPoints(\n"
            "    e for e in every.fget(self) if e.group != 'cratonclient.transport'))\n"
        )
        refused = self.program(
            "craton", "host", "list", CRATON_URL="sqlite:///fleet.db", PYTHONPATH=str(folder)
        )
        self.assert_refused(refused, 7, "pip install 'python-cratonclient[server]'")

    def test_nothing_deprecated_is_used(self):
        done = self.program(
            *("craton", "cloud", "list", "-f", "json"),
            CRATON_URL=programs.new_fleet(self.folder()),
            PYTHONWARNINGS="error::DeprecationWarning",
        )
        self.assertEqual([], self.assert_done(done).json)

    def test_an_unexpected_failure(self):
        for error in (RuntimeError("that was a bug"), ValueError("that was a bug")):
            with mock.patch("cratonclient.http.transport.mount", side_effect=error):
                refused = programs.craton("host", "list", CRATON_URL="sqlite:///fleet.db")
            self.assert_refused(refused, 1, "that was a bug")

    def test_interrupted(self):
        with mock.patch("cratonclient.http.transport.mount", side_effect=KeyboardInterrupt):
            done = programs.craton("host", "list", CRATON_URL="sqlite:///fleet.db")
        self.assertEqual(130, done.status)
        self.assertEqual("", done.out)
        self.assertNotIn(TRACEBACK, done.err)


class TestDatabases(programs.CommandTestCase):
    """Files that are not fleets."""

    def refuse(self, path: pathlib.Path, *said: str) -> None:
        """Check that a file is refused and not changed."""
        before = path.read_bytes() if path.is_file() else None
        refused = programs.craton("host", "list", CRATON_URL=f"sqlite:///{path}")
        self.assert_refused(refused, 7, str(path), *said)
        self.assertEqual(before, path.read_bytes() if path.is_file() else None)

    def test_something_else(self):
        path = self.folder() / "fleet.db"
        path.write_text("This is a text, and a long one at that.\n" * 100)
        self.refuse(path, "not a database")

    def test_a_folder(self):
        self.refuse(self.folder())

    def test_in_a_folder_that_there_is_not(self):
        path = self.folder() / "nowhere" / "fleet.db"
        self.refuse(path, "There is no fleet at")
        refused = programs.craton("cloud", "create", "x", CRATON_URL=f"sqlite:///{path}")
        self.assert_refused(refused, 7, str(path), "Check that the path")
        self.assertFalse(path.parent.exists())

    def test_one_that_may_not_be_read(self):
        path = self.folder() / "fleet.db"
        path.write_bytes(b"")
        path.chmod(0)
        if os.access(path, os.R_OK):
            self.skipTest("root can read every file")
        refused = programs.craton("host", "list", CRATON_URL=f"sqlite:///{path}")
        self.assert_refused(refused, 7, str(path))


class TestStatuses(base.FleetTestCase, programs.CommandTestCase):
    """Exit statuses that a fleet in a file can cause."""

    def enter(self, *words: str) -> programs.Result:
        """Run ``craton`` on the fleet."""
        return programs.craton(*words, CRATON_URL=self.database)

    def test_an_unknown_id(self):
        for kind in ("cloud", "region", "cell", "host", "network", "network device"):
            for name in ("99", "nobody", "99999999999999999999", "a/b", "..", "%", "?x=1"):
                refused = self.enter(*kind.split(), "show", name)
                self.assert_refused(refused, 5, f"No {kind}", repr(name))

    def test_unknown_users_and_projects(self):
        for name in ("nobody", "99", programs.PROJECT.replace("0", "a")):
            self.assert_refused(self.enter("project", "show", name), 5, "No project", name)
            self.assert_refused(self.enter("user", "show", name), 5, "No user", name)

    def test_kinds_whose_names_cannot_be_asked_for(self):
        refused = self.enter("network", "interface", "show", "eth0")
        self.assert_refused(refused, 2, "network interface 'eth0'", "its id, or add --device")

    def test_what_is_taken_is_named(self):
        self.make_cloud(name="prod")
        self.assert_refused(
            self.enter("cloud", "create", "prod"), 6, "prod: ", "already exists"
        )

    def test_a_pattern_is_not_a_name(self):
        self.assert_refused(self.enter("project", "show", "def%"), 5, "'def%'")
        self.assertEqual(0, self.enter("project", "show", "default").status)

    def test_an_ambiguous_name(self):
        hosts = [self.make_host(name="twin") for _ in range(3)]
        refused = self.enter("host", "show", "twin")
        ids = [f"{host.id} (cloud_id {host.cloud_id}, region_id" for host in hosts]
        self.assert_refused(refused, 5, "'twin'", "more than one host", *ids)
        shown = self.assert_done(self.enter("host", "show", str(hosts[1].id), "-f", "json"))
        self.assertEqual(hosts[1].id, shown.json["id"])

    def test_an_ambiguous_reference(self):
        regions = [self.make_region(name="twin") for _ in range(2)]
        refused = self.enter("host", "list", "--region", "twin")
        ids = [f"{region.id} (cloud_id {region.cloud_id})" for region in regions]
        self.assert_refused(refused, 5, ", ".join(ids))

    def test_a_server_in_this_process_that_fails(self):
        bug = mock.patch(
            "cratonserver.db.objects.Objects.page", side_effect=RuntimeError("a bug")
        )
        with bug:
            self.assert_refused(self.enter("cloud", "list"), 8, "HTTP 500", "Request-ID: req-")
            self.assertIn(TRACEBACK, self.enter("--debug", "cloud", "list").err)

    def test_debug_shows_where(self):
        failed = self.enter("--debug", "cloud", "show", "nobody")
        self.assertEqual((5, ""), (failed.status, failed.out))
        self.assertIn(TRACEBACK, failed.err)
        self.assertIn("'nobody'", failed.err.splitlines()[-1])


class TestAnswers(programs.CommandTestCase):
    """Unexpected and malformed responses."""

    def ask(self, answer: Answer | None, *words: str) -> programs.Result:
        """Run a command on a server that always sends the same response."""
        server = FakeServer(answer)
        self.addCleanup(server.stop)
        command = words or ("host", "list")
        return programs.craton(*command, CRATON_URL=server.url, **CREDENTIALS)

    def test_a_url_with_a_query_or_a_fragment(self):
        url = "http://127.0.0.1:1/v1?x=1"
        said = f"{url!r} has a query ('?x=1')"
        command = ("host", "list")
        for words, settings in (
            ((), {"CRATON_URL": url}),
            ((), {"OS_ENDPOINT": url}),
            (("--craton-url", url), {}),
            (("--os-endpoint", url), {}),
        ):
            done = programs.craton(*words, *command, **{**CREDENTIALS, **settings})
            self.assert_refused(done, 7, said)
        done = programs.craton("host", "list", CRATON_URL=url)  # without credentials
        self.assert_refused(done, 7, said)
        keystone = {"OS_AUTH_URL": url, "OS_USER_DOMAIN_ID": "default"}
        done = programs.craton("host", "list", **CREDENTIALS, **keystone)
        self.assert_refused(done, 7, said)
        door = ("openstack", "--os-auth-type", "craton", "--os-endpoint", url, "craton")
        login = {"OS_USERNAME": "u", "OS_TOKEN": "t", "OS_PROJECT_ID": programs.PROJECT}
        done = self.program(*door, *command, **login)
        self.assert_refused(done, 7, said)

    def test_an_invalid_url_of_keystone(self):
        login = {**CREDENTIALS, "OS_USER_DOMAIN_ID": "default", "CRATON_URL": "http://h"}
        for url in ("/v3", "http://", "ftp://h", "ada:hunter22@h", "http://ada:hunter22/x@h"):
            done = programs.craton("--debug", "host", "list", **login, OS_AUTH_URL=url)
            self.assertEqual((7, ""), (done.status, done.out))
            self.assertIn("The URL of Keystone, ", done.err)
            self.assertNotIn("hunter22", done.err)

    def test_html(self):
        answer = Answer(200, b"<html>Hello</html>", "text/html; charset=utf-8")
        self.assert_refused(self.ask(answer), 8, "text/html", "Craton server")

    def test_html_with_an_error(self):
        answer = Answer(503, b"<html>Busy</html>", "text/html", (("Retry-After", "0"),))
        self.assert_refused(self.ask(answer), 8, "HTTP 503")

    def test_other_json(self):
        for body in (b"[]", b"{}", b'{"hosts": 1}', b'{"hosts": [1]}', b"null", b""):
            self.assert_refused(self.ask(Answer(200, body)), 8, "Craton server")

    def test_statuses(self):
        for status, wanted in (
            (400, 3),
            (401, 4),
            (403, 4),
            (404, 5),
            (409, 6),
            (422, 3),
            (500, 8),
            (501, 8),
        ):
            with self.subTest(status):
                body = json.dumps({"message": "because I say so", "status": status}).encode()
                answer = Answer(status, body, headers=(("x-openstack-request-id", "req-1"),))
                said = ("because I say so", f"HTTP {status}", "req-1")
                self.assert_refused(self.ask(answer), wanted, *said)

    def test_a_redirect_is_not_followed(self):
        elsewhere = FakeServer(Answer(200, b'{"hosts": [], "links": []}'))
        self.addCleanup(elsewhere.stop)
        answer = Answer(302, b"", headers=(("Location", f"{elsewhere.url}/v1/hosts"),))
        self.assert_refused(self.ask(answer), 8, elsewhere.url, "redirects")
        self.assertEqual([], elsewhere.requests)

    def test_rows_that_come_again_for_ever(self):
        body = (
            b'{"hosts": [{"id": 1}], "links": [{"rel": "next", "href": "?marker=1&limit=1"}]}'
        )
        refused = self.ask(Answer(200, body), "host", "list", "-f", "json")
        self.assertEqual(8, refused.status)
        self.assertIn("form a cycle", refused.err)

    def test_control_characters(self):
        body = json.dumps({"message": "a\x1b[2Jb\nc\x07", "status": 400}).encode()
        refused = self.ask(Answer(400, body))
        self.assert_refused(refused, 3, "a\\x1b[2Jb")
        self.assertNotIn("\x1b", refused.err)
        refused = self.ask(Answer(200, b"", "text/\x1b[2Jhtml"))
        self.assertNotIn("\x1b", refused.err)

    def test_a_message_without_end(self):
        body = json.dumps({"message": "x" * 100_000, "status": 409}).encode()
        refused = self.ask(Answer(409, body))
        self.assert_refused(refused, 6, "xxx …")
        self.assertLess(len(refused.err), 3000)

    def test_secrets_in_a_url_are_in_no_log(self):
        server = FakeServer(Answer(200, b"<html>", "text/html"))
        self.addCleanup(server.stop)
        place = server.url.removeprefix("http://")
        for url in (f"http://u:hidden-1@{place}", f"{server.url}?token=hidden-1"):
            words = ("--debug", "host", "list", "--var", "password=hidden-2")
            done = programs.craton(*words, CRATON_URL=url, **CREDENTIALS)
            self.assertIn(TRACEBACK, done.err)
            self.assertNotIn("hidden", done.err)

    def test_a_slow_server(self):
        self.assert_refused(self.ask(None, "--timeout", "0.2", "host", "list"), 7, "127.0.0.1")

    def test_a_slow_server_and_a_create(self):
        server = FakeServer(None)
        self.addCleanup(server.stop)
        words = ("cloud", "create", "prod", "--timeout", "0.5")
        refused = programs.craton(*words, CRATON_URL=server.url, **CREDENTIALS)
        self.assert_refused(refused, 7, "127.0.0.1")
        self.assertEqual(["POST /v1/clouds"], server.requests)

    def test_the_key_is_in_no_log(self):
        for answer in (
            Answer(200, b'{"hosts": [], "links": []}'),
            Answer(401, b'{"message": "no"}'),
            Answer(500, b"{}"),
            None,
        ):
            done = self.ask(answer, "--debug", "--timeout", "0.2", "host", "list")
            self.assertIn("X-Auth-Token", done.err)
            self.assertNotIn(KEY, done.out + done.err)
            if answer is None or answer.status >= 400:
                self.assertIn(TRACEBACK, done.err)

    def test_a_server_that_tells_the_key_is_not_quoted(self):
        answer = Answer(
            403,
            json.dumps({"message": f"The key {KEY} is wrong", "status": 403}).encode(),
            headers=(("Set-Cookie", "session=hidden-cookie; Path=/"),),
        )
        self.assert_refused(self.ask(answer), 4, "The key *** is wrong")
        debug = self.ask(answer, "--debug", "host", "list").err
        self.assertIn("Set-Cookie: ***", debug)
        self.assertNotIn("hidden-cookie", debug)
        self.assertNotIn(KEY, debug)

    def test_timings(self):
        answer = Answer(
            200, b'{"hosts": [], "links": []}', headers=(("x-openstack-request-id", "req-7"),)
        )
        done = self.ask(answer, "-v", "host", "list", "-f", "json")
        self.assertEqual([], done.json)
        self.assertRegex(
            done.err, r"^GET http://127\.0\.0\.1:\d+/v1/hosts\S* 200 req-7 \d+ ms\n$"
        )

    def test_a_key_in_an_option_is_in_no_log(self):
        done = programs.craton(
            "--debug",
            "--os-password",
            KEY,
            "--os-username",
            "x",
            "--craton-url",
            "http://x",
            "host",
        )
        self.assertEqual(2, done.status)
        self.assertNotIn(KEY, done.err)
