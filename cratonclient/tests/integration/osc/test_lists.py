# SPDX-License-Identifier: Apache-2.0
"""The sort order of lists, filters by variables, and optional columns."""

from __future__ import annotations

import typing as t

from cratonclient import v1
from cratonclient.tests.integration.osc import programs
from cratonclient_osc.verbs import extra_columns


class TestOrder(programs.SharedFleetTestCase):
    """The sort order of lists."""

    fill = staticmethod(programs.fill)

    def names(self, *words: str) -> list[str]:
        """Run ``device list`` and return the names."""
        return [row["name"] for row in self.listed("host", "list", *words)]

    def test_sort(self):
        self.assertEqual(["h1", "h1", "h1-vm", "h1-vm-box", "h2"], self.names("--sort", "name"))
        self.assertEqual("h2", self.names("--sort=name:desc,id:desc")[0])
        rows = self.listed("host", "list", "--sort", "device_type,name:asc")
        self.assertEqual([5, 1, 2, 3, 4], [row["id"] for row in rows])

    def test_every_kind_by_every_field(self):
        for collection in v1.COLLECTIONS:
            kind = v1.kind(collection).key.replace("_", " ")
            for name, field in v1.kind(collection).resource_class.fields().items():
                if field.storage.column and field.shown == "always":
                    refused = ("model_name", "os_version", "vlans")
                    unsortable = kind == "network device" and name in refused
                    done = self.enter(*kind.split(), "list", "--sort", name)
                    self.assertEqual(2 if unsortable else 0, done.status, f"{kind} {name}")

    def test_hosts_and_network_devices_in_one_order(self):
        for sort in ("name", "device_type", "cell_id", "ip_address:desc"):
            key, _, direction = sort.partition(":")
            rows = self.listed("device", "list", "--sort", sort)
            known = [(row[key] is None, row[key] or 0, row["id"]) for row in rows]
            self.assertEqual(sorted(known, reverse=direction == "desc"), known, sort)
            few = self.listed("device", "list", "--sort", sort, "--limit", "2")
            self.assertEqual(rows[:2], few)

    def test_what_cannot_be_sorted_by(self):
        for words, said in (
            (("--sort", "nmae"), "Did you mean name?"),
            (("--sort", "links"), "Unknown sort key 'links'"),
            (("--sort", "name:up"), "'name:up'"),
            (("--sort", "name,"), "'name,'"),
            (("--sort", "name:asc,id:desc"), "one direction"),
            (("--sort-column", "nope"), "Unknown column 'nope'"),
        ):
            self.assert_refused(self.enter("host", "list", *words), 2, said)


class TestVariables(programs.SharedFleetTestCase):
    """Lists that filter by variables or show them."""

    @classmethod
    def fill(cls, fleet):
        """Fill the fleet and set variables of two hosts."""
        programs.fill(fleet)
        values: dict[str, t.Any] = {"rack": "r1", "cores": 64, "a.b": {"c-d": [1, "x,y"]}}
        fleet.hosts.get(1).variables.update(values)
        fleet.hosts.get(2).variables.update(rack="r1", cores="64")

    def names(self, *words: str) -> list[str]:
        """Run ``host list`` and return the names."""
        return [row["name"] for row in self.listed("host", "list", *words)]

    def test_var(self):
        for words, names in (
            (("rack=r1",), ["h1", "h1-vm"]),
            (("cores=64",), ["h1"]),
            (('cores="64"',), ["h1-vm"]),
            (("rack=r1", "cores=64"), ["h1"]),
            (("rack=r2",), []),
            (('"a.b".c-d[0]=1',), ["h1"]),
            (('"a.b".c-d[*]=x,y',), ["h1"]),
            (('"a.b".*=1',), ["h1"]),
            (('"a.b"={"c-d": [1]}',), ["h1"]),
        ):
            given = [word for text in words for word in ("--var", text)]
            self.assertEqual(names, self.names("--own", *given), str(words))

    def test_comparisons(self):
        every, racked = self.names(), self.names("--var", "rack")
        for words, names in (
            (("--var", "rack"), self.names("--var", "rack=r1")),
            (("--var", "rack~^r[0-9]$"), self.names("--var", "rack=r1")),
            (("--var", "rack<r2"), self.names("--var", "rack=r1")),
            (("--var", "rack!=r1"), []),
            (("--var", "!nothing"), every),
            (("--where", "name~vm"), [name for name in every if "vm" in name]),
            (
                ("--where", "name!=h1", "--where", "id>0"),
                [name for name in every if name != "h1"],
            ),
            (("--where", "name~h1$", "--var", "rack=r1", "--var", "rack>=r1"), ["h1"]),
        ):
            self.assertEqual(names, self.names(*words), str(words))
        self.assertEqual(len(every) - len(racked), len(self.names("--where", "!vars.rack")))
        own = ("--own", "--var", "cores=64", "--where", "vars.cores>63")
        self.assertEqual(["h1"], self.names(*own))
        found = self.listed("device", "list", "--where", "vars.rack", "--where", "name=h1")
        self.assertEqual(["h1"], [row["name"] for row in found])
        east = self.names("--region", "east")
        self.assertEqual(east, self.names("--where", "region=east"))
        words = ("--where", "region=east", "--where", "var=rack", "--var", "rack<r2")
        self.assertEqual([n for n in east if n in racked], self.names(*words))
        twice = self.enter("host", "list", "--region", "east", "--where", "region=east")
        self.assert_refused(twice, 2, "region_id is given as an option, too")

    def test_what_is_no_comparison(self):
        for text, status, message in (
            ("name=~h1", 2, "Write ~."),
            ("rack.x=1", 2, "Write vars. in front"),
            ("nam~h1", 2, "Did you mean name?"),
            ("name==h1", 2, "Write =."),
            ("name~(", 3, "not a valid regular expression"),
            ("active>true", 3, "compares numbers and texts"),
            ("id<x", 3, "but it is a number"),
        ):
            refused = self.enter("host", "list", "--where", text)
            self.assert_refused(refused, status, message)
        self.assert_refused(
            self.enter("user", "list", "--where", "vars.a=1"), 3, "no variables"
        )
        for text in ("!", " ! "):
            refused = self.enter("host", "list", "--var", text)
            self.assert_refused(refused, 2, f"{text!r} is not", "variable is missing")

    def test_filters_that_allow_equality_only(self):
        seen = set()
        for kind in v1.kinds():
            noun = kind.key.replace("_", " ").split()
            named = {n.removesuffix("_id"): n for n in kind.resource_class.filters}
            named |= dict.fromkeys(kind.resource_class.parameters, "")
            for name, field in named.items():
                if name == field or name == "descendants":
                    continue
                for text in (f"{name}!=x", f"{name}>=1", f"{name}~x", name, f"!{name}"):
                    refused = self.enter(*noun, "list", "--where", text)
                    said = f"{name} allows only =, as in {name}=<value>."
                    said += (
                        f" Other comparisons need the field {field}, an id." if field else ""
                    )
                    self.assert_refused(refused, 2, f"{text!r}: {said}\n")
                if field:
                    self.assert_done(self.enter(*noun, "list", "--where", f"{field}!=99"))
                seen.add(name)
        self.assertLessEqual({"cloud", "region", "cell", "device", "label"}, seen)
        refused = self.enter("host", "list", "--where", "var!=rack")
        self.assert_refused(refused, 2, "Other comparisons need vars.<path>.")
        for kind in v1.kinds():
            if kind.can("list"):
                noun = kind.noun.split()
                told = self.enter(*noun, "list", "--where", "nope!=1").err
                shown = " ".join(self.enter("help", *noun, "list").out.split())
                self.assertIn("must be one of", told)
                for text in (told, shown):
                    self.assertIs(kind.has_variables, "vars.<path>" in text, kind.noun)
        refused = self.enter("host", "list", "--where", "regoin!=1")
        self.assert_refused(refused, 2, "Did you mean region_id?")

    def test_own_and_resolved(self):
        region = ("--region", "east", "--var", "ntp=10.0.0.123")
        self.assertEqual(4, len(self.names(*region)))
        self.assertEqual(4, len(self.names(*region, "--resolved")))
        self.assertEqual([], self.names(*region, "--own"))
        refused = self.enter("cloud", "list", "--own")
        self.assert_refused(refused, 2, "--own")

    def test_columns_that_have_to_be_asked_for(self):
        words = ("-c", "name", "-c", "variables", "-c", "labels", "--limit", "1")
        row = self.listed("host", "list", *words)[0]
        self.assertEqual("r1", row["variables"]["rack"])
        self.assertEqual("10.0.0.123", row["variables"]["ntp"])
        self.assertEqual(["web"], row["labels"])
        row = self.listed("host", "list", *words, "--own")[0]
        self.assertNotIn("ntp", row["variables"])
        self.assertNotIn("labels", self.listed("host", "list", "--long")[0])
        row = self.listed("device", "list", "-c", "variables", "--limit", "1")[0]
        self.assertEqual("r1", row["variables"]["rack"])
        shown = self.enter("host", "show", "1", "-c", "labels", "-f", "json")
        self.assertEqual({"labels": ["web"]}, self.assert_done(shown).json)

    def test_what_is_no_condition(self):
        for text in ("rack==r1", "=x", "l[-1]=x", "a..b=1", "a=>1", "!a=1", "a<@file", "a:<x"):
            self.assert_refused(self.enter("host", "list", "--var", text), 2, "--var")
        refused = self.enter("host", "list", "--var", "a.b=1", "--var", 'a."b"=2')
        self.assert_refused(refused, 2, "a.b has two values")
        self.assertEqual(["h1"], self.names("--own", *("--var", "cores=64") * 2))
        for kind in ("user", "network interface", "device"):
            refused = self.enter(*kind.split(), "list", "--var", "a=1")
            self.assert_refused(refused, 2, "--var")


class TestNamesOfPlaces(programs.SharedFleetTestCase):
    """Columns with the names of other objects."""

    @classmethod
    def fill(cls, fleet):
        """Fill the fleet with more hosts than fit on a page."""
        programs.fill(fleet)
        for number in range(230):
            fleet.hosts.create(
                name=f"x{number:03}",
                ip_address=f"10.8.0.{number}",
                device_type="server",
                cloud_id=1,
                region_id=1,
                cell_id=1,
                parent_id=1,
            )

    def test_every_reference_of_every_kind(self):
        for collection in v1.COLLECTIONS:
            kind = v1.kind(collection)
            names = extra_columns.references(kind.fields)
            words = [word for name in names for word in ("-c", name)]
            words += [word for name in names.values() for word in ("-c", name)]
            if not names:
                continue
            with self.subTest(kind.noun):
                row = self.listed(*kind.noun.split(), "list", "--limit", "1", *words)[0]
                self.assertEqual([*names, *names.values()], list(row))
                for column, field in names.items():
                    self.assertEqual(row[field] is None, row[column] is None, column)
                    self.assertNotEqual(str(row[field]), str(row[column] or ""), column)

    def test_names_in_every_format(self):
        words = (
            "host",
            "list",
            "--name",
            "h1-vm-box",
            "-c",
            "region",
            "-c",
            "parent",
            "-c",
            "cell",
        )
        wanted = {"region": "east", "parent": "h1-vm", "cell": None}
        self.assertEqual([wanted], self.listed(*words))
        self.assertEqual(
            [{"region": "east", "parent": "h1-vm", "cell": "null"}], self.enter(*words).rows
        )
        self.assertEqual("east h1-vm null\n", self.enter(*words, "-f", "value").out)
        shown = self.enter("host", "show", *words[3:], "-f", "json")
        self.assertEqual(wanted, self.assert_done(shown).json)

    def test_no_request_for_each_row(self):
        places = ("-c", "cloud", "-c", "region", "-c", "cell", "-c", "project", "-c", "parent")
        done = self.enter("-v", "host", "list", "-f", "jsonl", *places)
        self.assertEqual(235, len(done.out.splitlines()))
        self.assertEqual(3 + 5, done.err.count("GET "), done.err)

    def test_limit_and_sort_column(self):
        words = ("host", "list", "-c", "name", "--limit", "3", "--sort-column", "parent")
        self.assertEqual(["h1-vm", "h1-vm-box", "h1"], [r["name"] for r in self.listed(*words)])


class TestVariableColumns(programs.SharedFleetTestCase):
    """Columns with single variables."""

    fill = TestVariables.fill

    def test_lists(self):
        words = ("host", "list", "-c", "name", "-c", "variables.rack", "-c", "variables.cores")
        rows = self.listed(*words, "-c", 'variables."a.b".c-d[1]')
        self.assertEqual(["r1", "r1", "r1", None, None], [r["variables.rack"] for r in rows])
        self.assertEqual([64, "64", "64", None, None], [r["variables.cores"] for r in rows])
        self.assertEqual("x,y", rows[0]['variables."a.b".c-d[1]'])
        self.assertEqual(list(rows[0]), [*words[3::2], 'variables."a.b".c-d[1]'])
        text = self.enter(*words, "-f", "csv").out
        self.assertIn('"h1","r1",64\r\n', text)
        self.assertIn('"h2","null","null"\r\n', text)

    def test_inherited_values_only_if_resolved(self):
        words = ("host", "list", "--name", "h2", "-c", "variables.ntp")
        self.assertEqual([{"variables.ntp": "10.0.0.123"}], self.listed(*words))
        self.assertEqual([{"variables.ntp": None}], self.listed(*words, "--own"))

    def test_every_owner(self):
        for owner, name in programs.OWNERS:
            kind = owner.split()
            for words in (("list", "--name", name), ("show", name)):
                done = self.enter(*kind, *words, "-c", "variables.nope", "-f", "json")
                found = self.assert_done(done).json
                row = found[0] if isinstance(found, list) else found
                self.assertEqual({"variables.nope": None}, row)
        rows = self.listed("device", "list", "-c", "variables.rack", "--limit", "1")
        self.assertEqual([{"variables.rack": "r1"}], rows)

    def test_long_adds(self):
        row = self.listed("host", "list", "--long", "-c", "variables.rack", "-c", "region")[0]
        self.assertEqual(["variables.rack", "region"], list(row)[-2:])
        self.assertNotIn("variables", row)

    def test_after_creation(self):
        words = ("cloud", "create", "extra", "--var", "rack=r9", "-c", "variables.rack")
        done = self.assert_done(self.enter(*words, "-f", "json"))
        self.assertEqual({"variables.rack": "r9"}, done.json)

    def test_paths_that_are_none(self):
        for column in ("variables.", "variables..a", "variables.a[*]", "variables.a b["):
            self.assert_refused(self.enter("host", "list", "-c", column), 2)
        refused = self.enter("user", "list", "-c", "variables.rack")
        self.assert_refused(refused, 2, "Unknown column 'variables.rack'")
