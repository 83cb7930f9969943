# SPDX-License-Identifier: Apache-2.0
"""A cache in front of the server, here Varnish, never shows one tenant the rows of another."""

from __future__ import annotations

import http.client
import typing as t

from cratonclient.tests import varnish
from cratonclient.tests.attack import base

#: Paths whose responses depend on the credentials.
PATHS = (
    "/v1/clouds",
    "/v1/clouds?name=prod",
    "/v1/regions",
    "/v1/hosts",
    "/v1/devices",
    "/v1/users",
    "/v1/projects",
    "/v1/ansible-inventory",
    "/v1/clouds/1",
    "/v1/clouds/2",
    "/v1/clouds/1/variables",
    "/v1/no-such-path",
)


class Answer(t.NamedTuple):
    """A response, and whether a cache had it."""

    status: int
    body: bytes
    from_cache: bool


def ask(port: int, path: str, headers: t.Mapping[str, str]) -> Answer:
    """Request a path from the server or from a cache in front of it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=base.PATIENCE)
    try:
        # Links in responses begin with the name of the host, so all requests have the same.
        connection.request("GET", path, headers={"Host": "craton", **headers})
        response = connection.getresponse()
        # A hit has the id of the request that filled the cache, too.
        hit = len((response.getheader("X-Varnish") or "").split()) == 2
        return Answer(response.status, response.read(), hit)
    finally:
        connection.close()


class TestSharedCaches(base.AttackTestCase):
    """Several users ask for the same URLs through one cache."""

    # Refused logins are compared, too.
    options = ("--no-access-log", "--failed-logins=0")

    def setUp(self):
        super().setUp()
        if varnish.find() is None:
            self.skipTest(varnish.MISSING)
        craton = self.server.client()
        self.users = {"nobody": {}, "root": self.server.headers}
        for name in ("ada", "bob"):
            self.users[name] = self.server.new_user(name, is_admin=True)
            self._ask_as(name).clouds.create(name="prod", variables={"secret-of": name})
        self.users["impostor"] = {**self.users["ada"], "X-Auth-Token": "craton_wrong"}
        self.users["intruder"] = {
            **self.users["ada"],
            "X-Auth-Project": self.users["bob"]["X-Auth-Project"],
        }
        self.assertEqual(2, len(list(craton.clouds.list())))

    def _ask_as(self, name: str) -> t.Any:
        from cratonclient import auth
        from cratonclient.v1 import client

        login = self.users[name]
        session = auth.craton_auth(
            login["X-Auth-User"], login["X-Auth-Token"], login["X-Auth-Project"]
        )
        self.addCleanup(session.close)
        return client.Client(session, self.server.url)

    def test_the_configuration_that_varnish_comes_with(self):
        self._assert_apart(varnish.start(self.addCleanup, self.folder(), self.server.port))

    def test_a_cache_that_ignores_cache_control(self):
        cache = varnish.start(
            self.addCleanup, self.folder(), self.server.port, varnish.CACHE_EVERYTHING
        )
        hits = self._assert_apart(cache)
        self.assertGreater(hits, len(PATHS), "the cache did not cache, so this shows nothing")

    def _assert_apart(self, cache: varnish.Varnish) -> int:
        """Compare what users get through a cache with what the server says to them.

        :returns: the number of responses from the cache.
        """
        wrong, hits, asked = [], 0, 0
        for path in PATHS:
            for name in [*self.users, *reversed(self.users)]:
                direct = ask(self.server.port, path, self.users[name])
                cached = ask(cache.port, path, self.users[name])
                asked += 1
                hits += cached.from_cache
                if cached[:2] != direct[:2]:
                    wrong.append(f"{name} {path}: {cached.status} {cached.body[:300]!r}")
        self.figures(
            f"{len(wrong)} of {asked} responses belonged to others, {hits} were cached"
        )
        self.assertEqual([], wrong)
        return hits
