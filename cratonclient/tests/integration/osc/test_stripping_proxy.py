# SPDX-License-Identifier: Apache-2.0
"""A reverse proxy that removes a prefix, in front of a live server that does not know it."""

from __future__ import annotations

import http.client
import http.server
import threading
import typing as t
from urllib import parse

from keystoneauth1 import plugin

from cratonclient import auth
from cratonclient.tests.integration.osc import programs
from cratonclient.v1 import client

PREFIX = "/inventory/craton"
COUNT = 120


class Proxy:
    """A reverse proxy that removes ``PREFIX`` from paths.

    :param target: URL of the server behind it.
    """

    def __init__(self, target: str) -> None:
        self.seen: list[str] = []
        self._target = parse.urlsplit(target).netloc
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}{PREFIX}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        """Stop the proxy."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def forward(self) -> None:
                proxy.seen.append(self.path)
                assert self.path.startswith(f"{PREFIX}/"), self.path
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {**self.headers, "Host": "internal.example:9"}
                behind = http.client.HTTPConnection(proxy._target, timeout=20)
                behind.request(self.command, self.path.removeprefix(PREFIX), body, headers)
                answer = behind.getresponse()
                content = answer.read()
                behind.close()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type", ""))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = forward

            def log_message(self, format: str, *args: t.Any) -> None:
                pass

        return Handler


class CatalogPlugin(plugin.BaseAuthPlugin):
    """Credentials whose catalog has the URL of the proxy."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        super().__init__()
        self.url, self.headers = url, headers

    def get_endpoint(self, session: t.Any, **filters: t.Any) -> str:
        return self.url

    def get_headers(self, session: t.Any) -> dict[str, str]:
        return self.headers


class TestStrippingProxy(programs.ServerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.proxy = Proxy(self.server.url)
        self.addCleanup(self.proxy.close)
        self.craton = self.client(url=self.proxy.url)
        for cloud in self.craton.clouds.list():
            cloud.delete()
        self.names = [f"cloud-{number:03}" for number in range(COUNT)]
        for name in self.names:
            self.craton.clouds.create(name=name)

    def client(self, **options: t.Any) -> client.Client:
        known = self.server.settings
        session = auth.craton_auth(
            known["OS_USERNAME"], known["OS_PASSWORD"], known["OS_PROJECT_ID"]
        )
        self.addCleanup(session.close)
        return client.Client(session, **options)

    def test_lists_of_the_library_are_complete(self):
        for limit in (10, 100):
            found = [cloud.name for cloud in self.craton.clouds.list(limit=limit)]
            self.assertEqual(self.names, found)
        for path in self.proxy.seen:
            self.assertTrue(path.startswith(f"{PREFIX}/v1/clouds"), path)

    def test_lists_of_the_command_are_complete(self):
        settings = {**self.server.settings, "CRATON_URL": self.proxy.url}
        done = programs.craton("cloud", "list", "-f", "value", "-c", "name", **settings)
        self.assertEqual(self.names, done.out.split())

    def test_the_url_may_come_from_a_catalog(self):
        known = self.server.settings
        headers = {
            "X-Auth-User": known["OS_USERNAME"],
            "X-Auth-Token": known["OS_PASSWORD"],
            "X-Auth-Project": known["OS_PROJECT_ID"],
        }
        session = auth.create_session_with(CatalogPlugin(self.proxy.url, headers), True)
        self.addCleanup(session.close)

        found = [cloud.name for cloud in client.Client(session).clouds.list(limit=10)]

        self.assertEqual(self.names, found)

    def test_who_deletes_each_object_of_a_list_deletes_all(self):
        for cloud in self.craton.clouds.list(limit=10, sort_keys="name"):
            cloud.delete()
        self.assertEqual([], list(self.craton.clouds.list()))

    def test_who_deletes_each_page_of_a_list_deletes_all(self):
        for page in self.craton.clouds.pages(limit=10):
            for cloud in page:
                self.craton.clouds.delete(cloud["id"])
        self.assertEqual([], list(self.craton.clouds.list()))

    def test_others_may_delete_the_last_object_of_a_page(self):
        walk = self.craton.clouds.list(limit=10)
        found = [next(walk).name for _ in range(10)]
        other = self.client(url=self.server.url)
        for cloud in list(other.clouds.list(limit=10, autopaginate=False))[5:]:
            cloud.delete()

        found += [cloud.name for cloud in walk]

        self.assertEqual(self.names, found)
