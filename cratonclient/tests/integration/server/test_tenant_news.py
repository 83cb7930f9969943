# SPDX-License-Identifier: Apache-2.0
"""Waiting clients and webhooks hear nothing of the changes of another project."""

from __future__ import annotations

import threading
import typing as t

from cratonclient.tests.integration.server import base
from cratonserver.config import settings
from cratonserver.db.change_log.followers import Follower
from cratonserver.webhooks import clock, delivery, schedule, sender

#: Filters of a webhook: without any, it is told of everything in its project.
FILTERS: tuple[dict[str, t.Any], ...] = (
    {},
    {"kinds": ["hosts"]},
    {"changed_fields": ["note", "variables.rack"]},
)


class Mailbox:
    """A sender of webhooks that keeps the messages."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def post(self, _url: str, _secret: str, _message_id: str, body: bytes) -> sender.Outcome:
        """Keep a message."""
        self.bodies.append(body)
        return sender.Outcome(204, None, 0.0)


class NewsTestCase(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.ours = self.member(is_admin=True)
        self.theirs = self.member(is_admin=True)

    def work(self, caller: base.Caller) -> dict[str, t.Any]:
        """Create a host, change it, and return it."""
        host = caller.make("hosts", note="first", variables={"rack": "r1"})
        caller.put(f"/hosts/{host['id']}", {"note": "second"})
        caller.put(f"/hosts/{host['id']}/variables", {"rack": "r2"})
        return host


class TestWaiting(NewsTestCase):
    def wait(self, caller: base.Caller) -> threading.Event:
        """Wait for the next change of a project, as a request does."""
        last = caller.get("/changes").json["last_revision"]
        told = threading.Event()
        self.addCleanup(self.store.followers.add(Follower(caller.project_id, last, told.set)))
        return told

    def test_a_change_of_another_project_wakes_nobody(self):
        # The thread asks for all projects at once, and tells in the order of this list.
        ours, theirs = self.wait(self.ours), self.wait(self.theirs)
        self.theirs.make("clouds")
        self.assertTrue(theirs.wait(30))
        self.assertFalse(ours.is_set())
        self.ours.make("clouds")
        self.assertTrue(ours.wait(30))


class TestWebhooks(NewsTestCase):
    def deliver(self, webhook: dict[str, t.Any]) -> list[bytes]:
        """Return what a webhook is told."""
        box: t.Any = Mailbox()
        time = clock.Clock()
        process = schedule.Schedule(self.store, base.unique("process"), time, 60)
        limits = settings.Webhooks()
        delivery.Delivery(self.store, process, box, limits, time).run(webhook["id"])
        found: list[bytes] = box.bodies
        return found

    def test_a_webhook_is_told_nothing_of_another_project(self):
        webhooks = [self.ours.make("webhooks", **fields) for fields in FILTERS]
        host = self.work(self.theirs)
        for webhook in webhooks:
            self.assertEqual([], self.deliver(webhook))
        self.work(self.ours)
        for webhook in webhooks:
            told = b"".join(self.deliver(webhook)).decode()
            self.assertIn(self.ours.project_id, told)
            self.assertNotIn(self.theirs.project_id, told)
            self.assertNotIn(f'"{host["name"]}"', told)

    def test_a_position_of_another_project_is_of_no_use(self):
        webhook = self.ours.make("webhooks")
        for _ in range(3):
            self.work(self.theirs)
        last = self.theirs.get("/changes").json["last_revision"]
        answer = self.ours.put(f"/webhooks/{webhook['id']}", {"position": last})
        self.assertInvalid(
            answer,
            f"position: {last} is not between 0 and the last revision, {webhook['position']}",
        )
        self.ours.put(f"/webhooks/{webhook['id']}", {"position": 0})
        told = b"".join(self.deliver(webhook)).decode()
        self.assertNotIn(self.theirs.project_id, told)
