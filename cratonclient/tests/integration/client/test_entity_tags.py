# SPDX-License-Identifier: Apache-2.0
"""Changes that build on what was read: entity tags, ``if_match``, and both states."""

from __future__ import annotations

import copy
import json
import typing as t
from unittest import mock

from cratonclient import entity_tags, exceptions
from cratonclient.http import response
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client


class TagTestCase(base.FleetTestCase):
    """Tests with a host, and with somebody else who changes it."""

    def setUp(self):
        super().setUp()
        self.host = self.craton.hosts.get(
            self.make_host(name="web-1", note="old", variables={"os": {"v": 12}}).id
        )

    def meddle(self, **fields: t.Any) -> None:
        """Change the host as another program."""
        self.connect().hosts.update(self.host.id, **(fields or {"note": "theirs"}))

    def refused(self, call: t.Callable[..., t.Any], *args: t.Any, **kw: t.Any) -> t.Any:
        """Return the error of a call on an object that somebody has changed."""
        return self.assertRaises(exceptions.PreconditionFailed, call, *args, **kw)


class TestTags(TagTestCase):
    def test_objects_have_the_tag_of_their_response(self):
        made = self.make_region(name="east")
        for found in (made, self.host, self.craton.regions.get(made.id)):
            self.assertRegex(str(found.entity_tag), r'^"\d+(\.\d+)?"$')
        before = self.host.entity_tag
        self.assertNotEqual(before, self.host.update(note="new").entity_tag)
        self.assertRegex(str(self.host.variables.get().entity_tag), r'^"\d+(\.\d+)?"$')
        self.assertRegex(str(self.host.labels.read().entity_tag), r'^"\d+"$')

    def test_objects_of_lists_have_none(self):
        (listed,) = self.craton.hosts.list()
        self.assertIsNone(listed.entity_tag)
        self.assertIsNotNone(listed.refresh().entity_tag)

    def test_objects_of_lists_have_one_on_request(self):
        for number in range(2, 14):
            self.make_host(name=f"web-{number}")
        for options in (
            {"limit": 10},
            {"sort_keys": "name"},
            {"details": True},
            {"workers": 2},
        ):
            for manager in (self.craton.hosts, self.craton.devices):
                if manager is self.craton.devices and "workers" in options:
                    continue
                found = [*manager.list(entity_tags=True, **options)]
                self.assertEqual(13, len(found), str(options))
                for one in found:
                    single = self.craton.hosts.get(one.id, resolved_values=False)
                    self.assertEqual(single.entity_tag, one.entity_tag)
                    self.assertNotIn("entity_tag", one.to_dict())
        (host,) = self.craton.hosts.list(entity_tags=True, name="web-1")
        self.assertIs(True, host.is_current())
        self.meddle()
        self.assertIs(False, host.is_current())
        self.refused(host.update, note="mine", if_match=True)

    def test_tags_in_lists_are_checked(self):
        body = {"hosts": [{"id": 1, "entity_tag": "\x1b"}, {"id": 2}], "links": []}
        session, _below = fakes.session_on(fakes.answer(body))
        found = client.Client(session, fakes.URL).hosts.list(entity_tags=True)
        self.assertEqual([None, None], [host.entity_tag for host in found])

    def test_the_revision_in_a_tag(self):
        for tag, wanted in {
            '"7"': 7,
            '"7.12"': 7,
            'W/"7"': 7,
            'W/"7-gzip"': 7,
            '"7;br"': 7,
            None: None,
            '"0"': None,
            '"x7"': None,
            '"7x"': None,
            'W/"12-aa"': 12,
            f'"{"9" * 19}"': None,
            '""': None,
        }.items():
            self.assertEqual(wanted, response.revision(tag), str(tag))

    def test_tags_are_no_fields(self):
        self.assertNotIn(self.host.entity_tag, json.dumps(self.host.to_dict()))
        self.assertNotIn("entity_tag", repr(self.host))
        self.assertFalse(hasattr(self.host.to_dataclass(), "entity_tag"))
        (listed,) = self.craton.hosts.list(details=True)
        self.assertEqual({**listed.to_dict()}, self.host.to_dict())

    def test_copies_and_pickles_keep_their_tag(self):
        for other in (
            *(copy.copy(self.host), copy.deepcopy(self.host), fakes.pickled(self.host)),
        ):
            self.assertEqual(self.host.entity_tag, other.entity_tag)
        self.craton.hosts.update(self.host.id, note="x", if_match=fakes.pickled(self.host))

    def test_a_copy_has_a_state_of_its_own(self):
        self.host.variables.get()
        for copied in (copy.copy, copy.deepcopy):
            other = copied(self.host)
            self.assertIs(other, other.variables.owner)
            other.variables.update({"a": str(id(other))}, if_match=True)
            self.assertIs(True, other.is_current())
            self.assertIs(False, self.host.is_current())
            self.host.refresh()

    def test_what_a_server_sends_as_a_tag_is_checked(self):
        for sent, wanted in {
            '"7"': '"7"',
            'W/"7"': 'W/"7"',
            "7": None,
            '"a b"': None,
            '"\x1b"': None,
            f'"{"7" * 200}"': None,
            '"7", "8"': None,
        }.items():
            session, _below = fakes.session_on(fakes.answer({"id": 1}, ETag=sent))
            found = client.Client(session, fakes.URL).hosts.get(1)
            self.assertEqual(wanted, found.entity_tag, sent)

    def test_whether_an_object_is_current(self):
        self.assertIs(True, self.host.is_current())
        self.host.region.variables.update(ntp="elsewhere")
        self.assertIs(True, self.host.is_current())
        self.assertIs(True, self.host.update(note="x").is_current())
        variables = self.host.variables.get()
        self.assertIs(True, variables.is_current())
        self.assertIs(True, self.craton.regions.get(1).is_current())
        self.assertIs(True, self.craton.clouds.get(1).is_current())
        self.meddle()
        self.assertIs(False, variables.is_current())
        self.assertIs(False, self.host.is_current())
        self.assertIs(True, self.host.refresh().is_current())
        self.connect().hosts.delete(self.host.id)
        self.assertRaises(exceptions.NotFound, self.host.is_current)

    def test_what_the_server_notes_does_not_count(self):
        webhook = self.craton.webhooks.create(name="w", url="https://w.example/")
        self.assertIs(True, webhook.is_current())
        webhook.refresh()
        self.assertIs(True, webhook.is_current())
        self.assertIs(True, webhook.update(active=False, if_match=True).is_current())
        self.connect().webhooks.update(webhook.id, active=True)
        self.assertIs(False, webhook.is_current())


class TestIfMatch(TagTestCase):
    def every_change(self, **given: t.Any) -> dict[str, t.Callable[[], t.Any]]:
        """Return calls of all methods that change the host, with these keywords."""
        host, hosts, variables = self.host, self.craton.hosts, self.host.variables
        return {
            "resource": lambda: host.update(note="mine", **given),
            "manager": lambda: hosts.update(host, note="mine", **given),
            "id": lambda: hosts.update(
                host_id=host.id, note="x", **{**given, **self.by_object}
            ),
            "update": lambda: variables.update(a=1, **given),
            "create": lambda: variables.create(a=1, **given),
            "mapping": lambda: variables.update({"a": 1}, **given),
            "set": lambda: variables.set("a", 1, **given),
            "nested": lambda: variables.set("os.v", 13, **given),
            "unset": lambda: variables.unset("os.v", **given),
            "unset all": lambda: variables.unset("os", **given),
            "merge": lambda: variables.merge({"a": 1}, **given),
            "merge nested": lambda: variables.merge({"os": {"a": 1}}, **given),
            "replace": lambda: variables.replace({"a": 1}, **given),
            "delete": lambda: variables.delete("os", **given),
            "add": lambda: host.labels.add("a", **given),
            "remove": lambda: host.labels.remove("a", **given),
            "gone": lambda: host.delete(**given),
            "gone by id": lambda: hosts.delete(host, **given),
        }

    @property
    def by_object(self) -> dict[str, t.Any]:
        """The keyword for a call that has no object for ``True`` to mean."""
        return {"if_match": self.host}

    def test_every_change_is_refused_after_another_one(self):
        self.meddle()
        before = self.state()
        for name, change in self.every_change(if_match=True).items():
            with self.subTest(name):
                self.refused(change)
                self.assertEqual(before, self.state())

    def test_every_change_is_made_if_there_is_no_other(self):
        for name in self.every_change():
            with self.subTest(name):
                self.setUp_again()
                self.every_change(if_match=True)[name]()

    def test_without_it_nothing_is_refused(self):
        self.meddle()
        for given in ({}, {"if_match": None}, {"if_match": False}):
            self.host.update(note="mine", **given)
            self.host.variables.update(a=1, **given)

    def test_objects_variables_and_tags_stand_for_the_state(self):
        variables = self.host.variables.get()
        for state in (self.host, self.host.entity_tag, variables, variables.entity_tag):
            with self.subTest(repr(state)):
                self.craton.hosts.update(self.host.id, note="old", if_match=state)
        self.meddle()
        for state in (self.host, self.host.entity_tag, variables, variables.entity_tag):
            with self.subTest(repr(state)):
                self.refused(self.host.variables.update, {"a": 1}, if_match=state)

    def test_own_changes_are_no_conflict(self):
        self.host.update(note="1", if_match=True)
        self.host.variables.set("os.v", 13, if_match=True)
        self.host.variables.update(a=1, if_match=self.host)
        self.host.variables.replace({"b": 2}, if_match=True)
        self.host.labels.add("web", if_match=True)
        self.host.labels.remove("web", if_match=True)
        self.host.variables.delete("b", if_match=True)
        self.host.variables.unset("os", if_match=True) if self.own() else None
        self.host.update(note="1", if_match=True)
        self.host.update(note="2", if_match=True)
        self.assertIs(True, self.host.delete(if_match=True))

    def test_a_change_without_it_does_not_hide_those_of_others(self):
        self.meddle()
        self.host.variables.update(a=1)
        self.host.labels.add("web")
        self.refused(self.host.update, note="mine", if_match=True)

    def test_a_state_of_another_object_is_refused(self):
        other = self.craton.hosts.get(self.make_host(name="web-2").id)
        for state in (other, other.variables.get(), self.craton.regions.get(1)):
            for change in (self.host.update, self.host.variables.update, self.host.labels.add):
                error = self.assertRaises(exceptions.CommandError, change, if_match=state)
                self.assertIn("is not the object to change", str(error))

    def test_what_is_no_state_is_refused(self):
        (listed,) = self.craton.hosts.list()
        for state, said in (
            (listed, "get() or refresh()"),
            ("7", "not an entity tag"),
            ("*", "not an entity tag"),
            ('"7"\r\nX-Other: 1', "not an entity tag"),
            (7, "not an entity tag"),
            ({}, "not an entity tag"),
        ):
            error = self.assertRaises(
                exceptions.CommandError, self.host.update, note="x", if_match=state
            )
            self.assertIn(said, str(error))
        hosts = self.craton.hosts
        self.assertRaises(exceptions.CommandError, hosts.update, 1, note="x", if_match=True)
        self.assertRaises(exceptions.CommandError, listed.update, note="x", if_match=True)

    def test_a_variable_of_that_name(self):
        found = self.host.variables.update({"if_match": 1})
        self.assertEqual(1, found["if_match"])
        error = self.assertRaises(
            exceptions.CommandError, self.host.variables.update, if_match="rack"
        )
        self.assertIn("if_match", str(error))

    def state(self) -> tuple[t.Any, ...]:
        """Return the host as it is now."""
        found = self.connect().hosts.get(self.host.id)
        return found.to_dict(), found.labels.get()

    def own(self) -> dict[str, t.Any]:
        """Return the own variables of the host."""
        return self.host.variables.own()

    def setUp_again(self) -> None:
        """Replace the host by a new one, with a label and a variable."""
        if self.host in self.craton.hosts.list():
            self.host.delete()
        made = self.make_host(name="web-1", labels=["a"], variables={"os": {"v": 12}})
        self.host = self.craton.hosts.get(made.id)


class TestError(TagTestCase):
    """The exception has both states. The present one is read when it is needed."""

    def test_both_states_of_an_object(self):
        self.meddle(note="theirs")
        error = self.refused(self.host.update, note="mine", if_match=True)
        self.assertIs(self.host, error.built_on)
        self.assertEqual("old", error.built_on.note)
        self.assertEqual("theirs", error.present.note)
        self.assertIs(error.present, error.present)
        self.assertEqual(412, error.status_code)
        revision = error.entity_tag.strip('"')
        self.assertTrue(error.present.entity_tag.startswith(f'"{revision}.'))
        self.assertEqual("mine", error.present.update(note="mine", if_match=True).note)

    def test_both_states_of_variables_and_labels(self):
        before = self.host.variables.get()
        other = self.connect().hosts.get(self.host.id)
        other.variables.update(a=1)
        other.labels.add("theirs")
        error = self.refused(self.host.variables.update, {"a": 2}, if_match=before)
        self.assertIs(before, error.built_on)
        self.assertEqual({"a": 1, "os": {"v": 12}}, error.present.to_dict())
        error = self.refused(self.host.labels.add, "mine", if_match=self.host)
        self.assertEqual(["theirs"], error.present)

    def test_a_bare_tag_has_no_state(self):
        tag = self.host.entity_tag
        self.meddle()
        error = self.refused(self.host.update, note="mine", if_match=tag)
        self.assertIsNone(error.built_on)
        self.assertEqual("theirs", error.present.note)

    def test_an_object_that_is_gone(self):
        self.connect().hosts.delete(self.host.id)
        self.assertRaises(exceptions.NotFound, self.host.update, note="x", if_match=True)
        self.assertIs(True, self.host.delete(if_match=True))

    def test_it_can_be_pickled(self):
        self.meddle()
        error = self.refused(self.host.update, note="mine", if_match=True)
        other = fakes.pickled(error)
        self.assertEqual((str(error), error.entity_tag), (str(other), other.entity_tag))
        self.assertEqual(("old", None), (other.built_on.note, other.present))


class TestRetries(TagTestCase):
    """Methods that read before they write try again if somebody was quicker."""

    def setUp(self):
        super().setUp()
        self.left, self.number = 3, 0
        patch: t.Any = mock.patch("cratonclient.entity_tags.time.sleep")
        self.slept = patch.start()
        self.addCleanup(patch.stop)
        other = self.connect().hosts.get(self.host.id)
        read = self.craton._session.get

        def get(url: str, **kw: t.Any) -> t.Any:
            found = read(url, **kw)
            if "hosts/" in url and self.left:
                self.left -= 1
                self.number += 1
                other.variables.set(f"os.x{self.number}", 1)
                other.labels.add(f"theirs{self.number}")
            return found

        patch = mock.patch.object(self.craton._session, "get", get)
        patch.start()
        self.addCleanup(patch.stop)

    def test_each_method(self):
        variables = self.host.variables
        for change, wanted in (
            (lambda: variables.set("os.v", 13), {"os": {"v": 13}}),
            (lambda: variables.merge({"os": {"v": 14}}), {"os": {"v": 14}}),
            (lambda: variables.unset("os.v"), {"os": {}}),
            (
                lambda: self.craton.hosts.update_or_create(
                    {"variables": {"a": 1}, "labels": ["b"]}, name="web-1", region_id=1
                ),
                {"os": {}, "a": 1},
            ),
        ):
            self.left = 3
            change()
            found = variables.own()
            theirs = {k: found["os"].pop(k) for k in [*found["os"]] if k != "v"}
            self.assertEqual((0, wanted), (self.left, found))
            self.assertEqual(self.number, len(theirs))
        self.left = 3
        variables.replace({"os": {}})
        self.assertEqual({"os": {}}, variables.own())
        self.assertIn("b", self.host.labels.get())
        self.assertEqual(16, len(self.host.labels.get()))
        self.assertEqual(15, self.slept.call_count)

    def test_with_a_state_of_the_caller_they_do_not_try_again(self):
        error = self.refused(self.host.variables.set, "os.v", 13, if_match=True)
        self.assertEqual({"v": 12, "x1": 1}, error.present["os"])
        self.assertEqual(0, self.slept.call_count)

    def test_attempts_are_bounded_and_wait_for_random_times(self):
        self.left = entity_tags.ATTEMPTS
        self.refused(self.host.variables.set, "os.v", 13)
        waited = [call.args[0] for call in self.slept.call_args_list]
        self.assertEqual(entity_tags.ATTEMPTS - 1, len(waited))
        self.assertLess(20, len({*waited}))
        self.assertLessEqual(max(waited), 0.5)


class TestOriginalServers(base.TestCase):
    """A server of 2017 would ignore the header."""

    def setUp(self):
        super().setUp()
        self.host = {"id": 1, "name": "web-1", "variables": {"os": {"v": 12}}}
        self.answers = {
            "/v1": fakes.answer({"message": "Not Found"}, 404),
            "/v1/hosts/1": fakes.answer(self.host),
            "/v1/hosts/1/variables": fakes.answer({"variables": {"os": {"v": 13}}}),
        }
        session, self.below = fakes.session_on()
        self.below.request = self.request  # type: ignore[method-assign]
        self.craton = client.Client(session, fakes.URL)

    def request(self, **given: t.Any) -> t.Any:
        self.below.calls.append(given)
        path = given["url"].removeprefix("http://craton.example")
        return self.answers[path] if given["method"] != "DELETE" else fakes.answer({}, 204)

    def test_if_match_is_refused_in_one_line(self):
        host = self.craton.hosts.get(1)
        self.assertIsNone(host.entity_tag)
        hosts = self.craton.hosts
        for call in (
            lambda: host.update(note="x", if_match=True),
            lambda: hosts.update(1, note="x", if_match='"7"'),
            lambda: hosts.delete(1, if_match='"7"'),
            lambda: host.variables.update({"a": 1}, if_match=True),
            lambda: host.variables.set("os.v", 1, if_match='"7"'),
            lambda: host.labels.add("a", if_match='"7"'),
            host.is_current,
        ):
            error = self.assertRaises(exceptions.FeatureMissing, call)
            self.assertNotIn("\n", str(error))
            self.assertIn("entity tags", str(error))
        self.assertEqual(["GET", "GET"], [call["method"] for call in self.below.calls])

    def test_changes_that_read_first_are_made_as_before(self):
        host = self.craton.hosts.get(1)
        host.variables.set("os.v", 13)
        host.variables.unset("os.v")
        host.variables.unset("os")
        self.assertEqual(
            ["GET", "GET", "PUT", "GET", "PUT", "GET", "DELETE"],
            [call["method"] for call in self.below.calls],
        )
        for call in self.below.calls:
            self.assertNotIn("headers", call)


class TestRequests(base.TestCase):
    """Requests that need no tag are those of before."""

    def test_no_request_is_added(self):
        session, below = fakes.session_on(
            fakes.answer({"id": 1, "name": "web-1"}, ETag='"7"'),
            fakes.answer({"id": 1, "name": "web-1"}, ETag='"8"'),
            fakes.answer({"variables": {}}, ETag='"9"'),
            fakes.answer({"variables": {"os": {"v": 1}}}, ETag='"9"'),
            fakes.answer({"variables": {}}, ETag='"10"'),
            fakes.answer({}, 204),
        )
        host = client.Client(session, fakes.URL).hosts.get(1)
        host.update(note="x")
        host.variables.set("a", 1)
        host.variables.set("os.v", 2)
        host.delete()
        self.assertEqual(
            ["GET", "PUT", "PUT", "GET", "PUT", "DELETE"],
            [call["method"] for call in below.calls],
        )
        sent = [call.get("headers") for call in below.calls]
        self.assertEqual([None] * 4 + [{"If-Match": '"9"'}, None], sent)


class TestChangeSets(TagTestCase):
    """Changes of a change set that build on what was read."""

    def test_what_somebody_changed_is_refused(self):
        self.meddle()
        for change in (
            lambda changes, tag: changes.update(self.host, note="mine", if_match=tag),
            lambda changes, tag: changes.set_variables(self.host, {"a": 1}, if_match=tag),
            lambda changes, tag: changes.delete_variables(self.host, "os", if_match=tag),
            lambda changes, tag: changes.add_labels(self.host, "l", if_match=tag),
            lambda changes, tag: changes.remove_labels(self.host, "l", if_match=tag),
            lambda changes, tag: changes.delete(self.host, if_match=tag),
        ):
            for tag in (True, self.host, self.host.entity_tag):
                changes = self.craton.changes.new()
                change(changes, tag)
                error = self.refused(changes.post)
                self.assertEqual([(0, 412)], [(r.position, r.status) for r in error.refused])
        self.assertEqual("theirs", self.craton.hosts.get(self.host.id).note)

    def test_the_error_has_both_states_of_all_of_them(self):
        hosts = [self.host, self.make_host(name="web-2", note="new"), self.make_host()]
        revision = self.craton.changes.last_revision()
        for host in hosts[:2]:
            self.connect().hosts.update(host.id, note="theirs")
        changes = self.craton.changes.new(unchanged_since=revision)
        changes.create("clouds", name="more")
        for host in hosts:
            changes.update(host, note="mine")
        for call in (changes.preview, changes.post):
            error = self.refused(call)
            self.assertIs(self.host, error.built_on)
            self.assertEqual("theirs", error.present.note)
            for host, one in zip(hosts[:2], error.changed, strict=True):
                self.assertIs(host, one.built_on)
                self.assertEqual((host.id, "theirs"), (one.present.id, one.present.note))
                self.assertIs(one.present, one.present)
                self.assertEqual(host.id, one.refusal.id)
        other = fakes.pickled(error)
        self.assertEqual([1, 2], [one.refusal.position for one in other.changed])

    def test_a_bare_tag_has_no_state_there(self):
        self.meddle()
        changes = self.craton.changes.new()
        changes.update(self.host, note="mine", if_match=self.host.entity_tag)
        error = self.refused(changes.post)
        self.assertIsNone(error.built_on)
        self.assertEqual("theirs", error.present.note)

    def test_an_object_that_is_gone_has_no_present_state(self):
        self.meddle()
        changes = self.craton.changes.new()
        changes.delete(self.host, if_match=True)
        error = self.refused(changes.post)
        self.connect().hosts.delete(self.host.id)
        with self.assertRaises(exceptions.NotFound):
            _ = error.present

    def test_what_nobody_changed_is_changed(self):
        with self.craton.changes.new() as changes:
            changes.update(self.host, note="mine", if_match=True)
            changes.set_variables(self.host, {"a": 1}, if_match=True)
        self.assertEqual("mine", self.craton.hosts.get(self.host.id).note)

    def test_without_a_tag_the_last_one_wins(self):
        self.meddle()
        with self.craton.changes.new() as changes:
            changes.update(self.host, note="mine")
        self.assertEqual("mine", self.craton.hosts.get(self.host.id).note)

    def test_values_that_are_no_tags(self):
        (listed,) = self.craton.hosts.list()
        changes = self.craton.changes.new()
        wrong: list[t.Any] = ["7", '"x"', 7, listed, {}]
        for tag in wrong:
            with self.assertRaises(exceptions.CommandError):
                changes.update(self.host, note="mine", if_match=tag)
        self.assertEqual(0, len(changes))
