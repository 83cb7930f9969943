# SPDX-License-Identifier: Apache-2.0
"""Descriptions of fleets: what is in what, names that refer to objects, and errors."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient import crud, testing, v1
from cratonclient.fields import Field, Ref
from cratonclient.testing import defaults, description, references
from cratonclient.tests import base, toys
from cratonclient.v1 import shared


def read(**described: t.Any) -> dict[str, description.Described]:
    """Return the connected objects of a description, by path."""
    objects = description.read(described)
    references.connect(objects)
    return {one.path: one for one in objects}


def paths(found: description.Described) -> dict[str, str]:
    """Return the paths of the objects that an object refers to."""
    return {name: other.path for name, other in found.references.items()}


def in_region(**inside: t.Any) -> list[dict[str, t.Any]]:
    """Return the clouds of a description with one region."""
    return [{"name": "prod", "regions": [{"name": "east", **inside}]}]


REGION = "clouds[0].regions[0]"


class TestPlaces(base.TestCase):
    """An object refers to the objects that it is written in."""

    def test_a_host_is_in_its_region_and_cloud(self):
        found = read(clouds=in_region(hosts=[{"name": "web"}]))

        self.assertEqual(
            {"cloud_id": "clouds[0]", "region_id": REGION}, paths(found[f"{REGION}.hosts[0]"])
        )

    def test_a_host_in_a_cell_is_in_the_region_of_the_cell(self):
        found = read(clouds=in_region(cells=[{"name": "c", "hosts": [{"name": "web"}]}]))

        self.assertEqual(
            {"cloud_id": "clouds[0]", "region_id": REGION, "cell_id": f"{REGION}.cells[0]"},
            paths(found[f"{REGION}.cells[0].hosts[0]"]),
        )

    def test_a_host_in_a_device_has_it_as_its_parent(self):
        rack = {"name": "rack", "hosts": [{"name": "web"}]}
        found = read(clouds=in_region(network_devices=[rack]))

        parent = f"{REGION}.network_devices[0]"
        self.assertEqual(parent, paths(found[f"{parent}.hosts[0]"])["parent_id"])

    def test_a_user_is_in_the_nearest_project(self):
        ada = [{"username": "ada"}]
        found = read(users=ada, projects=[{"name": "lab", "users": ada}])

        self.assertEqual({"project_id": ""}, paths(found["users[0]"]))
        self.assertEqual({"project_id": "projects[0]"}, paths(found["projects[0].users[0]"]))


class TestNames(base.TestCase):
    """An object refers to objects elsewhere by their names."""

    def test_the_nearest_object_of_the_name_is_meant(self):
        def region(name: str) -> dict[str, t.Any]:
            host = {"name": "web", "network_interfaces": [{"name": "eth0", "network": "lan"}]}
            return {"name": name, "hosts": [host], "networks": [{"name": "lan"}]}

        found = read(clouds=[{"name": "prod", "regions": [region("east"), region("west")]}])

        for place in (REGION, "clouds[0].regions[1]"):
            port = found[f"{place}.hosts[0].network_interfaces[0]"]
            self.assertEqual(f"{place}.networks[0]", paths(port)["network_id"])

    def test_an_object_that_is_alone_names_its_place(self):
        found = read(clouds=in_region(), hosts=[{"name": "web", "region": "east"}])

        self.assertEqual(
            {"cloud_id": "clouds[0]", "region_id": REGION}, paths(found["hosts[0]"])
        )

    def test_a_container_need_not_be_in_the_cell_of_its_host(self):
        cell = {"name": "c", "hosts": [{"name": "web"}]}
        found = read(clouds=in_region(cells=[cell], hosts=[{"name": "ct", "parent": "web"}]))

        self.assertNotIn("cell_id", paths(found[f"{REGION}.hosts[0]"]))

    def test_an_object_never_means_itself(self):
        error = self.assertRaises(
            testing.DescriptionError,
            read,
            clouds=in_region(hosts=[{"name": "web", "parent": "web"}]),
        )
        self.assertIn(f"{REGION}.hosts[0].parent: no object", str(error))

    def test_none_means_no_object(self):
        cell = {"name": "c", "hosts": [{"name": "web", "cell": None}]}
        found = read(clouds=in_region(cells=[cell]))

        self.assertNotIn("cell_id", paths(found[f"{REGION}.cells[0].hosts[0]"]))

    def test_a_list_of_names_tells_objects_of_the_same_name_apart(self):
        regions = [{"name": n, "networks": [{"name": "lan"}]} for n in ("east", "west")]
        port = {"name": "eth0", "device": "web", "network": ["west", "lan"]}
        described = {
            "clouds": [{"name": "prod", "regions": regions}],
            "hosts": [{"name": "web", "region": "east"}],
            "network_interfaces": [port],
        }

        found = read(**described)
        self.assertEqual(
            "clouds[0].regions[1].networks[0]",
            paths(found["network_interfaces[0]"])["network_id"],
        )

        port["network"] = "lan"
        error = self.assertRaises(testing.DescriptionError, read, **described)
        self.assertEqual(
            "network_interfaces[0].network: 'lan' is ambiguous: "
            "clouds[0].regions[0].networks[0], clouds[0].regions[1].networks[0]. Write a list "
            "of names, from the outermost object on, such as ['prod', 'east', 'lan'].",
            str(error),
        )


class TestErrors(base.TestCase):
    """Errors say where in the description, which value, and what to do."""

    def check(self, wanted: str, described: t.Any) -> None:
        def connect() -> None:
            references.connect(description.read(described))

        self.assertEqual(wanted, str(self.assertRaises(testing.DescriptionError, connect)))

    def test_each_names_its_place(self):
        region = "clouds[0].regions[0]"
        for wanted, inside in (
            (
                f"{region}.hosts[0].nmae: a host has no 'nmae'. Did you mean 'name'?",
                {"hosts": [{"nmae": "web"}]},
            ),
            (
                f"{region}.hots: a region has no 'hots'. Did you mean 'hosts'?",
                {"hots": []},
            ),
            (
                f"{region}.hosts[1].name: missing. Give the host a name, as text.",
                {"hosts": [{"name": "web"}, {"ip_address": "10.0.0.1"}]},
            ),
            (
                f"{region}.hosts[0].name: 5 is not a name. Give the host a name, as text.",
                {"hosts": [{"name": 5}]},
            ),
            (
                f"{region}.hosts[0]: 'web' is not a dictionary. Describe the host by a "
                "dictionary with the names of its fields as keys.",
                {"hosts": ["web"]},
            ),
            (
                f"{region}.hosts: {{'name': 'web'}} is not a list. Write a list of "
                "dictionaries.",
                {"hosts": {"name": "web"}},
            ),
            (
                f"{region}.hosts: None is not a list. Write a list of dictionaries.",
                {"hosts": None},
            ),
            (
                f"{region}.devices: devices cannot be created. Write hosts or network_devices.",
                {"devices": [{"name": "web"}]},
            ),
            (
                f"{region}.clouds: a region cannot contain clouds.",
                {"clouds": [{"name": "inner"}]},
            ),
            (
                f"{region}.created_at: the server sets this field. Leave it out.",
                {"created_at": "now"},
            ),
            (
                f"{region}.project: the server sets this field. Leave it out.",
                {"project": "lab"},
            ),
            (
                f"{region}.hosts[0].cell: no object in the description is called "
                "'cell-2'. Did you mean 'cell-1'?",
                {"cells": [{"name": "cell-1"}], "hosts": [{"name": "web", "cell": "cell-2"}]},
            ),
            (
                f"{region}.hosts[0].cell: 5 is not a name. Write the name of the cell.",
                {"hosts": [{"name": "web", "cell": 5}]},
            ),
            (
                f"{region}.hosts[0].cell_id: a description has no ids. Write 'cell' and a "
                "name.",
                {"hosts": [{"name": "web", "cell_id": 5}]},
            ),
        ):
            with self.subTest(wanted):
                self.check(wanted, {"clouds": in_region(**inside)})

    def test_a_description_is_a_dictionary(self):
        self.check(
            "the description: [] is not a dictionary. Describe the fleet by a dictionary "
            "with the names of its fields as keys.",
            [],
        )

    def test_the_description_is_called_a_fleet(self):
        self.check("cloud: a fleet has no 'cloud'. Did you mean 'clouds'?", {"cloud": []})

    def test_a_place_that_is_missing_is_named(self):
        self.check(
            "hosts[0].cloud: missing. Write the host inside a cloud, or add the key 'cloud' "
            "with a name.",
            {"hosts": [{"name": "web"}]},
        )


class TestDefaults(base.TestCase):
    """Required fields that a description leaves out."""

    def values(self, **inside: t.Any) -> list[dict[str, t.Any]]:
        """Return the values that are added to the objects in a region."""
        objects = list(read(clouds=in_region(**inside)).values())
        return [defaults.missing_values(one, number) for number, one in enumerate(objects)][3:]

    def test_hosts_have_different_addresses(self):
        found = self.values(hosts=[{"name": "a"}, {"name": "b"}])

        self.assertEqual(["server", "server"], [one["device_type"] for one in found])
        self.assertEqual(2, len({one["ip_address"] for one in found}))

    def test_values_that_are_given_stay(self):
        host = {"name": "a", "ip_address": "192.0.2.1", "device_type": "vm"}
        self.assertEqual([{}], self.values(hosts=[host]))

    def test_the_values_of_a_network_fit_its_range(self):
        for cidr, gateway, netmask in (
            ("192.0.2.64/26", "192.0.2.65", "255.255.255.192"),
            ("2001:db8::/64", "2001:db8::1", "ffff:ffff:ffff:ffff::"),
            ("192.0.2.7/32", "192.0.2.7", "255.255.255.255"),
        ):
            self.assertEqual(
                [{"gateway": gateway, "netmask": netmask}],
                self.values(networks=[{"name": "lan", "cidr": cidr}]),
            )


class Mast(crud.Resource):
    """A kind of another package, inside the hosts of the fleet."""

    name = shared.name("device")
    host_id = Ref("hosts", "host that the mast stands on", required=True)
    height = Field(int, "height in metres", required=True)
    project_id = shared.PROJECT


class TestToys(base.TestCase):
    """Kinds of other packages need nothing but their declaration."""

    def setUp(self):
        super().setUp()
        registered = {"masts": toys.manager_of(Mast)}
        self.enterContext(mock.patch.object(v1, "_registered", return_value=registered))

    def test_an_object_is_in_what_it_refers_to(self):
        host = {"name": "web", "masts": [{"name": "m", "height": 3}]}
        found = read(clouds=in_region(hosts=[host]))[f"{REGION}.hosts[0].masts[0]"]

        self.assertEqual({"host_id": f"{REGION}.hosts[0]"}, paths(found))
        self.assertEqual({}, defaults.missing_values(found, 1))

    def test_a_value_that_nobody_can_guess_is_required(self):
        host = {"name": "web", "masts": [{"name": "m"}]}
        found = read(clouds=in_region(hosts=[host]))[f"{REGION}.hosts[0].masts[0]"]

        error = self.assertRaises(testing.DescriptionError, defaults.missing_values, found, 1)
        self.assertIn("masts[0].height: missing.", str(error))
