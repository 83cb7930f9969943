# SPDX-License-Identifier: Apache-2.0
"""Random moves, compared with a model: places, lists, inherited variables, previews, undo."""

from __future__ import annotations

import copy
import json
import random
import typing as t

from cratonclient.tests.integration.server import base

#: The objects that move, by collection.
KINDS = ("hosts", "network-devices", "networks")
Place = tuple[int, int | None]


class Item:
    """An object of the model.

    :param collection: its collection.
    :param name: its name, which is also the value of its variable, if it has one.
    :param place: its region and its cell.
    :param parent: id of its parent.
    :param says: it has a variable.
    """

    def __init__(
        self, collection: str, name: str, place: Place, parent: int | None, says: bool
    ) -> None:
        self.collection = collection
        self.name = name
        self.place = place
        self.parent = parent
        self.says = says


class Model:
    """A simple model of a cloud: regions with cells, and objects in them."""

    def __init__(self) -> None:
        self.cells: dict[int, int] = {}
        self.items: dict[tuple[str, int], Item] = {}

    def device(self, item_id: int | None) -> tuple[tuple[str, int], Item] | None:
        for collection in KINDS[:2]:
            if (found := self.items.get((collection, item_id or 0))) is not None:
                return (collection, item_id or 0), found
        return None

    def below(self, key: tuple[str, int]) -> list[tuple[str, int]]:
        """Return the descendants of a device."""
        found: list[tuple[str, int]] = []
        if key[0] == "networks":
            return found
        for other, item in self.items.items():
            if item.parent == key[1] and other[0] != "networks":
                found += [other, *self.below(other)]
        return found

    def move(self, keys: t.Iterable[tuple[str, int]], place: Place) -> str:
        """Move objects, and return the name of the problem, or nothing."""
        if place[1] is not None and self.cells[place[1]] != place[0]:
            return "place"
        before = {key: self.items[key].place for key in keys}
        for key in before:
            self.items[key].place = place
        left = [key for key in before if before[key] != place and self.below(key)]
        while left:
            stuck = [key for key in left if not self._take(key, before[key], place)]
            if len(stuck) == len(left):
                return "elsewhere"
            left = stuck
        return "" if self.names_are_unique() else "name"

    def _take(self, key: tuple[str, int], old: Place, new: Place) -> bool:
        below = self.below(key)
        if any(self.items[one].place not in (old, new) for one in below):
            return False
        for one in below:
            self.items[one].place = new
        return True

    def names_are_unique(self) -> bool:
        names = [
            (key[0] == "networks", item.place[0], item.name) for key, item in self.items.items()
        ]
        return len(names) == len(set(names))

    def value(
        self, item: Item, places: t.Mapping[int, str], cells: t.Mapping[int, str]
    ) -> t.Any:
        """Return the variable that an object inherits, or its own one."""
        one: Item | None = item
        while one is not None:
            if one.says:
                return one.name
            found = self.device(one.parent)
            one = found[1] if found else None
        region, cell = item.place
        return cells.get(cell or 0) or places.get(region)


class TestRandomMoves(base.ServerTestCase):
    STEPS = 40

    def setUp(self):
        super().setUp()
        self.user = self.member()
        self.model = Model()
        self.cloud = self.user.make("clouds")["id"]
        self.regions, self.cells = dict[int, str](), dict[int, str]()
        for number in range(2):
            says = {"variables": {"says": f"region {number}"}}
            region = self.user.make("regions", cloud_id=self.cloud, **says)["id"]
            self.regions[region] = f"region {number}"
            for _ in range(2):
                cell = self.user.make("cells", region_id=region)["id"]
                self.model.cells[cell] = region
        for cell in [*self.model.cells][::3]:
            self.cells[cell] = f"cell {cell}"
            self.user.put(f"/cells/{cell}/variables", {"says": self.cells[cell]})

    def test_random_moves(self):
        for seed in (1, 2):
            with self.subTest(seed=seed):
                draw = random.Random(seed)
                for _ in range(8):
                    self.create(draw)
                for _ in range(self.STEPS):
                    self.step(draw)
                self.check()

    def step(self, draw: random.Random) -> None:
        before = copy.deepcopy(self.model)
        match draw.randrange(8):
            case 0:
                self.create(draw)
            case 1 | 2 | 3:
                self.move_one(draw)
            case 4 | 5:
                self.move_many(draw)
            case 6:
                self.set_parent(draw)
            case 7:
                self.move_one(draw)
                self.undo_since(before)
        if draw.random() < 0.15:
            self.check()

    def create(self, draw: random.Random) -> None:
        collection, (region, cell) = draw.choice(KINDS), self.place(draw)
        devices = [key[1] for key in self.model.items if key[0] != "networks"]
        parent = None if collection == "networks" else draw.choice([None, *devices])
        says, name = draw.random() < 0.2, draw.choice("abcdefghijklmnopqrstuvwxyz") * 2
        values: dict[str, t.Any] = {"name": name, "region_id": region, "cloud_id": self.cloud}
        values |= {} if cell is None else {"cell_id": cell}
        values |= {} if parent is None else {"parent_id": parent}
        values |= {"variables": {"says": name}} if says else {}
        answer = self.user.post(f"/{collection}", self.user.needed(collection, values))
        item = Item(collection, name, (region, cell), parent, says)
        self.model.items[collection, answer.json.get("id", 0)] = item
        self.assertEqual(201 if self.model.names_are_unique() else 409, answer.status)
        self.model.items.pop((collection, 0), None)

    def place(self, draw: random.Random) -> Place:
        region = draw.choice([*self.regions])
        cells = [cell for cell, its in self.model.cells.items() if its == region]
        return region, draw.choice([None, *cells])

    def fields(self, draw: random.Random, place: Place) -> tuple[dict[str, t.Any], Place]:
        """Return fields that move an object at a place, and where it is then."""
        region, cell = self.place(draw)
        if draw.random() < 0.2:
            cell = draw.choice([*self.model.cells])  # perhaps of another region
        match draw.randrange(4):
            case 0:
                return {"region_id": region}, (region, place[1] if region == place[0] else None)
            case 1:
                return {"cell_id": cell}, (place[0], cell)
            case _:
                return {"region_id": region, "cell_id": cell}, (region, cell)

    def move_one(self, draw: random.Random) -> None:
        if not self.model.items:
            return
        key = draw.choice([*self.model.items])
        given, place = self.fields(draw, self.model.items[key].place)
        answer = self.user.put(f"/{key[0]}/{key[1]}", given)
        self.compare(answer, [key], place)

    def move_many(self, draw: random.Random) -> None:
        collection = draw.choice(KINDS)
        known = [key for key in self.model.items if key[0] == collection]
        keys = draw.sample(known, min(len(known), draw.randrange(2, 5)))
        if not keys:
            return
        place = self.place(draw)
        given = {"region_id": place[0], "cell_id": place[1]}
        kind = collection.replace("-", "_")
        changes = [
            {"action": "update", "kind": kind, "id": key[1], "values": given} for key in keys
        ]
        self.compare(self.user.post("/changes", {"changes": changes}), keys, place)

    def compare(self, answer: base.Answer, keys: list[tuple[str, int]], place: Place) -> None:
        """Move objects in the model, and compare the status. Refused moves change nothing."""
        after = copy.deepcopy(self.model)
        problem = after.move(keys, place)
        wanted = {"": 200, "place": 400, "elsewhere": 409, "name": 409}[problem]
        self.assertEqual(wanted, answer.status, f"{problem}: {answer.text}")
        if not problem:
            self.model = after

    def set_parent(self, draw: random.Random) -> None:
        devices = [key for key in self.model.items if key[0] != "networks"]
        if not devices:
            return
        key = draw.choice(devices)
        parent = draw.choice([None, *(one[1] for one in devices)])
        answer = self.user.put(f"/{key[0]}/{key[1]}", {"parent_id": parent})
        if parent == key[1] or parent in {one[1] for one in self.model.below(key)}:
            self.assertEqual(400, answer.status)
        else:
            self.assertEqual(200, answer.status)
            self.model.items[key].parent = parent

    def undo_since(self, before: Model) -> None:
        """Undo the last change, if there was one since a state of the model."""
        places = {key: item.place for key, item in self.model.items.items()}
        if places == {key: item.place for key, item in before.items.items()}:
            return
        last = self.user.get("/changes").json["last_revision"]
        answer = self.user.post(f"/changes/{last}/undo")
        self.assertEqual(200, answer.status, answer.text)
        self.model = before

    def check(self) -> None:
        """Compare all lists, variables and previews with the model."""
        everywhere: dict[str, dict[str, set[int]]] = {c: {} for c in KINDS}
        values: dict[str, dict[int, t.Any]] = {}
        for (collection, item_id), item in self.model.items.items():
            region, cell = item.place
            lists = everywhere[collection]
            lists.setdefault(f"region_id={region}", set()).add(item_id)
            if cell is not None:
                lists.setdefault(f"cell_id={cell}", set()).add(item_id)
            if collection != "networks":
                value = self.model.value(item, self.regions, self.cells)
                values.setdefault(collection, {})[item_id] = value
                if value is not None:
                    lists.setdefault(f"vars=says:{json.dumps(value)}", set()).add(item_id)
        for collection, lists in everywhere.items():
            filters = {*lists, *(f"region_id={one}" for one in self.regions)}
            filters |= {f"cell_id={one}" for one in self.model.cells}
            for one in filters:
                found = {row["id"] for row in self.user.items(f"/{collection}?{one}&limit=100")}
                self.assertEqual(lists.get(one, set()), found, f"{collection} {one}")
            if collection in values:
                rows = self.user.items(f"/{collection}?details=all&limit=100")
                seen = {row["id"]: row["variables"].get("says") for row in rows}
                self.assertEqual(values[collection], seen)
        for name, ids in (("region", self.regions), ("cell", self.model.cells)):
            for place in ids:
                deletes = self.user.get(f"/{name}s/{place}/deletion").json["deletes"]
                for collection, lists in everywhere.items():
                    number = len(lists.get(f"{name}_id={place}", ()))
                    self.assertEqual(number, deletes.get(collection.replace("-", "_"), 0))
