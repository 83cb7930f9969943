# SPDX-License-Identifier: Apache-2.0
"""Arguments of the methods for changes that are not valid, and changes as arguments."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient import change_arguments, exceptions, session, v1
from cratonclient.tests import base
from cratonserver.openapi import change_schemas

WRONG: tuple[t.Any, ...] = (
    *("x", "", "+1", b"x", 1.5, -1, True, 10**30, 10**5000, float("inf"), float("nan")),
    *([], {}, object(), ["x"]),
)


class TestArguments(base.FleetTestCase):
    def test_a_wrong_argument_is_an_error_of_this_library(self):
        changes = self.craton.changes
        calls: dict[str, t.Callable[[t.Any], object]] = {
            "revision": changes.get,
            "revision to undo": changes.undo,
            "limit": lambda value: changes.list(limit=value),
            "after": lambda value: changes.poll(value, wait=0),
            "after to follow": changes.follow,
            "unchanged_since": lambda value: changes.new(unchanged_since=value),
            "unchanged_since to undo": lambda value: changes.undo(1, unchanged_since=value),
        }
        for name, call in calls.items():
            for value in WRONG:
                error = self.assertRaises(exceptions.CommandError, call, value)
                self.assertIn(f"{name.partition(' ')[0]} must be a whole number", str(error))
        for call in (changes.get, changes.undo):
            self.assertRaises(exceptions.CommandError, call, None)

    def test_times_are_numbers(self):
        changes = self.craton.changes
        calls: tuple[t.Callable[[t.Any], object], ...] = (
            lambda value: changes.poll(0, wait=value),
            lambda value: changes.follow(0, timeout=value),
        )
        for value in (*(one for one in WRONG if one not in (1.5, 10**30)), "1"):
            for call in calls:
                self.assertRaises(exceptions.CommandError, call, value)

    def test_variables_are_a_mapping(self):
        host, changes = self.make_host(), self.craton.changes.new()
        values: tuple[t.Any, ...] = (None, 5, "x", ["x"])
        for value in values:
            self.assertRaises(exceptions.CommandError, changes.set_variables, host, value)
        self.assertEqual(0, len(changes))

    def test_names_and_ids_to_look_up_are_collections(self):
        self.make_host(name="w")
        wrong: tuple[t.Any, ...] = ("w", b"w", 5, None, [None], [[]], [1.5], [b"w"])
        for value in wrong:
            for name in ("names", "ids"):
                call = self.craton.changes.look_up
                self.assertRaises(
                    exceptions.CommandError, call, "hosts", **t.cast("t.Any", {name: value})
                )

    def refused(
        self, argument: str, call: t.Callable[..., object], *args: t.Any, **kw: t.Any
    ) -> None:
        """Check that a call is refused because of an argument, without a request."""
        with mock.patch.object(session.Session, "request", side_effect=AssertionError("sent")):
            error = self.assertRaises(exceptions.CommandError, call, *args, **kw)
        self.assertRegex(str(error), rf"\A{argument} (must be|needs) ")

    def test_filters_are_checked(self):
        changes = self.craton.changes
        texts: tuple[t.Any, ...] = (5, b"x", [], ["x"], {}, object(), 1.5, True, "")
        wrong: dict[str, tuple[t.Any, ...]] = {
            **dict.fromkeys(("kind", "name", "username", "reason"), texts),
            "id": ("", "0042", "x", b"1", [], -1, True, 1.5, object()),
            "since": (*texts, "today", "2027-01-31"),
            "until": (*texts, "today", "2027-01-31"),
            "sort_dir": (*texts, "up", "desc "),
            "marker": (*(one for one in texts if one != 5), -1),
            "project_id": ("", "x", b"x", [], -1, True, object()),
        }
        calls: tuple[t.Callable[..., object], ...] = (
            changes.list,
            changes.follow,
            lambda **filters: changes.poll(0, **filters),
        )
        for name, values in wrong.items():
            kind = {"kind": "hosts"} if name in ("id", "name") else {}
            for value in values:
                for call in calls:
                    self.refused(name, call, **{**kind, name: value})
        for name, one in (("id", 1), ("name", "x")):
            self.refused(name, changes.list, **{name: one})
        for call in calls:
            error = self.assertRaises(exceptions.CommandError, call, user="x")
            self.assertIn("no filter 'user'", str(error))

    def test_every_filter_of_the_server_is_known(self):
        schemas = change_schemas.parameters({"hosts": v1.kind("hosts")})
        own = {"limit", "after", "wait"}
        self.assertEqual(schemas.keys() - own, {*change_arguments._FILTERS})

    def test_projects_are_ids(self):
        changes = self.craton.changes
        for value in ("", "x", b"x", [], -1, True, object()):
            self.refused("project_id", changes.get, 1, project_id=value)
            self.refused("project_id", changes.last_revision, project_id=value)
            self.refused("project_id", changes.undo, 1, project_id=value)

    def test_bodies_are_mappings(self):
        wrong: tuple[t.Any, ...] = ([], "x", None, 5, [{}])
        for value in wrong:
            self.refused("body", self.craton.changes.post, value)

    def test_kinds_are_texts(self):
        wrong: tuple[t.Any, ...] = (5, None, b"hosts", [], "")
        for kind in wrong:
            self.refused("kind", self.craton.changes.new().create, kind, name="x")
            self.refused("kind", self.craton.changes.look_up, kind)
        ways: tuple[t.Any, ...] = ("all", "", 5, True, [])
        for variables in ways:
            look_up = self.craton.changes.look_up
            self.refused("variables", look_up, "hosts", variables=variables)

    def test_parts_are_those_of_the_object(self):
        host, changes = self.make_host(), self.craton.changes.new()
        new, region = changes.create("clouds", name="c"), self.craton.regions.get(1)
        parts: tuple[t.Any, ...] = (5, None, b"variables", [], "", "values", "nope")
        for part in parts:
            for call in (changes.add_labels, changes.remove_labels, changes.delete_variables):
                self.refused("part", call, host, "x", part=part)
            self.refused("part", changes.set_variables, host, {"a": 1}, part=part)
            if not part or not isinstance(part, str):
                self.refused("part", changes.set_variables, new, {"a": 1}, part=part)
        self.refused("part", changes.set_variables, host, {}, part="labels")
        self.refused("part", changes.add_labels, host, "x", part="variables")
        self.refused("part", changes.add_labels, region, "x")
        for wrong in (5, None, b"x", ["x"]):
            one = t.cast("t.Any", wrong)
            self.refused("labels", changes.add_labels, host, "x", one)
            self.refused("labels", changes.remove_labels, host, one)
            self.refused("names", changes.delete_variables, host, one)
        self.assertEqual(1, len(changes))

    def test_a_reason_is_a_text(self):
        for value in (1, b"x", ["x"], 1001 * "x"):
            self.assertRaises(exceptions.CommandError, self.craton.changes.new, value)

    def test_a_change_stands_for_its_revision(self):
        host = self.make_host(name="web-1", note="old")
        host.update(note="new")
        (change,) = self.craton.changes.list(limit=1)
        (changed,) = self.craton.changes.get(change).objects
        self.assertEqual({"note": "old"}, changed.before)
        self.craton.changes.undo(change)
        self.assertEqual("old", self.craton.hosts.get(host.id).note)
