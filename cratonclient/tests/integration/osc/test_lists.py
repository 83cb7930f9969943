# SPDX-License-Identifier: Apache-2.0
"""The sort order of lists, filters by variables, and optional columns."""

from __future__ import annotations

import typing as t

from cratonclient import v1
from cratonclient.tests.integration.osc import programs


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
        for text in ("rack", "=x", "l[-1]=x", "a..b=1"):
            self.assert_refused(self.enter("host", "list", "--var", text), 2, "--var")
        for kind in ("user", "network interface", "device"):
            refused = self.enter(*kind.split(), "list", "--var", "a=1")
            self.assert_refused(refused, 2, "--var")
