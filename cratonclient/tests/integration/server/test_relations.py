# SPDX-License-Identifier: Apache-2.0
"""References, names, parents, deletion (sections 5.6, 5.7 and 12)."""

from __future__ import annotations

from cratonclient.tests.integration.server import base


class TestReferences(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.user = self.member()

    def test_what_refers_to_nothing_is_refused_and_not_written(self):
        region = self.user.make("regions")
        for field in ("cloud_id", "region_id", "cell_id", "parent_id"):
            given = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
            body = self.user.needed("hosts", {**given, "name": field})
            body = {**body, field: base.NOWHERE}
            what = field.removesuffix("_id").replace("parent", "device")
            self.assertAnswer(
                self.user.post("/hosts", body),
                404,
                f"{field}: there is no {what} {base.NOWHERE}",
            )
        self.assertEqual([], self.user.items("/hosts"))

    def test_a_parent_that_is_itself_or_below_is_refused(self):
        top = self.user.make("hosts", name="top")
        place = {"region_id": top["region_id"]}
        middle = self.user.make("network-devices", parent_id=top["id"], **place)
        bottom = self.user.make("hosts", parent_id=middle["id"], **place)

        itself = self.user.put(f"/hosts/{top['id']}", {"parent_id": top["id"]})
        below = self.user.put(f"/hosts/{top['id']}", {"parent_id": bottom["id"]})

        self.assertAnswer(
            itself,
            400,
            "A device cannot be its own parent. The id for 'top' cannot be used as its "
            "parent_id.",
        )
        self.assertAnswer(
            below,
            400,
            "A device cannot have a descendant as its parent. The parent_id for 'top' "
            f"cannot be set to the id '{bottom['id']}'.",
        )
        self.assertIsNone(self.user.get(f"/hosts/{top['id']}").json["parent_id"])

    def test_a_name_that_is_taken_is_refused(self):
        conflicts = {
            "clouds": "A cloud with the given name already exists.",
            "regions": "A region with the given name already exists.",
            "cells": "A cell with the given name already exists.",
            "hosts": "A device with the given name already exists.",
            "network-devices": "A device with the given name already exists.",
            "networks": "Network with the given name already exists in this region.",
        }
        for collection, message in conflicts.items():
            with self.about(collection):
                first = self.user.make(collection, name="one")
                same: dict[str, object] = {
                    n: first[n] for n in ("cloud_id", "region_id") if n in first
                }
                second = self.user.make(collection, name="two", **same)
                again = self.user.needed(collection, {"name": "one", **same})
                self.assertAnswer(self.user.post(f"/{collection}", again), 409, message)
                path = f"/{collection}/{second['id']}"
                self.assertAnswer(self.user.put(path, {"name": "one"}), 409, message)
                self.assertEqual("two", self.user.get(path).json["name"])

    def test_hosts_and_network_devices_share_their_names(self):
        host = self.user.make("hosts", name="one")
        body = self.user.needed(
            "network-devices", {"name": "one", "region_id": host["region_id"]}
        )

        self.assertAnswer(self.user.post("/network-devices", body), 409)


class TestDeletion(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.user = self.member()

    def test_containers_take_everything_in_them_along(self):
        for container in ("clouds", "regions"):
            with self.about(container):
                interface = self.user.make("network-interfaces")
                host = self.user.get(f"/hosts/{interface['device_id']}").json
                network = self.user.make("networks", region_id=host["region_id"])
                child = self.user.make(
                    "hosts", region_id=host["region_id"], parent_id=host["id"]
                )
                owner = host[f"{container[:-1]}_id"]
                self.assertAnswer(self.user.delete(f"/{container}/{owner}"), 204)
                for path in (
                    f"/regions/{host['region_id']}",
                    f"/hosts/{host['id']}",
                    f"/hosts/{child['id']}",
                    f"/networks/{network['id']}",
                    f"/network-interfaces/{interface['id']}",
                ):
                    self.assertAnswer(self.user.get(path), 404, "Not Found")

    def test_what_others_refer_to_stays(self):
        parent = self.user.make("hosts")
        self.user.make("hosts", region_id=parent["region_id"], parent_id=parent["id"])
        network = self.user.make("networks", region_id=parent["region_id"])
        self.user.make("network-interfaces", device_id=parent["id"], network_id=network["id"])
        for path in (f"/hosts/{parent['id']}", f"/networks/{network['id']}"):
            self.assertAnswer(self.user.delete(path), 409)
            self.assertEqual(200, self.user.get(path).status)

    def test_a_project_takes_its_users_along(self):
        cloud = self.user.make("clouds")

        self.assertAnswer(self.root.delete(f"/projects/{self.user.project_id}"), 204)

        self.assertAnswer(self.user.get("/clouds"), 401)
        self.assertAnswer(self.root.get(f"/clouds/{cloud['id']}"), 404)
