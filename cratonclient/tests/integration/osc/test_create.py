# SPDX-License-Identifier: Apache-2.0
"""``create`` of every kind."""

from __future__ import annotations

import json
import re
import typing as t
from unittest import mock

from cratonclient import features
from cratonclient.tests import base
from cratonclient.tests.integration.osc import examples, programs
from cratonclient_osc.v1 import users
from cratonclient_osc.verbs import field_options


class TestCreate(base.FleetTestCase, programs.CommandTestCase):
    """``create`` stores the given fields, and the library reads them back."""

    def enter(self, *words: str) -> programs.Result:
        """Run ``craton`` on the fleet."""
        return programs.craton(*words, CRATON_URL=self.database)

    def make(self, *words: str) -> dict[str, t.Any]:
        """Run a create command and return its JSON."""
        made: dict[str, t.Any] = self.assert_done(self.enter(*words, "-f", "json")).json
        return made

    def test_an_empty_name(self):
        for verb in ("create", "show", "delete"):
            self.assert_refused(self.enter("cloud", verb, ""), 2, "must not be empty")

    def test_misspelled_options_are_named(self):
        for name, command in examples.classes().items():
            resource = command.kind.resource_class
            required = [n for n, f in resource.fields().items() if f.required]
            for field in required if name.endswith("create") else ():
                if field != resource.NAME_ATTR:
                    option = field_options.flag(field, resource.fields()[field])
                    wrong = option[:3] + option[4:] + "x"
                    refused = self.enter(*name.split(), wrong, "1", "new")
                    said = f"unrecognized arguments: {wrong}. Did you mean {option}?"
                    self.assert_refused(refused, 2, said)
        for line, meant in (
            ("host-create --nmae x", "--name"),
            ("host variable set --regoin east web1 rack=r1", "--region"),
            ("host set --nte", "--note"),
        ):
            self.assert_refused(self.enter(*line.split()), 2, f"Did you mean {meant}?")

    def test_every_kind(self):
        cloud = self.make("cloud", "create", "prod", "--note", "big", "--var", "dns=10.0.0.53")
        self.assertEqual(("prod", "big"), (cloud["name"], cloud["note"]))
        self.assertEqual({"dns": "10.0.0.53"}, cloud["variables"])

        region = self.make("region", "create", "--cloud", "prod", "east")
        self.assertEqual(cloud["id"], region["cloud_id"])

        cell = self.make("cell", "create", "--cloud", "prod", "--region", "east", "c1")
        self.assertEqual(region["id"], cell["region_id"])

        there = ("--cloud", "prod", "--region", "east")
        at = ("--ip-address", "10.0.0.1", "--device-type", "server")
        host = self.make("host", "create", *there, *at, "--cell", "c1", "--label", "web", "h1")
        self.assertEqual((cell["id"], True), (host["cell_id"], host["active"]))
        self.assertEqual(["web"], self.craton.hosts.get(host["id"]).labels.get())

        switch = self.make(
            *("network", "device", "create", *there, "--ip-address", "10.0.0.2"),
            *("--device-type", "switch", "--model-name", "S4048", "--vlans", "1-9", "sw1"),
        )
        self.assertEqual(("S4048", "1-9"), (switch["model_name"], switch["vlans"]))

        network = self.make(
            *("network", "create", *there, "--cidr", "10.0.0.0/8", "--gateway", "10.0.0.1"),
            *("--netmask", "255.0.0.0", "lan"),
        )
        self.assertEqual("10.0.0.0/8", network["cidr"])

        port = self.make(
            *(
                "network",
                "interface",
                "create",
                "--device",
                str(host["id"]),
                "--network",
                "lan",
            ),
            *("--ip-address", "10.0.0.1", "--interface-type", "ethernet", "--speed", "10000"),
            *("--var", "mtu=9000", "eth0"),
        )
        self.assertEqual((network["id"], 10000), (port["network_id"], port["speed"]))
        stored = self.craton.network_interfaces.get(port["id"])
        self.assertEqual({"mtu": 9000}, stored.to_dict()["variables"])

        project = self.make("project", "create", "research")
        words = ("user", "create", "--project", "research", "--admin", "ada", "-f", "json")
        done = self.enter(*words)
        self.assertEqual((0, f"{users.ONCE}\n"), (done.status, done.err))
        user = done.json
        self.assertEqual((project["id"], True), (user["project_id"], user["is_admin"]))
        self.assertTrue(user["api_key"])
        quiet = self.enter("-q", *words[:-3], "bob", "-f", "json")
        self.assertEqual("", quiet.err)

    def test_labels_of_a_network_device(self):
        region = self.make_region(name="east")
        words = ("network", "device", "create", "--cloud", str(region.cloud_id))
        there = ("--region", "east", "--ip-address", "10.0.0.1", "--device-type", "switch")
        made = self.make(*words, *there, "--label", "b", "--label", "a", "sw1")
        self.assertEqual(["a", "b"], self.craton.network_devices.get(made["id"]).labels.get())
        plain = self.make(*words, *there, "sw0")
        self.assertEqual({*plain}, {*made})
        self.assertEqual(2, len([*self.craton.changes.list(kind="network_devices")]))
        long = (*words, *there, "--label", "x" * 256, "sw2")
        refused = self.enter(*long)
        self.assert_refused(refused, 3, "sw2: ", "too long")
        self.assertEqual(2, self.craton.network_devices.count())
        with mock.patch.object(features, "of", return_value=frozenset()):
            refused = self.enter(*long)
        there_now = "the network device was created with id 3"
        self.assert_refused(refused, 1, "labels: ", f"Already done: {there_now}.")
        self.assertEqual("sw2", self.craton.network_devices.get(3).name)

    def test_what_create_shows_is_what_show_shows(self):
        made = self.make("cloud", "create", "prod", "--var", "a=1")
        self.assertEqual(made, self.enter("cloud", "show", "prod", "-f", "json").json)

    def test_a_table_by_default(self):
        made = self.assert_done(self.enter("cloud", "create", "prod"))
        self.assertEqual("prod", made.fields["name"])

    def test_variables_are_json_if_they_can_be(self):
        given = {
            "n=64": 64,
            "f=1.5": "1.5",
            "t=true": True,
            "z=null": None,
            'o={"a": [1]}': {"a": [1]},
            "s=yes": "yes",
            "e=": "",
            "w=a=b": "a=b",
            'q="64"': "64",
            "x=NaN": "NaN",
            "b={": "{",
        }
        words = [word for value in given for word in ("--var", value)]
        made = self.make("cloud", "create", "prod", *words)
        wanted = {text.partition("=")[0]: value for text, value in given.items()}
        # Compare as text, since 1 == True.
        as_text = [json.dumps(v, sort_keys=True) for v in (wanted, made["variables"])]
        self.assertEqual(*as_text)

    def test_booleans_are_pairs(self):
        region = self.make_region()
        there = ("--cloud", str(region.cloud_id), "--region", region.name)
        for number, (words, active) in enumerate(
            [((), True), (("--active",), True), (("--inactive",), False)]
        ):
            at = ("--ip-address", "10.0.0.1", "--device-type", "server", f"h{number}")
            made = self.make("host", "create", *there, *at, *words)
            self.assertIs(active, made["active"])

    def test_a_name_that_begins_with_a_hyphen(self):
        done = self.enter("cloud", "create", "-f", "json", "--", "-x")
        self.assertEqual("-x", self.assert_done(done).json["name"])

    def test_a_name_that_is_a_number(self):
        self.make("cloud", "create", "other")
        self.make("cloud", "create", "7")
        refused = self.enter("cloud", "show", "7", "-f", "json")
        self.assert_refused(refused, 5, "No cloud has the id 7", "name:7: 2")
        shown = self.enter("cloud", "show", "name:7", "-f", "json").json
        self.assertEqual((2, "7"), (shown["id"], shown["name"]))
        self.assertEqual("other", self.enter("cloud", "show", "1", "-f", "json").json["name"])

    def test_any_language(self):
        made = self.make("cloud", "create", "wörld-世界")
        self.assertEqual("wörld-世界", made["name"])
        shown = self.assert_done(self.enter("cloud", "show", "wörld-世界"))
        self.assertIn("wörld-世界", shown.out)

    def test_required_options(self):
        for words, missing in (
            (("cloud", "create"), "<name>"),
            (("region", "create", "east"), "--cloud"),
            (("host", "create", "h1"), "--ip-address"),
            (("user", "create", "ada"), "--project"),
        ):
            self.assert_refused(self.enter(*words), 2, missing, "required")

    def test_what_is_not_a_variable(self):
        for text in ("x", "=1"):
            self.assert_refused(self.enter("cloud", "create", "p", "--var", text), 2, "--var")
        self.assertEqual([], list(self.craton.clouds.list()))

    def test_conflict(self):
        self.make_cloud(name="prod")
        refused = self.enter("cloud", "create", "prod")
        self.assert_refused(refused, 6, "already exists", "Request-ID: req-")

    def test_invalid(self):
        region = self.make_region()
        there = ("--cloud", str(region.cloud_id), "--region", str(region.id))
        refused = self.enter(
            "host", "create", *there, "--ip-address", "10.0.0.256", "--device-type", "x", "h1"
        )
        self.assert_refused(refused, 3, "h1: ip_address: '10.0.0.256' is not an IPv4")
        self.assertEqual([], list(self.craton.hosts.list()))

    def test_what_is_no_text(self):
        # Python decodes the byte FF in an argument to this.
        self.assert_refused(self.enter("cloud", "create", "a\udcff"), 3)
        self.assertEqual([], list(self.craton.clouds.list()))

    def test_too_long(self):
        self.assert_refused(self.enter("cloud", "create", "x" * 256), 3, "too long")

    def test_a_reference_to_nothing(self):
        for cloud in ("nowhere", "99"):
            refused = self.enter("region", "create", "--cloud", cloud, "east")
            self.assert_refused(refused, 5, cloud)
        self.assertEqual([], list(self.craton.regions.list()))

    def test_the_key_of_a_user_is_shown_once_and_not_logged(self):
        words = (
            "--debug",
            "user",
            "create",
            "--project",
            programs.PROJECT,
            "bob",
            "-f",
            "json",
        )
        done = self.enter(*words)
        self.assertEqual(0, done.status)
        key = done.json["api_key"]
        self.assertRegex(key, "^craton_[0-9a-f]{48}$")
        self.assertIn("RESP BODY", done.err)
        self.assertNotIn(key, done.err)
        self.assertTrue(re.search(r'"api_key": "\*\*\*"', done.err), done.err)
        again = self.enter("user", "show", "bob", "-f", "json")
        self.assertNotIn(key, again.out)
