# SPDX-License-Identifier: Apache-2.0
"""``craton-server user`` and ``project``: the same rules as over the API, without a key."""

from __future__ import annotations

import contextlib
import io
import uuid

from cratonclient.tests import base as tests_base
from cratonclient.tests.integration.server import base, databases
from cratonserver import cli, composition
from cratonserver.identity import FIRST_PROJECT


class TestAdministration(tests_base.TestCase):
    def setUp(self):
        super().setUp()
        self.database = databases.new(self.addCleanup)
        self.store = composition.store_at(self.database)
        self.addCleanup(self.store.close)
        self.store.open()
        self.application = composition.application_of(self.store)

    def run_program(self, *words: str) -> tuple[int, str, str]:
        """Run the program in this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = cli.main([*words, "--database", self.database])
            except SystemExit as ending:
                status = int(ending.code or 0)
        return status, out.getvalue(), err.getvalue()

    def done(self, *words: str) -> list[list[str]]:
        """Run the program and return the columns of its output."""
        status, out, err = self.run_program(*words)
        self.assertEqual((0, ""), (status, err), str(words))
        return [line.split("\t") for line in out.splitlines()]

    def refused(self, *words: str) -> str:
        """Run the program, which must fail, and return the error message."""
        status, out, err = self.run_program(*words)
        self.assertEqual((1, "", 1), (status, out, len(err.splitlines())), err)
        return err

    def status_of(self, name: str, key: str, path: str) -> int:
        """Send a request as a user and return the status."""
        headers = base.credentials(name, key, FIRST_PROJECT)
        return base.Caller(self.application, headers).get(path).status

    def test_users_are_made_with_the_role_that_is_asked_for(self):
        for role, words, statuses in (
            ("member", (), (200, 403, 403)),
            ("member", ("--role=member",), (200, 403, 403)),
            ("reader", ("--role=reader",), (200, 403, 403)),
            ("admin", ("--admin",), (200, 200, 403)),
            ("admin", ("--role=admin",), (200, 200, 403)),
            ("root", ("--root",), (200, 200, 200)),
            ("root", ("--role=root",), (200, 200, 200)),
        ):
            wanted = base.unique(role)
            [[item_id, name, project, key]] = self.done("user", "create", wanted, *words)

            self.assertEqual((wanted, FIRST_PROJECT), (name, project))
            paths = ("/hosts", "/users", "/projects")
            self.assertEqual(statuses, tuple(self.status_of(name, key, path) for path in paths))
            self.assertIn([item_id, name, role, project], self.done("user", "list"))

    def test_the_history_says_that_the_program_made_the_changes(self):
        [[project]] = self.done("project", "create", base.unique("project"))
        self.done("user", "create", "ada", f"--project={project}")
        self.done("user", "set", "ada", f"--project={project}", "--role=reader")
        self.done("user", "set", "ada", f"--project={project}", "--root")
        self.done("user", "create", "eve", "--root", f"--project={project}")
        where = "--user=ada", f"--project={project}"
        self.done("user", "key", "create", "laptop", *where)
        self.done("user", "key", "delete", "laptop", *where)
        self.done("user", "key", "replace", "ada", f"--project={project}")
        self.done("quota", "set", project, "--hosts=7")
        self.done("quota", "delete", project)
        self.done("user", "delete", "ada", f"--project={project}")
        [[_, name, _, key]] = self.done("user", "create", "bob", "--root")
        root = base.Caller(self.application, base.credentials(name, key, FIRST_PROJECT))
        seen = set()
        for place in (project, FIRST_PROJECT):
            changes = root.get(f"/changes?project_id={place}&limit=100").json["changes"]
            self.assertLess(0, len(changes))
            names = ("username", "role", "user_id", "key_name", "address")
            seen |= {tuple(one[name] for name in names) for one in changes}
        self.assertEqual({("craton-server", "root", None, None, None)}, seen)

    def test_roles_change_and_the_last_root_stays(self):
        [[_, _, _, key]] = self.done("user", "create", "ada", "--root")
        self.done("user", "create", "bob")

        for words in (
            ("delete", "ada"),
            ("set", "ada", "--no-root"),
            ("set", "ada", "--no-admin"),
        ):
            self.assertIn("last root", self.refused("user", *words))
        self.done("user", "set", "bob", "--root")
        self.done("user", "set", "ada", "--no-root")
        self.assertEqual(403, self.status_of("ada", key, "/projects"))
        self.assertEqual(200, self.status_of("ada", key, "/users"))
        self.done("user", "set", "ada", "--no-admin")
        self.assertEqual(403, self.status_of("ada", key, "/users"))
        self.assertIn("--admin", self.refused("user", "set", "ada"))

    def test_a_role_changes_to_every_other(self):
        self.done("user", "create", "first", "--role=root")
        self.done("user", "create", "ada", "--role=root")
        for role in ("reader", "admin", "root", "member", "root", "admin", "reader"):
            self.done("user", "set", "ada", "--role", role)
            self.assertEqual(role, self.done("user", "list")[1][2])
        for words in (("--role=reader", "--admin"), ("--role=root", "--no-root", "--root")):
            self.assertIn("exclude each other", self.refused("user", "set", "ada", *words))

    def test_keys_are_listed_made_and_deleted(self):
        [[_, _, _, first]] = self.done("user", "create", "ada")
        self.done("user", "create", "bob")
        expires = ("--expires", "2999-01-31")
        [[key_id, user, name, second]] = self.done(
            "user", "key", "create", "ci", "--user", "ada", *expires
        )

        self.assertEqual(("ada", "ci"), (user, name))
        self.assertEqual(200, self.status_of("ada", second, "/hosts"))
        self.store.close()  # stores the last use
        listed = self.done("user", "key", "list", "--user", "ada")
        self.assertEqual([["ada", "default"], ["ada", "ci"]], [one[1:3] for one in listed])
        self.assertEqual("-", listed[0][4])
        self.assertNotEqual("-", listed[1][4])
        self.assertEqual(["-", "2999-01-31T00:00:00.000000"], [one[5] for one in listed])
        self.assertEqual(3, len(self.done("user", "key", "list")))

        self.done("user", "key", "delete", key_id, "--user", "ada")
        self.assertEqual(401, self.status_of("ada", second, "/hosts"))
        self.assertEqual(200, self.status_of("ada", first, "/hosts"))
        for words, reason in (
            (("delete", "ci", "--user", "ada"), "API key 'ci' does not exist"),
            (("create", "default", "--user", "ada"), "name already"),
            (("create", "x", "--user", "ada", "--expires", "soon"), "is not a time"),
            (("create", "x", "--user", "eve"), "'eve'"),
        ):
            self.assertIn(reason, self.refused("user", "key", *words))

    def test_a_message_of_several_lines_is_printed_in_one(self):
        self.done("user", "create", "ada")
        words = ("user", "key", "create", "--user", "ada", "--expires", "2020-01-01", "old")
        self.assertIn("errors: expires_at: '2020-01-01T", self.refused(*words))

    def test_a_new_key_stops_the_old_one(self):
        [[item_id, _, _, old]] = self.done("user", "create", "ada")
        [[_, _, _, between]] = self.done("user", "key", item_id)
        [[_, _, _, new]] = self.done("user", "key", "replace", item_id)

        self.assertEqual(401, self.status_of("ada", between, "/hosts"))
        self.assertEqual(401, self.status_of("ada", old, "/hosts"))
        self.assertEqual(200, self.status_of("ada", new, "/hosts"))

    def test_names_are_told_apart_by_their_project(self):
        [[project]] = self.done("project", "create", "research")
        self.assertIn([project, "research"], self.done("project", "list"))
        self.done("user", "create", "ada")
        [[item_id, _, of, _]] = self.done("user", "create", "ada", "--project", "research")

        self.assertEqual(project, of)
        self.assertIn(item_id, self.refused("user", "delete", "ada"))
        self.done("user", "delete", "ada", "--project", project)
        self.assertEqual([], self.done("user", "list", "--project", "research"))
        self.done("project", "delete", "research")
        self.assertEqual(1, len(self.done("project", "list")))

    def test_quotas_are_shown_set_and_reset(self):
        [[project]] = self.done("project", "create", "research")
        rows = dict(self.done("quota", "show", "research"))
        self.assertEqual("10000000", rows["hosts"])
        words = ("--hosts", "5", "--variables-bytes=-1", "--users", "1")
        self.assertEqual([], self.done("quota", "set", "research", *words))
        changed = {"hosts": "5", "variables_bytes": "-1", "users": "1"}
        self.assertEqual({**rows, **changed}, dict(self.done("quota", "show", project)))
        # They hold at once, for this program and for a server that works.
        self.done("user", "create", "ada", "--project", "research")
        refusal = self.refused("user", "create", "bob", "--project", "research")
        self.assertIn("Quota exceeded for users: the quota is 1, 1 in use", refusal)
        used = {row[0]: row[1:] for row in self.done("quota", "show", "research", "--usage")}
        self.assertEqual(["1", "1"], used["users"])
        self.assertEqual(["100000", "-"], used["labels_per_object"])
        # Without a project, they are those of the first one.
        self.assertEqual(rows, dict(self.done("quota", "show")))
        self.assertEqual([], self.done("quota", "delete", "research"))
        self.assertEqual(rows, dict(self.done("quota", "show", "research")))

    def test_the_default_quotas_are_those_of_the_configuration(self):
        file = self.folder() / "craton.conf"
        file.write_text("[quotas]\nquota_objects = 7\n")
        words = ("quota", "show", "--config-file", str(file))
        self.assertEqual("7", dict(self.done(*words))["hosts"])

    def test_wrong_quotas(self):
        self.assertIn("'nosuch' does not exist", self.refused("quota", "show", "nosuch"))
        self.assertIn("'nosuch'", self.refused("quota", "set", "nosuch", "--hosts", "5"))
        self.assertIn("such as --hosts 1000", self.refused("quota", "set", FIRST_PROJECT))
        for words in (("--hosts", "many"), ("--hosts", "-2"), ("--nosuch", "5")):
            status, _, err = self.run_program("quota", "set", FIRST_PROJECT, *words)
            self.assertEqual(2, status)
            self.assertIn(words[words[0] == "--hosts"], err)

    def test_what_cannot_be_done_is_one_line(self):
        self.done("user", "create", "ada")

        self.assertIn("already exists", self.refused("user", "create", "ada"))
        self.assertIn("'eve'", self.refused("user", "key", "eve"))
        self.assertIn("'lab'", self.refused("user", "create", "eve", "--project", "lab"))
        self.assertIn("project", self.refused("project", "delete", str(uuid.uuid4())))

    def test_the_version_of_the_tables_can_be_seen_and_renewed(self):
        [[version]] = self.done("db", "version")

        self.assertEqual([[version]], self.done("db", "upgrade"))
