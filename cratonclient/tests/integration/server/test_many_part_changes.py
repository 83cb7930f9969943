# SPDX-License-Identifier: Apache-2.0
"""Variables and labels of many objects in one change set: the same as one by one."""

from __future__ import annotations

import random
import typing as t
from unittest import mock

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, both_ways
from cratonserver.db import change_sets, many_part_changes
from cratonserver.db.many_creations import OneByOne

NAMES = ("a", "b", "deep", "ünï", 'q"uote', "x.y")
VALUES: tuple[t.Any, ...] = (
    1,
    1.0,
    True,
    None,
    "x",
    "y" * 40,
    {"k": 1, "l": [1, {"z": None}]},
    {"l": [1, {"z": None}], "k": 1},
    {"k": 1, "l": [2, {"z": None}]},
    [],
    "'\\\n\"",
)
LABELS = ("l1", "l2", "ünï", "l'\"")


class TestSameAsOneByOne(both_ways.BothWaysTestCase):
    writer = many_part_changes, "change"

    def setUp(self):
        super().setUp()
        self.user = self.member()
        self.ids: dict[str, list[int]] = {}
        self.fill(self.user)
        self.cells = [
            self.user.make("cells", cloud_id=self.cloud, region_id=region)["id"]
            for region in self.regions
            for _ in range(2)
        ]
        stranger = self.member().make("hosts")["id"]
        self.others = {"hosts": [base.NOWHERE, stranger, *self.ids["network-devices"]]}

    def fill(self, user: base.Caller) -> None:
        """Create some objects of several kinds."""
        self.cloud = user.make("clouds")["id"]
        self.regions = [user.make("regions", cloud_id=self.cloud)["id"] for _ in range(2)]
        place = {"region_id": self.regions[0], "cloud_id": self.cloud}
        for collection in ("hosts", "network-devices", "networks"):
            self.ids[collection] = [
                user.make(collection, **place, variables={"a": n, "deep": {"k": [n]}})["id"]
                for n in range(6)
            ]
        self.ids["regions"] = self.regions

    def test_random_change_sets(self):
        draw = random.Random(3)
        applied = 0
        for who in (self.user, self.root):
            for number in range(40):
                body = {"changes": [*self.changes(draw)]}
                with self.about(f"{number}: {body}"):
                    applied += self.assert_same(who, body)
        self.assertReplays()
        self.assertGreater(applied, 25)
        self.assertGreater(self.at_once, 50)

    def test_random_change_sets_near_quotas(self):
        draw = random.Random(5)
        # The members of the quotas of an object and of a project.
        for limits in (
            {"variables_per_object": 3},
            {"variables_bytes_per_object": 70},
            {"variables_depth": 2},
            {"labels_per_object": 2},
            {"variables_bytes": 450},
        ):
            self.root.delete(f"/quotas/{self.user.project_id}")
            self.assertAnswer(self.root.put(f"/quotas/{self.user.project_id}", limits), 200)
            applied, self.at_once = 0, 0
            for number in range(20):
                chosen = draw.sample(self.ids["hosts"][:4], draw.randint(2, 3))
                changes = [self.change(draw, "hosts", host, {}) for host in chosen]
                body = {"changes": changes}
                with self.about(f"{limits}, {number}: {body}"):
                    applied += self.assert_same(self.user, body)
            with self.about(f"{limits}: {applied} applied, {self.at_once} at once"):
                self.assertTrue(2 < applied < 20)
                self.assertGreater(self.at_once, 2)

    def changes(self, draw: random.Random) -> t.Iterator[dict[str, t.Any]]:
        """Yield changes of some objects, one kind after the other."""
        for collection in draw.choices([*self.ids], (4, 1, 1, 1), k=draw.randint(1, 2)):
            known = self.ids[collection]
            chosen = draw.sample(known, draw.randint(1, len(known)))
            if draw.random() < 0.1:
                chosen += draw.choices(self.others.get(collection, [base.NOWHERE]))
            shared = self.values(draw, collection)
            for item_id in chosen:
                for _ in range(draw.choice((1, 1, 1, 1, 2))):
                    yield self.change(draw, collection, item_id, shared)

    def change(
        self, draw: random.Random, collection: str, item_id: int, shared: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        """Return a change of an object.

        :param shared: values that most objects of the change set get.
        """
        found: dict[str, t.Any] = {
            "action": "update",
            "kind": collection.replace("-", "_"),
            "id": item_id,
        }
        if shared:
            found["values"] = shared
        if draw.random() < 0.05:
            found["values"] = self.values(draw, collection)
        if draw.random() < 0.8:
            found["variables"] = {
                "set": {n: draw.choice(VALUES) for n in draw.sample(NAMES, draw.randint(0, 2))},
                "unset": draw.choices(NAMES, k=draw.randint(0, 2)),
            }
        if collection == "hosts" and draw.random() < 0.5:
            found["labels"] = {
                "add": draw.sample(LABELS, draw.randint(0, 2)),
                "remove": draw.sample(LABELS, draw.randint(0, 2)),
            }
        for part in found.keys() & {"variables", "labels"}:
            if draw.random() < 0.4:
                del found[part][draw.choice([*found[part]])]
        if draw.random() < 0.05:
            found["unchanged_since"] = draw.choice((0, *(10**6,) * 9))
        return found

    def values(self, draw: random.Random, collection: str) -> dict[str, t.Any]:
        if draw.random() < 0.6 or collection not in ("hosts", "regions"):
            return {}
        if collection == "hosts" and draw.random() < 0.5:
            return {"cell_id": draw.choice(self.cells[:2])}
        return {"note": draw.choice(("x", "y", ""))}


class TestMany(base.ServerTestCase):
    """Rules for many objects in particular."""

    def setUp(self):
        super().setUp()
        self.user = self.member()
        region = self.user.make("regions")
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        self.hosts = [self.user.make("hosts", **place)["id"] for _ in range(7)]

    def post(self, *changes: dict[str, t.Any]) -> int:
        """Post a change set and return the number of statements that it takes."""
        number = 0

        def count(*_args: t.Any) -> None:
            nonlocal number
            number += 1

        sa.event.listen(self.store.engine, "before_cursor_execute", count)
        try:
            answer = self.user.post("/changes", {"changes": [*changes]})
        finally:
            sa.event.remove(self.store.engine, "before_cursor_execute", count)
        self.assertAnswer(answer, 200)
        return number

    def last_revision(self) -> int:
        return int(self.user.get("/changes").json["last_revision"])

    def update(self, item_id: int, **more: t.Any) -> dict[str, t.Any]:
        return {"action": "update", "kind": "hosts", "id": item_id, **more}

    def test_the_number_of_statements_does_not_depend_on_the_number_of_objects(self):
        def wide(host: int) -> list[dict[str, t.Any]]:
            return [
                self.update(
                    host,
                    values={"note": "x"},
                    variables={"set": {"n": host, "m": 1}, "unset": ["old"]},
                    unchanged_since=self.last_revision(),
                )
            ]

        def long(host: int) -> list[dict[str, t.Any]]:
            """Return the changes that the library makes: one for each call."""
            return [
                self.update(host, values={"note": "y"}),
                self.update(host, variables={"unset": ["n"]}),
                self.update(host, variables={"set": {"k": host}}),
                self.update(host, labels={"add": [f"l{host}"]}),
            ]

        for changes in (wide, long):
            with self.about(changes.__name__):
                for _ in range(2):  # the second time, some values stay the same
                    few = self.post(*(c for host in self.hosts[:3] for c in changes(host)))
                for host in self.hosts[3:]:
                    self.post(*changes(host))
                many = self.post(*(c for host in self.hosts for c in changes(host)))
                self.assertEqual(few, many)
        for host in self.hosts:
            labels = self.user.get(f"/hosts/{host}/labels").json
            found = self.user.get(f"/hosts/{host}").json | labels
            wanted = {"note": "y", "variables": {"m": 1, "k": host}, "labels": [f"l{host}"]}
            self.assertEqual(wanted, {name: found[name] for name in wanted})

    def test_several_steps(self):
        changes = [
            self.update(
                host, values={"note": "z"}, variables={"set": {"n": host}, "unset": ["x"]}
            )
            for host in self.hosts
        ]
        changes[5]["unchanged_since"] = self.last_revision()
        called = []
        change = many_part_changes.change

        def failing(objects: t.Any, wanted: t.Any) -> None:
            called.append([*wanted])
            if len(called) == 2:  # the objects of the second step are changed one by one
                raise OneByOne
            change(objects, wanted)

        with (
            mock.patch.object(change_sets, "_OBJECTS", 3),
            mock.patch.object(many_part_changes, "change", failing),
        ):
            self.post(*changes)
        self.assertEqual([3, 3, 1], [*map(len, called)])
        revisions = set()
        for host in self.hosts:
            answer = self.user.get(f"/hosts/{host}")
            revisions.add(answer.headers["etag"])
            self.assertEqual(
                ("z", {"n": host}), (answer.json["note"], answer.json["variables"])
            )
        self.assertEqual(1, len(revisions))

    def test_the_log_has_each_row_once(self):
        changes = [
            self.update(host, values={"note": "x"}, variables={"set": {"n": 1}})
            for host in self.hosts
        ]
        self.post(*changes)
        rows, entries = self.store.tables.log.rows.c, self.store.tables.log.changes.c
        last = sa.select(sa.func.max(entries.id)).scalar_subquery()
        query = sa.select(rows.owner, rows.member).where(rows.change_id == last)
        with self.store.read() as connection:
            found = [tuple(row) for row in connection.execute(query)]
        wanted = [(str(host), member) for host in self.hosts for member in (None, "n")]
        self.assertEqual(sorted(map(str, wanted)), sorted(map(str, found)))
