# SPDX-License-Identifier: Apache-2.0
"""``create --from-file`` creates the objects of a file, all of them or none."""

from __future__ import annotations

import json
import typing as t
from unittest import mock

from cratonclient import features
from cratonclient.session import Session
from cratonclient.tests import base
from cratonclient.tests.integration.osc import programs
from cratonclient.tests.integration.osc.test_delete import Terminal

HEADER = "name,ip_address,region,device-type,labels,active,variables.rack,vars\n"


class FromFileTestCase(base.FleetTestCase, programs.CommandTestCase):
    """Tests in a cloud with two regions."""

    def setUp(self) -> None:
        super().setUp()
        cloud = self.make_cloud(name="prod")
        self.east = self.make_region(name="east", cloud_id=cloud.id)
        self.west = self.make_region(name="west", cloud_id=cloud.id)

    def create(
        self, text: str, *words: str, ending: str = "csv", noun: str = "host"
    ) -> programs.Result:
        """Write a file and create its objects in the cloud."""
        path = self.folder() / f"file.{ending}"
        path.write_bytes(text.encode())
        kind = noun.split()
        if noun in ("host", "network device", "region"):
            words = ("--cloud", "prod", *words)
        return programs.craton(
            *kind, "create", "--from-file", str(path), *words, CRATON_URL=self.database
        )

    def host(self, name: str) -> t.Any:
        """Return a host."""
        return self.craton.hosts.find(name=name, details=True)

    def count(self) -> int:
        """Return the number of hosts."""
        return self.craton.hosts.count()


class TestFormats(FromFileTestCase):
    def test_csv(self):
        done = self.create(
            HEADER
            + 'web-1,10.0.0.1,east,server,"lb,web",false,r1,"{""a"": 1}"\n'
            + "web-2,10.0.0.2,id:2,server,,,0042,\n"
        )
        self.assertEqual((0, ""), (done.status, done.out), done.err)
        self.assertIn("2 hosts: web-1, web-2\n2 hosts created in revision", done.err)
        one, other = self.host("web-1"), self.host("web-2")
        self.assertEqual((["lb", "web"], False), (one.labels.get(), one.active))
        self.assertEqual({"rack": "r1", "a": 1}, one.variables.own())
        self.assertEqual({"rack": "0042"}, other.variables.own())
        self.assertEqual((self.east.id, self.west.id), (one.region_id, other.region_id))
        self.assertTrue(other.active)

    def test_csv_of_excel(self):
        done = self.create(
            "\ufeffName;IP address;note;;\r\n"
            '"web-1";10.0.0.1;"two\r\nlines";;\r\n'
            "web-2;10.0.0.2;;;\r\n;;;;\r\n\r\n",
            *("--region", "east", "--device-type", "server"),
        )
        self.assertEqual(0, done.status, done.err)
        self.assertEqual("two\r\nlines", self.host("web-1").note)
        self.assertEqual(2, self.count())

    def test_json_lines_and_yaml(self):
        one = {
            "name": "web-1",
            "ip_address": "10.0.0.1",
            "region_id": self.east.id,
            "device_type": "server",
            "labels": ["lb"],
            "variables": {"cores": 64, "load": 1.5},
            "variables.hw.a": [1],
        }
        done = self.create(json.dumps(one) + "\n\n", ending="jsonl")
        self.assertEqual(0, done.status, done.err)
        wanted = {"cores": 64, "load": 1.5, "hw": {"a": [1]}}
        self.assertEqual(wanted, self.host("web-1").variables.own())
        text = (
            "# the hosts\n- name: web-2\n  ip_address: 10.0.0.2\n  region: west\n"
            "  device_type: server\n  vars: {zip: 0042, cores: 2}\n  active: false\n"
        )
        done = self.create(text, ending="yaml")
        self.assertEqual(0, done.status, done.err)
        own = self.host("web-2").variables.own()
        self.assertEqual({"zip": "0042", "cores": 2}, own)

    def test_standard_input(self):
        row = "web-1,10.0.0.1,east,server,,,,\n"
        with mock.patch("sys.stdin", Terminal(HEADER + row)):
            done = programs.craton(
                *("host", "create", "--from-file", "-", "--input-format", "csv"),
                *("--cloud", "prod", "--yes"),
                CRATON_URL=self.database,
            )
        self.assertEqual((0, 1), (done.status, self.count()), done.err)

    def test_other_kinds(self):
        for noun, text in (
            ("region", "name,note\nnorth,x\nsouth,\n"),
            ("network device", "name,ip_address,region,device_type\nsw,10.0.0.9,east,switch\n"),
            ("network interface", "name,device,ip_address,interface_type\ne0,sw,10.0.0.9,x\n"),
            ("project", "name,variables.a\np1,1\np2,2\n"),
        ):
            done = self.create(text, noun=noun)
            self.assertEqual((0, ""), (done.status, done.out), f"{noun}: {done.err}")
        self.assertEqual(4, self.craton.regions.count())
        self.assertEqual(1, self.craton.network_interfaces.count())


class TestErrors(FromFileTestCase):
    def test_all_bad_lines_are_reported_before_anything_is_sent(self):
        done = self.create(
            HEADER
            + "web-1,10.0.0.1,east,server,,,,\n"
            + "web-2,10.0.0.999,east,server,,,,\n"
            + '"web\n3",10.0.0.3,esat,server,,,,\n'
            + "web-4,10.0.0.4,east,server,,maybe,,\n"
            + "web-1,10.0.0.5,east,server,,,,\n"
            + ",10.0.0.6,east,,,,,\n"
            + "web-7,10.0.0.7,east,server,,,,,extra\n"
            + "web-8,10.0.0.8,east,server,,,,{\n"
        )
        self.assertEqual("", done.out)
        for said in (
            "line 3 (web-2): ip_address: '10.0.0.999'",
            "line 4 (web",
            "No region has the name or id 'esat'",
            "line 6 (web-4): active: 'maybe' is not true or false",
            "line 7 (web-1): line 2 has the same name",
            "line 8: name, device_type are missing",
            "line 9 (web-7): it has more values than the 8 columns",
            "line 10 (web-8): ",
            "Nothing was created.",
        ):
            self.assertIn(said, done.err)
        self.assertEqual((1, 0), (done.status, self.count()))

    def test_all_errors_of_a_line_are_reported_with_its_name(self):
        good = "web-1,10.0.0.1,east,server,,,,\n"
        done = self.create(
            HEADER
            + good
            + 'web-2,10.0.0.256,nowhere,server,,maybe,{a},"[1]"\n'
            + "web-1,not an address,east,,,,,\n"
        )
        two, three = "line 3 (web-2): ", "line 4 (web-1): "
        wanted = (
            (two, "active: 'maybe' is not true or false."),
            (two, "variables.rack: '{a}' is not valid JSON"),
            (two, "vars: [1] is not an object."),
            (two, "No region has the name or id 'nowhere'"),
            (two, "10.0.0.256"),
            (three, "device_type is missing."),
            (three, "not an address"),
            (three, "line 2 has the same name."),
        )
        lines = done.err.splitlines()
        for label, said in wanted:
            found = [line for line in lines if line.startswith(label) and said in line]
            self.assertEqual(1, len(found), f"{said}: {done.err}")
        self.assertEqual([*lines[len(wanted) :]], ["Nothing was created."], done.err)
        self.assertEqual((1, 0), (done.status, self.count()))

    def test_the_errors_of_the_server(self):
        self.make_host(
            name="web-2", region_id=self.east.id, cloud_id=self.east.cloud_id, labels=[]
        )
        rows = [f"web-{n},10.0.0.{n},east,server,,,,\n" for n in (1, 2, 3)]
        done = self.create(HEADER + "".join(rows))
        self.assertEqual((6, 1), (done.status, self.count()))
        self.assertIn("line 3 (web-2): ", done.err)
        self.assertNotIn("line 2", done.err)

    def test_the_errors_of_the_client_and_the_server_together(self):
        self.make_host(name="web-2", region_id=self.east.id, cloud_id=self.east.cloud_id)
        rows = (("web-1", 1), ("web-2", 2), ("web-1", 3), ("web-4", 999), ("web-5", 5))
        text = "".join(f"{name},10.0.0.{end},east,server,,,,\n" for name, end in rows)
        for words in ((), ("--dry-run",)):
            done = self.create(HEADER + text, *words)
            *lines, last = done.err.splitlines()
            self.assertEqual(
                ["line 3 (web-2)", "line 4 (web-1)", "line 5 (web-4)"],
                sorted(line.partition(":")[0] for line in lines),
            )
            self.assertIn("with the given name already exists", lines[0])
            self.assertEqual("Nothing was created.", last)
            self.assertEqual((1, 1), (done.status, self.count()))

    def test_errors_of_the_client_on_an_original_server(self):
        with mock.patch.object(features, "of", return_value=frozenset()):
            done = self.create(HEADER + "web-4,10.0.0.999,east,server,,,,\n")
        self.assertEqual((3, 0), (done.status, self.count()), done.err)

    def test_an_error_of_an_option_is_reported_once(self):
        text = "name,ip_address\n" + "".join(f"web-{n},10.0.0.1\n" for n in range(150))
        for words, said in (
            (("--region", "esat"), "--region: No region has the name or id 'esat'"),
            (("--region", "east", "--cell", "x"), "--cell: No cell has the name or id 'x'"),
        ):
            done = self.create(text, *words, "--device-type", "server")
            line, last = done.err.splitlines()
            self.assertTrue(line.startswith(said), line)
            self.assertEqual(("Nothing was created.", 5), (last, done.status))
        text = "name\n" + "".join(f"web-{n}\n" for n in range(150))
        options = ("--region", "east", "--device-type", "server", "--ip-address=10.0.0.999")
        done = self.create(f"{text}web-1\n", *options)
        first, second, _ = done.err.splitlines()
        self.assertTrue(first.startswith("--ip-address: "), first)
        self.assertIn("line 152 (web-1): line 3 has the same name.", second)

    def test_the_number_of_errors_is_limited(self):
        rows = [f"web-{n},10.0.0.999,east,server,,,,\n" for n in range(150)]
        done = self.create(HEADER + "".join(rows))
        lines = done.err.splitlines()
        self.assertEqual(102, len(lines))
        self.assertIn("line 101 (web-99): ", lines[99])
        self.assertEqual(["… and 50 more.", "Nothing was created."], lines[100:])
        self.assertEqual((3, 0), (done.status, self.count()))

    def test_columns(self):
        for header, said in (
            ("name,ip_adress", "Did you mean ip_address?"),
            ("name,id", "the column 'id' cannot be set by create"),
            ("name,revision", "the column 'revision' cannot be set by create"),
            ("name,region,region_id", "given twice"),
            ("name,name", "the column 'name' is there twice"),
            ("name,variables.a[", "variables.a["),
        ):
            row = ",".join(["1"] * (header.count(",") + 1))
            done = self.create(f"{header}\n{row}\n", "--region=east")
            self.assertIn(said, done.err)
            self.assertNotEqual(0, done.status)
            self.assertNotIn("Traceback", done.err)
            self.assertNotRegex(done.err, r"[?][.]|[.][.]")

    def test_files_that_cannot_be_used(self):
        for text, ending, said in (
            ("", "csv", "has no objects"),
            ("name\n", "csv", "has no objects"),
            ('name\n"web', "csv", "is not valid CSV"),
            ("{", "jsonl", "line 1: it is not valid JSON"),
            ("[1]\n", "jsonl", "it must be an object"),
            ("a: 1\n", "yaml", "must be a list of objects"),
            ("- a: [\n", "yaml", "line"),
            ("x", "txt", "The format of"),
        ):
            done = self.create(text, ending=ending)
            self.assertIn(said, done.err, text)
            self.assertIn(done.status, (2, 3))

    def test_what_a_file_excludes(self):
        for words in (
            ("host", "create", "web", "--from-file", "x.csv"),
            ("host", "create", "--dry-run", "web"),
            ("user", "create", "--from-file", "x.csv"),
            ("host", "create", "--from-file", "/nowhere.csv"),
        ):
            done = programs.craton(*words, CRATON_URL=self.database)
            self.assertEqual((2, ""), (done.status, done.out), done.err)


class TestMany(FromFileTestCase):
    def test_few_requests(self):
        rows = [f"web-{n},10.0.0.1,{('east', 'west')[n % 2]},server,,,," for n in range(500)]
        sent: list[t.Any] = []
        request = Session.request

        def record(session: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
            sent.append(args)
            return request(session, *args, **kwargs)

        with mock.patch.object(Session, "request", record):
            done = self.create(HEADER + "\n".join(rows))
        self.assertEqual((0, 500), (done.status, self.count()), done.err)
        self.assertLess(len(sent), 6, sent)

    def test_a_dry_run(self):
        done = self.create(HEADER + "web-1,10.0.0.1,east,server,lb,,,\n", "--dry-run")
        self.assertEqual((0, ""), (done.status, done.err))
        self.assertIn("+ host web-1", done.out)
        self.assertEqual(0, self.count())

    def test_an_original_server(self):
        rows = [f"web-{n},10.0.0.{n},east,server,,,,\n" for n in (1, 2)]
        with mock.patch.object(features, "of", return_value=frozenset()):
            done = self.create(HEADER + "".join(rows))
        self.assertEqual((0, 2), (done.status, self.count()), done.err)
        self.assertIn("this is not atomic", done.err)
