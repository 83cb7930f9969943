# SPDX-License-Identifier: Apache-2.0
"""Webhooks: what they are told, in which order, and what happens when a receiver fails."""

from __future__ import annotations

import json
import socket
import threading
import typing as t
from unittest import mock

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases, live
from cratonclient.tests.integration.server.receivers import Receiver
from cratonserver.config import settings
from cratonserver.db import clock as times
from cratonserver.db import quotas
from cratonserver.webhooks import clock, delivery, dispatcher, schedule, sender

LOOPBACK = ("127.0.0.0/8",)


class FakeClock(clock.Clock):
    """A clock that a test moves on."""

    moved = 0.0

    def after(self, seconds: float) -> str:
        return times.seconds_ago(-seconds - self.moved)


class WebhookTestCase(base.ServerTestCase):
    """Tests with a receiver, and an admin of a new project."""

    def setUp(self):
        super().setUp()
        self.receiver = Receiver(self.addCleanup)
        self.admin = self.member(is_admin=True)
        self.clock = FakeClock()
        self.process = self.new_process()

    def webhook(self, **fields: t.Any) -> dict[str, t.Any]:
        """Create a webhook that points to the receiver."""
        return self.admin.make("webhooks", **{"url": self.receiver.url, **fields})

    def new_process(self, **limits: t.Any) -> delivery.Delivery:
        """Return the deliveries of another process."""
        post = sender.Sender(LOOPBACK, True, 5)
        its = schedule.Schedule(self.store, base.unique("process"), self.clock, 60)
        return delivery.Delivery(self.store, its, post, settings.Webhooks(**limits), self.clock)

    def show(self, webhook: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return a webhook as it is now."""
        found: dict[str, t.Any] = self.admin.get(f"/webhooks/{webhook['id']}").json
        return found

    def last(self) -> int:
        """Return the last revision of the project."""
        found: int = self.admin.get("/changes").json["last_revision"]
        return found


class TestManaging(WebhookTestCase):
    """``/v1/webhooks``."""

    def test_the_secret_is_shown_once_and_is_nowhere_in_the_log(self):
        made = self.webhook()
        self.assertRegex(made["secret"], "^whsec_[A-Za-z0-9+/]{43}=$")
        self.admin.put(f"/webhooks/{made['id']}", {"name": "other"})
        self.admin.delete(f"/webhooks/{made['id']}")

        with self.store.read() as connection:
            log = repr(connection.execute(sa.select(self.store.tables.log.rows)).all())
        self.assertIn(self.receiver.url, log)
        for text in (log, self.admin.get("/webhooks").text, self.admin.get("/changes").text):
            self.assertNotIn(made["secret"], text)
            self.assertNotIn("signing_secret", text)

    def test_it_begins_after_its_own_creation(self):
        self.admin.make("clouds")
        made = self.webhook()
        self.assertEqual(self.last(), made["position"])
        self.assertEqual(self.last(), self.show(made)["position"])

    def test_filters_are_checked(self):
        cases: tuple[tuple[dict[str, t.Any], str], ...] = (
            (
                {"kinds": ["host"]},
                "kinds: 'host' is not a kind of objects. Did you mean hosts?",
            ),
            ({"kinds": ["webhooks"]}, "kinds: 'webhooks' is not a kind"),
            ({"changed_fields": ["ip_adress"]}, "Did you mean ip_address?"),
            ({"changed_fields": ["variables.a["]}, "is not a valid path"),
            ({"region_id": 999999}, "region_id"),
        )
        for fields, message in cases:
            answer = self.admin.post(
                "/webhooks", {"name": "x", "url": self.receiver.url, **fields}
            )
            self.assertIn(answer.status, (400, 404), str(fields))
            self.assertIn(message, str(answer.json["message"]))

    def test_empty_filters_are_none(self):
        made = self.webhook(kinds=[], changed_fields=[])
        now = self.show(made)
        self.assertEqual((None, None), (now["kinds"], now["changed_fields"]))

    def test_urls_are_checked_and_not_repeated(self):
        for url in (
            "ftp://cmdb.example.com/s3cret",
            "http://user:s3cret@127.0.0.1/",
            "https://10.0.0.1/s3cret",
            "https://[::ffff:169.254.169.254]/s3cret",
            "https:///s3cret",
            "https://a.example/s3cret#x",
            "https://a.example/s3 cret",
            "https://a.example:0/s3cret",
        ):
            answer = self.admin.post("/webhooks", {"name": "x", "url": url})
            self.assertEqual(400, answer.status, url)
            self.assertIn("- url: ", answer.json["message"])
            self.assertNotIn("s3cret", answer.text)

    def test_urls_that_no_request_can_have_are_refused_with_what_to_write(self):
        for url, wanted in (
            ("https://a.example/caf\xe9", "percent-encoded, such as %C3%A9"),
            ("https://a.example/?who=J\xf6rg", "percent-encoded, such as %C3%A9"),
            ("https://a.example/\u4e16\U0001f600", "percent-encoded, such as %C3%A9"),
            ("https://a.example/a b", "percent-encoded, such as %20"),
            ("https://a.example/a\tb", "percent-encoded, such as %20"),
            ("https://a.example/a\nb", "percent-encoded, such as %20"),
            ("https://a.example/a\xa0b", "percent-encoded, such as %20"),
            ("https://m\xfcller.example/", "host name in ASCII"),
            ("https://a..example/", "is not a valid host name"),
            (f"https://{64 * 'a'}.example/", "is not a valid host name"),
        ):
            with self.about(repr(url)):
                answer = self.admin.post("/webhooks", {"name": "x", "url": url})
                self.assertAnswer(answer, 400)
                self.assertIn(wanted, answer.json["message"])
        made = self.webhook()
        answer = self.admin.put(f"/webhooks/{made['id']}", {"url": "https://a.example/\xe9"})
        self.assertAnswer(answer, 400)

    def test_a_url_with_encoded_characters_is_told(self):
        paths: list[str] = []
        self.receiver.before = lambda request: paths.append(request.path)
        path = "/hook/caf%C3%A9?who=J%C3%B6rg%20B"
        made = self.webhook(url=self.receiver.url.replace("/hook", path))
        self.admin.make("clouds")
        self.process.run(made["id"])
        self.assertEqual([path], paths)

    def test_the_position_is_checked(self):
        made = self.webhook()
        path = f"/webhooks/{made['id']}"
        self.assertAnswer(self.admin.put(path, {"position": 1}), 200)
        answer = self.admin.put(path, {"position": self.last() + 1})
        self.assertEqual(400, answer.status)
        self.assertIn("is not between 0 and the last revision", answer.json["message"])

    def test_places_stay_when_they_are_deleted(self):
        region = self.admin.make("regions")
        made = self.webhook(region_id=region["id"])
        effects = self.admin.get(f"/regions/{region['id']}/deletion").json
        self.assertNotIn("webhooks", str(effects))
        self.assertAnswer(self.admin.delete(f"/regions/{region['id']}"), 204)
        self.assertEqual(region["id"], self.show(made)["region_id"])

    def test_a_project_has_few(self):
        self.assertEqual(20, quotas.Quotas(self.store.tables).defaults["webhooks"])

    def test_undoing_a_change_of_a_webhook(self):
        made = self.webhook(kinds=["hosts"])
        self.admin.put(f"/webhooks/{made['id']}", {"kinds": ["clouds", "cells"]})
        changed = self.admin.get(f"/changes/{self.last()}").json["objects"]
        self.assertEqual({"kinds": ["hosts"]}, changed[0]["before"])
        self.assertAnswer(self.admin.post(f"/changes/{self.last()}/undo", {}), 200)
        self.assertEqual(["hosts"], self.show(made)["kinds"])

    def test_undoing_a_deletion_cannot_bring_the_secret_back(self):
        made = self.webhook()
        self.admin.delete(f"/webhooks/{made['id']}")
        answer = self.admin.post(f"/changes/{self.last()}/undo", {})
        self.assertAnswer(answer, 409)
        self.assertIn(f"webhook {made['name']!r} (id {made['id']})", answer.json["message"])
        self.assertIn("does not contain the secrets", answer.json["message"])

    def test_what_was_noted_is_shown_although_nothing_changed(self):
        made = self.webhook()
        self.admin.make("clouds")
        paths = ("/webhooks", f"/webhooks/{made['id']}")
        tags = {path: self.admin.get(path).headers["etag"] for path in paths}
        self.process.run(made["id"])
        for path, tag in tags.items():
            again = self.admin.call("GET", path, headers={"If-None-Match": tag})
            self.assertEqual(200, again.status)

    def test_a_test_shows_the_outcome_and_counts_as_nothing(self):
        made = self.webhook()
        self.receiver.statuses = [204, 500]
        path = f"/webhooks/{made['id']}/test"
        good, bad = self.admin.post(path, {}).json, self.admin.post(path, {}).json
        self.assertEqual((204, None), (good["status"], good["error"]))
        self.assertEqual(
            (500, "the response was 500 Internal Server Error"), (bad["status"], bad["error"])
        )
        self.assertEqual(
            ["ping", "ping"], [m["type"] for m in self.receiver.verified(made["secret"])]
        )
        self.assertIsNone(self.show(made)["failures"])

    def test_a_test_that_lasts_does_not_stop_those_of_others(self):
        held = threading.Event()
        self.addCleanup(held.set)

        def hold(caller: base.Caller) -> str:
            """Begin a test that lasts, and return its path."""
            receiver = Receiver(self.addCleanup)
            receiver.before = lambda request: held.wait(30)
            path = f"/webhooks/{caller.make('webhooks', url=receiver.url)['id']}/test"
            thread = threading.Thread(target=caller.post, args=[path, {}])
            thread.start()
            self.addCleanup(thread.join)
            self.addCleanup(held.set)
            receiver.wait_for_start()
            return path

        answer = self.admin.post(hold(self.admin), {})
        self.assertAnswer(
            answer, 429, "Another webhook of the project is being tested. Try again."
        )
        self.assertEqual("5", answer.headers["retry-after"])
        hold(self.member(is_admin=True))
        third = self.member(is_admin=True)
        path = f"/webhooks/{third.make('webhooks', url=self.receiver.url)['id']}/test"
        self.assertAnswer(third.post(path, {}), 503)
        held.set()
        while (answer := third.post(path, {})).status == 503:
            pass
        self.assertEqual(204, answer.json["status"])


class TestMessages(WebhookTestCase):
    """The messages of a webhook, and their order."""

    def test_changes_arrive_in_order_with_before_and_after(self):
        made = self.webhook()
        host = self.admin.make("hosts")
        self.admin.put(f"/hosts/{host['id']}", {"name": "renamed"})
        self.admin.put(f"/hosts/{host['id']}/variables", {"a": {"b": 1}})
        self.admin.delete(f"/hosts/{host['id']}")

        self.process.run(made["id"])

        self.assertEqual([*range(made["position"] + 1, self.last() + 1)], self.receiver.changes)
        *_others, created, renamed, set_, deleted = self.receiver.verified(made["secret"])
        self.assertEqual("change", created["type"])
        self.assertEqual(
            (host["name"], None),
            (created["data"]["objects"][0]["name"], created["data"]["objects"][0]["before"]),
        )
        [one] = renamed["data"]["objects"]
        self.assertEqual(
            ({"name": host["name"]}, {"name": "renamed"}), (one["before"], one["after"])
        )
        self.assertEqual({"variables": {"a": {"b": 1}}}, set_["data"]["objects"][0]["after"])
        self.assertIsNone(deleted["data"]["objects"][0]["after"])
        self.assertEqual(self.admin.headers["X-Auth-User"], deleted["data"]["username"])
        now = self.show(made)
        self.assertEqual((self.last(), 204), (now["position"], now["last_status"]))

    def test_changes_that_do_not_match_are_noted_together(self):
        made = self.webhook(kinds=["hosts"])
        for _ in range(50):
            self.admin.make("clouds")
        ran: list[str] = []

        def remember(_c: t.Any, _u: t.Any, statement: str, *_: t.Any) -> None:
            ran.append(statement)

        sa.event.listen(self.store.engine, "before_cursor_execute", remember)
        self.process.run(made["id"])
        sa.event.remove(self.store.engine, "before_cursor_execute", remember)
        self.assertEqual(self.last(), self.show(made)["position"])
        # It takes the webhook, notes the position, and lets the webhook go.
        self.assertEqual(3, sum(one.startswith("UPDATE webhooks") for one in ran))
        self.assertEqual([], self.receiver.changes)

    def test_each_message_has_an_id_that_stays(self):
        made = self.webhook()
        self.admin.make("clouds")
        self.receiver.statuses = [500]
        self.process.run(made["id"])
        self.clock.moved = 10
        self.process.run(made["id"])
        first, second = (headers["webhook-id"] for headers, _body in self.receiver.requests)
        self.assertEqual(first, second)

    def told(self, *changes: t.Callable[[], t.Any], **fields: t.Any) -> list[int]:
        """Return the numbers of the changes that a webhook with filters is told of."""
        made = self.webhook(**fields)
        begin = made["position"]
        ends = []
        for change in changes:
            change()
            ends.append(self.last())
        self.process.run(made["id"])
        self.assertEqual(ends[-1], self.show(made)["position"])
        starts = [begin, *ends]
        return [
            next(n for n, end in enumerate(ends) if starts[n] < revision <= end)
            for revision in self.receiver.changes
        ]

    def test_kinds(self):
        region = self.admin.make("regions")
        found = self.told(
            lambda: self.admin.make("clouds"),
            lambda: self.admin.make("hosts", region_id=region["id"]),
            lambda: self.admin.make("cells", region_id=region["id"]),
            kinds=["hosts", "cells"],
        )
        self.assertEqual([1, 2], found)

    def test_webhooks_are_not_told_of_webhooks(self):
        found = self.told(lambda: self.webhook(), lambda: self.admin.make("clouds"))
        self.assertEqual([1], found)

    def test_fields(self):
        host = self.admin.make("hosts")
        path = f"/hosts/{host['id']}"
        found = self.told(
            lambda: self.admin.put(path, {"name": base.unique("x")}),
            lambda: self.admin.put(f"{path}/variables", {"os": {"kernel": 1, "name": "x"}}),
            lambda: self.admin.put(f"{path}/variables", {"os": {"kernel": 1, "name": "y"}}),
            lambda: self.admin.put(f"{path}/variables", {"os": {"kernel": 2, "name": "y"}}),
            lambda: self.admin.put(f"{path}/labels", {"labels": ["web"]}),
            lambda: self.admin.put(path, {"ip_address": "10.9.9.9"}),
            lambda: self.admin.delete(path),
            changed_fields=["variables.os.kernel", "labels", "ip_address"],
        )
        self.assertEqual([1, 3, 4, 5, 6], found)

    def test_quotas_are_values_of_the_project(self):
        path = f"/quotas/{self.admin.project_id}"
        found = self.told(
            lambda: self.root.put(path, {"hosts": 100, "clouds": 100}),
            lambda: self.root.put(path, {"clouds": 101}),
            lambda: self.root.put(path, {"hosts": 101}),
            lambda: self.root.delete(path),
            kinds=["projects"],
            changed_fields=["quotas.hosts"],
        )
        self.assertEqual([0, 2, 3], found)

    def test_places(self):
        here = self.admin.make("regions")
        there = self.admin.make("regions", cloud_id=here["cloud_id"])
        mine = self.admin.make("hosts", region_id=here["id"])
        other = self.admin.make("hosts", region_id=there["id"])
        found = self.told(
            lambda: self.admin.put(f"/hosts/{mine['id']}", {"name": base.unique("x")}),
            lambda: self.admin.put(f"/hosts/{other['id']}", {"name": base.unique("x")}),
            lambda: self.admin.make("network-interfaces", device_id=mine["id"]),
            lambda: self.admin.make("network-interfaces", device_id=other["id"]),
            lambda: self.admin.put(f"/regions/{here['id']}/variables", {"a": 1}),
            lambda: self.admin.put(f"/regions/{there['id']}/variables", {"a": 1}),
            lambda: self.admin.put(f"/clouds/{here['cloud_id']}/variables", {"a": 1}),
            lambda: self.admin.delete(f"/regions/{there['id']}"),
            lambda: self.admin.delete(f"/regions/{here['id']}"),
            region_id=here["id"],
        )
        # The later deletions do not hide where the objects were.
        self.assertEqual([0, 2, 4, 8], found)

    def test_a_large_change_is_told_with_numbers_only(self):
        made = self.webhook()
        hosts = [
            {"action": "create", "kind": "clouds", "values": {"name": f"c{n}"}}
            for n in range(5)
        ]
        self.assertAnswer(self.admin.post("/changes", {"changes": hosts}), 200)
        self.new_process(webhook_objects=4).run(made["id"])
        [message] = self.receiver.messages
        data = message["data"]
        self.assertEqual((True, []), (data["truncated"], data["objects"]))
        self.assertEqual({"clouds": {"created": 5}}, data["counts"])
        self.assertEqual(f"/v1/changes/{self.last()}", data["path"])

    def test_a_change_with_large_values_is_told_with_numbers_only(self):
        made = self.webhook()
        cloud = self.admin.make("clouds")
        for size in (70_000, 2_000_000):
            self.admin.put(f"/clouds/{cloud['id']}/variables", {"a": "x" * size})
        self.new_process(webhook_size=65536).run(made["id"])
        truncated = [m["data"]["truncated"] for m in self.receiver.messages]
        self.assertEqual([False, True, True], truncated)
        self.assertLess(max(len(body) for _, body in self.receiver.requests), 65536)

    def test_what_was_pruned_is_told(self):
        made = self.webhook()
        for _ in range(3):
            self.admin.make("clouds")
        first = made["position"] + 1
        changes = self.store.tables.log.changes
        with self.store.write() as connection:
            own = changes.c.project_id == self.admin.project_id
            connection.execute(sa.delete(changes).where(own, changes.c.revision < first + 2))
        self.process.run(made["id"])
        missed, change = self.receiver.verified(made["secret"])
        self.assertEqual("missed", missed["type"])
        self.assertEqual({"first_revision": first, "last_revision": first + 1}, missed["data"])
        self.assertEqual(first + 2, change["data"]["revision"])

    def test_all_was_pruned(self):
        made = self.webhook()
        self.admin.make("clouds")
        changes = self.store.tables.log.changes
        with self.store.write() as connection:
            own = changes.c.project_id == self.admin.project_id
            connection.execute(sa.delete(changes).where(own))
        self.process.run(made["id"])
        [missed] = self.receiver.messages
        self.assertEqual(self.last(), missed["data"]["last_revision"])
        self.assertEqual(self.last(), self.show(made)["position"])

    def test_tenants(self):
        other = self.member(is_admin=True)
        made = self.webhook()
        other.make("clouds")
        self.admin.make("clouds")
        self.process.run(made["id"])
        projects = {m["data"]["project_id"] for m in self.receiver.messages}
        self.assertEqual({self.admin.project_id}, projects)


class TestFailures(WebhookTestCase):
    """Failures of receivers and of processes."""

    def setUp(self):
        super().setUp()
        self.made = self.webhook()
        for _ in range(3):
            self.admin.make("clouds")
        self.first = self.made["position"] + 1

    def run_after(self, seconds: float) -> None:
        """Let time pass, and deliver."""
        self.clock.moved += seconds
        self.process.run(self.made["id"])

    def test_a_failure_is_repeated_with_increasing_delays_and_in_order(self):
        self.receiver.statuses = [500, 503, 302]
        waits = []
        for _ in range(3):
            self.process.run(self.made["id"])
            now = self.show(self.made)
            waits.append(-self.clock.since(now["next_attempt_at"]))
            self.process.run(self.made["id"])  # too early
            self.run_after(waits[-1] + 1)

        self.assertLess(waits[0] + 0.3, waits[1])
        self.assertLess(waits[1] + 0.3, waits[2])
        self.assertEqual(
            [self.first] * 4 + [self.first + 1, self.first + 2], self.receiver.changes
        )
        self.assertEqual(
            (None, None, None),
            tuple(
                self.show(self.made)[n] for n in ("failures", "last_error", "failing_since_at")
            ),
        )

    def test_a_failure_is_shown(self):
        self.receiver.statuses = [302]
        self.process.run(self.made["id"])
        now = self.show(self.made)
        self.assertEqual((1, 302), (now["failures"], now["last_status"]))
        self.assertEqual(
            "the response was 302 Found; redirects are not followed", now["last_error"]
        )
        self.assertIsNotNone(now["failing_since_at"])
        self.assertEqual(self.made["position"], now["position"])
        self.assertEqual(1, len(self.receiver.requests))  # the redirect led to itself

    def test_one_that_fails_for_days_is_switched_off_and_says_why(self):
        self.receiver.statuses = [500] * 100
        self.process.run(self.made["id"])
        self.run_after(71 * 3600)
        self.assertTrue(self.show(self.made)["active"])
        self.run_after(2 * 3600)
        now = self.show(self.made)
        self.assertEqual((False, 3), (now["active"], now["failures"]))
        self.assertIn("500", now["last_error"])
        change = self.admin.get(f"/changes/{self.last()}").json
        self.assertEqual("craton-server", change["username"])
        self.assertIn("it has failed since", change["reason"])

        before = len(self.receiver.requests)
        self.run_after(3600)
        self.assertEqual(before, len(self.receiver.requests))

        self.receiver.statuses = []
        self.admin.put(f"/webhooks/{self.made['id']}", {"active": True})
        self.assertIsNone(self.show(self.made)["failures"])
        self.run_after(0)
        self.assertEqual(self.first + 2, self.receiver.changes[-1])

    def test_gone_means_gone(self):
        self.receiver.statuses = [410]
        self.process.run(self.made["id"])
        self.assertFalse(self.show(self.made)["active"])

    def test_a_killed_process_repeats_what_it_did_not_note(self):
        class Killed(BaseException):
            """The process ends here."""

        with (
            mock.patch.object(schedule.Schedule, "advance", side_effect=Killed),
            mock.patch.object(schedule.Schedule, "let_go"),
        ):
            self.assertRaises(Killed, self.process.run, self.made["id"])

        other = self.new_process()
        other.run(self.made["id"])  # the dead process has it still
        self.assertEqual([self.first], self.receiver.changes)
        self.clock.moved = 61
        other.run(self.made["id"])
        self.assertEqual(
            [self.first, self.first, self.first + 1, self.first + 2], self.receiver.changes
        )

    def test_two_processes_do_not_deliver_at_once(self):
        other = self.new_process()
        self.receiver.before = lambda request: other.run(self.made["id"])
        self.process.run(self.made["id"])
        self.assertEqual(3, len(self.receiver.requests))

    def test_a_process_that_lost_a_webhook_stops(self):
        other = self.new_process()

        def take_over(request: t.Any) -> None:
            self.receiver.before = lambda request: None
            self.clock.moved = 61
            other.run(self.made["id"])

        self.receiver.before = take_over
        self.process.run(self.made["id"])
        expected = [self.first, self.first + 1, self.first + 2, self.first]
        self.assertEqual(expected, self.receiver.changes)
        self.assertEqual(self.last(), self.show(self.made)["position"])

    def test_changes_of_a_webhook_count_at_once(self):
        path = f"/webhooks/{self.made['id']}"
        self.receiver.before = lambda request: self.admin.put(path, {"active": False})
        self.process.run(self.made["id"])
        self.assertEqual([self.first], self.receiver.changes)
        self.assertEqual(self.first, self.show(self.made)["position"])

    def test_a_position_that_was_set_counts(self):
        path = f"/webhooks/{self.made['id']}"
        self.receiver.before = lambda request: self.admin.put(path, {"position": 0})
        self.process.run(self.made["id"])
        self.assertEqual(0, self.show(self.made)["position"])
        self.receiver.before = lambda request: None
        self.process.run(self.made["id"])
        self.assertEqual(self.first, self.receiver.changes[0])
        self.assertIn(1, self.receiver.changes)

    def test_deleting_a_webhook_during_a_delivery(self):
        path = f"/webhooks/{self.made['id']}"
        self.receiver.before = lambda request: self.admin.delete(path)
        self.process.run(self.made["id"])
        self.assertEqual([self.first], self.receiver.changes)


class TestDispatcher(WebhookTestCase):
    """The thread of a server."""

    def start(self, **limits: t.Any) -> dispatcher.Dispatcher:
        post = sender.Sender(LOOPBACK, True, 5)
        made = dispatcher.Dispatcher(self.store, post, settings.Webhooks(**limits))
        self.addCleanup(made.stop)
        made.start()
        return made

    def test_it_delivers_and_stops(self):
        made = self.webhook()
        running = self.start()
        self.admin.make("clouds")
        self.receiver.wait_for(1)
        running.stop()
        table = self.store.tables.metadata.tables["webhooks"]
        with self.store.read() as connection:
            owner = sa.select(table.c.lease_owner).where(table.c.id == made["id"])
            self.assertIsNone(connection.execute(owner).scalar_one())

    def test_hanging_receivers_of_one_project_do_not_stop_others(self):
        release = socket.socketpair()
        for one in release:
            self.addCleanup(one.close)
        hanging = Receiver(self.addCleanup)
        hanging.before = lambda request: release[0].recv(1)
        for _ in range(3):
            self.webhook(url=hanging.url)
        other = self.member(is_admin=True)
        other.make("webhooks", url=self.receiver.url)
        self.start(webhook_threads=2)
        self.admin.make("clouds")
        other.make("clouds")
        self.receiver.wait_for(1)
        release[1].send(b"....")

    def test_outcomes_are_counted(self):
        self.webhook()
        running = self.start()
        counted: list[bool] = []
        running.count = counted.append
        self.receiver.statuses = [500]
        self.admin.make("clouds")
        self.receiver.wait_for(2)
        running.stop()
        self.assertEqual({False, True}, set(counted))  # other tests leave webhooks


class TestServers(live.LiveTestCase):
    """Servers in processes of their own."""

    def create(self, collection: str, **fields: str) -> None:
        """Create an object."""
        body = json.dumps(fields)
        length = f"Content-Length: {len(body)}"
        answer = self.ask(f"POST /v1/{collection}", length, body=body)
        self.assertEqual(201, answer.status, answer.text)

    def test_a_server_that_was_killed_is_followed_by_another(self):
        receiver = Receiver(self.addCleanup)
        held = threading.Event()
        self.addCleanup(held.set)
        receiver.before = lambda request: held.wait(60)
        options = ("--webhook-http", "--webhook-networks=127.0.0.1", "--webhook-timeout=1")
        self.serve(*options, "--processes=1")
        self.create("webhooks", name="x", url=receiver.url)
        self.create("clouds", name="a")
        receiver.wait_for_start()
        self.server.process.kill()
        self.server.process.wait()
        receiver.before = lambda request: None
        held.set()

        self.server.again(*options)
        receiver.wait_for(2)

        self.assertEqual(receiver.changes[0], receiver.changes[1])
        self.assertEqual(204, self.ask("DELETE /v1/clouds/1").status)
        receiver.wait_for(3)
        self.assertEqual(receiver.changes[1] + 1, receiver.changes[2])

    def test_a_server_that_is_stopped_lets_webhooks_go(self):
        receiver = Receiver(self.addCleanup)
        held = threading.Event()
        self.addCleanup(held.set)
        receiver.before = lambda request: held.wait(60)
        options = ("--webhook-http", "--webhook-networks=127.0.0.1", "--webhook-timeout=60")
        process = self.serve(*options, "--processes=2")
        self.create("webhooks", name="x", url=receiver.url)
        self.create("clouds", name="a")
        receiver.wait_for_start()
        process.terminate()
        self.assertEqual(0, process.wait(50))

        [row] = databases.execute(
            f"sqlite:///{self.server.folder}/fleet.db", "SELECT lease_owner FROM webhooks"
        )
        self.assertIsNone(row[0])
