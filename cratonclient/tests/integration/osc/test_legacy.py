# SPDX-License-Identifier: Apache-2.0
"""The 2017 commands on a live server: each command, with each option."""

from __future__ import annotations

import io
import sys
import typing as t
from unittest import mock

from cratonclient.tests.integration.osc import programs
from cratonclient_osc.program import legacy

#: 2017 command lines and their translations; both must print the same.
SAME = (
    ("project-list", "project list"),
    ("project-list --detail", "project list --long"),
    ("project-list -n research", "project list --name research"),
    ("project-list --name research --fields name", "project list --name research -c name"),
    ("cloud-list --all --limit 1", "cloud list"),
    ("cloud-list --limit 1", "cloud list --limit 1"),
    ("cloud-list --marker 1", "cloud list --marker 1"),
    ("cloud-show 1", "cloud show 1"),
    ("region-list --cloud 2", "region list --cloud 2"),
    ("region-show 1", "region show 1"),
    ("cell-list -r 1", "cell list --region 1"),
    ("cell-list --region 1 --cloud 1", "cell list --region 1 --cloud 1"),
    ("cell-show 1", "cell show 1"),
    ("host-list", "host list"),
    ("host_list", "host list"),
    ("host-list --detail", "host list --long"),
    ("host-list --fields id name ip_address", "host list -c id -c name -c ip_address"),
    ("host-list -r 1 -c 1 --cloud 1", "host list --region 1 --cell 1 --cloud 1"),
    ("host-list --cell 1", "host list --cell 1"),
    ("host-list --label web", "host list --label web"),
    ("host-list --ip 10.0.1.4", "host list --ip-address 10.0.1.4"),
    ("host-list --device-type container", "host list --device-type container"),
    ("host-list --device_type container", "host list --device-type container"),
    ("host-list --sort-key name --sort-dir desc", "host list --sort name:desc"),
    ("host-list --sort_key name", "host list --sort name"),
    ("host-list --sort-dir desc", "host list --sort created_at:desc"),
    ("host-list --vars dns:10.0.0.53", "host list --var dns=10.0.0.53"),
    ('region-list --vars ntp:"10.0.0.123"', "region list --var ntp=10.0.0.123"),
    ("cloud-list --vars dns:x", "cloud list --var dns=x"),
    ("cell-list --vars ntp:10.0.0.123", "cell list --var ntp=10.0.0.123"),
    ("project-list --vars a:1", "project list --var a=1"),
    ("region-vars-get 1", "region variable show --own 1"),
    ("host-vars-get 1", "host variable show 1"),
    ("host-list --limit 5 --marker 1", "host list --limit 5 --marker 1"),
    ("host-show 1", "host show 1"),
    ("device-list", "device list"),
    ("devices-list", "device list"),
    ("device-list --parent 1", "device list --parent 1"),
    ("device-list --parent 1 --descendants", "device list --parent 1 --descendants"),
    ("device-list --active false", "device list --inactive"),
    ("device-list --active True", "device list --active"),
    ("device-list -a", "device list --active"),
    ("device-list -r 1 -c 1 --cloud 1", "device list --region 1 --cell 1 --cloud 1"),
)


class TestReading(programs.ServerTestCase):
    """2017 commands that read print the same as today's commands."""

    @classmethod
    def setUpClass(cls):
        """Fill the fleet."""
        super().setUpClass()
        with programs.opened(cls.server.database) as fleet:
            programs.fill(fleet)

    def enter(self, *words: str) -> programs.Result:
        """Run ``craton`` on the server."""
        return programs.craton(*words, **self.server.settings)

    def test_each_reads_like_today(self):
        for old, today in SAME:
            with self.subTest(old):
                wanted = self.assert_done(self.enter(*today.split()))
                self.assertEqual(wanted, self.enter(*old.split()))

    def test_the_global_format(self):
        for old, today in SAME[::8]:
            with self.subTest(old):
                fields = ["--long"] if "-list" in old and " -c " not in today else []
                wanted = self.assert_done(self.enter(*today.split(), *fields, "-f", "json"))
                self.assertEqual(wanted, self.enter("--format", "json", *old.split()), old)
                self.assertEqual(wanted, self.enter("--format=json", *old.split()), old)

    def test_a_list_in_json_has_all_fields(self):
        names = "id created_at updated_at name"
        place = f"{names} project_id cloud_id"
        device = f"{place} region_id cell_id parent_id ip_address device_type active links"
        for old, keys in (
            ("project-list", names),
            ("cloud-list", f"{names} project_id note"),
            ("region-list", f"{place} note"),
            ("cell-list", f"{place} region_id note"),
            ("host-list", f"{device} note"),
            ("devices-list", f"{device} note model_name os_version vlans"),
        ):
            for line in (old, f"{old} --limit 10"):
                found = self.assert_done(self.enter("--format", "json", *line.split())).json
                self.assertEqual({*keys.split()}, {*found[0]}, line)
        selected = self.enter("--format", "json", "host-list", "--fields", "id", "name").json
        self.assertEqual({"id", "name"}, {*selected[0]})
        # A table has the usual columns.
        self.assertNotIn("created_at", self.enter("host-list").rows[0])

    def test_a_field_that_there_is_not(self):
        refused = self.enter("host-list", "--fields", "id", "colour")
        self.assert_refused(refused, 2, "'colour'")

    def test_what_is_not_there(self):
        self.assert_refused(self.enter("host-show", "99"), 5, "'99'")

    def test_verbose_says_what_to_type_today(self):
        said = self.enter("-v", "host-list", "--fields", "id", "name").err
        self.assertIn("Use instead: craton host list -c id -c name\n", said)


class TestWriting(programs.ServerTestCase):
    """Commands that failed in 2017 work today."""

    def enter(self, *words: str) -> programs.Result:
        """Run ``craton`` on the server, for JSON."""
        return programs.craton("--format", "json", *words, **self.server.settings)

    def test_create(self):
        cloud = self.assert_done(self.enter("cloud-create", "-n", "c", "--note", "one")).json
        self.assertEqual(("c", "one"), (cloud["name"], cloud["note"]))
        region = self.assert_done(
            self.enter("region-create", "--name", "r", "--cloud", str(cloud["id"]))
        ).json
        place = ("-r", str(region["id"]), "--cloud", "c")
        cell = self.assert_done(self.enter("cell-create", "--name=-x", *place)).json
        self.assertEqual("-x", cell["name"])
        host = self.assert_done(
            self.enter(
                *("host-create", "-n", "h", "-i", "10.0.0.1", "-t", "server", *place),
                *("-c", str(cell["id"]), "-a", "false", "--note", "x", "-l", "web, db"),
            )
        ).json
        wanted = {"name": "h", "ip_address": "10.0.0.1", "active": False, "cell_id": cell["id"]}
        self.assertEqual(wanted, {name: host[name] for name in wanted})
        for label in ("web", "db"):
            self.assertEqual(
                ["h"], [one["name"] for one in self.enter("host-list", "--label", label).json]
            )
        project = self.assert_done(self.enter("project-create", "-n", "p")).json
        self.assertEqual("p", project["name"])

    def test_a_name_is_required(self):
        self.assert_refused(self.enter("cloud-create"), 2, "-n/--name")


class TestEveryCommand(programs.ServerTestCase):
    """Every 2017 command, on one object of each kind."""

    def enter(self, *words: str, stdin: str = "") -> programs.Result:
        """Run ``craton`` on the server, for JSON."""
        with mock.patch.object(sys, "stdin", io.StringIO(stdin)):
            return programs.craton("--format", "json", *words, **self.server.settings)

    def run_all(self, noun: str, *create: str) -> t.Iterator[tuple[str, programs.Result]]:
        """Run every command of a kind; yield the verb and the result of each."""
        made = self.assert_done(self.enter(f"{noun}-create", "-n", "old", *create)).json
        one = str(made["id"])
        yield "create", made
        verbs = {
            "show": (one,),
            "list": ("--fields", "name"),
            "update": (one, "-n", "new", *([] if noun == "project" else ["--note", "n"])),
            "vars-set": (one, "rack=r1", "cores=64", "a.b=@x"),
            "vars-get": (one,),
            "vars-delete": (one, "cores"),
            "delete": (one,),
        }
        for verb, words in verbs.items():
            if f"{noun}-{verb}" in legacy.names():
                yield verb, self.assert_done(self.enter(f"{noun}-{verb}", *words))
        self.assert_refused(self.enter(f"{noun}-show", one), 5)

    def test_all(self):
        run: set[str] = set()
        for noun, create in (
            ("project", ()),
            ("cloud", ()),
            ("region", ("--cloud", "top")),
            ("cell", ("--cloud", "top", "-r", "mid")),
            ("host", ("--cloud", "top", "-r", "mid", "-i", "10.0.0.1", "-t", "server")),
        ):
            if noun == "region":
                self.assert_done(self.enter("cloud-create", "-n", "top"))
            if noun == "cell":
                self.assert_done(self.enter("region-create", "-n", "mid", "--cloud", "top"))
            for verb, done in self.run_all(noun, *create):
                run.add(f"{noun}-{verb}")
                if verb == "update":
                    self.assertEqual(("new", "n"), (done.json["name"], done.json["note"]))
                elif verb == "vars-get":
                    self.assertEqual({"rack": "r1", "cores": 64, "a.b": "@x"}, done.json)
        for name in ("device-list", "devices-list"):
            self.assert_done(self.enter(name))
            run.add(name)
        self.assertEqual({*legacy.names()}, run)

    def test_deleting_what_does_not_exist_is_no_failure(self):
        for noun in ("project", "cloud", "region", "cell", "host"):
            for word in ("99", "0", "nosuch", "2abc", "00000000-0000-4000-8000-000000000099"):
                done = self.enter(f"{noun}-delete", word)
                self.assertEqual((0, "", ""), done, f"{noun} {word}")
        # Other failures are failures.
        self.assert_refused(self.enter("cloud-delete", ""), 2)

    def test_deleting_variables_that_do_not_exist_is_no_failure(self):
        self.assert_done(self.enter("cloud-create", "-n", "few"))
        self.assert_done(self.enter("cloud-vars-set", "few", "a=1", "b=2", "c=3", "d=4"))
        self.assert_done(self.enter("cloud-vars-delete", "few", "nosuch", "a"))
        self.assert_done(self.enter("cloud-vars-set", "few", "nosuch=", "b="))
        self.assert_done(self.enter("cloud-vars-delete", "few", stdin='["c", "nosuch"]'))
        self.assertEqual({"d": 4}, self.enter("cloud-vars-get", "few").json)
        self.assert_refused(self.enter("cloud-vars-delete", "few", stdin="c"), 2, "JSON list")
        self.assert_refused(self.enter("cloud-vars-delete", "nosuch", "d"), 5, "'nosuch'")

    def test_host_update_changes_only_what_was_given(self):
        self.assert_done(self.enter("cloud-create", "-n", "c"))
        self.assert_done(self.enter("region-create", "-n", "r", "--cloud", "c"))
        place = ("--cloud", "c", "-r", "r", "-t", "server")
        made = self.enter(
            "host-create", "-n", "h", "-i", "10.0.0.1", "-a", "false", *place
        ).json
        one = str(made["id"])
        changed = self.assert_done(self.enter("host-update", one, "--note", "x")).json
        self.assertEqual((False, "x"), (changed["active"], changed["note"]))
        changed = self.enter("host-update", one, "-a", "true", "-l", "a,b").json
        self.assertTrue(changed["active"])
        self.assertEqual(1, len(self.enter("host-list", "--label", "b").json))
        self.assert_refused(self.enter("host-update", one, "-r", "2"), 2, "--region")

    def test_variables(self):
        self.assert_done(self.enter("cloud-create", "-n", "v"))
        # Arguments take precedence over standard input.
        self.assert_done(self.enter("cloud-vars-set", "v", "a=1", "b=x", stdin='{"c": 1}'))
        self.assertEqual({"a": 1, "b": "x"}, self.enter("cloud-vars-get", "v").json)
        self.assert_done(self.enter("cloud-vars-set", "v", "a=", "b=yes"))
        self.assertEqual({"b": "yes"}, self.enter("cloud-vars-get", "v").json)
        self.assert_done(self.enter("cloud-vars-set", "v", stdin='{"c": [1]}'))
        self.assertEqual({"b": "yes", "c": [1]}, self.enter("cloud-vars-get", "v").json)
