# SPDX-License-Identifier: Apache-2.0
"""Deletion: dependent objects that are deleted as well, or that prevent it."""

from __future__ import annotations

from cratonclient.tests.integration.server import base, databases


class TestDeletion(base.ServerTestCase):
    """A project with one object of each kind."""

    def setUp(self):
        super().setUp()
        self.make_everything()

    def make_everything(self) -> None:
        """Create the project and its objects."""
        self.user = self.member()
        make = self.user.make
        self.ids = {"clouds": make("clouds", variables={"a": 1})["id"]}
        cloud = self.ids["clouds"]
        self.ids["regions"] = make("regions", cloud_id=cloud, variables={"a": 1})["id"]
        place = {"cloud_id": cloud, "region_id": self.ids["regions"]}
        self.ids["cells"] = make("cells", variables={"a": 1}, **place)["id"]
        inside = {**place, "cell_id": self.ids["cells"], "variables": {"a": 1}}
        self.ids["hosts"] = make("hosts", labels=["x"], **inside)["id"]
        self.ids["network-devices"] = make("network-devices", **inside)["id"]
        self.ids["networks"] = make("networks", **inside)["id"]
        self.ids["network-interfaces"] = make(
            "network-interfaces", device_id=self.ids["hosts"], variables={"a": 1}
        )["id"]

    def where(self, name: str) -> str:
        """Return the path of the only object of a kind."""
        return f"/{name}/{self.ids[name]}"

    def left(self) -> set[str]:
        """Return the objects that still exist."""
        return {name for name in self.ids if self.user.get(self.where(name)).status == 200}

    def _rows(self) -> int:
        tables = databases.contents(self.store)
        found = (
            rows for name, rows in tables.items() if name.endswith(("_variables", "_labels"))
        )
        return sum(map(len, found))

    def test_what_lives_in_it_goes_too(self):
        inside_cell = {"hosts", "network-devices", "networks", "network-interfaces"}
        for name, gone in (
            ("network-interfaces", set()),
            ("hosts", {"network-interfaces"}),
            ("network-devices", set()),
            ("networks", set()),
            ("cells", inside_cell),
            ("regions", {"cells"} | inside_cell),
            ("clouds", {"regions", "cells"} | inside_cell),
        ):
            self.make_everything()
            effects = self.user.get(f"{self.where(name)}/deletion").json
            answer = self.user.delete(self.where(name))
            with self.about(name):
                deletes = {other.replace("-", "_"): 1 for other in gone}
                self.assertEqual({"deletes": deletes, "blocked_by": []}, effects)
                self.assertEqual((204, ""), (answer.status, answer.text))
                self.assertEqual(set(self.ids) - gone - {name}, self.left())

    def test_a_project_takes_its_users_and_its_inventory(self):
        self.assertAnswer(self.root.delete(f"/projects/{self.user.project_id}"), 204)
        self.assertAnswer(self.root.get(f"/projects/{self.user.project_id}"), 404)
        self.assertAnswer(self.user.get("/clouds"), 401)
        for name in self.ids:
            self.assertAnswer(self.root.get(self.where(name)), 404)

    def test_variables_and_labels_leave_no_rows_behind(self):
        before = self._rows()
        self.assertAnswer(self.user.delete(self.where("clouds")), 204)
        # Seven objects with a variable each, and one label.
        self.assertEqual(before - 8, self._rows())

    def test_a_device_with_children_stays(self):
        for name in ("hosts", "network-devices"):
            parent, child = self.ids[name], self.user.make("hosts", parent_id=self.ids[name])
            answer = self.user.delete(f"/{name}/{parent}")
            with self.about(name):
                self.assertAnswer(answer, 409)
                self.assertEqual(set(self.ids), self.left())
            self.assertAnswer(self.user.delete(f"/hosts/{child['id']}"), 204)
            self.assertAnswer(self.user.delete(f"/{name}/{parent}"), 204)
            self.ids.pop(name)
            self.ids.pop("network-interfaces", None)

    def test_a_network_with_interfaces_stays(self):
        fields = {"device_id": self.ids["network-devices"], "network_id": self.ids["networks"]}
        interface = self.user.make("network-interfaces", **fields)["id"]
        self.assertAnswer(self.user.delete(self.where("networks")), 409)
        self.assertEqual(set(self.ids), self.left())
        self.assertAnswer(self.user.delete(f"/network-interfaces/{interface}"), 204)
        self.assertAnswer(self.user.delete(self.where("networks")), 204)

    def test_what_something_outside_refers_to_stays_with_all_around_it(self):
        outside = self.user.make("hosts", parent_id=self.ids["hosts"])["id"]
        for name in ("hosts", "cells", "regions", "clouds"):
            with self.about(name):
                answer = self.user.delete(self.where(name))
                self.assertAnswer(answer, 409)
                self.assertEqual(set(self.ids), self.left())
        self.assertAnswer(self.user.get(f"/hosts/{outside}"), 200)

    def make_child(self, name: str) -> int:
        """Create a host in another region whose parent is the host of the project."""
        child: int = self.user.make("hosts", name=name, parent_id=self.ids["hosts"])["id"]
        return child

    def test_a_conflict_names_the_objects_in_the_way(self):
        child = self.make_child("blade")
        for name in ("hosts", "cells", "regions", "clouds"):
            with self.about(name):
                message = self.user.delete(self.where(name)).json["message"]
                self.assertIn(f"{name.removesuffix('s')} {self.ids[name]} is in use", message)
                self.assertIn(f"host {child} (blade, parent_id)", message)

    def test_a_conflict_names_a_few_objects(self):
        for number in range(9):
            self.make_child(f"blade-{number}")
        message = self.user.delete(self.where("hosts")).json["message"]
        self.assertIn("(blade-2, parent_id), and more", message)
        self.assertNotIn("blade-3", message)

    def test_the_objects_in_the_way_are_shown_before(self):
        child = self.make_child("blade")
        shown = self.user.get(f"{self.where('regions')}/deletion").json["blocked_by"]
        wanted = {"collection": "hosts", "id": child, "name": "blade", "field": "parent_id"}
        self.assertEqual([wanted], shown)

    def test_the_effects_on_an_object_that_is_not_visible(self):
        other = self.member()
        for who, path in ((other, self.where("clouds")), (self.user, "/clouds/999999")):
            self.assertAnswer(who.get(f"{path}/deletion"), 404)

    def test_the_effects_on_a_project(self):
        effects = self.root.get(f"/projects/{self.user.project_id}/deletion").json["deletes"]
        numbers = {name.replace("-", "_"): 1 for name in self.ids} | {
            "users": 1,
            "user_keys": 1,
        }
        self.assertEqual(numbers, effects)

    def test_the_effects_of_a_deletion_that_would_be_refused(self):
        (root,) = self.root.items("/users?name=root")
        admin = self.member(is_admin=True)
        for who, path in (
            (self.root, f"/users/{root['id']}"),
            (self.root, f"/projects/{root['project_id']}"),
            (admin, f"/projects/{admin.project_id}"),
        ):
            with self.subTest(path):
                refused = who.delete(path)
                shown = who.get(f"{path}/deletion")
                self.assertIn(refused.status, (403, 409))
                self.assertEqual((refused.status, refused.json), (shown.status, shown.json))

    def test_the_effects_take_no_parameters(self):
        self.assertAnswer(self.user.get(f"{self.where('clouds')}/deletion?x=1"), 400)

    def test_a_family_that_lives_in_one_place_goes_with_it(self):
        place = {
            key: self.ids[f"{key.removesuffix('_id')}s"] for key in ("cloud_id", "region_id")
        }
        self.user.make("hosts", parent_id=self.ids["hosts"], **place)
        answer = self.user.delete(self.where("regions"))
        self.assertAnswer(answer, 204)
        self.assertEqual({"clouds"}, self.left())

    def test_a_deleted_user_is_locked_out_at_once(self):
        user = self.root.items(f"/users?name={self.user.headers['X-Auth-User']}")[0]
        self.assertAnswer(self.user.get("/clouds"), 200)
        self.assertAnswer(self.root.delete(f"/users/{user['id']}"), 204)
        self.assertAnswer(self.user.get("/clouds"), 401)

    def test_one_may_delete_oneself(self):
        admin = self.member(is_admin=True)
        (user,) = admin.items(f"/users?name={admin.headers['X-Auth-User']}")
        self.assertAnswer(admin.delete(f"/users/{user['id']}"), 204)
        self.assertAnswer(admin.get("/users"), 401)
