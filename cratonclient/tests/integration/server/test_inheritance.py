# SPDX-License-Identifier: Apache-2.0
"""Variables: own, inherited and hidden values."""

from __future__ import annotations

import sqlalchemy as sa

from cratonclient.tests.integration.server import base


class TestInheritance(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.user = self.member(is_admin=True)
        self.cloud = self.user.make("clouds", variables={"v": "cloud", "cloud": 1})
        place = {"cloud_id": self.cloud["id"]}
        self.region = self.user.make("regions", **place, variables={"v": "region", "r": 1})
        place["region_id"] = self.region["id"]
        self.cell = self.user.make("cells", **place, variables={"v": "cell", "c": 1})
        place["cell_id"] = self.cell["id"]
        self.switch = self.user.make(
            "network-devices", **place, variables={"v": "switch", "s": 1}
        )
        self.host = self.user.make(
            "hosts", **place, parent_id=self.switch["id"], variables={"v": "host", "h": 1}
        )
        self.where = f"/hosts/{self.host['id']}/variables"
        self.root.put(f"/projects/{self.user.project_id}/variables", {"v": "project", "p": 1})

    def variables(self, path):
        return self.user.get(path).json["variables"]

    def test_the_nearest_wins(self):
        everything = {"h": 1, "s": 1, "c": 1, "r": 1, "cloud": 1, "p": 1}
        self.assertEqual({"v": "host", **everything}, self.variables(self.where))
        nearer = ["host", "switch", "cell", "region", "cloud", "project"]
        owners = [
            f"/hosts/{self.host['id']}",
            f"/network-devices/{self.switch['id']}",
            f"/cells/{self.cell['id']}",
            f"/regions/{self.region['id']}",
            f"/clouds/{self.cloud['id']}",
        ]
        for owner, wanted in zip(owners, nearer[1:], strict=True):
            self.assertEqual(204, self.user.delete(f"{owner}/variables", ["v"]).status)
            self.assertEqual(wanted, self.variables(self.where)["v"])

    def test_null_hides_and_values_are_not_merged(self):
        self.user.put(f"/cells/{self.cell['id']}/variables", {"o": {"a": 1}, "n": 1})
        self.user.put(self.where, {"o": {"b": 2}, "n": None})

        found = self.variables(self.where)

        self.assertEqual(({"b": 2}, None), (found["o"], found["n"]))

    def test_own_variables_can_be_asked_for(self):
        own = self.variables(f"{self.where}?resolved-values=false")
        listed = self.user.items(f"/hosts?details=true&resolved-values=no&id={self.host['id']}")

        self.assertEqual({"v": "host", "h": 1}, own)
        self.assertEqual([own], [host["variables"] for host in listed])

    def test_a_network_device_resolves_but_its_path_does_not(self):
        path = f"/network-devices/{self.switch['id']}"

        self.assertEqual({"v": "switch", "s": 1}, self.variables(f"{path}/variables"))
        self.assertEqual(1, self.variables(path)["p"])
        self.assertAnswer(self.user.get(f"{path}/variables?resolved-values=true"), 400)

    def test_a_cloud_has_what_is_its_own(self):
        self.assertEqual(
            {"v": "cloud", "cloud": 1}, self.variables(f"/clouds/{self.cloud['id']}")
        )

    def test_an_update_merges_and_answers_with_all_own_ones(self):
        answer = self.user.put(self.where, {"new": [1, {"x": 1e22}]})

        self.assertEqual(
            {"v": "host", "h": 1, "new": [1, {"x": 1e22}]}, answer.json["variables"]
        )

    def test_values_survive_as_they_are(self):
        values = {"big": 10**40, "minus": -0.0, "text": "é😀", "nested": {"a": [None, True]}}

        self.user.put(self.where, values)

        found = self.variables(self.where)
        self.assertEqual(values, {name: found[name] for name in values})
        self.assertEqual("-0.0", str(found["minus"]))

    def test_bodies_that_are_no_names_or_values_are_refused(self):
        body: object
        for body in ([], None, 5, "x", {"": 1}):
            self.assertAnswer(self.user.put(self.where, body), 400)
        for body in ({}, None, 5, [1], "x"):
            self.assertAnswer(self.user.delete(self.where, body), 400)

    def test_a_page_costs_the_same_whatever_is_on_it(self):
        counts = []
        for more in (0, 20):
            for _ in range(more):
                self.user.make(
                    "hosts", region_id=self.region["id"], parent_id=self.switch["id"]
                )
            counts.append(self.statements(f"/hosts?details=true&region_id={self.region['id']}"))

        self.assertEqual(counts[0], counts[1])

    def statements(self, path):
        """Return the number of SQL statements for a request."""
        seen = []
        listen = (
            self.store.engine,
            "before_cursor_execute",
            lambda *args: seen.append(args[2]),
        )
        sa.event.listen(*listen)
        try:
            self.assertEqual(200, self.user.get(path).status)
        finally:
            sa.event.remove(*listen)
        return len(seen)
