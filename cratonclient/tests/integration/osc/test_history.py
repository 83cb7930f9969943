# SPDX-License-Identifier: Apache-2.0
"""``change list``, ``show``, ``undo`` and ``follow`` on a fleet in a file and on a server."""

from __future__ import annotations

import datetime
import json
import select
import signal
import subprocess
import typing as t
from unittest import mock

from cratonclient.tests.integration.osc import programs, terminal
from cratonclient.v1 import client
from cratonclient_osc.change import summary
from cratonclient_osc.output import terminal as output_terminal

HOST: dict[str, t.Any] = {"cloud_id": 1, "region_id": 1, "device_type": "server"}
TREE = {"os": {"kernel": "5.10", "disks": [1, 2]}, "rack": "r1"}


def fill(fleet: client.Client) -> None:
    """Make changes. The first revision is that of the fleet itself."""
    fleet.clouds.create(name="prod")
    fleet.regions.create(name="east", cloud_id=1)
    host = fleet.hosts.create(name="web-1", ip_address="10.0.0.1", variables=TREE, **HOST)
    with fleet.because("moved"):
        fleet.hosts.update(host.id, note="new place")
    new = {"os": {"kernel": "5.15", "disks": [1, 9, 7]}, "flag": True}
    with fleet.changes.new() as changes:
        changes.set_variables(host, new)
    with fleet.changes.new("two at once") as changes:
        for number in (2, 3):
            changes.create("hosts", name=f"web-{number}", ip_address=f"10.0.0.{number}", **HOST)
        changes.add_labels(host, "lb")
    fleet.hosts.delete(2)
    fleet.regions.create(name="12", cloud_id=1)


class HistoryTestCase(programs.CommandTestCase):
    """Tests with a new fleet, whose history :func:`fill` makes."""

    def setUp(self) -> None:
        super().setUp()
        self.url = programs.new_fleet(self.folder())
        with programs.opened(self.url) as fleet:
            fill(fleet)

    def change(self, *words: str) -> programs.Result:
        return programs.craton("change", *words, CRATON_URL=self.url)

    def listed(self, *words: str) -> list[t.Any]:
        """Return the revisions that a list has."""
        done = self.assert_done(self.change("list", *words, "-f", "json"))
        return [row["revision"] for row in done.json]


class TestList(HistoryTestCase):
    def test_what_happened(self):
        rows = self.assert_done(self.change("list")).rows
        self.assertEqual([*summary.COLUMNS], [*rows[0]])
        self.assertEqual(
            [
                ("9", "1 region created", "null"),
                ("8", "1 host deleted", "null"),
                ("7", "2 hosts created, 1 host updated", "two at once"),
                ("6", "1 host updated", "null"),
                ("5", "1 host updated", "moved"),
                ("4", "1 host created", "null"),
                ("3", "1 region created", "null"),
                ("2", "1 cloud created", "null"),
                ("1", "1 project created", "null"),
            ],
            [(row["revision"], row["summary"], row["reason"]) for row in rows],
        )

    def test_by_object(self):
        for words in (
            ("--host", "web-1"),
            ("--host", "1"),
            ("--host", "id:1"),
            ("--kind", "hosts", "--id", "web-1"),
            ("--kind", "hosts", "--id", "1"),
            ("--device", "web-1"),
        ):
            self.assertEqual([7, 6, 5, 4], self.listed(*words), str(words))
        self.assertEqual([8, 7], self.listed("--host", "2"))  # it is deleted
        self.assertEqual([9], self.listed("--region", "name:12"))
        self.assertEqual([9, 3], self.listed("--kind", "regions"))

    def test_by_names_that_objects_had(self):
        for words in (
            ("--kind", "host", "--name", "web-2"),
            ("--kind", "hosts", "--name", "web-2"),
            ("--kind", "device", "--name", "web-2"),
            ("--kind", "host", "--id", "web-2"),
            ("--host", "web-2"),  # no host has this name any more
            ("--host", "name:web-2"),
        ):
            self.assertEqual([8, 7], self.listed(*words), str(words))
        self.assert_refused(self.change("list", "--host", "id:x"), 2, "not an id")
        self.assertEqual([], self.listed("--kind", "region", "--name", "web-2"))
        with programs.opened(self.url) as fleet:
            fleet.hosts.update(3, name="db-3")
            fleet.hosts.create(name="web-2", ip_address="10.0.0.2", **HOST)
            fleet.hosts.delete(3)
        for name in ("web-3", "db-3"):
            self.assertEqual([12, 10, 7], self.listed("--kind", "host", "--name", name))
            self.assertEqual([12, 10, 7], self.listed("--host", name))
        self.assertEqual([11], self.listed("--host", "web-2"))  # the one that exists
        self.assertEqual([11, 8, 7], self.listed("--kind", "host", "--name", "web-2"))
        self.assertEqual([12], self.listed("--host", "db-3", "--limit", "1"))
        found = [one.revision for one in self.library(kind="hosts", name="web-2", limit=2)]
        self.assertEqual([11, 8], found)
        range_ = ("--after", "7", "--limit", "2", "-f", "json", "-c", "revision")
        done = self.change("follow", "--kind", "host", "--name", "db-3", *range_)
        self.assertEqual([10, 12], [row["revision"] for row in self.assert_done(done).json])

    def library(self, **filters: t.Any) -> list[t.Any]:
        """Return the changes that the library lists."""
        with programs.opened(self.url) as fleet:
            return [*fleet.changes.list(**filters)]

    def test_by_user_and_reason(self):
        self.assertEqual([1], self.listed("--user", "craton-server"))
        self.assertEqual([5], self.listed("--reason", "ove"))

    def test_sorting_and_paging(self):
        self.assertEqual([1, 2, 3], self.listed("--sort", "revision", "--limit", "3"))
        self.assertEqual([4, 5], self.listed("--sort=revision:asc", "--marker=3", "--limit=2"))
        self.assertEqual([9, 8], self.listed("--sort", "created_at:desc", "--limit", "2"))
        self.assertEqual([2, 1], self.listed("--marker", "3"))
        self.assertEqual([1, 2], self.listed("--marker", "3", "--sort-column", "revision"))

    def test_more_than_a_page(self):
        with programs.opened(self.url) as fleet:
            for number in range(110):
                fleet.clouds.update(1, note=str(number))
        self.assertEqual([*range(119, 0, -1)], self.listed())
        self.assertEqual([*range(119, 14, -1)], self.listed("--limit", "105"))

    def test_times(self):
        now = datetime.datetime.now(datetime.UTC)
        zone = datetime.timezone(datetime.timedelta(hours=5))
        ago = (now - datetime.timedelta(hours=1)).astimezone(zone)
        everything = [*range(9, 0, -1)]
        for since in ("1h", "7d", "3600s", "2w", ago.isoformat(), "2017-01-01", "20170101"):
            self.assertEqual(everything, self.listed("--since", since), since)
            self.assertEqual([], self.listed("--until", since), since)
        # A date is the whole day: from its begin, and to its end.
        tomorrow = (now + datetime.timedelta(days=1)).date().isoformat()
        self.assertEqual(everything, self.listed("--until", tomorrow))
        self.assertEqual([], self.listed("--since", tomorrow))

    def test_columns(self):
        done = self.change(
            "list", "-c", "undoes", "-c", "revision", "--limit", "1", "-f", "csv"
        )
        self.assertEqual('"undoes","revision"\r\n"null",9\r\n', done.out)
        done = self.change("list", "--long", "--limit", "1", "-f", "json")
        self.assertEqual(
            [n for n in summary.KNOWN if n not in ("counts", "objects")], [*done.json[0]]
        )
        done = self.change(
            "list", "-c", "objects", "-c", "counts", "--limit", "1", "-f", "json"
        )
        [row] = done.json
        self.assertEqual({"regions": {"created": 1}}, row["counts"])
        self.assertEqual("12", row["objects"][0]["name"])

    def test_wrong_usage(self):
        for words, said in {
            ("--since", "yesterday"): "--since: 'yesterday' is not a time",
            ("--since", "2h ago"): "is not a time",
            ("--since", "999999999w"): "too long ago",
            ("--until", "2027-13-01"): "is not a time",
            ("--id", "1"): "--id needs --kind, such as --kind hosts.",
            ("--host", "a", "--region", "b"): "Name one object",
            ("--host", "a", "--kind", "hosts"): "Name one object",
            ("--host", ""): "must not be empty",
            ("--kind", "hoste"): "invalid choice",
            ("--name", "a"): "--name needs --kind, such as --kind hosts.",
            ("--kind", "hosts", "--id", "a", "--name", "b"): "Use --id for one object, or",
            ("--host", "a", "--name", "b"): "--name needs --kind",
            ("--limit", "0"): "not a positive whole number",
            ("--marker", "0"): "not a revision",
            ("--sort", "reason"): "Unknown sort key 'reason'",
            ("-c", "nothing"): "nothing",
        }.items():
            self.assert_refused(self.change("list", *words), 2, said)
        self.assert_refused(self.change("list", "--host", "nobody"), 5, "'nobody'")


class TestLastChange(HistoryTestCase):
    def test_of_an_object(self):
        for word in ("web-1", "1"):
            done = programs.craton(
                *("host", "show", word, "-f", "json", "-c", "last_change", "-c", "name"),
                CRATON_URL=self.url,
            )
            found = self.assert_done(done).json
            self.assertEqual(["last_change", "name"], [*found])
            self.assertEqual(
                (7, "owner", "two at once"),
                tuple(found["last_change"][n] for n in ("revision", "username", "reason")),
            )


class TestShow(HistoryTestCase):
    def difference(self, revision: int) -> str:
        """Return the text below the table."""
        done = self.assert_done(self.change("show", str(revision)))
        table, _, text = done.out.rpartition("-+\n")
        self.assertEqual(str(revision), programs.read_table(f"{table}-+\n")[0]["Value"])
        return text

    def test_only_paths_that_changed(self):
        title, *lines = self.difference(6).splitlines()
        self.assertEqual("~ host web-1 (id 1)", title)
        self.assertEqual(
            {
                "    + variables.flag: true",
                "    variables.os.disks[1]: 2 → 9",
                "    + variables.os.disks[2]: 7",
                '    variables.os.kernel: "5.10" → "5.15"',
            },
            {*lines},
        )

    def test_fields_and_labels(self):
        self.assertEqual(
            '~ host web-1 (id 1)\n    note: null → "new place"\n', self.difference(5)
        )
        self.assertIn("~ host web-1 (id 1)\n    + label lb\n", self.difference(7))

    def test_an_update_has_only_what_differs(self):
        with programs.opened(self.url) as fleet:
            fleet.hosts.get(1).labels.remove("lb")
        for revision, before, after in (
            (5, {"note": None}, {"note": "new place"}),
            (6, {"variables": {"os": TREE["os"]}}, {"variables": {"flag": True}}),
            (7, {}, {"labels": ["lb"]}),
            (10, {"labels": ["lb"]}, {}),
        ):
            done = self.assert_done(self.change("show", str(revision), "-f", "json"))
            (found,) = [one for one in done.json["objects"] if one["action"] == "updated"]
            found["after"].get("variables", {}).pop("os", None)
            self.assertEqual((before, after), (found["before"], found["after"]))

    def test_names_of_references_and_of_what_is_gone(self):
        self.assertEqual(
            "- host web-2 (id 2)\n"
            "    active: true\n"
            "    cloud_id: 1 (prod)\n"
            '    device_type: "server"\n'
            '    ip_address: "10.0.0.2"\n'
            "    region_id: 1 (east)\n",
            self.difference(8),
        )
        programs.craton("host", "delete", "web-1", CRATON_URL=self.url)
        self.assertIn("~ host web-1 (id 1)\n", self.difference(5))

    def test_programs(self):
        done = self.assert_done(self.change("show", "5", "-f", "json")).json
        self.assertEqual(
            (5, "moved", "1 host updated"), (done["revision"], done["reason"], done["summary"])
        )
        self.assertIsNone(done["undone_by"])
        [host] = done["objects"]
        self.assertEqual(
            ({"note": None}, {"note": "new place"}), (host["before"], host["after"])
        )
        done = self.change("show", "5", "-f", "value", "-c", "reason", "-c", "username")
        self.assertEqual("moved\nowner\n", done.out)

    def test_colours_on_a_terminal_only(self):
        for settings, colour in (({}, True), ({"NO_COLOR": "1"}, False)):
            shown = terminal.Terminal(
                self.folder(),
                *(programs.script("craton"), "change", "show", "6"),
                **{"CRATON_URL": self.url, **settings},
            )
            shown.expect("~ host web-1 (id 1)")
            text = str(shown.child.before) + str(shown.child.read())
            self.assertEqual(colour, "\x1b[33m" in text or "\x1b[32m" in text, text)

    def test_hostile_values(self):
        with programs.opened(self.url) as fleet:
            fleet.hosts.update(1, note="\x1b[2J\n+ host x")
        self.assertIn('→ "\\u001b[2J\\n+ host x"\n', self.difference(10))

    def test_what_is_not_there(self):
        self.assert_refused(self.change("show", "99"), 5, "no change with revision 99")
        for word in ("0", "x", "-1", "007"):
            self.assertEqual(2, self.change("show", word).status, word)


class TestUndo(HistoryTestCase):
    def note(self) -> t.Any:
        done = programs.craton("host", "show", "web-1", "-f", "json", CRATON_URL=self.url)
        return done.json["note"]

    def test_without_a_terminal_it_needs_yes(self):
        self.assert_refused(self.change("undo", "8"), 2, "--yes", "--dry-run")
        done = self.change("undo", "8", "--yes")
        self.assertEqual(
            (0, "", "Revision 8 is undone by revision 10: 1 host created.\n"), tuple(done)
        )
        again = self.change("undo", "10", "--yes", "--reason", "not needed")
        self.assertEqual("Revision 10 is undone by revision 11: 1 host deleted.\n", again.err)
        shown = self.change("show", "11", "-f", "json").json
        self.assertEqual(
            ("undo of 10: 1 host deleted", 10, "not needed"),
            (shown["summary"], shown["undoes"], shown["reason"]),
        )

    def test_a_dry_run(self):
        done = self.assert_done(self.change("undo", "8", "--dry-run"))
        self.assertTrue(
            done.out.startswith("+ host web-2 (id 2)\n    active: true\n"), done.out
        )
        self.assertEqual(9, self.listed()[0])

    def test_what_moved_on_is_listed(self):
        with programs.opened(self.url) as fleet:
            fleet.hosts.update(1, note="later")
        for words in (["--yes"], ["--dry-run"]):
            done = self.change("undo", "5", *words)
            self.assertEqual((6, ""), (done.status, done.out))
            first, last = done.err.splitlines()
            self.assertEqual("host web-1 (id 1): changed in revision 10", first)
            self.assertIn("Revision 5 cannot be undone", last)
            self.assertIn("--force", last)
        self.assertEqual("later", self.note())

        done = self.change("undo", "5", "--yes", "--force", "-q")
        self.assertEqual((0, "", ""), tuple(done))
        self.assertIsNone(self.note())

    def test_what_changes_after_the_question_is_kept(self):
        with programs.opened(self.url) as fleet:
            fleet.hosts.update(1, note="later")

            def change(*_: str) -> bool:
                fleet.hosts.update(1, note="latest")
                return True

            with (
                mock.patch.object(output_terminal, "confirm", change),
                mock.patch.object(output_terminal, "is_interactive", lambda: True),
            ):
                done = self.change("undo", "5", "--force")
        self.assertEqual((6, "latest"), (done.status, self.note()), done.err)
        self.assertIn("host 'web-1' (id 1, revision 11)", done.err)

    def test_objects_that_are_gone_are_named(self):
        with programs.opened(self.url) as fleet:
            fleet.hosts.delete(1)
        done = self.change("undo", "5", "--yes")
        self.assertIn("host web-1 (id 1): deleted in revision 10", done.err)
        done = self.change("undo", "5", "--dry-run", "--force")
        self.assertIn("nothing to undo", done.err)

    def test_many_that_moved_on_are_counted(self):
        with programs.opened(self.url) as fleet:
            region = next(fleet.regions.list())
            with fleet.changes.new() as changes:
                for number in range(103):
                    changes.create(
                        "hosts",
                        name=f"h{number}",
                        ip_address="192.0.2.7",
                        device_type="server",
                        region=region,
                        cloud_id=region.cloud_id,
                    )
            with fleet.changes.new() as later:
                for host in fleet.hosts.list(name_prefix="h"):
                    later.update(host, note="later")
        done = self.change("undo", str(changes.revision), "--yes")
        lines = done.err.splitlines()
        self.assertEqual((6, 102), (done.status, len(lines)), done.err[-500:])
        self.assertEqual("... and 3 more", lines[100])

    def test_nothing_to_undo(self):
        self.assert_refused(self.change("undo", "99", "--yes"), 5, "no change with revision 99")
        self.assertEqual(2, self.change("undo", "5", "--yes", "--dry-run").status)

    def ask(self, answer: str) -> tuple[str, int]:
        shown = terminal.Terminal(
            self.folder(), programs.script("craton"), "change", "undo", "8", CRATON_URL=self.url
        )
        shown.expect("+ host web-2 (id 2)", "Undo revision 8: 1 host created? [y/N] ")
        if answer == "Ctrl-C":
            shown.child.sendintr()
        else:
            shown.type(answer)
        text = shown.child.read()
        shown.child.close()
        return text, shown.child.exitstatus

    def test_the_question(self):
        text, status = self.ask("n\n")
        self.assertIn("Nothing was undone.", text)
        self.assertEqual((1, 9), (status, self.listed()[0]))
        text, status = self.ask("Ctrl-C")
        self.assertIn("Interrupted: nothing was undone.", text)
        self.assertEqual((130, 9), (status, self.listed()[0]))
        text, status = self.ask("y\n")
        self.assertIn("Revision 8 is undone by revision 10", text)
        self.assertEqual((0, 10), (status, self.listed()[0]))


class TestFollow(HistoryTestCase):
    def test_from_a_revision_to_a_number(self):
        done = self.change("follow", "--after", "6", "--limit", "3", "-f", "jsonl")
        rows = [json.loads(line) for line in self.assert_done(done).out.splitlines()]
        self.assertEqual([7, 8, 9], [row["revision"] for row in rows])
        done = self.change(
            "follow",
            "--after=0",
            "--host=web-1",
            "--limit=2",
            "-f",
            "value",
            "-c",
            "revision",
            "-c",
            "summary",
        )
        self.assertEqual("4 1 host created\n5 1 host updated\n", done.out)
        done = self.change("follow", "--after", "8", "--limit", "1")
        heading, row = self.assert_done(done).out.splitlines()
        self.assertEqual([*summary.COLUMNS], heading.split())
        self.assertRegex(row, r"^9  +\S+  owner  +1 region created$")
        done = self.change("follow", "--after", "4", "--limit=1", "-f=jsonl", "-c", "objects")
        [[host]] = json.loads(done.out).values()
        self.assertEqual({"note": "new place"}, host["after"])

    def test_wrong_usage(self):
        with mock.patch("cratonclient_osc.change.follow.time.sleep") as sleep:
            sleep.side_effect = [None, None, KeyboardInterrupt]
            self.change("follow")
        self.assertEqual([mock.call(0.5)] * 3, sleep.mock_calls)
        done = self.change("follow", "--sort-column", "revision")
        self.assert_refused(done, 2, "--sort-column")
        for word in ("-1", "x", "01"):
            self.assertEqual(2, self.change("follow", f"--after={word}").status)


class TestFollowing(programs.ServerTestCase):
    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start ``change follow`` as another program reads it."""
        home = str(self.folder())
        environment = programs.clean_environment(home) | self.server.settings
        process = subprocess.Popen(
            [programs.script("craton"), "change", "follow", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

        def end() -> None:
            process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def read(self, process: subprocess.Popen[str]) -> str:
        """Read the next line. It arrives while the program waits for another change."""
        assert process.stdout
        self.assertTrue(select.select([process.stdout], [], [], 30)[0], "nothing was printed")
        return process.stdout.readline()

    def test_each_line_at_once_until_ctrl_c(self):
        for words in (["-f", "jsonl"], ["-f", "csv"], ["-f", "value"], []):
            process = self.start("--after", "0", *words)
            self.assertTrue(self.read(process))
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=20)
            self.assertEqual((130, ""), (process.returncode, said), str(words))

    def test_a_reader_that_has_seen_enough(self):
        process = self.start("--after", "0", "--kind", "projects", "-f", "jsonl")
        self.assertTrue(self.read(process))
        assert process.stdout
        assert process.stderr
        process.stdout.close()  # no other change happens
        self.assertEqual(141, process.wait(timeout=30))
        self.assertEqual("", process.stderr.read())
