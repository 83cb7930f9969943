# SPDX-License-Identifier: Apache-2.0
"""Eight writers on one object, through commands, library and HTTP: nothing is lost."""

from __future__ import annotations

import concurrent.futures
import subprocess
import threading
import typing as t

from cratonclient import auth, entity_tags
from cratonclient.testing import sockets
from cratonclient.tests.integration.osc import programs
from cratonclient.tests.integration.server import base
from cratonclient.v1 import client

WRITERS = 8


class ParallelTestCase(base.ServerTestCase):
    """Tests with a server on a socket, a host, and writers that start together."""

    def setUp(self):
        super().setUp()
        server = sockets.serving(self.root.application)
        self.url = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        self.user = self.member()
        self.host = self.user.make("hosts", variables={"map": {}, "list": [0] * WRITERS})
        self.path = f"/hosts/{self.host['id']}"
        headers = self.user.headers
        self.login = [headers[name] for name in ("X-Auth-User", "X-Auth-Token")]
        self.login.append(headers["X-Auth-Project"])

    def connect(self) -> client.Client:
        """Return a client of the library."""
        craton = client.Client(auth.craton_auth(*self.login), self.url)
        self.addCleanup(craton.close)
        return craton

    def command(self, *words: str) -> subprocess.Popen[str]:
        """Start a command in a process of its own."""
        names = ("CRATON_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_ID")
        home = str(self.folder())
        settings = dict(zip(names, (self.url, *self.login), strict=True))
        return subprocess.Popen(
            [programs.script("craton"), *words],
            cwd=home,
            env=programs.clean_environment(home) | settings,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def all_done(self, *started: subprocess.Popen[str]) -> None:
        """Wait for commands, and check that they succeeded."""
        for process in started:
            said = process.communicate(timeout=50)[1]
            self.assertEqual((0, ""), (process.returncode, said))

    def at_once(self, *work: t.Callable[[], t.Any]) -> list[t.Any]:
        """Call functions concurrently, each in a thread, and return their results."""
        together = threading.Barrier(len(work))

        def begin(one: t.Callable[[], t.Any]) -> t.Any:
            together.wait()
            return one()

        with concurrent.futures.ThreadPoolExecutor(len(work)) as threads:
            return list(threads.map(begin, work))

    def own(self) -> dict[str, t.Any]:
        """Return the own variables of the host."""
        found = self.user.get(f"{self.path}/variables?resolved-values=no").json["variables"]
        return t.cast("dict[str, t.Any]", found)


class TestCommands(ParallelTestCase):
    def test_maps_and_lists(self):
        name = self.host["name"]
        self.all_done(
            *(
                self.command(
                    *("host", "variable", "set", name),
                    *(f"{path}={n}" for path in (f"map.k{n}", f"new.k{n}", f"list[{n - 1}]")),
                )
                for n in range(1, WRITERS + 1)
            )
        )
        wanted = {f"k{n}": n for n in range(1, WRITERS + 1)}
        self.assertEqual(
            {"map": wanted, "new": wanted, "list": [*range(1, WRITERS + 1)]}, self.own()
        )

    def test_set_and_unset(self):
        values = {f"k{n}": n for n in range(4)}
        self.user.put(f"{self.path}/variables", {"map": values, "gone": 1})
        word = str(self.host["id"])
        self.all_done(
            self.command("host", "variable", "unset", word, "gone"),
            *(self.command("host", "variable", "unset", word, f"map.k{n}") for n in range(4)),
            *(
                self.command("host", "set", word, "--var", f"map.new{n}={n}", "--note", str(n))
                for n in range(4)
            ),
        )
        found = self.own()
        self.assertNotIn("gone", found)
        self.assertEqual({f"new{n}": n for n in range(4)}, found["map"])

    def test_labels_that_are_removed(self):
        labels = [f"l{n}" for n in range(4)]
        self.user.put(f"{self.path}/labels", {"labels": labels})
        name = self.host["name"]
        self.all_done(
            *(self.command("host", "unset", name, "--label", label) for label in labels),
            *(self.command("host", "set", name, "--label", f"new-{n}") for n in range(2)),
        )
        found = self.user.get(f"{self.path}/labels").json["labels"]
        self.assertEqual([f"new-{n}" for n in range(2)], found)


class TestAllDoors(ParallelTestCase):
    """Commands, programs with the library, and programs with HTTP only."""

    def by_library(self, number: int) -> None:
        """Change values inside variables."""
        host = self.connect().hosts.get(self.host["id"])
        host.variables.set(f"map.lib{number}", number)
        host.variables.merge({"map": {f"merged{number}": number}})
        host.variables.set(f"gone.lib{number}", number)
        host.variables.unset(f"gone.lib{number}")
        host.variables.set(f"list[{number}]", number)

    def by_http(self, number: int) -> None:
        """Change a value inside a variable, with the tag of what was read."""

        def work() -> int:
            read = self.user.get(f"{self.path}/variables")
            values = {"map": {**read.json["variables"]["map"], f"raw{number}": number}}
            sent = {"If-Match": read.headers["etag"]}
            return self.user.put(f"{self.path}/variables", values, headers=sent).status

        while (status := work()) != 200:
            self.assertEqual(412, status)

    def test_nothing_is_lost(self):
        writers = range(WRITERS)
        started = [
            self.command("host", "variable", "set", self.host["name"], f"map.cmd{n}={n}")
            for n in writers
        ]
        self.at_once(
            *(lambda n=n: self.by_library(n) for n in writers),
            *(lambda n=n: self.by_http(n) for n in writers),
            *(
                lambda n=n: self.user.delete(f"{self.path}/variables", [f"absent{n}"])
                for n in writers
            ),
        )
        self.all_done(*started)
        found = self.own()
        for name in ("cmd", "lib", "merged", "raw"):
            with self.subTest(name):
                wanted = {f"{name}{n}": n for n in writers}
                self.assertEqual(wanted, {k: found["map"].get(k) for k in wanted})
        self.assertEqual([*writers], found["list"])
        self.assertEqual({}, found["gone"])

    def test_a_counter_of_the_library(self):
        self.user.put(f"{self.path}/variables", {"count": 0})

        def add() -> None:
            variables = self.connect().hosts.get(self.host["id"]).variables

            def work() -> None:
                own = variables.read(resolved=False)
                variables.write(own, {"count": own["count"].value + 1})

            entity_tags.retrying(work)

        self.at_once(*[add] * WRITERS)
        self.assertEqual(WRITERS, self.own()["count"])

    def test_a_counter_in_a_field(self):
        self.user.put(self.path, {"note": "0"})

        def add() -> None:
            host = self.connect().hosts.get(self.host["id"])

            def work() -> None:
                host.refresh()
                host.update(note=str(int(host.note or 0) + 1), if_match=True)

            entity_tags.retrying(work)

        self.at_once(*[add] * WRITERS)
        self.assertEqual(str(WRITERS), self.user.get(self.path).json["note"])
