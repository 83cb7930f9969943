# SPDX-License-Identifier: Apache-2.0
"""Deletions of many objects in one change set: the same as one by one."""

from __future__ import annotations

import random
import typing as t

from cratonclient.tests.integration.server import base, both_ways
from cratonserver.db import many_deletions


class TestSameAsOneByOne(both_ways.BothWaysTestCase):
    writer = many_deletions, "delete"

    def setUp(self):
        super().setUp()
        self.user = self.member()
        region = self.user.make("regions")
        self.place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        self.ids: dict[str, list[int]] = {"cells": [], "hosts": [], "network_devices": []}

    def test_random_change_sets(self):
        draw = random.Random(11)
        applied = 0
        for number in range(40):
            self.fill(draw)
            changes = [*self.changes(draw)]
            who = draw.choice((self.user, self.root))
            with self.about(f"{number}: {changes}"):
                if self.assert_same(who, {"changes": changes}):
                    applied += 1
            for kind in self.ids:
                items = self.user.items(f"/{kind.replace('_', '-')}?limit=100")
                self.ids[kind] = [item["id"] for item in items]
        self.assertReplays()
        self.assertTrue(8 < applied < 35, applied)
        self.assertGreater(self.at_once, 8)

    def fill(self, draw: random.Random) -> None:
        """Create objects until there are some of each kind: devices in cells and in others."""
        while len(self.ids["cells"]) < 4:
            self.ids["cells"].append(self.user.make("cells", **self.place)["id"])
        for kind in ("hosts", "network_devices"):
            while len(self.ids[kind]) < 7:
                more: dict[str, t.Any] = {}
                devices = self.ids["hosts"] + self.ids["network_devices"]
                if devices and draw.random() < 0.25:
                    more["parent_id"] = draw.choice(devices)
                elif draw.random() < 0.2:
                    more["cell_id"] = draw.choice(self.ids["cells"])
                made = self.user.post(
                    f"/{kind.replace('_', '-')}",
                    self.user.needed(
                        kind.replace("_", "-"),
                        {**self.place, **more, "variables": {"a": 1, "b": {"c": 2}}},
                    ),
                )
                if made.status == 201:  # else a parent is in a cell
                    self.ids[kind].append(made.json["id"])
        for host in draw.sample(self.ids["hosts"], 2):
            self.user.make("network-interfaces", device_id=host)
            self.user.put(f"/hosts/{host}/labels", {"labels": ["l"]})

    def changes(self, draw: random.Random) -> t.Iterator[dict[str, t.Any]]:
        """Yield deletions of some objects, one kind after the other."""
        for kind in draw.choices([*self.ids], (1, 4, 2), k=draw.randint(1, 2)):
            chosen = draw.sample(self.ids[kind], draw.randint(1, 3))
            if draw.random() < 0.1:
                chosen.append(draw.choice((base.NOWHERE, chosen[0], *self.ids["cells"])))
            for item_id in chosen:
                change = {"action": "delete", "kind": kind, "id": item_id}
                if draw.random() < 0.05:
                    change["unchanged_since"] = draw.choice((0, 10**6, 10**6))
                yield change

    def test_objects_of_others_stay(self):
        others = [self.member().make("clouds")["id"] for _ in range(2)]
        own = [self.user.make("clouds")["id"] for _ in range(2)]
        deletions = [{"action": "delete", "kind": "clouds", "id": i} for i in own + others]
        answer = self.user.post("/changes", {"changes": deletions})
        self.assertAnswer(answer, 404)
        self.assertEqual(others, [one["id"] for one in answer.json["errors"]])
        for item_id in own + others:
            self.assertAnswer(self.root.get(f"/clouds/{item_id}"), 200)

    def test_what_is_in_use_is_named(self):
        networks = [self.user.make("networks", **self.place)["id"] for _ in range(3)]
        host = self.user.make("hosts", **self.place)["id"]
        self.user.make("network-interfaces", device_id=host, network_id=networks[1])
        deletions = [{"action": "delete", "kind": "networks", "id": i} for i in networks]
        answer = self.user.post("/changes", {"changes": deletions})
        self.assertAnswer(answer, 409)
        self.assertEqual([networks[1]], [one["id"] for one in answer.json["errors"]])
        self.assertEqual(3, len(self.user.items("/networks")))

    def test_the_order_counts(self):
        parent = self.user.make("hosts", **self.place)["id"]
        child = self.user.make("hosts", **self.place, parent_id=parent)["id"]
        for ids, status, refused in (
            ([parent, child], 409, [parent]),
            ([child, child], 404, [child]),
            ([child, parent], 200, []),
        ):
            deletions = [{"action": "delete", "kind": "hosts", "id": i} for i in ids]
            with self.about(f"{ids}"):
                answer = self.user.post("/changes", {"changes": deletions})
                self.assertAnswer(answer, status)
                found = [one["id"] for one in answer.json.get("errors", ())]
                self.assertEqual(refused, found)
