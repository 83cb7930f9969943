# SPDX-License-Identifier: Apache-2.0
"""Formatters of other packages, as the 2017 client had them: ``--format NAME``, ``-f NAME``."""

from __future__ import annotations

import io
import json
import sys
import textwrap
from unittest import mock

from cratonclient.tests.integration.osc import programs
from cratonclient_osc.output import installed_formatters

MODULE = """
    import json
    import sys

    from cratonclient.formatters import base


    class Names(base.Formatter):
        def after_init(self):
            self.fields = None

        def configure(self, fields=None, **kwargs):
            self.fields = fields  # and forget to return the formatter

        def handle_instance(self, instance):
            print(json.dumps([self.fields, sorted(instance.to_dict()), instance.name]))

        def handle_generator(self, generator):
            for instance in generator:
                self.handle_instance(instance)


    class Raises(base.Formatter):
        def handle(self, item):
            raise KeyError("no\\x1b[2Jrack")


    class Exits(base.Formatter):
        def handle(self, item):
            sys.exit("good bye")


    class Opens(base.Formatter):
        def handle(self, item):
            open("/nowhere/template")


    class Unfinished(base.Formatter):
        pass


    class Refuses(base.Formatter):
        def configure(self):
            return self


    class Nothing:
        pass
"""
ENTRY_POINTS = """
    [cratonclient.formatters]
    names = fleet_formats:Names
    raises = fleet_formats:Raises
    exits = fleet_formats:Exits
    opens = fleet_formats:Opens
    unfinished = fleet_formats:Unfinished
    refuses = fleet_formats:Refuses
    nothing = fleet_formats:Nothing
    absent = fleet_formats:Absent
    lost = fleet_formats_lost:Names
    json = fleet_formats:Raises
    table = fleet_formats:Raises
    old-table = cratonclient.formatters.table:Formatter
    old-json = cratonclient.formatters.json_formatter:Formatter
"""
BROKEN = {
    "raises": "KeyError",
    "exits": "good bye",
    "opens": "/nowhere/template",
    "unfinished": "NotImplementedError",
    "refuses": "TypeError",
    "nothing": "TypeError",
    "absent": "AttributeError",
    "lost": "fleet_formats_lost",
}


class TestInstalledFormatters(programs.CommandTestCase):
    def setUp(self):
        super().setUp()
        self.packages = self.folder()
        metadata = self.packages / "fleet_formats-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: fleet-formats\nVersion: 1.2\n"
        )
        (metadata / "entry_points.txt").write_text(textwrap.dedent(ENTRY_POINTS))
        (self.packages / "fleet_formats.py").write_text(textwrap.dedent(MODULE))
        for patch in (
            mock.patch.object(sys, "path", [str(self.packages), *sys.path]),
            mock.patch.dict(sys.modules),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        installed_formatters._entry_points.cache_clear()
        self.addCleanup(installed_formatters._entry_points.cache_clear)
        self.url = programs.new_fleet(self.folder())
        with programs.opened(self.url) as craton:
            for name in ("prod", "dev"):
                cloud = craton.clouds.create(name=name, variables={"rack": "r1"})
                craton.regions.create(name=f"{name}-east", cloud_id=cloud.id)

    def craton(self, *words: str) -> programs.Result:
        return programs.craton(*words, CRATON_URL=self.url)

    def test_it_prints_lists_and_objects_through_all_spellings(self):
        fields = ["created_at", "id", "name", "note", "project_id", "updated_at"]
        shown = ["id", "name", "note"]
        for words in (
            ("--format", "names", "cloud-list"),
            ("--format=names", "cloud", "list"),
            ("cloud", "list", "-f", "names"),
            ("cloud", "list", "--format", "names", "--limit", "2"),
        ):
            done = self.assert_done(self.craton(*words))
            found = [json.loads(line) for line in done.out.splitlines()]
            wanted = [[shown, fields, name] for name in ("prod", "dev")]
            self.assertEqual(wanted, found, str(words))
        for line in (
            "--format names cloud-show prod",
            "cloud show prod -f names",
            "--format names cloud show 1",
        ):
            found = json.loads(self.assert_done(self.craton(*line.split())).out)
            wanted_fields = sorted([*fields, "revision", "variables"])
            self.assertEqual([None, wanted_fields, "prod"], found, line)

    def test_it_gets_the_columns_and_the_order_that_were_asked_for(self):
        for words in (
            ("region", "list", "-f", "names", "-c", "name", "--sort-column", "name"),
            ("--format", "names", "region-list", "--fields", "name", "--sort-key", "name"),
        ):
            done = self.assert_done(self.craton(*words))
            found = [json.loads(line) for line in done.out.splitlines()]
            self.assertEqual(["dev-east", "prod-east"], [name for _, _, name in found])
            self.assertEqual([["name"]] * 2, [shown for shown, _, _ in found])
            self.assertIn("cloud_id", found[0][1])

    def test_the_formatters_of_2017_work(self):
        done = self.assert_done(self.craton("--format", "old-table", "cloud-list"))
        self.assertEqual(
            ["prod", "dev"], [row["Name"] for row in programs.read_table(done.out)]
        )
        done = self.assert_done(self.craton("cloud", "list", "-f", "old-json"))
        self.assertEqual(["prod", "dev"], [item["name"] for item in json.loads(done.out)])
        done = self.assert_done(self.craton("--format", "old-json", "cloud-vars-get", "1"))
        self.assertEqual({"rack": "r1"}, json.loads(done.out))

    def test_a_broken_one_gives_one_line(self):
        for name, reason in BROKEN.items():
            for words in (
                ("cloud", "list", "-f", name),
                ("--format", name, "cloud-list"),
                ("cloud", "show", "prod", "-f", name),
            ):
                with self.subTest(words):
                    self.assert_refused(self.craton(*words), 1, repr(name), reason)
        said = self.craton("cloud", "list", "-f", "raises").err
        self.assertIn("(fleet_formats:Raises of fleet-formats 1.2) failed", said)

    def test_an_error_of_the_server_keeps_its_status(self):
        done = self.craton("region", "list", "-f", "names", "--cloud", "77")
        self.assert_refused(done, 5, "77")

    def test_the_formats_of_this_project_cannot_be_replaced(self):
        for words in (
            ("cloud", "list", "-f", "json"),
            ("cloud", "list", "-f", "table"),
            ("--format", "json", "cloud-list"),
            ("cloud-list",),
        ):
            self.assertIn("prod", self.assert_done(self.craton(*words)).out)

    def test_an_unknown_name_is_refused_with_the_known_ones(self):
        for words in (("cloud", "list", "-f", "nmaes"), ("--format", "nmaes", "cloud-list")):
            self.assert_refused(self.craton(*words), 2, "nmaes", "json", "names")

    def test_they_are_looked_up_only_when_they_are_used(self):
        look_up = mock.Mock(side_effect=AssertionError("looked up"))
        with mock.patch.object(installed_formatters, "_entry_points", look_up):
            for words in (
                ("cloud", "list"),
                ("cloud", "list", "-f", "json"),
                ("--format", "json", "cloud-list"),
                ("cloud", "show", "prod", "-f", "yaml"),
                ("cloud", "list", "--help"),
            ):
                self.assert_done(self.craton(*words))
        self.assertNotIn("fleet_formats", sys.modules)

    def test_the_plugin_of_openstack_has_them_too(self):
        done = self.program(
            "openstack",
            "craton",
            "cloud",
            "list",
            "-f",
            "names",
            OS_AUTH_TYPE="none",
            CRATON_URL=self.url,
            OS_ENDPOINT=self.url,
            PYTHONPATH=str(self.packages),
        )
        self.assertEqual(["prod", "dev"], [json.loads(x)[2] for x in done.out.splitlines()])

    def test_a_session_has_them_too(self):
        home = self.folder()
        script = f"cloud list -f names > {home}/clouds\ncloud-list\n"
        with mock.patch.object(sys, "stdin", io.StringIO(script)):
            done = self.craton("--format", "names")
        self.assertEqual(0, done.status, done.err)
        for text in ((home / "clouds").read_text(), done.out):
            self.assertEqual(["prod", "dev"], [json.loads(x)[2] for x in text.splitlines()])
