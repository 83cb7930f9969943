# SPDX-License-Identifier: Apache-2.0
"""Duplicate names, invalid references, and cycles."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases

DEVICE = "A device with the given name already exists."
#: The unique constraints: the fields that cause a conflict if equal, and the message.
UNIQUE: dict[str, tuple[tuple[str, ...], str]] = {
    "clouds": (("name",), "A cloud with the given name already exists."),
    "regions": (("name", "cloud_id"), "A region with the given name already exists."),
    "cells": (("name", "region_id"), "A cell with the given name already exists."),
    "hosts": (("name", "region_id"), DEVICE),
    "network-devices": (("name", "region_id"), DEVICE),
    "networks": (
        ("name", "region_id"),
        "Network with the given name already exists in this region.",
    ),
}
REFERENCES = {
    "regions": ["cloud_id"],
    "cells": ["cloud_id", "region_id"],
    "hosts": ["cloud_id", "region_id", "cell_id", "parent_id"],
    "network-devices": ["cloud_id", "region_id", "cell_id", "parent_id"],
    "networks": ["cloud_id", "region_id", "cell_id"],
    "network-interfaces": ["device_id", "network_id"],
}
TARGETS = {
    "cloud_id": "clouds",
    "region_id": "regions",
    "cell_id": "cells",
    "parent_id": "hosts",
    "device_id": "hosts",
    "network_id": "networks",
}


class ConflictsTestCase(base.ServerTestCase):
    """Tests that also check the database."""

    def assertRefused(self, status: int, method: str, path: str, body: t.Any) -> base.Answer:
        """Check that a request is refused and changes nothing."""
        before = databases.contents(self.store)
        answer = self.root.call(method, path, body)
        self.assertAnswer(answer, status)
        self.assertEqual(before, databases.contents(self.store))
        return answer


class TestNames(ConflictsTestCase):
    """Duplicate names."""

    def test_a_taken_name_is_refused_in_a_creation(self):
        for name, (fields, message) in UNIQUE.items():
            made = self.root.make(name)
            extra = {"labels": ["x"]} if name == "hosts" else {}
            body = self.root.needed(
                name, {**{f: made[f] for f in fields}, "variables": {"a": 1}, **extra}
            )
            with self.about(name):
                answer = self.assertRefused(409, "POST", f"/{name}", body)
                self.assertEqual(message, answer.json["message"])

    def test_a_taken_name_is_refused_in_an_update(self):
        for name, (fields, message) in UNIQUE.items():
            first = self.root.make(name)
            second = self.root.make(name, **{f: first[f] for f in fields if f != "name"})
            with self.about(name):
                path = f"/{name}/{second['id']}"
                answer = self.assertRefused(409, "PUT", path, {"name": first["name"]})
                self.assertEqual(message, answer.json["message"])

    def test_a_taken_name_of_an_interface_or_user_is_refused(self):
        interface = self.root.make("network-interfaces")
        fields = {key: interface[key] for key in ("name", "device_id")}
        body = self.root.needed("network-interfaces", fields)
        self.assertRefused(409, "POST", "/network-interfaces", body)
        other = self.root.make("network-interfaces", device_id=interface["device_id"])
        path = f"/network-interfaces/{other['id']}"
        self.assertRefused(409, "PUT", path, {"name": interface["name"]})
        user = self.root.make("users")
        body = {key: user[key] for key in ("username", "project_id")}
        self.assertRefused(409, "POST", "/users", body)

    def test_hosts_and_network_devices_share_their_names(self):
        for one, other in (("hosts", "network-devices"), ("network-devices", "hosts")):
            made = self.root.make(one)
            fields = {key: made[key] for key in ("name", "region_id")}
            answer = self.root.post(f"/{other}", self.root.needed(other, fields))
            self.assertAnswer(answer, 409, DEVICE)

    def test_elsewhere_the_name_is_free(self):
        for name, (fields, _) in UNIQUE.items():
            if len(fields) > 1:
                made = self.root.make(name)
                self.assertEqual(made["name"], self.root.make(name, name=made["name"])["name"])
        cloud = self.root.make("clouds")
        self.assertEqual(
            cloud["name"], self.member().make("clouds", name=cloud["name"])["name"]
        )
        interface = self.root.make("network-interfaces")
        self.root.make("network-interfaces", name=interface["name"])
        user = self.root.make("users")
        project = self.root.make("projects")["id"]
        self.root.make("users", username=user["username"], project_id=project)

    def test_projects_may_have_one_name(self):
        first = self.root.make("projects", name="twice")["id"]
        self.assertNotEqual(first, self.root.make("projects", name="twice")["id"])

    def test_an_object_may_keep_its_name(self):
        for name in UNIQUE:
            made = self.root.make(name)
            answer = self.root.put(f"/{name}/{made['id']}", {"name": made["name"]})
            self.assertAnswer(answer, 200)

    def test_the_name_of_what_was_deleted_is_free(self):
        for name, (fields, _) in UNIQUE.items():
            made = self.root.make(name)
            self.root.delete(f"/{name}/{made['id']}")
            self.root.make(name, **{field: made[field] for field in fields})


class TestReferences(ConflictsTestCase):
    """References to other objects."""

    def test_an_unknown_one_is_refused_and_leaves_nothing(self):
        for name, fields in REFERENCES.items():
            for field in fields:
                for unknown in (base.NOWHERE, 0, -1):
                    needed = self.root.needed(name, {"variables": {"a": 1}})
                    with self.about(f"{name} {field} {unknown}"):
                        body = {**needed, field: unknown}
                        self.assertRefused(404, "POST", f"/{name}", body)

    def test_one_that_the_user_does_not_see_is_refused_as_unknown(self):
        stranger, someone = self.member(), self.member()
        for name, fields in REFERENCES.items():
            for field in fields:
                foreign = stranger.make(TARGETS[field])["id"]
                needed = someone.needed(name, {})
                unknown = someone.post(f"/{name}", {**needed, field: base.NOWHERE})
                answer = someone.post(f"/{name}", {**needed, field: foreign})
                with self.about(f"{name} {field}"):
                    self.assertAnswer(answer, 404)
                    said = answer.json["message"].replace(f" {foreign} ", f" {base.NOWHERE} ")
                    self.assertEqual(unknown.json["message"], said)

    def test_a_parent_that_is_unknown_or_foreign_is_refused_in_an_update(self):
        foreign = self.member().make("hosts")["id"]
        someone = self.member()
        for name in ("hosts", "network-devices"):
            made = someone.make(name)
            path = f"/{name}/{made['id']}"
            for parent in (foreign, base.NOWHERE):
                answer = someone.put(path, {"parent_id": parent, "name": "changed"})
                self.assertAnswer(answer, 404)
            found = someone.get(path).json
            self.assertEqual((made["name"], None), (found["name"], found["parent_id"]))

    def test_a_parent_is_a_device_of_either_kind(self):
        for kind in ("hosts", "network-devices"):
            for parent_kind in ("hosts", "network-devices"):
                parent = self.root.make(parent_kind)["id"]
                made = self.root.make(kind, parent_id=parent)
                self.assertEqual(parent, made["parent_id"])
                path = f"/{kind}/{self.root.make(kind)['id']}"
                changed = self.root.put(path, {"parent_id": parent})
                self.assertEqual((200, parent), (changed.status, changed.json["parent_id"]))

    def test_a_user_of_an_unknown_project_is_refused(self):
        body = {"username": "lost", "project_id": base.NO_PROJECT}
        self.assertRefused(404, "POST", "/users", body)

    def test_a_user_of_what_is_no_project_is_refused(self):
        body = {"username": "lost", "project_id": "abc"}
        self.assertRefused(400, "POST", "/users", body)

    def test_what_is_echoed_and_not_kept_refers_to_nothing(self):
        made = self.root.make("network-devices", network_id=base.NOWHERE)
        self.assertEqual(base.NOWHERE, made["network_id"])


class TestPlaces(ConflictsTestCase):
    """The cloud, the region and the cell of an object fit together."""

    def setUp(self):
        super().setUp()
        make = self.root.make
        self.cloud = make("clouds")["id"]
        self.east, self.west = ({"cloud_id": self.cloud} for _ in range(2))
        for place in (self.east, self.west):
            place["region_id"] = make("regions", cloud_id=self.cloud)["id"]
        self.cells = [make("cells", **self.east)["id"] for _ in range(2)]
        self.host = make("hosts", cell_id=self.cells[0], **self.east)["id"]

    def test_an_object_whose_places_contradict_each_other_is_refused(self):
        other_cloud = self.root.make("clouds")["id"]
        region, cell = self.east["region_id"], self.cells[0]
        for name in ("cells", "hosts", "network-devices", "networks"):
            noun = name.removesuffix("s").replace("-", " ")
            cases: list[tuple[dict[str, t.Any], list[str]]] = [
                (
                    {**self.east, "cloud_id": other_cloud},
                    [
                        f"region_id: region {region} has the cloud_id {self.cloud}, but the "
                        f"{noun} has the cloud_id {other_cloud}"
                    ],
                )
            ]
            if name != "cells":
                cases.append(
                    (
                        {**self.west, "cell_id": cell},
                        [
                            f"cell_id: cell {cell} has the region_id {region}, but the {noun} "
                            f"has the region_id {self.west['region_id']}"
                        ],
                    )
                )
            for place, problems in cases:
                body = self.root.needed(name, place)
                with self.about(f"{name} {place}"):
                    answer = self.assertRefused(400, "POST", f"/{name}", body)
                    self.assertInvalid(answer, *problems)

    def test_all_contradictions_are_named(self):
        stranger = self.root.make("cells")
        body = self.root.needed("hosts", {**self.east, "cell_id": stranger["id"]})
        answer = self.assertRefused(400, "POST", "/hosts", body)
        self.assertInvalid(
            answer,
            *(
                f"cell_id: cell {stranger['id']} has the {name} {stranger[name]}, "
                f"but the host has the {name} {self.east[name]}"
                for name in ("cloud_id", "region_id")
            ),
        )

    def test_a_parent_may_be_in_another_place(self):
        for name in ("hosts", "network-devices"):
            for place in (self.west, {**self.east, "cell_id": self.cells[1]}):
                with self.about(f"{name} {place}"):
                    made = self.root.make(name, parent_id=self.host, **place)
                    self.assertEqual(self.host, made["parent_id"])
                    path = f"/{name}/{self.root.make(name, **place)['id']}"
                    self.assertAnswer(self.root.put(path, {"parent_id": self.host}), 200)

    def test_objects_of_earlier_versions_can_be_read_and_changed(self):
        child = self.root.make("hosts", cell_id=self.cells[0], **self.east)
        path, before = f"/hosts/{child['id']}", child["region_id"]
        devices = self.store.tables.metadata.tables["devices"]
        moved = sa.update(devices).where(devices.c.id == child["id"])
        with databases.writing(self.store) as connection:
            connection.execute(moved.values(region_id=self.west["region_id"]))
        self.assertNotEqual(before, self.root.get(path).json["region_id"])
        for change in ({"note": "x"}, {"name": "y", "parent_id": self.host}):
            self.assertAnswer(self.root.put(path, change), 200)

    def test_the_check_takes_no_more_statements(self):
        inside = {**self.east, "cell_id": self.cells[0], "parent_id": self.host}
        body = self.root.needed("hosts", inside)
        seen: list[str] = []

        def note(*args: t.Any) -> None:
            seen.append(args[2])

        sa.event.listen(self.store.engine, "before_cursor_execute", note)
        try:
            self.assertAnswer(self.root.post("/hosts", body), 201)
        finally:
            sa.event.remove(self.store.engine, "before_cursor_execute", note)
        for table, statements in {"clouds": 1, "regions": 1, "cells": 1}.items():
            found = [one for one in seen if f"FROM {table}" in one]
            self.assertEqual(statements, len(found), str(seen))


class TestCircles(ConflictsTestCase):
    """Devices cannot be their own ancestors."""

    def test_no_device_is_its_own_parent(self):
        for name in ("hosts", "network-devices"):
            made = self.root.make(name)
            answer = self.assertRefused(
                400, "PUT", f"/{name}/{made['id']}", {"parent_id": made["id"]}
            )
            self.assertEqual(
                "A device cannot be its own parent. The id for "
                f"'{made['name']}' cannot be used as its parent_id.",
                answer.json["message"],
            )

    def test_no_device_has_a_descendant_as_its_parent(self):
        top = self.root.make("hosts")
        middle = self.root.make("network-devices", parent_id=top["id"])
        leaf = self.root.make("hosts", parent_id=middle["id"])
        for name, made, below in (
            ("hosts", top, middle),
            ("hosts", top, leaf),
            ("network-devices", middle, leaf),
        ):
            answer = self.assertRefused(
                400, "PUT", f"/{name}/{made['id']}", {"parent_id": below["id"]}
            )
            self.assertEqual(
                "A device cannot have a descendant as its parent. The parent_id for "
                f"'{made['name']}' cannot be set to the id '{below['id']}'.",
                answer.json["message"],
            )

    def test_a_new_device_cannot_guess_its_own_id(self):
        for name in ("hosts", "network-devices"):
            body = self.root.needed(name, {})
            guessed = self.root.make("hosts")["id"] + 1
            answer = self.root.post(f"/{name}", {**body, "parent_id": guessed})
            self.assertIn(answer.status, (400, 404))
            self.assertEqual([], self.root.items(f"/{name}?name={body['name']}"))

    def test_siblings_may_become_parent_and_child(self):
        top = self.root.make("hosts")["id"]
        one, other = (self.root.make("hosts", parent_id=top)["id"] for _ in range(2))
        answer = self.root.put(f"/hosts/{one}", {"parent_id": other})
        self.assertAnswer(answer, 200)
        answer = self.root.put(f"/hosts/{other}", {"parent_id": one})
        self.assertAnswer(answer, 400)
