# SPDX-License-Identifier: Apache-2.0
"""Command classes, generated from declarations."""

from __future__ import annotations

from cratonclient import v1
from cratonclient.tests import base
from cratonclient_osc import commands
from cratonclient_osc.output import formatters
from cratonclient_osc.verbs import show


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
