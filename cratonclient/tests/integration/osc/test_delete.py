# SPDX-License-Identifier: Apache-2.0
"""``delete`` shows what it deletes, asks, and says how to go on after Ctrl-C."""

from __future__ import annotations

import io
import typing as t
from unittest import mock

from cratonclient import crud, exceptions, features, v1
from cratonclient.changes import ChangeManager
from cratonclient.tests import base
from cratonclient.tests.integration.osc import programs
from cratonclient_osc.output import terminal
from cratonclient_osc.verbs import bulk, effects


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


class DeletionTestCase(base.FleetTestCase, programs.CommandTestCase):
    """Tests on a fleet of their own."""

    def setUp(self) -> None:
        super().setUp()
        programs.fill(self.craton)

    def enter(self, *words: str, **settings: str) -> programs.Result:
        """Run ``craton`` on the fleet."""
        return programs.craton(*words, CRATON_URL=self.database, **settings)

    def enter_on_terminal(self, *words: str, answer: str = "") -> programs.Result:
        """Run ``craton`` on a terminal on which somebody types an answer.

        The counter does not appear, however busy the machine is.
        """
        screen = mock.patch("io.StringIO", Terminal)
        quiet = mock.patch.object(terminal.Progress, "QUIET_FOR", float("inf"))
        with screen, quiet, mock.patch("sys.stdin", Terminal(answer)):
            return self.enter(*words, NO_COLOR="1")

    def numbers(self) -> dict[str, int]:
        """Return how many objects of each kind there are."""
        return {
            kind.collection: len(list(getattr(self.craton, kind.collection).list()))
            for kind in v1.kinds()
            if kind.can("delete")
        }


class TestHelp(programs.CommandTestCase):
    """The help says what the server does."""

    def text(self, *noun: str) -> str:
        """Return the description of a command, in one line."""
        done = self.assert_done(programs.craton("help", *noun, "delete"))
        return " ".join(done.out.partition("\n\n")[2].split()).partition(" positional")[0]

    def test_what_is_deleted_and_what_prevents_it(self):
        parents = "the parent of a host or the parent of a network device"
        port = "the network of a network interface"
        for noun, said in (
            ("network interface", "Delete network interfaces."),
            ("user key", "Delete user keys."),
            ("user", "Delete users and their user keys."),
            (
                "network",
                f"Delete networks. The server refuses this while it is {port} that stays.",
            ),
            (
                "host",
                "Delete hosts and their network interfaces. The server refuses this while an "
                f"object is {parents} that stays.",
            ),
            (
                "cell",
                "Delete cells and their hosts, network devices, networks and network "
                "interfaces. The server refuses this while an object is "
                f"{parents} or {port} that stays.",
            ),
        ):
            with self.subTest(noun):
                self.assertEqual(said, self.text(*noun.split()))


class TestQuestion(DeletionTestCase):
    """A terminal asks before a deletion takes other objects with it."""

    question = (
        "The cloud prod with id 1 (project_id 00000000-0000-0000-0000-000000000001)\n"
        "With it: 1 region, 1 cell, 4 hosts, 1 network device, 1 network and 2 network "
        "interfaces.\n"
        "Delete the cloud and everything in it? [y/N] "
    )

    def test_no(self):
        before = self.numbers()
        for answer in ("n\n", "\n", "", "yo\n"):
            done = self.enter_on_terminal("cloud", "delete", "prod", answer=answer)
            line_end = "" if answer else "\n"
            wanted = f"{self.question}{line_end}Nothing was deleted.\n"
            self.assertEqual((1, "", wanted), done)
        self.assertEqual(before, self.numbers())

    def test_yes(self):
        done = self.enter_on_terminal("cloud", "delete", "prod", answer="y\n")
        self.assertEqual((0, "", self.question), done)
        self.assertEqual((1, 1), (self.numbers()["clouds"], self.numbers()["hosts"]))

    def test_what_joins_after_the_question_is_not_deleted(self):
        host = self.craton.hosts.get(1)
        place = {"cloud_id": host.cloud_id, "region_id": host.region_id}
        new: dict[str, t.Any] = {**place, "device_type": "server", "ip_address": "192.0.2.99"}

        joined: list[str] = []

        def join(*_: str) -> bool:
            joined.append(f"joins-{len(joined)}")
            self.craton.hosts.create(name=joined[-1], **new)
            return True

        for words in (["prod"], ["prod", "test"], ["--where=name=prod"], ["-i", "prod"]):
            with self.subTest(words=words), mock.patch.object(terminal, "confirm", join):
                done = self.enter_on_terminal("cloud", "delete", *words, answer="")
                self.assertNotEqual(0, done.status)
                self.assertIn(joined[-1], done.err)
                self.assertEqual(host, self.craton.hosts.get(1))

    def test_one_question_for_many(self):
        done = self.enter_on_terminal("host", "delete", "h2", "h1-vm-box", "nope", answer="y\n")
        self.assertEqual(1, done.status)
        self.assertEqual(["nope"], [line.partition(":")[0] for line in done.err.splitlines()])
        done = self.enter_on_terminal("cloud", "delete", "prod", "test", answer="YES\n")
        self.assertEqual(0, done.status)
        self.assertIn("Delete 2 clouds and everything in them?", done.err)
        self.assertEqual(0, self.numbers()["network_interfaces"])

    def test_yes_as_an_option(self):
        self.assertEqual(
            (0, "", ""), self.enter_on_terminal("cloud", "delete", "prod", "--yes")
        )
        self.assertEqual((0, "", ""), self.enter_on_terminal("cloud", "delete", "-y", "test"))

    def test_without_a_terminal(self):
        self.assertEqual((0, "", ""), self.enter("cloud", "delete", "prod"))

    def test_a_terminal_with_redirected_output(self):
        screen = self.folder() / "tty"
        with (
            mock.patch("sys.stdin", Terminal("n\n")),
            mock.patch.object(terminal, "_TERMINAL", str(screen)),
        ):
            done = self.enter("cloud", "delete", "prod")
        self.assertEqual((1, "", "Nothing was deleted.\n"), done)
        self.assertEqual(self.question, screen.read_text())

    def test_an_object_without_others(self):
        self.assertEqual((0, "", ""), self.enter_on_terminal("host", "delete", "h2"))

    def test_a_question_for_each_object_shows_the_others(self):
        done = self.enter_on_terminal("network", "device", "delete", "-i", "sw1", answer="y\n")
        self.assertEqual(0, done.status)
        self.assertIn("and with it 1 network interface? [y/N]", done.err)

    def test_each_way_to_select_shows_the_others_of_each_object(self):
        for kind in v1.kinds():
            if not (kind.can("delete") and effects.possible(kind)):
                continue
            objects = [*getattr(self.craton, kind.collection).list()]
            taken = [effects.of(self.craton, one).taken for one in objects]
            self.assertTrue(any(taken), kind.noun)
            wanted = [f", and with it {also}? [y/N]" if also else ")? [y/N]" for also in taken]
            first = next(i for i, also in enumerate(taken) if also)
            names = [f"id:{one.id}" for one in objects]
            for words, asked in (
                ([names[first]], [wanted[first]]),
                (names, wanted),
                (["--all"], wanted),
            ):
                with self.subTest(kind.noun, words=words):
                    noun = kind.noun.split()
                    done = self.enter_on_terminal(*noun, "delete", "-i", *words, answer="n\n")
                    self.assertEqual((0, ""), (done.status, done.out))
                    self.assertEqual(len(asked), done.err.count("[y/N]"))
                    for text in asked:
                        self.assertIn(text, done.err)


class TestDryRun(DeletionTestCase):
    """``--dry-run`` shows what would be deleted, everywhere."""

    def test_every_kind(self):
        before = self.numbers()
        for kind, name, taken in (
            ("cloud", "prod", "1 region, 1 cell, 4 hosts, 1 network device, 1 network and 2"),
            ("region", "east", "1 cell, 4 hosts, 1 network device, 1 network and 2 network"),
            ("cell", "c2", None),
            ("host", "h2", None),
            ("network device", "sw1", "1 network interface."),
            ("network interface", "1", None),
            ("project", "research", "2 users and 3 user keys."),
            ("user", "ada", "1 user key."),
            ("user key", "laptop", None),
        ):
            done = self.enter(*kind.split(), "delete", "--dry-run", name)
            with self.subTest(kind):
                self.assertEqual((0, ""), (done.status, done.err))
                self.assertRegex(done.out, rf"\AWould delete the {kind} \S+ with id .*\.\n\Z")
                self.assertIn(f", and with it {taken}" if taken else ").", done.out)
        self.assertEqual(before, self.numbers())

    def test_objects_that_prevent_it(self):
        for kind, name in (("host", "h1-vm"), ("network", "lan")):
            refused = self.enter(*kind.split(), "delete", "--dry-run", name)
            self.assert_refused(refused, 6, f"The {kind} {name}", "cannot be deleted")
        self.assertIn("h1-vm-box", self.enter("host", "delete", "--dry-run", "h1-vm").err)

    def test_some_objects_do_not_exist(self):
        done = self.enter("host", "delete", "--dry-run", "h2", "nope")
        self.assertEqual((1, 1), (done.status, len(done.out.splitlines())))

    def test_it_excludes_yes(self):
        refused = self.enter("host", "delete", "--dry-run", "--yes", "h2")
        self.assertEqual(2, refused.status)


class TestUnknownEffects(DeletionTestCase):
    """If the effects of a deletion cannot be found out, nothing is deleted without --yes."""

    def test_on_a_terminal(self):
        before = self.numbers()
        for error, status in ((exceptions.Timeout, 7), (exceptions.Forbidden, 4)):
            with (
                mock.patch.object(crud.CRUDClient, "deletion", side_effect=error),
                mock.patch.object(ChangeManager, "post", side_effect=error),
            ):
                for options in ([], ["--interactive"]):
                    words = ["cloud", "delete", *options, "prod"]
                    done = self.enter_on_terminal(*words, answer="y\n")
                    self.assertEqual(status, done.status, done.err)
        self.assertEqual(before, self.numbers())


class TestOriginalServer(DeletionTestCase):
    """An original server cannot tell what a deletion deletes, so objects are counted."""

    def test_the_numbers_come_from_lists(self):
        unknown = mock.patch.object(
            crud.CRUDClient, "deletion", side_effect=exceptions.NotFound
        )
        with unknown, programs.opened(self.database) as fleet:
            found = {
                name: effects.of(fleet, getattr(fleet, name).get(1)).taken
                for name in ("clouds", "regions", "hosts")
            }
        wanted = {
            "clouds": "1 region, 1 cell, 4 hosts, 1 network device and the networks and "
            "network interfaces in it",
            "regions": "1 cell, 4 hosts, 1 network device, 1 network and the network "
            "interfaces in it",
            "hosts": "1 network interface",
        }
        self.assertEqual(wanted, found)

    def test_objects_that_the_server_cannot_list(self):
        before = self.numbers()
        with (
            mock.patch.object(bulk.Bulk, "is_atomic", False),
            mock.patch.multiple(
                crud.CRUDClient,
                deletion=mock.Mock(side_effect=exceptions.NotFound),
                pages=mock.Mock(side_effect=exceptions.InternalServerError),
            ),
        ):
            done = self.enter_on_terminal("cloud", "delete", "id:1", answer="n\n")
            shown = self.enter("cloud", "delete", "--dry-run", "id:1")
        self.assertEqual(1, done.status)
        self.assertIn("contains objects that the server cannot list.", done.err)
        self.assertIn("Nothing was deleted.", done.err)
        self.assertEqual(0, shown.status)
        self.assertIn("and with it objects that the server cannot list.", shown.out)
        self.assertEqual(before, self.numbers())

    def test_an_object_that_the_server_cannot_show(self):
        get = crud.CRUDClient.get

        def fail(manager: t.Any, item_id: t.Any = None, *args: t.Any, **kw: t.Any) -> t.Any:
            if manager.key == "host":
                raise exceptions.InternalServerError
            return get(manager, item_id, *args, **kw)

        before = self.numbers()["hosts"]
        with mock.patch.object(crud.CRUDClient, "get", fail):
            for name in ("nope", "name:4"):
                self.assertEqual(5, self.enter("host", "delete", name).status)
            for number in ("4", "id:3"):
                self.assertEqual((0, "", ""), self.enter("host", "delete", number))
        self.assertEqual(before - 2, self.numbers()["hosts"])

    def test_an_object_whose_name_the_server_cannot_look_up(self):
        before = self.numbers()["hosts"]
        failing = mock.Mock(side_effect=exceptions.InternalServerError("Internal error."))
        with mock.patch.multiple(crud.CRUDClient, get=failing, list=failing):
            for words, hint in (
                (["h2"], "'h2', delete it by its id alone: id:<id>"),
                (["name:4"], "'4', delete it by its id alone: id:<id>"),
                (["4"], "'4', delete it by its id alone: id:4"),
                (["--dry-run", "h2"], "'h2', delete it by its id alone: id:<id>"),
            ):
                refused = self.enter("host", "delete", *words)
                self.assert_refused(refused, 8, "Internal error. If the server cannot", hint)
            self.assertEqual((0, "", ""), self.enter("host", "delete", "id:4"))
        self.assertEqual(before - 1, self.numbers()["hosts"])

    def test_an_object_that_the_server_cannot_show_and_another_with_its_id_as_name(self):
        self.craton.hosts.update(3, name="4")
        before = self.numbers()["hosts"]
        with mock.patch.object(
            crud.CRUDClient, "get", side_effect=exceptions.InternalServerError
        ):
            done = self.enter("host", "delete", "4")
        self.assert_refused(done, 5, "use id:4", "use name:4: 3")
        self.assertEqual(before, self.numbers()["hosts"])


class TestInterrupted(DeletionTestCase):
    """Ctrl-C says what is done and how to go on."""

    def without_features(self) -> t.Any:
        """Make the server one that deletes objects one after the other."""
        return mock.patch.object(features, "of", return_value=frozenset())

    def test_many_objects(self):
        delete = crud.CRUDClient.delete

        def interrupted(manager: t.Any, item_id: t.Any = None, **kw: t.Any) -> t.Any:
            if item_id == 3:
                raise KeyboardInterrupt
            return delete(manager, item_id, **kw)

        with self.without_features(), mock.patch.object(crud.CRUDClient, "delete", interrupted):
            done = self.enter("host", "delete", "h2", "nope", "id:3", "h1-vm")
        self.assertEqual((130, ""), (done.status, done.out))
        self.assertIn("Interrupted: 1 of 4 hosts deleted, 1 failed, 2 left.", done.err)
        self.assertIn("names that are left: id:3 h1-vm\n", done.err)

    def test_more_objects_than_a_message_lists(self):
        names = [f"n{number}" for number in range(22)]
        interrupted = mock.patch.object(
            crud.CRUDClient, "delete", side_effect=KeyboardInterrupt
        )
        with self.without_features(), interrupted:
            done = self.enter("host", "delete", "h2", *names)
        self.assertEqual(130, done.status)
        self.assertIn("repeat the whole command with --ignore-missing.", done.err)
        self.assertIn("names that are left: h2 n0 n1 ", done.err)

    def interrupt_on_terminal(self, *words: str, after: tuple[str, ...] = ()) -> str:
        """Run ``craton`` on a terminal, answer, press Ctrl-C; return what the screen shows."""
        keys = Terminal()
        answers = mock.patch.object(keys, "readline", side_effect=[*after, KeyboardInterrupt])
        with mock.patch("io.StringIO", Terminal), mock.patch("sys.stdin", keys), answers:
            done = self.enter(*words, NO_COLOR="1")
        self.assertEqual((130, ""), (done.status, done.out))
        return done.err

    def test_before_the_first_deletion(self):
        shown = self.interrupt_on_terminal("cloud", "delete", "prod", "test")
        self.assertTrue(shown.endswith("[y/N] \nInterrupted: nothing was deleted.\n"), shown)
        counting = mock.patch.object(effects, "of", side_effect=KeyboardInterrupt)
        with self.without_features(), counting:
            shown = self.interrupt_on_terminal("cloud", "delete", "prod", "test")
        self.assertTrue(shown.endswith("Interrupted: nothing was deleted.\n"), shown)
        self.assertEqual(2, self.numbers()["clouds"])

    def test_objects_that_the_user_keeps(self):
        shown = self.interrupt_on_terminal(
            "host", "delete", "-i", "h2", "h1-vm-box", "h1-vm", after=("n\n", "y\n")
        )
        self.assertIn("Interrupted: 1 of 3 hosts deleted, 1 kept, 1 left.", shown)
