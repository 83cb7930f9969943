# SPDX-License-Identifier: Apache-2.0
"""``set``, ``unset`` and ``delete`` of every kind."""

from __future__ import annotations

import io
import typing as t
from unittest import mock

from cratonclient import features, v1
from cratonclient.fields import Ref
from cratonclient.tests import base
from cratonclient.tests.integration.osc import programs
from cratonclient_osc import commands
from cratonclient_osc.output import terminal
from cratonclient_osc.v1 import users
from cratonclient_osc.verbs import field_options


class ChangeTestCase(base.FleetTestCase, programs.CommandTestCase):
    """Tests that run commands on a fleet and check it with the library."""

    def enter(self, *words: str) -> programs.Result:
        """Run ``craton`` on the fleet."""
        return programs.craton(*words, CRATON_URL=self.database)

    def done(self, *words: str) -> None:
        """Run a command that must succeed and print nothing."""
        self.assertEqual(programs.Result(0, "", ""), self.enter(*words))


class TestSet(ChangeTestCase):
    """``set`` changes the given fields and nothing else."""

    def test_only_what_was_given(self):
        host = self.make_host(name="web1", active=False, note="old")
        self.done("host", "set", "--note", "new", "web1")
        found = self.craton.hosts.get(host.id)
        self.assertEqual(("new", False, "web1"), (found.note, found.active, found.name))

    def test_many_fields_at_once(self):
        host = self.make_host(name="web1")
        self.done(
            *("host", "set", str(host.id), "--name", "web2", "--ip-address", "10.9.9.9"),
            *("--device-type", "vm", "--inactive", "--note", ""),
        )
        found = self.craton.hosts.get(host.id)
        self.assertEqual(
            ("web2", "10.9.9.9", "vm", False, ""),
            (found.name, found.ip_address, found.device_type, found.active, found.note),
        )

    def test_fields_labels_and_variables(self):
        host = self.make_host(name="web1", labels=["a"], variables={"rack": "r1"})
        self.done("host", "set", "web1", "--note", "x", "--label", "b", "--var", "cores=64")
        found = self.craton.hosts.get(host.id)
        self.assertEqual("x", found.note)
        self.assertEqual(["a", "b"], found.labels.get())
        self.assertEqual({"rack": "r1", "cores": 64}, found.variables.get().to_dict())

    def test_the_region_of_the_host_is_looked_up_once(self):
        host = self.make_host(name="web1")
        region = self.craton.regions.get(host.region_id).name
        done = self.enter("-v", "host", "set", "web1", "--region", region, "--note", "x")
        self.assertEqual((0, 1), (done.status, done.err.count(f"/regions?name={region}")))

    def test_a_parent_and_none(self):
        parent = self.make_host(name="chassis")
        child = self.make_host(name="blade", region_id=parent.region_id)
        self.done("host", "set", "--parent", "chassis", "blade")
        self.assertEqual(parent.id, self.craton.hosts.get(child.id).parent_id)
        self.done("host", "unset", "--parent", "blade")
        self.assertIsNone(self.craton.hosts.get(child.id).parent_id)

    def test_every_kind_that_can_be_changed(self):
        with programs.opened(self.database) as fleet:
            programs.fill(fleet)
        for kind, name in (*programs.OWNERS, ("network interface", "1")):
            with self.subTest(kind):
                before = self.enter(*kind.split(), "show", name, "-f", "json").json
                self.done(*kind.split(), "set", name, "--name", f"a {kind}")
                after = self.enter(*kind.split(), "show", str(before["id"]), "-f", "json").json
                self.assertEqual(f"a {kind}", after["name"])
                for changing in ("name", "updated_at", "revision"):
                    before.pop(changing), after.pop(changing)
                self.assertEqual(before, after)

    def test_nothing_given(self):
        self.make_host(name="web1")
        for verb in ("set", "unset"):
            refused = self.enter("host", verb, "web1")
            self.assert_refused(refused, 2, "Nothing to change", "--label", "--var", "--parent")

    def test_what_cannot_be_changed(self):
        self.make_region(name="east")
        self.assert_refused(self.enter("region", "set", "east", "--id", "5"), 2, "--id")
        self.assert_refused(self.enter("region", "set", "east", "--nmae", "x"), 2, "--name?")

    def test_what_cannot_be_moved(self):
        for words in (
            ("host", "set", "h2", "--cloud", "test"),
            ("region", "set", "east", "--cloud", "test"),
            ("cell", "set", "c1", "--region", "east"),
            ("network interface", "set", "eth0", "--device", "h2"),
        ):
            with self.subTest(words):
                refused = self.enter(*words[0].split(), *words[1:])
                self.assert_refused(refused, 2, f"A {words[0]} cannot be moved to another")
        refused = self.enter("host", "unset", "h2", "--region", "east")
        self.assert_refused(refused, 2, "To move it, use 'host set --region'")

    def test_every_field_that_cannot_be_changed_says_so(self):
        for kind in v1.kinds():
            for verb in ("set", "unset"):
                command = commands.find([*kind.noun.split(), verb])
                if not command:
                    continue
                options = command(mock.Mock(), None).get_parser("x")._option_string_actions
                for name, field in kind.fields.items():
                    flag = field_options.flag(name, field)
                    if flag in options:
                        continue
                    with self.subTest(kind.noun, verb=verb, flag=flag):
                        refused = self.enter(*kind.noun.split(), verb, "x", f"{flag}=1")
                        bare = name.removesuffix("_id") if isinstance(field, Ref) else name
                        said = "removed" if field.update else "changed"
                        self.assert_refused(
                            refused, 2, f"the {bare} of a {kind.noun} cannot be {said}"
                        )

    def test_what_is_not_there(self):
        for name in ("nobody", "99"):
            self.assert_refused(self.enter("host", "set", name, "--note", "x"), 5, name)
            self.assert_refused(self.enter("host", "unset", name, "--parent"), 5, name)

    def test_a_name_that_is_taken(self):
        first = self.make_cloud(name="first")
        self.make_cloud(name="second")
        refused = self.enter("cloud", "set", "second", "--name", "first")
        self.assert_refused(refused, 6, "already exists")
        self.assertEqual("first", self.craton.clouds.get(first.id).name)

    def test_several_parts_are_one_change(self):
        host = self.make_host(name="web1", labels=["a"], variables={"x": {"y": 1}, "z": 1})
        for words in (
            ("set", "--note", "new", "--label", "b", "--var", "rack=r1"),
            ("set", "--inactive", "--var", "x.z=2"),
            ("unset", "--parent", "--label", "a", "--var", "x.y", "--var", "z"),
            ("variable", "unset", "web1", "x.z", "rack"),
        ):
            before = self.craton.changes.last_revision()
            self.done("host", *words, *(["web1"] if "web1" not in words else []))
            self.assertEqual(before + 1, self.craton.changes.last_revision())
        found = self.craton.hosts.get(host.id)
        self.assertEqual(("new", False), (found.note, found.active))
        self.assertEqual((["b"], {"x": {}}), (found.labels.get(), found.variables.own()))

    def test_all_parts_or_none(self):
        host = self.make_host(name="web1")
        words = ("host", "set", "web1", "--note", "new", "--label", "x" * 256)
        alone = self.enter("host", "set", "web1", "--label", "x" * 256)
        refused = self.enter(*words)
        self.assert_refused(refused, alone.status, "too long")
        self.assertEqual(alone.err.partition(" (Req")[0], refused.err.partition(" (Req")[0])
        self.assertIsNone(self.craton.hosts.get(host.id).note)
        wrong = ("host", "set", "web1", "--ip-address", "10.0.0.256")
        alone, both = self.enter(*wrong), self.enter(*wrong, "--label", "a")
        self.assertEqual((alone.status, alone.err), (both.status, both.err))
        self.assertEqual([], self.craton.hosts.get(host.id).labels.get())

    def test_what_fails_after_something_was_done(self):
        self.make_host(name="web1")
        with mock.patch.object(features, "of", return_value=frozenset()):
            refused = self.enter("host", "set", "web1", "--note", "new", "--label", "x" * 256)
        self.assert_refused(refused, 1, "labels: ", "too long", "Already done: note.")

    def test_nothing_is_done_when_something_cannot_be(self):
        host = self.make_host(name="web1", variables={"rack": "r1"})
        refused = self.enter("host", "set", "web1", "--note", "new", "--var", "rack.unit=1")
        self.assert_refused(refused, 2, "rack.unit", "rack is not an object", '"r1"')
        self.assertIsNone(self.craton.hosts.get(host.id).note)


class TestUnset(ChangeTestCase):
    """``unset`` removes fields, labels and variables."""

    def test_labels_and_variables(self):
        host = self.make_host(name="web1", labels=["a", "b", "c"], variables={"x": 1, "y": 2})
        self.done("host", "unset", "web1", "--label", "a", "--label", "c", "--var", "x")
        found = self.craton.hosts.get(host.id)
        self.assertEqual(["b"], found.labels.get())
        self.assertEqual({"y": 2}, found.variables.get().to_dict())

    def test_what_is_not_there(self):
        host = self.make_host(name="web1", labels=["a"], variables={"x": 1})
        self.assert_refused(
            self.enter("host", "unset", "web1", "--label", "a", "--label", "nope"), 5, "'nope'"
        )
        self.assert_refused(
            self.enter("host", "unset", "web1", "--var", "x", "--var", "nope.y"), 5, "nope.y"
        )
        found = self.craton.hosts.get(host.id)
        self.assertEqual(["a"], found.labels.get())
        self.assertEqual({"x": 1}, found.variables.get().to_dict())

    def test_what_is_inherited(self):
        host = self.make_host(name="web1")
        self.craton.regions.get(host.region_id).variables.update(dns="10.0.0.53")
        refused = self.enter("host", "unset", "web1", "--var", "dns")
        self.assert_refused(refused, 5, "'dns'", "It is inherited: unset it on the object")

    def test_kinds_without_anything_to_take_away(self):
        for kind in ("user", "network interface", "device"):
            refused = self.enter(*kind.split(), "unset", "1")
            self.assert_refused(refused, 2, "not a command")


class TestDelete(ChangeTestCase):
    """``delete`` deletes many objects and reports the failures."""

    def names(self) -> list[str]:
        """Return the names of the clouds."""
        return [cloud.name for cloud in self.craton.clouds.list()]

    def test_many_by_name_and_id(self):
        for name in "abc":
            self.make_cloud(name=name)
        self.done("cloud", "delete", "a", "3")
        self.assertEqual(["b"], self.names())

    def test_some_are_not_there(self):
        for name in "ab":
            self.make_cloud(name=name)
        failed = self.enter("cloud", "delete", "a", "nope", "99", "b")
        self.assertEqual((1, ""), (failed.status, failed.out))
        said = [line.partition(":")[0] for line in failed.err.splitlines()]
        self.assertEqual(["nope", "99"], said)
        self.assertEqual([], self.names())

    def test_one_that_is_not_there(self):
        for name in ("nope", "99"):
            self.assert_refused(self.enter("cloud", "delete", name), 5, name)

    def test_all_fail_alike(self):
        failed = self.enter("cloud", "delete", "x", "y")
        self.assertEqual((5, 2), (failed.status, len(failed.err.splitlines())))

    def test_one_that_is_in_use(self):
        parent = self.make_host(name="chassis")
        self.make_host(name="blade", region_id=parent.region_id, parent_id=parent.id)
        self.assert_refused(self.enter("host", "delete", "chassis"), 6, "in use")
        self.done("host", "delete", "blade", "chassis")

    def test_where_a_name_is_not_unique(self):
        hosts = [self.make_host(name="twin") for _ in range(2)]
        region = self.craton.regions.get(hosts[1].region_id)
        self.assert_refused(self.enter("host", "delete", "twin"), 5, "more than one")
        self.done("host", "delete", "--region", region.name, "twin")
        self.assertEqual([hosts[0].id], [host.id for host in self.craton.hosts.list()])

    def test_asking_needs_a_terminal(self):
        self.make_cloud(name="a")
        refused = self.enter("cloud", "delete", "--interactive", "a")
        self.assert_refused(refused, 2, "--interactive", "terminal")
        self.assertEqual(["a"], self.names())


class TestUsers(ChangeTestCase):
    """The role and the key of a user."""

    def setUp(self):
        super().setUp()
        self.user = self.craton.users.create(username="ada", project_id=programs.PROJECT)

    def test_role(self):
        for option, wanted in (("--admin", True), ("--no-admin", False)):
            self.done("user", "set", option, "ada")
            self.assertIs(wanted, self.craton.users.get(self.user.id).is_admin)

    def test_key(self):
        keys = {self.user.api_key}
        for words in ((), ("--admin",)):
            done = self.enter("user", "set", "--new-key", *words, "ada")
            self.assertEqual((0, f"{users.ONCE}\n"), (done.status, done.err))
            self.assertRegex(done.out, r"\A[^\s]{30,}\n\Z")
            keys.add(done.out.strip())
        self.assertEqual(3, len(keys))
        self.assertTrue(self.craton.users.get(self.user.id).is_admin)

    def test_nothing(self):
        self.assert_refused(self.enter("user", "set", "ada"), 2, "--admin")
        self.assert_refused(self.enter("user", "set", "--new-key", "bob"), 5, "'bob'")


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


class TestOnATerminal(ChangeTestCase):
    """``delete`` on a terminal."""

    def setUp(self):
        super().setUp()
        for name in "abc":
            self.make_cloud(name=name)

    def test_many_show_how_far_they_are(self):
        never_quiet = mock.patch.object(terminal.Progress, "QUIET_FOR", 0)
        one_by_one = mock.patch.object(features, "of", return_value=frozenset())
        with never_quiet, one_by_one, mock.patch("io.StringIO", Terminal):
            done = self.enter("cloud", "delete", "a", "nobody", "c")
        self.assertEqual((1, ""), (done.status, done.out))
        first, said = done.err.split("\r\x1b[K")
        self.assertEqual("\r1 of 3 clouds", first)
        self.assertIn("nobody: No cloud has", said)

    def test_yes_and_no(self):
        with mock.patch("sys.stdin", Terminal("y\nn\n\n")):
            done = self.enter("cloud", "delete", "-i", "a", "b", "c")
        self.assertEqual((0, ""), (done.status, done.out))
        self.assertIn("Delete the cloud a with id 1", done.err)
        self.assertEqual(["b", "c"], [cloud.name for cloud in self.craton.clouds.list()])


class TestWhere(ChangeTestCase):
    """Options for the place of an object whose name is not unique."""

    def setUp(self):
        super().setUp()
        for cloud in ("prod", "test"):
            cloud_id = self.make_cloud(name=cloud).id
            region = self.make_region(name="east", cloud_id=cloud_id)
            cell = self.make_cell(name="c1", region_id=region.id)
            self.make_host(name="web1", region_id=region.id, cell_id=cell.id, note=cloud)

    def note(self, *words: str) -> t.Any:
        """Return the note of the host that the words select."""
        shown = self.assert_done(self.enter("host", "show", "web1", *words, "-f", "json"))
        return shown.json["note"]

    def test_in_a_cloud(self):
        for cloud in ("prod", "test"):
            self.assertEqual(cloud, self.note("--cloud", cloud))

    def test_a_region_in_a_cloud(self):
        for cloud in ("prod", "test"):
            for words in (("--cloud", cloud, "--region", "east"), ("--region", "east")):
                words = ("--cell", "c1", *words, "--cloud", cloud)
                self.assertEqual(cloud, self.note(*words))

    def test_not_narrow_enough(self):
        for words in ((), ("--region", "east"), ("--cell", "c1")):
            self.assert_refused(self.enter("host", "show", "web1", *words), 5, "more than one")

    def test_an_id_that_is_elsewhere(self):
        refused = self.enter("host", "show", "1", "--cloud", "test")
        self.assert_refused(refused, 5, "'1' in cloud test")

    def test_references_in_other_options(self):
        words = ("--ip-address", "10.0.0.9", "--device-type", "server", "web2", "-f", "json")
        made = self.enter(
            "host", "create", "--cell", "c1", "--region", "east", "--cloud", "test", *words
        )
        self.assertEqual(
            [2, 2, 2],
            [self.assert_done(made).json[n] for n in ("cloud_id", "region_id", "cell_id")],
        )
        found = self.enter(
            *("host", "list", "--cloud", "test", "--region", "east", "-f", "json"),
        )
        self.assertEqual(["web1", "web2"], [row["name"] for row in found.json])

    def test_a_port_of_a_device_in_a_region(self):
        made = self.enter(
            *("network", "interface", "create", "--device", "web1", "--cloud", "test"),
            *("--ip-address", "10.0.0.9", "--interface-type", "ethernet", "eth0", "-f", "json"),
        )
        self.assertEqual(2, self.assert_done(made).json["device_id"])
        shown = self.enter(
            *("network", "interface", "show", "--device", "web1", "--cloud", "test", "eth0"),
            *("-f", "json"),
        )
        self.assertEqual("eth0", self.assert_done(shown).json["name"])
