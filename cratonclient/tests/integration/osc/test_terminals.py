# SPDX-License-Identifier: Apache-2.0
"""Names, values and messages of a server never control the terminal or forge rows."""

from __future__ import annotations

import json
import re

from cratonclient.printable import is_printable
from cratonclient.tests.integration.osc import programs
from cratonclient.tests.integration.server import databases
from cratonserver import composition

#: An escape sequence, line ends, a tab, C1 controls, bidirectional controls, zero-width
#: characters, fillers and a lone variation selector.
EVIL = "\x1b[2J\r\n\t\x9b\x85\u2028\u202e\u2066\u200b\u200d\ufeff\u00ad\u3164\u115f\ufe0f"


class TestTerminals(programs.CommandTestCase):
    def setUp(self):
        super().setUp()
        folder = self.folder()
        self.path, self.url = folder / "fleet.db", f"sqlite:///{folder}/fleet.db"
        done = self.craton("cloud", "create", "prod")
        self.assertEqual(0, done.status, done.err)
        self.name = f"a{EVIL}b"

    def craton(self, *words: str) -> programs.Result:
        """Run ``craton`` on the fleet, and check that its output is safe to print."""
        return self.checked(programs.craton("--craton-url", self.url, *words), *words)

    def server(self, *words: str) -> programs.Result:
        """Run ``craton-server`` on the fleet, and check that its output is safe to print."""
        return self.checked(programs.craton_server(*words, "--database", self.url))

    def checked(self, done: programs.Result, *words: str) -> programs.Result:
        for text in (done.out, done.err):
            # CSV that is not written to a terminal keeps carriage returns.
            lines = re.split(r"[\r\n\t]", text) if "csv" in words else re.split(r"[\n\t]", text)
            self.assertEqual([], [line for line in lines if not is_printable(line)])
        return done

    def change(self, sql: str, *values: str) -> None:
        """Write to the database directly, past the checks of the API."""
        store = composition.store_at(self.url)
        self.addCleanup(store.close)
        with databases.writing(store) as connection:
            connection.exec_driver_sql(sql, values)

    def test_every_format_of_every_command(self):
        variables = json.dumps({self.name: {self.name: self.name}, "list": [self.name]})
        host = ("--ip-address", "10.0.0.1", "--device-type", self.name)
        place = ("--cloud", "prod", "--region", self.name)
        self.craton("region", "create", "--cloud", "prod", self.name)
        self.craton("host", "create", *place, *host, "--label", self.name, self.name)
        self.craton("host", "variable", "set", self.name, f"x:={variables}")
        formats = ("table", "json", "jsonl", "yaml", "csv", "value", "shell")
        for format in formats:
            if format != "shell":
                listed = self.craton("host", "list", "--long", "-f", format)
                self.assertIn("[2J", listed.out, format)
                self.craton("device", "list", "-f", format)
            if format != "csv":
                self.craton("host", "show", self.name, "-f", format)
            self.craton("host", "variable", "list", self.name, "-f", format)
        self.craton("host", "show", f"no{EVIL}")
        self.craton("host", "list", "--region", f"no{EVIL}")
        self.craton("host", "list", "--vars", f"no{EVIL}")
        self.craton("host", "delete", "--dry-run", self.name)
        self.craton("region", "delete", self.name, f"no{EVIL}")
        self.craton(f"no{EVIL}")
        self.craton("--debug", "host", "list")

    def test_users_and_projects_of_the_server(self):
        self.server("init", "--username", "root")
        self.server("project", "create", self.name)
        self.change("UPDATE users SET username = ?", self.name)

        users = self.server("user", "list").out
        self.assertEqual(1, len(users.splitlines()))
        self.assertEqual(4, len(users.strip().split("\t")))
        self.assertEqual(2, len(self.server("project", "list").out.splitlines()))
        self.server("user", "key", "1")
        self.craton("user", "list")
        self.craton("user", "show", "1")

    def test_messages_and_settings_of_the_server(self):
        self.server("user", "create", self.name)
        self.server("user", "delete", self.name)
        self.server(f"no{EVIL}")
        self.server("user", "list", f"no{EVIL}")
        self.checked(programs.craton_server("config", "--database", f"sqlite:///{self.name}"))
        self.checked(programs.craton_server("db", "version", "--database", f"x:{self.name}"))
        (self.path.parent / "conf").write_text("[serving]\nlisten = \x1b[2J\n[\u202e]\n")
        file = ("--config-file", str(self.path.parent / "conf"))
        self.assertEqual(2, self.checked(programs.craton_server("config", *file)).status)


class TestUserNames(programs.CommandTestCase):
    """A user that could never log in cannot be created, through any door."""

    NAMES = (
        "",
        " a",
        "a ",
        "\xa0a",
        "a\n",
        "a\x1bb",
        "a\x85b",
        "a\xadb",
        "Łukasz",
        "a\u202eb",
        256 * "a",
    )

    def test_names_that_cannot_be_sent_are_refused(self):
        url = f"sqlite:///{self.folder()}/fleet.db"
        database = ("--database", url)
        self.assertEqual(0, programs.craton_server("init", *database).status)
        project = ("--project", programs.PROJECT)
        for name in self.NAMES:
            for done in (
                programs.craton_server("init", "--username", name, *database),
                programs.craton_server("user", "create", name, *database),
                programs.craton("--craton-url", url, "user", "create", name, *project),
            ):
                self.assertIn(done.status, (2, 3), ascii(name))
                self.assertEqual("", done.out)
                if name.strip() and len(name) < 256:
                    self.assertIn("must be printable Latin-1 characters", done.err)
        for name in ("ada", "a:b", "a b", "Zürich", 255 * "a"):
            done = programs.craton_server("user", "create", name, *database)
            self.assertEqual(0, done.status, done.err)
        listed = programs.craton_server("user", "list", *database)
        self.assertEqual(6, len(listed.out.splitlines()))
