# SPDX-License-Identifier: Apache-2.0
"""Lists of one project read no rows of other projects, and are right in every order."""

from __future__ import annotations

import itertools
import json
import re
import typing as t
from unittest import mock

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases
from cratonserver.db import own_lists

#: The orders of lists: with an index of the project, with one of all projects, without one.
ORDERS = ("created_at", "id", "name", "ip_address", "region_id", "device_type", "parent_id")
#: Filters of lists. The region and the values are those of the other project.
FILTERS = (
    "",
    "label=server",
    "label=server&region_id={region}",
    "label=mine",
    "label=mine&name_prefix=host",
    "region_id={region}",
    "cloud_id={cloud}",
    "device_type=server",
    "ip_address=10.9.9.9",
    "ip_address=10.9.9.9&label=server",
    "name=host-7",
    "name_prefix=host-",
    "where=name~7$",
    "where=!vars.rack&name_prefix=host-",
    "where=vars.rack<5.10",
)


class TestResults(base.ServerTestCase):
    """The pages of all lists are the same, whatever their plan."""

    def setUp(self):
        super().setUp()
        self.user, self.other = self.member(), self.member()
        for user in (self.user, self.other):
            places = [user.make("regions") for _ in range(2)]
            for number in range(26):
                place = places[number % 2]
                user.make(
                    "hosts",
                    name=f"{'host' if number % 3 else 'HOST'}-{number:02}",
                    region_id=place["id"],
                    cloud_id=place["cloud_id"],
                    ip_address=f"10.0.0.{number % 5}",
                    device_type=f"type-{number % 4}",
                    labels=["all", *(["some"] if number % 2 else [])],
                )
            device = user.make("network-devices", region_id=places[0]["id"])
            user.put(f"/network-devices/{device['id']}/labels", {"labels": ["all", "some"]})
        self.hosts = self.user.items("/hosts?limit=100")
        some = {host["id"] for host in self.hosts if int(host["name"][-2:]) % 2}
        here = self.hosts[0]["region_id"]
        self.filters: dict[str, t.Callable[[dict[str, t.Any]], bool]] = {
            "": lambda host: True,
            "label=all": lambda host: True,
            "label=some": lambda host: host["id"] in some,
            "label=none": lambda host: False,
            "label=some&name_prefix=ho": lambda h: h["id"] in some and h["name"] > "h",
            f"label=all&region_id={here}": lambda host: host["region_id"] == here,
            f"region_id={here}": lambda host: host["region_id"] == here,
            "label=all&device_type=type-1": lambda host: host["device_type"] == "type-1",
            "name_prefix=host-1": lambda host: host["name"].startswith("host-1"),
            "ip_address=10.0.0.3": lambda host: host["ip_address"] == "10.0.0.3",
            "ip_address=10.0.0.3&label=some": lambda host: (
                host["ip_address"] == "10.0.0.3" and host["id"] in some
            ),
        }

    def test_pages_forwards_and_backwards(self):
        cases = itertools.product(self.filters, ORDERS, ("asc", "desc"), (0, own_lists.FEW))
        for text, key, direction, few in cases:
            query = f"limit=10&sort_keys={key}&sort_dir={direction}&{text}"
            with self.about(f"{query}, few: {few}"), mock.patch.object(own_lists, "FEW", few):
                self.store.tables._cache.cache_clear()
                self.assertEqual(self.expected(text, key, direction), self.read(query))

    def expected(self, text: str, key: str, direction: str) -> list[int]:
        """Return the ids of the hosts that match, in order."""
        found = [host for host in self.hosts if self.filters[text](host)]
        order = sorted(found, key=lambda host: (host[key] is None, host[key] or 0, host["id"]))
        if key == "created_at":
            order = sorted(found, key=lambda host: (host[key], host["id"]))
        return [host["id"] for host in (order if direction == "asc" else order[::-1])]

    def read(self, query: str) -> list[int]:
        """Return the ids on all pages, which are the same backwards."""
        bodies: list[t.Any] = []
        path = f"/hosts?{query}"
        while path and len(bodies) < 5:
            bodies.append(self.user.get(path).json)
            path = self.link(bodies[-1], "next")
        if len(bodies) > 1 and not bodies[-1]["hosts"]:
            bodies.pop()
        pages = [[host["id"] for host in body["hosts"]] for body in bodies]
        back, body = pages[-1:], bodies[-1]
        while len(back) < len(pages):  # the first page has a link to itself
            body = self.user.get(self.link(body, "prev")).json
            back.insert(0, [host["id"] for host in body["hosts"]])
        self.assertEqual(pages, back)
        return [*itertools.chain(*pages)]

    @staticmethod
    def link(body: dict[str, t.Any], rel: str) -> str:
        """Return the path of a link, or nothing."""
        urls = [link["href"] for link in body["links"] if link["rel"] == rel]
        return urls[0].removeprefix(base.BASE) if urls else ""


class TestPlans(base.ServerTestCase):
    """Another project has many more rows, which have what the user looks for."""

    def setUp(self):
        super().setUp()
        self.other, self.user = self.member(), self.member()
        host = self.other.make("hosts", ip_address="10.9.9.9", labels=["server"])
        self.region, self.cloud = host["region_id"], host["cloud_id"]
        self.copy(host["id"], 9000)
        self.copy(self.user.make("hosts", labels=["mine"])["id"], 2000)
        if databases.SERVER:
            with databases.writing(self.store) as connection:
                connection.exec_driver_sql("ANALYZE")

    def copy(self, item_id: int, number: int) -> None:
        """Insert copies of a host with its label."""
        table = self.store.tables.metadata.tables["devices"]
        labels = self.store.tables.metadata.tables["device_labels"]
        with databases.writing(self.store) as connection:
            row = connection.execute(sa.select(table).where(table.c.id == item_id)).mappings()
            host = {name: value for name, value in row.one().items() if name != "id"}
            copies = [{**host, "name": f"host-{n}"} for n in range(number)]
            connection.execute(sa.insert(table), copies)
            ids = [
                *connection.execute(
                    sa.select(table.c.id).where(table.c.project_id == host["project_id"])
                ).scalars()
            ]
            label = (
                connection.execute(sa.select(labels).where(labels.c.owner_id == item_id))
                .mappings()
                .one()
            )
            connection.execute(
                sa.insert(labels),
                [{**label, "owner_id": one} for one in ids if one != item_id],
            )

    def test_no_list_reads_rows_of_others(self):
        for text in FILTERS:
            query = text.format(region=self.region, cloud=self.cloud)
            for key in ("", *ORDERS):
                path = f"/hosts?sort_keys={key}&{query}" if key else f"/hosts?{query}"
                with self.about(path):
                    self.assertEqual([], [*self.read_too_much(path)])

    def test_only_an_index_of_the_project_has_the_order(self):
        """Statistics do not decide: the index of all projects costs nearly the same."""
        if not databases.SERVER:
            self.skipTest("SQLite has no statistics")
        self.store.tables._cache.cache_clear()
        with mock.patch.object(own_lists, "FEW", -1):
            for key, query in itertools.product(
                ("id", "name", "ip_address"), ("", "cloud_id=1")
            ):
                *_, (statement, _) = self.statements(f"/hosts?sort_keys={key}&{query}")
                order = statement.rpartition("ORDER BY ")[2]
                self.assertTrue(order.startswith("devices.project_id"), order)
        self.store.tables._cache.cache_clear()

    def read_too_much(self, path: str) -> t.Iterator[str]:
        """Yield the parts of the plans that read rows of the other project."""
        for statement, values in self.statements(path):
            check = self.postgresql if databases.SERVER else self.sqlite
            yield from check(statement, values)

    def statements(self, path: str) -> list[tuple[str, t.Any]]:
        """Return the statements of a list that read hosts, with their parameters."""
        seen: list[tuple[str, t.Any]] = []

        def note(*args: t.Any) -> None:
            seen.append((args[2], args[3]))

        sa.event.listen(self.store.engine, "before_cursor_execute", note)
        try:
            self.assertAnswer(self.user.get(path), 200)
        finally:
            sa.event.remove(self.store.engine, "before_cursor_execute", note)
        return [one for one in seen if "devices" in one[0]]

    def sqlite(self, statement: str, values: t.Any) -> t.Iterator[str]:
        for *_, step in self.explain("EXPLAIN QUERY PLAN", statement, values):
            # The value of a reference is NULL, unless it is in the project.
            if re.match("(SCAN|SEARCH) device", step) and not re.search(
                r"\((region|cloud)_id=|PRIMARY KEY \(rowid=\?\)|\(project_id="
                r"|\(label=\? AND project_id=\?"
                r"|autoindex_device_labels_1 \(owner_id=\? AND label=\?\)",
                step,
            ):
                yield step

    def postgresql(self, statement: str, values: t.Any) -> t.Iterator[str]:
        ((plan,),) = self.explain("EXPLAIN (ANALYZE, FORMAT JSON)", statement, values)
        found = [plan[0]["Plan"]] if isinstance(plan, list) else [json.loads(plan)[0]["Plan"]]
        for node in found:
            found.extend(node.get("Plans", ()))
            read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            if "Relation Name" in node and read * node["Actual Loops"] > 3000:
                yield f"{node['Node Type']} {node['Relation Name']}: {read} rows"
