# SPDX-License-Identifier: Apache-2.0
"""``list`` and ``show`` of every kind, in every format."""

from __future__ import annotations

import csv
import importlib
import io
import subprocess
import typing as t

from cratonclient import v1
from cratonclient.tests import base
from cratonclient.tests.integration.osc import examples, programs, terminal
from cratonclient_osc.output import values

#: PyYAML, which cliff requires. It has no type annotations.
yaml: t.Any = importlib.import_module("yaml")

#: The number of objects of each kind that :func:`programs.fill` creates, and a name or id.
COUNTS = {
    "cloud": (2, "prod"),
    "region": (2, "east"),
    "cell": (2, "c1"),
    "host": (5, "h2"),
    "network": (1, "lan"),
    "network device": (1, "sw1"),
    "network interface": (2, "1"),
    "project": (2, "research"),
    "user": (2, "ada"),
    "user key": (3, "laptop"),
    "webhook": (1, "cmdb"),
}


def resource_of(kind: str):
    """Return the declaration of a kind."""
    return v1.kind(f"{kind.replace(' ', '_')}s").resource_class


class TestTableReader(base.TestCase):
    """The table parser refuses malformed tables."""

    BORDER = "+----+------+\n"
    TABLE = f"{BORDER}| id | name |\n{BORDER}|  1 | a b  |\n|  2 |      |\n{BORDER}"

    def test_reads(self):
        rows = [{"id": "1", "name": "a b"}, {"id": "2", "name": ""}]
        self.assertEqual(rows, programs.read_table(self.TABLE))

    def test_refuses(self):
        for broken in ("", "x", self.TABLE.replace("a b ", "a b"), self.TABLE[:-15]):
            self.assertRaises(ValueError, programs.read_table, broken)


class TestEveryKind(programs.SharedFleetTestCase):
    """All kinds, on a fleet with objects of each kind."""

    fill = staticmethod(programs.fill)

    def test_there_is_a_count_for_every_kind(self):
        kinds = {v1.kind(name).key.replace("_", " ") for name in v1.COLLECTIONS}
        self.assertEqual(kinds - {"device"}, set(COUNTS))

    def test_list_as_a_table(self):
        for kind, (count, _) in COUNTS.items():
            with self.subTest(kind):
                done = self.assert_done(self.enter(*kind.split(), "list"))
                self.assertEqual(count, len(done.rows), kind)
                resource = resource_of(kind)
                shown = [n for n in resource.fields() if n in resource.columns]
                self.assertEqual(shown, list(done.rows[0]), kind)

    def test_list_as_json_says_the_same_as_the_table(self):
        for kind in COUNTS:
            with self.subTest(kind):
                table = self.enter(*kind.split(), "list").rows
                found = self.listed(*kind.split(), "list")
                as_text = [{n: values.plain(v) for n, v in row.items()} for row in found]
                self.assertEqual(table, as_text)

    def test_show_by_name_and_by_id(self):
        for kind, (_, name) in COUNTS.items():
            with self.subTest(kind):
                by_name = self.assert_done(self.enter(*kind.split(), "show", name))
                found = by_name.fields
                by_id = self.assert_done(self.enter(*kind.split(), "show", found["id"]))
                self.assertEqual(by_name, by_id)
                if kind != "network interface":
                    self.assertEqual(name, found[resource_of(kind).NAME_ATTR])

    def test_show_as_json_has_the_keys_of_the_list(self):
        for kind, (_, name) in COUNTS.items():
            with self.subTest(kind):
                shown = self.assert_done(self.enter(*kind.split(), "show", name, "-f", "json"))
                listed = self.listed(*kind.split(), "list", "--long")
                row = next(row for row in listed if row["id"] == shown.json["id"])
                common = {n: v for n, v in shown.json.items() if n in row}
                self.assertEqual(row, common)

    def test_show_has_the_variables(self):
        region = self.enter("region", "show", "east", "-f", "json").json
        self.assertEqual({"dns": "10.0.0.53", "ntp": "10.0.0.123"}, region["variables"])
        self.assertEqual(
            {"mtu": 9000},
            self.enter("network", "interface", "show", "1", "-f", "json").json["variables"],
        )
        text = self.enter("cloud", "show", "prod").fields["variables"]
        self.assertEqual("dns=10.0.0.53", text)

    def test_devices_are_hosts_and_network_devices(self):
        names = [row["name"] for row in self.listed("device", "list")]
        self.assertEqual(["h1", "h1", "h1-vm", "h1-vm-box", "h2", "sw1"], sorted(names))

    def test_a_device_cannot_be_shown(self):
        self.assert_refused(self.enter("device", "show", "1"), 2, "'device show 1'")

    def test_no_key_of_a_user_is_listed(self):
        row = self.listed("user", "list", "--long")[0]
        self.assertIsNone(row.get("api_key"))

    def test_nothing_to_list(self):
        done = self.assert_done(self.enter("host", "list", "--name", "nobody"))
        self.assertEqual("", done.out.strip())
        self.assertEqual([], self.listed("host", "list", "--name", "nobody"))
        names = self.assert_done(self.enter("host", "list", "--name", "nobody", "-f", "csv"))
        self.assertEqual([], list(csv.DictReader(io.StringIO(names.out))))


class TestFormats(programs.SharedFleetTestCase):
    """The formats of ``-f`` and the columns of ``-c``."""

    fill = staticmethod(programs.fill)

    def test_csv(self):
        done = self.assert_done(self.enter("region", "list", "-f", "csv"))
        rows = list(csv.DictReader(io.StringIO(done.out)))
        self.assertEqual(["id", "name", "note", "cloud_id"], list(rows[0]))
        self.assertEqual(["east", "west"], [row["name"] for row in rows])

    def test_yaml(self):
        done = self.assert_done(self.enter("region", "list", "-f", "yaml"))
        self.assertEqual(self.listed("region", "list"), yaml.safe_load(done.out))
        done = self.assert_done(self.enter("region", "show", "east", "-f", "yaml"))
        self.assertEqual(
            self.enter("region", "show", "east", "-f", "json").json, yaml.safe_load(done.out)
        )

    def test_value(self):
        done = self.assert_done(self.enter("cloud", "list", "-f", "value", "-c", "name"))
        self.assertEqual("prod\ntest\n", done.out)
        done = self.assert_done(self.enter("cloud", "show", "prod", "-f", "value", "-c", "id"))
        self.assertEqual("1\n", done.out)

    def test_shell(self):
        done = self.assert_done(self.enter("cloud", "show", "prod", "-f", "shell"))
        self.assertIn('name="prod"\n', done.out)

    def test_columns(self):
        rows = self.listed("host", "list", "-c", "ip_address", "-c", "name", "--name", "h2")
        self.assertEqual([{"name": "h2", "ip_address": "10.0.1.4"}], rows)
        table = self.enter("host", "list", "-c", "name").rows
        self.assertEqual({"name"}, set(table[0]))

    def test_columns_are_shown_in_the_given_order(self):
        for kind, (_, name) in COUNTS.items():
            shown = resource_of(kind).columns
            asked = [*reversed(shown), shown[0]]
            words = [word for column in asked for word in ("-c", column)]
            with self.subTest(kind):
                wanted = list(reversed(shown))
                table = self.assert_done(self.enter(*kind.split(), "list", *words)).rows
                self.assertEqual(wanted, list(table[0]))
                rows = self.listed(*kind.split(), "list", *words)
                self.assertEqual(wanted, list(rows[0]))
                self.assertEqual(
                    table[0], {n: values.plain(v) for n, v in rows[0].items()}, kind
                )
                one = self.enter(*kind.split(), "show", name, *words, "-f", "json")
                self.assertEqual(wanted, list(self.assert_done(one).json))
                one = self.enter(*kind.split(), "show", name, *words, "-f", "yaml")
                self.assertEqual(wanted, list(yaml.safe_load(self.assert_done(one).out)))

    def test_the_order_of_columns_of_variables(self):
        rows = self.listed("region", "variable", "list", "east", "-c", "own", "-c", "name")
        self.assertEqual(["own", "name"], list(rows[0]))
        words = ("region", "variable", "show", "east", "ntp", "dns", "-c", "dns", "-c", "ntp")
        shown = self.enter(*words, "-f", "json")
        self.assertEqual(["dns", "ntp"], list(self.assert_done(shown).json))

    def test_a_column_to_sort_by_is_not_shown(self):
        words = ("host", "list", "-c", "name", "--sort-column", "ip_address")
        rows = self.listed(*words, "--sort-descending")
        self.assertEqual(["name"], list(rows[0]))
        self.assertEqual(["h1", "h2", "h1-vm-box", "h1-vm", "h1"], [r["name"] for r in rows])

    def test_long_with_columns_adds_them(self):
        plain = list(self.listed("host", "list", "--long")[0])
        more = list(self.listed("host", "list", "--long", "-c", "labels", "-c", "name")[0])
        self.assertEqual([*plain, "labels"], more)

    def test_shell_reads_back_what_was_stored(self):
        with programs.opened(self.database) as fleet:
            note = 'it\'s "5" $HOME `id`\n!x\r\n\x1b[2J\\n'
            fleet.clouds.update(1, note=note)
            self.addCleanup(lambda: self.enter("cloud", "set", "--note", "the big one", "1"))
        done = self.assert_done(self.enter("cloud", "show", "prod", "-f", "shell"))
        for shell in ("sh", "bash"):
            read = subprocess.run(
                [shell, "-c", 'eval "$(cat)"; printf %s "$note"'],
                input=done.out.encode(),
                capture_output=True,
                check=True,
            )
            self.assertEqual((note.encode(), b""), (read.stdout, read.stderr))

    def test_a_column_that_only_long_shows(self):
        rows = self.listed("host", "list", "-c", "created_at")
        self.assertTrue(all(row["created_at"] for row in rows))

    def test_an_unknown_column(self):
        for words in (("host", "list"), ("host", "show", "h2"), ("host", "show", "nobody")):
            refused = self.enter(*words, "-c", "colour")
            self.assert_refused(refused, 2, "Unknown column 'colour'", "ip_address")

    def test_long(self):
        rows = self.listed("host", "list", "--long")
        missing = {"note", "parent_id", "project_id", "created_at", "updated_at", "cloud_id"}
        self.assertLessEqual(missing, set(rows[0]))
        self.assertEqual(set(), missing & set(self.listed("host", "list")[0]) - {"cloud_id"})

    def test_several_columns_in_one_word(self):
        for name in examples.classes():
            if name.endswith((" list", " show", " create")) and "variable" not in name:
                typed = name.split() if name.endswith("list") else examples.example(name)
                refused = self.enter(*typed, "-c", "id,links")
                self.assert_refused(refused, 2, "Repeat it: -c id -c links")
        for words, said in (
            ("host list --sort-column name,id", "--sort-column name --sort-column id"),
            ("host variable list h2 -c name,value", "-c name -c value"),
            ("host-list --fields name,region", "--fields name region"),
            ("cloud-list --fields=id,name,", "--fields id name"),
        ):
            self.assert_refused(self.enter(*words.split()), 2, said)

    def test_an_empty_list_says_so_on_a_terminal(self):
        words = ("host", "list", "--name", "nobody")
        for more, said in (
            ((), "No hosts match.\r\n"),
            (("-f", "value"), "No hosts match.\r\n"),
            (("-q",), ""),
        ):
            run = terminal.Terminal(
                self.folder(),
                programs.script("craton"),
                *words,
                *more,
                CRATON_URL=self.database,
            )
            self.assertEqual((0, said), (run.ended(), run.child.before))
        self.assertEqual("", self.enter(*words).err)

    def test_an_unknown_format(self):
        self.assert_refused(self.enter("host", "list", "-f", "xml"), 2, "'xml'")

    def test_json_for_all_commands(self):
        before = self.assert_done(self.enter("--format", "json", "cloud", "list"))
        after = self.assert_done(self.enter("cloud", "list", "--format", "json"))
        self.assertEqual(before, after)
        self.assertEqual(["prod", "test"], [row["name"] for row in before.json])
        shown = self.assert_done(self.enter("--format", "json", "cloud", "show", "prod"))
        self.assertEqual(1, shown.json["id"])

    def test_the_format_of_the_command_wins(self):
        both = self.enter("--format", "json", "cloud", "list", "-f", "value", "-c", "name")
        self.assertEqual("prod\ntest\n", self.assert_done(both).out)
        # After the command, it is the option of the command, which has more formats.
        after = self.assert_done(self.enter("cloud", "list", "--format", "yaml"))
        self.assertEqual("prod", yaml.safe_load(after.out)[0]["name"])

    def test_the_default_format_is_a_table(self):
        wanted = self.enter("cloud", "list")
        self.assertEqual(wanted, self.enter("--format", "default", "cloud", "list"))
        self.assertEqual(2, len(wanted.rows))

    def test_the_global_format_has_two_values(self):
        self.assert_refused(self.enter("--format", "xml", "cloud", "list"), 2, "'xml'")


class TestFilters(programs.SharedFleetTestCase):
    """The filters of lists."""

    fill = staticmethod(programs.fill)

    def names(self, *words: str) -> list[str]:
        """Run a list command and return the names."""
        return [row["name"] for row in self.listed(*words)]

    def test_references_by_name_and_by_id(self):
        for region in ("west", "2"):
            self.assertEqual(
                ["10.9.1.1"],
                [row["ip_address"] for row in self.listed("host", "list", "--region", region)],
            )
        for cloud in ("prod", "1"):
            self.assertEqual(["east"], self.names("region", "list", "--cloud", cloud))
        for cell in ("c1", "1"):
            self.assertEqual(["h1"], self.names("host", "list", "--cell", cell))

    def test_ids_and_names_that_there_are_not(self):
        for kind in COUNTS:
            words = ["--id", "99"]
            if "id" in resource_of(kind).filters:
                self.assertEqual([], self.listed(*kind.split(), "list", *words), kind)
        self.assertEqual([], self.listed("region", "list", "--name", "nope"))
        self.assertEqual([], self.listed("region", "list", "--name", "east", "--cloud", "test"))
        self.assertEqual([1], [row["id"] for row in self.listed("user", "list", "--id", "1")])

    def test_an_option_that_narrows_nothing(self):
        refused = self.enter("network", "list", "--cloud", "prod")
        self.assert_refused(refused, 2, "--cloud only restricts the look-up")
        found = self.listed("network", "list", "--cloud", "prod", "--region", "east")
        self.assertEqual(["lan"], [row["name"] for row in found])

    def test_several_filters(self):
        refused = self.enter("host", "list", "--region", "2", "--cloud", "prod")
        self.assert_refused(refused, 5, "No region", "'2'", "in cloud prod")
        refused = self.enter("host", "list", "--region", "west", "--cloud", "prod")
        self.assert_refused(refused, 5, "No region", "'west'", "in cloud prod")
        self.assertEqual(["h1"], self.names("host", "list", "--region", "east", "--name", "h1"))

    def test_a_device_by_name_whatever_kind_it_is(self):
        for device, port in (("sw1", "xe0"), ("6", "xe0"), ("1", "eth0")):
            found = self.names("network", "interface", "list", "--device", device)
            self.assertEqual([port], found)
        self.assertEqual(["h1-vm-box"], self.names("device", "list", "--parent", "h1-vm"))
        self.assertEqual([], self.names("device", "list", "--parent", "sw1"))

    def test_a_device_by_an_ambiguous_name(self):
        refused = self.enter("device", "list", "--parent", "h1")
        self.assert_refused(refused, 5, "'h1'", "1 (cloud_id 1, region_id 1", "5 (cloud_id 2")

    def test_values(self):
        self.assertEqual(["h1"], self.names("host", "list", "--label", "web"))
        self.assertEqual(["h2"], self.names("host", "list", "--ip-address", "10.0.1.4"))
        self.assertEqual(["h1"], self.names("host", "list", "--device-type", "container"))

    def test_users_and_projects_by_name(self):
        users = [row["username"] for row in self.listed("user", "list", "--name", "bob")]
        self.assertEqual(["bob"], users)
        self.assertEqual(["research"], self.names("project", "list", "--name", "research"))

    def test_active_and_inactive(self):
        self.assertEqual(["h2"], self.names("device", "list", "--inactive"))
        active = self.names("device", "list", "--active")
        self.assertEqual(["h1", "h1", "h1-vm", "h1-vm-box", "sw1"], sorted(active))
        refused = self.enter("device", "list", "--active", "--inactive")
        self.assert_refused(refused, 2, "--inactive", "--active")

    def test_parents_and_descendants(self):
        self.assertEqual(["h1-vm"], self.names("device", "list", "--parent", "1"))
        below = self.names("device", "list", "--parent", "1", "--descendants")
        self.assertEqual(["h1-vm", "h1-vm-box"], sorted(below))
        children = self.names("device", "list", "--parent", "1", "--no-descendants")
        self.assertEqual(["h1-vm"], children)

    def test_a_reference_that_there_is_not(self):
        refused = self.enter("host", "list", "--region", "north")
        self.assert_refused(refused, 5, "No region", "'north'")

    def test_a_filter_that_there_is_not(self):
        refused = self.enter("host", "list", "--regoin", "east")
        self.assert_refused(refused, 2, "--regoin", "Did you mean --region?")


class TestPages(programs.SharedFleetTestCase):
    """Limits and markers, on more hosts than a page holds."""

    HOSTS = 205

    @classmethod
    def fill(cls, fleet):
        """Create a cloud, a region and many hosts."""
        cloud = fleet.clouds.create(name="prod").id
        region = fleet.regions.create(name="east", cloud_id=cloud).id
        for number in range(1, cls.HOSTS + 1):
            fleet.hosts.create(
                name=f"h{number}",
                ip_address=f"10.0.{number // 256}.{number % 256}",
                device_type="server",
                cloud_id=cloud,
                region_id=region,
            )

    def ids(self, *words: str) -> list[int]:
        """Run ``host list`` and return the ids."""
        return [row["id"] for row in self.listed("host", "list", *words)]

    def test_everything_by_default(self):
        self.assertEqual(list(range(1, self.HOSTS + 1)), self.ids())

    def test_limit_is_the_number_of_rows(self):
        for limit in (1, 3, 10, 99, 100, 101, 204, 205, 1000, 10**30):
            with self.subTest(limit):
                wanted = list(range(1, min(limit, self.HOSTS) + 1))
                self.assertEqual(wanted, self.ids("--limit", str(limit)))

    def test_marker(self):
        self.assertEqual(list(range(201, 206)), self.ids("--marker", "200"))
        self.assertEqual([51, 52], self.ids("--marker", "50", "--limit", "2"))
        self.assertEqual([], self.ids("--marker", str(self.HOSTS)))

    def test_an_unknown_marker(self):
        self.assert_refused(self.enter("host", "list", "--marker", "999"), 3, '"999"')

    def test_a_marker_in_another_spelling(self):
        for text in ("01", "1x", "h1"):
            self.assert_refused(self.enter("host", "list", "--marker", text), 3, text)

    def test_a_limit_that_is_no_number(self):
        for limit in ("0", "-1", "many", "1.5", ""):
            self.assert_refused(self.enter("host", "list", f"--limit={limit}"), 2, "--limit")

    def test_devices_too(self):
        rows = self.listed("device", "list", "--limit", "120")
        self.assertEqual(120, len(rows))
        self.assertEqual(self.HOSTS, len(self.listed("device", "list")))

    def test_a_table_of_many_pages(self):
        rows = self.assert_done(self.enter("host", "list")).rows
        self.assertEqual([f"h{n}" for n in range(1, self.HOSTS + 1)], [r["name"] for r in rows])

    def test_one_filtered(self):
        self.assertEqual([150], self.ids("--name", "h150"))
