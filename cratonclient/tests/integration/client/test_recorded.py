# SPDX-License-Identifier: Apache-2.0
"""The Python API with recorded responses of a live server, for every kind.

These tests use only the 2017 protocol, so they can also be recorded from an original
Craton server.
"""

from __future__ import annotations

import pathlib
import typing as t

from cratonclient import exceptions
from cratonclient.tests import recorded

CASSETTES = pathlib.Path(__file__).parent / "cassettes"


class RecordedFleet(recorded.RecordedTestCase):
    """A test that creates objects and deletes them afterwards."""

    cassettes = CASSETTES

    def place(self) -> dict[str, int]:
        """Create a cloud with a region and return the fields that refer to them."""
        cloud = self.craton.clouds.create(name="recorded-cloud", variables={"ntp": "a"})
        self.addCleanup(self.craton.clouds.delete, cloud.id)
        region = self.craton.regions.create(name="recorded-region", cloud_id=cloud.id)
        return {"cloud_id": cloud.id, "region_id": region.id}

    def device(self, number: int = 1, **more: t.Any) -> dict[str, t.Any]:
        """Return the fields of a device."""
        return {
            "name": f"recorded-{number}",
            "ip_address": f"10.0.0.{number}",
            "device_type": "server",
            **more,
        }


class Life(RecordedFleet):
    """The life of an object, from creation to deletion. Each subclass tests one kind."""

    collection = ""
    #: The fields that PUT changes; empty if an original server does not support PUT.
    change: t.ClassVar[dict[str, t.Any]] = {}
    variables = True

    def fields(self) -> dict[str, t.Any]:
        """Return the fields for creating the object."""
        raise NotImplementedError

    def test_life(self) -> None:
        manager = getattr(self.craton, self.collection)
        given = self.fields()
        name = manager.resource_class.NAME_ATTR

        made = manager.create(**given)
        self.addCleanup(made.delete)  # deleting twice also returns 204
        self.assertEqual(given, {field: made.to_dict()[field] for field in given})

        found = manager.get(made.id)
        self.assertEqual(given[name], getattr(found, name))
        self.assertIn(made.id, [one.id for one in manager.list()])
        if self.change:
            manager.update(made.id, **self.change)
            now = manager.get(made.id).to_dict()
            self.assertEqual(self.change, {field: now[field] for field in self.change})
        if self.variables:
            self.check_variables(found)

        self.assertIs(True, made.delete())
        self.assertRaises(exceptions.NotFound, manager.get, made.id)

    def check_variables(self, owner: t.Any) -> None:
        """Set, read and delete variables of an object."""
        value = {"deep": [1, 2.5, None, True, "ü"]}

        self.assertEqual(value, owner.variables.update(rack="r1", nested=value)["nested"])
        self.assertEqual("r1", owner.variables.get()["rack"].value)
        owner.variables.delete("rack", "nested", "never-there")
        self.assertNotIn("rack", owner.variables.get().to_dict())


class TestProject(Life):
    collection = "projects"

    def fields(self):
        return {"name": "recorded-project"}


class TestUser(Life):
    collection = "users"
    variables = False

    def fields(self):
        project = self.craton.projects.create(name="recorded-project")
        self.addCleanup(project.delete)
        return {"username": "recorded-user", "project_id": project.id, "is_admin": True}


class TestCloud(Life):
    collection = "clouds"
    change: t.ClassVar = {"name": "recorded-renamed", "note": "changed"}

    def fields(self):
        return {"name": "recorded-cloud", "note": "new"}


class TestRegion(Life):
    collection = "regions"
    change: t.ClassVar = {"name": "recorded-renamed", "note": "changed"}

    def fields(self):
        return {"name": "recorded-other", "cloud_id": self.place()["cloud_id"]}


class TestCell(Life):
    collection = "cells"
    change: t.ClassVar = {"name": "recorded-renamed", "note": "changed"}

    def fields(self):
        return {"name": "recorded-cell", **self.place()}


class TestHost(Life):
    collection = "hosts"
    change: t.ClassVar = {"active": False, "note": "in repair", "ip_address": "10.0.0.9"}

    def fields(self):
        return self.device(**self.place())


class TestNetworkDevice(Life):
    collection = "network_devices"
    change: t.ClassVar = {"name": "recorded-renamed", "vlans": "1,2"}

    def fields(self):
        return self.device(model_name="model", os_version="1", **self.place())


class TestNetwork(Life):
    collection = "networks"
    change: t.ClassVar = {"gateway": "10.0.0.2"}

    def fields(self):
        return {
            "name": "recorded-network",
            "cidr": "10.0.0.0/24",
            "gateway": "10.0.0.1",
            "netmask": "255.255.255.0",
            **self.place(),
        }


class TestNetworkInterface(Life):
    collection = "network_interfaces"
    change: t.ClassVar = {"interface_type": "bond", "port": 4}
    variables = False

    def fields(self):
        host = self.craton.hosts.create(**self.device(**self.place()))
        return {
            "name": "eth0",
            "interface_type": "ethernet",
            "device_id": host.id,
            "ip_address": "10.0.0.1",
        }


class TestLists(RecordedFleet):
    def setUp(self):
        super().setUp()
        self.where = self.place()
        self.made = [
            self.craton.hosts.create(**self.device(number, **self.where)).id
            for number in range(1, 13)
        ]

    def test_pages_are_followed(self):
        region = self.where["region_id"]

        found = self.craton.hosts.list(region_id=region, limit=10)

        self.assertEqual(self.made, [host.id for host in found])

    def test_pages_can_be_walked_by_hand(self):
        def page(**more):
            hosts = self.craton.hosts.list(
                autopaginate=False, limit=10, region_id=self.where["region_id"], **more
            )
            return [host.id for host in hosts]

        first = page()
        second = page(marker=first[-1])
        last = page(marker=second[-1])

        self.assertEqual([self.made[:10], self.made[10:], []], [first, second, last])

    def test_devices_are_hosts_and_network_devices(self):
        switch = self.craton.network_devices.create(**self.device(99, **self.where))

        found = self.craton.devices.list(region_id=self.where["region_id"])

        self.assertEqual({*self.made, switch.id}, {device.id for device in found})

    def test_an_inventory_is_of_one_region(self):
        inventory = self.craton.inventory(region_id=self.where["region_id"])

        self.assertEqual(self.made, [host.id for host in inventory.hosts.list()])


class TestLabels(RecordedFleet):
    def test_they_are_added_found_and_removed(self):
        host = self.craton.hosts.create(**self.device(labels=["web"], **self.place()))

        self.assertEqual(["rack-4", "web"], host.labels.add("rack-4", "web"))
        self.assertEqual([host.id], [one.id for one in self.craton.hosts.list(label="rack-4")])
        host.labels.remove("web", "never-there")
        self.assertEqual(["rack-4"], host.labels.get())


class TestInheritance(RecordedFleet):
    def test_a_host_has_the_variables_of_its_cloud_until_it_has_its_own(self):
        host = self.craton.hosts.create(**self.device(**self.place()))

        self.assertEqual("a", host.variables.get()["ntp"].value)
        host.variables.update(ntp="b")
        self.assertEqual("b", self.craton.hosts.get(host.id).to_dict()["variables"]["ntp"])
        host.variables.delete("ntp")
        self.assertEqual({"ntp": "a"}, host.variables.get().to_dict())


class TestErrors(RecordedFleet):
    def test_what_is_missing_is_named(self):
        error = self.assertRaises(exceptions.BadRequest, self.craton.clouds.create)

        self.assertIn("'name' is a required property", str(error))
        self.assertTrue(str(error.request_id).startswith("req-"))

    def test_an_unknown_object_is_not_found(self):
        self.assertRaises(exceptions.NotFound, self.craton.hosts.get, 2**31 - 1)

    def test_an_unknown_parameter_is_refused(self):
        url = self.craton.hosts.build_url()

        error = self.assertRaises(
            exceptions.BadRequest, self.craton.hosts.session.get, url, params={"colour": "red"}
        )

        self.assertIn("'colour' was unexpected", str(error))

    def test_a_name_that_is_taken_is_a_conflict(self):
        self.place()

        error = self.assertRaises(
            exceptions.Conflict, self.craton.clouds.create, name="recorded-cloud"
        )

        self.assertEqual("A cloud with the given name already exists.", error.server_message)


class TestLogin(RecordedFleet):
    def setUp(self):
        super().setUp()
        self.craton._session._session.auth.token = "wrong"

    def test_a_wrong_key_is_refused(self):
        self.assertRaises(exceptions.Unauthorized, list, self.craton.hosts.list())


# The base class is not a test.
del Life
