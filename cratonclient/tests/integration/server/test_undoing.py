# SPDX-License-Identifier: Apache-2.0
"""``/v1/changes/N/undo``: what undoing brings back, and what prevents it."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases


class UndoTestCase(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.user = self.member()

    def last(self) -> int:
        """Return the last revision."""
        return t.cast("int", self.user.get("/changes").json["last_revision"])

    def undo(self, revision: int, status: int = 200, **options: t.Any) -> t.Any:
        """Undo a change, and return the body of the response."""
        answer = self.user.post(f"/changes/{revision}/undo", options)
        self.assertAnswer(answer, status)
        return answer.json

    def seen(self, *paths: str) -> list[t.Any]:
        """Return what is at paths, without the times of the last change."""
        found = [self.user.get(path).json for path in paths]
        for one in found:
            for item in (one, *one.get("hosts", ())):
                item.pop("updated_at", None)
        return found


class TestUndo(UndoTestCase):
    """Undoing changes, and what prevents it."""

    def test_a_region_with_everything_in_it(self):
        place = self.user.make("regions", variables={"a": 1})
        where = {"region_id": place["id"], "cloud_id": place["cloud_id"]}
        host = self.user.make("hosts", **where, variables={"b": {"c": 2}}, labels=["x"])
        child = self.user.make("hosts", **where, parent_id=host["id"])
        paths = (
            f"/regions/{place['id']}",
            f"/hosts/{child['id']}",
            f"/hosts/{host['id']}/variables",
            f"/hosts/{host['id']}/labels",
            "/hosts?vars=b.c:2",
        )
        before = self.seen(*paths)
        self.assertAnswer(self.user.delete(f"/regions/{place['id']}"), 204)
        deletion = self.last()
        self.assertEqual(3, len(self.user.get(f"/changes/{deletion}").json["objects"]))

        undone = self.undo(deletion)
        self.assertEqual(deletion, undone["undoes"])
        self.assertEqual(before, self.seen(*paths))
        self.undo(undone["revision"])
        self.assertAnswer(self.user.get(paths[0]), 404)

    def test_what_moved_on_is_named(self):
        cloud = self.user.make("clouds")["id"]
        path = f"/clouds/{cloud}"
        self.user.put(path, {"note": "a"})
        first = self.last()
        self.user.put(f"{path}/variables", {"b": 1})
        self.assertIn(f"cloud {cloud}", self.undo(first, 409)["message"])
        self.assertEqual("a", self.user.get(path).json["note"])
        self.undo(first, force=True)
        found = self.user.get(path).json
        self.assertEqual((None, {"b": 1}), (found["note"], found["variables"]))

    def test_what_was_created_inside_since_is_kept(self):
        cloud = self.user.make("clouds")["id"]
        creation = self.last()
        region = self.user.make("regions", cloud_id=cloud)["id"]
        self.assertIn(f"(id {region})", self.undo(creation, 409)["message"])
        self.assertAnswer(self.user.get(f"/regions/{region}"), 200)

    def test_a_name_that_is_taken(self):
        cloud = self.user.make("clouds", name="mine")["id"]
        self.user.delete(f"/clouds/{cloud}")
        deletion = self.last()
        self.user.make("clouds", name="mine")
        self.undo(deletion, 409)

    def test_what_undoes_it_is_shown(self):
        self.user.make("clouds")
        creation = self.last()
        self.member().make("clouds")  # with the same revision in another project
        shown: list[t.Any] = []
        for revision in (creation, creation + 1, creation):
            shown.append(self.user.get(f"/changes/{creation}").json["undone_by"])
            self.undo(revision)
        shown.append(self.user.get(f"/changes/{creation}").json["undone_by"])
        self.assertEqual([None, creation + 1, creation + 1, creation + 3], shown)

    def test_a_dry_run(self):
        cloud = self.user.make("clouds")["id"]
        last = self.last()
        shown = self.undo(last, dry_run=True)
        self.assertEqual(["deleted"], [one["action"] for one in shown["objects"]])
        self.assertEqual(last, self.last())
        self.assertAnswer(self.user.get(f"/clouds/{cloud}"), 200)

    def test_quotas_hold(self):
        cloud = self.user.make("clouds", variables={"a": "x" * 100})["id"]
        self.user.delete(f"/clouds/{cloud}")
        deletion = self.last()
        for quota, status in (({"clouds": 0}, 403), ({"variables_bytes": 50}, 413)):
            self.root.put(f"/quotas/{self.user.project_id}", quota)
            self.undo(deletion, status)
            self.root.delete(f"/quotas/{self.user.project_id}")
        self.undo(deletion)


class TestChangedSince(UndoTestCase):
    """Later changes prevent undoing only if they come to something."""

    def test_a_value_that_was_changed_and_changed_back(self):
        host = self.user.make("hosts", note="A", variables={"a": {"b": 1}})["id"]
        path = f"/hosts/{host}"
        self.user.put(path, {"note": "A1"})
        first = self.last()
        for part, value, more in (
            ("", {"note": "B1"}, {"note": "A1"}),
            ("", {"active": False}, {"active": True}),
            ("/variables", {"a": {"b": 2}}, {"a": {"b": 1}}),
        ):
            with self.about(f"{part} {value}"):
                self.user.put(path + part, value)
                self.undo(first, 409)
                self.user.put(path + part, more)
                self.undo(first, dry_run=True)
        self.undo(first)
        self.assertEqual("A", self.user.get(path).json["note"])

    def test_a_value_that_was_added_and_removed(self):
        path = f"/hosts/{self.user.make('hosts')['id']}"
        self.user.put(path, {"active": False})
        first = self.last()
        for part, value in (
            ("", {"note": "x"}),
            ("/variables", {"c": None}),
            ("/labels", {"labels": ["y"]}),
        ):
            self.user.put(path + part, value)
            self.undo(first, 409)
            self.undo(self.last())
            self.undo(first, dry_run=True)
        self.undo(first)
        self.assertIs(True, self.user.get(path).json["active"])

    def test_two_changes_that_came_to_nothing_one_of_them_in_part(self):
        hosts = [self.user.make("hosts")["id"] for _ in range(12)]
        self.user.post("/changes", {"changes": [_update(one, note="A") for one in hosts]})
        first = self.last()
        self.user.post("/changes", {"changes": [_update(one, note="B") for one in hosts]})
        self.user.post("/changes", {"changes": [_update(one, note="A") for one in hosts[:-2]]})
        refused = self.undo(first, 409)
        self.assertEqual(hosts[-2:], [one["id"] for one in refused["objects"]])
        self.assertEqual(2, refused["number"])

    def test_a_deletion_that_was_undone(self):
        host = self.user.make("hosts", note="A", variables={"a": 1}, labels=["x"])
        path = f"/hosts/{host['id']}"
        creation = self.last()
        self.user.put(path, {"note": "B"})
        update = self.last()
        self.user.delete(path)
        deletion = self.last()
        self.undo(creation, 409)
        self.undo(update, 409)
        back = self.undo(deletion)["revision"]
        self.undo(update)
        self.assertEqual("A", self.user.get(path).json["note"])
        # The host is what it was right after its creation, and what it was before its deletion
        # is not what it is now.
        self.undo(back, 409)
        self.undo(creation)
        self.assertAnswer(self.user.get(path), 404)

    def test_undoing_again_and_again(self):
        place = self.user.make("regions", variables={"a": 1})
        where = {"region_id": place["id"], "cloud_id": place["cloud_id"]}
        for number in range(3):
            self.user.make("hosts", **where, variables={"n": number})
        self.user.delete(f"/regions/{place['id']}")
        deletion = self.last()
        back = self.undo(deletion)["revision"]
        again = self.undo(back)["revision"]  # deleted
        shown = self.undo(deletion, dry_run=True)["objects"]
        self.assertEqual({"created"}, {one["action"] for one in shown})
        self.undo(again)
        self.undo(back)
        self.assertAnswer(self.user.get(f"/regions/{place['id']}"), 404)

    def test_what_was_created_inside_and_is_gone(self):
        place = self.user.make("regions")
        creation = self.last()
        where = {"region_id": place["id"], "cloud_id": place["cloud_id"]}
        self.user.make("hosts", **where)
        self.undo(creation, 409)
        gone = self.undo(self.last())["revision"]
        self.undo(creation, dry_run=True)
        self.undo(gone)  # the host is back
        self.undo(creation, 409)
        self.undo(self.last())
        self.undo(creation)

    def test_a_host_that_moved_through(self):
        old = self.user.make("regions")
        host = self.user.make("hosts", region_id=old["id"], cloud_id=old["cloud_id"])["id"]
        new = self.user.make("regions", cloud_id=old["cloud_id"])["id"]
        creation = self.last()
        self.user.put(f"/hosts/{host}", {"region_id": new})
        self.assertIn(f"(id {host})", self.undo(creation, 409)["message"])
        self.user.put(f"/hosts/{host}", {"region_id": old["id"]})
        self.undo(creation)
        self.assertAnswer(self.user.get(f"/hosts/{host}"), 200)


class TestForce(UndoTestCase):
    """Undoing in spite of later changes writes only what differs."""

    def test_nothing_differs(self):
        path = f"/hosts/{self.user.make('hosts', variables={'a': 1}, labels=['x'])['id']}"
        self.user.put(path, {"note": "A"})
        update = self.last()
        self.user.delete(path)
        deletion = self.last()
        for revision in (deletion, update):
            self.undo(revision)
            last, tag = self.last(), self.user.get(path).headers["etag"]
            refused = self.undo(revision, 409, force=True)
            self.assertEqual("There is nothing to undo.", refused["message"])
            self.assertEqual((last, tag), (self.last(), self.user.get(path).headers["etag"]))

    def test_only_what_differs_is_written(self):
        hosts = [self.user.make("hosts")["id"] for _ in range(3)]
        items = [{**_update(one, note="A"), "variables": {"set": {"a": one}}} for one in hosts]
        self.user.post("/changes", {"changes": items})
        update = self.last()
        first, second, third = (f"/hosts/{one}" for one in hosts)
        self.undo(update)
        self.user.put(f"{second}/variables", {"a": 7})
        self.user.put(third, {"note": "B"})
        before = self.user.get(first).json
        undone = self.undo(update, force=True)
        self.assertEqual(hosts[1:], [one["id"] for one in undone["objects"]])
        self.assertEqual({"variables": {"a": 7}}, undone["objects"][0]["before"])
        self.assertEqual({"note": "B"}, undone["objects"][1]["before"])
        self.assertEqual(before, self.user.get(first).json)
        self.assertTouched(second, undone["revision"])
        self.assertTouched(third, undone["revision"])

    def assertTouched(self, path: str, revision: int) -> None:
        """Check the time and the revision of the last change of an object."""
        answer, change = self.user.get(path), self.user.get(f"/changes/{revision}").json
        self.assertEqual(change["created_at"], answer.json["updated_at"])
        self.assertTrue(answer.headers["etag"].strip('"').startswith(str(revision)))

    def test_what_went_and_what_came_back(self):
        host = self.user.make("hosts", note="A", variables={"a": 1, "b": 1}, labels=["x"])
        path = f"/hosts/{host['id']}"
        items = [
            {
                **_update(host["id"], note="B"),
                "variables": {"set": {"a": 2}, "unset": ["b"]},
                "labels": {"remove": ["x"], "add": ["y"]},
            }
        ]
        self.assertAnswer(self.user.post("/changes", {"changes": items}), 200)
        update = self.last()
        self.user.delete(f"{path}/variables", ["a"])
        self.user.put(f"{path}/variables", {"b": 3})
        self.user.put(f"{path}/labels", {"labels": ["x"]})
        undone = self.undo(update, force=True)
        self.assertEqual(
            ("A", {"a": 1, "b": 1}, ["x"]),
            (
                self.user.get(path).json["note"],
                self.user.get(f"{path}/variables").json["variables"],
                self.user.get(f"{path}/labels").json["labels"],
            ),
        )
        self.assertEqual(1, len(undone["objects"]))
        self.assertEqual(
            [path], [f"/hosts/{one['id']}" for one in self.user.items("/hosts?vars=a:1")]
        )

    def test_a_deletion_whose_object_is_back_and_changed(self):
        host = self.user.make("hosts", note="A", variables={"a": 1, "b": 1}, labels=["x"])
        path = f"/hosts/{host['id']}"
        before = self.seen(path, f"{path}/variables", f"{path}/labels")
        self.user.delete(path)
        deletion = self.last()
        self.undo(deletion)
        self.user.put(path, {"note": "B"})
        self.user.put(f"{path}/variables", {"a": 2})
        self.user.delete(f"{path}/variables", ["b"])
        self.user.delete(f"{path}/labels", {"labels": ["x"]})
        undone = self.undo(deletion, force=True)
        self.assertEqual(["updated"], [one["action"] for one in undone["objects"]])
        self.assertEqual(before, self.seen(path, f"{path}/variables", f"{path}/labels"))

    def test_what_is_deleted_stays_deleted(self):
        parts = {"variables": {"a": 1}, "labels": ["x"]}
        hosts = [self.user.make("hosts", **parts)["id"] for _ in range(2)]
        more = {"variables": {"unset": ["a"]}, "labels": {"remove": ["x"]}}
        items = [{**_update(one, note="B"), **more} for one in hosts]
        self.assertAnswer(self.user.post("/changes", {"changes": items}), 200)
        update = self.last()
        self.user.delete(f"/hosts/{hosts[0]}")
        undone = self.undo(update, force=True)
        self.assertEqual([hosts[1]], [one["id"] for one in undone["objects"]])


class TestUsers(UndoTestCase):
    """Undoing gives nobody more rights, and brings no secrets back."""

    def set_root(self, user_id: int) -> None:
        """Make a user a root user, as an administrator of the server does."""
        users = self.store.tables.metadata.tables["users"]
        with databases.writing(self.store, self.user.project_id) as connection:
            own = sa.update(users).where(users.c.id == user_id)
            connection.execute(own.values(is_root=True, is_admin=True, role="admin"))

    def test_only_root_users_undo_changes_of_root_users(self):
        admin = self.member(self.user.project_id, is_admin=True)
        user = admin.make("users")["id"]
        self.set_root(user)
        promotion = self.last()
        self.root.put(f"/users/{user}", {"is_admin": False})
        demotion = self.last()
        self.assertAnswer(admin.post(f"/changes/{demotion}/undo"), 403)
        path = f"/changes/{{}}/undo?project_id={self.user.project_id}"
        self.assertAnswer(self.root.post(path.format(demotion)), 200)
        self.assertAnswer(admin.post(f"/changes/{promotion}/undo"), 403)
        self.root.delete(f"/users/{user}")
        self.assertAnswer(admin.post(f"/changes/{self.last()}/undo"), 403)

    def test_what_has_a_secret(self):
        admin = self.member(self.user.project_id, is_admin=True)
        user = admin.make("users")["id"]
        key = admin.make("user-keys", user_id=user)
        hook = admin.make("webhooks")
        for path, item in (("user-keys", key), ("webhooks", hook)):
            self.assertAnswer(admin.delete(f"/{path}/{item['id']}"), 204)
            for options in ({}, {"force": True}, {"dry_run": True}):
                answer = admin.post(f"/changes/{self.last()}/undo", options)
                self.assertAnswer(answer, 409)
                self.assertIn(f"'{item['name']}' (id {item['id']})", answer.json["message"])
                self.assertIn("secret", answer.json["message"])


class TestAdmins(UndoTestCase):
    """An admin changes the variables of the own project through all doors."""

    def setUp(self):
        super().setUp()
        self.user = self.member(role="admin")

    def test_variables_of_the_project(self):
        project = self.user.project_id
        path = f"/projects/{project}/variables"
        change = {"action": "update", "kind": "projects", "id": project}
        more = {"variables": {"set": {"a": 1}}}
        self.assertAnswer(self.user.put(path, {"a": 0}), 200)
        self.undo(self.last())
        self.assertEqual({}, self.user.get(path).json["variables"])
        self.assertAnswer(self.user.post("/changes", {"changes": [{**change, **more}]}), 200)
        self.assertEqual({"a": 1}, self.user.get(path).json["variables"])
        self.undo(self.last())
        for refused in ({"values": {"name": "x"}}, {"values": {}, **more, "action": "delete"}):
            answer = self.user.post("/changes", {"changes": [{**change, **refused}]})
            self.assertAnswer(answer, 403)
        values = {**change, **more, "values": {"name": "x"}}
        self.assertAnswer(self.user.post("/changes", {"changes": [values]}), 403)
        self.root.put(f"/projects/{project}", {"name": "renamed"})
        self.undo(self.last(), 403)
        self.root.put(f"/quotas/{project}", {"hosts": 5})
        self.undo(self.last(), 403)


class TestObstacles(UndoTestCase):
    """The objects that prevent undoing are named, also with force."""

    def refused(self, revision: int, problem: str, *words: str) -> list[dict[str, t.Any]]:
        """Undo a change, and return the objects of the refusal."""
        for options in ({"force": True}, {"dry_run": True}, {}):
            body = self.undo(revision, 409, **options)
            for word in words:
                self.assertIn(word, body["message"])
            self.assertEqual({problem}, {one["problem"] for one in body["objects"]})
            self.assertEqual(len(body["objects"]), body["number"])
        return t.cast("list[dict[str, t.Any]]", body["objects"])

    def test_names_of_deleted_objects(self):
        place = self.user.make("regions")
        where = {"region_id": place["id"], "cloud_id": place["cloud_id"]}
        old = [self.user.make("hosts", **where, name=name)["id"] for name in "abc"]
        self.user.post(
            "/changes",
            {"changes": [{"action": "delete", "kind": "hosts", "id": one} for one in old]},
        )
        deletion = self.last()
        host = self.user.make("hosts", **where, name="a")["id"]
        device = self.user.make("network-devices", **where, name="c")["id"]
        self.user.make("hosts", name="b")  # in another region
        words = f"host 'a' (id {old[0]})", f"(id {host})", f"network device 'c' (id {device})"
        found = self.refused(deletion, "name taken", *words)
        self.assertEqual({old[0], old[2]}, {one["id"] for one in found})
        self.assertEqual({"a", "c"}, {one["name"] for one in found})

    def test_a_name_before_a_change(self):
        cloud = self.user.make("clouds", name="old")["id"]
        self.user.put(f"/clouds/{cloud}", {"name": "new"})
        renaming = self.last()
        other = self.user.make("clouds", name="old")["id"]
        (found,) = self.refused(renaming, "name taken", f"cloud 'old' (id {cloud})")
        self.assertEqual(("old", other), (found["name"], found["other"]["id"]))

    def test_references(self):
        place = self.user.make("regions", name="here")
        where = {"region_id": place["id"], "cloud_id": place["cloud_id"]}
        host = self.user.make("hosts", **where)
        self.user.delete(f"/hosts/{host['id']}")
        deletion = self.last()
        self.user.delete(f"/regions/{place['id']}")
        (found,) = self.refused(deletion, "reference lost", f"region 'here' (id {place['id']})")
        self.assertEqual(("region_id", host["id"]), (found["field"], found["id"]))

    def test_what_refers_to_a_created_object(self):
        parent = self.user.make("hosts")
        creation = self.last()
        where = {name: parent[name] for name in ("region_id", "cloud_id")}
        child = self.user.make("hosts", **where, parent_id=parent["id"])
        (found,) = self.refused(creation, "referred to", f"host '{child['name']}'")
        self.assertEqual(("parent_id", child["id"]), (found["field"], found["other"]["id"]))

    def test_what_was_moved_into_a_created_place(self):
        """Also by the change that updates it, before it is moved."""
        cell = self.user.make("cells")
        where = {n: cell[n] for n in ("cloud_id", "region_id")}
        old = self.user.make("hosts", **where, variables={"a": 1})
        path = f"/hosts/{old['id']}"
        created = {"action": "create", "kind": "cells", "values": {**where, "name": "new"}}
        changes = [created, _update(old["id"], note="A")]
        new = self.user.post("/changes", {"changes": changes}).json["created"]["0"]
        creation = self.last()
        self.assertAnswer(self.user.put(path, {"cell_id": new}), 200)
        body = self.undo(creation, 409, force=True)
        self.assertIn(f"(id {old['id']})", body["message"])
        self.assertEqual({"inside"}, {one["problem"] for one in body["objects"]})
        self.assertEqual(new, self.user.get(path).json["cell_id"])
        self.user.put(path, {"cell_id": cell["id"]})
        self.undo(creation, force=True)
        self.assertEqual(200, self.user.get(path).status)

    def test_what_is_inside_and_has_others_that_refer_to_it(self):
        network = self.user.make("networks")
        where = {n: network[n] for n in ("cloud_id", "region_id")}
        self.user.make("network-interfaces", network_id=network["id"])
        cell = self.user.make("cells", **where)["id"]
        creation = self.last()
        self.assertAnswer(self.user.put(f"/networks/{network['id']}", {"cell_id": cell}), 200)
        words = f"cell_id of network '{network['name']}'", f"(id {cell})"
        self.refused(creation, "referred to", *words)


class TestMixed(UndoTestCase):
    """Change sets that delete objects and do anything else."""

    def test_everything_comes_back(self):
        others: list[dict[str, t.Any]] = [
            {"action": "create", "kind": "clouds", "values": {"name": "mixed"}},
            {"action": "update", "kind": "hosts", "values": {"note": "x"}},
            {"action": "update", "kind": "hosts", "variables": {"set": {"b": 1}}},
            {"action": "update", "kind": "hosts", "labels": {"add": ["y"]}},
        ]
        passing = {"action": "delete", "kind": "hosts", "id": {"created": 0}}
        for collection in ("hosts", "network-devices", "regions"):
            for number, other in enumerate(others):
                for first in (False, True):
                    with self.subTest(collection=collection, other=number, first=first):
                        stays = self.user.make("hosts")
                        if other["action"] == "update":
                            other = {**other, "id": stays["id"]}
                        gone = self.user.make(collection, variables={"a": 1})
                        inner = gone
                        if collection == "regions":
                            where = {"region_id": gone["id"], "cloud_id": gone["cloud_id"]}
                            inner = self.user.make("hosts", **where, variables={"a": 1})
                        of = "hosts" if collection == "regions" else collection
                        path = f"/{of}/{inner['id']}"
                        self.user.put(f"{path}/labels", {"labels": ["x"]})
                        before = self.seen(path, f"{path}/variables", f"{path}/labels")
                        kind = collection.replace("-", "_")
                        delete = {"action": "delete", "kind": kind, "id": gone["id"]}
                        values = {
                            n: stays[n]
                            for n in ("cloud_id", "region_id", "device_type", "ip_address")
                        }
                        values |= {"name": "passing", "variables": {"p": 1}}
                        made = {"action": "create", "kind": "hosts", "values": values}
                        changes = [other, delete] if first else [delete, other]
                        changes = [made, *changes, passing]
                        answer = self.user.post("/changes", {"changes": changes})
                        self.assertAnswer(answer, 200)
                        self.undo(self.last())
                        after = self.seen(path, f"{path}/variables", f"{path}/labels")
                        self.assertEqual(before, after)

    def test_names_that_are_handed_on(self):
        place = self.user.make("regions")
        where = {"region_id": place["id"], "cloud_id": place["cloud_id"]}
        ids = [self.user.make("hosts", **where, name=name)["id"] for name in "abc"]
        for chain in (
            [(0, "d"), (1, "a"), (2, "b")],
            [(2, "d"), (1, "c"), (0, "b")],
            [(0, "d"), (1, "a"), (0, "b")],
        ):
            with self.subTest(chain=chain):
                changes = [_update(ids[one], name=name) for one, name in chain]
                self.assertAnswer(self.user.post("/changes", {"changes": changes}), 200)
                revision = self.last()
                self.undo(revision)
                names = [self.user.get(f"/hosts/{one}").json["name"] for one in ids]
                self.assertEqual([*"abc"], names)
                self.assertIn("nothing", self.undo(revision, 409, force=True)["message"])


class TestSeen(UndoTestCase):
    """Only that is done which a user has seen before."""

    def test_an_undo(self):
        path = f"/hosts/{self.user.make('hosts', note='A')['id']}"
        for note in "BC":
            self.user.put(path, {"note": note})
        seen = self.undo(self.last() - 1, force=True, dry_run=True)
        self.user.put(path, {"note": "D"})
        options = {"force": True, "unchanged_since": seen["revision"] - 1}
        body = self.undo(seen["undoes"], 412, **options)
        self.assertIn(f"revision {self.last()}", body["message"])
        self.assertEqual([path], [f"/hosts/{one['id']}" for one in body["objects"]])
        self.assertEqual("D", self.user.get(path).json["note"])
        self.undo(seen["undoes"], 400, force=True, unchanged_since=self.last() + 1)
        self.undo(seen["undoes"], force=True, unchanged_since=self.last())

    def test_objects_that_are_gone(self):
        hosts = [self.user.make("hosts")["id"] for _ in range(3)]
        changes = [_update(one, note="A") for one in hosts]
        self.user.post("/changes", {"changes": changes})
        update = self.last()
        self.user.delete(f"/hosts/{hosts[0]}")
        self.user.put(f"/hosts/{hosts[1]}", {"note": "B"})
        refused = self.undo(update, 409)["objects"]
        self.assertEqual(
            [(hosts[0], True), (hosts[1], False)],
            [(one["id"], one["deleted"]) for one in refused],
        )
        done = self.undo(update, force=True)
        self.assertEqual([hosts[0]], [one["id"] for one in done["missing"]])


class TestSeveralTimes(UndoTestCase):
    """Change sets that change a value several times, or an object that they create."""

    def post(self, *changes: dict[str, t.Any], **options: t.Any) -> t.Any:
        """Post a change set, and return the response."""
        answer = self.user.post("/changes", {"changes": [*changes], **options})
        self.assertAnswer(answer, 200)
        return answer.json

    def test_a_variable(self):
        host = self.user.make("hosts", variables={"a": 1})["id"]
        one = {"action": "update", "kind": "hosts", "id": host}
        self.post(
            *({**one, "variables": {"set": {"a": n}}} for n in (2, 3, 4)),
            {**one, "variables": {"set": {"b": 1}}},
            {**one, "variables": {"unset": ["b"]}},
        )
        self.undo(self.last())
        found = self.user.get(f"/hosts/{host}/variables").json["variables"]
        self.assertEqual({"a": 1}, found)

    def test_fields_and_variables(self):
        host = self.user.make("hosts", note="A", variables={"a": 1})["id"]
        changes = [
            {**_update(host, note=note), "variables": {"set": {"a": note}}} for note in "BC"
        ]
        self.post(*changes)
        self.undo(self.last())
        found = self.user.get(f"/hosts/{host}").json
        self.assertEqual(("A", {"a": 1}), (found["note"], found["variables"]))

    def passing(self) -> list[t.Any]:
        """Return changes that create a host with everything and delete it."""
        place = self.user.make("regions")
        values = {
            "region_id": place["id"],
            "cloud_id": place["cloud_id"],
            "name": "passing",
            "device_type": "server",
            "ip_address": "192.0.2.1",
            "variables": {"a": 1},
        }
        created = {"created": 0}
        return [
            {"action": "create", "kind": "hosts", "values": values},
            {"action": "update", "kind": "hosts", "id": created, "labels": {"add": ["x"]}},
            {"action": "delete", "kind": "hosts", "id": created},
        ]

    def test_an_object_that_is_created_and_deleted(self):
        changes = self.passing()
        self.assertEqual([], self.post(*changes, dry_run=True)["objects"])
        revision = self.post(*changes)["revision"]
        self.assertEqual([], self.user.get(f"/changes/{revision}").json["objects"])
        (listed,) = self.user.items(f"/changes?after={revision - 1}")
        self.assertEqual({}, listed["counts"])
        refused = self.undo(revision, 409)
        self.assertEqual("There is nothing to undo.", refused["message"])

    def test_the_others_of_such_a_change_are_undone(self):
        cloud = self.user.make("clouds", note="A")["id"]
        other = {"action": "update", "kind": "clouds", "id": cloud, "values": {"note": "B"}}
        revision = self.post(*self.passing(), other)["revision"]
        shown = self.user.get(f"/changes/{revision}").json["objects"]
        self.assertEqual([("clouds", "updated")], [(o["kind"], o["action"]) for o in shown])
        region = self.user.items("/regions")[-1]
        where = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        self.user.make("hosts", name="passing", **where)  # the name is free
        undone = self.undo(revision)
        self.assertEqual(["clouds"], [one["kind"] for one in undone["objects"]])
        self.assertEqual("A", self.user.get(f"/clouds/{cloud}").json["note"])


def _update(host: int, **values: t.Any) -> dict[str, t.Any]:
    """Return a change of a host in a change set."""
    return {"action": "update", "kind": "hosts", "id": host, "values": values}
