# SPDX-License-Identifier: Apache-2.0
"""Arguments of the methods for changes that are not valid, and changes as arguments."""

from __future__ import annotations

import typing as t

from cratonclient import exceptions
from cratonclient.tests import base

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
