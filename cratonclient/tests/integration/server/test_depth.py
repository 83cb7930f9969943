# SPDX-License-Identifier: Apache-2.0
"""Chains of parents: their greatest length, and chains that are longer already."""

from __future__ import annotations

import time
import typing as t

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases
from cratonserver import composition
from cratonserver.config.settings import Limits, Log, Settings

REFUSED = (
    "parent_id: the chain of parents would have more than 4 devices (tree_depth). Choose a "
    "parent that is nearer to the top."
)
#: The length of a chain that an older server allowed.
LONG = 3000


class TestLimit(base.ServerTestCase):
    limited: t.ClassVar[base.Caller]
    place: t.ClassVar[dict[str, int]]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        settings = Settings(limits=Limits(tree_depth=4), log=Log(access_log=False))
        application = composition.application_of(cls.store, settings)
        cls.limited = base.Caller(application, cls.root.headers)
        region = cls.root.make("regions")
        cls.place = {"cloud_id": region["cloud_id"], "region_id": region["id"]}

    def chain(self, length: int, caller: base.Caller | None = None) -> list[int]:
        """Create a chain of hosts, and return their ids from the top."""
        found: list[int] = []
        for _ in range(length):
            above = {"parent_id": found[-1]} if found else {}
            host = (caller or self.limited).make("hosts", **above, **self.place)
            found.append(host["id"])
        return found

    def test_new_devices(self):
        chain = self.chain(4)
        for collection in ("hosts", "network-devices"):
            values = self.root.needed(collection, {"parent_id": chain[-1], **self.place})
            self.assertAnswer(self.limited.post(f"/{collection}", values), 400, REFUSED)
        values["parent_id"] = chain[-2]
        self.assertAnswer(self.limited.post("/network-devices", values), 201)

    def test_moved_devices_count_with_their_descendants(self):
        upper, lower = self.chain(2), self.chain(3)
        answer = self.limited.put(f"/hosts/{lower[0]}", {"parent_id": upper[1]})
        self.assertAnswer(answer, 400, REFUSED)
        self.assertAnswer(self.limited.put(f"/hosts/{lower[0]}", {"parent_id": upper[0]}), 200)
        self.assertAnswer(self.limited.put(f"/hosts/{lower[2]}", {"parent_id": upper[1]}), 200)

    def test_cycles_are_refused_as_before(self):
        chain = self.chain(3)
        own = self.limited.put(f"/hosts/{chain[0]}", {"parent_id": chain[0]})
        below = self.limited.put(f"/hosts/{chain[0]}", {"parent_id": chain[2]})
        self.assertIn("cannot be its own parent", own.json["message"])
        self.assertIn("cannot have a descendant as its parent", below.json["message"])

    def test_chains_that_are_longer_already(self):
        chain = self.chain(7, self.root)
        last = f"/hosts/{chain[-1]}"
        self.assertAnswer(self.limited.get(last), 200)
        same = {"note": "seen", "parent_id": chain[-2]}
        self.assertAnswer(self.limited.put(last, same), 200)
        self.assertAnswer(self.limited.put(last, {"parent_id": chain[-3]}), 400, REFUSED)
        # Cut it in the middle.
        self.assertAnswer(self.limited.put(f"/hosts/{chain[3]}", {"parent_id": None}), 200)
        self.assertAnswer(self.limited.put(last, {"parent_id": chain[4]}), 200)


class TestLongChains(base.ServerTestCase):
    """A chain of thousands of hosts, of which every second has a value of its own."""

    ids: t.ClassVar[range]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        region = cls.root.make("regions", variables={"top": 1, "mine": -1})
        place = {"cloud_id": region["cloud_id"], "region_id": region["id"]}
        first = cls.root.make("hosts", **place, variables={"mine": 0})
        cls.ids = range(first["id"], first["id"] + LONG)
        tables = cls.store.tables.metadata.tables
        devices, values = tables["devices"], tables["device_variables"]
        with databases.writing(cls.store) as connection:
            found = connection.execute(sa.select(devices).where(devices.c.id == first["id"]))
            row = dict(found.mappings().one())
            rows = [
                {
                    **row,
                    "id": number,
                    "name": f"{row['name']}-{number}",
                    "ip_address": address(number),
                    "parent_id": number - 1,
                }
                for number in cls.ids[1:]
            ]
            connection.execute(sa.insert(devices), rows)
            own = [
                {"owner_id": number, "name": "mine", "value": str(number)}
                for number in cls.ids[1:]
                if number % 2
            ]
            connection.execute(sa.insert(values), own)

    def setUp(self):
        super().setUp()
        self.began = time.process_time()

    def test_inventory(self):
        answer = self.root.get("/ansible-inventory")
        self.assertLess(time.process_time() - self.began, 5)
        found = answer.json["_meta"]["hostvars"]
        self.assertEqual(LONG, len(found))
        for number in (self.ids[1], self.ids[-2], self.ids[-1]):
            values = found[address(number)]
            nearest = number if number % 2 else max(number - 1, 0)
            mine = nearest if nearest > self.ids[0] else 0
            self.assertEqual({"top": 1, "mine": mine}, values)

    def test_page(self):
        found = self.root.get("/hosts?details=true&limit=100&sort_dir=desc").json["hosts"]
        self.assertLess(time.process_time() - self.began, 5)
        self.assertEqual(100, len(found))
        for host in found:
            nearest = host["id"] if host["id"] % 2 else host["id"] - 1
            self.assertEqual({"top": 1, "mine": nearest}, host["variables"])

    def test_move(self):
        answer = self.root.put(f"/hosts/{self.ids[0]}", {"parent_id": self.ids[-1]})
        self.assertLess(time.process_time() - self.began, 5)
        self.assertEqual(400, answer.status)
        self.assertIn("cannot have a descendant", answer.text)


def address(number: int) -> str:
    """Return the address of a host."""
    return f"10.1.{number // 250}.{number % 250}"
