# SPDX-License-Identifier: Apache-2.0
"""Find, create and update single objects, count them, and follow references."""

from __future__ import annotations

import typing as t

from cratonclient import exceptions, testing, v1
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import hosts, network_devices, relations


class PlaceTestCase(base.FleetTestCase):
    """A fleet with a cloud and two regions."""

    def setUp(self):
        super().setUp()
        self.cloud = self.make_cloud()
        self.east = self.make_region(cloud_id=self.cloud.id, name="east")
        self.west = self.make_region(cloud_id=self.cloud.id, name="west")
        self.place: t.Any = {"cloud": self.cloud, "region": self.east}
        self.device: t.Any = {"ip_address": "10.0.0.1", "device_type": "server"}

    def requests(self) -> list[tuple[str, str]]:
        """Record the methods and URLs of all requests from now on."""
        seen: list[tuple[str, str]] = []
        below: t.Any = self.craton._session
        send = below.request

        def remember(method, url, **kwargs):
            seen.append((method, url))
            return send(method, url, **kwargs)

        below.request = remember
        return seen


class TestFind(PlaceTestCase):
    def test_one_or_none(self):
        for found in (
            self.craton.regions.find(name="east"),
            self.craton.regions.find(name="east", cloud=self.cloud),
        ):
            self.assertEqual(self.east.id, getattr(found, "id", 0))
        self.assertIsNone(self.craton.regions.find(name="north"))
        self.assertIsNone(self.craton.regions.find(name="east", cloud_id=99))

    def test_by_the_id(self):
        found = self.craton.regions.find(id=self.east.id)
        self.assertEqual("east", getattr(found, "name", ""))
        self.assertIsNone(self.craton.regions.find(id=99))

    def test_several_are_an_error_that_names_them(self):
        error = self.assertRaises(
            exceptions.Ambiguous, self.craton.regions.find, cloud=self.cloud
        )
        self.assertIn(f"cloud_id={self.cloud.id}", str(error))
        self.assertIn(f"{self.east.id}, {self.west.id}", str(error))

    def test_fields_that_lists_cannot_be_filtered_by(self):
        self.west.update(note="spare")
        self.assertEqual(self.west.id, getattr(self.craton.regions.find(note="spare"), "id", 0))
        self.assertIsNone(self.craton.regions.find(note="spare", name="east"))

    def test_addresses_in_any_spelling(self):
        network: t.Any = {
            "cidr": "2001:db8::/32",
            "gateway": "2001:db8::1",
            "netmask": "ffff:ffff::",
        }
        made = self.craton.networks.create(name="lan", **self.place, **network)
        found = self.craton.networks.find(gateway="2001:0db8::0001", region=self.east)
        self.assertEqual(made.id, getattr(found, "id", None))
        self.assertIsNone(self.craton.networks.find(gateway="2001:db8::2"))

    def test_a_name_is_compared_exactly(self):
        """An original server takes the name of a project as a pattern."""
        self.craton.projects.create(name="alpha")
        self.assertIsNone(self.craton.projects.find(name="alph%"))
        self.assertEqual("alpha", getattr(self.craton.projects.find(name="alpha"), "name", ""))

    def test_users_by_their_user_name(self):
        project = self.craton.projects.create(name="alpha")
        user = self.craton.users.create(username="ada", project=project)
        seen = self.requests()
        self.assertEqual(user.id, getattr(self.craton.users.find(username="ada"), "id", 0))
        self.assertEqual(1, len(seen))

    def test_by_variables_and_labels(self):
        host = self.craton.hosts.create(
            name="h", **self.place, **self.device, variables={"rack": "r1"}, labels=["web"]
        )
        for query in ({"vars": {"rack": "r1"}}, {"label": "web"}):
            found: t.Any = self.craton.hosts.find(name="h", **t.cast("t.Any", query))
            self.assertEqual(host.id, found.id)
        wanted = {"variables": "vars=", "labels": "label="}
        for name, parameter in wanted.items():
            value: t.Any = {name: {"rack": "r1"}}
            error = self.assertRaises(exceptions.BadRequest, self.craton.hosts.find, **value)
            self.assertIn(f"Use {parameter}", str(error))

    def test_none_is_a_value(self):
        cell = self.east.cells.create(name="c")
        inside = cell.hosts.create(name="h1", **self.device)
        outside = self.east.hosts.create(name="h2", **self.device)
        found: t.Any = self.craton.hosts
        self.assertEqual(outside.id, found.find(region=self.east, cell=None).id)
        self.assertEqual(inside.id, found.find(region=self.east, cell=cell).id)
        self.assertIsNone(found.find(name=None))

    def test_misuse(self):
        self.assertRaises(exceptions.CommandError, self.craton.hosts.find)
        self.assertRaises(exceptions.BadRequest, self.craton.hosts.find, nmae="x")

    def test_options_alone_find_nothing(self):
        self.assertEqual(1, self.craton.clouds.count())
        options: t.Any = {
            "limit": 10,
            "details": True,
            "autopaginate": False,
            "workers": 1,
            "vars": {},
            "timeout": 5,
            "max_items": 10,
        }
        for name, value in options.items():
            error = self.assertRaises(
                exceptions.CommandError, self.craton.clouds.find, **{name: value}
            )
            self.assertIn("needs at least one field", str(error))


class TestCreate(PlaceTestCase):
    def test_get_or_create(self):
        defaults = {**self.device, "variables": {"a": 1}}
        host, created = self.craton.hosts.get_or_create(defaults, name="h", **self.place)
        self.assertTrue(created)
        again, created = self.craton.hosts.get_or_create({}, name="h", **self.place)
        self.assertEqual((host.id, False), (again.id, created))
        self.assertEqual({"a": 1}, again.variables.get().to_dict())

    def test_another_client_was_quicker(self):
        create = self.craton.regions.create

        def late(**fields: t.Any) -> t.Any:
            create(**fields)
            return create(**fields)

        manager: t.Any = self.craton.regions
        manager.create = late
        found, created = self.craton.regions.get_or_create(name="north", cloud=self.cloud)
        self.assertEqual(("north", False), (found.name, created))

    def test_a_conflict_with_another_object_is_reported(self):
        error = self.assertRaises(
            exceptions.Conflict,
            self.craton.regions.get_or_create,
            name="east",
            cloud=self.cloud,
            note="other",
        )
        self.assertIn("already exists", str(error))

    def test_update_or_create(self):
        defaults: t.Any = {**self.device, "note": "a", "labels": ["x"], "variables": {"a": 1}}
        found, created = self.craton.hosts.update_or_create(defaults, name="h", **self.place)
        self.assertTrue(created)

        defaults.update(note="b", labels=["y"], variables={"b": 2})
        again, created = self.craton.hosts.update_or_create(defaults, name="h", **self.place)

        self.assertEqual((found.id, "b", False), (again.id, again.note, created))
        self.assertEqual(["x", "y"], again.labels.get())
        self.assertEqual({"a": 1, "b": 2}, again.variables.get().to_dict())

    def test_none_is_a_value_of_the_new_object(self):
        place: t.Any = {**self.place, "cell": None}
        for created in (True, False):
            found = self.craton.hosts.get_or_create(self.device, name="h", **place)
            self.assertEqual((None, created), (found[0].cell_id, found[1]))

    def test_a_text_is_not_a_list_of_labels(self):
        host = self.craton.hosts.create(name="h", **self.place, **self.device)
        self.assertRaises(
            exceptions.BadRequest,
            self.craton.hosts.update_or_create,
            {"labels": "web"},
            name="h",
        )
        self.assertEqual([], host.labels.get())

    def test_only_what_differs_is_sent(self):
        parts: t.Any = {"variables": {"a": [1], "b": 1}, "labels": ["x"]}
        self.craton.hosts.create(name="h", note="a", **self.place, **self.device, **parts)
        seen = self.requests()
        defaults: t.Any = {**self.device, "note": "a", **parts}
        self.craton.hosts.update_or_create(defaults, name="h", **self.place)
        self.assertEqual({"GET"}, {method for method, _ in seen})

        seen.clear()
        defaults["variables"] = {"a": [1], "b": True}
        self.craton.hosts.update_or_create(defaults, name="h", **self.place)
        self.assertEqual(1, [method for method, _ in seen].count("PUT"))

    def test_a_misspelled_default_is_refused_also_if_the_object_exists(self):
        for call in (self.craton.regions.get_or_create, self.craton.regions.update_or_create):
            error = self.assertRaises(
                exceptions.BadRequest, call, {"nmae": "x"}, name="east", cloud=self.cloud
            )
            self.assertIn("Did you mean name?", str(error))


class TestOtherFleets(base.TestCase):
    def test_their_objects_are_refused(self):
        fleet = {"clouds": [{"name": "prod"}]}
        with testing.fleet(fleet) as one, testing.fleet(fleet) as other:
            cloud = one.clouds.find(name="prod")
            error = self.assertRaises(exceptions.CommandError, other.clouds.delete, cloud)
            self.assertIn("was read from", str(error))
            self.assertEqual((1, 1), (one.clouds.count(), other.clouds.count()))


class TestCount(PlaceTestCase):
    def test_all_and_some(self):
        seen = self.requests()
        self.assertEqual(2, self.craton.regions.count())
        self.assertEqual(1, len(seen))
        self.assertEqual(1, self.craton.regions.count(name="east"))
        self.assertEqual(0, self.craton.hosts.count(region=self.east))
        self.assertRaises(exceptions.BadRequest, self.craton.hosts.count, regoin_id=1)


class TestRelations(PlaceTestCase):
    def setUp(self):
        super().setUp()
        self.switch = self.craton.network_devices.create(
            name="sw", **self.place, ip_address="10.0.0.2", device_type="switch"
        )
        self.host = self.craton.hosts.create(
            name="h", **self.place, **self.device, parent=self.switch
        )

    def test_every_reference_of_every_kind(self):
        for kind in v1.kinds():
            manager = getattr(self.craton, kind.collection)
            for name, collection in relations.reachable(kind.resource_class).items():
                if name == collection or name in ("parent", "device"):
                    continue
                item = kind.resource_class(manager, {"id": 1, f"{name}_id": 1}, loaded=True)
                seen = self.requests()
                found = getattr(item, name)
                self.assertEqual((1, []), (found.id, seen), name)
                self.assertIsInstance(found, v1.kind(collection).resource_class)
                item = kind.resource_class(manager, {"id": 1}, loaded=True)
                self.assertIsNone(getattr(item, name))

    def test_references_request_their_fields_when_they_are_read(self):
        seen = self.requests()
        region = self.host.region
        self.assertEqual([], seen)
        self.assertEqual("east", region.name)
        self.assertEqual(self.cloud.name, region.cloud.name)
        self.assertEqual(2, len(seen))
        self.assertIsNone(self.host.cell)

    def test_a_device_has_its_real_kind(self):
        self.assertIsInstance(self.host.parent, network_devices.NetworkDevice)
        self.assertEqual("sw", self.host.parent and self.host.parent.name)
        self.host.update(parent=None)
        self.assertIsNone(self.host.parent)

    def test_managers_of_what_an_object_contains(self):
        self.assertEqual(["h"], [host.name for host in self.east.hosts.list()])
        self.assertEqual([], [*self.west.hosts.list()])
        names = [region.name for region in self.cloud.regions.list()]
        self.assertEqual(["east", "west"], names)
        self.assertEqual(["h"], [host.name for host in self.switch.devices.list()])

    def test_new_objects_are_created_in_it(self):
        cell = self.west.cells.create(name="c")
        host = cell.hosts.create(name="h2", **self.device)
        self.assertEqual(
            (self.cloud.id, self.west.id, cell.id),
            (host.cloud_id, host.region_id, host.cell_id),
        )
        interface = host.network_interfaces.create(
            name="eth0", interface_type="ethernet", ip_address="10.0.0.9"
        )
        self.assertEqual(host.id, interface.device_id)
        found, created = host.network_interfaces.get_or_create(name="eth0")
        self.assertEqual((interface.id, False), (found.id, created))

    def test_new_objects_in_an_object_that_is_not_loaded(self):
        made = self.host.region.hosts.create(name="h3", **self.device)
        self.assertEqual(self.cloud.id, made.cloud_id)
        self.assertRaises(exceptions.BadRequest, self.cloud.regions.create, True, name="x")

    def test_completion_knows_them(self):
        for source in (self.host, next(self.craton.devices.list())):
            self.assertLessEqual({*relations.reachable(type(source)), "name"}, set(dir(source)))
        self.assertIn("hosts", dir(self.host.region))
        self.assertNotIn("region", dir(fakes.pickled(self.host)))

    def test_what_is_no_relation(self):
        for name in ("hosts", "servers", "users"):
            self.assertRaises(AttributeError, getattr, self.host, name)

    def test_an_unloaded_object(self):
        host = self.craton.hosts.resource_class(self.craton.hosts, {"id": self.host.id})
        self.assertEqual("east", t.cast("t.Any", host).region.name)

    def test_devices_are_hosts_and_network_devices(self):
        seen = self.requests()
        found = {type(device): device for device in self.craton.devices.list()}
        self.assertEqual({hosts.Host, network_devices.NetworkDevice}, set(found))
        self.assertEqual(2, len(seen))
        host: t.Any = found[hosts.Host]
        host.update(note="x")
        host.variables.update(a=1)
        self.assertEqual("x", self.craton.hosts.get(self.host).note)
        self.assertEqual("east", host.region.name)
        self.assertEqual([], [*self.craton.devices.list(region=self.west)])
        both = [device.name for device in self.east.devices.list()]
        self.assertEqual(["sw", "h"], both)
