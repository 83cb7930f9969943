# SPDX-License-Identifier: Apache-2.0
"""Programs that run the command line through ``cratonclient.shell``, as in 2017."""

from __future__ import annotations

import importlib
import json
import sys
from importlib import metadata
from unittest import mock

from cratonclient.shell import main
from cratonclient.tests.integration.osc import programs


class TestShell(programs.CommandTestCase):
    def setUp(self):
        super().setUp()
        self.url = programs.new_fleet(self.folder())

    def run_with(self, *words: str, shell: bool = False) -> programs.Result:
        function = main.CratonShell().main if shell else main.main
        return programs.run(lambda: function([*words]), {"CRATON_URL": self.url})

    def test_it_runs_old_and_current_commands(self):
        for shell in (False, True):
            name = f"prod-{shell}"
            self.assert_done(self.run_with("cloud-create", "--name", name, shell=shell))
            done = self.run_with("--format", "json", "cloud-list", shell=shell)
            self.assertIn(name, [c["name"] for c in json.loads(self.assert_done(done).out)])
            done = self.run_with(
                "cloud", "show", name, "-f", "value", "-c", "name", shell=shell
            )
            self.assertEqual(f"{name}\n", self.assert_done(done).out)

    def test_it_returns_the_exit_status(self):
        self.assert_refused(self.run_with("cloud-show", "77"), 5, "77")
        self.assert_refused(self.run_with("cloud-list", "--nothing"), 2, "--nothing")
        self.assertEqual(0, self.run_with("--version").status)
        self.assertEqual(0, self.run_with("help", "host-list").status)

    def test_by_default_it_reads_the_command_line(self):
        with mock.patch.object(sys, "argv", ["fleet-tool", "--version"]):
            done = programs.run(main.main, {})
            self.assertEqual(["fleet-tool", "--version"], sys.argv)
        self.assertTrue(done.out.startswith("craton "), done)

    def test_it_leaves_standard_output_as_it_was(self):
        home = self.folder()
        code = (
            "import sys; from cratonclient.shell import main; before = sys.stdout;"
            "print([main.main(['cloud-list', '--fields', 'nothing']), main.main(['--version']),"
            " main.main(['--version'])], sys.stdout is before)"
        )
        (home / "tool.py").write_text(code)
        done = self.program("python", str(home / "tool.py"), CRATON_URL=self.url)
        version = metadata.version("python-cratonclient")
        self.assertEqual(
            [f"craton {version}", f"craton {version}", "[2, 0, 0] True"], done.out.splitlines()
        )

    def test_without_the_commands_the_error_says_what_to_install(self):
        missing = metadata.PackageNotFoundError("python-cratonclient")
        with mock.patch.object(metadata, "distribution", side_effect=missing):
            error = self.assertRaises(ImportError, main.main, [])
        self.assertIn("pip install python-cratonclient", str(error))


class TestSuccessors(programs.CommandTestCase):
    """A name that is gone says what to use instead."""

    def test_modules(self):
        for statement in (
            "import cratonclient.shell.v1.hosts_shell",
            "from cratonclient.shell.v1 import hosts_shell",
            "from cratonclient.shell.v1.hosts_shell import do_host_list",
        ):
            error = self.assertRaises(ImportError, exec, statement)
            self.assertIn("cratonclient.shell.main.main(['host-list'])", str(error))

    def test_the_module_itself_can_be_imported(self):
        found = importlib.import_module("cratonclient.shell.v1")
        error = self.assertRaises(AttributeError, getattr, found, "hosts_shell")
        self.assertIn("cratonclient.shell.main.main(['host-list'])", str(error))

    def test_attributes_of_the_shell(self):
        shell = main.CratonShell()
        for name in ("get_base_parser", "get_subcommand_parser", "do_help", "subcommands"):
            error = self.assertRaises(AttributeError, getattr, shell, name)
            self.assertIn(name, str(error))
            self.assertIn("CratonShell().main(['host-list'])", str(error))
