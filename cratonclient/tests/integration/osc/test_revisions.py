# SPDX-License-Identifier: Apache-2.0
"""The column ``revision`` of ``show``: the revision of the last change of the object."""

from __future__ import annotations

import json
import typing as t

from cratonclient import v1
from cratonclient.tests.integration.osc import original, programs, test_list_and_show


class TestEveryKind(programs.SharedFleetTestCase):
    """All kinds, on a fleet with objects of each kind."""

    fill = staticmethod(programs.fill)

    def words(self) -> t.Iterator[tuple[str, ...]]:
        """Generate ``show`` of an object of each kind, by its name and by its id."""
        for noun, (_, name) in test_list_and_show.COUNTS.items():
            shown = self.enter(*noun.split(), "show", name, "-f", "json").json
            yield (*noun.split(), "show", name)
            yield (*noun.split(), "show", f"id:{shown['id']}")

    def last(self, noun: str, item_id: t.Any) -> int:
        """Return the revision of the last change of an object, as the history has it."""
        collection = v1.kind(f"{noun.replace(' ', '_')}s").collection
        with programs.opened(self.database) as fleet:
            project = {"project_id": self.project_of(fleet, collection, item_id)}
            [found] = fleet.changes.list(kind=collection, id=item_id, limit=1, **project)
        return found.revision

    def project_of(self, fleet: t.Any, collection: str, item_id: t.Any) -> str:
        """Return the id of the project in whose history an object is."""
        found = getattr(fleet, collection).get(item_id)
        if collection == "user_keys":
            found = fleet.users.get(found.user_id)
        return str(found.to_dict().get("project_id", found.id))

    def test_it_is_that_of_the_history(self):
        for words in self.words():
            with self.subTest(" ".join(words)):
                shown = self.assert_done(self.enter(*words, "-f", "json")).json
                self.assertEqual("revision", [*shown][-1])
                noun = " ".join(words[: words.index("show")])
                self.assertEqual(self.last(noun, shown["id"]), shown["revision"])
                table = self.assert_done(self.enter(*words)).fields
                self.assertEqual(str(shown["revision"]), table["revision"])
                only = self.enter(*words, "-f", "value", "-c", "revision")
                self.assertEqual(f"{shown['revision']}\n", self.assert_done(only).out)

    def test_it_takes_no_request(self):
        for words in self.words():
            with self.subTest(" ".join(words)):
                ours = self.enter("-v", *words)
                with original.served():
                    theirs = self.enter("-v", *words)
                self.assertIn("revision", ours.fields)
                if not words[0].startswith(("webhook",)) and words[:2] != ("user", "key"):
                    self.assertNotIn("revision", theirs.fields)
                    self.assertEqual(theirs.err.count("GET "), ours.err.count("GET "), ours.err)

    def test_a_server_without_a_history(self):
        with original.served():
            shown = self.assert_done(self.enter("host", "show", "h2", "-f", "json")).json
            self.assertNotIn("revision", shown)
            refused = self.enter("host", "show", "h2", "-c", "revision")
        self.assert_refused(refused, 1, "does not have a history of changes")


class TestChanges(programs.CommandTestCase):
    """Changes of an object and of the objects that it inherits from."""

    def setUp(self) -> None:
        super().setUp()
        self.url = programs.new_fleet(self.folder())
        with programs.opened(self.url) as fleet:
            fleet.clouds.create(name="prod")
            fleet.regions.create(name="east", cloud_id=1)

    def enter(self, *words: str) -> programs.Result:
        return self.assert_done(programs.craton(*words, CRATON_URL=self.url))

    def revision(self, *words: str) -> int:
        """Return the revision that ``show`` of a host says, by its name and its id."""
        shown = ("-f", "value", "-c", "revision")
        found = {self.enter("host", "show", word, *shown).out for word in words}
        self.assertEqual(1, len(found), str(found))
        return int(found.pop())

    def test_fields_own_variables_and_labels_count(self):
        place = ("--cloud", "prod", "--region", "east", "--device-type", "server")
        made = self.enter(
            *("host", "create", *place, "--ip-address", "10.0.0.1", "web-1", "-f", "json")
        )
        self.assertEqual(4, made.json["revision"])
        self.assertEqual(4, self.revision("web-1", "1"))
        for number, words in enumerate(
            (
                ("host", "set", "--note", "x", "web-1"),
                ("host", "variable", "set", "web-1", "a=1"),
                ("host", "set", "--label", "lb", "web-1"),
                ("host", "variable", "unset", "web-1", "a"),
            ),
            5,
        ):
            self.enter(*words)
            self.assertEqual(number, self.revision("web-1", "1"), str(words))
        self.enter("region", "variable", "set", "east", "b=1")  # inherited, another object
        self.enter("cloud", "set", "--note", "y", "prod")
        self.assertEqual(8, self.revision("web-1", "1"))
        last = self.enter("host", "show", "web-1", "-f", "json", "-c", "last_change").json
        self.assertEqual(8, last["last_change"]["revision"])


class TestFrontDoors(programs.ServerTestCase):
    def test_both_say_the_same(self):
        words = ("cloud", "show", "prod", "-f", "json")
        self.assert_done(programs.craton("cloud", "create", "prod", **self.server.settings))
        mine = self.assert_done(programs.craton(*words, **self.server.settings))
        theirs = self.program("openstack", "craton", *words, **self.server.cloud)
        self.assertEqual(mine, theirs)
        self.assertIsInstance(json.loads(theirs.out)["revision"], int)
