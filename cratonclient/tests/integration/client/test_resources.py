# SPDX-License-Identifier: Apache-2.0
"""Every kind: create, get, list, update and delete, and its variables and labels."""

from __future__ import annotations

import copy
import typing as t
from unittest import mock

from cratonclient import exceptions
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import devices


class RoundTrip(base.FleetTestCase):
    """Tests for every kind that can be created. Each subclass tests one kind."""

    collection = ""
    #: The fields that PUT changes.
    change: t.ClassVar[dict[str, t.Any]] = {}
    #: True if the object has a ``/variables`` path.
    variables = True

    def fields(self) -> dict[str, t.Any]:
        """Return the fields for creating the object."""
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        self.manager = getattr(self.craton, self.collection)
        self.given = self.fields()
        self.made = self.manager.create(**self.given)

    def test_what_was_sent_comes_back(self):
        for name, value in self.given.items():
            self.assertEqual(value, getattr(self.made, name), name)
        self.assertIsNotNone(self.made.id)
        self.assertIsInstance(self.made, self.manager.resource_class)
        self.assertTrue(self.made.is_loaded())

    def test_it_can_be_fetched(self):
        found = self.manager.get(self.made.id)

        self.assertEqual(self.made.id, found.id)
        for name, value in self.given.items():
            self.assertEqual(str(value), str(getattr(found, name)), name)

    def test_it_is_in_the_list(self):
        found = [item for item in self.manager.list() if item.id == self.made.id]

        self.assertEqual(1, len(found))
        self.assertIsInstance(found[0], self.manager.resource_class)
        name = self.manager.resource_class.NAME_ATTR
        self.assertEqual(getattr(self.made, name), getattr(found[0], name))

    def test_the_filters_of_its_declaration_are_accepted(self):
        cls = self.manager.resource_class
        found = self.manager.get(self.made.id)
        for name in cls.filters:
            if getattr(found, name) is None:
                continue
            ids = [item.id for item in self.manager.list(**{name: getattr(found, name)})]
            self.assertIn(self.made.id, ids, name)

    def test_it_can_be_changed(self):
        changed = self.manager.update(self.made.id, **self.change)

        for found in (changed, self.manager.get(self.made.id)):
            for name, value in self.change.items():
                self.assertEqual(str(value), str(getattr(found, name)), name)
        self.assertNotEqual(self.made, self.manager.get(self.made.id))

    def test_it_can_be_deleted(self):
        self.assertIs(True, self.made.delete())

        self.assertRaises(exceptions.NotFound, self.manager.get, self.made.id)
        self.assertNotIn(self.made.id, [item.id for item in self.manager.list()])

    def test_it_can_be_deleted_by_its_id(self):
        self.assertIs(True, self.manager.delete(self.made.id))

        self.assertRaises(exceptions.NotFound, self.manager.get, self.made.id)

    def test_it_loads_itself_from_its_id(self):
        cls = self.manager.resource_class
        found = cls(self.manager, {"id": self.made.id})

        self.assertEqual(getattr(self.made, cls.NAME_ATTR), getattr(found, cls.NAME_ATTR))
        self.assertTrue(found.is_loaded())
        self.assertEqual(self.manager.get(self.made.id), found)

    def test_copies_and_pickles_are_equal(self):
        found = self.manager.get(self.made.id)

        for other in (
            copy.copy(found),
            copy.deepcopy(found),
            fakes.pickled(found),
        ):
            self.assertEqual(found, other)
            self.assertEqual(1, len({found, other}))

    def test_what_is_missing_is_named(self):
        required = [
            name for name, f in self.manager.resource_class.fields().items() if f.required
        ]

        error = self.assertRaises(exceptions.BadRequest, self.manager.create)

        for name in required:
            self.assertIn(f"'{name}' is a required property", str(error))

    def test_its_variables_can_be_changed(self):
        if not self.variables:
            self.assertNotIn("variables", self.manager.resource_class.subresource_managers)
            return
        values = {"text": "é", "number": 5, "nested": {"a": [1, None, {"b": True}]}, "no": None}

        after = self.made.variables.update(**values)
        self.assertEqual(values, after.to_dict())
        self.assertEqual(values, self.made.variables.get().to_dict())
        self.assertEqual(values, self.manager.get(self.made.id).to_dict()["variables"])

        self.assertIs(True, self.made.variables.delete("number", "no", "unknown"))
        self.assertEqual({"text", "nested"}, set(self.made.variables.get()))
        self.assertIs(True, self.made.variables.get().delete())
        self.assertEqual({}, self.made.variables.get())


class TestClouds(RoundTrip):
    collection = "clouds"
    change: t.ClassVar = {"name": "new", "note": "Changed."}

    def fields(self):
        return {"name": "prod", "note": "x"}

    def test_a_name_that_is_taken_is_a_conflict(self):
        self.assertRaises(exceptions.Conflict, self.craton.clouds.create, name="prod")


class TestRegions(RoundTrip):
    collection = "regions"
    change: t.ClassVar = {"name": "new", "note": "Changed."}

    def fields(self):
        return {"name": "east", "cloud_id": self.make_cloud().id}


class TestCells(RoundTrip):
    collection = "cells"
    change: t.ClassVar = {"name": "new", "note": "Changed."}

    def fields(self):
        region = self.make_region()
        return {"name": "c1", "cloud_id": region.cloud_id, "region_id": region.id}


class TestHosts(RoundTrip):
    collection = "hosts"
    change: t.ClassVar = {"name": "new", "ip_address": "::1", "active": False}

    def fields(self):
        cell = self.make_cell()
        return {
            "name": "web-1",
            "ip_address": "10.1.2.3",
            "device_type": "server",
            "cloud_id": cell.cloud_id,
            "region_id": cell.region_id,
            "cell_id": cell.id,
        }

    def test_labels_can_be_changed(self):
        self.assertEqual([], self.made.labels.get())
        self.assertEqual(["rack-4", "web"], self.made.labels.add("web", "rack-4"))
        self.assertEqual(["a b,é", "rack-4", "web"], self.made.labels.add("a b,é", "web"))
        self.assertIs(True, self.made.labels.remove("rack-4", "unknown"))
        self.assertEqual(["a b,é", "web"], self.manager.get(self.made.id).labels.get())

    def test_a_list_can_be_filtered_by_a_label(self):
        self.made.labels.add("web")
        place = {name: self.given[name] for name in ("cloud_id", "region_id")}
        self.make_host(**place).labels.add("db")

        self.assertEqual([self.made.id], [host.id for host in self.manager.list(label="web")])

    def test_inherited_variables_can_be_left_out(self):
        self.craton.regions.get(self.made.region_id).variables.update(a="region", b="region")
        self.made.variables.update(b="host")

        self.assertEqual({"a": "region", "b": "host"}, self.made.variables.get())
        self.assertEqual({"b": "host"}, self.made.variables.get(resolved_values=False))
        alone = self.manager.get(self.made.id, resolved_values=False)
        self.assertEqual({"b": "host"}, alone.to_dict()["variables"])

    def test_a_parent_can_be_set_and_taken_away(self):
        place = {name: self.given[name] for name in ("cloud_id", "region_id")}
        parent = self.make_host(**place)

        self.assertEqual(
            parent.id, self.manager.update(self.made.id, parent_id=parent.id).parent_id
        )
        self.assertRaises(exceptions.Conflict, parent.delete)
        self.assertIsNone(self.manager.update(self.made.id, parent_id=None).parent_id)
        self.assertIs(True, parent.delete())

    def test_it_moves_and_shows_its_new_place(self):
        region = self.craton.regions.get(self.made.region_id)
        east, west = region.cells.create(name="m-east"), self.make_region(name="m-west")
        other = self.craton.regions.create(name="m-other", cloud=region.cloud_id)
        self.craton.cells.get(east.id).variables.set("where", "east")
        other.variables.set("where", "other")
        self.assertEqual("m-east", self.made.update(cell=east).cell.name)
        host = self.craton.hosts.get(self.made.id)
        self.assertEqual("east", host.to_dict()["variables"]["where"])
        self.assertIs(host, host.update(region_id=other.id))
        self.assertEqual((other.id, None), (host.region.id, host.cell_id))
        self.assertEqual("other", host.to_dict()["variables"]["where"])
        found = other.hosts.find(name=host.name)
        assert found is not None
        self.assertEqual(region.id, found.update(region=region, cell_id=east.id).region_id)
        self.assertIsNone(found.update(cell=None).cell)
        self.assertRaises(exceptions.BadRequest, host.update, region=west)
        again, created = self.craton.hosts.update_or_create(
            {"region": other}, cloud_id=region.cloud_id, name=host.name
        )
        self.assertEqual((other.id, False), (again.region_id, created))
        with self.craton.changes.new() as changes:
            new = changes.create("cells", name="m-new", region=region, cloud=region.cloud_id)
            changes.update(again, region=region, cell=new)
        self.assertEqual(new.id, again.refresh().cell_id)
        with self.craton.changes.new() as changes:
            changes.update(again, cell=east)
            self.assertRaises(exceptions.BadRequest, changes.update, again, cell=region)
        self.assertEqual(east.id, again.refresh().cell_id)

    def test_an_original_server_moves_nothing(self):
        with mock.patch("cratonclient.features.of", return_value=frozenset()):
            for fields in ({"region_id": 1}, {"cell": None}, {"note": "x", "cell_id": 1}):
                given: t.Any = fields
                error = self.assertRaises(exceptions.FeatureMissing, self.made.update, **given)
                self.assertIn("moving objects", str(error))
            self.assertEqual("y", self.made.update(note="y").note)

    def test_parts_of_a_host_that_is_gone_are_not_found(self):
        self.made.delete()

        self.assertRaises(exceptions.NotFound, self.made.variables.get)
        self.assertRaises(exceptions.NotFound, self.made.labels.add, "web")
        self.assertRaises(exceptions.NotFound, self.made.get)


class TestNetworkDevices(RoundTrip):
    collection = "network_devices"
    change: t.ClassVar = {"name": "new", "os_version": "2", "vlans": "1,2"}

    def fields(self):
        region = self.make_region()
        return {
            "name": "switch-1",
            "ip_address": "10.1.2.3",
            "device_type": "switch",
            "model_name": "m1",
            "cloud_id": region.cloud_id,
            "region_id": region.id,
        }

    def test_labels_can_be_changed(self):
        self.assertEqual(["core"], self.made.labels.add("core"))
        self.assertEqual(["core"], self.made.labels.get())
        self.made.labels.remove("core")
        self.assertEqual([], self.made.labels.get())


class TestNetworks(RoundTrip):
    collection = "networks"
    change: t.ClassVar = {
        "name": "new",
        "cidr": "10.1.0.0/16",
        "netmask": "255.255.0.0",
        "nss": "x",
    }

    def fields(self):
        region = self.make_region()
        return {
            "name": "net-1",
            "cidr": "10.1.0.0/24",
            "gateway": "10.1.0.1",
            "netmask": "255.255.255.0",
            "cloud_id": region.cloud_id,
            "region_id": region.id,
        }


class TestNetworkInterfaces(RoundTrip):
    collection = "network_interfaces"
    change: t.ClassVar = {"name": "new", "speed": 1000, "link": "up"}
    variables = False

    def fields(self):
        return {
            "name": "eth0",
            "interface_type": "ethernet",
            "ip_address": "10.1.2.3",
            "device_id": self.make_host().id,
            "speed": 100,
        }

    def test_variables_are_given_when_it_is_created(self):
        made = self.manager.create(**{**self.given, "name": "eth1"}, variables={"a": 1})

        self.assertEqual({"a": 1}, self.manager.get(made.id).variables)


class TestProjects(RoundTrip):
    collection = "projects"
    change: t.ClassVar = {"name": "new"}

    def fields(self):
        return {"name": "blue"}

    def test_the_first_one_is_number_one(self):
        self.assertEqual(next(self.manager.list()).id, self.manager.get(1).id)


class TestUsers(RoundTrip):
    collection = "users"
    variables = False
    change: t.ClassVar[dict[str, t.Any]] = {"is_admin": False}

    def fields(self):
        return {
            "username": "demo",
            "project_id": self.craton.projects.get(1).id,
            "is_admin": True,
        }

    def test_the_key_is_given_when_it_is_created(self):
        self.assertTrue(self.made.api_key)
        self.assertNotIn(self.made.api_key, repr(self.made))


# The base class is not a test.
del RoundTrip


class TestDevices(base.FleetTestCase):
    def test_they_can_be_listed_and_nothing_else(self):
        host = self.make_host()

        [found] = self.craton.devices.list()

        self.assertIsInstance(found, devices.Device)
        self.assertEqual((host.id, host.name), (found.id, found.name))
        self.assertRaises(exceptions.HTTPClientError, self.craton.devices.get, host.id)
        self.assertRaises(exceptions.HTTPClientError, self.craton.devices.create, name="x")


class TestInventory(base.FleetTestCase):
    def test_it_creates_in_its_region(self):
        region = self.make_region()

        cell = self.craton.inventory(region.id).cells.create(
            name="c1", cloud_id=region.cloud_id
        )

        self.assertEqual(region.id, cell.region_id)

    def test_it_fetches_and_changes_by_id(self):
        host = self.make_host()
        inventory = self.craton.inventory(host.region_id)

        self.assertEqual(host.name, inventory.hosts.get(host.id).name)
        self.assertEqual("new", inventory.hosts.update(host.id, name="new").name)
        found = inventory.hosts.get(host.id)
        self.assertEqual({"a": 1}, found.variables.update(a=1))
        self.assertEqual({"a": 1}, found.variables.get())
        self.assertEqual(["web"], found.labels.add("web"))
        self.assertIs(True, inventory.hosts.delete(host.id))
