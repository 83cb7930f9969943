# SPDX-License-Identifier: Apache-2.0
"""The history, entity tags, undo and webhooks for users of Keystone."""

from __future__ import annotations

import concurrent.futures
import threading
import typing as t
import uuid

import requests

from cratonclient.tests.integration.osc import programs
from cratonclient.tests.integration.server import replays
from cratonclient.tests.integration.server.receivers import Receiver
from cratonclient.tests.keystone import base, test_clients
from cratonserver import composition

#: Settings of a server whose webhooks may point to this machine.
WEBHOOKS = "[limits]\nwebhook_http = true\nwebhook_networks = 127.0.0.1\n"


class ChangesTestCase(base.KeystoneTestCase):
    """Tests with a server of their own, so that the project has no earlier changes."""

    more = ""

    def setUp(self):
        super().setUp()
        self.server = self.cloud.serve(self.keystone.url, self.more)
        self.tokens = {
            user: self.keystone.token(user, "beta" if user == "bea" else "alpha")
            for user in ("ada", "max", "rita", "bea")
        }
        self.alpha = str(uuid.UUID(self.projects["alpha"]))

    def ask(self, user: str, method: str, path: str, **options: t.Any) -> requests.Response:
        """Send a request as a user."""
        return self.server.ask(method, path, self.tokens[user], **options)

    def make(self, user: str, collection: str, **fields: t.Any) -> dict[str, t.Any]:
        """Create an object as a user."""
        fields.setdefault("name", uuid.uuid4().hex)
        answer = self.ask(user, "POST", f"/{collection}", json=fields)
        self.assertEqual(201, answer.status_code, answer.text)
        return dict(answer.json())

    def changes(self, user: str) -> list[dict[str, t.Any]]:
        """Return the changes that a user sees, the oldest first."""
        answer = self.ask(user, "GET", "/changes?sort_dir=asc&limit=100")
        self.assertEqual(200, answer.status_code, answer.text)
        return list(answer.json()["changes"])


class TestHistory(ChangesTestCase):
    def test_a_change_says_who_made_it(self):
        headers = {"X-Craton-Reason": "rack%20r7"}
        for user in ("ada", "max"):
            body = {"name": user}
            answer = self.ask(user, "POST", "/clouds", json=body, headers=headers)
            self.assertEqual(201, answer.status_code)
        found = {
            one["username"]: (one["role"], one["project_id"], one["user_id"], one["reason"])
            for one in self.changes("ada")
        }
        self.assertEqual(("admin", self.alpha, None, "rack r7"), found["ada"])
        self.assertEqual(("member", self.alpha, None, "rack r7"), found["max"])
        self.assertEqual(answer.headers["x-openstack-request-id"], self.last_request())

    def last_request(self) -> str:
        """Return the id of the request that made the last change."""
        return str(self.changes("ada")[-1]["request_id"])

    def test_the_project_itself_is_the_first_change(self):
        self.make("max", "clouds")
        first, *_ = self.changes("ada")
        self.assertEqual((1, "craton-server"), (first["revision"], first["username"]))
        [shown] = self.ask("ada", "GET", "/changes/1").json()["objects"]
        self.assertEqual(
            ("projects", self.alpha, "alpha", "created"),
            tuple(shown[name] for name in ("kind", "id", "name", "action")),
        )
        # Members do not see projects.
        self.assertNotIn(1, [one["revision"] for one in self.changes("max")])
        self.assertEqual(404, self.ask("max", "GET", "/changes/1").status_code)

    def test_another_project_sees_nothing(self):
        self.make("max", "clouds")
        self.make("bea", "clouds")
        self.assertEqual([1, 2], [one["revision"] for one in self.changes("bea")])
        self.assertEqual({"bea", "craton-server"}, {o["username"] for o in self.changes("bea")})
        path = f"/changes/2?project_id={self.alpha}"
        self.assertEqual(403, self.ask("bea", "GET", path).status_code)

    def test_undo(self):
        cloud = self.make("max", "clouds")["id"]
        region = self.make("max", "regions", cloud_id=cloud)["id"]
        self.assertEqual(204, self.ask("max", "DELETE", f"/regions/{region}").status_code)
        path = f"/changes/{self.changes('max')[-1]['revision']}/undo"
        self.assertEqual(403, self.ask("rita", "POST", path).status_code)
        self.assertEqual(
            403, self.ask("bea", "POST", f"{path}?project_id={self.alpha}").status_code
        )
        undone = self.ask("ada", "POST", path)
        self.assertEqual(200, undone.status_code, undone.text)
        self.assertEqual(200, self.ask("rita", "GET", f"/regions/{region}").status_code)
        last = self.changes("max")[-1]
        self.assertEqual(("ada", "admin"), (last["username"], last["role"]))
        self.assertEqual(undone.json()["undoes"], last["undoes"])

    def test_entity_tags(self):
        cloud = self.make("max", "clouds")["id"]
        path = f"/clouds/{cloud}"
        tag = self.ask("rita", "GET", path).headers["ETag"]
        for one in (path, "/clouds"):
            known = {"If-None-Match": self.ask("rita", "GET", one).headers["ETag"]}
            self.assertEqual(304, self.ask("rita", "GET", one, headers=known).status_code)
        given = {"If-Match": tag}
        body = {"note": "first"}
        first = self.ask("max", "PUT", path, json=body, headers=given)
        self.assertEqual(200, first.status_code)
        second = self.ask("ada", "PUT", path, json={"note": "second"}, headers=given)
        self.assertEqual(412, second.status_code)
        self.assertEqual(first.headers["ETag"], second.headers["ETag"])

    def test_change_sets(self):
        changes = [
            {"action": "create", "kind": "clouds", "values": {"name": name}} for name in "ab"
        ]
        body = {"reason": "two clouds", "changes": changes}
        self.assertEqual(403, self.ask("rita", "POST", "/changes", json=body).status_code)
        made = self.ask("max", "POST", "/changes", json=body)
        self.assertEqual(200, made.status_code, made.text)
        last = self.changes("max")[-1]
        self.assertEqual({"clouds": {"created": 2}}, last["counts"])
        self.assertEqual(("max", "two clouds"), (last["username"], last["reason"]))


class TestWaiting(ChangesTestCase):
    def wait(self, user: str) -> concurrent.futures.Future[requests.Response]:
        """Wait for the next change of the project of a user."""
        last = self.ask(user, "GET", "/changes").json()["last_revision"]
        pool = concurrent.futures.ThreadPoolExecutor(1)
        self.addCleanup(pool.shutdown)
        return pool.submit(self.ask, user, "GET", f"/changes?after={last}&wait=60")

    def test_a_change_of_the_project_ends_it(self):
        self.make("max", "clouds")
        waiting = self.wait("rita")
        self.make("bea", "clouds")
        self.make("max", "clouds")
        answer = waiting.result(60)
        self.assertEqual(["max"], [one["username"] for one in answer.json()["changes"]])

    def test_a_token_that_is_revoked_meanwhile_is_refused(self):
        self.make("max", "clouds")
        waiting = self.wait("rita")
        for _ in range(20):  # the request of rita is validated meanwhile
            self.ask("max", "GET", "/clouds")
        self.keystone.revoke(self.tokens["rita"])
        self.make("max", "clouds")
        self.assertEqual(401, waiting.result(60).status_code)


class TestWebhooks(ChangesTestCase):
    more = WEBHOOKS

    def test_a_project_of_keystone_has_webhooks(self):
        receiver = Receiver(self.addCleanup)
        body = {"name": "cmdb", "url": receiver.url}
        for user in ("max", "rita"):
            self.assertEqual(403, self.ask(user, "POST", "/webhooks", json=body).status_code)
        made = self.make("ada", "webhooks", **body)
        self.make("bea", "clouds")
        self.make("max", "clouds", name="new")
        receiver.wait_for(1)
        [message] = receiver.verified(made["secret"])
        self.assertEqual(
            ("max", "member", self.alpha),
            tuple(message["data"][name] for name in ("username", "role", "project_id")),
        )
        self.assertEqual("new", message["data"]["objects"][0]["name"])
        tested = self.ask("ada", "POST", f"/webhooks/{made['id']}/test", json={})
        self.assertEqual((204, None), (tested.json()["status"], tested.json()["error"]))
        self.assertEqual(404, self.ask("bea", "GET", f"/webhooks/{made['id']}").status_code)


class TestReplay(ChangesTestCase, replays.ReplayTestCase):
    def test_the_log_gives_the_fleet(self):
        start = threading.Barrier(6)

        def first(user: str) -> dict[str, t.Any]:
            """Send the first request of a project: several at the same time."""
            start.wait(60)
            return self.make(user, "clouds", variables={"a": [1]})

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            found = [*pool.map(first, ["ada", "max", "bea"] * 2)]
        region = self.make("max", "regions", cloud_id=found[1]["id"])
        self.ask("max", "PUT", f"/regions/{region['id']}/variables", json={"b": 2})
        self.ask("ada", "DELETE", f"/regions/{region['id']}")
        self.ask("ada", "POST", f"/changes/{self.changes('ada')[-1]['revision']}/undo")
        self.server.stop()
        self.store = composition.store_at(self.server.database)
        self.addCleanup(self.store.close)
        self.store.open()
        self.assertIn(("project", self.alpha, None), self.state())
        self.assertReplays()


class TestCommands(test_clients.ClientTestCase):
    """The commands of the history, with all ways to log in."""

    def walk(self, run: t.Callable[..., programs.Result]) -> None:
        """Create a cloud with a reason, find out who did it, and undo it."""
        name, reason = f"cloud-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex

        def done(*words: str) -> programs.Result:
            return self.assert_done(run(*words))

        done("cloud", "create", name, "--reason", reason, "-f", "json")
        [found] = done("change", "list", "--reason", reason, "-f", "json").json
        self.assertEqual(("ada", reason), (found["username"], found["reason"]))
        revision = str(found["revision"])
        self.assertIn(name, done("change", "show", revision, "-f", "json").out)
        self.assertEqual(0, run("change", "undo", revision, "--yes").status)
        self.assertEqual(5, run("cloud", "show", name).status)

    def test_craton(self):
        for way, login in self.ways().items():
            with self.subTest(way):
                self.walk(lambda *words, login=login: programs.craton(*words, **login))

    def test_openstack(self):
        login = self.password()
        self.walk(lambda *words: self.program("openstack", "craton", *words, **login))
