# SPDX-License-Identifier: Apache-2.0
"""Hosts, network devices and networks move to another cell or region of their cloud."""

from __future__ import annotations

import typing as t

from cratonclient.tests.integration.server import base

MOVABLE = ("hosts", "network-devices", "networks")
DEVICES = MOVABLE[:2]


class Place(t.NamedTuple):
    """A place: the ids of its region and its cell."""

    region_id: int
    cell_id: int | None


def place_of(item: dict[str, t.Any]) -> Place:
    """Return where an object is."""
    return Place(item["region_id"], item["cell_id"])


class MovingTestCase(base.ServerTestCase):
    """Tests with a cloud that has two regions, with two cells each."""

    def setUp(self):
        super().setUp()
        self.user = self.member()
        self.cloud = self.user.make("clouds")["id"]
        self.regions = [self.region() for _ in range(2)]
        self.cells = {region: [self.cell(region) for _ in range(2)] for region in self.regions}
        self.east, self.west = self.regions
        self.c1, self.c2 = self.cells[self.east]
        self.w1, self.w2 = self.cells[self.west]

    def region(self) -> int:
        return int(self.user.make("regions", cloud_id=self.cloud)["id"])

    def cell(self, region: int) -> int:
        return int(self.user.make("cells", region_id=region)["id"])

    def make(self, collection: str = "hosts", /, **fields: t.Any) -> dict[str, t.Any]:
        return self.user.make(collection, **{"region_id": self.east, **fields})

    def read(self, collection: str, item: t.Any) -> dict[str, t.Any]:
        answer = self.user.get(f"/{collection}/{item['id']}")
        self.assertEqual(200, answer.status, answer.text)
        return t.cast("dict[str, t.Any]", answer.json)

    def move(self, collection: str, item: t.Any, **fields: t.Any) -> base.Answer:
        return self.user.put(f"/{collection}/{item['id']}", fields)

    def assertAt(self, place: Place, collection: str, item: t.Any) -> None:
        self.assertEqual(place, place_of(self.read(collection, item)))

    def assertRefused(self, answer: base.Answer, status: int, *parts: str) -> None:
        self.assertEqual(status, answer.status, answer.text)
        for part in parts:
            self.assertIn(part, answer.json["message"])


class TestPlaces(MovingTestCase):
    def test_to_another_cell_and_out_of_it(self):
        for collection in MOVABLE:
            with self.subTest(collection):
                item = self.make(collection, cell_id=self.c1)
                moved = self.move(collection, item, cell_id=self.c2)
                self.assertEqual(200, moved.status, moved.text)
                self.assertEqual(Place(self.east, self.c2), place_of(moved.json))
                self.assertAt(Place(self.east, self.c2), collection, item)
                out = self.move(collection, item, cell_id=None)
                self.assertEqual(Place(self.east, None), place_of(out.json))
                self.assertAt(Place(self.east, None), collection, item)

    def test_to_another_region(self):
        for collection in MOVABLE:
            with self.subTest(collection):
                item = self.make(collection, cell_id=self.c1)
                moved = self.move(collection, item, region_id=self.west, cell_id=self.w1)
                self.assertEqual(Place(self.west, self.w1), place_of(moved.json))
                self.assertAt(Place(self.west, self.w1), collection, item)

    def test_to_another_region_out_of_the_cell(self):
        for collection in MOVABLE:
            with self.subTest(collection):
                item = self.make(collection, cell_id=self.c1)
                moved = self.move(collection, item, region_id=self.west)
                self.assertEqual(Place(self.west, None), place_of(moved.json))
                self.assertAt(Place(self.west, None), collection, item)

    def test_to_where_it_is(self):
        host = self.make(cell_id=self.c1)
        before = self.read("hosts", host)
        for fields in ({"region_id": self.east}, {"cell_id": self.c1}):
            self.assertEqual(200, self.move("hosts", host, **fields).status)
        self.assertEqual(before, self.read("hosts", host))

    def test_with_other_fields(self):
        parent, host = self.make(), self.make(cell_id=self.c1)
        fields = {"cell_id": self.c2, "note": "moved", "parent_id": parent["id"]}
        self.assertEqual(200, self.move("hosts", host, **fields).status)
        found = self.read("hosts", host)
        self.assertEqual(fields, {name: found[name] for name in fields})

    def test_places_that_do_not_fit(self):
        other = self.user.make("regions")
        for collection in MOVABLE:
            with self.subTest(collection):
                item = self.make(collection, cell_id=self.c1)
                before = self.read(collection, item)
                noun = collection.removesuffix("s").replace("-", " ")
                answer = self.move(collection, item, cell_id=self.w1)
                self.assertRefused(
                    answer,
                    400,
                    f"cell_id: cell {self.w1} has the region_id {self.west}, but the {noun}",
                )
                answer = self.move(collection, item, region_id=self.west, cell_id=self.c1)
                self.assertRefused(answer, 400, f"cell {self.c1} has the region_id")
                answer = self.move(collection, item, region_id=other["id"])
                self.assertRefused(answer, 400, f"region {other['id']} has the cloud_id")
                for field in ("region_id", "cell_id"):
                    answer = self.move(collection, item, **{field: base.NOWHERE})
                    self.assertRefused(answer, 404, field, str(base.NOWHERE))
                answer = self.move(collection, item, region_id=None)
                self.assertRefused(answer, 400, "region_id")
                answer = self.move(collection, item, cloud_id=other["cloud_id"])
                self.assertRefused(answer, 400, "cloud_id")
                self.assertEqual(before, self.read(collection, item))

    def test_places_of_another_project(self):
        stranger = self.member()
        region = stranger.make("regions")["id"]
        cell = stranger.make("cells", region_id=region)["id"]
        for collection in MOVABLE:
            item = self.make(collection, cell_id=self.c1)
            for fields in ({"region_id": region}, {"cell_id": cell}):
                for who in (self.user, self.root):
                    with self.subTest(collection, fields=fields, who=who.project_id):
                        answer = who.put(f"/{collection}/{item['id']}", fields)
                        self.assertRefused(answer, 404, next(iter(fields)))
            for who in (stranger, self.member()):
                answer = who.put(f"/{collection}/{item['id']}", {"cell_id": cell})
                self.assertEqual(404, answer.status)
            self.assertAt(Place(self.east, self.c1), collection, item)

    def test_root_moves_objects_of_others(self):
        host = self.make(cell_id=self.c1)
        answer = self.root.put(f"/hosts/{host['id']}", {"cell_id": self.c2})
        self.assertEqual(200, answer.status, answer.text)
        self.assertAt(Place(self.east, self.c2), "hosts", host)

    def test_taken_names(self):
        for collection in MOVABLE:
            with self.subTest(collection):
                item = self.make(collection)
                self.make(collection, region_id=self.west, name=item["name"])
                answer = self.move(collection, item, region_id=self.west)
                self.assertRefused(answer, 409, "name already exists")

    def test_cells_and_regions_stay(self):
        other = self.region()
        for path, fields in (
            (f"/cells/{self.c1}", {"region_id": other}),
            (f"/regions/{self.east}", {"cloud_id": self.user.make("clouds")["id"]}),
        ):
            answer = self.user.put(path, fields)
            self.assertRefused(answer, 400, "Additional properties")

    def test_variables_lists_and_previews(self):
        self.user.put(f"/cells/{self.c1}/variables", {"where": "c1"})
        self.user.put(f"/cells/{self.w1}/variables", {"where": "w1"})
        self.user.put(f"/regions/{self.west}/variables", {"far": True})
        host = self.make(cell_id=self.c1, labels=["lb"], variables={"own": 1})
        port = self.user.make("network-interfaces", device_id=host["id"])
        item = f"/hosts/{host['id']}"
        self.assertEqual({"own": 1, "where": "c1"}, self.user.get(item).json["variables"])
        self.move("hosts", host, region_id=self.west, cell_id=self.w1)
        inherited = {"own": 1, "where": "w1", "far": True}
        self.assertEqual(inherited, self.user.get(item).json["variables"])
        for filters, there in (
            (f"cell_id={self.c1}", False),
            (f"cell_id={self.w1}", True),
            (f"region_id={self.east}", False),
            (f"region_id={self.west}", True),
            (f"region_id={self.west}&vars=own:1", True),
            (f"cell_id={self.w1}&label=lb", True),
            ("vars=where:%22w1%22", True),
            ("vars=where:%22c1%22", False),
            ("vars=far:true", True),
        ):
            with self.subTest(filters):
                self.assertEqual(
                    [host["name"]] if there else [], self.user.names(f"/hosts?{filters}")
                )
        for path, number in (
            (f"/cells/{self.c1}", 0),
            (f"/regions/{self.east}", 0),
            (f"/cells/{self.w1}", 1),
            (f"/regions/{self.west}", 1),
        ):
            with self.subTest(path):
                deletes = self.user.get(f"{path}/deletion").json["deletes"]
                self.assertEqual(number, deletes.get("hosts", 0))
                self.assertEqual(number, deletes.get("network_interfaces", 0))
        self.user.delete(f"/regions/{self.east}")
        self.assertEqual(200, self.user.get(f"/network-interfaces/{port['id']}").status)
        self.user.delete(f"/cells/{self.w1}")
        self.assertEqual(404, self.user.get(f"/network-interfaces/{port['id']}").status)

    def test_interfaces_keep_their_device_and_network(self):
        network, host = self.make("networks", cell_id=self.c1), self.make(cell_id=self.c1)
        port = self.user.make(
            "network-interfaces", device_id=host["id"], network_id=network["id"]
        )
        before = self.read("network-interfaces", port)
        self.move("hosts", host, region_id=self.west)
        self.move("networks", network, cell_id=self.c2)
        self.assertEqual(before, self.read("network-interfaces", port))


class TestChildren(MovingTestCase):
    def test_children_move_along(self):
        chassis = self.make("network-devices", cell_id=self.c1)
        blade = self.make(cell_id=self.c1, parent_id=chassis["id"])
        container = self.make(cell_id=self.c1, parent_id=blade["id"])
        beside = self.make(cell_id=self.c1)
        self.assertEqual(200, self.move("network-devices", chassis, cell_id=self.c2).status)
        self.assertAt(Place(self.east, self.c2), "hosts", blade)
        self.assertAt(Place(self.east, self.c2), "hosts", container)
        self.assertAt(Place(self.east, self.c1), "hosts", beside)
        self.assertEqual(200, self.move("network-devices", chassis, region_id=self.west).status)
        for item in (blade, container):
            self.assertAt(Place(self.west, None), "hosts", item)
        # A child can leave its parent behind, as a new one can be elsewhere.
        self.assertEqual(200, self.move("hosts", blade, cell_id=self.w2).status)
        self.assertAt(Place(self.west, self.w2), "hosts", container)
        self.assertAt(Place(self.west, None), "network-devices", chassis)

    def test_children_elsewhere(self):
        chassis = self.make(cell_id=self.c1)
        near = self.make(cell_id=self.c1, parent_id=chassis["id"])
        for fields in ({"cell_id": self.c2}, {}, {"region_id": self.west}):
            with self.subTest(fields):
                blade = self.make(**fields, parent_id=near["id"])
                answer = self.move("hosts", chassis, region_id=self.west, cell_id=self.w1)
                self.assertRefused(answer, 409, f"host {blade['id']} ({blade['name']})")
                for item in (chassis, near):
                    self.assertAt(Place(self.east, self.c1), "hosts", item)
                self.user.delete(f"/hosts/{blade['id']}")

    def test_children_that_are_there_already(self):
        chassis = self.make(cell_id=self.c1)
        blade = self.make(cell_id=self.c2, parent_id=chassis["id"])
        self.assertEqual(200, self.move("hosts", chassis, cell_id=self.c2).status)
        self.assertAt(Place(self.east, self.c2), "hosts", blade)

    def test_taken_names_of_children(self):
        chassis = self.make()
        blade = self.make(parent_id=chassis["id"])
        self.make("network-devices", region_id=self.west, name=blade["name"])
        answer = self.move("hosts", chassis, region_id=self.west)
        self.assertRefused(answer, 409, "taken", f"host {blade['id']} ({blade['name']})")
        self.assertAt(Place(self.east, None), "hosts", chassis)

    def test_a_new_parent_at_the_same_time(self):
        old, new = self.make(cell_id=self.c1), self.make(cell_id=self.c2)
        child = self.make(cell_id=self.c1, parent_id=old["id"])
        below = self.make(cell_id=self.c1, parent_id=child["id"])
        fields = {"parent_id": new["id"], "cell_id": self.c2}
        self.assertEqual(200, self.move("hosts", child, **fields).status)
        self.assertAt(Place(self.east, self.c2), "hosts", below)
        answer = self.move("hosts", child, parent_id=below["id"], cell_id=self.c1)
        self.assertRefused(answer, 400, "descendant as its parent")

    def test_one_change_and_its_undoing(self):
        chassis = self.make(cell_id=self.c1)
        blades = [self.make(cell_id=self.c1, parent_id=chassis["id"]) for _ in range(3)]
        tags = {
            one["id"]: self.user.get(f"/hosts/{one['id']}").headers["etag"] for one in blades
        }
        moved = self.move("hosts", chassis, region_id=self.west, cell_id=self.w1)
        revision = int(moved.headers["etag"].strip('"'))
        change = self.user.get(f"/changes/{revision}").json
        self.assertEqual(
            {one["id"] for one in (chassis, *blades)}, {one["id"] for one in change["objects"]}
        )
        for one in change["objects"]:
            self.assertEqual(
                {"region_id": self.east, "cell_id": self.c1},
                {n: one["before"][n] for n in ("region_id", "cell_id")},
            )
        for one in blades:  # what was read before the move is not the present state
            answer = self.user.put(
                f"/hosts/{one['id']}", {"note": "x"}, headers={"If-Match": tags[one["id"]]}
            )
            self.assertEqual(412, answer.status)
        undone = self.user.post(f"/changes/{revision}/undo")
        self.assertEqual(200, undone.status, undone.text)
        for one in (chassis, *blades):
            self.assertAt(Place(self.east, self.c1), "hosts", one)
        again = self.user.post(f"/changes/{undone.json['revision']}/undo")
        self.assertEqual(200, again.status, again.text)
        for one in (chassis, *blades):
            self.assertAt(Place(self.west, self.w1), "hosts", one)


class TestTags(MovingTestCase):
    """Moves with entity tags."""

    def tag(self, path: str) -> str:
        return self.user.get(path).headers["etag"]

    def test_a_move_builds_on_a_state(self):
        host = self.make(cell_id=self.c1)
        path = f"/hosts/{host['id']}"
        old = {"If-Match": self.tag(path)}
        moved = self.user.put(path, {"cell_id": self.c2}, headers=old)
        self.assertEqual(200, moved.status)
        self.assertEqual(
            self.tag(path).partition(".")[0].strip('"'), moved.headers["etag"][1:-1]
        )
        for fields in ({"cell_id": self.c1}, {"region_id": self.west}, {"cell_id": None}):
            self.assertRefused(self.user.put(path, fields, headers=old), 412, "was changed")
        self.assertAt(Place(self.east, self.c2), "hosts", host)
        stranger = self.member().put(path, {"cell_id": self.c1}, headers=old)
        self.assertEqual(404, stranger.status)

    def test_a_child_that_moved_along_has_another_tag(self):
        chassis = self.make(cell_id=self.c1)
        blade = self.make(cell_id=self.c1, parent_id=chassis["id"])
        path = f"/hosts/{blade['id']}"
        old = self.tag(path)
        self.move("hosts", chassis, cell_id=self.c2)
        self.assertNotEqual(old, self.tag(path))
        answer = self.user.put(path, {"note": "x"}, headers={"If-Match": old})
        self.assertEqual(412, answer.status)

    def test_lists_of_both_places_have_other_tags(self):
        host = self.make(cell_id=self.c1)
        lists = [f"/hosts?{f}" for f in (f"cell_id={self.c1}", f"cell_id={self.c2}")]
        tags = {path: self.tag(path) for path in lists}
        self.move("hosts", host, cell_id=self.c2)
        for path, known in tags.items():
            answer = self.user.get(path, headers={"If-None-Match": known})
            self.assertEqual(200, answer.status)


class TestUndoing(MovingTestCase):
    def moved(self, item: t.Any, **fields: t.Any) -> int:
        """Change a host, and return the revision."""
        answer = self.move("hosts", item, **fields)
        self.assertEqual(200, answer.status, answer.text)
        return int(answer.headers["etag"].strip('"'))

    def undo(self, revision: int, **options: t.Any) -> base.Answer:
        return self.user.post(f"/changes/{revision}/undo", options)

    def test_an_old_cell_in_a_new_region(self):
        host = self.make(cell_id=self.c1)
        first = self.moved(host, cell_id=self.c2)
        self.moved(host, region_id=self.west)
        self.assertRefused(self.undo(first), 409, "changed since")
        self.assertRefused(self.undo(first, force=True), 409, f"cell {self.c1}", "not where")
        self.assertAt(Place(self.west, None), "hosts", host)

    def test_parents_in_a_circle(self):
        above, below = self.make(), self.make()
        last = self.moved(above, parent_id=below["id"])
        self.moved(above, parent_id=None)
        self.moved(below, parent_id=above["id"])
        self.assertRefused(self.undo(last + 1, force=True), 409, "among its own parents")
        self.assertRefused(self.undo(last + 1), 409, "among its own parents")
        self.assertIsNone(self.read("hosts", above)["parent_id"])

    def test_the_old_cell_is_gone(self):
        host = self.make(cell_id=self.c1)
        revision = self.moved(host, cell_id=self.c2)
        self.user.delete(f"/cells/{self.c1}")
        self.assertRefused(self.undo(revision), 409, "does not exist any more")
        self.assertEqual(200, self.user.post(f"/changes/{revision + 1}/undo").status)
        self.assertEqual(200, self.undo(revision).status)
        self.assertAt(Place(self.east, self.c1), "hosts", host)

    def test_the_old_name_is_taken(self):
        host = self.make()
        revision = self.moved(host, region_id=self.west)
        self.make(name=host["name"])
        named = f"the name of host {host['name']!r} (id {host['id']})"
        self.assertRefused(self.undo(revision), 409, named)

    def test_a_new_child_stays(self):
        chassis = self.make(cell_id=self.c1)
        revision = self.moved(chassis, cell_id=self.c2)
        blade = self.make(cell_id=self.c2, parent_id=chassis["id"])
        self.assertEqual(200, self.undo(revision).status)
        self.assertAt(Place(self.east, self.c2), "hosts", blade)


class TestMany(MovingTestCase):
    """Change sets that move many objects."""

    def post(self, *changes: t.Any, **more: t.Any) -> base.Answer:
        return self.user.post("/changes", {"changes": [*changes], **more})

    def moving(self, item: t.Any, kind: str = "hosts", **values: t.Any) -> t.Any:
        return {"action": "update", "kind": kind, "id": item["id"], "values": values}

    def test_many_hosts(self):
        hosts = [self.make(cell_id=self.c1) for _ in range(5)]
        child = self.make(cell_id=self.c1, parent_id=hosts[3]["id"])
        moving = [self.moving(one, cell_id=self.c2, note="moved") for one in hosts]
        dry = self.post(*moving, dry_run=True)
        self.assertEqual(6, len(dry.json["objects"]))
        self.assertAt(Place(self.east, self.c1), "hosts", child)
        answer = self.post(*moving)
        self.assertEqual(200, answer.status, answer.text)
        for one in (*hosts, child):
            self.assertAt(Place(self.east, self.c2), "hosts", one)
        self.assertEqual("moved", self.read("hosts", hosts[0])["note"])
        self.assertIsNone(self.read("hosts", child)["note"])
        undone = self.user.post(f"/changes/{answer.json['revision']}/undo")
        self.assertEqual(200, undone.status)
        for one in (*hosts, child):
            self.assertAt(Place(self.east, self.c1), "hosts", one)

    def test_each_leaves_its_own_cell(self):
        hosts = [self.make(cell_id=self.c1), self.make(cell_id=self.c2), self.make()]
        answer = self.post(*(self.moving(one, region_id=self.west) for one in hosts))
        self.assertEqual(200, answer.status, answer.text)
        for one in hosts:
            self.assertAt(Place(self.west, None), "hosts", one)

    def test_to_a_cell_that_the_change_set_creates(self):
        hosts = [self.make(cell_id=self.c1) for _ in range(3)]
        where = {"cloud_id": self.cloud, "region_id": self.west}
        new = {"action": "create", "kind": "cells", "values": {"name": "new", **where}}
        to: t.Any = {"region_id": self.west, "cell_id": {"created": 0}}
        answer = self.post(new, *(self.moving(one, **to) for one in hosts))
        self.assertEqual(200, answer.status, answer.text)
        for one in hosts:
            self.assertAt(Place(self.west, answer.json["created"]["0"]), "hosts", one)

    def test_parents_and_children_in_any_order(self):
        top = self.make(cell_id=self.c1)
        middle = self.make(cell_id=self.c2, parent_id=top["id"])
        low = self.make(parent_id=middle["id"])
        for items in ((low, middle, top), (top, low, middle)):
            answer = self.post(*(self.moving(one, region_id=self.west) for one in items))
            self.assertEqual(200, answer.status, answer.text)
            for one in items:
                self.assertAt(Place(self.west, None), "hosts", one)
            self.user.post(f"/changes/{answer.json['revision']}/undo")

    def test_all_that_is_refused_is_named(self):
        here, gone = self.make(cell_id=self.c1), {"id": base.NOWHERE}
        far = self.make(region_id=self.west)
        parent = self.make(cell_id=self.c1)
        child = self.make(parent_id=parent["id"])
        items = (here, gone, far, parent)
        answer = self.post(*(self.moving(one, cell_id=self.c2) for one in items))
        self.assertEqual(400, answer.status)
        found = {one["position"]: one for one in answer.json["errors"]}
        self.assertEqual(
            {1: 404, 2: 400, 3: 409}, {n: one["status"] for n, one in found.items()}
        )
        self.assertIn(f"host {child['id']}", found[3]["message"])
        self.assertAt(Place(self.east, self.c1), "hosts", here)

    def test_children_elsewhere_are_named_at_once(self):
        parents = [self.make(cell_id=self.c1) for _ in range(3)]
        child = self.make(parent_id=parents[1]["id"])
        answer = self.post(*(self.moving(one, cell_id=self.c2) for one in parents))
        self.assertRefused(answer, 409, f"host {child['id']}")
        self.assertEqual([1], [one["position"] for one in answer.json["errors"]])
        for one in parents:
            self.assertAt(Place(self.east, self.c1), "hosts", one)

    def test_what_was_changed_meanwhile(self):
        hosts = [self.make(cell_id=self.c1) for _ in range(3)]
        last = self.user.get("/changes").json["last_revision"]
        moves = [
            {**self.moving(one, cell_id=self.c2), "unchanged_since": last} for one in hosts
        ]
        self.move("hosts", hosts[1], note="x")
        answer = self.post(*moves)
        self.assertRefused(answer, 412, f"host {hosts[1]['id']} was changed")
        self.assertEqual([1], [one["position"] for one in answer.json["errors"]])
        self.assertEqual(200, self.post(moves[0], moves[2]).status)

    def test_objects_of_others(self):
        mine, theirs = self.make(cell_id=self.c1), self.member().make("hosts")
        cell = self.member().make("cells")["id"]
        for item, target in ((theirs, self.c2), (mine, cell)):
            answer = self.post(*(self.moving(one, cell_id=target) for one in (mine, item)))
            self.assertEqual({404}, {one["status"] for one in answer.json["errors"]})
        self.assertAt(Place(self.east, self.c1), "hosts", mine)
        several = {"changes": [self.moving(one, note="x") for one in (mine, theirs)]}
        self.assertRefused(self.root.post("/changes", several), 400, "one project")

    def test_twice_the_same_object(self):
        host = self.make(cell_id=self.c1)
        moving = self.moving(host, cell_id=self.c2)
        self.assertEqual(200, self.post(moving, moving).status)
        self.assertAt(Place(self.east, self.c2), "hosts", host)

    def test_other_fields(self):
        hosts = [self.make() for _ in range(3)]
        parent = self.make()
        for values in ({"active": False}, {"note": "x"}, {"parent_id": parent["id"]}):
            answer = self.post(*(self.moving(one, **values) for one in hosts))
            self.assertEqual(200, answer.status, answer.text)
            for one in hosts:
                found = self.read("hosts", one)
                self.assertEqual(values, {name: found[name] for name in values})
        below = {"parent_id": hosts[0]["id"]}
        answer = self.post(*(self.moving(one, **below) for one in (hosts[1], parent)))
        self.assertRefused(answer, 400, "descendant as its parent")
        taken = self.post(*(self.moving(one, name="same") for one in hosts))
        self.assertRefused(taken, 409, "name already exists")
