# SPDX-License-Identifier: Apache-2.0
"""Concurrent writes: no write is lost, partial or refused."""

from __future__ import annotations

import concurrent.futures
import threading
import typing as t

from cratonclient.tests.integration.server import base

WRITERS = 16


class ConcurrencyTestCase(base.ServerTestCase):
    """Tests with a user, a host, and threads that start together."""

    def setUp(self):
        super().setUp()
        self.user = self.member()
        self.host = self.user.make("hosts")
        self.place = {key: self.host[key] for key in ("cloud_id", "region_id")}

    def at_once(self, *work: t.Callable[[], t.Any]) -> list[t.Any]:
        """Call functions concurrently, each in a thread, and return their results."""
        together = threading.Barrier(len(work))

        def begin(one: t.Callable[[], t.Any]) -> t.Any:
            together.wait()
            return one()

        with concurrent.futures.ThreadPoolExecutor(len(work)) as threads:
            return list(threads.map(begin, work))

    def statuses(self, *requests: tuple[t.Any, ...]) -> list[int]:
        """Send requests concurrently and return the statuses of the responses."""
        calls = [lambda request=request: self.user.call(*request) for request in requests]
        return [answer.status for answer in self.at_once(*calls)]

    def tree(self, *parents: int | None) -> list[int]:
        """Create hosts and return their ids; each argument is the index of the parent."""
        made: list[int] = []
        for parent in parents:
            above = {} if parent is None else {"parent_id": made[parent]}
            made.append(self.user.make("hosts", **self.place, **above)["id"])
        return made


class TestWriters(ConcurrencyTestCase):
    def write(self, writer: int) -> dict[str, t.Any]:
        """Create, change and delete objects, and return the host that remains."""
        path = f"/hosts/{self.host['id']}"
        for number in range(4):
            key = f"{writer}-{number}"
            made = self.user.make(
                "hosts", **self.place, name=key, variables={"n": key, "m": key}, labels=[key]
            )
            for answer in (
                self.user.put(path, {"note": key}),
                self.user.put(f"{path}/variables", {key: number, "gone": key, "all": key}),
                self.user.put(f"{path}/labels", {"labels": [key, "all"]}),
                self.user.delete(f"{path}/variables", ["gone"]),
                self.user.put(f"/hosts/{made['id']}", {"name": f"{key}-renamed"}),
                self.user.delete(f"/hosts/{made['id']}") if number else None,
            ):
                if answer is not None:
                    self.assertIn(answer.status, (200, 204), answer.text)
            if not number:
                left = made
        return left

    def test_sixteen_lose_nothing(self):
        left = self.at_once(*(lambda n=n: self.write(n) for n in range(WRITERS)))

        path = f"/hosts/{self.host['id']}"
        keys = {f"{writer}-{number}" for writer in range(WRITERS) for number in range(4)}
        found = self.user.get(f"{path}/variables?resolved-values=no").json["variables"]
        found.pop("gone", None)
        self.assertEqual(keys | {"all"}, set(found))
        self.assertEqual(keys | {"all"}, set(self.user.get(f"{path}/labels").json["labels"]))
        self.assertIn(self.user.get(path).json["note"], keys)
        for host in left:
            shown = self.user.get(f"/hosts/{host['id']}").json
            key = host["name"]
            self.assertEqual(
                (f"{key}-renamed", {"n": key, "m": key}), (shown["name"], shown["variables"])
            )
            self.assertEqual([key], self.user.get(f"/hosts/{host['id']}/labels").json["labels"])
        listed = self.user.items(f"/hosts?limit=100&region_id={self.host['region_id']}")
        self.assertEqual(
            {self.host["id"], *(host["id"] for host in left)}, {h["id"] for h in listed}
        )

    def test_a_name_is_given_once(self):
        for _ in range(5):
            body = self.user.needed("hosts", {**self.place, "labels": ["x"]})
            found = self.statuses(*[("POST", "/hosts", body)] * 8)
            self.assertEqual([201] + [409] * 7, sorted(found))

    def test_one_taker_of_a_name_wins(self):
        for _ in range(5):
            hosts = self.tree(*[None] * 8)
            name = base.unique("taken")
            found = self.statuses(
                *(("PUT", f"/hosts/{host}", {"name": name}) for host in hosts)
            )
            self.assertEqual([200] + [409] * 7, sorted(found))

    def test_what_is_written_into_while_it_goes(self):
        for _ in range(5):
            cell = self.user.make("cells", **self.place)["id"]
            inside = {**self.place, "cell_id": cell}
            parent = self.user.make("hosts", **inside)["id"]
            bodies = [
                self.user.needed("hosts", {**inside, "variables": {"a": 1}, "labels": ["x"]})
                for _ in range(4)
            ]
            child = self.user.needed("hosts", {**inside, "parent_id": parent})
            gone, *found = self.statuses(
                ("DELETE", f"/cells/{cell}"),
                ("PUT", f"/cells/{cell}/variables", {"a": 1, "b": 2}),
                ("PUT", f"/cells/{cell}", {"name": "renamed"}),
                ("PUT", f"/hosts/{parent}/labels", {"labels": ["a", "b"]}),
                ("POST", "/hosts", child),
                *(("POST", "/hosts", body) for body in bodies),
            )
            self.assertEqual(204, gone)
            self.assertLessEqual(set(found), {200, 201, 404})
            self.assertEqual([], self.user.items(f"/hosts?cell_id={cell}"))

    def test_a_parent_that_goes_while_it_gets_a_child(self):
        for _ in range(10):
            parent, child = self.tree(None, None)
            gone, changed = self.statuses(
                ("DELETE", f"/hosts/{parent}"),
                ("PUT", f"/hosts/{child}", {"parent_id": parent}),
            )
            self.assertIn((gone, changed), ((204, 404), (409, 200)))


class TestCircles(ConcurrencyTestCase):
    def parents(self, ids: list[int]) -> dict[int, int | None]:
        return {one: self.user.get(f"/hosts/{one}").json["parent_id"] for one in ids}

    def assertNoCircle(self, ids: list[int]) -> None:
        parents = self.parents(ids)
        for one in ids:
            above, steps = parents[one], 0
            while above is not None:
                above, steps = parents[above], steps + 1
                self.assertLessEqual(steps, len(ids), parents)

    def test_two_that_want_to_be_below_each_other(self):
        for _ in range(20):
            one, other = self.tree(None, None)
            found = self.statuses(
                ("PUT", f"/hosts/{one}", {"parent_id": other}),
                ("PUT", f"/hosts/{other}", {"parent_id": one}),
            )
            self.assertEqual([200, 400], sorted(found))
            self.assertNoCircle([one, other])

    def test_a_ring_of_chains(self):
        for _ in range(8):
            # Four chains of two. The top of each moves below the end of the next one.
            hosts = self.tree(None, 0, None, 2, None, 4, None, 6)
            found = self.statuses(
                *(
                    ("PUT", f"/hosts/{hosts[top]}", {"parent_id": hosts[(top + 3) % 8]})
                    for top in (0, 2, 4, 6)
                )
            )
            self.assertEqual([200, 200, 200, 400], sorted(found))
            self.assertNoCircle(hosts)


class TestMoves(ConcurrencyTestCase):
    """Whatever happens at the same time, a device is where its region and its cell are."""

    def setUp(self):
        super().setUp()
        west = self.user.make("regions", cloud_id=self.host["cloud_id"])["id"]
        self.regions = [self.host["region_id"], west]

    def cell(self, region: int) -> int:
        return int(self.user.make("cells", region_id=self.regions[region])["id"])

    def assertFits(self, hosts: t.Iterable[int]) -> dict[int, tuple[int, int | None]]:
        """Return the places of hosts that exist, after checking each."""
        found = {}
        for item_id in hosts:
            answer = self.user.get(f"/hosts/{item_id}")
            if answer.status == 404:
                continue
            region, cell = (answer.json[name] for name in ("region_id", "cell_id"))
            found[item_id] = region, cell
            if cell is not None:
                self.assertEqual(region, self.user.get(f"/cells/{cell}").json["region_id"])
        return found

    def test_into_a_cell_that_goes(self):
        for _ in range(8):
            chassis, *blades = hosts = self.tree(None, 0, 0, 1)
            cell = self.cell(0)
            moved, deleted = self.statuses(
                ("PUT", f"/hosts/{chassis}", {"cell_id": cell}), ("DELETE", f"/cells/{cell}")
            )
            self.assertEqual(204, deleted)
            self.assertIn(moved, (200, 404))
            # The chassis goes with the cell if it was there first, and its blades with it.
            left = self.assertFits(hosts)
            self.assertEqual([] if moved == 200 else [chassis, *blades], [*left])

    def test_out_of_a_cell_that_goes(self):
        for _ in range(8):
            hosts = self.tree(None, 0, 1)
            cells = [self.cell(0), self.cell(0)]
            self.user.put(f"/hosts/{hosts[0]}", {"cell_id": cells[0]})
            moved, deleted = self.statuses(
                ("PUT", f"/hosts/{hosts[0]}", {"cell_id": cells[1]}),
                ("DELETE", f"/cells/{cells[0]}"),
            )
            self.assertEqual(204, deleted)
            self.assertIn(moved, (200, 404))
            self.assertEqual(hosts if moved == 200 else [], [*self.assertFits(hosts)])

    def test_while_parents_change(self):
        for _ in range(8):
            chassis, blade, low, other = hosts = self.tree(None, None, 1, None)
            cell = self.cell(0)
            found = self.statuses(
                ("PUT", f"/hosts/{chassis}", {"cell_id": cell}),
                ("PUT", f"/hosts/{blade}", {"parent_id": chassis}),
                ("PUT", f"/hosts/{other}", {"parent_id": low}),
            )
            self.assertEqual([200] * 3, found)
            places = self.assertFits(hosts)
            self.assertEqual(cell, places[chassis][1])
            # A child that came too late stays where it is, and so does all below it.
            self.assertEqual(places[blade], places[low])

    def test_to_different_places(self):
        for _ in range(5):
            hosts = self.tree(None, 0, 1, 0)
            moves = [
                {"region_id": region, "cell_id": self.cell(number)}
                for number, region in enumerate(self.regions)
            ]
            found = self.statuses(
                *(("PUT", f"/hosts/{hosts[0]}", fields) for fields in (*moves, *moves))
            )
            self.assertEqual([200] * 4, found)
            self.assertEqual(1, len({*self.assertFits(hosts).values()}))

    def test_many_in_opposite_orders(self):
        for _ in range(3):
            hosts = self.tree(*[None] * 10, *range(10))
            cells = [self.cell(0), self.cell(0)]
            bodies = [
                {
                    "changes": [
                        {
                            "action": "update",
                            "kind": "hosts",
                            "id": host,
                            "values": {"cell_id": cell},
                        }
                        for host in order
                    ]
                }
                for order, cell in zip((hosts, hosts[::-1]), cells, strict=True)
            ]
            create = self.user.needed("hosts", {**self.place, "cell_id": cells[0]})
            found = self.statuses(
                *(("POST", "/changes", body) for body in bodies),
                *[("PUT", f"/hosts/{hosts[4]}", {"note": "x"})] * 2,
                ("POST", "/hosts", create),
            )
            self.assertEqual([200, 200, 200, 200, 201], found)
            self.assertEqual(1, len({*self.assertFits(hosts).values()}))

    def test_children_that_are_created_meanwhile(self):
        for _ in range(5):
            (chassis,) = self.tree(None)
            creations = [
                (
                    "POST",
                    "/hosts",
                    self.user.needed("hosts", {**self.place, "parent_id": chassis}),
                )
                for _ in range(3)
            ]
            west = {"region_id": self.regions[1]}
            found = self.statuses(("PUT", f"/hosts/{chassis}", west), *creations)
            self.assertEqual([200, 201, 201, 201], found)
            self.assertEqual((self.regions[1], None), self.assertFits([chassis])[chassis])


class TestReaders(base.ServerTestCase):
    def test_a_transaction_sees_one_moment(self):
        host = self.root.make("hosts", variables={"a": 1})["id"]
        devices = self.store.tables.table(self.store.tables.kind("hosts"))
        variables = self.store.tables.variables(self.store.tables.kind("hosts"))
        with self.store.read() as connection:
            before = connection.execute(devices.select().where(devices.c.id == host)).all()
            self.assertEqual(204, self.root.delete(f"/hosts/{host}").status)
            owned = variables.select().where(variables.c.owner_id == host)
            self.assertEqual((1, 1), (len(before), len(connection.execute(owned).all())))
