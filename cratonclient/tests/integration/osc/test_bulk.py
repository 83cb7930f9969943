# SPDX-License-Identifier: Apache-2.0
"""Writing verbs change many objects at once: by their names, or with filters."""

from __future__ import annotations

import functools
import itertools
import typing as t
from unittest import mock

from cratonclient import changes, features, v1
from cratonclient.session import Session
from cratonclient.tests import base
from cratonclient.tests.integration.osc import programs
from cratonclient.tests.integration.osc.test_delete import Terminal
from cratonclient_osc import commands
from cratonclient_osc.verbs import bulk, field_options, places


class BulkTestCase(base.FleetTestCase, programs.CommandTestCase):
    """Tests on three hosts in two regions: web-1 and web-2 in east, web-3 in west."""

    def setUp(self) -> None:
        super().setUp()
        pauses = mock.patch("cratonclient.entity_tags.time.sleep")
        pauses.start()
        self.addCleanup(pauses.stop)
        cloud = self.make_cloud(name="prod")
        self.east = self.make_region(name="east", cloud_id=cloud.id)
        self.west = self.make_region(name="west", cloud_id=cloud.id)
        for number, region in enumerate((self.east, self.east, self.west), 1):
            self.make_host(
                name=f"web-{number}",
                cloud_id=cloud.id,
                region_id=region.id,
                labels=["lb"] if number != 2 else [],
                variables={"rack": f"r{number}", "stage": "old"},
            )

    def enter(self, *words: str, **settings: str) -> programs.Result:
        """Run ``craton`` on the fleet."""
        return programs.craton(*words, CRATON_URL=self.database, **settings)

    def enter_on_terminal(self, *words: str, answer: str = "") -> programs.Result:
        """Run ``craton`` on a terminal on which somebody types an answer."""
        with mock.patch("io.StringIO", Terminal), mock.patch("sys.stdin", Terminal(answer)):
            return self.enter(*words, NO_COLOR="1")

    def hosts(self, **filters: t.Any) -> list[str]:
        """Return the names of hosts."""
        return sorted(host.name for host in self.craton.hosts.list(**filters))

    def inactive(self) -> list[str]:
        """Return the names of the inactive hosts."""
        return sorted(host.name for host in self.craton.hosts.list() if not host.active)

    def variables(self, name: str) -> dict[str, t.Any]:
        """Return the own variables of a host."""
        host = self.craton.hosts.find(name=name)
        assert host is not None
        return dict(host.variables.own())

    def revision(self) -> int:
        """Return the last revision."""
        return self.craton.changes.last_revision()


class TestFilters(BulkTestCase):
    def test_a_label_selects_without_names(self):
        done = self.enter("host", "set", "--label", "lb", "--inactive", "--yes")
        self.assertEqual((0, ""), (done.status, done.out))
        self.assertEqual(["web-1", "web-3"], self.inactive())
        self.assertIn("2 hosts: web-1 (id 1), web-3 (id 3)\n", done.err)
        self.assertIn(f"Changed in revision {self.revision()}.\n", done.err)

    def test_a_label_is_added_to_named_hosts(self):
        self.assert_done(self.enter("host", "set", "--label", "lb", "--inactive", "web-2"))
        self.assertEqual((["web-2"], 3), (self.inactive(), len(self.hosts(label="lb"))))

    def test_where_leaves_the_options_for_values(self):
        done = self.enter("host", "set", "--where", "label=lb", "--label", "new", "--yes")
        self.assertEqual(0, done.status, done.err)
        self.assertEqual(["web-1", "web-3"], self.hosts(label="new"))
        words = ("--where", "var=rack=r2", "--var", "rack=r9", "--yes")
        self.assertEqual(0, self.enter("host", "set", *words).status)
        self.assertEqual("r9", self.variables("web-2")["rack"])

    def test_variables_of_hosts_with_a_variable(self):
        done = self.enter("host", "variable", "set", "--var", "rack=r1", "fw=2.1", "--yes")
        self.assertEqual(0, done.status, done.err)
        self.assertEqual("2.1", self.variables("web-1")["fw"])
        self.assertNotIn("fw", self.variables("web-2"))
        unset = ("host", "variable", "unset", "--var", "fw=2.1", "--yes")
        self.assertEqual(0, self.enter(*unset, "--path", "fw", "--path", "rack").status)
        self.assertEqual({"stage": "old"}, self.variables("web-1"))

    def test_a_name_beside_filters_is_no_path_of_all_others(self):
        before = self.revision()
        for selection in (
            ("--var", "rack=r1"),
            ("--label", "lb"),
            ("--where=id=1",),
            ("--all",),
        ):
            for words in (("web-2", "rack"), ("rack",), ("web-2", "--path", "rack")):
                for way in ("--yes", "--dry-run"):
                    words = ("host", "variable", "unset", *selection, *words, way)
                    self.assert_refused(self.enter(*words), 2)
        self.assertEqual(before, self.revision())
        refused = self.enter("host", "variable", "unset", "--all", "rack", "--yes")
        self.assertIn("name variables with --path", refused.err)

    def test_a_place(self):
        words = ("host", "delete", "--region", "east", "--var", "stage=old")
        refused = self.enter(*words)
        self.assert_refused(refused, 2, "2 hosts: web-1 (id 1), web-2 (id 2)", "add --yes")
        self.assertEqual(3, len(self.hosts()))
        self.assertEqual(0, self.enter(*words, "--yes").status)
        self.assertEqual(["web-3"], self.hosts())

    def test_moving(self):
        done = self.enter("host", "set", "--where", "region=east", "--region", "west", "--yes")
        self.assertEqual(0, done.status, done.err)
        self.assertEqual(3, len(self.hosts(region_id=self.west.id)))

    def test_everything(self):
        self.assertEqual(0, self.enter("host", "set", "--all", "--note=x", "--yes").status)
        self.assertEqual({"x"}, {host.note for host in self.craton.hosts.list()})

    def test_nothing_matches(self):
        before = self.revision()
        done = self.enter("host", "delete", "--var", "rack=none", "--yes")
        self.assertEqual((0, "No hosts match. Nothing was deleted.\n"), (done.status, done.err))
        self.assertEqual(before, self.revision())

    def test_a_place_beside_where_or_all_is_refused(self):
        before = self.revision()
        for kind in v1.kinds():
            given = {
                "set": ("--var", "a=1"),
                "unset": ("--var", "a"),
                "variable set": ("a=1",),
                "variable unset": ("--path", "a"),
                "delete": (),
            }
            for verb, change in (
                given.items() if "variables" in kind.parts else [("delete", ())]
            ):
                if not commands.find([*kind.noun.split(), *verb.split()]):
                    continue
                for name, field in places.scopes(kind).items():
                    option = field_options.flag(name, field)
                    for chosen in ("--all", "--where=id=1"):
                        words = f"{kind.noun} {verb} {chosen} {option} x"
                        with self.subTest(words):
                            refused = self.enter(*words.split(), *change, "--yes")
                            self.assert_refused(refused, 2, option)
        self.assertEqual(before, self.revision())

    def test_a_place_that_says_where_the_filters_are_looked_up(self):
        other = self.make_cloud(name="test")
        self.make_region(name="east", cloud_id=other.id)
        words = ("network", "delete", "--region", "east", "--yes")
        self.assert_refused(self.enter(*words), 5, "more than one")
        done = self.enter(*words, "--cloud", "test")
        self.assertIn("No networks match.", done.err)

    def test_command_lines_that_could_hit_others(self):
        before = self.revision()
        for line, said in (
            ("host set --inactive", "No host is selected"),
            ("host delete", "No host is selected"),
            ("host delete --yes", "No host is selected"),
            ("host delete --own --yes", "No host is selected"),
            ("host set --label lb", "--label selects hosts"),
            ("host set --region east --label lb", "--region, --label selects hosts"),
            ("host delete web-1 --where label=lb", "hosts are named, too"),
            ("host delete web-1 --id 2", "hosts are named, too"),
            ("host delete --all web-1", "hosts are named, too"),
            ("host delete --all --region east", "remove --all, or --region"),
            ("host set --where labell=lb --note x", "must be one of"),
            ("host set --where id=1 --where id=2 --note x", "id is given twice"),
            ("host delete --where label=lb --region east", "write --where region="),
            ("host variable set --region east", "No variables to set"),
            ("host variable unset --region east rack", "No variables to remove"),
            ("cloud delete --project 00000000-0000-0000-0000-000000000001", "No cloud"),
        ):
            with self.subTest(line):
                self.assert_refused(self.enter(*line.split()), 2, said)
        refused = self.enter("host", "delete", "--region", "nowhere", "--yes")
        self.assert_refused(refused, 5, "No region has the name")
        self.assert_refused(self.enter("host", "delete", "--region", "99", "--yes"), 5, "99")
        self.assertEqual(before, self.revision())


class TestQuestion(BulkTestCase):
    def test_the_answer_decides(self):
        for answer, wanted in (("n\n", []), ("y\n", ["web-1", "web-3"])):
            done = self.enter_on_terminal(
                "host", "set", "--label=lb", "--inactive", answer=answer
            )
            self.assertEqual((not wanted, wanted), (bool(done.status), self.inactive()))
            for said in ("2 hosts: web-1 (id 1)", "active: true → false", "Change 2 hosts?"):
                self.assertIn(said, done.err)

    def test_how_many_of_them_change(self):
        self.assert_done(self.enter("host", "set", "web-1", "web-2", "--inactive"))
        words = ("host", "set", "--all", "--inactive")
        done = self.enter_on_terminal(*words, answer="y\n")
        self.assertIn("3 hosts: web-1", done.err)
        self.assertIn("Change 1 of the 3 hosts? [y/N]", done.err)
        self.assertEqual(["web-1", "web-2", "web-3"], self.inactive())
        before = self.revision()
        done = self.enter_on_terminal(*words)
        said = "Nothing was to do: they have these values already.\n"
        self.assertEqual((0, said, before), (done.status, done.err, self.revision()))

    def test_a_name_with_a_newline(self):
        self.craton.hosts.update(3, name="y-3\nmulti")
        words = ("host", "set", "--var", "rack=r3", "--inactive")
        self.assert_refused(self.enter(*words), 2, "1 host: y-3\\nmulti (id 3). To change")
        done = self.enter("host", "variable", "set", "id:1", "id:3", "rack.x=1")
        self.assert_refused(done, 2, "web-1: ")
        self.craton.hosts.update(1, name="x\nmulti")
        done = self.enter("host", "variable", "set", "id:1", "id:2", "rack.x=1")
        self.assert_refused(done, 2, "x\\nmulti: ")

    def test_what_goes_with_them(self):
        done = self.enter_on_terminal("region", "delete", "--where=name=east", answer="n\n")
        self.assertIn("With it: 2 hosts.", done.err)
        self.assertIn("Delete the region and everything in it?", done.err)

    def test_a_dry_run_changes_nothing(self):
        before = self.revision()
        done = self.assert_done(
            self.enter("host", "set", "--label=lb", "--inactive", "--dry-run")
        )
        self.assertEqual(2, done.out.count("active: true → false"))
        done = self.assert_done(self.enter("host", "delete", "--all", "--dry-run"))
        self.assertEqual(3, done.out.count("Would delete the host web-"))
        one = self.assert_done(self.enter("host", "set", "web-1", "--note=x", "--dry-run"))
        self.assertIn('note: null → "x"', one.out)
        self.assertEqual(before, self.revision())


class TestNames(BulkTestCase):
    def requests(self, *words: str) -> int:
        """Run a command, and return the number of requests that it sends."""
        sent: list[str] = []
        request = Session.request

        def record(session: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
            sent.append(str(args))
            return request(session, *args, **kwargs)

        with mock.patch.object(Session, "request", record):
            done = self.enter(*words)
        self.assertEqual(0, done.status, done.err)
        return len(sent)

    def test_one_change_for_all(self):
        before = self.revision()
        self.assert_done(self.enter("host", "set", "web-1", "web-2", "id:3", "--inactive"))
        self.assertEqual((before + 1, 3), (self.revision(), len(self.inactive())))

    def test_a_name_twice_and_as_an_id(self):
        self.assert_done(self.enter("host", "set", "web-1", "web-1", "id:1", "--note=x"))
        self.assert_done(self.enter("host", "delete", "web-1", "id:1", "1"))
        self.assertEqual(["web-2", "web-3"], self.hosts())

    def test_a_few_requests_for_many(self):
        names = [f"host-{number}" for number in range(300)]
        with self.craton.changes.new() as many:
            for name in names:
                many.create(
                    "hosts",
                    name=name,
                    ip_address="10.0.0.1",
                    device_type="server",
                    cloud_id=self.east.cloud_id,
                    region_id=self.east.id,
                )
        self.assertLess(self.requests("host", "set", "--note", "x", *names), 6)
        self.assertLess(self.requests("host", "variable", "set", *names, "a.b=1"), 6)
        self.assertLess(self.requests("host", "delete", *names), 6)
        self.assertEqual(3, len(self.hosts()))

    def test_every_typo_is_named_and_nothing_is_changed(self):
        before = self.revision()
        done = self.enter("host", "set", "--note", "x", "web-1", "typo", "web-2", "other")
        self.assertEqual((5, ""), (done.status, done.out))
        self.assertIn("typo: No host has the name", done.err)
        self.assertIn("other: No host has the name", done.err)
        self.assertIn("Nothing was changed.", done.err)
        self.assertEqual(before, self.revision())

    def test_a_deletion_goes_on_without_typos(self):
        done = self.enter("host", "delete", "web-1", "typo", "web-2")
        self.assertEqual(1, done.status)
        self.assertEqual(["web-3"], self.hosts())
        ignored = self.enter("host", "delete", "typo", "web-3", "--ignore-missing")
        self.assert_done(ignored)

    def test_values_inside_variables(self):
        self.assert_done(self.enter("host", "variable", "set", "web-1", "web-2", "hw.a=1"))
        self.assert_done(self.enter("host", "variable", "set", "web-1", "web-2", "hw.b=2"))
        self.assertEqual({"a": 1, "b": 2}, self.variables("web-1")["hw"])
        self.assert_done(
            self.enter("host", "variable", "unset", "--path=hw.a", "web-1", "web-2")
        )
        self.assertEqual({"b": 2}, self.variables("web-2")["hw"])
        done = self.enter("host", "variable", "set", "web-1", "web-2", "rack.x=1")
        self.assertEqual(2, done.status)
        self.assertIn("web-1", done.err)
        self.assert_done(
            self.enter("host", "unset", "--var=hw", "--label=lb", "web-1", "web-2")
        )
        self.assertEqual(["web-3"], self.hosts(label="lb"))
        self.assertNotIn("hw", self.variables("web-1"))

    def test_parents_are_deleted_after_their_children(self):
        parent, child = (self.craton.hosts.find(name=f"web-{n}") for n in (1, 2))
        assert parent is not None
        assert child is not None
        child.update(parent_id=parent.id)
        self.assertEqual(0, self.enter("host", "delete", "--region=east", "--yes").status)
        self.assertEqual(["web-3"], self.hosts())

    def test_kinds_without_change_sets(self):
        self.craton.projects.create(name="a")
        self.craton.projects.create(name="b")
        done = self.enter("project", "variable", "set", "a", "b", "x=1")
        self.assertEqual(0, done.status, done.err)
        self.assertIn("this is not atomic", done.err)

    def test_a_dry_run_is_proposed_only_where_there_is_one(self):
        for noun, works in (("cloud", True), ("project", False)):
            words = (noun, "variable", "set", "--all", "x=1")
            self.assertEqual(0 if works else 2, self.enter(*words, "--dry-run").status)
            refused = self.enter(*words)
            self.assert_refused(refused, 2, "without a terminal, add --yes")
            self.assertEqual(works, "--dry-run shows more." in refused.err, refused.err)


class TestChangesInBetween(BulkTestCase):
    """The objects are fixed by their ids and the revision from before the question."""

    def meanwhile(self, change: t.Callable[[], object]) -> t.Any:
        """Make a change after the objects were selected."""
        post = changes.ChangeSet.post

        def late(change_set: changes.ChangeSet) -> t.Any:
            change()
            return post(change_set)

        return mock.patch.object(changes.ChangeSet, "post", late)

    def host(self, name: str) -> t.Any:
        """Return a host."""
        return self.craton.hosts.find(name=name)

    def test_what_joins_later_is_not_hit(self):
        with self.meanwhile(lambda: self.host("web-2").labels.add("lb")):
            done = self.enter("host", "set", "--label=lb", "--inactive", "--yes")
        self.assertEqual(0, done.status, done.err)
        self.assertEqual(["web-1", "web-3"], self.inactive())

    def busy(self, most: int = 1000) -> t.Any:
        """Change web-3 before each post, up to a number of times."""
        numbers = iter(range(most))

        def change() -> None:
            for _number in itertools.islice(numbers, 1):
                self.host("web-3").update(note=f"after {self.revision()}")

        return self.meanwhile(change)

    def test_what_is_always_changed_meanwhile_is_refused_by_name(self):
        for words in (
            ("set", "--label=lb", "--inactive", "--yes"),
            ("delete", "--where=label=lb", "--yes"),
            ("set", "web-1", "web-3", "--inactive"),
            ("variable", "set", "web-1", "web-3", "a.b=1"),
        ):
            with self.busy():
                done = self.enter("host", *words)
            self.assertEqual(6, done.status, done.err)
            self.assertIn("web-3 (id 3): The host 3 was changed in revision", done.err)
            self.assertIn("Nothing was changed.", done.err)
            self.assertEqual(1, done.err.count("Nothing was"))
            self.assertEqual(([], 3), (self.inactive(), len(self.hosts())))

    def test_what_changes_meanwhile_is_selected_again(self):
        for number, words in enumerate(
            (
                ("set", "--label=lb", "--note", "0", "--yes"),
                ("variable", "set", "--var", "rack~.", "a.b=1", "--yes"),
                ("variable", "set", "web-1", "web-3", "a.b=2"),
                ("set", "web-1", "web-3", "--note", "3"),
                ("set", "--label=lb", "--inactive", "--yes"),
                ("delete", "web-1", "web-3"),
            )
        ):
            with self.busy(3):
                done = self.enter("host", *words)
            self.assertEqual(0, done.status, done.err)
            self.assertEqual(1, done.err.count("\n") // 2 + ("--yes" not in words), done.err)
            if words[0] == "set" and number < 4:
                self.assertEqual(f"{number}", self.host("web-3").note)
        self.assertEqual(["web-2"], self.hosts())

    def test_what_does_not_match_any_more_is_not_changed(self):
        with self.meanwhile(lambda: self.host("web-3").labels.remove("lb")):
            done = self.enter("host", "set", "--label=lb", "--inactive", "--yes")
        self.assertEqual((0, ["web-1"]), (done.status, self.inactive()), done.err)
        self.assertIn("1 host: web-1 (id 1)\nChanged in revision", done.err)
        with self.meanwhile(lambda: self.host("web-1").labels.remove("lb")):
            done = self.enter("host", "set", "--label=lb", "--active", "--yes")
        self.assertEqual((0, ["web-1"]), (done.status, self.inactive()), done.err)
        self.assertIn("No hosts match. Nothing was changed.", done.err)

    def test_what_is_deleted_meanwhile(self):
        with self.meanwhile(lambda: self.craton.hosts.delete(3)):
            done = self.enter("host", "set", "--label=lb", "--inactive", "--yes")
        self.assertEqual((0, ["web-1"]), (done.status, self.inactive()), done.err)
        for verb, status, left in ((("set", "--active"), 5, ["web-1"]), (("delete",), 1, [])):
            self.make_host(name="web-3", cloud_id=self.west.cloud_id, region_id=self.west.id)
            remove = functools.partial(self.craton.hosts.delete, self.host("web-3").id)
            with self.meanwhile(remove):
                done = self.enter("host", *verb, "web-1", "web-3")
            self.assertEqual((status, left), (done.status, self.inactive()), done.err)
            self.assertIn("web-3: No host has the name", done.err)

    def test_a_person_who_agreed_to_others_is_told(self):
        for words in (("set", "--label=lb", "--inactive"), ("delete", "--where=label=lb")):
            with self.busy(1):
                done = self.enter_on_terminal("host", *words, answer="y\n")
            self.assertEqual(6, done.status, done.err)
            self.assertIn("web-3 (id 3): The host 3 was changed in revision", done.err)
        self.assertEqual(([], 3), (self.inactive(), len(self.hosts())))


class TestOriginalServers(BulkTestCase):
    def enter(self, *words: str, **settings: str) -> programs.Result:
        with mock.patch.object(features, "of", return_value=frozenset()):
            return super().enter(*words, **settings)

    def test_one_after_the_other(self):
        done = self.enter("host", "set", "web-1", "web-3", "--note", "x", "--var", "a.b=1")
        self.assertEqual(0, done.status, done.err)
        self.assertIn("this is not atomic", done.err)
        self.assertEqual({"b": 1}, self.variables("web-3")["a"])
        done = self.enter("host", "set", "--label=lb", "--inactive", "--yes")
        self.assertEqual((0, ["web-1", "web-3"]), (done.status, self.inactive()))
        self.assert_done(self.enter("host", "delete", "web-1", "web-2"))

    def test_what_needs_change_sets(self):
        for selection in (("--label=lb",), ("web-1",), ("web-1", "web-2")):
            refused = self.enter("host", "set", *selection, "--inactive", "--dry-run")
            self.assert_refused(refused, 1, "does not have change sets")
        self.assertEqual([], self.inactive())


class TestBounds(BulkTestCase):
    def test_more_objects_than_a_change_set_can_have(self):
        with mock.patch.object(bulk, "MOST", 2):
            refused = self.enter("host", "delete", "--all", "--yes")
        self.assert_refused(refused, 2, "More than 2 hosts are selected")

    def test_interrupted_at_the_question(self):
        keys = Terminal()
        answers = mock.patch.object(keys, "readline", side_effect=KeyboardInterrupt)
        with mock.patch("io.StringIO", Terminal), mock.patch("sys.stdin", keys), answers:
            done = self.enter("host", "set", "--label=lb", "--inactive")
        self.assertEqual(130, done.status)
        self.assertIn("Interrupted: nothing was changed.", done.err)
