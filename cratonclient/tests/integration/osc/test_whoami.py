# SPDX-License-Identifier: Apache-2.0
"""``whoami``: who logs in, with which access, and where."""

from __future__ import annotations

import json
import typing as t
from unittest import mock

from cratonclient import session
from cratonclient.tests.integration.osc import programs, test_failures

FORMAT = ("-f", "json")


class TestWhoami(programs.ServerTestCase):
    """On a live server, over both command lines."""

    def user(self, name: str, *options: str) -> tuple[int, dict[str, str]]:
        """Create a user. Return its id and the environment variables to log in."""
        words = ("user", "create", "--project", programs.PROJECT, *options, name, *FORMAT)
        made = programs.craton(*words, **self.server.settings).json
        login = {"OS_USERNAME": name, "OS_PASSWORD": made["api_key"]}
        return made["id"], {**self.server.settings, **login}

    def ask(self, settings: dict[str, str]) -> dict[str, t.Any]:
        """Run the command, and check that it sends at most two requests."""
        send = session.Session.request
        with mock.patch.object(
            session.Session, "request", autospec=True, side_effect=send
        ) as sent:
            found = self.assert_done(programs.craton("whoami", *FORMAT, **settings)).json
        self.assertLessEqual(sent.call_count, 2)
        return t.cast("dict[str, t.Any]", found)

    def test_every_role(self):
        admin_id, admin = self.user("ada", "--admin")
        common = {
            "project_id": programs.PROJECT,
            "roles": None,
            "auth": "craton",
            "url": f"{self.server.url}/v1",
        }
        root = self.ask(self.server.settings)
        self.assertEqual(("root", "root"), (root["user"], root["access"]))
        self.assertIsNotNone(root["project"])
        self.assertEqual(
            {"user": "ada", "user_id": admin_id, "project": None, "access": "admin", **common},
            self.ask(admin),
        )
        plain_id, plain = self.user("bob")
        self.assertEqual(
            {"user": "bob", "user_id": plain_id, "project": None, "access": "member", **common},
            self.ask(plain),
        )
        reader_id, reader = self.user("eve", "--role", "reader")
        self.assertEqual(
            {
                "user": "eve",
                "user_id": reader_id,
                "project": None,
                "access": "reader",
                **common,
            },
            self.ask(reader),
        )

    def test_both_command_lines(self):
        wanted = self.ask(self.server.settings)
        done = self.program("openstack", "craton", "whoami", *FORMAT, **self.server.cloud)
        self.assertEqual(wanted, self.assert_done(done).json)

    def test_a_wrong_key(self):
        settings = {**self.server.settings, "OS_PASSWORD": "wrong"}
        self.assert_refused(programs.craton("whoami", **settings), 4, "HTTP 401")

    def test_unknown_columns(self):
        refused = programs.craton("whoami", "-c", "usr", **self.server.settings)
        self.assert_refused(refused, 2, "Did you mean user?")


class TestOthers(programs.CommandTestCase):
    """On a fleet in a file, and on the original server."""

    def test_a_fleet_in_a_file(self):
        url = f"sqlite:///{self.folder()}/fleet.db"
        with programs.opened(url) as fleet:
            fleet.clouds.create(name="prod")
        found = self.assert_done(programs.craton("whoami", *FORMAT, CRATON_URL=url)).json
        self.assertEqual(
            (None, "root", "none", url),
            tuple(found[name] for name in ("user", "access", "auth", "url")),
        )

    def test_a_role_that_is_missing_on_the_original_server(self):
        for message, status in (
            ("This action requires the 'admin' role", 0),
            ("The request could not be authenticated.", 4),
        ):
            with self.subTest(message):
                body = json.dumps({"status": 401, "message": message}).encode()
                server = test_failures.FakeServer(test_failures.Answer(401, body))
                self.addCleanup(server.stop)
                settings = {**test_failures.CREDENTIALS, "CRATON_URL": server.url}
                done = programs.craton("whoami", *FORMAT, **settings)
                self.assertEqual(status, done.status)
                if status == 0:
                    self.assertEqual(("x", "user"), (done.json["user"], done.json["access"]))
