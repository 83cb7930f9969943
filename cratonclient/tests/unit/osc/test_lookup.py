# SPDX-License-Identifier: Apache-2.0
"""Find objects by the words that users type for them."""

from __future__ import annotations

import typing as t

from cratonclient import exceptions, v1
from cratonclient.tests import base
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import lookup, places, words


class TestWords(base.TestCase):
    """A word is an id only if it is spelled as the server prints it."""

    hosts = v1.kind("hosts")
    projects = v1.kind("projects")
    project_id = "b9f10eca-66ac-4c27-9c13-9d01e65f96b4"

    def test_numbers_are_ids_and_names(self):
        self.assertEqual(words.Word("42", 42, "42"), words.parse("42", self.hosts))

    def test_other_spellings_are_names(self):
        for text in (
            "0042",
            "+42",
            "-42",
            " 42",
            "42 ",
            "4_2",
            "٤٢",
            "4²",
            "4.0",
            "0x2a",
            "42\n",
        ):
            self.assertEqual((None, text), words.parse(text, self.hosts)[1:], text)

    def test_numbers_that_are_too_long_for_ids_are_names(self):
        for digits in (20, 5000):
            text = "9" * digits
            self.assertEqual((None, text), words.parse(text, self.hosts)[1:])

    def test_other_spellings_of_a_uuid_are_names(self):
        given = self.project_id
        self.assertEqual((given, given), words.parse(given, self.projects)[1:])
        keystone = given.replace("-", "")  # Keystone prints it without hyphens
        self.assertEqual((given, keystone), words.parse(keystone, self.projects)[1:])
        for text in (given.upper(), keystone.upper(), f"{{{given}}}", f" {given}", "1"):
            self.assertEqual((None, text), words.parse(text, self.projects)[1:], text)

    def test_prefixes(self):
        self.assertEqual((42, None), words.parse("id:42", self.hosts)[1:])
        self.assertEqual((None, "42"), words.parse("name:42", self.hosts)[1:])
        self.assertEqual((None, "id:42"), words.parse("name:id:42", self.hosts)[1:])
        self.assertEqual((None, "ID:42"), words.parse("ID:42", self.hosts)[1:])

    def test_prefixes_without_an_id_or_name(self):
        for text in ("id:", "id:web", "id:042", "id: 1", "name:"):
            error = self.assertRaises(exit_status.UsageError, words.parse, text, self.hosts)
            self.assertIn(repr(text), str(error))
        self.assertRaises(exit_status.UsageError, words.parse, "id:1", self.projects)


class TestFind(base.FleetTestCase):
    """``find`` returns the object that a word means, or refuses to guess."""

    def find(self, text: str, **where: t.Any) -> t.Any:
        """Find a cloud."""
        return lookup.find(self.craton.clouds, text, places.Where(where))

    def test_by_name_and_by_id(self):
        cloud = self.make_cloud(name="prod")
        for text in ("prod", str(cloud.id), f"id:{cloud.id}", "name:prod"):
            self.assertEqual("prod", self.find(text).name)
            self.assertEqual(cloud.id, lookup.find_id(self.craton, "clouds", text))

    def test_a_found_object_has_its_variables(self):
        self.make_cloud(name="prod", variables={"a": 1})
        self.assertEqual({"a": 1}, self.find("prod").to_dict()["variables"])

    def test_a_number_that_is_two_objects(self):
        first = self.make_cloud(name="x")
        second = self.make_cloud(name=str(first.id))
        for found in (self.find, self.find_id):
            error = self.assertRaises(exit_status.Ambiguous, found, str(first.id))
            for part in (f"id:{first.id}: {first.id}", f"name:{first.id}: {second.id}"):
                self.assertIn(part, str(error))
        self.assertEqual("x", self.find(f"id:{first.id}").name)
        self.assertEqual(second.id, self.find(f"name:{first.id}").id)
        self.assertEqual(first.id, self.find_id(f"id:{first.id}"))
        self.assertEqual(second.id, self.find_id(f"name:{first.id}"))

    def test_a_number_that_is_only_a_name(self):
        cloud = self.make_cloud(name="2024")
        for found in (self.find, self.find_id):
            error = self.assertRaises(exit_status.Ambiguous, found, "2024")
            self.assertIn(f"use name:2024: {cloud.id}", str(error))
        self.assertEqual(cloud.id, self.find_id("name:2024"))

    def test_a_number_that_is_both_of_one_object(self):
        cloud = self.make_cloud(name="x")
        self.craton.clouds.update(cloud.id, name=str(cloud.id))
        self.assertEqual(cloud.id, self.find(str(cloud.id)).id)
        self.assertEqual(cloud.id, self.find_id(str(cloud.id)))

    def test_a_number_that_is_many_names(self):
        hosts = [self.make_host(name="99") for _ in range(2)]
        error = self.assertRaises(exit_status.Ambiguous, lookup.find, self.craton.hosts, "99")
        for host in hosts:
            self.assertIn(f"{host.id} (cloud_id", str(error))

    def test_nothing(self):
        for text in ("nobody", "99", "", "id:99", "name:99"):
            self.assertRaises(exceptions.NotFound, self.find, text)

    def test_a_message_names_the_reading_that_was_tried(self):
        for word, wanted in (
            ("name:1", "No cloud has the name '1'. "),
            ("id:9", "No cloud has the id '9'. "),
            ("9", "No cloud has the name or id '9'. "),
            ("name:no", "No cloud has the name or id 'no'. "),
        ):
            error = self.assertRaises(
                exceptions.NotFound, lookup.find, self.craton.clouds, word
            )
            self.assertIn(wanted, str(error))

    def test_more_than_one(self):
        hosts = [self.make_host(name="twin") for _ in range(2)]
        error = self.assertRaises(exit_status.Ambiguous, lookup.find, self.craton.hosts, "twin")
        for host in hosts:
            self.assertIn(str(host.id), str(error))

    def test_a_project_by_its_id_and_its_name(self):
        project = self.craton.projects.create(name="research")
        for text in (project.id, "research", f"id:{project.id}", "name:research"):
            self.assertEqual(project.id, lookup.find(self.craton.projects, text).id)

    def test_a_place_is_kept(self):
        east, west = self.make_cell(name="c"), self.make_cell(name="c")
        where = places.Where({"region_id": west.region_id})
        for text in (str(east.id), f"id:{east.id}"):
            self.assertRaises(
                exceptions.NotFound, lookup.find_id, self.craton, "cells", text, where
            )
            self.assertRaises(exceptions.NotFound, lookup.find, self.craton.cells, text, where)
        self.assertEqual(west.id, lookup.find_id(self.craton, "cells", "c", where))
        self.assertEqual(west.id, lookup.find_id(self.craton, "cells", str(west.id), where))

    def test_a_place_in_the_words_of_the_user(self):
        ids = {"cloud_id": 1, "region_id": 2}
        typed = {"cloud_id": "prod", "region_id": "far east"}
        self.assertEqual(" in cloud 1 in region 2", str(places.Where(ids)))
        where = places.Where(ids, typed)
        self.assertEqual(" in cloud prod in region 'far east'", str(where))
        self.assertEqual(" in cloud prod", str(where.within(["cloud_id"])))

    def test_a_device_that_is_a_network_device(self):
        host = self.make_host(name="web")
        place: dict[str, t.Any] = {"cloud_id": host.cloud_id, "region_id": host.region_id}
        switch = self.craton.network_devices.create(
            name="7", ip_address="10.1.1.1", device_type="switch", **place
        )
        self.assertRaises(exit_status.Ambiguous, lookup.find_id, self.craton, "devices", "7")
        for text in ("name:7", str(switch.id), f"id:{switch.id}"):
            self.assertEqual(switch.id, lookup.find_id(self.craton, "devices", text))

    def test_an_interface_without_its_device(self):
        for text in ("99", "id:99"):
            error = self.assertRaises(
                exceptions.NotFound, lookup.find, self.craton.network_interfaces, text
            )
            self.assertIn("99", str(error))
        for text in ("eth0", "name:99", "0001"):
            self.assertRaises(
                exit_status.UsageError, lookup.find, self.craton.network_interfaces, text
            )

    def find_id(self, text: str) -> t.Any:
        """Find the id of a cloud."""
        return lookup.find_id(self.craton, "clouds", text)
