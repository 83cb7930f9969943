# SPDX-License-Identifier: Apache-2.0
"""``set --cell``, ``set --region`` and ``unset --cell``: objects move."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient import features
from cratonclient.tests import base
from cratonclient.tests.integration.osc import programs

MOVABLE = ("host", "network device", "network")


class TestMoving(base.FleetTestCase, programs.CommandTestCase):
    """A cloud with two regions, each of which has the cells c1 and c2."""

    def setUp(self):
        super().setUp()
        self.cloud = self.craton.clouds.create(name=self.unique("prod"))
        self.places: dict[str, t.Any] = {}
        for name in ("east", "west"):
            region = self.craton.regions.create(name=self.unique(name), cloud=self.cloud)
            self.places[name] = region
            for cell in ("c1", "c2"):
                self.places[f"{name}.{cell}"] = region.cells.create(name=cell)
        self.east, self.west = self.places["east"].name, self.places["west"].name

    def unique(self, text: str) -> str:
        return f"{text}-{self.id().rpartition('.')[2]}"

    def make(self, noun: str, place: str = "east.c1", **more: t.Any) -> t.Any:
        """Create an object; its name is the first word of its kind."""
        region, _, cell = place.partition(".")
        where = {"region": self.places[region], "cell": self.places[place] if cell else None}
        more.setdefault("name", self.unique(noun.replace(" ", "-")))
        if noun == "network":
            more.update(cidr="10.0.0.0/24", gateway="10.0.0.1", netmask="255.255.255.0")
        else:
            more.update(ip_address="10.0.0.1", device_type="server")
        return self.manager(noun).create(**where, cloud=self.cloud, **more)

    def manager(self, noun: str) -> t.Any:
        return getattr(self.craton, noun.replace(" ", "_") + "s")

    def enter(self, *words: str) -> programs.Result:
        return programs.craton(*words, CRATON_URL=self.database)

    def assertMoves(self, to: str, noun: str, item: t.Any, *words: str) -> None:
        """Check that a command prints nothing and that the object is at a place then."""
        verb, *rest = words
        done = self.enter(*noun.split(), verb, *rest)
        self.assertEqual(programs.Result(0, "", ""), done)
        self.assertAt(to, noun, item)

    def assertAt(self, place: str, noun: str, item: t.Any) -> None:
        region, _, cell = place.partition(".")
        found = self.manager(noun).get(item.id)
        self.assertEqual(self.places[region].id, found.region_id)
        self.assertEqual(self.places[place].id if cell else None, found.cell_id)

    def test_every_way(self):
        for noun in MOVABLE:
            with self.subTest(noun):
                one = self.make(noun)
                for to, words in (
                    ("east.c2", ("set", "--cell", "c2", one.name)),
                    ("east.c2", ("set", "--region", self.east, one.name)),
                    ("east.c1", ("set", one.name, "--region", self.east, "--cell", "c1")),
                    ("west", ("set", "--region", self.west, one.name)),
                    ("west.c2", ("set", "--cell", "c2", f"id:{one.id}")),
                    ("east.c1", ("set", "--region", self.east, "--cell", "c1", one.name)),
                    ("east", ("unset", "--cell", one.name)),
                    ("east.c1", ("set", "--cell", str(self.places["east.c1"].id), one.name)),
                    ("east", ("unset", one.name, "--cell")),
                    ("east.c1", ("set", one.name, "--cell=c1", "--cloud", self.cloud.name)),
                    ("east", ("unset", one.name, "--region", self.east, "--cell")),
                    ("east", ("unset", one.name, "--cell")),
                ):
                    self.assertMoves(to, noun, one, *words)

    def test_the_same_name_in_both_regions(self):
        here, there = self.make("host"), self.make("host", "west.c1")
        for place in (
            ("--cell", "c2"),
            ("--region", self.west),  # the one in the east could be meant
            ("--region", self.west, "--cell", "c2"),
        ):
            for dry_run in ((), ("--dry-run",)):
                refused = self.enter("host", "set", *place, *dry_run, here.name)
                self.assertEqual((5, ""), (refused.status, refused.out))
                for text in ("more than one", f" {here.id} (", f" {there.id} ("):
                    self.assertIn(text, refused.err)
        self.assertAt("west.c1", "host", there)
        self.assertAt("east.c1", "host", here)
        self.assertMoves(
            "west.c2",
            "host",
            there,
            "set",
            "--region",
            self.west,
            "--cell",
            "c2",
            f"{there.id}",
        )
        refused = self.enter("host", "set", "--region", self.west, f"id:{here.id}")
        self.assert_refused(refused, 6, "name already exists")
        self.assertAt("east.c1", "host", here)

    def test_a_cell_of_another_region(self):
        host = self.make("host")
        number = str(self.places["west.c1"].id)
        refused = self.enter("host", "set", "--cell", number, host.name)
        self.assert_refused(refused, 5, f"No cell has the name or id '{number}'")
        refused = self.enter("host", "set", "--region", self.east, "--cell", number, host.name)
        self.assert_refused(refused, 5, f"in region {self.east}")
        self.assertAt("east.c1", "host", host)

    def test_children_move_along(self):
        chassis = self.make("network device")
        blade = self.make("host", parent=chassis)
        self.assertMoves("east.c2", "network device", chassis, "set", "--cell=c2", chassis.name)
        self.assertAt("east.c2", "host", blade)
        self.assertMoves("east.c1", "host", blade, "set", "--cell=c1", blade.name)
        refused = self.enter("network", "device", "set", "--region", self.west, chassis.name)
        self.assert_refused(refused, 6, f"host {blade.id} ({blade.name})")

    def test_with_other_changes_the_place_says_where_to_look(self):
        host = self.make("host", note="old")
        for place, verb, change in (
            (("--cell", "c1", "--region", self.west), "set", ("--note", "new")),
            (("--region", self.west), "set", ("--note", "new")),
            (("--cell", str(self.places["east.c2"].id)), "unset", ("--parent",)),
        ):
            refused = self.enter("host", verb, *place, *change, host.name)
            self.assert_refused(refused, 5, "No host has")
            hint = "To move it there, use a command that changes nothing else."
            self.assertEqual(verb == "set", hint in refused.err)
        done = ("set", "--cell", str(self.places["east.c1"].id), "--note", "new", host.name)
        self.assertMoves("east.c1", "host", host, *done)
        self.assertEqual("new", self.craton.hosts.get(host.id).note)
        cell = str(self.places["east.c1"].id)
        self.assertMoves(
            "east.c1", "host", host, "unset", "--cell", cell, "--parent", host.name
        )
        self.assertMoves("east", "host", host, "unset", "--cell", "--parent", host.name)

    def test_many_move_only_if_nothing_else_changes(self):
        for noun in MOVABLE:
            one = self.make(noun)
            for place in (("--cell", "c2"), ("--region", self.west), ("--cell",)):
                verb = "set" if place[1:] else "unset"
                change = ("--var", "a=1") if verb == "set" else ("--var", "a")
                for chosen in (("--where", f"name={one.name}"), ("--all",)):
                    for how in ("--yes", "--dry-run"):
                        words = (*noun.split(), verb, *chosen, *place, *change, how)
                        with self.subTest(words):
                            refused = self.enter(*words)
                            self.assert_refused(refused, 2, place[0], "changes nothing else")
            refused = self.enter(
                *(*noun.split(), "unset", "--cell", "c2", "--where", "name~.", "--yes")
            )
            self.assert_refused(refused, 2, "write --where cell=")
            self.assertAt("east.c1", noun, one)

    def test_a_summary_says_where_many_move_to(self):
        one = self.make("host")
        chosen = ("--where", f"name={one.name}")
        shown = f"{one.name} (id {one.id})"
        refused = self.enter("host", "set", *chosen, "--region", self.west, "--cell", "c2")
        said = f"1 host to move to region {self.west} and cell c2: {shown}. To move it without"
        self.assert_refused(refused, 2, said)
        done = self.enter("host", "set", *chosen, "--cell", "c2", "--yes")
        self.assertIn(f"1 host to move to cell c2: {shown}\nMoved in revision ", done.err)
        self.assertAt("east.c2", "host", one)
        done = self.enter("host", "unset", *chosen, "--cell", "--yes")
        self.assertIn(f"1 host to move out of the cell: {shown}\nMoved in ", done.err)
        self.assertAt("east", "host", one)

    def test_the_help_says_so(self):
        for noun in MOVABLE:
            for verb, does in (
                ("set", "move the {} to this cell"),
                ("unset", "take the {} out"),
            ):
                shown = self.enter("help", *noun.split(), verb).out
                self.assertIn(does.format(noun), " ".join(shown.split()))

    def test_what_is_missing(self):
        for words, said in (
            (("unset", "--cell"), "--cell: expected one argument"),
            (("unset",), "No host is selected"),
        ):
            self.assert_refused(self.enter("host", *words), 2, said)
        host = self.make("host")
        refused = self.enter("host", "set", "--cell", "nope", host.name)
        self.assert_refused(refused, 5, "No cell has the name or id 'nope'")
        refused = self.enter("host", "unset", "--region", self.east, host.name)
        self.assert_refused(refused, 2, "To move it, use 'host set --region'")

    def test_an_original_server(self):
        host = self.make("host")
        with mock.patch.object(features, "of", return_value=frozenset()):
            for words in (
                ("set", "--cell", "c2"),
                ("set", "--region", self.west),
                ("unset", "--cell"),
            ):
                refused = self.enter("host", *words, host.name)
                self.assert_refused(refused, 1, "moving objects to another place")
        self.assertAt("east.c1", "host", host)
