# SPDX-License-Identifier: Apache-2.0
"""Command classes, generated from declarations, and the lookup of objects."""

from __future__ import annotations

from cratonclient import exceptions, v1
from cratonclient.tests import base
from cratonclient_osc import commands
from cratonclient_osc.output import exit_status, formatters
from cratonclient_osc.verbs import lookup, show


class TestCommands(base.TestCase):
    """Attributes such as ``HostList`` are created on first access."""

    def test_a_class_is_its_verb_and_its_kind(self):
        found = commands.NetworkDeviceShow
        self.assertTrue(issubclass(found, show.Show))
        self.assertIs(v1.kind("network_devices"), found.kind)

    def test_it_is_made_once(self):
        self.assertIs(commands.HostList, commands.find(["host", "list"]))
        self.assertIs(commands.HostList, commands.HostList)

    def test_what_there_is_not(self):
        for name in (
            "HostDance",
            "ShipList",
            "DeviceShow",
            "hostlist",
            "List",
            "Hostlist",
            "_x",
        ):
            self.assertFalse(hasattr(commands, name), name)

    def test_find(self):
        for words in (
            ["list"],
            ["host"],
            ["hosts", "list"],
            ["list", "host"],
            ["host", "List"],
        ):
            self.assertIsNone(commands.find(words), str(words))

    def test_descriptions(self):
        self.assertEqual("List network devices", self._description("network device list"))
        self.assertEqual("Create a cloud", self._description("cloud create"))

    def _description(self, name: str) -> str:
        found = commands.find(name.split())
        assert found is not None
        return found(None, None).get_description()  # type: ignore[arg-type]


class TestFormatters(base.TestCase):
    """The output formats are those of cliff, and JSON Lines."""

    def test_names(self):
        every = {"json", "jsonl", "table", "value", "yaml"}
        self.assertEqual(every | {"csv"}, set(formatters.for_lists().names()))
        self.assertEqual(every | {"shell"}, set(formatters.for_objects().names()))


class TestLookup(base.FleetTestCase):
    """An object is found by its name or its id."""

    def test_by_name_and_by_id(self):
        cloud = self.make_cloud(name="prod")
        for text in ("prod", str(cloud.id)):
            self.assertEqual("prod", lookup.find(self.craton.clouds, text).name)
            self.assertEqual(cloud.id, lookup.find_id(self.craton, "clouds", text))

    def test_what_is_found_has_its_variables(self):
        self.make_cloud(name="prod", variables={"a": 1})
        found = lookup.find(self.craton.clouds, "prod")
        self.assertEqual({"a": 1}, found.to_dict()["variables"])

    def test_an_id_comes_before_a_name(self):
        first = self.make_cloud(name="x")
        self.make_cloud(name=str(first.id))
        self.assertEqual("x", lookup.find(self.craton.clouds, str(first.id)).name)

    def test_nothing(self):
        for text in ("nobody", "99", ""):
            self.assertRaises(exceptions.NotFound, lookup.find, self.craton.clouds, text)

    def test_more_than_one(self):
        hosts = [self.make_host(name="twin") for _ in range(2)]
        error = self.assertRaises(exit_status.Ambiguous, lookup.find, self.craton.hosts, "twin")
        for host in hosts:
            self.assertIn(str(host.id), str(error))

    def test_a_project_by_any_spelling_of_its_id(self):
        project = self.craton.projects.create(name="research")
        for text in (project.id, project.id.upper(), project.id.replace("-", ""), "research"):
            self.assertEqual(project.id, lookup.find(self.craton.projects, text).id)
