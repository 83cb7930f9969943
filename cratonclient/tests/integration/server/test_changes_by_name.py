# SPDX-License-Identifier: Apache-2.0
"""The changes of the objects that have a name, or had it."""

from __future__ import annotations

import typing as t
from unittest import mock
from urllib import parse

from cratonclient.tests.integration.server import base
from cratonserver.db import clock
from cratonserver.db.change_log import names, pruning


class TestChangesByName(base.ServerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.user = self.member(is_admin=True)

    def revisions(
        self, kind: str, name: str, query: str = "", user: base.Caller | None = None
    ) -> list[int]:
        """Return the revisions of one page, the newest first."""
        given = parse.urlencode({"kind": kind, "name": name})
        found = (user or self.user).items(f"/changes?{given}{query}")
        return [one["revision"] for one in found]

    def last(self) -> int:
        return t.cast("int", self.user.get("/changes").json["last_revision"])

    def done(self, answer: base.Answer) -> int:
        """Return the revision of a change."""
        self.assertIn(answer.status, (200, 201, 204), answer.text)
        return self.last()

    def test_every_kind_under_all_its_names(self):
        made = [
            (collection, self.user.needed(collection, {}))
            for collection in base.COLLECTIONS[1:]
        ]
        made.append(("user-keys", {"name": "laptop", "user_id": self.user.make("users")["id"]}))
        made.append(("webhooks", self.user.needed("webhooks", {})))
        for collection, values in made:
            kind = collection.replace("-", "_")
            field = "username" if kind == "users" else "name"
            first, second = values[field], base.unique("renamed")
            with self.about(collection):
                answer = self.user.post(f"/{collection}", values)
                revisions = [self.done(answer)]
                path = f"/{collection}/{answer.json['id']}"
                self.assertEqual(revisions, self.revisions(kind, first))
                known = [first]
                if collection not in ("users", "user-keys"):  # they keep their names
                    revisions.insert(0, self.done(self.user.put(path, {field: second})))
                    known.append(second)
                for name in known:
                    self.assertEqual(revisions, self.revisions(kind, name))
                revisions.insert(0, self.done(self.user.delete(path)))
                for name in known:
                    self.assertEqual(revisions, self.revisions(kind, name))
                self.assertEqual([], self.revisions(kind, f"{first}x"))

    def test_a_project(self):
        path = f"/projects/{self.user.project_id}"
        old = self.root.get(path).json["name"]
        new = base.unique("renamed")
        revision = self.done(self.root.put(path, {"name": new}))
        for name in (old, new):
            self.assertEqual(revision, self.revisions("projects", name)[0])
        self.assertAnswer(self.root.delete(path), 204)
        where = f"&project_id={self.user.project_id}"
        for name in (old, new):
            found = self.revisions("projects", name, where, self.root)
            self.assertEqual([revision + 1, revision], found[:2])

    def test_objects_of_a_deleted_region(self):
        host = self.user.make("hosts", name="web-1")
        created = self.last()
        path = f"/hosts/{host['id']}/variables"
        changed = self.done(self.user.put(path, {"a": 1}))
        deleted = self.done(self.user.delete(f"/regions/{host['region_id']}"))
        self.assertEqual([deleted, changed, created], self.revisions("hosts", "web-1"))
        self.assertEqual([deleted, changed, created], self.revisions("devices", "web-1"))
        self.assertEqual([], self.revisions("network_devices", "web-1"))
        self.assertEqual([], self.revisions("clouds", "web-1"))

    def test_several_objects_and_pages(self):
        region = self.user.make("regions")
        where = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        wanted: list[int] = []
        for number in range(12):
            host = self.user.make("hosts", name="web-1", **where)
            wanted.append(self.last())
            self.user.make("hosts", name=base.unique("other"), **where)
            path = f"/hosts/{host['id']}"
            wanted.append(self.done(self.user.put(path, {"note": str(number)})))
            wanted.append(self.done(self.user.delete(path)))
        for order in ("asc", "desc"):
            ordered = sorted(wanted, reverse=order == "desc")
            found, query = list[int](), f"&limit=10&sort_dir={order}"
            while page := self.revisions("hosts", "web-1", query):
                found += page
                query = f"&limit=10&sort_dir={order}&marker={page[-1]}"
            self.assertEqual(ordered, found)
        after = f"&after={wanted[4]}&limit=10"
        self.assertEqual(wanted[5:15], self.revisions("hosts", "web-1", after))
        self.assertEqual([], self.revisions("hosts", "web-1", "&username=nobody"))
        self.assertEqual([], self.revisions("hosts", "web-1", f"&after={wanted[-1]}&wait=0"))

    def test_a_change_set_that_renames_twice(self):
        cloud = self.user.make("clouds", name="a")
        changes = [
            {"action": "update", "kind": "clouds", "id": cloud["id"], "values": {"name": name}}
            for name in ("b", "c")
        ]
        revision = self.done(self.user.post("/changes", {"changes": changes}))
        for name in ("a", "b", "c"):
            self.assertEqual([revision, revision - 1], self.revisions("clouds", name))
        undone = self.done(self.user.post(f"/changes/{revision}/undo"))
        for name in ("a", "b", "c"):
            self.assertEqual(undone, self.revisions("clouds", name)[0])

    def test_names_of_any_characters(self):
        for name in ("", "ü", "%", "a'b", '"', "a\\b", "é" * 255):
            made = self.user.make("clouds", name=name)
            created = self.last()
            deleted = self.done(self.user.delete(f"/clouds/{made['id']}"))
            self.assertEqual([deleted, created], self.revisions("clouds", name), name)
        self.assertEqual([], self.revisions("clouds", "Ü"))

    def test_other_projects(self):
        mine, other = self.user.make("hosts", name="web-1"), self.member()
        theirs = other.make("hosts", name="web-1")
        for user, host in ((self.user, mine), (other, theirs)):
            user.put(f"/hosts/{host['id']}", {"name": "web-2"})
            user.delete(f"/hosts/{host['id']}")
        last = self.last()
        for name in ("web-1", "web-2"):
            self.assertEqual([last, last - 1, last - 2], self.revisions("hosts", name))
        where = f"&project_id={other.project_id}"
        query = f"/changes?kind=hosts&name=web-1{where}"
        self.assertAnswer(self.user.get(query), 403)
        self.assertEqual(3, len(self.revisions("hosts", "web-1", where, self.root)))
        self.assertEqual([], self.revisions("hosts", "web-1", "", self.member()))

    def test_kinds_that_a_member_does_not_see(self):
        member = self.member(self.user.project_id)
        for kind in ("users", "projects", "user_keys"):
            self.assertAnswer(member.get(f"/changes?kind={kind}&name=x"), 403)

    def test_what_is_not_valid(self):
        for query, said in (
            ("name=x", "name: 'kind' is required"),
            ("kind=hosts&name=x&id=1", "id and name exclude each other"),
            ("kind=hosts&name=%00", "NUL"),
        ):
            answer = self.user.get(f"/changes?{query}")
            self.assertEqual(400, answer.status)
            self.assertIn(said, answer.json["message"])

    def test_too_many_objects(self):
        for _ in range(3):
            cloud = self.user.make("clouds", name="same")["id"]
            self.user.delete(f"/clouds/{cloud}")
        self.user.make("clouds", name="same")
        with mock.patch.object(names, "MOST_OBJECTS", 3):
            answer = self.user.get("/changes?kind=clouds&name=same")
        self.assertEqual(400, answer.status)
        self.assertIn("more than 3 clouds have or had the name 'same'", answer.json["message"])
        self.assertEqual(7, len(self.revisions("clouds", "same")))

    def test_names_go_with_the_history(self):
        cloud = self.user.make("clouds", name="a")["id"]
        self.user.put(f"/clouds/{cloud}", {"name": "b"})
        store = self.store
        for _ in pruning.prune(store.tables, store.read, store.write, clock.now()):
            pass
        changed = self.done(self.user.put(f"/clouds/{cloud}", {"note": "x"}))
        self.assertEqual([changed], self.revisions("clouds", "b"))
        self.assertEqual([], self.revisions("clouds", "a"))
