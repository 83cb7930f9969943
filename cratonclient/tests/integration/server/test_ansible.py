# SPDX-License-Identifier: Apache-2.0
"""The inventory for Ansible."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.tests.integration.server import base


class TestInventory(base.ServerTestCase):
    """A project with two regions."""

    def setUp(self):
        super().setUp()
        self.user = self.member()
        make = self.user.make
        cloud = make("clouds", variables={"level": "cloud"})["id"]
        place = {"cloud_id": cloud}
        east = make("regions", name="east", variables={"level": "region", "r": 1}, **place)
        west = make("regions", name="west", **place)
        self.east, self.west = east["id"], west["id"]
        cell = make("cells", name="a", region_id=self.east, variables={"c": 2}, **place)
        self.cell = cell["id"]
        make("cells", name="empty", region_id=self.east, **place)
        east_place = {**place, "region_id": self.east}
        rack = self.host("10.0.0.9", variables={"rack": "r9", "own": 1}, **east_place)
        self.host(
            "10.0.0.10",
            cell_id=self.cell,
            parent_id=rack,
            labels=["web", "db"],
            variables={"own": 2},
            **east_place,
        )
        self.host("2001:db8::1", labels=["web"], region_id=self.west, **place)
        make("network-devices", ip_address="10.0.0.254", **east_place)

    def host(self, address: str, **fields: t.Any) -> int:
        """Create a host and return its id."""
        return int(self.user.make("hosts", ip_address=address, **fields)["id"])

    def inventory(self, query: str = "") -> dict[str, t.Any]:
        """Return the inventory."""
        answer = self.user.get(f"/ansible-inventory{query}")
        self.assertAnswer(answer, 200)
        found: dict[str, t.Any] = answer.json
        return found

    def test_it_has_all_hosts_with_what_they_inherit(self):
        found = self.inventory()
        self.assertEqual({"hosts": ["10.0.0.10", "10.0.0.9", "2001:db8::1"]}, found["all"])
        self.assertEqual(
            {
                "10.0.0.9": {"level": "region", "r": 1, "rack": "r9", "own": 1},
                "10.0.0.10": {"level": "region", "r": 1, "rack": "r9", "own": 2, "c": 2},
                "2001:db8::1": {"level": "cloud"},
            },
            found["_meta"]["hostvars"],
        )

    def test_it_has_groups_of_regions_cells_and_labels(self):
        found = self.inventory()
        self.assertEqual(
            {"all", "_meta", "east", "west", "east-a", "east-empty", "web", "db"}, set(found)
        )
        self.assertEqual(
            {
                "children": ["east-a", "east-empty"],
                "hosts": ["10.0.0.9"],
                "vars": {"level": "region", "r": 1},
            },
            found["east"],
        )
        self.assertEqual({"hosts": ["10.0.0.10"], "vars": {"c": 2}}, found["east-a"])
        self.assertEqual({"hosts": [], "vars": {}}, found["east-empty"])
        self.assertEqual({"children": [], "hosts": ["2001:db8::1"], "vars": {}}, found["west"])
        self.assertEqual({"hosts": ["10.0.0.10", "2001:db8::1"], "vars": {}}, found["web"])

    def test_a_region_or_a_cell_alone(self):
        west = self.inventory(f"?region_id={self.west}")
        self.assertEqual({"all", "_meta", "west", "web"}, set(west))
        self.assertEqual(["2001:db8::1"], west["web"]["hosts"])
        cell = self.inventory(f"?cell_id={self.cell}")
        self.assertEqual({"all", "_meta", "east", "east-a", "web", "db"}, set(cell))
        self.assertEqual(["10.0.0.10"], cell["all"]["hosts"])
        # Variables that the cell inherits are included.
        self.assertEqual("r9", cell["_meta"]["hostvars"]["10.0.0.10"]["rack"])
        nothing = {"_meta": {"hostvars": {}}, "all": {"hosts": []}}
        self.assertEqual(nothing, self.inventory(f"?cell_id={base.NOWHERE}"))

    def test_parameters_are_numbers_and_known(self):
        for name in ("region_id", "cell_id"):
            answer = self.user.get(f"/ansible-inventory?{name}=abc")
            self.assertInvalid(answer, f"{name}: 'abc' is not of type 'integer'")
        self.assertAnswer(self.user.get("/ansible-inventory?foo=1"), 400)

    def test_equal_addresses_stay_apart(self):
        place = {"region_id": self.west}
        second = self.host("10.0.0.9", variables={"own": 3}, **place)
        found = self.inventory()
        name = f"10.0.0.9-{second}"
        self.assertIn(name, found["west"]["hosts"])
        values = found["_meta"]["hostvars"]
        self.assertEqual(1, values["10.0.0.9"]["own"])
        self.assertEqual((3, "10.0.0.9"), (values[name]["own"], values[name]["ansible_host"]))

    def test_equal_names_of_groups_stay_apart(self):
        cloud = self.user.make("clouds")["id"]
        other = self.user.make("regions", name="east", cloud_id=cloud)["id"]
        self.host("10.1.0.1", region_id=other, labels=["east", "east-a", "all", "", "10.0.0.9"])
        found = self.inventory()
        self.assertEqual(["10.0.0.9"], found["east"]["hosts"])
        self.assertEqual(["10.1.0.1"], found["region_east"]["hosts"])
        for label in ("east", "east-a", "all", "", "10.0.0.9"):
            self.assertEqual(["10.1.0.1"], found[f"label_{label}"]["hosts"])
        self.assertEqual(["10.0.0.10"], found["east-a"]["hosts"])

    def test_nothing_of_another_project_is_in_it(self):
        nothing = {"_meta": {"hostvars": {}}, "all": {"hosts": []}}
        for stranger in (self.member(), self.member(is_admin=True)):
            for query in ("", f"?region_id={self.east}", f"?cell_id={self.cell}"):
                self.assertEqual(nothing, stranger.get(f"/ansible-inventory{query}").json)
        # For root, too, the inventory holds only root's own project.
        self.assertNotIn("10.0.0.9", self.root.get("/ansible-inventory").json["all"]["hosts"])

    def test_the_number_of_queries_does_not_grow(self):
        seen: list[str] = []

        def note(_connection: t.Any, _cursor: t.Any, statement: str, *_: t.Any) -> None:
            seen.append(statement)

        sa.event.listen(self.store.engine, "before_cursor_execute", note)
        self.addCleanup(sa.event.remove, self.store.engine, "before_cursor_execute", note)
        self.inventory()
        few = len(seen)
        for number in range(30):
            self.host(f"10.2.0.{number}", region_id=self.west, labels=[f"l{number}"])
        seen.clear()
        self.inventory()
        self.assertEqual(few, len(seen))
