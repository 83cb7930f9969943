# SPDX-License-Identifier: Apache-2.0
"""Nothing that a project has can be noticed in another one: every path, with every parameter.

The same requests go to two fleets. In one of them, the other project has deleted everything. So
any difference between the responses tells something: a status, a number, a tag, a message, or
the statements that a request runs, which take time.
"""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient.tests.integration.server import base, described, permissions
from cratonclient.tests.integration.server.probes import Probe, Probes
from cratonclient.tests.integration.server.worlds import INSIDERS, STRANGERS, Clock, Seen, World
from cratonserver.db import clock, quota_counts

#: A header that no response depends on.
REASON = "header:X-Craton-Reason"
#: Parameters of requests that tell even insiders nothing about what their project has.
TELLS_NOTHING = {
    ("DELETE", "/v1/quotas/{id}", "path:id"),
    ("PUT", "/v1/quotas/{id}", "body:webhooks"),  # all others have been set by then
}


class MatrixTestCase(base.ServerTestCase):
    """Tests that send the same requests to two fleets."""

    full: t.ClassVar[World]
    empty: t.ClassVar[World]
    probes: t.ClassVar[Probes]
    requests: t.ClassVar[list[Probe]]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        time = Clock()
        for patch in (
            mock.patch.object(clock, "now", time.now),
            # On a busy machine, one fleet would count again and the other one would not.
            mock.patch.object(quota_counts, "LIFETIME", 10**6),
        ):
            patch.start()
            cls.addClassCleanup(patch.stop)
        url = "http://127.0.0.1:1/nobody/listens"
        cls.full = World(cls.addClassCleanup, time, url, emptied=False)
        cls.empty = World(cls.addClassCleanup, time, url, emptied=True)
        document = described.Document(cls.root.application)
        cls.probes = Probes(document, cls.full.ours, cls.full.theirs)
        cls.requests = [probe for one in cls.operations() for probe in cls.probes.of(one)]

    @classmethod
    def operations(cls) -> list[described.Operation]:
        """Return the operations that need credentials; those that change something last.

        HEAD has the responder of GET, and OPTIONS reads nothing.
        """
        found = [
            one
            for one in cls.probes.document.operations()
            if one.path not in permissions.OPEN and one.method not in ("HEAD", "OPTIONS")
        ]
        order = ("GET", "POST", "PUT", "DELETE")
        return sorted(found, key=lambda one: order.index(one.method))

    def both(self, role: str, probe: Probe) -> tuple[Seen, Seen]:
        """Send a request to both fleets."""
        sent = role, probe.operation.method, probe.path, probe.body, probe.headers
        return self.full.see(*sent), self.empty.see(*sent)


class TestStrangers(MatrixTestCase):
    def test_each_parameter_has_a_request(self):
        for operation in self.operations():
            with self.about(f"{operation.method} {operation.path}"):
                covered = set().union(*(one.covers for one in self.probes.of(operation)))
                self.assertEqual(set(), self.probes.parameters(operation) - covered)

    def test_users_of_another_project_notice_nothing(self):
        before = self.full.state_of_theirs()
        for probe in self.requests:
            for role in STRANGERS:
                with self.about(f"{role}: {probe.name}"):
                    full, empty = self.both(role, probe)
                    self.assertEqual(empty, full)
        self.assertEqual(before, self.full.state_of_theirs())

    def test_nobody_is_told_anything(self):
        for probe in self.requests:
            with self.about(probe.name):
                full, empty = self.both("nobody", probe)
                self.assertEqual(401, full.status)
                self.assertEqual(empty, full)


class TestInsiders(MatrixTestCase):
    """The requests are about something: those who may see the project notice a difference."""

    def test_each_parameter_tells_something(self):
        silent: dict[tuple[str, str, str], bool] = {}
        for probe in filter(is_harmless, self.requests):
            where = probe.operation.method, probe.operation.path
            keys = [(*where, name) for name in probe.covers if name != REASON]
            for role in INSIDERS:
                if any(silent.setdefault(key, True) for key in keys):
                    full, empty = self.both(role, self.probes.guarded(probe))
                    if full[:3] != empty[:3]:
                        silent.update(dict.fromkeys(keys, False))
        self.assertEqual(TELLS_NOTHING, {key for key, found in silent.items() if found})


def is_harmless(probe: Probe) -> bool:
    """Return False for undoing a change, which would bring back what was deleted."""
    return not probe.path.endswith("/undo") or bool(probe.body and probe.body["dry_run"])
