# SPDX-License-Identifier: Apache-2.0
"""Commands that read before they write, and another client that writes in between."""

from __future__ import annotations

import contextlib
import typing as t
from unittest import mock

from cratonclient import features, session
from cratonclient.http import response
from cratonclient.tests import base
from cratonclient.tests.integration.osc import programs

#: Every owner of variables: the command and the name of an object.
OWNERS = programs.OWNERS


class RaceTestCase(base.FleetTestCase, programs.CommandTestCase):
    """Tests in which somebody else writes between the requests of a command."""

    #: The server sends no entity tags, as an original server of 2017.
    is_original = False

    def setUp(self):
        super().setUp()
        with programs.opened(self.database) as fleet:
            programs.fill(fleet)
        self.sent: list[tuple[str, str, str | None]] = []
        patch = mock.patch("cratonclient.entity_tags.time.sleep")
        patch.start()
        self.addCleanup(patch.stop)

    def enter(self, *words: str, before: t.Callable[[int], None] | None = None) -> t.Any:
        """Run ``craton`` on the fleet.

        :param before: function to call before each request that writes, with its number.
        """
        self.sent, request, writes = [], session.Session.request, [0]

        def interfere(own: t.Any, method: str, url: str, **kw: t.Any) -> t.Any:
            path = url.partition("/v1")[2]
            if self.is_original:
                (kw.get("headers") or {}).pop(response.ROW_TAGS, None)
            self.sent.append((method, path, (kw.get("headers") or {}).get("If-Match")))
            if method != "GET":
                writes[0] += 1
                if before is not None:
                    with mock.patch.object(session.Session, "request", request):
                        before(writes[0])
            found = request(own, method, url, **kw)
            if self.is_original:
                found.headers.pop("ETag", None)
            return found

        with contextlib.ExitStack() as patches:
            patches.enter_context(mock.patch.object(session.Session, "request", interfere))
            if self.is_original:
                none = mock.patch.object(features, "of", return_value=frozenset())
                patches.enter_context(none)
            return programs.craton(*words, CRATON_URL=self.database)

    def done(self, *words: str, before: t.Callable[[int], None] | None = None) -> None:
        """Run a command that must succeed and print nothing."""
        self.assertEqual(programs.Result(0, "", ""), self.enter(*words, before=before))

    def found(self, kind: str, name: str) -> t.Any:
        """Return an object of the fleet."""
        manager = getattr(self.craton, kind.replace(" ", "_") + "s")
        listed = [*manager.list(name=name)]
        return manager.get(listed[0].id)

    @property
    def methods(self) -> list[str]:
        """The methods of the requests of the last command."""
        return [method for method, _path, _tag in self.sent]


class TestNestedVariables(RaceTestCase):
    def test_every_owner_keeps_what_others_set(self):
        for kind, name in OWNERS:
            for verb in (("variable", "set"), ("set",)):
                with self.subTest(kind, verb=verb):
                    command, nested = kind.split(), "x.mine=1"
                    self.enter(*command, "variable", "set", name, 'x={"old":1}')
                    words = (nested,) if len(verb) == 2 else ("--var", nested)

                    def theirs(number: int, kind: str = kind, name: str = name) -> None:
                        if number <= 3:
                            part = self.found(kind, name).variables
                            part.update(x={**part.own()["x"], f"theirs{number}": 1})

                    self.done(*command, *verb, name, *words, before=theirs)
                    wanted = {"old", "mine", "theirs1", "theirs2", "theirs3"}
                    self.assertEqual(wanted, {*self.found(kind, name).variables.own()["x"]})

    def test_lists_and_new_variables(self):
        host = self.found("host", "h2")
        host.variables.update({"l": [0, 0]})

        def theirs(number: int) -> None:
            if number == 1:
                host.variables.set("l[1]", 2)
                host.variables.update({"new": {"theirs": 1}})

        self.done("host", "variable", "set", "h2", "l[0]=1", "new.mine=1", before=theirs)
        own = host.variables.own()
        self.assertEqual(([1, 2], {"theirs": 1, "mine": 1}), (own["l"], own["new"]))

    def test_a_variable_that_others_delete_does_not_come_back(self):
        host = self.found("host", "h2")
        host.variables.update({"x": {"old": 1}})

        def theirs(number: int) -> None:
            if number == 1:
                host.variables.delete("x")

        self.done("host", "variable", "set", "h2", "x.mine=1", before=theirs)
        self.assertEqual({"mine": 1}, host.variables.own()["x"])

    def test_a_deleted_copy_uncovers_the_inherited_value(self):
        host = self.found("host", "h2")
        host.region.variables.update({"x": {"above": 1}})
        host.variables.update({"x": {"old": 1}})

        def theirs(number: int) -> None:
            if number == 1:
                host.variables.delete("x")

        done = self.enter("host", "variable", "set", "h2", "x.mine=1", before=theirs)
        self.assertEqual(0, done.status)
        self.assertIn("'x' was inherited", done.err)
        self.assertEqual({"above": 1, "mine": 1}, host.variables.own()["x"])

    def test_unset_keeps_what_others_set(self):
        host = self.found("host", "h2")
        for words in (
            ("variable", "unset", "h2", "x.old", "gone"),
            ("unset", "h2", "--var", "x.old", "--var", "gone"),
        ):
            host.variables.update({"x": {"old": 1}, "gone": 1})

            def theirs(number: int) -> None:
                if number <= 2:
                    host.variables.set(f"x.theirs{number}", 1)

            self.done("host", *words, before=theirs)
            own = host.variables.own()
            self.assertEqual({"theirs1": 1, "theirs2": 1}, own["x"])
            self.assertNotIn("gone", own)

    def test_several_parts_keep_what_others_set(self):
        host = self.found("host", "h2")
        host.variables.update({"x": {"old": 1}})
        host.labels.add("a", "gone")
        before = self.craton.changes.last_revision()

        def theirs(number: int) -> None:
            if number <= 2:
                host.variables.set(f"x.theirs{number}", 1)

        self.done(
            *("host", "set", "h2", "--note", "n", "--label", "b", "--var", "x.mine=1"),
            before=theirs,
        )
        self.assertEqual(before + 3, self.craton.changes.last_revision())
        self.assertEqual({"old", "mine", "theirs1", "theirs2"}, {*host.variables.own()["x"]})
        self.done("host", "unset", "h2", "--label", "gone", "--var", "x.mine", before=theirs)
        self.assertEqual({"old", "theirs1", "theirs2"}, {*host.variables.own()["x"]})
        self.assertEqual(["a", "b"], host.labels.get())

    def test_unset_of_what_others_removed_meanwhile(self):
        host = self.found("host", "h2")
        for option, status in (((), 5), (("--ignore-missing",), 0)):
            host.variables.update({"x": {"old": 1, "more": 1}})

            def theirs(number: int) -> None:
                if number == 1:
                    host.variables.unset("x.old")

            words = ("host", "variable", "unset", "h2", "x.old", *option)
            self.assertEqual(status, self.enter(*words, before=theirs).status)
            self.assertEqual({"more": 1}, host.variables.own()["x"])

    def test_somebody_who_is_always_quicker(self):
        host = self.found("host", "h2")
        host.variables.update({"x": {"n": 0}})
        refused = self.enter(
            *("host", "variable", "set", "h2", "x.mine=1"),
            before=lambda number: host.variables.set("x.n", number) and None,
        )
        self.assert_refused(refused, 6, "was changed", "412")
        self.assertNotIn("mine", host.variables.own()["x"])

    def test_labels_that_others_remove(self):
        host = self.found("host", "h2")
        host.labels.add("a", "b")

        def theirs(number: int) -> None:
            if number == 1:
                host.labels.remove("b")

        self.done("host", "unset", "h2", "--label", "a", before=theirs)
        self.assertEqual([], host.labels.get())

        def again(number: int) -> None:
            if number == 1:
                host.labels.remove("a")

        host.labels.add("a", "b")
        refused = self.enter("host", "unset", "h2", "--label", "a", before=again)
        self.assert_refused(refused, 5, "has no label 'a'", "nothing was changed")
        self.assertEqual(["b"], host.labels.get())


class TestRequests(RaceTestCase):
    """Commands send few requests, and ask for features only to make several changes at once."""

    def test_numbers(self):
        for words, methods in {
            "host variable set h2 plain=1": "GET PUT",
            "host variable set h2 a.b=1": "GET PUT",  # the look-up shows that there is no a
            "host variable set h2 a.c=1": "GET GET PUT",
            "host variable set 2 new.b=1": "GET GET PUT",
            "host set h2 --note x": "GET PUT",
            "host set h2 --label x": "GET PUT",
            "host set h2 --var rack=r1": "GET PUT",
            "host unset h2 --label x": "GET GET DELETE",
            "host variable unset h2 a.c": "GET GET PUT",
            "host variable unset h2 a": "GET GET DELETE",
            "cloud variable set prod plain=1": "GET GET PUT",
            "cloud variable unset prod plain": "GET GET DELETE",
            # Several writes are one change set. One GET more asks for features.
            "host set h2 --note x --label x": "GET GET POST",
            "host set h2 --note y --label y --var rack=r2": "GET GET POST",
            "host set h2 --note z --var n.b=1": "GET GET POST",
            "host variable set h2 plain=2 x.y=1 x.z=2": "GET PUT",
            "host variable unset h2 x.y plain": "GET GET GET POST",
            "host unset h2 --label x --var rack": "GET GET GET GET POST",
            "host delete h2": "GET DELETE",
        }.items():
            with self.subTest(words):
                if words.startswith("cloud"):
                    words = words.replace("prod", dict(OWNERS)["cloud"])
                self.done(*words.split())
                self.assertEqual(methods, " ".join(self.methods), words)
                asked = [path for _method, path, _tag in self.sent if not path]
                self.assertEqual(int("POST" in methods), len(asked))

    def test_tags_are_sent_with_changes_that_depend_on_what_was_read(self):
        for words, count in {
            "host variable set h2 a.b=1": 1,
            "host variable set h2 c=1": 0,
            "host set h2 --note x": 0,
            "host variable unset h2 a.b": 1,
            "host variable unset h2 a": 1,
        }.items():
            self.done(*words.split())
            self.assertEqual(count, len([tag for *_rest, tag in self.sent if tag]), words)


class TestOriginalServers(RaceTestCase):
    """Servers without entity tags: the same requests, without conditions."""

    is_original = True

    def test_no_condition_is_sent(self):
        for words, methods in {
            "host variable set h2 a.b=1": "GET GET PUT",
            "host variable set h2 a.c=1 plain=1": "GET GET PUT",
            "host variable set h2 plain=2": "GET PUT",
            "host set h2 --note x --label l --var a.d=1": "GET GET PUT PUT PUT",
            "host variable unset h2 a.b plain": "GET GET PUT DELETE",
            "host unset h2 --label l --var a.c": "GET GET GET PUT DELETE",
            "cloud variable set prod a.b=1": "GET GET GET PUT",
            "cloud variable unset prod a.b": "GET GET GET PUT",
            "cloud variable unset prod a": "GET GET DELETE",
            "network variable set lan a.b=1": "GET GET PUT",
        }.items():
            with self.subTest(words):
                kind, verb, *rest = words.split()
                names = {"cloud": dict(OWNERS)["cloud"], "network": dict(OWNERS)["network"]}
                rest = [names[kind] if word in ("prod", "lan") else word for word in rest]
                self.done(kind, verb, *rest)
                self.assertEqual(sorted(methods.split()), sorted(self.methods), words)
                self.assertEqual([], [tag for *_request, tag in self.sent if tag])
        self.assertEqual({"a": {"d": 1}}, self.found("host", "h2").variables.own())

    def test_the_last_one_wins(self):
        host = self.found("host", "h2")
        host.variables.update({"x": {"old": 1}})

        def theirs(number: int) -> None:
            host.variables.set("x.theirs", number)

        self.done("host", "variable", "set", "h2", "x.mine=1", before=theirs)
        self.assertEqual({"old": 1, "mine": 1}, host.variables.own()["x"])
