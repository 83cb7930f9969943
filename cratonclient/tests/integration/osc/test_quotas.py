# SPDX-License-Identifier: Apache-2.0
"""``quota show``, ``quota set`` and ``quota delete``, over both command lines."""

from __future__ import annotations

from cratonclient.tests.integration.osc import programs

FORMAT = ("-f", "json")


class TestQuotas(programs.ServerTestCase):
    def craton(self, *words: str, **settings: str) -> programs.Result:
        """Run a command as root, or with other settings."""
        return programs.craton(*words, **{**self.server.settings, **settings})

    def limits(self, *words: str, **settings: str) -> dict[str, dict[str, int]]:
        """Return the rows of ``quota show`` by resource."""
        done = self.assert_done(self.craton("quota", "show", *words, *FORMAT, **settings))
        return {row["resource"]: row for row in done.json}

    def project(self, name: str) -> str:
        """Create a project, and return its id."""
        made = self.craton("project", "create", name, *FORMAT)
        return str(self.assert_done(made).json["id"])

    def member(self, project: str) -> dict[str, str]:
        """Create a user in a project, and return the variables to log in."""
        made = self.craton("user", "create", "--project", project, f"user-{project}", *FORMAT)
        key = made.json["api_key"]  # with a warning that it is shown once
        login = {"OS_USERNAME": f"user-{project}", "OS_PASSWORD": key}
        return {**login, "OS_PROJECT_ID": project}

    def test_root_sets_them_and_a_user_sees_them(self):
        project = self.project("small")
        login = self.member(project)
        self.assert_done(
            self.craton("quota", "set", "--clouds", "1", "--network-devices", "-1", "small")
        )

        found = self.limits(**login)
        self.assertEqual({"resource": "clouds", "limit": 1}, found["clouds"])
        self.assertEqual(-1, found["network_devices"]["limit"])
        self.assertEqual(10_000_000, found["hosts"]["limit"])
        for words in ((project,), (project.replace("-", ""),)):
            self.assertEqual(found, self.limits(*words, **login))
        self.assertEqual(found, self.limits("small"))
        self.assertEqual(10_000_000, self.limits("--default", "small")["clouds"]["limit"])

    def test_use(self):
        login = self.member(self.project("used"))
        self.assert_done(self.craton("cloud", "create", "a", **login))

        found = self.limits("--usage", **login)

        self.assertEqual(["resource", "limit", "in_use"], [*found["clouds"]])
        self.assertEqual((1, 0), (found["clouds"]["in_use"], found["hosts"]["in_use"]))
        self.assertIsNone(found["variables_per_object"]["in_use"])

    def test_what_exceeds_them_is_refused_with_the_reason(self):
        login = self.member(self.project("full"))
        self.assert_done(self.craton("quota", "set", "--clouds", "0", "full"))

        done = self.craton("cloud", "create", "a", **login)

        self.assertEqual(4, done.status)
        self.assertIn("Quota exceeded for clouds: the quota is 0, 0 in use", done.err)

    def test_reset(self):
        self.project("reset")
        self.assert_done(self.craton("quota", "set", "--clouds", "5", "reset"))
        self.assert_done(self.craton("quota", "delete", "reset"))

        self.assertEqual(10_000_000, self.limits("reset")["clouds"]["limit"])

    def test_the_history_shows_them(self):
        project = self.project("audited")
        for words in (("set", "--hosts", "10"), ("set", "--hosts", "20"), ("delete",)):
            self.assert_done(self.craton("quota", *words, "audited", "--reason", "growth"))
        mine = ("--project", "audited")
        rows = self.craton("change", "list", *mine, "--limit", "3", *FORMAT).json
        self.assertEqual(
            [("1 project updated", "growth")] * 3,
            [(row["summary"], row["reason"]) for row in rows],
        )
        lines = []
        for row in reversed(rows):
            done = self.craton("change", "show", *mine, str(row["revision"]))
            title, *values = self.assert_done(done).out.rpartition("-+\n")[2].splitlines()
            self.assertEqual(f"~ project audited (id {project})", title)
            lines += [line.strip() for line in values]
        self.assertEqual(
            ["+ quotas.hosts: 10", "quotas.hosts: 10 → 20", "- quotas.hosts: 20"], lines
        )
        self.assertEqual(0, self.craton("change", "undo", "--yes", *mine, "4").status)
        self.assertEqual(20, self.limits("audited")["hosts"]["limit"])

    def test_only_root_changes_them_and_sees_those_of_others(self):
        project, login = self.project("own"), self.member(self.project("mine"))
        for words in (("show",), ("delete",), ("set", "--clouds", "9")):
            done = self.craton("quota", *words, project, **login)
            self.assertEqual(4, done.status, done.err)
            self.assertIn("root", done.err)

    def test_wrong_usage(self):
        for words, said in (
            (("set", "1"), "Give at least one quota"),
            (("set", "--clouds", "many", "1"), "'many' is not a whole number"),
            (("set", "--clouds", "-2", "1"), "'-2' is not a whole number"),
            (("set", "--clouds", "010", "1"), "'010' is not a whole number"),
            (("set", "--clodus", "1", "1"), "--clodus"),
            (("set", "--clouds", "1"), "<project>"),
            (("show", "-c", "use"), "use"),
        ):
            done = self.craton("quota", *words)
            self.assertEqual(2, done.status, f"{words}: {done.err}")
            self.assertIn(said, done.err)

    def test_a_project_that_does_not_exist(self):
        for word in ("nowhere", "11111111-1111-4111-8111-111111111111"):
            done = self.craton("quota", "show", word)
            self.assertEqual(5, done.status, done.err)

    def test_both_command_lines(self):
        done = self.program(
            "openstack", "craton", "quota", "show", *FORMAT, **self.server.cloud
        )
        self.assertEqual([*self.limits().values()], self.assert_done(done).json)
