# SPDX-License-Identifier: Apache-2.0
"""The history of quotas: they are values of their project."""

from __future__ import annotations

import typing as t

from cratonclient.tests.integration.server import base, replays


class TestQuotaHistory(replays.ReplayTestCase, base.ServerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = self.member(is_admin=True)
        self.project_id = self.admin.project_id
        self.path = f"/quotas/{self.project_id}"

    def set(self, **limits: int) -> int:
        """Set quotas, and return the last revision of the project."""
        self.assertAnswer(self.root.put(self.path, limits), 200)
        return self.last()

    def reset(self) -> int:
        """Reset all quotas, and return the last revision of the project."""
        self.assertAnswer(self.root.delete(self.path), 204)
        return self.last()

    def last(self) -> int:
        return t.cast("int", self.admin.get("/changes").json["last_revision"])

    def limit(self, resource: str) -> int:
        """Return the limit of a resource that the server would keep to."""
        rows = self.admin.get("/quotas").json["quotas"]
        return t.cast("int", {row["resource"]: row["limit"] for row in rows}[resource])

    def shown(self, revision: int) -> tuple[t.Any, t.Any]:
        """Return the project before and after a change, which changed nothing else."""
        change = self.admin.get(f"/changes/{revision}").json
        [found] = change["objects"]
        self.assertEqual(
            ("projects", self.project_id, "updated"),
            (found["kind"], found["id"], found["action"]),
        )
        self.assertTrue(found["name"])
        return found["before"], found["after"]

    def undo(self, revision: int, status: int = 200, **options: t.Any) -> int:
        """Undo a change as root, and return the last revision of the project."""
        path = f"/changes/{revision}/undo?project_id={self.project_id}"
        self.assertAnswer(self.root.post(path, options), status)
        return self.last()

    def test_values_before_and_after(self):
        first = self.set(hosts=10)
        second = self.set(hosts=20, clouds=5, networks=-1)
        last = self.reset()
        values = {"hosts": 20, "clouds": 5, "networks": -1}
        self.assertEqual(({}, {"quotas": {"hosts": 10}}), self.shown(first))
        self.assertEqual(({"quotas": {"hosts": 10}}, {"quotas": values}), self.shown(second))
        self.assertEqual(({"quotas": values}, {}), self.shown(last))

    def test_lists_count_and_find_them(self):
        revisions = [self.set(hosts=10), self.set(hosts=11)]
        for query in ("kind=projects", f"kind=projects&id={self.project_id}"):
            found = self.admin.items(f"/changes?{query}&sort_dir=desc")[:2]
            self.assertEqual(revisions[::-1], [one["revision"] for one in found])
            for one in found:
                self.assertEqual({"projects": {"updated": 1}}, one["counts"])

    def test_what_changes_nothing_has_no_revision(self):
        before = self.reset()
        self.assertEqual(before, self.reset())
        first = self.set(hosts=10, clouds=5)
        self.assertEqual(first, self.set(hosts=10))
        changed = self.set(hosts=11, clouds=5)
        self.assertEqual(first + 1, changed)
        self.assertEqual(
            ({"quotas": {"hosts": 10}}, {"quotas": {"hosts": 11}}), self.shown(changed)
        )

    def test_the_project_has_another_entity_tag(self):
        path = f"/projects/{self.project_id}"
        old = self.root.get(path).headers["etag"]
        revision = self.set(hosts=10)
        self.assertEqual(f'"{revision}"', self.root.get(path).headers["etag"])
        for tag, status in ((old, 412), (f'"{revision}"', 200)):
            renamed = {"name": base.unique("renamed")}
            answer = self.root.put(path, renamed, headers={"If-Match": tag})
            self.assertAnswer(answer, status)

    def test_undo(self):
        default = self.limit("hosts")
        first, second = self.set(hosts=1), self.set(hosts=2, clouds=1)
        self.assertEqual((2, 1), (self.limit("hosts"), self.limit("clouds")))
        undone = self.undo(second)
        self.assertEqual(1, self.limit("hosts"))
        self.assertNotEqual(1, self.limit("clouds"))
        self.undo(undone)
        self.assertEqual((2, 1), (self.limit("hosts"), self.limit("clouds")))
        self.undo(first, 409)
        self.assertEqual((2, 1), (self.limit("hosts"), self.limit("clouds")))
        reset = self.reset()
        self.assertEqual(default, self.limit("hosts"))
        self.undo(reset)
        self.assertEqual((2, 1), (self.limit("hosts"), self.limit("clouds")))
        self.assertReplays()

    def test_an_undone_quota_is_in_force_at_once(self):
        revision = self.set(users=1)
        self.assertAnswer(self.root_makes_user(), 403)
        undone = self.undo(revision)
        self.assertAnswer(self.root_makes_user(), 201)
        self.undo(undone)
        self.assertAnswer(self.root_makes_user(), 403)

    def root_makes_user(self) -> base.Answer:
        """Create a user in the project as root, who does not log in with its quotas."""
        values = {"username": base.unique("user"), "project_id": self.project_id}
        return self.root.post("/users", values)

    def test_after_undoing_the_project_is_counted_again(self):
        undone = self.undo(self.set(clouds=3))
        redone = self.undo(undone)
        self.admin.make("clouds")  # near the quota, so the count is stored
        undone = self.undo(redone)
        for _ in range(2):
            self.admin.make("clouds")  # far from the default, so nothing is added to it
        self.undo(undone)
        self.assertAnswer(self.admin.post("/clouds", {"name": "x"}), 403)

    def test_only_root_undoes_them(self):
        member = self.member(self.project_id)
        revision = self.set(clouds=1)
        reset = self.reset()
        for number in (revision, reset):
            for options in ({}, {"dry_run": True}, {"force": True}):
                path = f"/changes/{number}/undo"
                self.assertAnswer(self.admin.post(path, options), 403)
                self.assertAnswer(member.post(path, options), 404)
        self.assertEqual(reset, self.last())

    def test_who_sees_no_projects_sees_no_quotas_of_others(self):
        revision = self.set(clouds=1)
        member, other = self.member(self.project_id), self.member(is_admin=True)
        self.assertAnswer(member.get(f"/changes/{revision}"), 404)
        self.assertNotIn(revision, [one["revision"] for one in member.items("/changes")])
        self.assertAnswer(other.get(f"/changes/{revision}?project_id={self.project_id}"), 403)

    def test_a_deleted_project_comes_back_with_its_quotas(self):
        self.set(clouds=3)
        self.assertAnswer(self.root.delete(f"/projects/{self.project_id}"), 204)
        path = f"/changes?project_id={self.project_id}"
        deletion = self.root.get(path).json["last_revision"]
        shown = self.root.get(f"/changes/{deletion}?project_id={self.project_id}").json
        [project] = [one for one in shown["objects"] if one["kind"] == "projects"]
        self.assertEqual({"clouds": 3}, project["before"]["quotas"])
        undo = f"/changes/{deletion}/undo?project_id={self.project_id}"
        self.assertAnswer(self.root.post(undo), 200)
        rows = self.root.get(self.path).json["quotas"]
        self.assertIn(3, [row["limit"] for row in rows if row["resource"] == "clouds"])
        self.assertReplays()
