# SPDX-License-Identifier: Apache-2.0
"""``craton`` and ``openstack craton`` on a live server: one set of commands."""

from __future__ import annotations

import json
import pathlib

from cratonclient.tests.integration.osc import programs


class TestFrontDoors(programs.ServerTestCase):
    """Both programs print exactly the same."""

    @classmethod
    def setUpClass(cls):
        """Fill the fleet."""
        super().setUpClass()
        with programs.opened(cls.server.database) as fleet:
            programs.fill(fleet)

    def both(self, *words: str) -> programs.Result:
        """Run a command with both programs and return the common result."""
        mine = programs.craton(*words, **self.server.settings)
        theirs = self.program("openstack", "craton", *words, **self.server.cloud)
        self.assertEqual(mine, theirs)
        return mine

    def test_list_as_a_table(self):
        rows = self.assert_done(self.both("host", "list", "--region", "east")).rows
        self.assertEqual(["h1", "h1-vm", "h1-vm-box", "h2"], [row["name"] for row in rows])

    def test_list_as_json(self):
        done = self.both("network", "interface", "list", "--long", "-f", "json")
        self.assertEqual(["eth0", "xe0"], [row["name"] for row in self.assert_done(done).json])

    def test_list_as_csv(self):
        done = self.assert_done(self.both("device", "list", "--inactive", "-f", "csv"))
        self.assertEqual(2, len(done.out.splitlines()))

    def test_quiet(self):
        words = ("host", "list", "--name", "nobody")
        mine = programs.craton("-q", *words, **self.server.settings)
        theirs = self.program("openstack", "-q", "craton", *words, **self.server.cloud)
        self.assertEqual([programs.Result(0, "", "")] * 2, [mine, theirs])

    def test_show(self):
        done = self.assert_done(self.both("region", "show", "east"))
        self.assertEqual("east", done.fields["name"])

    def test_errors(self):
        self.assert_refused(self.both("host", "show", "nobody"), 5, "'nobody'")

    def test_create(self):
        words = ("cloud", "create", "-f", "json", "--note", "new", "--var", "n=1")
        mine = self.assert_done(programs.craton(*words, "mine", **self.server.settings)).json
        theirs = self.assert_done(
            self.program("openstack", "craton", *words, "theirs", **self.server.cloud)
        ).json
        for made in (mine, theirs):
            for name in ("id", "name", "created_at", "revision"):
                del made[name]
        self.assertEqual(mine, theirs)
        self.assertEqual({"n": 1}, mine["variables"])

    def test_variables_that_end_in_a_carriage_return_are_named(self):
        for name in ("OS_USERNAME", "OS_PROJECT_ID"):
            settings = {**self.server.settings, name: f"{self.server.settings[name]}\r"}
            mine = programs.craton("cloud", "list", **settings)
            settings = {**self.server.cloud, name: f"{self.server.cloud[name]}\r"}
            theirs = self.program("openstack", "craton", "cloud", "list", **settings)
            self.assert_refused(mine, 2, f"{name} ends with a carriage return")
            # The program "openstack" loads the credentials before it runs the command.
            self.assert_refused(theirs, 1, f"{name} ends with a carriage return")

    def test_a_cratonrc_of_an_editor_on_windows(self):
        settings = {name: f"{value}\r" for name, value in self.server.cloud.items()}
        self.assertEqual("craton\r", settings["OS_AUTH_TYPE"])
        refused = self.program("openstack", "craton", "cloud", "list", **settings)
        self.assertEqual((1, ""), (refused.status, refused.out))
        self.assertIn("variable OS_AUTH_TYPE ends with a carriage return", refused.err)

    def test_words_of_a_file_from_windows_are_refused(self):
        for words in (
            ("cloud", "create", "new\r"),
            ("cloud", "delete", "\ufeffprod"),
            ("host", "set", "h1", "--note=new\r"),
            ("host", "variable", "set", "h1", "db_password=S3cret\r"),
            ("host", "variable", "set", "h1", "rack=r1\r"),
            ("host", "list", "--label", "web\r"),
        ):
            mine = programs.craton(*words, **self.server.settings)
            theirs = self.program("openstack", "craton", *words, **self.server.cloud)
            for refused in (mine, theirs):
                self.assert_refused(refused, 2, "the argument", "with a", "(U+")
                self.assertNotIn("S3cret", refused.err)
        refused = programs.craton("host-vars-set", "h1", "rack=r1\r", **self.server.settings)
        self.assert_refused(refused, 2, "ends with a carriage return")

    def test_options_with_blanks_are_named(self):
        settings = dict(self.server.settings)
        url = settings.pop("CRATON_URL")
        refused = programs.craton("--craton-url", f" {url}", "cloud", "list", **settings)
        self.assert_refused(refused, 2, "option --craton-url begins with a space")
        # An option overrides a variable, so the variable is not used.
        settings["CRATON_URL"] = f"{url}\r"
        self.assert_done(programs.craton("--craton-url", url, "cloud", "list", **settings))

    def test_a_cloud_in_clouds_yaml(self):
        folder = pathlib.Path(self.folder())
        settings = {
            "auth_type": "craton",
            "auth": {
                "endpoint": self.server.url,
                "username": "root",
                "token": self.server.key,
                "project_id": programs.PROJECT,
            },
        }
        # JSON is valid YAML.
        (folder / "clouds.yaml").write_text(json.dumps({"clouds": {"fleet": settings}}))
        done = self.program(
            *("openstack", "--os-cloud", "fleet", "craton", "cell", "list"),
            OS_CLIENT_CONFIG_FILE=str(folder / "clouds.yaml"),
        )
        self.assertEqual(programs.craton("cell", "list", **self.server.settings), done)
        self.assertEqual(["c1", "c2"], [row["name"] for row in done.rows])

    def test_options_instead_of_the_environment(self):
        wanted = self.assert_done(
            programs.craton("host", "list", "-f", "json", **self.server.settings)
        )
        options = [
            word
            for name, value in self.server.settings.items()
            for word in (f"--{name.lower().replace('_', '-')}", value)
        ]
        for words in (
            (*options, "host", "list", "-f", "json"),
            ("host", "list", *options, "-f", "json"),
            ("host", *options, "list", "--format", "json"),
        ):
            self.assertEqual(wanted, programs.craton(*words))

    def test_the_program_itself(self):
        here = self.server.settings
        for words in (("host", "list", "-f", "json"), ("cloud", "show", "prod")):
            self.assertEqual(
                self.assert_done(programs.craton(*words, **here)),
                self.program("craton", *words, **here),
            )
        self.assert_refused(self.program("craton", "host", "show", "99", **here), 5, "'99'")

    def test_a_wrong_key(self):
        settings = {**self.server.settings, "OS_PASSWORD": "wrong"}
        self.assert_refused(
            programs.craton("host", "list", **settings), 4, "API key", "HTTP 401"
        )
        settings = {**self.server.settings, "OS_USERNAME": "nobody"}
        self.assert_refused(programs.craton("host", "list", **settings), 4, "HTTP 401")
        settings = {**self.server.settings, "OS_PROJECT_ID": "not-a-uuid"}
        self.assert_refused(programs.craton("host", "list", **settings), 4, "not a valid UUID")

    def test_what_a_user_may_not_do(self):
        user = programs.craton(
            *("user", "create", "--project", programs.PROJECT, "plain", "-f", "json"),
            **self.server.settings,
        ).json
        settings = {
            **self.server.settings,
            "OS_USERNAME": "plain",
            "OS_PASSWORD": user["api_key"],
        }
        self.assert_done(programs.craton("host", "list", **settings))
        refused = programs.craton("user", "list", **settings)
        self.assert_refused(refused, 4, "'admin' role", "HTTP 403")

    def test_debug_hides_the_key(self):
        done = programs.craton("--debug", "host", "list", **self.server.settings)
        self.assertEqual(0, done.status)
        self.assertIn("X-Auth-Token", done.err)
        self.assertNotIn(self.server.key, done.out + done.err)

    def test_debug_hides_the_key_of_a_new_user(self):
        words = (
            "--debug",
            "user",
            "create",
            "--project",
            programs.PROJECT,
            "eve",
            "-f",
            "json",
        )
        done = self.program("craton", *words, **self.server.settings)
        key = done.json["api_key"]
        self.assertTrue(key)
        self.assertIn("RESP BODY", done.err)
        self.assertNotIn(key, done.err)
        self.assertNotIn(self.server.key, done.err)

    def test_lists_of_several_pages(self):
        done = programs.craton(
            "host", "list", "--limit", "3", "-f", "json", **self.server.settings
        )
        self.assertEqual([1, 2, 3], [row["id"] for row in self.assert_done(done).json])
